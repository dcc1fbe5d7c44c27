//! The compiled policies in a real Envoy, with real certificates and real requests.

mod client;
mod connections;
mod faults;
mod fixture;
mod hostile;
mod identity;
mod modes;
mod reload;
mod replay;
mod splits;
mod story;
