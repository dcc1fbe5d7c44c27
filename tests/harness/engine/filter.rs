//! The filter's core, natively, behind a proxy that is nothing but a request.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use envoy_wasm_filter::{Action, Flow, Host, HostError, LogLevel, MetricId, MetricType, Vm};

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
        request.protocol != Protocol::Udp
    }

    fn start(&self, compiler: &Rc<Compiler>) -> Box<dyn Enforcer> {
        Box::new(Sidecars { compiler: Rc::clone(compiler), started: RefCell::default() })
    }
}

/// A sidecar for each workload that was called, by SPIFFE ID and protocol.
struct Sidecars {
    compiler: Rc<Compiler>,
    started: RefCell<BTreeMap<(String, Protocol), Sidecar>>,
}

impl Enforcer for Sidecars {
    fn decide(&self, request: &Request) -> Decision {
        let workload = request.destination.spiffe_id(TRUST_DOMAIN);
        let mut started = self.started.borrow_mut();
        let table = || self.compiler.workload_table(&workload);
        let table = || table().map(|table| table.as_bytes().to_vec());
        let start = || Sidecar::start(request.protocol, table());
        started.entry((workload.clone(), request.protocol)).or_insert_with(start).decide(request)
    }
}

struct Sidecar {
    proxy: Proxy,
    vm: Vm<Proxy>,
    decided: u32,
}

/// The proxy's number for the plugin.
const PLUGIN: u32 = 1;

impl Sidecar {
    /// Without a table the configuration is empty, as in a real sidecar.
    fn start(protocol: Protocol, table: Option<Vec<u8>>) -> Self {
        let proxy = Proxy::default();
        let configuration = table.unwrap_or_default();
        let length = configuration.len();
        {
            let mut state = proxy.0.borrow_mut();
            state.root_id = if protocol == Protocol::Http { "http" } else { "tcp" };
            state.configuration = configuration;
        }
        let mut vm = Vm::new(proxy.clone());
        vm.create_context(PLUGIN, 0);
        assert!(vm.configure(PLUGIN, length), "the filter refuses a table that was just compiled");
        Self { proxy, vm, decided: PLUGIN }
    }

    fn decide(&mut self, request: &Request) -> Decision {
        {
            let mut state = self.proxy.0.borrow_mut();
            state.headers = headers(request);
            state.peer = request.source.as_ref().map(|it| it.spiffe_id(TRUST_DOMAIN).into_bytes());
            state.port = request.port;
            state.note = None;
            state.reply = None;
        }
        self.decided += 1;
        let context = self.decided;
        self.vm.create_context(context, PLUGIN);
        if request.protocol == Protocol::Tcp {
            let flow = self.vm.on_data(context);
            self.vm.delete_context(context);
            let note = self.proxy.0.borrow_mut().note.take();
            return match (flow, note) {
                (Flow::Pass, None) => Decision::Allow,
                (Flow::Close, Some(note)) => {
                    Decision::Deny(note.strip_prefix("denied:").map(str::to_owned))
                }
                (flow, note) => panic!("{flow:?} does not go together with {note:?}"),
            };
        }
        let action = self.vm.on_request_headers(context);
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

/// The form in which the proxy's ABI passes headers: their number, the two lengths of
/// each, then names and values, each with a zero byte behind it.
#[must_use]
pub fn header_block(headers: &[(String, Vec<u8>)]) -> Vec<u8> {
    let word = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
    let lengths = headers.iter().flat_map(|(name, value)| [word(name.len()), word(value.len())]);
    let texts = headers.iter().flat_map(|(name, value)| [name.as_bytes(), value]);
    let texts = texts.flat_map(|text| text.iter().copied().chain([0]));
    word(headers.len()).into_iter().chain(lengths.flatten()).chain(texts).collect()
}

/// What Envoy would know; clones share it.
#[derive(Clone, Default)]
struct Proxy(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    root_id: &'static str,
    configuration: Vec<u8>,
    headers: Vec<(String, Vec<u8>)>,
    peer: Option<Vec<u8>>,
    port: Option<u16>,
    /// The verdict that an access log would have.
    note: Option<String>,
    /// The details of the reply that ended the request.
    reply: Option<String>,
}

impl Host for Proxy {
    fn configuration(&self, _: usize) -> Result<Vec<u8>, HostError> {
        Ok(self.0.borrow().configuration.clone())
    }

    fn request_headers(&self) -> Result<Vec<u8>, HostError> {
        Ok(header_block(&self.0.borrow().headers))
    }

    fn set_request_header(&self, _: &str, _: &[u8]) -> Result<(), HostError> {
        panic!("access is about requests as they are")
    }

    fn remove_request_header(&self, _: &str) -> Result<(), HostError> {
        panic!("access is about requests as they are")
    }

    fn property(&self, path: &'static [u8]) -> Result<Option<Vec<u8>>, HostError> {
        let state = self.0.borrow();
        Ok(match path {
            b"connection\0uri_san_peer_certificate" => state.peer.clone(),
            b"destination\0port" => state.port.map(|port| i64::from(port).to_le_bytes().into()),
            b"plugin_root_id" => Some(state.root_id.into()),
            _ => None,
        })
    }

    fn note(&self, name: &'static str, value: &str) {
        if name == "smi_verdict" {
            self.0.borrow_mut().note = Some(value.to_owned());
        }
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

    fn now(&self) -> u64 {
        0
    }

    fn random(&self) -> Result<u64, HostError> {
        panic!("access is not a matter of chance")
    }

    fn logs(&self, _: LogLevel) -> bool {
        false
    }

    fn log(&self, _: LogLevel, _: &str) {}
}
