//! The plugin: takes a configuration, and starts a filter for each request.

use std::error::Error;
use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{ContextType, LogLevel};

use crate::config::Policy;
use crate::host::{Host, HostError, Proxy};
use crate::http::HttpFilter;
use crate::metrics::Metrics;

/// A configuration in force. It is never changed, only replaced as a whole, so
/// that every request sees one policy from its beginning to its end.
pub(crate) struct Plugin {
    pub(crate) policy: Policy,
    pub(crate) metrics: Metrics,
}

/// The plugin in one VM, before and after it was configured.
pub struct Root<H> {
    host: H,
    plugin: Rc<Plugin>,
}

impl<H: Host + Clone> Root<H> {
    /// A plugin that was not configured yet, and so denies everything.
    #[must_use]
    pub fn new(host: H) -> Self {
        let plugin = Plugin { policy: Policy::None, metrics: Metrics::default() };
        Self { host, plugin: Rc::new(plugin) }
    }

    /// Takes a new configuration of `length` bytes, or refuses it, keeps the old
    /// one and returns `false`.
    pub fn configure(&mut self, length: usize) -> bool {
        match self.load(length) {
            Ok(plugin) => {
                let message = format!("configuration accepted: {}, {length} bytes", plugin.policy);
                self.host.log(LogLevel::Info, &message);
                self.plugin = Rc::new(plugin);
                true
            }
            Err(problem) => {
                let message = format!("configuration of {length} bytes refused: {problem}");
                self.host.log(LogLevel::Error, &message);
                false
            }
        }
    }

    /// The filter for one request.
    #[must_use]
    pub fn filter(&self) -> HttpFilter<H> {
        HttpFilter::new(self.host.clone(), Rc::clone(&self.plugin))
    }

    fn load(&self, length: usize) -> Result<Plugin, Box<dyn Error>> {
        let metrics = Metrics::define(&self.host)?;
        let policy = self.policy(length).inspect_err(|_| metrics.count_error(&self.host))?;
        metrics.show_table(&self.host, policy.table_id());
        Ok(Plugin { policy, metrics })
    }

    fn policy(&self, length: usize) -> Result<Policy, Box<dyn Error>> {
        let bytes = if length == 0 { Vec::new() } else { self.host.configuration(length)? };
        if bytes.len() != length {
            // Cut down to nothing it would pass for a configuration on purpose.
            let call = "proxy_get_buffer_bytes";
            return Err(HostError::Answer { call, problem: "returned another length" }.into());
        }
        Ok(Policy::from_configuration(bytes)?)
    }
}

impl Context for Root<Proxy> {}

impl RootContext for Root<Proxy> {
    fn on_configure(&mut self, length: usize) -> bool {
        self.configure(length)
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(self.filter()))
    }
}

#[cfg(test)]
mod tests {
    use proxy_wasm::types::Action;

    use super::*;
    use crate::testing::{FakeProxy, Shape, table};

    fn configure(root: &mut Root<FakeProxy>, proxy: &FakeProxy, bytes: &[u8]) -> bool {
        proxy.state().configuration = bytes.to_vec();
        root.configure(bytes.len())
    }

    #[test]
    fn a_table_is_accepted_and_shown() {
        let proxy = FakeProxy::with_request();
        let mut root = Root::new(proxy.clone());
        let bytes = table(Shape::default());
        assert!(configure(&mut root, &proxy, &bytes));
        assert_eq!(root.filter().on_request_headers(), Action::Continue);

        let id = u32::try_from(proxy.metric("smi_filter.table_id")).unwrap();
        assert_ne!(id, 0);
        let length = bytes.len();
        let workload = "spiffe://cluster.local/ns/bookstore/sa/bookstore";
        let expected = format!(
            "configuration accepted: table {id:08x} for {workload}, dialect spec, {length} bytes"
        );
        assert_eq!(proxy.state().log, [(LogLevel::Info, expected)]);
    }

    #[test]
    fn nothing_is_allowed_before_there_is_a_configuration() {
        let proxy = FakeProxy::with_request();
        let root = Root::new(proxy.clone());
        assert_eq!(root.filter().on_request_headers(), Action::Pause);
        assert_eq!(proxy.state().replies[0].1, "smi_denied:no_policy");
    }

    #[test]
    fn an_empty_configuration_denies_everything_without_looking() {
        let proxy = FakeProxy::with_request();
        let mut root = Root::new(proxy.clone());
        assert!(configure(&mut root, &proxy, &table(Shape::default())));
        assert!(configure(&mut root, &proxy, b""));
        proxy.state().calls.clear();
        assert_eq!(root.filter().on_request_headers(), Action::Pause);
        assert_eq!(proxy.state().calls, ["proxy_send_local_response"]);
        assert_eq!(proxy.metric("smi_filter.denied.no_policy"), 1);
        assert_eq!(proxy.metric("smi_filter.table_id"), 0);
    }

    #[test]
    fn garbage_is_refused_and_the_table_before_it_stays() {
        let proxy = FakeProxy::with_request();
        let mut root = Root::new(proxy.clone());
        let good = table(Shape::default());
        assert!(configure(&mut root, &proxy, &good));
        let id = proxy.metric("smi_filter.table_id");

        assert!(!configure(&mut root, &proxy, b"kind: TrafficTarget"));
        let expected = "configuration of 19 bytes refused: not a decision table".to_owned();
        assert_eq!(proxy.state().log.last(), Some(&(LogLevel::Error, expected)));
        assert!(!configure(&mut root, &proxy, &good[..good.len() - 1]));
        assert_eq!(proxy.metric("smi_filter.errors"), 2);
        assert_eq!(proxy.metric("smi_filter.table_id"), id);
        assert_eq!(root.filter().on_request_headers(), Action::Continue);
    }

    #[test]
    fn a_configuration_that_cannot_be_read_is_not_an_empty_one() {
        let proxy = FakeProxy::with_request();
        let mut root = Root::new(proxy.clone());
        assert!(!root.configure(100));
        proxy.state().broken = Some("proxy_get_buffer_bytes");
        assert!(!root.configure(100));
        assert_eq!(proxy.metric("smi_filter.errors"), 2);
    }

    #[test]
    fn a_request_keeps_the_policy_under_which_it_began() {
        let proxy = FakeProxy::with_request();
        let mut root = Root::new(proxy.clone());
        assert!(configure(&mut root, &proxy, &table(Shape::default())));
        let before = root.filter();
        assert!(configure(&mut root, &proxy, b""));
        assert_eq!(before.on_request_headers(), Action::Continue);
        assert_eq!(root.filter().on_request_headers(), Action::Pause);
    }
}
