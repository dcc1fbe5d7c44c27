//! The compiled policies in a real Envoy, with real certificates and real requests.

mod client;
mod configuration;
mod faults;
mod fixture;
mod hostile;
mod identity;
mod reload;
mod smi;
mod story;
mod watch;
