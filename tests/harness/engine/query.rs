//! The question and answer of the command line and the playground.

use std::rc::Rc;

use decision_table::Table;
use policy_compiler::query::{Identity, Query, Values, Wire};

use super::{Compiler, Decision, Enforcer, Engine, TRUST_DOMAIN};
use crate::request::{self, Bytes, Protocol, Request};

/// A table that is asked in JSON's words, as `smi decide` and the playground do.
#[derive(Clone, Copy, Debug)]
pub struct Queries;

impl Engine for Queries {
    fn name(&self) -> &'static str {
        "query"
    }

    fn understands(&self, request: &Request) -> bool {
        query(request).is_some()
    }

    fn start(&self, compiler: &Rc<Compiler>) -> Box<dyn Enforcer> {
        Box::new(compiler.mesh_table())
    }
}

impl Enforcer for Option<Rc<Table<Vec<u8>>>> {
    fn decide(&self, request: &Request) -> Decision {
        let Some(table) = self else { return Decision::Deny(Some("no_policy".to_owned())) };
        let query = query(request).expect("only requests that it understands are asked");
        let answer = query.ask(table, TRUST_DOMAIN);
        match answer.decision {
            "allow" => Decision::Allow,
            _ => Decision::Deny(answer.reason.map(str::to_owned)),
        }
    }
}

/// The request as a query; `None` when a part of it is not text, or when it has
/// a header `host` beside its authority, which a query cannot tell apart.
fn query(request: &Request) -> Option<Query> {
    if request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        return None;
    }
    let mut headers = std::collections::BTreeMap::<String, Vec<String>>::new();
    for (name, value) in &request.headers {
        headers.entry(name.to_lowercase()).or_default().push(text(value)?);
    }
    let headers = headers.into_iter().map(|(name, values)| (name, Values::Several(values)));
    Some(Query {
        source: request.source.as_ref().map(identity),
        destination: Some(identity(&request.destination)),
        protocol: Some(match request.protocol {
            Protocol::Http => Wire::Http,
            Protocol::Tcp => Wire::Tcp,
            Protocol::Udp => Wire::Udp,
        }),
        port: request.port,
        method: optional_text(&request.method)?,
        path: optional_text(&request.path)?,
        host: optional_text(&request.host)?,
        headers: Some(headers.collect()),
    })
}

fn identity(identity: &request::Identity) -> Identity {
    match identity.clone() {
        request::Identity::ServiceAccount { service_account, namespace } => {
            Identity::ServiceAccount { namespace, service_account }
        }
        request::Identity::Spiffe { spiffe_id } => Identity::Spiffe { spiffe_id },
    }
}

/// `None` when it is there and not text.
fn optional_text(bytes: &Option<Bytes>) -> Option<Option<String>> {
    match bytes {
        None => Some(None),
        Some(bytes) => text(bytes).map(Some),
    }
}

fn text(bytes: &Bytes) -> Option<String> {
    String::from_utf8(bytes.0.clone()).ok()
}
