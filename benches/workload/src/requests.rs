//! Requests near the rules of a policy: half of them are allowed, the others miss
//! a rule by one thing.

use decision_table::{Destination, Headers, Protocol, Request};
use policy_compiler::spiffe_id;

use crate::policies::{Policies, Shape};
use crate::random::Random;

/// The length of every path, if one does not ask for another.
pub const PATH_BYTES: usize = 40;

const SEED: u64 = 0x0005_eed0_f5a1;
const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz";

/// What a request has to do with the rule that it was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The rule allows it.
    Allowed,
    /// Nobody knows the caller.
    UnknownPeer,
    /// The path is another rule's, whose caller is another, or nobody's.
    OtherPath,
    /// The method is not allowed.
    OtherMethod,
    /// The path goes on differently, as late as it can: all but its last bytes
    /// look like the rule's.
    LongerPath,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 5] =
        [Self::Allowed, Self::UnknownPeer, Self::OtherPath, Self::OtherMethod, Self::LongerPath];

    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::UnknownPeer => "unknown peer",
            Self::OtherPath => "other path",
            Self::OtherMethod => "other method",
            Self::LongerPath => "longer path",
        }
    }
}

/// A request.
#[derive(Clone, Debug)]
pub struct Call {
    /// The SPIFFE ID of the caller.
    pub peer: String,
    /// The method.
    pub method: &'static str,
    /// The path.
    pub path: String,
    /// What it was made for.
    pub kind: Kind,
}

impl Call {
    /// What the engines must say.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.kind == Kind::Allowed
    }

    /// The request as a table wants it.
    #[must_use]
    pub fn request<'a>(
        &'a self,
        destination: Destination<'a>,
        headers: &'a dyn Headers,
    ) -> Request<'a> {
        Request {
            protocol: Protocol::Http,
            peer: Some(self.peer.as_bytes()),
            destination,
            port: Some(8080),
            method: Some(self.method.as_bytes()),
            path: Some(self.path.as_bytes()),
            authority: Some(b"server.app:8080"),
            headers,
        }
    }
}

/// Different requests in random order, each with a path of `path_bytes`: half of
/// them allowed, and as many of each kind of denial. At least 4,096, and enough
/// that every rule is asked for.
#[must_use]
pub fn calls(policies: &Policies, path_bytes: usize) -> Vec<Call> {
    let kinds = [Kind::Allowed; 4].into_iter().chain(Kind::ALL.into_iter().skip(1));
    make(policies, path_bytes, &kinds.collect::<Vec<_>>())
}

/// As [`calls`], but all of one kind.
#[must_use]
pub fn calls_of(policies: &Policies, path_bytes: usize, kind: Kind) -> Vec<Call> {
    make(policies, path_bytes, &[kind])
}

fn make(policies: &Policies, path_bytes: usize, kinds: &[Kind]) -> Vec<Call> {
    let mut random = Random::new(SEED);
    let count = policies.rules.len().next_power_of_two().max(4_096);
    // Each round of kinds takes its rules one after the other: all rules are asked
    // for, most of them by several kinds.
    let mut calls: Vec<_> = (0..count)
        .map(|index| {
            let rule = (index + index / kinds.len()) % policies.rules.len();
            call(policies, rule, kinds[index % kinds.len()], path_bytes, &mut random)
        })
        .collect();
    random.shuffle(&mut calls);
    calls
}

fn call(
    policies: &Policies,
    rule: usize,
    kind: Kind,
    path_bytes: usize,
    random: &mut Random,
) -> Call {
    let peer = match kind {
        Kind::UnknownPeer => spiffe_id("cluster.local", "clients", &format!("stranger{rule}")),
        _ => policies.rules[rule].caller.clone(),
    };
    let method = match kind {
        Kind::OtherMethod => ["DELETE", "PUT"][random.below(2)],
        _ => ["GET", "POST"][random.below(2)],
    };
    let path = path(policies, rule, kind, path_bytes, random);
    Call { peer, method, path, kind }
}

fn path(
    policies: &Policies,
    rule: usize,
    kind: Kind,
    path_bytes: usize,
    random: &mut Random,
) -> String {
    let rules = policies.rules.len();
    // The next rule's path; nobody's where there is one caller for all, or one rule.
    let wanted = match kind {
        Kind::OtherPath if policies.shape == Shape::OneCaller || rules == 1 => rules + rule,
        Kind::OtherPath => (rule + 1) % rules,
        _ => rule,
    };
    let astray = kind == Kind::LongerPath;
    match policies.shape {
        Shape::Expressions | Shape::OneCaller => {
            let mut path = format!("/service{wanted}/items/");
            // Digits alone, or six of them and something below.
            let digits = if random.below(2) == 0 { path_bytes } else { path.len() + 6 };
            fill(&mut path, digits.min(path_bytes), b"0123456789", random);
            if path.len() < path_bytes {
                path.push('/');
            }
            fill(&mut path, path_bytes, ALPHABET, random);
            if astray { stray_at_the_end(&path, random) } else { path }
        }
        Shape::Prefixes => {
            let mut path = format!("/service{wanted}/items");
            path.push_str(if astray { "-of-others/" } else { "/" });
            fill(&mut path, path_bytes, ALPHABET, random);
            path
        }
        Shape::Literal => {
            let expression = format!("/service{wanted}/items/0123456789012345678901");
            if astray { expression + "/more" } else { expression }
        }
        Shape::Floating => {
            let word = if astray { "administration" } else { "admin" };
            let found = format!("/{word}{wanted}/");
            let mut path = "/".to_owned();
            let before = path_bytes.saturating_sub(found.len()) / 2;
            fill(&mut path, before, ALPHABET, random);
            path.push_str(&found);
            fill(&mut path, path_bytes, ALPHABET, random);
            path
        }
    }
}

/// Digits up to the end of the path, and there something that is neither a digit
/// nor a slash.
fn stray_at_the_end(path: &str, random: &mut Random) -> String {
    let mut stray: String = path.split_inclusive('/').take(3).collect();
    fill(&mut stray, path.len() - 1, b"0123456789", random);
    fill(&mut stray, path.len(), ALPHABET, random);
    stray
}

/// Lengthens a text to `length` with random letters of an alphabet.
pub fn fill(text: &mut String, length: usize, alphabet: &[u8], random: &mut Random) {
    while text.len() < length {
        text.push(char::from(alphabet[random.below(alphabet.len())]));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use decision_table::{Destination, NoHeaders};

    use super::{Kind, PATH_BYTES, calls};
    use crate::policies::{Condition, Policies, Shape};

    #[test]
    fn requests_are_different_and_decided_as_they_are_meant() {
        for shape in [Shape::Expressions, Shape::Prefixes, Shape::OneCaller] {
            let policies = Policies::new(shape, 20, Condition::None);
            let calls = calls(&policies, PATH_BYTES);
            let table = policies.table();
            for call in &calls {
                assert_eq!(call.path.len(), PATH_BYTES, "{call:?}");
                let request = call.request(Destination::OfTable, &NoHeaders);
                assert_eq!(table.decide(&request).is_allowed(), call.is_allowed(), "{call:?}");
            }
            let of = |kind| calls.iter().filter(|call| call.kind == kind).count();
            assert_eq!(Kind::ALL.map(of), [2048, 512, 512, 512, 512]);
            let different: BTreeSet<_> =
                calls.iter().map(|call| (&call.peer, call.method, &call.path)).collect();
            assert_eq!(different.len(), calls.len());
        }
    }
}
