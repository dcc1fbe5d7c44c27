//! Who may call whom, and under which names.

use std::collections::BTreeSet;

use conformance::request::Request;
use decision_table::IdentityForm;
use serde_json::Value;

use super::question::{
    Answers, Loaded, account, connection, dialects, http, list, policies, text, texts,
};

/// Accounts that may call an account, or that it may call.
pub(super) fn ask(case: &Value, answers: &mut Answers) {
    let identity = text(&case["request"]["identity"]);
    let expected = &case["expected"];
    let is_inbound = expected["inbound_identities"].is_array();
    let (inbound, outbound) = (&expected["inbound_identities"], &expected["outbound_identities"]);
    let listed = texts(if is_inbound { inbound } else { outbound });
    for dialect in dialects(case) {
        let loaded = Loaded::new(dialect, &with_routes(policies(case)));
        for other in ["sa-1.ns-1", "sa-2.ns-2", "sa-3.ns-3", "sa-4.ns-1"] {
            let (source, destination) =
                if is_inbound { (other, identity) } else { (identity, other) };
            let connection = connection(account(source), account(destination));
            let is_listed = listed.contains(&other);
            answers.allows(&loaded, &http(connection, "GET", "/"), is_listed);
        }
    }
}

/// The cases are about accounts alone, so that the routes of their rules are
/// missing. Here are some that are open, with the names of their matches, which
/// not all dialects take as given.
fn with_routes(policies: &str) -> String {
    let named = policies.replace("    name: rule\n", "    name: rule\n    matches: [any]\n");
    let groups = ["ns-1", "ns-2", "ns-3"].map(|namespace| {
        format!(
            "---\napiVersion: specs.smi-spec.io/v1alpha4\nkind: HTTPRouteGroup\n\
             metadata: {{name: rule, namespace: {namespace}}}\nspec: {{matches: [{{name: any}}]}}\n"
        )
    });
    format!("{named}\n{}", groups.concat())
}

/// Accounts that may connect to ports of an account.
pub(super) fn ask_on_ports(case: &Value, answers: &mut Answers) {
    for dialect in dialects(case) {
        let loaded = Loaded::new(dialect, policies(case));
        for policy in list(&case["expected"]["policies"]) {
            let ports: BTreeSet<u64> =
                list(&policy["ports"]).iter().filter_map(Value::as_u64).collect();
            let is_any = policy["any_port"] == true;
            let sources = texts(&policy["sources"]);
            let destination = || account(text(&policy["destination"]));
            for source in sources.iter().copied().chain(["sa-9.ns-2", "sa-2.ns-1"]) {
                for port in ports.iter().copied().chain([1, 8001]) {
                    let is_open = is_any || ports.contains(&port);
                    let request = Request {
                        port: u16::try_from(port).ok(),
                        ..connection(account(source), destination())
                    };
                    answers.allows(&loaded, &request, is_open && sources.contains(&source));
                }
            }
        }
    }
}

/// How an account is written in certificates.
pub(super) fn ask_principal(case: &Value, answers: &mut Answers) {
    let request = &case["request"];
    let identity = text(&request["identity"]);
    let form = match request["spiffe"].as_bool() {
        Some(true) => IdentityForm::Spiffe,
        _ => IdentityForm::ServiceName,
    };
    let parts = identity.split_once('.');
    let ours = parts.map(|(account, namespace)| {
        form.identity(text(&request["trust_domain"]), namespace, account)
    });
    let agrees = case["expected"]["principal"] == *ours.as_deref().unwrap_or_default();
    for dialect in dialects(case) {
        answers.note(dialect, agrees, || format!("{identity} is {ours:?}"));
    }
}
