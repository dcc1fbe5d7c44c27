//! The applications of the bookstore: small HTTP programs that know nothing of
//! policies, and count by the responses that they really get.

mod collector;
mod shopper;
mod store;
mod warehouse;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use anyhow::Result;
use axum::Router;
use tokio::runtime::{Builder, Runtime};

pub use collector::Collector;
pub use shopper::{Purchases, Shopper};
pub use store::{Restocker, Store};
pub use warehouse::Warehouse;

/// Where the servers of all applications run.
#[derive(Debug)]
pub struct Host {
    runtime: Option<Runtime>,
}

impl Host {
    /// Starts the threads that serve.
    ///
    /// # Errors
    ///
    /// When the system refuses threads.
    pub fn new() -> Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_io().build()?;
        Ok(Self { runtime: Some(runtime) })
    }

    /// Serves an application that says `ok` to everything.
    ///
    /// # Errors
    ///
    /// When no port is free.
    pub fn serve_anything(&self) -> Result<SocketAddr> {
        self.serve(Router::new().fallback(async || "ok"))
    }

    /// Serves `application` on a free port of loopback until the host is dropped.
    fn serve(&self, application: Router) -> Result<SocketAddr> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        if let Some(runtime) = &self.runtime {
            let _guard = runtime.enter();
            let listener = tokio::net::TcpListener::from_std(listener)?;
            runtime.spawn(async move { axum::serve(listener, application).await });
        }
        Ok(address)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // Sidecars keep connections open; waiting for them would take for ever.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
