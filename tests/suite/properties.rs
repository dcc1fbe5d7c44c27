//! What must hold for all policies and all bytes.

use conformance::engine::{self, Compiler, Decision, Engine, File, Policies, Tables};
use conformance::generate::{Scenario, scenario};
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
        let written = decisions(&scenario.policies(), &scenario);
        prop_assert_eq!(written, decisions(&reordered, &scenario));
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
