//! Cedar: one policy for each rule, with caller and methods in its head.
//!
//! Cedar has wildcards and, on purpose, no regular expressions. So it takes part
//! only where rules are prefixes or literals, which `like` says exactly. Expressions
//! could be matched by the host before, but then the host would be measured, not
//! Cedar. Left out are schemas and entities: no rule needs attributes of them.

use bench_workload::{Call, Policies, Rule};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityId, EntityTypeName, EntityUid, PolicySet,
    Request, RestrictedExpression,
};

use crate::Engine;

/// A set of policies.
pub struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
}

impl Engine for Cedar {
    const NAME: &'static str = "Cedar";
    type Kept = String;
    type Input<'a> = Request;

    fn keep(policies: &Policies) -> String {
        policies.rules.iter().map(policy).collect()
    }

    fn load(kept: &String) -> Self {
        Self {
            authorizer: Authorizer::new(),
            policies: kept.parse().expect("Cedar's grammar"),
            entities: Entities::empty(),
        }
    }

    fn input(call: &Call) -> Request {
        let path = RestrictedExpression::new_string(call.path.clone());
        let context = Context::from_pairs([("path".to_owned(), path)]).expect("one key");
        let (principal, action) = (entity("Client", &call.peer), entity("Action", call.method));
        let resource = entity("Workload", "server");
        Request::new(principal, action, resource, context, None).expect("there is no schema")
    }

    fn decide(&mut self, request: &Request) -> bool {
        let response = self.authorizer.is_authorized(request, &self.policies, &self.entities);
        response.decision() == Decision::Allow
    }
}

fn policy(rule: &Rule) -> String {
    let Rule { caller, methods: [one, other], expression, .. } = rule;
    let condition = match expression.strip_suffix(".*") {
        Some(prefix) => format!("context.path like \"{prefix}*\""),
        None => format!("context.path == \"{expression}\""),
    };
    format!(
        "permit(principal == Client::\"{caller}\", \
         action in [Action::\"{one}\", Action::\"{other}\"], \
         resource == Workload::\"server\") when {{ {condition} }};\n"
    )
}

fn entity(kind: &str, id: &str) -> EntityUid {
    let kind: EntityTypeName = kind.parse().expect("a name");
    EntityUid::from_type_name_and_id(kind, EntityId::new(id))
}
