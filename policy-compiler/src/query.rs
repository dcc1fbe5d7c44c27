//! Questions and answers as people and scripts write them.
//!
//! One shape for the command line, the playground and the tests, so that a
//! question can be carried from one to the other and gets the same answer.

use std::collections::BTreeMap;

use decision_table::{
    Destination, IdentityForm, Protocol, Reason, Request, RuleId, RuleInfo, Table, Verdict,
};
use serde::{Deserialize, Serialize};

use crate::explain::{Explainer, Explanation};
use crate::options::Options;

/// A request.
///
/// ```
/// let query: policy_compiler::query::Query = serde_json::from_str(r#"{
///     "source": {"namespace": "bookbuyer", "service_account": "bookbuyer"},
///     "destination": {"namespace": "bookstore", "service_account": "bookstore-v1"},
///     "method": "GET", "path": "/books-bought", "headers": {"client-app": "bookbuyer"}
/// }"#)?;
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Who calls; without it the peer has no identity.
    #[serde(default)]
    pub source: Option<Identity>,
    /// Who is called; without it the workload that the table is for.
    #[serde(default)]
    pub destination: Option<Identity>,
    /// `http` (default), `tcp` or `udp`.
    #[serde(default)]
    pub protocol: Option<Wire>,
    /// The port of the workload.
    #[serde(default)]
    pub port: Option<u16>,
    /// The HTTP method.
    #[serde(default)]
    pub method: Option<String>,
    /// The path, with its query.
    #[serde(default)]
    pub path: Option<String>,
    /// The authority; when absent, the header `host`.
    #[serde(default)]
    pub host: Option<String>,
    /// Headers with one value or several.
    #[serde(default)]
    pub headers: Option<BTreeMap<String, Values>>,
}

/// Who somebody is.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Identity {
    /// A Kubernetes ServiceAccount of the trust domain.
    ServiceAccount {
        /// Its namespace.
        namespace: String,
        /// Its name.
        service_account: String,
    },
    /// A SPIFFE ID as a certificate carries it.
    Spiffe {
        /// The whole URI.
        spiffe_id: String,
    },
}

/// What is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Wire {
    /// HTTP.
    Http,
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl From<Wire> for Protocol {
    fn from(wire: Wire) -> Self {
        match wire {
            Wire::Http => Self::Http,
            Wire::Tcp => Self::Tcp,
            Wire::Udp => Self::Udp,
        }
    }
}

impl From<Protocol> for Wire {
    fn from(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Http => Self::Http,
            Protocol::Tcp => Self::Tcp,
            Protocol::Udp => Self::Udp,
        }
    }
}

/// The values of a header.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Values {
    /// The header was sent once.
    One(String),
    /// The header was sent several times.
    Several(Vec<String>),
}

/// The answer to a [`Query`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// `allow` or `deny`.
    pub decision: &'static str,
    /// Why it is denied: [`Reason::code`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    /// The verdict in words.
    pub message: String,
    /// The rule that allows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<RuleName>,
    /// The rule that came nearest to allowing it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<RuleName>,
}

/// A rule, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleName {
    /// The TrafficTarget.
    pub target: String,
    /// The route and its match.
    pub route: String,
    /// The file of the route.
    pub file: String,
    /// The line in the file, from 1.
    pub line: u32,
}

impl Identity {
    fn in_form(&self, form: IdentityForm, trust_domain: &str) -> String {
        match self {
            Self::ServiceAccount { namespace, service_account } => {
                form.identity(trust_domain, namespace, service_account)
            }
            Self::Spiffe { spiffe_id } => spiffe_id.clone(),
        }
    }
}

impl Query {
    /// Asks a table. ServiceAccounts are of this trust domain.
    #[must_use]
    pub fn ask<B: AsRef<[u8]>>(&self, table: &Table<B>, trust_domain: &str) -> Answer {
        self.with_request(table.identities(), trust_domain, |request| {
            answer(table.decide(request), table)
        })
    }

    /// Asks why. Without a destination, which only a table for one workload can
    /// do without, there is nothing to tell.
    #[must_use]
    pub fn explain(&self, explainer: &Explainer<'_>, options: &Options) -> Explanation {
        let (form, trust_domain) = (options.identity_form, options.trust_domain());
        self.with_request(form, trust_domain, |request| match request.destination {
            Destination::OfTable => Explanation::default(),
            Destination::Workload(workload) => {
                explainer.explain(&String::from_utf8_lossy(workload), request)
            }
        })
    }

    fn with_request<R>(
        &self,
        form: IdentityForm,
        trust_domain: &str,
        ask: impl FnOnce(&Request<'_>) -> R,
    ) -> R {
        let identity = |identity: &Identity| identity.in_form(form, trust_domain);
        let peer = self.source.as_ref().map(identity);
        let destination = self.destination.as_ref().map(identity);
        let headers = self.headers();
        ask(&Request {
            protocol: self.protocol.map_or(Protocol::Http, Protocol::from),
            peer: peer.as_deref().map(str::as_bytes),
            destination: destination.as_deref().map_or(Destination::OfTable, |identity| {
                Destination::Workload(identity.as_bytes())
            }),
            port: self.port,
            method: self.method.as_deref().map(str::as_bytes),
            path: self.path.as_deref().map(str::as_bytes),
            authority: self.authority(&headers),
            headers: &headers.as_slice(),
        })
    }

    /// A request in HTTP/1.1 carries its authority in the header `host`; with
    /// several of them it has none.
    fn authority<'a>(&'a self, headers: &[(&'a str, &'a str)]) -> Option<&'a [u8]> {
        let mut hosts = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("host"));
        let only = hosts.next().filter(|_| hosts.next().is_none());
        self.host.as_deref().or(only.map(|(_, value)| *value)).map(str::as_bytes)
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        let headers = self.headers.iter().flatten();
        headers
            .flat_map(|(name, values)| {
                let values = match values {
                    Values::One(value) => std::slice::from_ref(value),
                    Values::Several(values) => values.as_slice(),
                };
                values.iter().map(|value| (name.as_str(), value.as_str()))
            })
            .collect()
    }
}

fn answer<B: AsRef<[u8]>>(verdict: Verdict, table: &Table<B>) -> Answer {
    let name = |rule: RuleId| table.rule(rule).map(RuleName::from);
    match verdict {
        Verdict::Allowed(rule) => {
            let rule = name(rule);
            let message = match &rule {
                Some(rule) => format!("allowed by TrafficTarget {}", rule.target),
                None => "allowed".to_owned(),
            };
            Answer { decision: "allow", reason: None, message, rule, nearest: None }
        }
        Verdict::Denied(denial) => Answer {
            decision: "deny",
            reason: Some(denial.reason.code()),
            message: denial.reason.to_string(),
            rule: None,
            nearest: denial.nearest.filter(|_| denial.reason > Reason::Peer).and_then(name),
        },
    }
}

impl From<RuleInfo<'_>> for RuleName {
    fn from(rule: RuleInfo<'_>) -> Self {
        Self {
            target: rule.target.to_owned(),
            route: rule.route.to_owned(),
            file: rule.file.to_owned(),
            line: rule.line,
        }
    }
}
