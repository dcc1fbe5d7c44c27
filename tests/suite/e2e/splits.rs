//! Splits that the filter chooses, at the side of the caller.

use std::net::SocketAddr;
use std::thread;

use anyhow::{Context, Result, ensure};
use loopback_mesh::bookstore::{Bookstore, example};
use loopback_mesh::http::{self, Call};
use loopback_mesh::policy::{Policies, read_files};
use policy_compiler::back::envoy::Splits;

use super::fixture::tools;

/// Requests of one look at the shares.
const REQUESTS: u64 = 10_000;

/// The chance that shares are this far off although they are right is one in 100,000
/// (chi-square, one degree of freedom).
const SURPRISE: f64 = 19.5;

const BUY: Call<'static> =
    Call { method: "GET", host: "bookstore.bookstore", path: "/buy-a-book/new", headers: &[] };

#[test]
fn requests_are_shared_by_weight() -> Result<()> {
    let mut bookstore = Bookstore::start_with(tools()?, "filter-splits", Splits::Filter)?;
    for [v1, v2] in [[75, 25], [50, 50], [100, 0], [0, 100]] {
        bookstore.apply(Some(&edited(&split(v1, v2))?))?;
        let buyer = bookstore.sidecar("bookbuyer")?.outbound();
        let before = bookstore.counters();
        buy(buyer, REQUESTS)?;
        let sold = bookstore.counters().since(&before).sold;
        ensure!(surprise(sold, [v1, v2]) < SURPRISE, "{v1}/{v2} became {sold:?}");
    }
    Ok(())
}

/// An A/B test: who sends a header gets the new version.
#[test]
fn conditions_choose_among_requests() -> Result<()> {
    let mut bookstore = Bookstore::start_with(tools()?, "filter-matches", Splits::Filter)?;
    let testers = "
---
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {name: testers, namespace: bookstore}
spec: {matches: [{name: testers, headers: {x-tester: \"yes\"}}]}
---
apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata: {name: testers, namespace: bookstore}
spec:
  service: bookstore
  matches: [{kind: HTTPRouteGroup, name: testers}]
  backends: [{service: bookstore-v2, weight: 1}]
";
    bookstore.apply(Some(&edited(&format!("{}{testers}", split(1, 0)))?))?;
    let buyer = bookstore.sidecar("bookbuyer")?.outbound();
    for (headers, expected) in [
        (&[("x-tester", "yes")][..], [0, 1]),
        (&[("x-tester", "no")], [1, 0]),
        (&[("x-smi-backend", "bookstore/bookstore-v2")], [1, 0]),
    ] {
        for _ in 0..20 {
            let before = bookstore.counters();
            let response = http::call(buyer, Call { headers, ..BUY })?;
            ensure!(response.status == 200, "{response:?}");
            let sold = bookstore.counters().since(&before).sold;
            // Customers are buying all the time, without that header: they get v1.
            ensure!(sold[1] == expected[1] && sold[0] >= expected[0], "{headers:?}: {sold:?}");
        }
    }
    Ok(())
}

/// A Service of which nobody has heard is no way around.
#[test]
fn what_is_no_service_goes_nowhere() -> Result<()> {
    let mut bookstore = Bookstore::start_with(tools()?, "filter-unknown", Splits::Filter)?;
    bookstore.apply(Some(&edited(&split(1, 1))?))?;
    let buyer = bookstore.sidecar("bookbuyer")?.outbound();
    let steered = &[("x-smi-backend", "bookstore/bookstore-v1")];
    for host in ["example.com.org.net", "nobody.bookstore", "127.0.0.1"] {
        let response = http::call(buyer, Call { host, headers: steered, ..BUY })?;
        ensure!(response.status == 503, "{host}: {response:?}");
    }
    Ok(())
}

fn split(v1: u64, v2: u64) -> String {
    format!(
        "
apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata: {{name: bookstore, namespace: bookstore}}
spec:
  service: bookstore
  backends: [{{service: bookstore-v1, weight: {v1}}}, {{service: bookstore-v2, weight: {v2}}}]
"
    )
}

/// The example's policies, with another split.
fn edited(split: &str) -> Result<Policies> {
    let mut files = read_files(&[example()])?;
    let file = files.iter_mut().find(|(name, _)| name.ends_with("split.yaml"));
    let (_, text) = file.context("the example has a split")?;
    split.clone_into(text);
    Ok(Policies::compile(&files)?)
}

fn buy(sidecar: SocketAddr, requests: u64) -> Result<()> {
    let buyers = [(); 4].map(|()| {
        thread::spawn(move || {
            (0..requests / 4).try_for_each(|_| {
                let response = http::call(sidecar, BUY)?;
                ensure!(response.status == 200, "{response:?}");
                Ok(())
            })
        })
    });
    buyers.into_iter().try_for_each(|buyer| buyer.join().expect("a buyer does not panic"))
}

/// How far counts are from their shares (chi-square); nothing may go where no weight is.
fn surprise(counts: [u64; 2], weights: [u64; 2]) -> f64 {
    let sum = |of: [u64; 2]| of.iter().sum::<u64>() as f64;
    let parts = counts.into_iter().zip(weights).map(|(count, weight)| {
        let expected = weight as f64 * sum(counts) / sum(weights);
        match (count, weight) {
            (0, 0) => 0.0,
            (_, 0) => f64::INFINITY,
            _ => (count as f64 - expected).powi(2) / expected,
        }
    });
    parts.sum()
}
