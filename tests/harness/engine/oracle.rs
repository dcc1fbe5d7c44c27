//! The independent interpreter.

use std::rc::Rc;

use decision_table::Dialect;

use super::{Answer, Compiler, Decision, Enforcer, Engine, Policies, TRUST_DOMAIN};
use crate::request::{Bytes, Protocol, Request};

/// The interpreter in `tests/oracle`. It gives no reasons.
#[derive(Clone, Copy, Debug)]
pub struct Oracle;

impl Engine for Oracle {
    fn name(&self) -> &'static str {
        "oracle"
    }

    fn accepts(&self, _: &Policies) -> bool {
        true
    }

    fn start(&self, compiler: &Rc<Compiler>) -> Box<dyn Enforcer> {
        // Of the compiler, it takes nothing but the texts.
        let policies = compiler.policies();
        let texts: Vec<&str> = policies.files.iter().map(|file| file.text.as_str()).collect();
        let trust_domains: Vec<&str> = policies.trust_domains.iter().map(String::as_str).collect();
        Box::new(oracle::Oracle::new(&texts, dialect(policies.dialect), &trust_domains))
    }
}

impl Enforcer for oracle::Oracle {
    fn decide(&self, request: &Request) -> Decision {
        match self.allows(&request_for_oracle(request)) {
            true => Decision::Allow,
            false => Decision::Deny(None),
        }
    }

    fn shares(&self, namespace: &str, service: &str, request: &Request) -> Option<Answer> {
        // Called by its path, because the trait has a method of this name.
        let shares = oracle::Oracle::shares(self, namespace, service, &request_for_oracle(request));
        let shares = shares.unwrap_or_else(|oracle::Overlap| Vec::new()).into_iter();
        Some(shares.map(|share| (share.service, share.weight, share.target_port)).collect())
    }
}

const fn dialect(dialect: Dialect) -> oracle::Dialect {
    match dialect {
        Dialect::Spec => oracle::Dialect::Spec,
        Dialect::Osm => oracle::Dialect::Osm,
        Dialect::Traefik => oracle::Dialect::Traefik,
        Dialect::Nginx => oracle::Dialect::Nginx,
    }
}

fn request_for_oracle(request: &Request) -> oracle::Request {
    let bytes = |field: &Option<Bytes>| field.as_ref().map(|bytes| bytes.0.clone());
    let headers = request.headers.iter();
    oracle::Request {
        protocol: match request.protocol {
            Protocol::Http => oracle::Protocol::Http,
            Protocol::Tcp => oracle::Protocol::Tcp,
            Protocol::Udp => oracle::Protocol::Udp,
        },
        peer: request.source.as_ref().map(|source| source.spiffe_id(TRUST_DOMAIN).into_bytes()),
        destination: request.destination.spiffe_id(TRUST_DOMAIN).into_bytes(),
        port: request.port,
        method: bytes(&request.method),
        path: bytes(&request.path),
        authority: bytes(&request.host),
        headers: headers
            .map(|(name, value)| (name.clone().into_bytes(), value.0.clone()))
            .collect(),
    }
}
