//! bookstore-v1 and bookstore-v2: sell books, and order new ones for every sale.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use anyhow::Result;
use axum::Router;
use axum::extract::State;
use axum::routing::get;

use super::Host;
use crate::http::{self, Call};

/// A shop. It counts a book as sold when somebody's request for one arrives, so a
/// request that the sidecar denies is never counted.
#[derive(Debug)]
pub struct Store {
    address: SocketAddr,
    sold: Arc<AtomicU64>,
}

/// Orders a book from the warehouse for every one sold, through the shop's own
/// sidecar. It ends when its shop has gone.
#[derive(Debug)]
pub struct Restocker {
    _thread: JoinHandle<()>,
}

#[derive(Clone)]
struct Shelf {
    sold: Arc<AtomicU64>,
    orders: Sender<()>,
}

impl Store {
    /// Opens a shop; the receiver hears of every sale.
    ///
    /// # Errors
    ///
    /// When no port is free.
    pub fn open(host: &Host) -> Result<(Self, Receiver<()>)> {
        let (orders, sales) = mpsc::channel();
        let sold = Arc::new(AtomicU64::new(0));
        let shelf = Shelf { sold: Arc::clone(&sold), orders };
        let address = host.serve(
            Router::new()
                .route("/books-bought", get(books_bought))
                .route("/buy-a-book/new", get(buy_a_book))
                .with_state(shelf),
        )?;
        Ok((Self { address, sold }, sales))
    }

    /// Where its sidecar reaches it.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many books it sold.
    #[must_use]
    pub fn sold(&self) -> u64 {
        self.sold.load(Ordering::Relaxed)
    }
}

async fn books_bought(State(shelf): State<Shelf>) -> String {
    format!("{}\n", shelf.sold.load(Ordering::Relaxed))
}

async fn buy_a_book(State(shelf): State<Shelf>) -> &'static str {
    shelf.sold.fetch_add(1, Ordering::Relaxed);
    // Nobody may be listening; the book is sold all the same.
    let _ = shelf.orders.send(());
    "a book\n"
}

impl Restocker {
    /// Starts to order, through the outbound listener of the shop's `sidecar`.
    #[must_use]
    pub fn start(sales: Receiver<()>, sidecar: SocketAddr) -> Self {
        let order = Call {
            method: "POST",
            host: "bookwarehouse.bookwarehouse",
            path: "/restock-books",
            headers: &[],
        };
        let thread = thread::spawn(move || {
            for () in sales {
                // The warehouse counts what arrives; a lost order is not our concern.
                let _ = http::call(sidecar, order);
            }
        });
        Self { _thread: thread }
    }
}
