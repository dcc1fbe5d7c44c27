//! The compiled policies in a real Envoy, with real certificates and real requests.

mod client;
mod configuration;
mod connections;
mod faults;
mod fixture;
mod hostile;
mod modes;
mod monitoring;
mod native;
mod plain;
mod recorder;
mod reload;
mod replay;
mod smi;
mod splits;
mod story;
mod tracing;
mod watch;
