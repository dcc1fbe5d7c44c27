//! "Did you mean …?"

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
    let most = candidate.len().div_ceil(3).min(3);
    if word.len() > 2 && word.len() < candidate.len() {
        let start = candidate.get(..word.len());
        if start.is_some_and(|start| start.eq_ignore_ascii_case(word)) {
            return Some(1);
        }
    }
    if word.len().abs_diff(candidate.len()) > most {
        return None;
    }
    let distance = edits(&word.to_ascii_lowercase(), &candidate.to_ascii_lowercase());
    (distance <= most).then_some(distance)
}

/// The Levenshtein distance in bytes, row by row.
fn edits(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (1..=to.len()).collect();
    for (deleted, letter) in from.bytes().enumerate() {
        let (mut diagonal, mut left) = (deleted, deleted + 1);
        for (cell, other) in row.iter_mut().zip(to.bytes()) {
            let replaced = diagonal + usize::from(letter != other);
            diagonal = *cell;
            left = replaced.min(diagonal + 1).min(left + 1);
            *cell = left;
        }
    }
    row.last().copied().unwrap_or(from.len())
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
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("abc", ""), 3);
    }
}
