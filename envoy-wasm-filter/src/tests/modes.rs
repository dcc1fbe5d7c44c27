//! Modes, and the table that is only watched.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proxy_wasm::types::{Action, LogLevel};

use crate::testing::{FakeProxy, Shape, configured, request, table};

/// A request that the table denies.
fn thief() -> FakeProxy {
    let proxy = FakeProxy::with_request();
    proxy.state().headers[1].1 = b"/steal".to_vec();
    proxy
}

fn settings(mode: &str) -> Vec<u8> {
    let line = format!("{{\"mode\": \"{mode}\"}}\n");
    [line.as_bytes(), &table(Shape::default())].concat()
}

#[test]
fn audit_lets_pass_what_it_counts_and_logs() {
    let proxy = thief();
    let mut vm = configured(&proxy, &settings("audit"));
    assert_eq!(request(&mut vm), Action::Continue);
    assert_eq!(proxy.state().replies, []);
    assert_eq!(proxy.metric("smi_filter.audited.path_not_allowed"), 1);
    assert_eq!(proxy.metric("smi_filter.denied.path_not_allowed"), 0);
    assert_eq!(proxy.metric("smi_filter.mode"), 1);
    assert_eq!(proxy.state().notes[0].1, "audited:path_not_allowed");
    let (level, message) = proxy.state().log.last().unwrap().clone();
    assert_eq!(level, LogLevel::Warn);
    assert!(message.ends_with("(it passes: audit)"), "{message}");
}

#[test]
fn permissive_asks_nothing() {
    let proxy = thief();
    let mut vm = configured(&proxy, &settings("permissive"));
    proxy.state().calls.clear();
    assert_eq!(request(&mut vm), Action::Continue);
    assert_eq!(proxy.state().calls, [""; 0]);
    assert_eq!(proxy.metric("smi_filter.allowed"), 1);
}

#[test]
fn enforcing_is_what_is_done_without_a_mode() {
    let proxy = thief();
    let mut vm = configured(&proxy, &[b"{}\n", &table(Shape::default())[..]].concat());
    assert_eq!(request(&mut vm), Action::Pause);
}

#[test]
fn a_shadow_table_is_watched_and_decides_nothing() {
    let strict = table(Shape { header: Some("client-app"), ..Shape::default() });
    let shadow = STANDARD.encode(strict);
    let line = format!("{{\"shadow\": \"{shadow}\", \"log_allowed\": true}}\n");
    let proxy = FakeProxy::with_request();
    let configuration = [line.as_bytes(), &table(Shape::default())].concat();
    let mut vm = configured(&proxy, &configuration);
    assert_ne!(proxy.metric("smi_filter.shadow_table_id"), 0);
    assert_eq!(request(&mut vm), Action::Continue);
    assert_eq!(proxy.metric("smi_filter.shadow.newly_denied"), 1);
    let message = proxy.state().log.last().unwrap().1.clone();
    let expected = "request allowed; by bookstore/routes#books-bought in \
                    bookstore/bookbuyer-access at bookstore.yaml:7; by the shadow table it would be \
                    denied: header_not_allowed";
    assert!(message.starts_with(expected), "{message}");
    assert_eq!(proxy.state().notes[0], ("smi_verdict", "allowed".to_owned()));

    proxy.header("client-app", "app");
    assert_eq!(request(&mut vm), Action::Continue);
    assert_eq!(proxy.metric("smi_filter.shadow.newly_denied"), 1);
    assert_eq!(proxy.metric("smi_filter.shadow.newly_allowed"), 0);
}

#[test]
fn what_a_shadow_table_would_allow_is_denied() {
    let strict = table(Shape { header: Some("client-app"), ..Shape::default() });
    let lenient = table(Shape::default());
    let proxy = FakeProxy::with_request();
    let configuration = [b"{\"has_shadow\": true}\n", &strict[..], &lenient].concat();
    let mut vm = configured(&proxy, &configuration);
    assert_eq!(request(&mut vm), Action::Pause);
    assert_eq!(proxy.metric("smi_filter.shadow.newly_allowed"), 1);
}

#[test]
fn one_decision_in_many_is_timed() {
    let proxy = FakeProxy::with_request();
    let mut vm = configured(&proxy, &table(Shape::default()));
    for _ in 0..64 {
        assert_eq!(proxy.metric("smi_filter.decide_ns"), 0);
        request(&mut vm);
        proxy.state().now += 5;
    }
    let timed = proxy.state().calls.iter().filter(|call| *call == "proxy_record_metric").count();
    assert_eq!(timed, 5, "four gauges with the configuration, and one time");
}
