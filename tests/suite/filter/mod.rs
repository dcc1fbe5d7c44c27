//! The filter as it is shipped: the Wasm module, loaded with compiled policies.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a broken premise is a failed test"
)]

mod cost;
mod host;
mod vm;

use std::fs;
use std::sync::LazyLock;

use decision_table::{Destination, Protocol, Table};
use loopback_mesh::tools::Tools;
use policy_compiler::{Options, Scope};
use proptest::collection::vec;
use proptest::prelude::*;
use smi_model::Limits;
use smi_model::source::SourceMap;
use vm::{Request, Vm};

const POLICIES: &str = "
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: { name: routes, namespace: bookstore }
spec:
  matches:
  - name: books-bought
    pathRegex: /books-bought
    methods: [GET]
    headers: { client-app: .*app }
---
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: { name: bookbuyer, namespace: bookstore }
spec:
  destination: { kind: ServiceAccount, name: bookstore, namespace: bookstore }
  sources: [{ kind: ServiceAccount, name: bookbuyer, namespace: bookbuyer }]
  rules: [{ kind: HTTPRouteGroup, name: routes, matches: [books-bought] }]
";
const BOOKSTORE: &str = "spiffe://cluster.local/ns/bookstore/sa/bookstore";
const BOOKBUYER: &str = "spiffe://cluster.local/ns/bookbuyer/sa/bookbuyer";
const PEER: &str = "connection.uri_san_peer_certificate";

/// Loaded by every worker of every proxy, and compiled there.
const LARGEST_MODULE: usize = 120_000;

/// The module in the form that is shipped.
#[expect(clippy::disallowed_methods, reason = "the module is a file")]
fn shipped() -> Vec<u8> {
    let tools = Tools::prepare(&|step| eprintln!("{step}")).expect("the filter can be built");
    fs::read(tools.filter).expect("the filter was built")
}

static TABLE: LazyLock<Vec<u8>> = LazyLock::new(|| compiled(POLICIES));

/// The bookstore's table under these policies.
fn compiled(policies: &str) -> Vec<u8> {
    let mut sources = SourceMap::new();
    sources.add("policies.yaml", policies.to_owned()).expect("small enough");
    let bundle = smi_model::read(&sources, &Limits::default()).value;
    let policies = policy_compiler::resolve(&bundle, &Options::default()).value;
    let table = policy_compiler::compile(&policies, &sources, Scope::Workload(BOOKSTORE));
    assert!(table.diagnostics.is_empty(), "{:?}", table.diagnostics);
    table.value.expect("within the limits")
}

/// A VM with the policies in force.
fn configured() -> Vm {
    let mut vm = Vm::start();
    assert!(vm.configure(&TABLE));
    vm
}

/// What bookbuyer may do.
fn purchase() -> Request {
    let mut request = Request::default();
    for (name, value) in [
        (":method", "GET"),
        (":path", "/books-bought"),
        (":authority", "bookstore"),
        ("client-app", "app"),
    ] {
        request.headers.push((name.to_owned(), value.into()));
    }
    request.properties.insert(PEER, BOOKBUYER.into());
    request
}

/// The reason that a denied request's reply gives.
fn reason(vm: &mut Vm, request: &Request) -> Option<String> {
    let reply = vm.request(request)?;
    let reason = reply.details.strip_prefix("smi_denied:").expect("details have a prefix");
    assert_eq!(reply.body, format!("access denied by mesh policy ({reason})\n"));
    assert_eq!((reply.status, reply.grpc_status), (403, -1));
    assert_eq!(reply.headers, b"", "Envoy sets the content type, for gRPC as well");
    Some(reason.to_owned())
}

#[test]
fn the_module_is_small() {
    let size = shipped().len();
    assert!(size < LARGEST_MODULE, "{size} bytes");
}

/// Whoever builds the same source gets the same bytes.
#[test]
fn the_module_knows_nothing_of_the_machine_that_built_it() {
    let module = shipped();
    let home = std::env::var("HOME").expect("somebody is at home");
    for path in [env!("CARGO_MANIFEST_DIR").trim_end_matches("/tests"), home.as_str()] {
        let is_there = module.windows(path.len()).any(|window| window == path.as_bytes());
        assert!(!is_there, "the module names {path}");
    }
}

#[test]
fn permitted_requests_pass_and_others_get_a_reason() {
    let mut vm = configured();
    assert_eq!(reason(&mut vm, &purchase()), None);

    let mut stealing = purchase();
    stealing.properties.insert(PEER, b"spiffe://cluster.local/ns/thief/sa/thief".into());
    assert_eq!(reason(&mut vm, &stealing).as_deref(), Some("peer_not_allowed"));

    assert_eq!(vm.metric("smi_filter.allowed"), 1);
    assert_eq!(vm.metric("smi_filter.denied.peer_not_allowed"), 1);
    assert_eq!(vm.metric("smi_filter.errors"), 0);
}

#[test]
fn nobody_passes_without_a_certificate() {
    let mut vm = configured();
    let mut request = purchase();
    request.properties.clear();
    assert_eq!(reason(&mut vm, &request).as_deref(), Some("missing_peer"));
}

#[test]
fn the_table_in_force_can_be_told_from_a_metric_and_the_log() {
    let vm = configured();
    let id = u32::try_from(vm.metric("smi_filter.table_id")).expect("four bytes");
    let table = Table::from_bytes(TABLE.as_slice()).expect("it was just compiled");
    assert_eq!(table.digest().first_chunk(), Some(&id.to_be_bytes()));
    let entry = vm.log().last().expect("a configuration is logged");
    assert!(entry.starts_with(&format!("configuration accepted: table {id:08x}")), "{entry}");
}

#[test]
fn without_a_table_everything_is_denied() {
    let mut vm = Vm::start();
    assert_eq!(reason(&mut vm, &purchase()).as_deref(), Some("no_policy"));
    assert!(vm.configure(b""));
    assert_eq!(reason(&mut vm, &purchase()).as_deref(), Some("no_policy"));
}

#[test]
fn a_cut_table_is_refused_and_denies() {
    let mut vm = Vm::start();
    for length in (1..TABLE.len()).step_by(17) {
        assert!(!vm.configure(&TABLE[..length]), "{length} bytes were accepted");
        assert_eq!(reason(&mut vm, &purchase()).as_deref(), Some("no_policy"));
    }
}

#[test]
fn a_table_with_a_flipped_bit_is_refused_and_the_old_one_stays() {
    const HEADER: usize = 56;
    let mut vm = configured();
    let positions = (0..HEADER).chain((HEADER..TABLE.len()).step_by(13));
    for (position, bit) in positions.zip((0..8).cycle()) {
        let mut damaged = TABLE.clone();
        damaged[position] ^= 1 << bit;
        assert!(!vm.configure(&damaged), "bit {bit} of byte {position} did not matter");
    }
    assert!(!vm.configure(POLICIES.as_bytes()));
    assert_eq!(reason(&mut vm, &purchase()), None);
}

/// The table with words replaced, and a checksum that fits all the same.
fn forge(words: &[(usize, u32)]) -> Vec<u8> {
    const CHECKSUM: std::ops::Range<usize> = 16..20;
    let mut table = TABLE.clone();
    for (word, value) in words {
        let start = CHECKSUM.end + word * 4 % (table.len() - CHECKSUM.end);
        for (to, from) in table[start..].iter_mut().zip(value.to_le_bytes()) {
            *to = from;
        }
    }
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&table[..CHECKSUM.start]);
    checksum.update(&table[CHECKSUM.end..]);
    table[CHECKSUM].copy_from_slice(&checksum.finalize().to_le_bytes());
    table
}

/// Numbers at which 32-bit arithmetic, which the VM has, would overflow first.
fn words() -> impl Strategy<Value = u32> {
    prop_oneof![
        0..64_u32,
        (0..64_u32).prop_map(|near| u32::MAX - near),
        Just(1 << 31),
        any::<u32>()
    ]
}

#[test]
fn no_forged_table_ends_the_vm() {
    let vm = std::cell::RefCell::new(Vm::start());
    proptest!(|(forgeries in vec((any::<u16>().prop_map(usize::from), words()), 1..4))| {
        let mut vm = vm.borrow_mut();
        let forged = forge(&forgeries);
        let verifies = Table::from_bytes(forged.as_slice()).is_ok();
        prop_assert_eq!(vm.configure(&forged), verifies);
        // Any answer will do, but there must be one.
        vm.request(&purchase());
    });
}

#[test]
fn header_values_that_are_no_text_are_judged_and_end_nothing() {
    let mut vm = configured();
    let mut request = purchase();
    request.headers.push(("x-binary".to_owned(), b"\xff\x00\xc3".to_vec()));
    assert_eq!(reason(&mut vm, &request), None);
    request.headers.push(("client-app".to_owned(), b"\xffapp".to_vec()));
    assert_eq!(reason(&mut vm, &request).as_deref(), Some("header_not_allowed"));
    assert_eq!(reason(&mut vm, &purchase()), None);
}

prop_compose! {
    /// A purchase, with parts of it replaced by anything that a connection could carry.
    fn requests()(
        changed in vec((0..4_usize, vec(any::<u8>(), 0..12)), 0..2),
        added in vec(("[a-z-]{1,10}|client-app|:path", vec(any::<u8>(), 0..12)), 0..3),
        peer in prop_oneof![
            3 => Just(Some(BOOKBUYER.into())),
            1 => proptest::option::of(vec(any::<u8>(), 0..12)),
        ],
    ) -> Request {
        let mut request = purchase();
        for (index, value) in changed {
            request.headers[index].1 = value;
        }
        request.headers.extend(added);
        request.properties.clear();
        request.properties.extend(peer.map(|peer| (PEER, peer)));
        request
    }
}

/// What the library says about a request, on the same bytes.
fn native(request: &Request) -> Option<String> {
    let single = |name: &str| {
        let mut values = request.headers.iter().filter(|(known, _)| known == name);
        values.next().filter(|_| values.next().is_none()).map(|(_, value)| value.as_slice())
    };
    let peer = request.properties.get(PEER).map(Vec::as_slice);
    let table = Table::from_bytes(TABLE.as_slice()).expect("it was just compiled");
    let verdict = table.decide(&decision_table::Request {
        protocol: Protocol::Http,
        peer: peer.filter(|peer| !peer.is_empty()),
        destination: Destination::OfTable,
        port: None,
        method: single(":method"),
        path: single(":path"),
        authority: single(":authority"),
        headers: &AllHeaders(request),
    });
    match verdict {
        decision_table::Verdict::Allowed(_) => None,
        decision_table::Verdict::Denied(denial) => Some(denial.reason.code().to_owned()),
    }
}

struct AllHeaders<'a>(&'a Request);

impl decision_table::Headers for AllHeaders<'_> {
    fn visit(&self, name: &[u8], visit: &mut dyn FnMut(&[u8])) {
        self.0.headers.as_slice().visit(name, visit);
    }
}

#[test]
fn the_filter_answers_as_the_library_does() {
    // One VM for all requests: nothing that a request does may outlive it.
    let vm = std::cell::RefCell::new(configured());
    proptest!(|(request in requests())| {
        let answer = reason(&mut vm.borrow_mut(), &request);
        prop_assert_eq!(answer, native(&request));
    });
}
