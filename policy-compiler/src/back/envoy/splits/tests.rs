use serde_json::Value;
use smi_model::diagnostic::Findings;

use super::super::{Calls, ServiceName, routes, tcp_backends};
use crate::code;
use crate::ir::PolicySet;
use crate::resolve::testing::{SPLIT, accept};

const GROUPS: &str = "\
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {name: some, namespace: shop}
spec:
  matches:
  - {name: firefox, headers: [{user-agent: '.*Firefox.*'}]}
  - {name: books, pathRegex: '/books|/b', methods: [GET, HEAD]}
  - {name: full, pathRegex: /all, headers: [{host: 'web[.]shop[.]svc.*'}]}
";

fn some(weight: u32) -> String {
    SPLIT.replace("name: web,", "name: some,").replace("weight: 3", &format!("weight: {weight}"))
        + "  matches: [{kind: HTTPRouteGroup, name: some}]\n"
}

fn service(name: &str, ports: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: shop}}\n\
         spec: {{ports: [{ports}]}}\n"
    )
}

fn render(policies: &PolicySet, namespace: &str, services: &[&str]) -> Findings<Value> {
    let services: Vec<ServiceName> =
        services.iter().map(|name| ServiceName::new("shop", name)).collect();
    routes(policies, &Calls { namespace, services: &services, split_key: None })
}

const ALL: &[&str] = &["v1", "v2", "web"];

#[test]
fn a_split_is_weighted_clusters_under_all_names_of_the_root() {
    let found = render(&accept(&[SPLIT]), "shop", ALL);
    assert_eq!(found.diagnostics, []);
    insta::assert_snapshot!(format!("{:#}", found.value["virtual_hosts"]));
}

#[test]
fn conditions_are_matches_and_hosts_are_told_apart_beforehand() {
    let found = render(&accept(&[GROUPS, &some(9), SPLIT]), "elsewhere", ALL);
    let codes: Vec<_> = found.diagnostics.iter().map(|it| it.code).collect();
    assert_eq!(codes, [code::JOINED_HEADER]);
    insta::assert_snapshot!(format!("{:#}", found.value["virtual_hosts"][2]));
    insta::assert_snapshot!(format!("{:#}", found.value["virtual_hosts"][3]));
}

#[test]
fn what_no_condition_wants_goes_to_the_root() {
    let found = render(&accept(&[GROUPS, &some(9)]), "elsewhere", ALL);
    let routes = found.value["virtual_hosts"][2]["routes"].as_array().unwrap();
    let last = &routes.last().unwrap()["route"];
    assert_eq!(last["cluster"], "shop/web");
}

#[test]
fn ports_with_shares_of_their_own_have_virtual_hosts_of_their_own() {
    let services = [
        service("web", "{port: 80}, {port: 81}"),
        service("v1", "{port: 80}"),
        service("v2", "{port: 80}, {port: 81}"),
        service("v3", "{port: 80}, {port: 81}"),
    ];
    let documents: Vec<&str> = services.iter().map(String::as_str).chain([SPLIT]).collect();
    let policies = crate::resolve::testing::findings(&documents).value;
    let found = render(&policies, "elsewhere", ALL);
    let hosts = found.value["virtual_hosts"].as_array().unwrap();
    let web: Vec<String> = hosts[2..]
        .iter()
        .map(|it| format!("{} {}", it["domains"], it["routes"][0]["route"]))
        .collect();
    insta::assert_snapshot!(web.join("\n"));
    let on = |port| tcp_backends(&policies, &ServiceName::new("shop", "web"), port).value;
    let names = |port| on(port).into_iter().map(|it| it.name).collect::<Vec<_>>();
    assert_eq!(names(81), ["shop/v2:81"]);
    assert_eq!(names(80), ["shop/v1:80", "shop/v2:80"]);
}

#[test]
fn without_a_split_connections_go_to_the_service() {
    let service = ServiceName::new("shop", "web");
    let found = tcp_backends(&accept(&[GROUPS, &some(1)]), &service, 5432);
    let names: Vec<_> = found.value.into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["shop/web:5432"], "conditions are for HTTP");
}

#[test]
fn what_envoy_cannot_say_is_found() {
    let heavy = SPLIT.replace("weight: 3", "weight: 4294967295");
    let policies = accept(&[&heavy]);
    let found = render(&policies, "shop", &["v1"]);
    let codes: Vec<_> = found.diagnostics.iter().map(|it| it.code).collect();
    assert_eq!(codes, [code::WEIGHTS_BEYOND_TARGET, code::BACKEND_WITHOUT_UPSTREAM]);
    assert!(found.has_errors());
    assert!(tcp_backends(&policies, &ServiceName::new("shop", "web"), 80).has_errors());
}

#[test]
fn splits_of_services_that_nobody_reaches_are_left_out() {
    let found = render(&accept(&[SPLIT]), "shop", &["other"]);
    assert_eq!(found.diagnostics, []);
    assert_eq!(found.value["virtual_hosts"].as_array().unwrap().len(), 1);
}

#[test]
fn a_key_keeps_requests_together() {
    let policies = accept(&[SPLIT]);
    let services = [ServiceName::new("shop", "v1")];
    let calls = Calls { namespace: "shop", services: &services, split_key: Some("x-session") };
    let found = routes(&policies, &calls);
    let action = &found.value["virtual_hosts"][1]["routes"][0]["route"];
    assert_eq!(action["weighted_clusters"]["use_hash_policy"], true);
    assert_eq!(action["hash_policy"][0]["header"]["header_name"], "x-session");
}
