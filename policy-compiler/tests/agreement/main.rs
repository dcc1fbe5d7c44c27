//! Tables against explanations: the same policies in every dialect and scope, asked
//! thousands of different questions. An explanation asks rule after rule, with an
//! automaton for each pattern, so that joining rules in a diagram cannot make the
//! same mistake there.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail like tests"
)]

mod ports;
mod questions;
mod splits;
mod tables;

use decision_table::{Dialect, IdentityForm, Reason, Table, Verdict};
use policy_compiler::explain::{Explainer, Explanation, Missing};
use policy_compiler::query::RuleName;
use policy_compiler::{Options, PolicySet, Scope, compile, resolve};
use smi_model::source::SourceMap;

use questions::Question;

const POLICIES: &str = include_str!("policies.yaml");
/// The workloads of the policies; of the last one, nothing may be called.
const WORKLOADS: [&str; 4] = ["store", "till", "desk", "idle"];

fn read(text: &str, options: &Options) -> (SourceMap, PolicySet) {
    let mut sources = SourceMap::new();
    sources.add("policies.yaml", text).unwrap();
    let read = smi_model::read(&sources, &smi_model::Limits::default());
    assert_eq!(read.diagnostics, []);
    let policies = resolve(&read.value, options).value;
    (sources, policies)
}

fn table(policies: &PolicySet, sources: &SourceMap, scope: Scope<'_>) -> Table<Vec<u8>> {
    Table::from_bytes(compile(policies, sources, scope).value.unwrap()).unwrap()
}

#[test]
fn tables_of_all_scopes_agree_with_explanations() {
    for dialect in Dialect::ALL {
        agree(&Options { dialect, ..Options::default() });
    }
}

#[test]
fn tables_know_workloads_by_all_their_names() {
    let trust_domains = vec!["new".to_owned(), "old".to_owned()];
    agree(&Options { trust_domains: trust_domains.clone(), ..Options::default() });
    let identity_form = IdentityForm::ServiceName;
    agree(&Options { trust_domains, identity_form, ..Options::default() });
}

/// Asks the tables of the mesh and of each workload.
fn agree(options: &Options) {
    let (sources, policies) = read(POLICIES, options);
    let explainer = Explainer::new(&policies, &sources);
    let mesh = table(&policies, &sources, Scope::Mesh);
    let mut allowed = 0;
    let all = 500;
    for account in WORKLOADS {
        let workload = options.identity("shop", account);
        let own = table(&policies, &sources, Scope::Workload(&workload));
        for seed in 0..all {
            let question = Question::of(seed, options);
            for name in policies.names_of(&workload) {
                let request = question.request(&name);
                let explanation = explainer.explain(&name, &request);
                let verdicts = [own.decide(&request), mesh.decide(&request)];
                for (table, verdict) in [&own, &mesh].into_iter().zip(verdicts) {
                    let difference = difference(verdict, table, &explanation, &question);
                    assert_eq!(difference, None, "{account}: {question:?}: {explanation:?}");
                }
                allowed += u32::from(verdicts.iter().all(|verdict| verdict.is_allowed()));
            }
        }
    }
    assert!(allowed > all / 10, "{allowed} of {all} questions for each workload");
}

/// What a verdict says otherwise than an explanation.
fn difference(
    verdict: Verdict,
    table: &Table<Vec<u8>>,
    explanation: &Explanation,
    question: &Question,
) -> Option<String> {
    let name = |rule| table.rule(rule).map(RuleName::from);
    let denial = match verdict {
        Verdict::Allowed(rule) => {
            let is_right = explanation.allowed_by.contains(&name(rule)?);
            return (!is_right).then(|| format!("{:?} does not allow it", name(rule)));
        }
        Verdict::Denied(denial) => denial,
    };
    let nearest = denial.nearest.and_then(name);
    let found = format!("denied by {:?}, nearest {nearest:?}", denial.reason);
    if !explanation.allowed_by.is_empty() {
        return Some(found);
    }
    let first = explanation.near.first().and_then(|near| near.missing.first());
    let expected = match first {
        _ if question.is_malformed() => Reason::MalformedRequest,
        _ if explanation.not_canonical_at.is_some() => Reason::NonCanonicalPath,
        _ if question.peer.is_none() => Reason::MissingPeer,
        None => Reason::Destination,
        Some(missing) => reason(missing),
    };
    if denial.reason != expected {
        return Some(format!("{found}, not {expected:?}"));
    }
    if expected < Reason::Peer {
        return nearest.map(|_| found);
    }
    // All that were lost at the same level; there may be more than are told.
    let level = |missing: &Missing| std::mem::discriminant(missing);
    let lost = |missing: Option<&Missing>| missing.map(level) == first.map(level);
    let near = explanation.near.iter();
    let lost: Vec<_> = near.filter(|near| lost(near.missing.first())).map(|it| &it.rule).collect();
    let is_told = nearest.as_ref().is_some_and(|nearest| lost.contains(&nearest));
    if !is_told && lost.len() < 3 {
        return Some(format!("{found}, not one of {lost:?}"));
    }
    let place = |rule: &RuleName| (rule.target.clone(), rule.route.clone());
    let is_first = lost.iter().all(|other| nearest.as_ref().map(place) <= Some(place(other)));
    (!is_first && expected != Reason::Header).then(|| format!("{found}, not the first of {lost:?}"))
}

/// How a table says that something is missing.
fn reason(missing: &Missing) -> Reason {
    match missing {
        Missing::Source { .. } => Reason::Peer,
        Missing::Protocol { .. } | Missing::Port { .. } => Reason::Port,
        Missing::Path { .. } => Reason::Path,
        Missing::Method { .. } => Reason::Method,
        Missing::Host { .. } => Reason::Host,
        Missing::Header { .. } => Reason::Header,
    }
}
