//! "Did you mean …?"

/// The candidate that `word` is most probably a misspelling of; of equally near
/// ones the first.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .filter_map(|candidate| Some((distance(word, candidate)?, candidate)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The candidate that `word` is a misspelling of, when no other is near.
#[must_use]
pub fn only_close<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let mut near = candidates.iter().filter(|candidate| distance(word, candidate).is_some());
    near.next().filter(|_| near.next().is_none()).copied()
}

/// The candidate that `word` can only be meant for: it differs in the case of
/// letters, or no other is one letter away, or two letters that are swapped.
pub fn misspelt<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let edits = |candidate: &str| match distance(word, candidate) {
        // Words that are cut short may be other words.
        Some(edits) if candidate.len().abs_diff(word.len()) <= 1 => edits,
        _ => usize::MAX,
    };
    let candidates: Vec<&str> = candidates.into_iter().filter(|it| it.len() > 2).collect();
    let same = candidates.iter().find(|candidate| edits(candidate) == 0);
    let mut near = candidates.iter().filter(|candidate| edits(candidate) == 1);
    same.or_else(|| near.next().filter(|_| near.next().is_none())).copied()
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
    // The comparison takes the product of both lengths.
    if word.len().abs_diff(candidate.len()) > most {
        return None;
    }
    let distance =
        strsim::osa_distance(&word.to_ascii_lowercase(), &candidate.to_ascii_lowercase());
    (distance <= most).then_some(distance)
}

/// A sentence that lists what there is of a noun: "its kinds are `a`, `b`".
#[must_use]
pub fn listed(noun: &str, names: &[&str]) -> String {
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
    fn certain_misspellings_have_one_meaning() {
        assert_eq!(only_close("wieght", &["name", "weight"]), Some("weight"));
        assert_eq!(only_close("nam", &["name", "namespace"]), None);
        let methods = ["*", "GET", "PUT", "POST", "PATCH"];
        assert_eq!(misspelt("get", methods), Some("GET"));
        assert_eq!(misspelt("PTU", methods), Some("PUT"));
        assert_eq!(misspelt("POSTS", methods), Some("POST"));
        assert_eq!(misspelt("POT", methods), None);
        assert_eq!(misspelt("FETCH", methods), None);
        assert_eq!(misspelt("x", methods), None);
        assert_eq!(misspelt("HTTPRoute", ["HTTPRouteGroup"]), None);
    }

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
}
