//! The filter's core, natively, behind a proxy that is nothing but a request.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use envoy_wasm_filter::{Action, Host, HostError, LogLevel, MetricId, MetricType, Root};

use super::{Compiler, Decision, Enforcer, Engine, TRUST_DOMAIN};
use crate::request::{Bytes, Protocol, Request};

/// The Envoy filter, configured with the table of the workload that is called.
#[derive(Clone, Copy, Debug)]
pub struct Filter;

impl Engine for Filter {
    fn name(&self) -> &'static str {
        "filter"
    }

    fn understands(&self, request: &Request) -> bool {
        request.protocol == Protocol::Http
    }

    fn start(&self, compiler: &Rc<Compiler>) -> Box<dyn Enforcer> {
        Box::new(Sidecars { compiler: Rc::clone(compiler), started: RefCell::default() })
    }
}

/// One sidecar for each workload that was called, by SPIFFE ID.
struct Sidecars {
    compiler: Rc<Compiler>,
    started: RefCell<BTreeMap<String, Sidecar>>,
}

impl Enforcer for Sidecars {
    fn decide(&self, request: &Request) -> Decision {
        let workload = request.destination.spiffe_id(TRUST_DOMAIN);
        let mut started = self.started.borrow_mut();
        let table = || self.compiler.workload_table(&workload);
        let start = || Sidecar::start(table().map(|table| table.as_bytes().to_vec()));
        started.entry(workload.clone()).or_insert_with(start).decide(request)
    }
}

struct Sidecar {
    proxy: Proxy,
    root: Root<Proxy>,
}

impl Sidecar {
    /// Without a table the configuration is empty, as in a real sidecar.
    fn start(table: Option<Vec<u8>>) -> Self {
        let proxy = Proxy::default();
        let mut root = Root::new(proxy.clone());
        let configuration = table.unwrap_or_default();
        let length = configuration.len();
        proxy.0.borrow_mut().configuration = configuration;
        assert!(root.configure(length), "the filter refuses a table that was just compiled");
        Self { proxy, root }
    }

    fn decide(&self, request: &Request) -> Decision {
        {
            let mut state = self.proxy.0.borrow_mut();
            state.headers = headers(request);
            state.peer = request.source.as_ref().map(|it| it.spiffe_id(TRUST_DOMAIN).into_bytes());
            state.port = request.port;
            state.reply = None;
        }
        let action = self.root.filter().on_request_headers();
        match (action, self.proxy.0.borrow_mut().reply.take()) {
            (Action::Continue, None) => Decision::Allow,
            (Action::Pause, Some(details)) => {
                Decision::Deny(details.strip_prefix("smi_denied:").map(str::to_owned))
            }
            (action, reply) => panic!("{action:?} does not go together with {reply:?}"),
        }
    }
}

/// The headers as HTTP/2 has them: what a request line would say comes first.
fn headers(request: &Request) -> Vec<(String, Vec<u8>)> {
    let pseudo = |name: &str, value: &Option<Bytes>| {
        value.as_ref().map(|value| (name.to_owned(), value.0.clone()))
    };
    let line = [
        pseudo(":method", &request.method),
        pseudo(":path", &request.path),
        pseudo(":authority", &request.host),
    ];
    // Envoy lower-cases names, whatever the client sent.
    let others = request.headers.iter().map(|(name, value)| (name.to_lowercase(), value.0.clone()));
    line.into_iter().flatten().chain(others).collect()
}

/// What Envoy would know; clones share it.
#[derive(Clone, Default)]
struct Proxy(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    configuration: Vec<u8>,
    headers: Vec<(String, Vec<u8>)>,
    peer: Option<Vec<u8>>,
    port: Option<u16>,
    /// The details of the reply that ended the request.
    reply: Option<String>,
}

impl Host for Proxy {
    fn configuration(&self, _: usize) -> Result<Vec<u8>, HostError> {
        Ok(self.0.borrow().configuration.clone())
    }

    fn request_headers(&self) -> Result<Vec<(String, Vec<u8>)>, HostError> {
        Ok(self.0.borrow().headers.clone())
    }

    fn property(&self, path: &[&str]) -> Result<Option<Vec<u8>>, HostError> {
        let state = self.0.borrow();
        Ok(match path {
            ["connection", "uri_san_peer_certificate"] => state.peer.clone(),
            ["destination", "port"] => state.port.map(|port| i64::from(port).to_le_bytes().into()),
            _ => None,
        })
    }

    fn send_local_response(&self, status: u16, details: &str, _: &str) -> Result<(), HostError> {
        assert_eq!(status, 403, "denials are 403");
        self.0.borrow_mut().reply = Some(details.to_owned());
        Ok(())
    }

    fn define_metric(&self, _: MetricType, _: &str) -> Result<MetricId, HostError> {
        Ok(MetricId(0))
    }

    fn increment(&self, _: MetricId) {}

    fn record(&self, _: MetricId, _: u64) {}

    fn logs(&self, _: LogLevel) -> bool {
        false
    }

    fn log(&self, _: LogLevel, _: &str) {}
}
