//! "Did you mean …?"

/// Words longer than this are not compared: nobody types them by accident, and
/// the comparison takes the product of both lengths.
const MAX_LENGTH: usize = 64;

/// The candidate that `word` is most probably a misspelling of; of equally near
/// ones the first.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .filter_map(|candidate| Some((distance(word, candidate)?, candidate)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters differ, regardless of case; `None` when too many do.
fn distance(word: &str, candidate: &str) -> Option<usize> {
    if word.len() > MAX_LENGTH {
        return None;
    }
    let distance = strsim::osa_distance(&word.to_lowercase(), &candidate.to_lowercase());
    (distance <= candidate.chars().count().div_ceil(3).min(3)).then_some(distance)
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
