//! Which backends share a request, by hand.

use decision_table::{Dialect, Protocol};
use policy_compiler::{Options, Scope};

use crate::questions::Question;
use crate::{POLICIES, read, table};

const PLAIN: Question = Question {
    protocol: Protocol::Tcp,
    peer: None,
    port: None,
    method: None,
    path: None,
    host: None,
    headers: &[],
};

fn http(method: &'static str, port: Option<u16>) -> Question {
    let (method, path) = (Some(method), Some("/any"));
    Question { protocol: Protocol::Http, port, method, path, ..PLAIN }
}

/// As in `shop/canary: shop/v1*3 shop/v2*1:8080`.
fn shares(dialect: Dialect, root: &str, question: &Question) -> String {
    let options = Options { dialect, ..Options::default() };
    let (sources, policies) = read(POLICIES, &options);
    let store = options.identity("shop", "store");
    let [mesh, own] = [Scope::Mesh, Scope::Workload(&store)].map(|scope| {
        let table = table(&policies, &sources, scope);
        let Some(share) = table.share(root.as_bytes(), &question.request("")) else {
            return "root".to_owned();
        };
        let backends = share.backends().map(|it| {
            let port = it.target_port.map(|port| format!(":{port}")).unwrap_or_default();
            format!(" {}*{}{port}", it.service, it.weight)
        });
        format!("{}:{}", share.split(), backends.collect::<String>())
    });
    assert_eq!(mesh, own, "every table has all splits");
    mesh
}

#[test]
fn conditions_win_over_the_split_for_all_requests() {
    let canary = "shop/z-canary: shop/web-v1*3 shop/web-v2*1";
    let test = "shop/a-test: shop/web-v3*1";
    for (question, expected) in [
        (http("GET", None), test),
        (http("GET", Some(80)), test),
        (http("TRACE", None), test),
        (http("PUT", None), canary),
        (Question { path: Some("/a/../b"), ..http("GET", None) }, canary),
        (Question { port: Some(80), ..PLAIN }, canary),
        (Question { protocol: Protocol::Udp, ..PLAIN }, canary),
    ] {
        assert_eq!(shares(Dialect::Spec, "shop/web", &question), expected, "{question:?}");
        let expected = canary;
        assert_eq!(shares(Dialect::Osm, "shop/web", &question), expected, "no conditions there");
    }
}

#[test]
fn backends_share_the_ports_that_they_have() {
    let api = |port| shares(Dialect::Spec, "shop/api", &http("GET", port));
    let everywhere = "shop/single: shop/api-v1*2 shop/api-v2*5";
    assert_eq!(api(None), everywhere);
    assert_eq!(api(Some(80)), everywhere);
    assert_eq!(api(Some(81)), "shop/single: shop/api-v1*2:8081 shop/api-v2*5");
    assert_eq!(api(Some(82)), "shop/single: shop/api-v1*2");
    assert_eq!(api(Some(443)), everywhere);
}

#[test]
fn what_is_no_root_is_not_shared() {
    for root in ["shop/web-v1", "town/web", "web", "shop/store"] {
        assert_eq!(shares(Dialect::Spec, root, &http("GET", None)), "root");
    }
}
