//! Where requests go.

use conformance::engine::{Answer, Shares};
use conformance::request::{Bytes, Identity, Protocol, Request};
use decision_table::Dialect;
use serde::Deserialize;
use serde_json::{Value, json};

use super::question::{Answers, Loaded, connection, dialects, list, policies, text};

/// One request to the root in each dialect of which something is known.
pub(super) fn ask(case: &Value, answers: &mut Answers) {
    let text = format!("{}{}", policies(case), services(case));
    let (namespace, root) = root(case);
    let about = dialects(case);
    for dialect in Dialect::ALL {
        let own = case["dialect_expected"][dialect.name()].as_str();
        let expected = match own.map(|remark| shares_in(remark, &root)) {
            Some(known) => known,
            None if about.contains(&dialect) => Some(case["expected"].clone()),
            None => None,
        };
        let Some(expected) = expected else { continue };
        let loaded = Loaded::new(dialect, &text);
        for (port, is_expected) in expectations(&expected) {
            let mut request = request(case);
            request.port = port.or(request.port);
            answers.share(&loaded, (&namespace, &root), &request, is_expected);
        }
    }
}

/// What a remark about a dialect says of the shares: that there is no split, or
/// which Service gets all. The rest says nothing that one could ask for.
fn shares_in(remark: &str, root: &str) -> Option<Value> {
    if remark.starts_with("invalid") || remark.ends_with("split dropped") {
        return Some(json!({"share": {root: 1.0}}));
    }
    let is_name = remark.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (is_name && remark != "accepted").then(|| json!({"share": {remark: 1.0}}))
}

type Expectation<'a> = (Option<u16>, Box<dyn Fn(&Answer) -> bool + 'a>);

/// Parts, weights, or ports of pods by ports of the root.
fn expectations(expected: &Value) -> Vec<Expectation<'_>> {
    let parts =
        if expected["share"].is_null() { &expected["backends"] } else { &expected["share"] };
    if parts.is_object() {
        return vec![(None, Box::new(|answer| has_parts(answer, parts)))];
    }
    let by_port = expected["by_port"].as_object().expect("shares, backends or ports");
    let of_port = |(port, pods): (&String, &'_ Value)| {
        let port: u16 = port.parse().expect("a port");
        let pods = pods.clone();
        let is_expected: Box<dyn Fn(&Answer) -> bool> = Box::new(move |answer: &Answer| {
            let has = |(name, _, target): &(String, u64, Option<u16>)| {
                pods[name.as_str()] == target.unwrap_or(port)
            };
            answer.len() == pods.as_object().map_or(0, serde_json::Map::len)
                && answer.iter().all(has)
        });
        (Some(port), is_expected)
    };
    by_port.iter().map(of_port).collect()
}

/// Whether Services get the same parts, as fractions or in proportion to weights.
fn has_parts(answer: &Answer, expected: &Value) -> bool {
    let expected = expected.as_object().expect("parts by Service");
    let sum: f64 = expected.values().filter_map(Value::as_f64).sum();
    let shares = Shares::from(answer.clone());
    let part = |service: &str| {
        let (part, of) = shares.part_of(service);
        part as f64 / of as f64
    };
    let is_part = |(service, wanted): (&String, &Value)| {
        wanted.as_f64().is_some_and(|wanted| (part(service) - wanted / sum).abs() < 1e-9)
    };
    shares.services().all(|service| expected.contains_key(service)) && expected.iter().all(is_part)
}

/// Weights of backends without names: how many there are, and what they add up to.
pub(super) fn ask_weights(case: &Value, answers: &mut Answers) {
    let weights = list(&case["request"]["weights"]).iter().enumerate();
    let backends = weights.map(|(at, weight)| format!("{{service: b{at}, weight: {weight}}}"));
    let split = format!(
        "apiVersion: split.smi-spec.io/v1alpha4\nkind: TrafficSplit\n\
         metadata: {{name: split, namespace: test}}\n\
         spec: {{service: root, backends: [{}]}}\n",
        backends.collect::<Vec<_>>().join(", ")
    );
    let expected = &case["expected"];
    for dialect in dialects(case) {
        let loaded = Loaded::new(dialect, &split);
        answers.share(&loaded, ("test", "root"), &request(case), |answer| {
            let total: u64 = answer.iter().map(|(_, weight, _)| weight).sum();
            match expected["valid"].as_bool() {
                Some(false) => Shares::from(answer.clone()) == Shares::root("root"),
                _ => expected["total"] == total && expected["clusters"] == answer.len(),
            }
        });
    }
}

/// The root that the request names, or else that of the first split.
fn root(case: &Value) -> (String, String) {
    let documents = serde_yaml::Deserializer::from_str(policies(case));
    let documents = documents.filter_map(|it| serde_yaml::Value::deserialize(it).ok());
    let split = documents.into_iter().find(|it| it["kind"].as_str() == Some("TrafficSplit"));
    let split = split.expect("there is a split");
    let of_split = |value: &serde_yaml::Value| value.as_str().expect("a name").to_owned();
    let named = |key: &str| case["request"][key].as_str().map(str::to_owned);
    let namespace = named("namespace").unwrap_or_else(|| of_split(&split["metadata"]["namespace"]));
    let root = named("service").unwrap_or_else(|| of_split(&split["spec"]["service"]));
    (namespace, root.split('.').next().unwrap_or(&root).to_owned())
}

/// The Services of the case as documents.
fn services(case: &Value) -> String {
    let services = list(&case["context"]["services"]).iter();
    let documents = services.map(|service| {
        let ports = list(&service["ports"])
            .iter()
            .map(|it| format!("{{port: {}, targetPort: {}}}", it["port"], it["target_port"]));
        format!(
            "---\napiVersion: v1\nkind: Service\n\
             metadata: {{name: {}, namespace: {}}}\nspec: {{ports: [{}]}}\n",
            text(&service["name"]),
            text(&service["namespace"]),
            ports.collect::<Vec<_>>().join(", ")
        )
    });
    documents.collect()
}

/// What the case says of the request; any HTTP request when it says nothing.
fn request(case: &Value) -> Request {
    let wanted = &case["request"];
    let bytes = |key: &str| wanted[key].as_str().map(Bytes::from);
    let nobody = || Identity::service_account("test", "anyone");
    let headers = wanted["headers"].as_object().into_iter().flatten();
    Request {
        protocol: Protocol::Http,
        method: bytes("method").or_else(|| Some("GET".into())),
        path: bytes("path").or_else(|| Some("/".into())),
        host: bytes("host"),
        port: wanted["port"].as_u64().and_then(|port| u16::try_from(port).ok()),
        headers: headers.map(|(name, value)| (name.clone(), text(value).into())).collect(),
        ..connection(nobody(), nobody())
    }
}
