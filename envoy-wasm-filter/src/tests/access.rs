//! What the filter does with requests.

use proxy_wasm::types::{Action, LogLevel};

use crate::testing::{BOOKSTORE, FakeProxy, Shape, configured, request, table};

/// The action for the proxy's request under a table of this shape.
fn run(proxy: &FakeProxy, shape: Shape) -> Action {
    let mut vm = configured(proxy, &table(shape));
    proxy.state().calls.clear();
    request(&mut vm)
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
    proxy.property("filter_state.smi.peer_names", crate::testing::BOOKBUYER);
    let action = run(&proxy, Shape::default());
    assert_allowed(&proxy, action);
    let peer = "proxy_get_property filter_state.smi.peer_names";
    let calls = proxy.state().calls.clone();
    let data: Vec<_> = calls.iter().filter(|call| call.starts_with("proxy_get")).collect();
    assert_eq!(data, ["proxy_get_header_map_pairs", peer]);
}

#[test]
fn another_path_is_denied_and_the_nearest_rule_is_for_the_log_only() {
    let proxy = FakeProxy::with_request();
    proxy.state().headers[1].1 = b"/steal?token=secret".to_vec();
    let action = run(&proxy, Shape::default());
    assert_denied(&proxy, action, "path_not_allowed");
    let state = proxy.state();
    let (level, message) = state.log.last().unwrap();
    assert_eq!(*level, LogLevel::Warn);
    assert!(message.contains("bookstore/routes#books-bought"), "{message}");
    assert!(message.ends_with("at bookstore.yaml:7"), "{message}");
    assert!(!message.contains("secret"), "{message}");
}

#[test]
fn denials_make_only_so_many_log_lines() {
    let proxy = FakeProxy::with_request();
    proxy.state().headers[1].1 = b"/steal".to_vec();
    let mut vm = configured(&proxy, &table(Shape::default()));
    proxy.state().now = 1_000_000_000;
    proxy.state().log.clear();
    for _ in 0..100 {
        assert_eq!(request(&mut vm), Action::Pause);
    }
    assert_eq!(proxy.state().log.len(), 5);
    proxy.state().now = 2_000_000_000;
    assert_eq!(request(&mut vm), Action::Pause);
    assert!(proxy.state().log.last().unwrap().1.ends_with("(95 lines were left out)"));
}

#[test]
fn access_logs_are_told_of_denials() {
    let proxy = FakeProxy::with_request();
    run(&proxy, Shape::default());
    assert_eq!(proxy.state().notes, []);
    proxy.state().headers[1].1 = b"/steal".to_vec();
    run(&proxy, Shape::default());
    let rule = "bookstore/bookbuyer-access:bookstore/routes#books-bought".to_owned();
    let verdict = "denied:path_not_allowed".to_owned();
    assert_eq!(proxy.state().notes, [("smi_verdict", verdict), ("smi_rule", rule)]);
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

/// The property of the connection is just the first of them.
#[test]
fn a_certificate_with_several_names_is_denied() {
    let proxy = FakeProxy::with_request();
    let both = format!("{},spiffe://cluster.local/ns/a/sa/a", crate::testing::BOOKBUYER);
    proxy.property("filter_state.smi.peer_names", both);
    let action = run(&proxy, Shape::default());
    assert_denied(&proxy, action, "malformed_peer");
    let proxy = FakeProxy::with_request();
    proxy.property("filter_state.smi.peer_names", crate::testing::BOOKBUYER);
    let action = run(&proxy, Shape::default());
    assert_allowed(&proxy, action);
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
        let mut vm = configured(&proxy, &table(Shape::default()));
        proxy.state().broken = Some(call);
        let action = request(&mut vm);
        assert_denied(&proxy, action, "malformed_request");
        assert_eq!(proxy.metric("smi_filter.errors"), 1);
        let problem =
            format!("request cannot be judged: the host call `{call}` failed with status 10");
        assert!(proxy.state().log.contains(&(LogLevel::Error, problem)));
    }
}

#[test]
fn a_request_stays_paused_when_the_reply_cannot_be_sent() {
    let proxy = FakeProxy::with_request();
    proxy.state().properties.clear();
    let mut vm = configured(&proxy, &table(Shape::default()));
    proxy.state().broken = Some("proxy_send_local_response");
    assert_eq!(request(&mut vm), Action::Pause);
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
