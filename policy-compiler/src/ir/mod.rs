//! Policies whose every name has been looked up.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use smi_model::canonical::HttpMatch;
use smi_model::source::{Span, Spanned};

use crate::automata::Pattern;
use crate::identity::{Names, Sources};
use crate::options::{Choices, Options};

/// What the policies permit: nothing in it refers to anything that is not there.
///
/// Made by [`resolve`](crate::resolve()). What could not be understood is not in
/// it, and so grants nothing.
#[derive(Clone, Debug)]
pub struct PolicySet {
    pub(crate) options: Options,
    /// In the order of their names, which is independent of the documents' order.
    pub(crate) rules: Vec<Rule>,
    /// By namespace and root; of one root, the one for all requests last.
    pub(crate) splits: Vec<Split>,
    /// Of every ServiceAccount and every destination.
    workloads: BTreeSet<Arc<str>>,
    /// Who has several names.
    names: Names,
    /// The places of the rules of each destination.
    by_destination: HashMap<Arc<str>, Vec<usize>>,
}

impl PolicySet {
    /// `rules` in any order, `workloads` besides the destinations of rules.
    pub(crate) fn new(
        options: Options,
        mut rules: Vec<Rule>,
        splits: Vec<Split>,
        mut workloads: BTreeSet<Arc<str>>,
        names: Names,
    ) -> Self {
        for rule in &mut rules {
            // A binding may have named it by another of its names.
            let first = names.first(&rule.destination);
            if *first != rule.destination {
                rule.destination = Arc::clone(first);
            }
        }
        // Stable, because that is fast where most of them are in order already.
        rules.sort();
        let mut by_destination: HashMap<Arc<str>, Vec<usize>> = HashMap::new();
        for (index, rule) in rules.iter().enumerate() {
            match by_destination.get_mut(&rule.destination) {
                Some(places) => places.push(index),
                None => {
                    by_destination.insert(Arc::clone(&rule.destination), vec![index]);
                }
            }
        }
        workloads.extend(by_destination.keys().cloned());
        Self { options, rules, splits, workloads, names, by_destination }
    }

    /// The rules of a destination, or all of them, in order.
    pub(crate) fn rules_of(&self, destination: Option<&str>) -> Vec<&Rule> {
        match destination {
            None => self.rules.iter().collect(),
            Some(destination) => {
                let first = self.names.known(destination).first().map_or(destination, |it| &**it);
                let places = self.by_destination.get(first).into_iter().flatten();
                places.filter_map(|place| self.rules.get(*place)).collect()
            }
        }
    }

    /// The identities of all workloads: of every destination and of every
    /// ServiceAccount among the documents, in order. Each workload is there once,
    /// under its name in the first trust domain.
    pub fn workloads(&self) -> impl Iterator<Item = &str> {
        self.workloads.iter().map(|workload| &**workload)
    }

    /// All identities under which a workload is known, the given one first: a
    /// ServiceAccount has one in each trust domain.
    #[must_use]
    pub fn names_of(&self, workload: &str) -> Vec<String> {
        self.names.all(workload)
    }

    /// How many rules there are: matches of routes under TrafficTargets.
    #[must_use]
    pub fn rule_count(&self) -> usize {
        self.rules.len()
    }

    /// The traffic splits that are in force, by namespace and root. Of one root,
    /// those with conditions come first: a request that they do not want is left
    /// to the one without.
    #[must_use]
    pub fn splits(&self) -> &[Split] {
        &self.splits
    }

    /// The options with which the policies were read.
    #[must_use]
    pub const fn options(&self) -> &Options {
        &self.options
    }
}

/// A permission: `sources` may call `destination` when all conditions hold.
///
/// Rules of one target, or of one route, share what they have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rule {
    /// `namespace/name` of the TrafficTarget.
    pub(crate) target: Arc<str>,
    /// `namespace/group#match`, or `namespace/name` of a TCPRoute or UDPRoute.
    pub(crate) route: Arc<str>,
    pub(crate) condition: Condition,
    /// The identity of the workload that is called: of a ServiceAccount, that in
    /// the first trust domain.
    pub(crate) destination: Arc<str>,
    /// All identities of those who may call.
    pub(crate) sources: Sources,
    /// `None`: every port.
    pub(crate) ports: Option<Arc<BTreeSet<u16>>>,
    /// Where the route was written.
    pub(crate) span: Span,
}

impl Rule {
    /// Whether both permit the same, and have the same names.
    pub(crate) fn means(&self, other: &Self) -> bool {
        let Self { target, route, condition, destination, sources, ports, span: _ } = self;
        (target, route, condition, destination, sources, ports)
            == (
                &other.target,
                &other.route,
                &other.condition,
                &other.destination,
                &other.sources,
                &other.ports,
            )
    }
}

/// What a rule wants of the traffic itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Condition {
    Http(Arc<HttpCondition>),
    Tcp,
    Udp,
}

/// The AND of its parts; what is absent is unconstrained.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct HttpCondition {
    pub(crate) path: Option<Pattern>,
    pub(crate) methods: Option<Arc<BTreeSet<String>>>,
    pub(crate) host: Option<Pattern>,
    /// By lower-case name.
    pub(crate) headers: BTreeMap<String, Pattern>,
}

/// The header name that stands for the request's authority.
const HOST: &str = "host";

impl HttpCondition {
    /// What a match states, as a dialect reads it.
    pub(crate) fn of(one: &HttpMatch, choices: &Choices) -> Self {
        Self::sharing(one, choices, &mut MethodSets::default())
    }

    /// The same, which shares its methods with other matches.
    pub(crate) fn sharing<'a>(
        one: &'a HttpMatch,
        choices: &Choices,
        methods: &mut MethodSets<'a>,
    ) -> Self {
        let headers = one.headers.iter().map(|header| {
            let pattern = Pattern::new(header.value.value.clone(), choices.header);
            (header.name.value.to_ascii_lowercase(), pattern)
        });
        let mut headers: BTreeMap<_, _> = headers.collect();
        let path = one.path_regex.as_ref();
        Self {
            path: path.map(|path| Pattern::new(path.value.clone(), choices.path)),
            methods: one.methods.as_deref().and_then(|written| methods.get(written)),
            host: headers.remove(HOST),
            headers,
        }
    }
}

/// Sets of methods. Many matches have the same one, which they share.
#[derive(Default)]
pub(crate) struct MethodSets<'a>(HashMap<Vec<&'a str>, Arc<BTreeSet<String>>>);

impl<'a> MethodSets<'a> {
    /// The methods, or `None` for all of them. No methods at all are no permission.
    fn get(&mut self, written: &'a [Spanned<String>]) -> Option<Arc<BTreeSet<String>>> {
        let mut methods: Vec<&str> = written.iter().map(|method| method.value.as_str()).collect();
        if methods.contains(&"*") {
            return None;
        }
        methods.sort_unstable();
        if let Some(known) = self.0.get(&methods) {
            return Some(Arc::clone(known));
        }
        let set: Arc<BTreeSet<String>> =
            Arc::new(methods.iter().map(|method| (*method).to_owned()).collect());
        self.0.insert(methods, Arc::clone(&set));
        Some(set)
    }
}

/// Requests for a root service are shared among backends by weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The namespace of the root and of the backends.
    pub namespace: String,
    /// The name of the TrafficSplit.
    pub name: String,
    /// The Service that clients call.
    pub root: String,
    /// Which requests are shared: those that fulfil one of the conditions.
    /// `None`: all requests, and connections that are not HTTP.
    pub(crate) conditions: Option<Vec<HttpCondition>>,
    /// Who gets them. The first one whose ports cover the request counts; the
    /// last one covers every port.
    pub shares: Vec<Share>,
    /// Where the split was written.
    pub(crate) span: Span,
}

impl Split {
    /// Whether both share the same requests, and have the same names.
    pub(crate) fn means(&self, other: &Self) -> bool {
        let Self { namespace, name, root, conditions, shares, span: _ } = self;
        (namespace, name, root, conditions, shares)
            == (&other.namespace, &other.name, &other.root, &other.conditions, &other.shares)
    }

    /// The backends of every request, whatever it asks for; `None` when the split
    /// has conditions.
    #[must_use]
    pub fn backends_of_all(&self) -> Option<&[Backend]> {
        let every_port = self.shares.last().filter(|_| self.conditions.is_none())?;
        Some(&every_port.backends)
    }
}

/// The backends of a split on some ports of the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Ports of the root Service; `None`: every port.
    pub ports: Option<BTreeSet<u16>>,
    /// The backends; the sum of their weights is positive. Where no backend has a
    /// port of the root, it is the root itself.
    pub backends: Vec<Backend>,
}

/// A Service that gets a part of the requests.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Backend {
    /// Its name.
    pub service: String,
    /// Its weight relative to the others of the share.
    pub weight: u32,
    /// The port of its pods, when it is known and differs from the port that
    /// the request is for.
    pub target_port: Option<u16>,
}
