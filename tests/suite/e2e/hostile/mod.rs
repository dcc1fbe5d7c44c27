//! Requests that a well-behaved client never sends, as bytes, through a real Envoy.
//!
//! Proxies have been passed by in many ways: the proxy read a request in one way, and
//! the application in another; or a part of it was trusted that its sender wrote. Each
//! file has a table of such requests, with what becomes of them:
//!
//! | file | what is ambiguous, forged or malformed |
//! |---|---|
//! | `paths` | dots, escapes, slashes, parameters, queries, fragments, forms of targets |
//! | `headers` | repeated, joined, empty, odd bytes and names; headers that rewrite targets |
//! | `hosts` | ports, dots, case, user information, several hosts, forwarded hosts |
//! | `methods` | unknown, lower case, overridden; CONNECT, OPTIONS, upgrades |
//! | `identity` | certificates with several names, none, odd ones, or of strangers |
//! | `framing` | pipelines, lengths that contradict, trailers, old versions, sizes |
//! | `http2` | the same in frames, where a request can be what HTTP/1.1 cannot say |
//!
//! The application answers everything with 200 and remembers it. Whatever a row
//! expects, nothing may get there that policies do not grant to `bookbuyer`, and every
//! table begins with the plain request, which passes.
//!
//! What a proxy cannot judge is listed too, as served: an application that takes the
//! method or the path from a header of its own, or decodes more often than anybody
//! else, decides by that alone. Such rows say what the application gets.

mod framing;
mod headers;
mod hosts;
mod http2;
mod identity;
mod methods;
mod paths;

use anyhow::{Context, Result, bail, ensure};
use loopback_mesh::envoy::{Policy, Settings};
use loopback_mesh::policy::Policies;

use super::client::{Client, Response};
use super::fixture::{Shop, workload};
use super::recorder::{Recorder, line};

/// bookbuyer may read what is public, and what headers and hosts say; only the
/// librarian may read the secret, and nobody may `/nothing`.
const POLICIES: &str = r"
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {name: pages, namespace: bookstore}
spec:
  matches:
  - {name: public, pathRegex: '/public(/.*)?$', methods: [GET]}
  - {name: alternatives, pathRegex: '/short$|/short/longer$', methods: [GET]}
  - {name: tested, pathRegex: '/tested$', methods: [GET], headers: [{x-role: reader}]}
  - {name: hosted, pathRegex: '/hosted$', methods: [GET], headers: [{host: 'shop[.]example'}]}
  - {name: any-method, pathRegex: '/any-method$', methods: ['*']}
  - {name: grpc, pathRegex: '/books[.]Store/List$', methods: [POST]}
  - {name: secret, pathRegex: '/secret$', methods: ['*']}
---
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: {name: readers, namespace: bookstore}
spec:
  destination: {kind: ServiceAccount, name: bookstore-v1}
  sources:
  - {kind: ServiceAccount, name: bookbuyer, namespace: bookbuyer}
  - {kind: ServiceAccount, name: book.keeper, namespace: bookbuyer}
  rules:
  - kind: HTTPRouteGroup
    name: pages
    matches: [public, alternatives, tested, hosted, any-method, grpc]
---
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: {name: librarians, namespace: bookstore}
spec:
  destination: {kind: ServiceAccount, name: bookstore-v1}
  sources: [{kind: ServiceAccount, name: librarian, namespace: librarian}]
  rules: [{kind: HTTPRouteGroup, name: pages, matches: [secret]}]
";

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// The filter denies it, for this reason.
    Denied(&'static str),
    /// Envoy refuses it with this status before the filter sees it.
    Refused(u16),
    /// Envoy closes the connection or stream without an answer.
    Closed,
    /// The application gets this method and target.
    Served(&'static str),
}

use Outcome::{Closed, Denied, Refused, Served};

/// A sidecar in front of the application that remembers.
struct Site {
    shop: Shop,
    recorder: Recorder,
}

impl Site {
    fn open(label: &str, change: impl FnOnce(&mut Settings)) -> Result<Self> {
        let policies = Policies::compile(&[("pages.yaml".to_owned(), POLICIES.to_owned())])?;
        let compiled = policies.table(&workload().spiffe_id()).context("there is a table")?;
        let recorder = Recorder::start()?;
        let mut shop = Shop::open(label, Policy::Table(&compiled.table), |settings| {
            settings.application = recorder.address;
            settings.speak_http1 = true;
            // Envoy gives clients a second to close a connection first.
            settings.manager.push(("delayed_close_timeout", "0.1s".into()));
            change(settings);
        })?;
        shop.sidecar.wait_for_table(&compiled.digest)?;
        Ok(Self { shop, recorder })
    }

    fn buyer(&self) -> Result<Client> {
        self.shop.client("bookbuyer")
    }

    /// What becomes of the request that a client sends as these bytes.
    fn outcome(&self, client: &Client, request: &[u8]) -> Result<Seen> {
        let answer = client.exchange(request);
        let served = self.recorder.take();
        let answer = answer.and_then(|answer| Response::parse(&answer)).ok();
        Ok(Seen { answer, served })
    }

    /// Goes through a table, and tells all rows that are wrong.
    fn check<'a>(
        &self,
        client: &Client,
        rows: impl IntoIterator<Item = (String, Vec<u8>, &'a Outcome)>,
    ) -> Result<()> {
        let mut wrong = Vec::new();
        for (name, request, expected) in rows {
            let seen = self.outcome(client, &request)?;
            if let Err(problem) = seen.is(*expected) {
                wrong.push(format!("{name}: {problem}"));
            }
        }
        ensure!(wrong.is_empty(), "\n{}", wrong.join("\n"));
        Ok(())
    }
}

/// What the client and the application saw.
#[derive(Debug)]
struct Seen {
    answer: Option<Response>,
    served: Vec<String>,
}

impl Seen {
    fn is(&self, expected: Outcome) -> Result<()> {
        let lines: Vec<&str> = self.served.iter().map(|head| line(head)).collect();
        let status = self.answer.as_ref().map(|answer| answer.status);
        let denial = self.answer.as_ref().and_then(Response::denial);
        let actual = match (lines.as_slice(), status, &denial) {
            ([], Some(403), Some(reason)) => format!("Denied({reason:?})"),
            ([], Some(status), None) => format!("Refused({status})"),
            ([], None, _) => "Closed".to_owned(),
            ([only], Some(101 | 200), None) => format!("Served({only:?})"),
            _ => bail!("expected {expected:?}, but the application got {lines:?}: {self:?}"),
        };
        ensure!(actual == format!("{expected:?}"), "expected {expected:?}, not {actual}");
        Ok(())
    }
}

/// A request without headers but these lines, each with its line end. The connection
/// ends with it.
fn bare(line: &str, headers: &str) -> Vec<u8> {
    format!("{line} HTTP/1.1\r\nconnection: close\r\n{headers}\r\n").into_bytes()
}

/// A GET of `target` with these header lines.
fn get(target: &str, headers: &str) -> Vec<u8> {
    bare(&format!("GET {target}"), &format!("host: shop.example\r\n{headers}"))
}

/// Text in which every character up to `ÿ` stands for its byte.
fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|character| u8::try_from(u32::from(character)).unwrap_or(b'?')).collect()
}
