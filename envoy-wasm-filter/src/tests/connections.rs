//! Connections that are not looked into.

use crate::testing::{BOOKBUYER, CONTEXT, FakeProxy, ROOT, Shape, configured, tcp_table};
use crate::vm::{Flow, Vm};

const PEER: &str = "connection.uri_san_peer_certificate";

fn connected(peer: &str) -> (FakeProxy, Vm<FakeProxy>) {
    let proxy = FakeProxy::default();
    proxy.property("plugin_root_id", "tcp");
    proxy.property(PEER, peer);
    let mut vm = configured(&proxy, &tcp_table());
    vm.create_context(CONTEXT, ROOT);
    (proxy, vm)
}

#[test]
fn a_connection_is_decided_once() {
    let (proxy, mut vm) = connected(BOOKBUYER);
    for _ in 0..3 {
        assert_eq!(vm.on_data(CONTEXT), Flow::Pass);
    }
    assert_eq!(proxy.metric("smi_tcp.allowed"), 1);
    let calls = proxy.state().calls.iter().filter(|call| call.ends_with(PEER)).count();
    assert_eq!(calls, 1);
}

#[test]
fn a_denied_connection_is_closed_and_no_byte_flows() {
    let (proxy, mut vm) = connected("spiffe://cluster.local/ns/x/sa/thief");
    assert_eq!(vm.on_data(CONTEXT), Flow::Close);
    assert_eq!(vm.on_data(CONTEXT), Flow::Hold);
    assert_eq!(proxy.metric("smi_tcp.denied.peer_not_allowed"), 1);
    vm.delete_context(CONTEXT);
    assert_eq!(vm.on_data(CONTEXT), Flow::Close, "nobody knows it any more");
}

#[test]
fn nobody_passes_without_an_identity() {
    let (proxy, mut vm) = connected("");
    assert_eq!(vm.on_data(CONTEXT), Flow::Close);
    assert_eq!(proxy.metric("smi_tcp.denied.missing_peer"), 1);
}

#[test]
fn a_rule_for_requests_allows_no_connection() {
    let proxy = FakeProxy::default();
    proxy.property("plugin_root_id", "tcp");
    proxy.property(PEER, BOOKBUYER);
    let mut vm = configured(&proxy, &crate::testing::table(Shape::default()));
    vm.create_context(CONTEXT, ROOT);
    assert_eq!(vm.on_data(CONTEXT), Flow::Close);
}

#[test]
fn requests_are_none_of_its_business() {
    let (_, mut vm) = connected(BOOKBUYER);
    assert_eq!(vm.on_request_headers(CONTEXT), proxy_wasm::types::Action::Pause);
}
