//! "Did you mean …?"

/// Words longer than this are not compared: nobody types them by accident, and
/// the comparison takes the product of both lengths.
const MAX_LENGTH: usize = 64;

/// The candidate that `word` is most probably a misspelling of.
pub(crate) fn closest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .into_iter()
        .filter_map(|candidate| Some((distance(word, candidate)?, candidate)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters differ, regardless of case; `None` when too many do. Words
/// that are cut short count as if one letter were missing.
fn distance(word: &str, candidate: &str) -> Option<usize> {
    if word.len() > MAX_LENGTH {
        return None;
    }
    let word: Vec<char> = word.to_lowercase().chars().collect();
    let candidate: Vec<char> = candidate.to_lowercase().chars().collect();
    if word.len() > 2 && candidate.starts_with(&word) {
        return Some(1);
    }
    let distance = edits(&word, &candidate);
    (distance <= candidate.len().div_ceil(3).min(3)).then_some(distance)
}

/// The Levenshtein distance, row by row.
fn edits(from: &[char], to: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (deleted, letter) in from.iter().enumerate() {
        let mut left = deleted + 1;
        let mut next = vec![left];
        for (diagonal, (above, other)) in row
            .iter()
            .zip(row.iter().skip(1))
            .zip(to)
            .map(|((diagonal, above), other)| (*diagonal, (*above, other)))
        {
            let replaced = diagonal + usize::from(letter != other);
            left = replaced.min(above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

/// A sentence that lists what there is of a noun: "its kinds are `a`, `b`".
pub(crate) fn listed(noun: &str, names: &[&str]) -> String {
    match names {
        [] => format!("it has no {noun}s"),
        [only] => format!("its only {noun} is `{only}`"),
        _ => {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            format!("its {noun}s are {}", names.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspellings_find_their_word() {
        let fields = ["name", "namespace", "kind", "weight", "matches"];
        assert_eq!(closest("wieght", fields), Some("weight"));
        assert_eq!(closest("Namespace", fields), Some("namespace"));
        assert_eq!(closest("nmae", fields), Some("name"));
        assert_eq!(closest("match", fields), Some("matches"));
        assert_eq!(closest("HTTPRoute", ["TCPRoute", "HTTPRouteGroup"]), Some("HTTPRouteGroup"));
        assert_eq!(closest("port", fields), None);
        assert_eq!(closest("", fields), None);
        assert_eq!(closest(&"name".repeat(100), fields), None);
    }

    #[test]
    fn distance_counts_edits() {
        let count = |a: &str, b: &str| {
            edits(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>())
        };
        assert_eq!(count("kitten", "sitting"), 3);
        assert_eq!(count("", "abc"), 3);
        assert_eq!(count("abc", ""), 3);
    }
}
