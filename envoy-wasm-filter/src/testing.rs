//! A proxy that remembers what the filter did, and a small table, for unit tests.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use decision_table::plan::{
    Automaton, Backend, Diagram, Edge, Level, Next, Node, Plan, Rule, Share, State as Link,
};
use decision_table::{Denial, Reason, RuleId, Verdict};
use proxy_wasm::types::{Action, Bytes, LogLevel, MetricType};

use crate::host::{Host, HostError, MetricId};
use crate::vm::Vm;

pub(crate) const BOOKBUYER: &str = "spiffe://cluster.local/ns/bookbuyer/sa/bookbuyer";
pub(crate) const BOOKSTORE: &str = "spiffe://cluster.local/ns/bookstore/sa/bookstore";

/// The root context of the first plugin, and the context of the first request.
pub(crate) const ROOT: u32 = 1;
pub(crate) const CONTEXT: u32 = 1000;

/// A VM with a plugin of this configuration in force.
pub(crate) fn configured(proxy: &FakeProxy, configuration: &[u8]) -> Vm<FakeProxy> {
    let mut vm = Vm::new(proxy.clone());
    vm.create_context(ROOT, 0);
    assert!(configure(&mut vm, proxy, ROOT, configuration), "{:?}", proxy.state().log);
    vm
}

/// Whether a plugin takes a configuration.
pub(crate) fn configure(
    vm: &mut Vm<FakeProxy>,
    proxy: &FakeProxy,
    root: u32,
    configuration: &[u8],
) -> bool {
    proxy.state().configuration = configuration.to_vec();
    vm.configure(root, configuration.len())
}

/// What becomes of the proxy's request in the first plugin.
pub(crate) fn request(vm: &mut Vm<FakeProxy>) -> Action {
    vm.create_context(CONTEXT, ROOT);
    vm.on_request_headers(CONTEXT)
}

/// A handle to one proxy; clones share it.
#[derive(Clone, Default)]
pub(crate) struct FakeProxy(Rc<RefCell<State>>);

/// What the proxy says, and what it was told.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) configuration: Bytes,
    pub(crate) headers: Vec<(String, Bytes)>,
    pub(crate) properties: BTreeMap<&'static str, Bytes>,
    /// The function of the ABI that fails.
    pub(crate) broken: Option<&'static str>,
    pub(crate) debug: bool,
    pub(crate) now: u64,
    pub(crate) notes: Vec<(&'static str, String)>,
    pub(crate) calls: Vec<String>,
    pub(crate) replies: Vec<(u16, String, String)>,
    pub(crate) metrics: Vec<(String, u64)>,
    pub(crate) log: Vec<(LogLevel, String)>,
}

impl FakeProxy {
    /// A proxy with a `GET /books-bought` from the bookbuyer.
    pub(crate) fn with_request() -> Self {
        let proxy = Self::default();
        for (name, value) in
            [(":method", "GET"), (":path", "/books-bought"), (":authority", "bookstore")]
        {
            proxy.header(name, value);
        }
        proxy.property("connection.uri_san_peer_certificate", BOOKBUYER);
        proxy
    }

    pub(crate) fn header(&self, name: &str, value: impl Into<Bytes>) {
        self.0.borrow_mut().headers.push((name.to_owned(), value.into()));
    }

    pub(crate) fn property(&self, path: &'static str, value: impl Into<Bytes>) {
        self.0.borrow_mut().properties.insert(path, value.into());
    }

    pub(crate) fn state(&self) -> std::cell::RefMut<'_, State> {
        self.0.borrow_mut()
    }

    /// The value of a metric that was defined.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let state = self.0.borrow();
        let found = state.metrics.iter().find(|(candidate, _)| candidate == name);
        found.unwrap_or_else(|| panic!("the metric {name} was never defined")).1
    }

    /// Notes a call, and fails it when it is the broken one.
    fn called(&self, call: &'static str, with: &str) -> Result<(), HostError> {
        let mut state = self.0.borrow_mut();
        state.calls.push(format!("{call} {with}").trim_end().to_owned());
        if state.broken == Some(call) {
            return Err(HostError::Status { call, status: 10 });
        }
        Ok(())
    }

    fn change(&self, metric: MetricId, change: impl FnOnce(u64) -> u64) {
        let (_, value) = &mut self.0.borrow_mut().metrics[metric.0 as usize];
        *value = change(*value);
    }
}

impl Host for FakeProxy {
    fn configuration(&self, _: usize) -> Result<Bytes, HostError> {
        self.called("proxy_get_buffer_bytes", "")?;
        Ok(self.0.borrow().configuration.clone())
    }

    fn request_headers(&self) -> Result<Bytes, HostError> {
        self.called("proxy_get_header_map_pairs", "")?;
        Ok(serialise(&self.0.borrow().headers))
    }

    fn set_request_header(&self, name: &str, value: &[u8]) -> Result<(), HostError> {
        self.called("proxy_replace_header_map_value", name)?;
        let headers = &mut self.0.borrow_mut().headers;
        headers.retain(|(known, _)| known != name);
        headers.push((name.to_owned(), value.to_vec()));
        Ok(())
    }

    fn remove_request_header(&self, name: &str) -> Result<(), HostError> {
        self.called("proxy_remove_header_map_value", name)?;
        self.0.borrow_mut().headers.retain(|(known, _)| known != name);
        Ok(())
    }

    fn property(&self, path: &'static [u8]) -> Result<Option<Bytes>, HostError> {
        let path = String::from_utf8(path.to_vec()).unwrap().replace('\0', ".");
        self.called("proxy_get_property", &path)?;
        Ok(self.0.borrow().properties.get(path.as_str()).cloned())
    }

    fn note(&self, name: &'static str, value: &str) {
        self.0.borrow_mut().notes.push((name, value.to_owned()));
    }

    fn send_local_response(&self, status: u16, details: &str, body: &str) -> Result<(), HostError> {
        self.called("proxy_send_local_response", "")?;
        self.0.borrow_mut().replies.push((status, details.to_owned(), body.to_owned()));
        Ok(())
    }

    fn define_metric(&self, _: MetricType, name: &str) -> Result<MetricId, HostError> {
        self.called("proxy_define_metric", name)?;
        let metrics = &mut self.0.borrow_mut().metrics;
        let position = metrics.iter().position(|(known, _)| known == name);
        let id = position.unwrap_or_else(|| {
            metrics.push((name.to_owned(), 0));
            metrics.len() - 1
        });
        Ok(MetricId(id.try_into().unwrap()))
    }

    fn increment(&self, counter: MetricId) {
        self.change(counter, |value| value + 1);
    }

    fn record(&self, metric: MetricId, value: u64) {
        self.state().calls.push("proxy_record_metric".to_owned());
        self.change(metric, |_| value);
    }

    fn now(&self) -> u64 {
        self.0.borrow().now
    }

    fn random(&self) -> Result<u64, HostError> {
        self.called("random_get", "")?;
        Ok(4)
    }

    fn logs(&self, level: LogLevel) -> bool {
        self.0.borrow().debug || level as u32 > LogLevel::Debug as u32
    }

    fn log(&self, level: LogLevel, message: &str) {
        self.0.borrow_mut().log.push((level, message.to_owned()));
    }
}

/// Headers in the form of the ABI.
pub(crate) fn serialise(headers: &[(String, Bytes)]) -> Bytes {
    let word = |length: usize| u32::try_from(length).unwrap().to_le_bytes();
    let mut block = word(headers.len()).to_vec();
    for (name, value) in headers {
        block.extend(word(name.len()));
        block.extend(word(value.len()));
    }
    for (name, value) in headers {
        block.extend([name.as_bytes(), &[0], value, &[0]].concat());
    }
    block
}

/// What a table for tests looks at besides peer and path.
#[derive(Clone, Copy, Default)]
pub(crate) struct Shape {
    /// The table is for the whole mesh; otherwise for the bookstore.
    pub(crate) mesh: bool,
    /// Only on this port.
    pub(crate) port: Option<u16>,
    /// Only when every value of this header is `app`.
    pub(crate) header: Option<&'static str>,
}

/// A table in which the bookbuyer may call `/books-bought` of the bookstore.
pub(crate) fn table(shape: Shape) -> Bytes {
    let mut levels = Vec::new();
    if shape.mesh {
        levels.push((Level::Destination, Reason::Destination));
    }
    levels.push((Level::Peer, Reason::Peer));
    if shape.port.is_some() {
        levels.push((Level::Port, Reason::Port));
    }
    levels.push((Level::Path(0), Reason::Path));
    if let Some(name) = shape.header {
        levels.push((Level::Header(name.to_owned(), 1), Reason::Header));
    }
    let plan = Plan {
        workload: (!shape.mesh).then(|| BOOKSTORE.to_owned()),
        destinations: vec![(BOOKSTORE.to_owned(), 1)],
        peers: vec![(BOOKBUYER.to_owned(), 1)],
        ports: shape.port.into_iter().collect(),
        access: Diagram {
            root: Next::Node(0),
            nodes: chain(levels.iter().map(|(_, reason)| *reason).collect()),
        },
        levels: levels.into_iter().map(|(level, _)| level).collect(),
        automata: vec![literal("/books-bought"), literal("app")],
        rules: vec![Rule {
            target: "bookstore/bookbuyer-access".to_owned(),
            route: "bookstore/routes#books-bought".to_owned(),
            file: "bookstore.yaml".to_owned(),
            line: 7,
        }],
        ..Plan::default()
    };
    plan.write().unwrap()
}

/// A table in which the bookbuyer may connect to the bookstore by TCP.
pub(crate) fn tcp_table() -> Bytes {
    let denied = |reason| Next::Leaf(Verdict::Denied(Denial { reason, nearest: None }));
    let allowed = Next::Leaf(Verdict::Allowed(RuleId(0)));
    let node = |level, reason, edge| Node { level, otherwise: denied(reason), edges: vec![edge] };
    let plan = Plan {
        workload: Some(BOOKSTORE.to_owned()),
        destinations: vec![(BOOKSTORE.to_owned(), 1)],
        peers: vec![(BOOKBUYER.to_owned(), 1)],
        levels: vec![Level::Protocol, Level::Peer],
        access: Diagram {
            root: Next::Node(0),
            nodes: vec![
                node(0, Reason::Port, (2, Next::Node(1))),
                node(1, Reason::Peer, (1, allowed)),
            ],
        },
        ..Plan::default()
    };
    plan.write().unwrap()
}

/// A table in which `shop/web` is shared by `shop/v1` and `shop/v2`, half and half.
pub(crate) fn split_table() -> Bytes {
    let backend =
        |service: &str| Backend { service: service.to_owned(), weight: 1, target_port: None };
    let none = Verdict::Denied(Denial { reason: Reason::Destination, nearest: None });
    let shares = Next::Leaf(Verdict::Allowed(RuleId(0)));
    let node = Node { level: 0, otherwise: Next::Leaf(none), edges: vec![(1, shares)] };
    let plan = Plan {
        workload: Some(BOOKSTORE.to_owned()),
        services: vec![("shop/web".to_owned(), 1)],
        levels: vec![Level::Service],
        splits: Diagram { root: Next::Node(0), nodes: vec![node] },
        shares: vec![Share {
            split: "shop/web".to_owned(),
            backends: vec![backend("shop/v1"), backend("shop/v2")],
        }],
        ..Plan::default()
    };
    plan.write().unwrap()
}

/// One node for each level: class 1 goes on, and behind the last one is allowed.
fn chain(reasons: Vec<Reason>) -> Vec<Node> {
    let last = reasons.len() - 1;
    let node = |(index, reason): (usize, Reason)| {
        let level = u32::try_from(index).unwrap();
        let on = if index == last {
            Next::Leaf(Verdict::Allowed(RuleId(0)))
        } else {
            Next::Node(level + 1)
        };
        let denial = Denial { reason, nearest: Some(RuleId(0)) };
        Node { level, otherwise: Next::Leaf(Verdict::Denied(denial)), edges: vec![(1, on)] }
    };
    reasons.into_iter().enumerate().map(node).collect()
}

/// The automaton that matches just `text`: state 1 before it, one more for each byte.
fn literal(text: &str) -> Automaton {
    let link = |(byte, to)| Link { class: 0, edges: vec![Edge { first: byte, last: byte, to }] };
    let mut states = vec![Link::default()];
    states.extend(text.bytes().zip(2..).map(link));
    states.push(Link { class: 1, edges: Vec::new() });
    Automaton { states, start: 1, classes: 2, meets: Vec::new() }
}
