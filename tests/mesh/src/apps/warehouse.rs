//! bookwarehouse: delivers books to the shops.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use axum::Router;
use axum::extract::State;
use axum::routing::post;

use super::Host;

/// The warehouse. It counts the orders that arrive.
#[derive(Debug)]
pub struct Warehouse {
    address: SocketAddr,
    delivered: Arc<AtomicU64>,
}

impl Warehouse {
    /// Opens the warehouse.
    ///
    /// # Errors
    ///
    /// When no port is free.
    pub fn open(host: &Host) -> Result<Self> {
        let delivered = Arc::new(AtomicU64::new(0));
        let router =
            Router::new().route("/restock-books", post(restock)).with_state(Arc::clone(&delivered));
        Ok(Self { address: host.serve(router)?, delivered })
    }

    /// Where its sidecar reaches it.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many books it delivered.
    #[must_use]
    pub fn delivered(&self) -> u64 {
        self.delivered.load(Ordering::Relaxed)
    }
}

async fn restock(State(delivered): State<Arc<AtomicU64>>) -> &'static str {
    delivered.fetch_add(1, Ordering::Relaxed);
    "on its way\n"
}
