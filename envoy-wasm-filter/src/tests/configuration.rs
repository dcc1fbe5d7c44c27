//! What the filter does with configurations.

use proxy_wasm::types::{Action, LogLevel};

use crate::testing::{
    BOOKSTORE, CONTEXT, FakeProxy, ROOT, Shape, configure, configured, request, table,
};
use crate::vm::{Flow, Vm};

#[test]
fn a_table_is_accepted_and_shown() {
    let proxy = FakeProxy::with_request();
    proxy.state().now = 1_700_000_000_123_456_789;
    let bytes = table(Shape::default());
    let mut vm = configured(&proxy, &bytes);
    assert_eq!(request(&mut vm), Action::Continue);

    let id = u32::try_from(proxy.metric("smi_filter.table_id")).unwrap();
    assert_ne!(id, 0);
    assert_eq!(proxy.metric("smi_filter.configured_seconds"), 1_700_000_000);
    let length = bytes.len();
    let expected = format!(
        "configuration accepted: table {id:08x} for {BOOKSTORE}, dialect spec, {length} bytes"
    );
    assert_eq!(proxy.state().log, [(LogLevel::Info, expected)]);
}

#[test]
fn nothing_is_allowed_before_there_is_a_configuration() {
    let proxy = FakeProxy::with_request();
    let mut vm = Vm::new(proxy.clone());
    vm.create_context(ROOT, 0);
    assert_eq!(request(&mut vm), Action::Pause);
    assert_eq!(proxy.state().replies[0].1, "smi_denied:no_policy");
    assert_eq!(vm.on_request_headers(7), Action::Pause, "nobody announced it");
    assert_eq!(vm.on_data(7), Flow::Close);
}

#[test]
fn an_empty_configuration_denies_everything_without_looking() {
    let proxy = FakeProxy::with_request();
    let mut vm = configured(&proxy, b"");
    proxy.state().calls.clear();
    assert_eq!(request(&mut vm), Action::Pause);
    let calls = proxy.state().calls.clone();
    assert!(calls.iter().all(|call| !call.starts_with("proxy_get")), "{calls:?}");
    assert_eq!(proxy.metric("smi_filter.denied.no_policy"), 1);
    assert_eq!(proxy.metric("smi_filter.table_id"), 0);
}

#[test]
fn garbage_is_refused_and_the_table_before_it_stays() {
    let proxy = FakeProxy::with_request();
    let good = table(Shape::default());
    let mut vm = configured(&proxy, &good);
    let id = proxy.metric("smi_filter.table_id");

    // To the proxy, another configuration is another plugin.
    vm.create_context(ROOT + 1, 0);
    assert!(!configure(&mut vm, &proxy, ROOT + 1, b"kind: TrafficTarget"));
    let expected = "configuration of 19 bytes refused: not a decision table".to_owned();
    assert_eq!(proxy.state().log.last(), Some(&(LogLevel::Error, expected)));
    assert!(!configure(&mut vm, &proxy, ROOT, &good[..good.len() - 1]));
    assert_eq!(proxy.metric("smi_filter.errors"), 2);
    assert_eq!(proxy.metric("smi_filter.table_id"), id);
    assert_eq!(request(&mut vm), Action::Continue);
}

#[test]
fn a_configuration_that_cannot_be_read_is_not_an_empty_one() {
    let proxy = FakeProxy::with_request();
    let mut vm = Vm::new(proxy.clone());
    vm.create_context(ROOT, 0);
    assert!(!vm.configure(ROOT, 100));
    proxy.state().broken = Some("proxy_get_buffer_bytes");
    assert!(!vm.configure(ROOT, 100));
    assert_eq!(proxy.metric("smi_filter.errors"), 2);
}

#[test]
fn a_request_keeps_the_policy_under_which_it_began() {
    let proxy = FakeProxy::with_request();
    let mut vm = configured(&proxy, &table(Shape::default()));
    vm.create_context(CONTEXT, ROOT);
    vm.create_context(ROOT + 1, 0);
    assert!(configure(&mut vm, &proxy, ROOT + 1, b""));
    assert_eq!(vm.on_request_headers(CONTEXT), Action::Continue);
    vm.create_context(CONTEXT + 1, ROOT + 1);
    assert_eq!(vm.on_request_headers(CONTEXT + 1), Action::Pause);
}

/// The proxy takes a plugin that it still has, without a word, when it is given the same
/// configuration again.
#[test]
fn a_configuration_that_comes_back_is_still_there() {
    let proxy = FakeProxy::with_request();
    let mut vm = configured(&proxy, &table(Shape::default()));
    for root in 2..20 {
        vm.create_context(root, 0);
        assert!(configure(&mut vm, &proxy, root, b""));
    }
    vm.create_context(CONTEXT, ROOT);
    assert_eq!(vm.on_request_headers(CONTEXT), Action::Continue);
}

#[test]
fn earlier_configurations_are_kept_within_limits() {
    let proxy = FakeProxy::with_request();
    let mut vm = configured(&proxy, &table(Shape::default()));
    for root in 2..200 {
        vm.create_context(root, 0);
        assert!(configure(&mut vm, &proxy, root, &table(Shape::default())));
    }
    for (root, action) in [(150, Action::Pause), (180, Action::Continue)] {
        vm.create_context(CONTEXT, root);
        assert_eq!(vm.on_request_headers(CONTEXT), action, "{root}");
    }
}

#[test]
fn plugins_of_other_names_do_not_replace_each_other() {
    let proxy = FakeProxy::with_request();
    let mut vm = configured(&proxy, &table(Shape::default()));
    for (root, name) in [(ROOT + 1, "a"), (ROOT + 2, "b"), (ROOT + 3, "c")] {
        proxy.property("plugin_name", name);
        vm.create_context(root, 0);
        assert!(configure(&mut vm, &proxy, root, b""));
    }
    assert_eq!(request(&mut vm), Action::Continue);
}

#[test]
fn a_request_that_waits_too_long_is_denied() {
    let proxy = FakeProxy::with_request();
    let mut vm = configured(&proxy, &table(Shape::default()));
    vm.create_context(CONTEXT, ROOT);
    for other in 1..1024 {
        vm.create_context(CONTEXT + other, ROOT);
    }
    assert_eq!(vm.on_request_headers(CONTEXT), Action::Continue);
    vm.create_context(CONTEXT + 1024, ROOT);
    assert_eq!(vm.on_request_headers(CONTEXT), Action::Pause);
}

#[test]
fn unknown_roles_are_refused() {
    let proxy = FakeProxy::with_request();
    proxy.property("plugin_root_id", "https");
    let mut vm = Vm::new(proxy.clone());
    vm.create_context(ROOT, 0);
    assert!(!configure(&mut vm, &proxy, ROOT, &table(Shape::default())));
    assert!(proxy.state().log[0].1.contains("none of `http`, `tcp`, `splits`"));
}
