//! Which Services share the requests for a root, so that answers can be compared.

use std::collections::BTreeMap;
use std::fmt;

/// What an engine says: Services of the root's namespace, their weights, and the
/// port of their pods where it is not the one that was asked for.
pub type Answer = Vec<(String, u64, Option<u16>)>;

/// Who gets which part, in lowest terms: all that is the same for clients is the
/// same here. Empty when nobody can say, because two splits claim the request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shares(BTreeMap<(String, Option<u16>), u64>);

impl Shares {
    /// The root alone, which no split shares.
    #[must_use]
    pub fn root(service: &str) -> Self {
        Self::from(vec![(service.to_owned(), 1, None)])
    }

    /// Whether two splits claim the request.
    #[must_use]
    pub fn is_overlap(&self) -> bool {
        self.0.is_empty()
    }

    /// Who gets a part.
    pub fn services(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|(service, _)| service.as_str())
    }

    /// The part of a Service, and the sum of all parts.
    #[must_use]
    pub fn part_of(&self, service: &str) -> (u64, u64) {
        let of_it = self.0.iter().filter(|((name, _), _)| name == service);
        (of_it.map(|(_, weight)| weight).sum(), self.0.values().sum())
    }
}

impl From<Answer> for Shares {
    fn from(answer: Answer) -> Self {
        let mut parts = BTreeMap::new();
        for (service, weight, target_port) in answer.into_iter().filter(|(_, it, _)| *it > 0) {
            *parts.entry((service, target_port)).or_default() += weight;
        }
        let divisor = parts.values().copied().fold(0, greatest_common_divisor);
        parts.values_mut().for_each(|weight| *weight /= divisor);
        Self(parts)
    }
}

fn greatest_common_divisor(left: u64, right: u64) -> u64 {
    if right == 0 { left } else { greatest_common_divisor(right, left % right) }
}

/// As the corpus writes it: `v1 9, v2 1 on 8081`.
impl fmt::Display for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_overlap() {
            return f.write_str("overlap");
        }
        for (at, ((service, port), weight)) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{service} {weight}")?;
            port.map_or(Ok(()), |port| write!(f, " on {port}"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_compared_in_lowest_terms() {
        let shares = |answer: &[(&str, u64, Option<u16>)]| {
            let parts = answer.iter().map(|&(name, weight, port)| (name.to_owned(), weight, port));
            Shares::from(parts.collect::<Answer>()).to_string()
        };
        assert_eq!(shares(&[("v2", 10, None), ("v1", 90, None), ("v3", 0, None)]), "v1 9, v2 1");
        assert_eq!(shares(&[("a", 1, None), ("a", 1, None), ("b", 2, Some(80))]), "a 1, b 1 on 80");
        assert_eq!(shares(&[]), "overlap");
    }
}
