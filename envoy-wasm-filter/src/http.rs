//! The filter of one HTTP request.

use std::rc::Rc;

use decision_table::{Denial, Reason, Verdict};
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::{Action, LogLevel};

use crate::config::Policy;
use crate::host::{Host, HostError, Proxy};
use crate::request::Attributes;
use crate::respond;
use crate::root::Plugin;

/// Lets a request pass or ends it, by the policy in force when it began.
pub struct HttpFilter<H> {
    host: H,
    plugin: Rc<Plugin>,
}

impl<H: Host> HttpFilter<H> {
    pub(crate) const fn new(host: H, plugin: Rc<Plugin>) -> Self {
        Self { host, plugin }
    }

    /// Decides about the request whose headers have arrived. The body is never
    /// waited for: no rule can depend on it.
    ///
    /// [`Action::Pause`] means that the proxy has sent, or was asked to send, a
    /// denial.
    pub fn on_request_headers(&self) -> Action {
        match self.decide() {
            Verdict::Allowed(_) => {
                self.plugin.metrics.count_allowed(&self.host);
                Action::Continue
            }
            Verdict::Denied(denial) => {
                self.deny(denial);
                Action::Pause
            }
        }
    }

    fn decide(&self) -> Verdict {
        let Policy::Loaded(table) = &self.plugin.policy else {
            return denied(Reason::NoPolicy);
        };
        match Attributes::read(&self.host, table) {
            Ok(attributes) => table.decide(&attributes.request()),
            Err(error) => {
                self.report(&error);
                denied(Reason::MalformedRequest)
            }
        }
    }

    /// A request whose reply could not be sent stays paused and never gets to
    /// the application; the client runs into its timeout.
    fn deny(&self, denial: Denial) {
        self.plugin.metrics.count_denied(&self.host, denial.reason);
        self.log_denial(denial);
        if let Err(error) = respond::forbid(&self.host, denial.reason) {
            self.report(&error);
        }
    }

    fn report(&self, error: &HostError) {
        self.plugin.metrics.count_error(&self.host);
        self.host.log(LogLevel::Error, &format!("request denied: {error}"));
    }

    fn log_denial(&self, denial: Denial) {
        // A client can ask for as many denials as it likes, so unless somebody
        // reads them they must not cost the making of a message.
        if self.host.logs(LogLevel::Debug) {
            self.host.log(LogLevel::Debug, &self.describe(denial));
        }
    }

    fn describe(&self, denial: Denial) -> String {
        let message = format!("request denied: {} ({})", denial.reason.code(), denial.reason);
        let Policy::Loaded(table) = &self.plugin.policy else { return message };
        match denial.nearest.and_then(|rule| table.rule(rule)) {
            None => message,
            Some(rule) => format!(
                "{message}; nearest rule: {} in {} at {}:{}",
                rule.route, rule.target, rule.file, rule.line
            ),
        }
    }
}

/// A denial that no table was asked for.
const fn denied(reason: Reason) -> Verdict {
    Verdict::Denied(Denial { reason, nearest: None })
}

impl Context for HttpFilter<Proxy> {}

impl HttpContext for HttpFilter<Proxy> {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        self.on_request_headers()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root::Root;
    use crate::testing::{BOOKSTORE, FakeProxy, Shape, table};

    /// The action for the proxy's request under a table of this shape.
    fn run(proxy: &FakeProxy, shape: Shape) -> Action {
        let bytes = table(shape);
        let length = bytes.len();
        proxy.state().configuration = bytes;
        let mut root = Root::new(proxy.clone());
        assert!(root.configure(length));
        proxy.state().calls.clear();
        root.filter().on_request_headers()
    }

    #[track_caller]
    fn assert_allowed(proxy: &FakeProxy, action: Action) {
        assert_eq!(action, Action::Continue);
        assert_eq!(proxy.state().replies, []);
        assert_eq!(proxy.metric("smi_filter.allowed"), 1);
    }

    #[track_caller]
    fn assert_denied(proxy: &FakeProxy, action: Action, reason: &str) {
        assert_eq!(action, Action::Pause);
        let details = format!("smi_denied:{reason}");
        let body = format!("access denied by mesh policy ({reason})\n");
        assert_eq!(proxy.state().replies, [(403, details, body)]);
        assert_eq!(proxy.metric(&format!("smi_filter.denied.{reason}")), 1);
        assert_eq!(proxy.metric("smi_filter.allowed"), 0);
    }

    #[test]
    fn a_permitted_request_passes_after_two_host_calls_for_data() {
        let proxy = FakeProxy::with_request();
        let action = run(&proxy, Shape::default());
        assert_allowed(&proxy, action);
        let peer = "proxy_get_property connection.uri_san_peer_certificate";
        assert_eq!(proxy.state().calls, ["proxy_get_header_map_pairs", peer]);
    }

    #[test]
    fn another_path_is_denied_and_the_nearest_rule_is_for_the_log_only() {
        let proxy = FakeProxy::with_request();
        proxy.state().headers[1].1 = b"/steal?token=secret".to_vec();
        proxy.state().debug = true;
        let action = run(&proxy, Shape::default());
        assert_denied(&proxy, action, "path_not_allowed");
        let state = proxy.state();
        let (level, message) = state.log.last().unwrap();
        assert_eq!(*level, LogLevel::Debug);
        assert!(message.contains("bookstore/routes#books-bought"), "{message}");
        assert!(message.ends_with("at bookstore.yaml:7"), "{message}");
        assert!(!message.contains("secret"), "{message}");
    }

    #[test]
    fn denials_make_no_log_lines_unless_somebody_reads_them() {
        let proxy = FakeProxy::with_request();
        proxy.state().headers[1].1 = b"/steal".to_vec();
        run(&proxy, Shape::default());
        assert!(proxy.state().log.iter().all(|(level, _)| *level == LogLevel::Info));
    }

    #[test]
    fn a_peer_without_a_certificate_is_denied() {
        let proxy = FakeProxy::with_request();
        proxy.state().properties.clear();
        proxy.header("x-forwarded-client-cert", format!("URI={}", crate::testing::BOOKBUYER));
        let action = run(&proxy, Shape::default());
        assert_denied(&proxy, action, "missing_peer");
    }

    #[test]
    fn an_empty_identity_is_a_missing_one() {
        let proxy = FakeProxy::with_request();
        proxy.property("connection.uri_san_peer_certificate", "");
        let action = run(&proxy, Shape::default());
        assert_denied(&proxy, action, "missing_peer");
    }

    #[test]
    fn several_identities_in_one_are_denied() {
        let proxy = FakeProxy::with_request();
        let both = format!("spiffe://cluster.local/ns/a/sa/a,{}", crate::testing::BOOKBUYER);
        proxy.property("connection.uri_san_peer_certificate", both);
        let action = run(&proxy, Shape::default());
        assert_denied(&proxy, action, "malformed_peer");
    }

    #[test]
    fn header_values_may_be_any_bytes() {
        let proxy = FakeProxy::with_request();
        proxy.header("x-binary", b"\xff\x00\xfe");
        let action = run(&proxy, Shape::default());
        assert_allowed(&proxy, action);
    }

    #[test]
    fn a_condition_sees_values_that_are_no_text() {
        let proxy = FakeProxy::with_request();
        proxy.header("client-app", b"app\xff");
        let action = run(&proxy, Shape { header: Some("client-app"), ..Shape::default() });
        assert_denied(&proxy, action, "header_not_allowed");
    }

    #[test]
    fn a_condition_sees_every_value_of_a_repeated_header() {
        let shape = Shape { header: Some("client-app"), ..Shape::default() };
        let proxy = FakeProxy::with_request();
        proxy.header("client-app", "app");
        proxy.header("client-app", "app");
        let action = run(&proxy, shape);
        assert_allowed(&proxy, action);

        let proxy = FakeProxy::with_request();
        proxy.header("client-app", "app");
        proxy.header("client-app", "evil");
        let action = run(&proxy, shape);
        assert_denied(&proxy, action, "header_not_allowed");
    }

    #[test]
    fn a_repeated_pseudo_header_counts_as_missing() {
        let proxy = FakeProxy::with_request();
        proxy.header(":path", "/steal");
        let action = run(&proxy, Shape::default());
        assert_denied(&proxy, action, "malformed_request");
    }

    #[test]
    fn connect_without_a_path_is_denied() {
        let proxy = FakeProxy::with_request();
        proxy.state().headers[0].1 = b"CONNECT".to_vec();
        proxy.state().headers.remove(1);
        let action = run(&proxy, Shape::default());
        assert_denied(&proxy, action, "malformed_request");
        assert_eq!(proxy.metric("smi_filter.errors"), 0);
    }

    #[test]
    fn a_request_without_headers_is_an_error_and_denied() {
        let proxy = FakeProxy::with_request();
        proxy.state().headers.clear();
        let action = run(&proxy, Shape::default());
        assert_denied(&proxy, action, "malformed_request");
        assert_eq!(proxy.metric("smi_filter.errors"), 1);
    }

    #[test]
    fn a_failing_host_call_is_an_error_and_denied() {
        for call in ["proxy_get_header_map_pairs", "proxy_get_property"] {
            let proxy = FakeProxy::with_request();
            proxy.state().broken = Some(call);
            let action = run(&proxy, Shape::default());
            assert_denied(&proxy, action, "malformed_request");
            assert_eq!(proxy.metric("smi_filter.errors"), 1);
            let state = proxy.state();
            let (level, message) = state.log.last().unwrap();
            assert_eq!(*level, LogLevel::Error);
            assert_eq!(
                *message,
                format!("request denied: the host call `{call}` failed with status 10")
            );
        }
    }

    #[test]
    fn a_request_stays_paused_when_the_reply_cannot_be_sent() {
        let proxy = FakeProxy::with_request();
        proxy.state().properties.clear();
        proxy.state().broken = Some("proxy_send_local_response");
        assert_eq!(run(&proxy, Shape::default()), Action::Pause);
        assert_eq!(proxy.metric("smi_filter.denied.missing_peer"), 1);
        assert_eq!(proxy.metric("smi_filter.errors"), 1);
    }

    #[test]
    fn a_table_for_the_mesh_takes_the_workload_from_our_certificate() {
        let mesh = Shape { mesh: true, ..Shape::default() };
        let proxy = FakeProxy::with_request();
        proxy.property("connection.uri_san_local_certificate", BOOKSTORE);
        let action = run(&proxy, mesh);
        assert_allowed(&proxy, action);

        let proxy = FakeProxy::with_request();
        let action = run(&proxy, mesh);
        assert_denied(&proxy, action, "malformed_request");
    }

    #[test]
    fn the_port_is_read_when_rules_depend_on_it() {
        let shape = Shape { port: Some(8080), ..Shape::default() };
        let proxy = FakeProxy::with_request();
        proxy.property("destination.port", 8080_i64.to_le_bytes());
        let action = run(&proxy, shape);
        assert_allowed(&proxy, action);

        let proxy = FakeProxy::with_request();
        proxy.property("destination.port", 8081_i64.to_le_bytes());
        let action = run(&proxy, shape);
        assert_denied(&proxy, action, "port_not_allowed");

        let proxy = FakeProxy::with_request();
        let action = run(&proxy, shape);
        assert_denied(&proxy, action, "port_not_allowed");
    }

    #[test]
    fn a_port_that_is_none_is_an_error_and_denied() {
        for bytes in [&b"8080"[..], &65536_i64.to_le_bytes(), &(-1_i64).to_le_bytes()] {
            let proxy = FakeProxy::with_request();
            proxy.property("destination.port", bytes);
            let action = run(&proxy, Shape { port: Some(8080), ..Shape::default() });
            assert_denied(&proxy, action, "malformed_request");
            assert_eq!(proxy.metric("smi_filter.errors"), 1);
        }
    }
}
