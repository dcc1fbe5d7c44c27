//! What must hold for all policies and all bytes.

use std::rc::Rc;

use conformance::engine::{
    self, Compiler, Decision, Engine, File, Oracle, Policies, Shares, Tables,
};
use conformance::generate::{Scenario, SplitRequest, scenario};
use decision_table::{Destination, Dialect, Table};
use policy_compiler::Scope;
use proptest::prelude::*;
use proptest::sample::Index;

proptest! {
    #![proptest_config(conformance::generate::config())]

    #[test]
    fn the_order_of_documents_changes_no_verdict(
        (scenario, documents) in with_shuffled_documents(),
    ) {
        let reordered = Policies::of(scenario.dialect, &documents.join("---\n"));
        prop_assert_eq!(answers(&scenario.policies(), &scenario), answers(&reordered, &scenario));
    }

    #[test]
    fn the_order_of_files_changes_no_byte((scenario, documents) in with_shuffled_documents()) {
        let written = mesh_table(scenario.dialect, &scenario.bundle.documents());
        let reordered = mesh_table(scenario.dialect, &documents);
        prop_assert!(written == reordered, "the tables differ");
    }

    #[test]
    fn another_target_takes_nothing_away(scenario in scenario()) {
        // The last target is the one that is added. As a twin it would not be
        // added, but take the name of the one before.
        prop_assume!(scenario.bundle.targets.last().is_some_and(|target| !target.is_twin));
        let mut fewer = scenario.clone();
        fewer.bundle.targets.pop();
        let before = decisions(&fewer.policies(), &scenario);
        let after = decisions(&scenario.policies(), &scenario);
        for (before, after) in before.iter().zip(&after) {
            prop_assert!(*before != Decision::Allow || *after == Decision::Allow);
        }
    }

    #[test]
    fn names_of_groups_mean_nothing(scenario in scenario()) {
        // What decides is numbered in the order of names, which `s` before `r` is not.
        let renamed = |names: [(&'static str, &'static str); 2]| {
            let mut renamed = scenario.clone();
            renamed.bundle.rename_groups(|name| {
                names.iter().find(|(old, _)| *old == name).map_or(name, |(_, new)| *new)
            });
            renamed.policies()
        };
        let written = answers(&scenario.policies(), &scenario);
        prop_assert_eq!(&written, &answers(&renamed([("r", "r-new"), ("s", "s-new")]), &scenario));
        let swapped = answers(&renamed([("r", "s"), ("s", "r")]), &scenario);
        prop_assert_eq!(written.decisions, swapped.decisions);
        prop_assert_eq!(written.shares, swapped.shares);
    }

    #[test]
    fn matches_mean_the_same_in_two_groups((scenario, group, at) in with_place_to_divide()) {
        let mut divided = scenario.clone();
        divided.bundle.divide_group(group, at);
        let written = answers(&scenario.policies(), &scenario);
        let divided = answers(&divided.policies(), &scenario);
        prop_assert_eq!(written.decisions, divided.decisions);
        prop_assert_eq!(written.shares, divided.shares);
    }

    #[test]
    fn damaged_tables_are_refused_or_decide(
        scenario in scenario(),
        damages in prop::collection::vec(damage(), 1..4),
        repair in any::<bool>(),
    ) {
        let documents = scenario.bundle.documents();
        let mut bytes = mesh_table(scenario.dialect, &documents).unwrap_or_default();
        for damage in &damages {
            damage.apply(&mut bytes);
        }
        if repair {
            repair_frame(&mut bytes);
        }
        // Refusing is fine. What is not refused must decide, whatever it says.
        if let Ok(table) = Table::from_bytes(bytes) {
            for request in &scenario.requests {
                let workload = request.destination.spiffe_id(engine::TRUST_DOMAIN);
                let destination = Destination::Workload(workload.as_bytes());
                let _ = engine::decide(&table, request, destination);
            }
        }
    }
}

fn decisions(policies: &Policies, scenario: &Scenario) -> Vec<Decision> {
    let enforcer = Tables::OfMesh.load(policies);
    scenario.requests.iter().map(|request| enforcer.decide(request)).collect()
}

/// What engines make of policies.
#[derive(Debug, PartialEq)]
struct Answers {
    decisions: Vec<Decision>,
    shares: Vec<Option<Shares>>,
    /// What stands for all that the table of the mesh decides.
    digest: Option<Vec<u8>>,
}

fn answers(policies: &Policies, scenario: &Scenario) -> Answers {
    let compiler = Rc::new(Compiler::new(policies));
    let engines: [&dyn Engine; 2] = [&Oracle, &Tables::OfMesh];
    let enforcers = engines.map(|engine| engine.start(&compiler));
    let decide = |request| enforcers.iter().map(move |it| it.decide(request));
    let share = |it: &SplitRequest| {
        let shares = enforcers.iter().map(|e| e.shares(it.namespace, it.service, &it.request));
        shares.map(|answer| answer.map(Shares::from)).collect::<Vec<_>>()
    };
    Answers {
        decisions: scenario.requests.iter().flat_map(decide).collect(),
        shares: scenario.split_requests.iter().flat_map(share).collect(),
        digest: compiler.mesh_table().map(|table| table.digest().to_vec()),
    }
}

/// A group with more than one match, and where to divide these. An expression that
/// is refused takes its group with it, which then must not be divided.
fn with_place_to_divide() -> impl Strategy<Value = (Scenario, usize, usize)> {
    (scenario(), any::<Index>(), any::<Index>())
        .prop_map(|(scenario, group, at)| {
            let groups = &scenario.bundle.groups;
            let group = if groups.is_empty() { 0 } else { group.index(groups.len()) };
            let matches = groups.get(group).map_or(0, |group| group.matches.len());
            (scenario, group, if matches > 1 { 1 + at.index(matches - 1) } else { 0 })
        })
        .prop_filter("a group with several valid matches", |(scenario, group, at)| {
            *at > 0 && scenario.bundle.groups[*group].is_valid()
        })
}

fn with_shuffled_documents() -> impl Strategy<Value = (Scenario, Vec<String>)> {
    scenario().prop_flat_map(|scenario| {
        let documents = Just(scenario.bundle.documents()).prop_shuffle();
        (Just(scenario), documents)
    })
}

/// The table of one file per document. A file is named after what is in it, so
/// that it keeps its name wherever it stands.
fn mesh_table(dialect: Dialect, documents: &[String]) -> Option<Vec<u8>> {
    let file = |text: &String| File { name: text.replace('\n', " "), text: text.clone() };
    let files = documents.iter().map(file).collect();
    Compiler::new(&Policies::new(dialect, files)).bytes(Scope::Mesh)
}

/// What happens to bytes on their way.
#[derive(Clone, Debug)]
enum Damage {
    Flip(Index, u8),
    Overwrite(Index, [u8; 4]),
    Cut(Index),
    Append(u8),
}

fn damage() -> impl Strategy<Value = Damage> {
    let word =
        prop_oneof![any::<[u8; 4]>(), (0..4_u32).prop_map(u32::to_le_bytes), Just([0xff; 4]),];
    prop_oneof![
        4 => (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Damage::Flip(at, 1 << bit)),
        4 => (any::<Index>(), word).prop_map(|(at, word)| Damage::Overwrite(at, word)),
        1 => any::<Index>().prop_map(Damage::Cut),
        1 => any::<u8>().prop_map(Damage::Append),
    ]
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let length = bytes.len();
        match self {
            Self::Append(byte) => bytes.push(*byte),
            _ if length == 0 => {}
            Self::Flip(at, bit) => bytes[at.index(length)] ^= bit,
            Self::Cut(at) => bytes.truncate(at.index(length)),
            Self::Overwrite(at, word) => {
                for (byte, new) in bytes.iter_mut().skip(at.index(length)).zip(word) {
                    *byte = *new;
                }
            }
        }
    }
}

/// Makes length and checksum of the frame right again, so that what lies behind
/// them is looked at (`FORMAT.md`, "Frame").
fn repair_frame(bytes: &mut [u8]) {
    let Ok(length) = u32::try_from(bytes.len()) else { return };
    let Some((head, rest)) = bytes.split_at_mut_checked(20) else { return };
    let (covered, checksum) = head.split_at_mut(16);
    covered[12..].copy_from_slice(&length.to_le_bytes());
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(covered);
    hasher.update(rest);
    checksum.copy_from_slice(&hasher.finalize().to_le_bytes());
}
