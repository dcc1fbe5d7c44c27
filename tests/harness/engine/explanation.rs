//! The explanation that people get, which asks rule after rule and no table.

use std::rc::Rc;

use super::tables::question;
use super::{Compiler, Decision, Enforcer, Engine, TRUST_DOMAIN};
use crate::request::Request;

/// What allows a request, as it is explained.
#[derive(Clone, Copy, Debug)]
pub struct Explanations;

impl Engine for Explanations {
    fn name(&self) -> &'static str {
        "explanation"
    }

    fn start(&self, compiler: &Rc<Compiler>) -> Box<dyn Enforcer> {
        Box::new(Explained(Rc::clone(compiler)))
    }
}

struct Explained(Rc<Compiler>);

impl Enforcer for Explained {
    fn decide(&self, request: &Request) -> Decision {
        let workload = request.destination.spiffe_id(TRUST_DOMAIN);
        let peer = request.source.as_ref().map(|source| source.spiffe_id(TRUST_DOMAIN));
        let destination = decision_table::Destination::Workload(workload.as_bytes());
        let question = question(request, peer.as_deref(), destination);
        let explanation = self.0.explainer().explain(&workload, &question);
        if explanation.allowed_by.is_empty() { Decision::Deny(None) } else { Decision::Allow }
    }
}
