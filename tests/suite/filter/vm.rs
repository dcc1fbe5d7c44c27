//! A VM with the filter in it, as each of Envoy's workers has, in an interpreter.

#![expect(clippy::expect_used, clippy::panic, reason = "a broken premise is a failed test")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use wasmi::{Config, Engine, Instance, Module, Store, TypedFunc, WasmParams, WasmResults};

use super::host::linker;

/// The context that a configuration belongs to; each request has one below it.
const ROOT: u32 = 1;

/// The module as it is shipped, translated once for all tests.
pub(super) static MODULE: LazyLock<Module> = LazyLock::new(|| {
    let mut config = Config::default();
    // What is done can be counted, whatever the machine.
    config.consume_fuel(true);
    Module::new(&Engine::new(&config), super::shipped()).expect("the filter is a Wasm module")
});

/// What the filter sees and what it did.
#[derive(Debug, Default)]
pub(super) struct Proxy {
    pub(super) root_id: String,
    pub(super) configuration: Vec<u8>,
    pub(super) request: Request,
    pub(super) reply: Option<Reply>,
    pub(super) metrics: Vec<(String, u64)>,
    pub(super) log: Vec<String>,
    pub(super) notes: Vec<(String, String)>,
    /// Whether the filter has asked for the end of a connection.
    pub(super) closed: bool,
}

/// A request on a connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    /// All headers, pseudo headers first.
    pub(super) headers: Vec<(String, Vec<u8>)>,
    /// Properties by their path with dots.
    pub(super) properties: BTreeMap<&'static str, Vec<u8>>,
}

/// A reply from the proxy itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) status: u32,
    pub(super) details: String,
    pub(super) body: String,
    pub(super) headers: Vec<u8>,
    pub(super) grpc_status: i32,
}

/// One VM with the filter in it, as each of Envoy's workers has.
pub(super) struct Vm {
    store: Store<Proxy>,
    instance: Instance,
    requests: u32,
}

impl Vm {
    /// Loads the module and starts the plugin, without a configuration.
    pub(super) fn start() -> Self {
        let mut store = Store::new(MODULE.engine(), Proxy::default());
        store.set_fuel(u64::MAX).expect("fuel is counted");
        let instance = linker().instantiate_and_start(&mut store, &MODULE);
        let instance = instance.expect("the module starts");
        let mut vm = Self { store, instance, requests: 0 };
        vm.call::<_, ()>("proxy_on_context_create", (ROOT, 0_u32));
        vm
    }

    /// What the proxy's configuration calls the plugin's `root_id`.
    pub(super) fn name_root(&mut self, root_id: &str) {
        self.store.data_mut().root_id = root_id.to_owned();
    }

    /// Whether the filter accepts these bytes as its configuration.
    pub(super) fn configure(&mut self, configuration: &[u8]) -> bool {
        self.store.data_mut().configuration = configuration.to_vec();
        let length = u32::try_from(configuration.len()).expect("a configuration is small");
        self.call::<_, u32>("proxy_on_configure", (ROOT, length)) == 1
    }

    /// What the filter makes of a request: nothing, or a reply.
    pub(super) fn request(&mut self, request: &Request) -> Option<Reply> {
        let context = self.begin(request);
        let paused = self.headers(context, request);
        self.call::<_, ()>("proxy_on_delete", context);
        let reply = self.store.data_mut().reply.take();
        assert_eq!(paused, reply.is_some(), "a request is paused exactly when it is denied");
        reply
    }

    /// The value of a metric.
    pub(super) fn metric(&self, name: &str) -> u64 {
        let metrics = &self.store.data().metrics;
        metrics.iter().find(|(known, _)| known == name).expect("the metric is defined").1
    }

    /// How much the VM has done so far: about one for each instruction.
    pub(super) fn fuel(&self) -> u64 {
        u64::MAX - self.store.get_fuel().expect("fuel is counted")
    }

    /// What the filter makes of the first data of a connection: whether it may flow.
    pub(super) fn connection(&mut self, request: &Request) -> bool {
        let context = self.begin(request);
        let held = self.call::<_, u32>("proxy_on_downstream_data", (context, 1_u32, 0_u32));
        let again = self.call::<_, u32>("proxy_on_upstream_data", (context, 1_u32, 0_u32));
        assert_eq!(held, again, "a connection is decided about once");
        assert_eq!(held == 1, std::mem::take(&mut self.store.data_mut().closed));
        self.call::<_, ()>("proxy_on_delete", context);
        held == 0
    }

    /// The Service to which the filter sends a request, if any.
    pub(super) fn backend(&mut self, request: &Request) -> Option<String> {
        let context = self.begin(request);
        let paused = self.headers(context, request);
        assert!(!paused, "a split ends no request");
        let headers = &self.store.data().request.headers;
        let (_, value) = headers.iter().find(|(name, _)| name == "x-smi-backend")?;
        Some(String::from_utf8(value.clone()).expect("the name of a Service is text"))
    }

    /// Announces a request or connection, and gives its context.
    fn begin(&mut self, request: &Request) -> u32 {
        self.requests += 1;
        let context = 1000 + self.requests;
        self.store.data_mut().request = request.clone();
        self.call::<_, ()>("proxy_on_context_create", (context, ROOT));
        context
    }

    /// Whether the filter pauses a request when its headers have arrived.
    fn headers(&mut self, context: u32, request: &Request) -> bool {
        let headers = u32::try_from(request.headers.len()).expect("a request is small");
        self.call::<_, u32>("proxy_on_request_headers", (context, headers, 1_u32)) == 1
    }

    /// Everything that was logged.
    pub(super) fn log(&self) -> &[String] {
        &self.store.data().log
    }

    fn call<P: WasmParams, R: WasmResults>(&mut self, name: &str, parameters: P) -> R {
        let function: TypedFunc<P, R> =
            self.instance.get_typed_func(&self.store, name).expect("the filter exports it");
        let result = function.call(&mut self.store, parameters);
        result.unwrap_or_else(|trap| {
            let log = self.store.data().log.join("\n");
            panic!("`{name}` trapped: {trap}\n{log}")
        })
    }
}
