//! Where requests go.

use std::collections::BTreeMap;

use proxy_wasm::types::Action;

use crate::testing::{CONTEXT, FakeProxy, ROOT, configured, split_table};

/// The header that names the backend, for a request to this authority.
fn backend(proxy: &FakeProxy, configuration: &[u8], authority: &str) -> Option<String> {
    let headers = [(":method", "GET"), (":path", "/"), (":authority", authority)];
    proxy.state().headers.retain(|(name, _)| !name.starts_with(':'));
    headers.into_iter().for_each(|(name, value)| proxy.header(name, value));
    proxy.property("plugin_root_id", "splits");
    let mut vm = configured(proxy, configuration);
    vm.create_context(CONTEXT, ROOT);
    assert_eq!(vm.on_request_headers(CONTEXT), Action::Continue);
    let state = proxy.state();
    let mut values = state.headers.iter().filter(|(name, _)| name == "x-smi-backend");
    let value = values.next().map(|(_, value)| String::from_utf8(value.clone()).unwrap());
    assert_eq!(values.next(), None);
    value
}

#[test]
fn a_service_without_a_split_gets_its_requests() {
    for (authority, service) in [
        ("other.shop", Some("shop/other")),
        ("Other.Shop.svc.cluster.local:8080", Some("shop/other")),
        ("other.shop.svc.", Some("shop/other")),
        ("other", Some("bookstore/other")),
        ("other.shop.example.com", None),
        ("", None),
        (".shop", None),
        ("[::1]:80", None),
    ] {
        let found = backend(&FakeProxy::default(), &split_table(), authority);
        assert_eq!(found.as_deref(), service, "{authority}");
    }
}

#[test]
fn nobody_chooses_a_backend_for_themselves() {
    for authority in ["other.shop", "example.com.evil"] {
        let proxy = FakeProxy::default();
        proxy.header("x-smi-backend", "shop/secret");
        assert_ne!(backend(&proxy, &split_table(), authority).as_deref(), Some("shop/secret"));
    }
}

#[test]
fn a_key_keeps_requests_with_a_backend() {
    let configuration = [b"{\"split_key\": \"X-User\"}\n", &split_table()[..]].concat();
    let mut chosen = BTreeMap::new();
    for user in 0..200 {
        let proxy = FakeProxy::default();
        proxy.header("x-user", format!("user {user}"));
        let first = backend(&proxy, &configuration, "web.shop").unwrap();
        assert_eq!(backend(&proxy, &configuration, "web.shop"), Some(first.clone()));
        *chosen.entry(first).or_insert(0) += 1;
    }
    assert_eq!(chosen.keys().collect::<Vec<_>>(), ["shop/v1", "shop/v2"]);
    assert!(chosen.values().all(|count| *count > 60), "{chosen:?}");
}

#[test]
fn without_a_key_chance_decides() {
    let proxy = FakeProxy::default();
    for (name, value) in [(":method", "GET"), (":path", "/"), (":authority", "web.shop")] {
        proxy.header(name, value);
    }
    proxy.property("plugin_root_id", "splits");
    let mut vm = configured(&proxy, &split_table());
    let mut v1 = 0;
    for _ in 0..1000 {
        vm.create_context(CONTEXT, ROOT);
        vm.on_request_headers(CONTEXT);
        let is_v1 = proxy.state().headers.last().unwrap().1 == b"shop/v1";
        v1 += u32::from(is_v1);
    }
    assert!((430..570).contains(&v1), "{v1} of 1000");
    let draws = proxy.state().calls.iter().filter(|call| *call == "random_get").count();
    assert_eq!(draws, 1);
}

#[test]
fn what_cannot_be_told_goes_nowhere() {
    let proxy = FakeProxy::default();
    proxy.header("x-smi-backend", "shop/secret");
    proxy.property("plugin_root_id", "splits");
    let mut vm = configured(&proxy, &split_table());
    proxy.state().broken = Some("proxy_get_header_map_pairs");
    vm.create_context(CONTEXT, ROOT);
    assert_eq!(vm.on_request_headers(CONTEXT), Action::Continue);
    assert_eq!(proxy.state().headers, []);
    assert_eq!(proxy.metric("smi_splits.errors"), 1);
}
