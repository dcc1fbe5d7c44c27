//! Random SMI objects of every version, as plain data.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

/// A few objects that refer to each other, each under a name of its own.
pub(crate) fn objects() -> impl Strategy<Value = Vec<Value>> {
    let object = prop_oneof![
        4 => traffic_target(),
        3 => http_route_group(),
        2 => l4_route(),
        2 => traffic_split(),
        1 => identity_binding(),
        1 => traffic_metrics(),
    ];
    vec((object, metadata()), 1..6).prop_map(|objects| {
        let named = objects.into_iter().enumerate().map(|(at, (mut object, mut metadata))| {
            // Routes by few names, so that rules find them; the rest is numbered.
            let kind = object["kind"].as_str().unwrap_or_default().to_owned();
            let name = if kind.ends_with("Route") { "r" } else { "o" };
            metadata["name"] = json!(format!("{name}{at}"));
            object["metadata"] = metadata;
            object
        });
        named.collect()
    })
}

fn metadata() -> impl Strategy<Value = Value> {
    let labels = option::weighted(0.2, select(vec!["web", "no", "1.0"]));
    (prop::bool::ANY, labels).prop_map(|(namespace, label)| {
        let mut metadata = json!({});
        if namespace {
            metadata["namespace"] = json!("shop");
        }
        if let Some(label) = label {
            metadata["labels"] = json!({"app": label});
            metadata["annotations"] = json!({"example.com/note": "a: b # c"});
        }
        metadata
    })
}

fn traffic_target() -> impl Strategy<Value = Value> {
    let port = option::of(select(vec![80, 8080]));
    let version = prop_oneof![5 => 1..4_u8, 1 => Just(4)];
    (version, port, vec(subject(), 1..3), vec(rule(), 1..4)).prop_map(
        |(version, port, mut sources, rules)| {
            if version == 4 {
                sources.push(json!({"kind": "IdentityBinding", "name": "o0"}));
            }
            let mut destination = json!({"kind": "ServiceAccount", "name": "d"});
            if let Some(port) = port.filter(|_| version < 3) {
                destination["port"] = json!(port);
            }
            let udp = |rule: &Value| rule["kind"] == "UDPRoute";
            let mut rules: Vec<Value> =
                rules.into_iter().filter(|rule| version > 2 || !udp(rule)).collect();
            if rules.is_empty() {
                rules.push(json!({"kind": "HTTPRouteGroup", "name": "g"}));
            }
            let names = if version == 1 { "specs" } else { "rules" };
            let body = json!({"destination": destination, "sources": sources, names: rules});
            object("access.smi-spec.io", version, "TrafficTarget", body, version > 1)
        },
    )
}

fn subject() -> impl Strategy<Value = Value> {
    (select(vec!["a", "b"]), prop::bool::ANY).prop_map(|(name, namespace)| {
        let mut subject = json!({"kind": "ServiceAccount", "name": name});
        if namespace {
            subject["namespace"] = json!("bank");
        }
        subject
    })
}

fn rule() -> impl Strategy<Value = Value> {
    let kind = select(vec!["HTTPRouteGroup", "HTTPRouteGroup", "TCPRoute", "UDPRoute"]);
    (kind, select(vec!["r0", "r1", "r2"]), option::of(vec(name(), 1..3))).prop_map(
        |(kind, name, matches)| {
            let mut rule = json!({"kind": kind, "name": name});
            if let Some(matches) = matches.filter(|_| kind == "HTTPRouteGroup") {
                rule["matches"] = json!(matches);
            }
            rule
        },
    )
}

/// Names of matches may be anything.
fn name() -> impl Strategy<Value = &'static str> {
    select(vec!["all", "no", "1e3", "a b", "it's", "\"", "#x", "x: y", "-", "ä"])
}

fn http_route_group() -> impl Strategy<Value = Value> {
    (1..5_u8, vec(http_match(), 1..3)).prop_map(|(version, matches)| {
        let matches = matches.into_iter().enumerate().map(|(at, mut one)| {
            one["name"] = json!(format!("m{at}"));
            if version == 1 {
                one.as_object_mut().map(|fields| fields.remove("headers"));
            }
            one
        });
        let body = json!({"matches": matches.collect::<Vec<_>>()});
        object("specs.smi-spec.io", version, "HTTPRouteGroup", body, version > 2)
    })
}

fn http_match() -> impl Strategy<Value = Value> {
    let path = option::of(select(vec!["/a", ".*a-book.*new", "/[a-z]+\\.js", "/x y", "", "/é"]));
    let methods = option::of(select(vec![json!(["GET"]), json!(["*"]), json!(["PUT", "POST"])]));
    let headers = option::of(select(vec![
        json!({"x-a": "b"}),
        json!({"User-Agent": ".*Firefox.*", "host": "shop"}),
        json!([{"x-list": "a|b"}, {"x-more": "on"}]),
    ]));
    (path, methods, headers).prop_map(|(path, methods, headers)| {
        let fields =
            [("pathRegex", path.map(Value::from)), ("methods", methods), ("headers", headers)];
        let present = fields.into_iter().filter_map(|(key, it)| Some((key.to_owned(), it?)));
        Value::Object(present.collect())
    })
}

fn l4_route() -> impl Strategy<Value = Value> {
    let ports = select(vec![json!([]), json!([80]), json!([8080]), json!([80, 443])]);
    (1..5_u8, option::of(ports), prop::bool::ANY, prop::bool::ANY).prop_map(
        |(version, ports, udp, named)| {
            let kind = if udp { "UDPRoute" } else { "TCPRoute" };
            let version = if udp { 4 } else { version };
            let mut matches = json!({});
            if let Some(ports) = ports {
                matches["ports"] = ports;
            }
            if named {
                matches["name"] = json!("any");
            }
            let body = match version {
                4 => json!({"matches": matches}),
                _ => json!({}),
            };
            object("specs.smi-spec.io", version, kind, body, version > 2)
        },
    )
}

fn traffic_split() -> impl Strategy<Value = Value> {
    (1..5_u8, vec(0..2000_u32, 1..4), prop::bool::ANY).prop_map(|(version, weights, matched)| {
        let backends = weights.into_iter().enumerate().map(|(at, weight)| {
            // The first one is positive.
            let weight = if at == 0 { weight + 1 } else { weight };
            let weight = match version {
                1 if weight % 2 == 0 => json!(format!("{weight}m")),
                _ => json!(weight),
            };
            json!({"service": format!("web-v{at}"), "weight": weight})
        });
        let backends: Vec<Value> = backends.collect();
        let mut body = json!({"service": "web.shop", "backends": backends});
        if matched && version > 2 {
            body["matches"] = json!([{"kind": "HTTPRouteGroup", "name": "r0"}]);
        }
        object("split.smi-spec.io", version, "TrafficSplit", body, true)
    })
}

fn identity_binding() -> impl Strategy<Value = Value> {
    let schemes = select(vec![
        json!({"serviceAccount": "a"}),
        json!({"podLabelSelector": {"matchLabels": {"app": "web", "on": "1"}}}),
        json!({"spiffeIdentities": ["spiffe://cluster.local/ns/shop/sa/a", "spiffe://b/c"]}),
        json!({"serviceAccount": "a", "spiffeIdentities": ["spiffe://cluster.local/x"]}),
    ]);
    schemes.prop_map(|schemes| {
        let body = json!({"schemes": schemes});
        object("access.smi-spec.io", 4, "IdentityBinding", body, true)
    })
}

fn traffic_metrics() -> impl Strategy<Value = Value> {
    let reference = json!({"kind": "Pod", "name": "p", "namespace": "shop", "uid": "1"});
    let peer = option::of(select(vec![json!({}), json!(null), reference.clone()]));
    let window = select(vec!["30s", "1m30s", "1.5h", "250ms"]);
    let value = select(vec![json!("10m"), json!(100), json!("-1.5"), json!(0.5)]);
    (peer, window, value, prop::bool::ANY).prop_map(move |(peer, window, value, split)| {
        let mut edge = json!({"direction": "to", "side": "client"});
        if let Some(peer) = peer {
            edge["resource"] = peer;
        }
        let mut body = json!({
            "resource": reference, "edge": edge, "timestamp": "2019-04-08T22:25:55Z",
            "window": window, "metrics": [{"name": "success_count", "value": value}],
        });
        if split {
            body["resource"]["kind"] = json!("TrafficSplit");
            body["backend"] = json!({"apex": "web", "name": "web-v1", "weight": 1});
        }
        object("metrics.smi-spec.io", 1, "TrafficMetrics", body, false)
    })
}

fn object(group: &str, version: u8, kind: &str, body: Value, has_spec: bool) -> Value {
    let mut object = Map::new();
    object.insert("apiVersion".into(), json!(format!("{group}/v1alpha{version}")));
    object.insert("kind".into(), json!(kind));
    match body {
        body if has_spec => drop(object.insert("spec".into(), body)),
        Value::Object(fields) => object.extend(fields),
        _ => {}
    }
    object.into()
}
