//! What the filter's ways cost, by the interpreter's count of what it does: a
//! regression shows on any machine. The interpreter counts whole blocks, run to their
//! end or not, so that the numbers mean nothing but their changes; what requests cost
//! in Envoy is measured by `cargo xtask bench envoy`.

use super::vm::{Request, Vm};
use super::{BOOKBUYER, PEER, POLICIES, compiled, configured, purchase};

const CONNECTIONS: &str = "
---
apiVersion: specs.smi-spec.io/v1alpha4
kind: TCPRoute
metadata: {name: any, namespace: bookstore}
spec: {matches: {name: any}}
---
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: {name: connections, namespace: bookstore}
spec:
  destination: {kind: ServiceAccount, name: bookstore, namespace: bookstore}
  sources: [{kind: ServiceAccount, name: bookbuyer, namespace: bookbuyer}]
  rules: [{kind: TCPRoute, name: any}]
---
apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata: {name: web, namespace: bookstore}
spec: {service: web, backends: [{service: v1, weight: 1}, {service: v2, weight: 1}]}
";

/// As much as now, and a tenth for another version of the compiler.
#[track_caller]
fn assert_costs(what: &str, fuel: u64, now: u64) {
    println!("{what}: {fuel}, {now} when it was written down");
    assert!(fuel <= now + now / 10, "{what} costs {fuel} instead of {now}");
    assert!(fuel >= now - now / 4, "{what} costs only {fuel}, no longer {now}: write it down");
}

/// What a second call costs: the first one makes counters.
fn cost(vm: &mut Vm, mut call: impl FnMut(&mut Vm)) -> u64 {
    call(vm);
    let before = vm.fuel();
    call(vm);
    vm.fuel() - before
}

fn with_root(root_id: &str, settings: &str) -> Vm {
    let table = compiled(&format!("{POLICIES}{CONNECTIONS}"));
    let mut vm = Vm::start();
    vm.name_root(root_id);
    let settings = if settings.is_empty() { String::new() } else { format!("{settings}\n") };
    assert!(vm.configure(&[settings.as_bytes(), &table].concat()), "{:?}", vm.log());
    vm
}

#[test]
fn requests() {
    let mut vm = configured();
    let allowed = cost(&mut vm, |vm| assert_eq!(vm.request(&purchase()), None));
    assert_costs("an allowed request", allowed, 26_100);
    let mut stealing = purchase();
    stealing.properties.insert(PEER, b"spiffe://cluster.local/ns/thief/sa/thief".into());
    let denied = cost(&mut vm, |vm| assert!(vm.request(&stealing).is_some()));
    assert_costs("a denied request", denied, 54_000);
    let mut vm = with_root("http", r#"{"mode": "permissive"}"#);
    let passed = cost(&mut vm, |vm| assert_eq!(vm.request(&purchase()), None));
    assert_costs("a request that nobody judges", passed, 2_500);
}

#[test]
fn connections() {
    let mut vm = with_root("tcp", "");
    let mut request = Request::default();
    request.properties.insert(PEER, BOOKBUYER.into());
    let allowed = cost(&mut vm, |vm| assert!(vm.connection(&request)));
    assert_costs("an allowed connection", allowed, 12_200);
    request.properties.insert(PEER, b"spiffe://cluster.local/ns/thief/sa/thief".into());
    let denied = cost(&mut vm, |vm| assert!(!vm.connection(&request)));
    assert_costs("a denied connection", denied, 51_100);
}

#[test]
fn splits() {
    let mut vm = with_root("splits", "");
    let mut request = purchase();
    request.headers[2].1 = b"web.bookstore".into();
    let chosen = cost(&mut vm, |vm| {
        let backend = vm.backend(&request).expect("a backend is chosen");
        assert!(["bookstore/v1", "bookstore/v2"].contains(&backend.as_str()), "{backend}");
    });
    assert_costs("a request that is split", chosen, 24_700);
}
