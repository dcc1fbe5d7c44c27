//! Backends that send some callers away.

use std::collections::{BTreeMap, BTreeSet};

use smi_model::canonical::{Backend, TrafficSplit};
use smi_model::diagnostic::Diagnostic;

use crate::code;
use crate::identity::Names;
use crate::ir::{Rule, Split};
use crate::resolve::Resolver;

/// Who may call whom, on some rule: callers by destination, each under its first name.
type Callers<'r> = BTreeMap<&'r str, BTreeSet<&'r str>>;

/// A Service's ServiceAccounts: their identities, with names for people.
type Accounts = BTreeMap<String, String>;

impl Resolver<'_> {
    pub(super) fn out_of_reach(&mut self, rules: &[Rule], splits: &[Split]) {
        let bundle = self.bundle;
        if splits.is_empty() || bundle.services.is_empty() || bundle.workloads.is_empty() {
            return;
        }
        let written: BTreeMap<(&str, &str), &TrafficSplit> = bundle
            .traffic_splits
            .iter()
            .map(|it| ((&*it.meta.namespace.value, &*it.meta.name.value), it))
            .collect();
        let mut warnings = Vec::new();
        let of_splits: Vec<(&Split, Vec<Accounts>)> =
            splits.iter().map(|split| (split, self.accounts_of(split))).collect();
        let concerned =
            of_splits.iter().flat_map(|(_, accounts)| accounts).flat_map(Accounts::keys);
        let callers = callers(rules, &concerned.map(String::as_str).collect(), &self.names);
        for (split, accounts) in &of_splits {
            let key = (split.namespace.as_str(), split.name.as_str());
            let Some(written) = written.get(&key) else { continue };
            let of = |identity: &String| callers.get(identity.as_str()).into_iter().flatten();
            let all: BTreeSet<&str> =
                accounts.iter().flat_map(Accounts::keys).flat_map(of).copied().collect();
            // The first ones are the root's.
            for (backend, accounts) in written.backends.iter().zip(accounts.iter().skip(1)) {
                if backend.weight.value > 0 {
                    warnings.extend(warning(written, backend, accounts, &all, &callers));
                }
            }
        }
        warnings.into_iter().for_each(|warning| self.report(warning));
    }

    /// The ServiceAccounts of the root and of each backend, as far as they are known.
    fn accounts_of(&self, split: &Split) -> Vec<Accounts> {
        let every_port = split.shares.last().map(|share| share.backends.as_slice());
        let backends = every_port.unwrap_or_default().iter().map(|backend| &backend.service);
        let services = std::iter::once(&split.root).chain(backends);
        let accounts = |name: &String| {
            let service = self.services.get(&split.namespace, name);
            let accounts = service.map(|service| self.services.accounts(service));
            let accounts = accounts.into_iter().flatten();
            accounts
                .map(|(namespace, name)| (self.options.identity(namespace, name), name.to_owned()))
                .collect()
        };
        services.map(accounts).collect()
    }
}

/// The callers of the destinations that matter.
fn callers<'r>(rules: &'r [Rule], concerned: &BTreeSet<&str>, names: &'r Names) -> Callers<'r> {
    let mut callers = Callers::new();
    for rule in rules {
        let destination = &**names.first(&rule.destination);
        if concerned.contains(destination) {
            let sources = rule.sources.iter().map(|source| &**names.first(source));
            callers.entry(destination).or_default().extend(sources);
        }
    }
    callers
}

fn warning(
    split: &TrafficSplit,
    backend: &Backend,
    accounts: &Accounts,
    all: &BTreeSet<&str>,
    callers: &Callers<'_>,
) -> Option<Diagnostic> {
    let nobody = BTreeSet::new();
    let mut missing = BTreeSet::new();
    let mut closed = Vec::new();
    for (identity, name) in accounts {
        let admitted = callers.get(identity.as_str()).unwrap_or(&nobody);
        if !all.is_subset(admitted) {
            missing.extend(all.difference(admitted).copied());
            closed.push(format!("`{name}`"));
        }
    }
    if missing.is_empty() {
        return None;
    }
    let message = format!(
        "backend `{}` denies {}, whom other pods behind `{}` let in",
        backend.service.value,
        listed(&missing),
        split.service.value
    );
    let accounts = closed.join(" and ");
    let warning = Diagnostic::warning(code::OUT_OF_REACH, backend.service.span, message)
        .label(format!("it runs under ServiceAccount {accounts}"))
        .related(split.service.span, "the root")
        .help(format!(
            "a split grants nothing; add them to the sources of a TrafficTarget to {accounts}"
        ));
    Some(warning)
}

/// The first three, and how many more.
fn listed(callers: &BTreeSet<&str>) -> String {
    const MOST: usize = 3;
    let mut names: Vec<String> =
        callers.iter().take(MOST).map(|caller| format!("`{caller}`")).collect();
    let more = callers.len().saturating_sub(MOST);
    if more > 0 {
        names.push(format!("{more} more"));
    }
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => names.concat(),
    }
}
