//! bookbuyer and bookthief: ask for books, again and again.
//!
//! Both are the same program and say the same about themselves; only the
//! certificates of their sidecars tell them apart.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::http::{self, Call};

/// The root service: a TrafficSplit says which version answers.
const BOOKSTORE: &str = "bookstore.bookstore";

/// What the shopper tells about itself; nobody can check it.
const CLAIMS: &[(&str, &str)] = &[("user-agent", "book-client/1.0"), ("client-app", "bookbuyer")];

/// Between two books: fast enough to see, slow enough for a small machine.
const PAUSE: Duration = Duration::from_millis(25);

/// What came of the requests so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purchases {
    /// Books got: requests for a book that were answered with 200.
    pub books: u64,
    /// How often each status was seen, on all requests.
    pub statuses: BTreeMap<u16, u64>,
    /// Requests without any HTTP response.
    pub unanswered: u64,
}

/// A loop of requests in a thread of its own, until it is dropped.
#[derive(Debug)]
pub struct Shopper {
    purchases: Arc<Mutex<Purchases>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Shopper {
    /// Starts to shop through the outbound listener of its own `sidecar`.
    #[must_use]
    pub fn start(sidecar: SocketAddr) -> Self {
        let purchases = Arc::new(Mutex::new(Purchases::default()));
        let stop = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let (purchases, stop) = (Arc::clone(&purchases), Arc::clone(&stop));
            move || {
                while !stop.load(Ordering::Relaxed) {
                    ask(sidecar, "/books-bought", &purchases);
                    ask(sidecar, "/buy-a-book/new", &purchases);
                    thread::sleep(PAUSE);
                }
            }
        });
        Self { purchases, stop, thread: Some(thread) }
    }

    /// What came of the requests so far.
    #[must_use]
    pub fn purchases(&self) -> Purchases {
        self.purchases.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Shopper {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Purchases {
    /// What came of the requests since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let statuses = self
            .statuses
            .iter()
            .map(|(status, count)| {
                (*status, count - earlier.statuses.get(status).copied().unwrap_or_default())
            })
            .filter(|(_, count)| *count > 0)
            .collect();
        Self {
            books: self.books - earlier.books,
            statuses,
            unanswered: self.unanswered - earlier.unanswered,
        }
    }
}

fn ask(sidecar: SocketAddr, path: &str, purchases: &Mutex<Purchases>) {
    let call = Call { method: "GET", host: BOOKSTORE, path, headers: CLAIMS };
    let response = http::call(sidecar, call);
    let mut purchases = purchases.lock().unwrap_or_else(PoisonError::into_inner);
    let Ok(response) = response else {
        purchases.unanswered += 1;
        return;
    };
    *purchases.statuses.entry(response.status).or_default() += 1;
    if response.status == 200 && path.starts_with("/buy") {
        purchases.books += 1;
    }
}
