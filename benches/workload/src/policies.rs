//! Policies of a given shape and number of rules.

use std::fmt::Write;

use decision_table::{Dialect, Table};
use policy_compiler::{Options, Scope, compile, resolve, spiffe_id};
use smi_model::source::SourceMap;

/// The workload that all rules of a policy for one workload open, by its
/// ServiceAccount in namespace `app`.
pub const DESTINATION: &str = "server";

/// Documents of one file; a reader's limits are per file.
const RULES_PER_FILE: usize = 1_000;

/// What the rules of a policy look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The ordinary one: each rule has a caller and an expression of its own.
    Expressions,
    /// The same without digits: everything below `/service7/items/`, which
    /// languages with wildcards but without expressions can say as well.
    Prefixes,
    /// All rules have the same caller, so that an index by caller does not help.
    OneCaller,
    /// A path without any operator, the least that a rule can say.
    Literal,
    /// `.*/admin7/.*`: what is looked for may begin anywhere.
    Floating,
}

/// What requests must have besides caller, path and method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Nothing.
    None,
    /// Two headers: `user-agent`, in which something is searched, and `x-version`.
    Headers,
}

/// One rule, in the words that all engines understand.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The SPIFFE ID of the caller.
    pub caller: String,
    /// The expression that the whole path must match.
    pub expression: String,
    /// Allowed methods.
    pub methods: [&'static str; 2],
    number: usize,
    caller_account: String,
    workload: String,
}

/// Rules, each of which is a TrafficTarget with an HTTPRouteGroup of its own.
#[derive(Clone, Debug)]
pub struct Policies {
    /// What the rules look like.
    pub shape: Shape,
    /// The rules, each of which allows something that no other one does.
    pub rules: Vec<Rule>,
    condition: Condition,
}

impl Policies {
    /// As many rules as one asks for, all towards one workload.
    #[must_use]
    pub fn new(shape: Shape, count: usize, condition: Condition) -> Self {
        let rule = |number| {
            let caller_account = match shape {
                Shape::OneCaller => "gateway".to_owned(),
                _ => format!("client{number}"),
            };
            let expression = match shape {
                Shape::Expressions | Shape::OneCaller => {
                    format!("/service{number}/items/[0-9]+(/.*)?")
                }
                Shape::Prefixes => format!("/service{number}/items/.*"),
                // As long as the paths that are asked for.
                Shape::Literal => format!("/service{number}/items/0123456789012345678901"),
                Shape::Floating => format!(".*/admin{number}/.*"),
            };
            let caller = spiffe_id("cluster.local", "clients", &caller_account);
            let workload = DESTINATION.to_owned();
            let methods = ["GET", "POST"];
            Rule { caller, expression, methods, number, caller_account, workload }
        };
        Self { shape, rules: (0..count).map(rule).collect(), condition }
    }

    /// Rules of the ordinary shape, some for each workload of a mesh.
    #[must_use]
    pub fn of_mesh(count: usize, rules_per_workload: usize) -> Self {
        let mut policies = Self::new(Shape::Expressions, count, Condition::None);
        for rule in &mut policies.rules {
            rule.workload = format!("{DESTINATION}{}", rule.number / rules_per_workload);
        }
        policies
    }

    /// The same policies, but that the last TrafficTarget opens the first workload:
    /// one changed document, two workloads with other rules.
    #[must_use]
    pub fn with_a_change(mut self) -> Self {
        let first = self.rules.first().map(|rule| rule.workload.clone());
        if let (Some(last), Some(first)) = (self.rules.last_mut(), first) {
            last.workload = first;
        }
        self
    }

    /// The YAML files.
    #[must_use]
    pub fn sources(&self) -> SourceMap {
        let mut sources = SourceMap::new();
        for (index, rules) in self.rules.chunks(RULES_PER_FILE).enumerate() {
            let text = rules.iter().map(|rule| self.documents(rule)).collect::<String>();
            sources.add(format!("{index}.yaml"), text).expect("less than 4 GiB");
        }
        sources
    }

    /// A table of these rules, for the workload or for the mesh: from YAML to
    /// bytes, everything that a compiler does.
    #[must_use]
    pub fn compile(&self, scope: Scope<'_>) -> Vec<u8> {
        let sources = self.sources();
        let read = smi_model::read(&sources, &smi_model::Limits::default());
        // Paths match as a whole, as in the engines that are compared: the words of
        // the specification would let every path pass that begins well.
        let options = Options { dialect: Dialect::Osm, ..Options::default() };
        let policies = resolve(&read.value, &options);
        assert_eq!(policies.value.rule_count(), self.rules.len(), "all rules are understood");
        compile(&policies.value, &sources, scope).value.expect("within the limits")
    }

    /// [`compile`](Self::compile) for the workload, ready to decide.
    #[must_use]
    pub fn table(&self) -> Table<Vec<u8>> {
        let workload = spiffe_id("cluster.local", "app", DESTINATION);
        let bytes = self.compile(Scope::Workload(&workload));
        Table::from_bytes(bytes).expect("a compiled table verifies")
    }

    fn documents(&self, rule: &Rule) -> String {
        let Rule { expression, number, caller_account, workload, .. } = rule;
        let mut text = format!(
            "---
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata: {{name: routes-{number}, namespace: app}}
spec:
  matches:
  - name: items
    pathRegex: '{expression}'
    methods: [GET, POST]
"
        );
        if self.condition == Condition::Headers {
            let headers = "    headers: {user-agent: '.*Firefox.*', x-version: 'v[0-9]+'}";
            writeln!(text, "{headers}").expect("strings take all text");
        }
        text + &format!(
            "---
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: {{name: target-{number}, namespace: app}}
spec:
  destination: {{kind: ServiceAccount, name: {workload}, namespace: app}}
  sources: [{{kind: ServiceAccount, name: {caller_account}, namespace: clients}}]
  rules: [{{kind: HTTPRouteGroup, name: routes-{number}, matches: [items]}}]
"
        )
    }
}
