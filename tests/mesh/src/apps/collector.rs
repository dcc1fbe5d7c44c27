//! A collector of traces, such as Zipkin.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::Value;

use super::Host;

/// It keeps the spans that arrive.
#[derive(Debug)]
pub struct Collector {
    address: SocketAddr,
    spans: Spans,
}

type Spans = Arc<Mutex<Vec<Value>>>;

impl Collector {
    /// Starts to collect.
    ///
    /// # Errors
    ///
    /// When no port is free.
    pub fn open(host: &Host) -> Result<Self> {
        let spans = Spans::default();
        let router =
            Router::new().route("/api/v2/spans", post(collect)).with_state(Arc::clone(&spans));
        Ok(Self { address: host.serve(router)?, spans })
    }

    /// Where sidecars send their spans.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// All spans so far, as they came.
    #[must_use]
    pub fn spans(&self) -> Vec<Value> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A request brings several spans.
async fn collect(State(spans): State<Spans>, body: String) -> StatusCode {
    let Ok(Value::Array(new)) = serde_json::from_str(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    spans.lock().unwrap_or_else(PoisonError::into_inner).extend(new);
    StatusCode::ACCEPTED
}
