//! "Did you mean": the nearest of the names that exist.

use smi_model::diagnostic::Diagnostic;
use smi_model::source::Spanned;

/// Adds the nearest name as help, or, when none is near, the names that exist.
pub(super) fn suggest<'a>(
    diagnostic: Diagnostic,
    written: &Spanned<String>,
    names: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    const MOST: usize = 8;
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_unstable();
    names.dedup();
    let near = names
        .iter()
        .map(|name| (distance(&written.value, name), *name))
        .filter(|(distance, name)| *distance <= name.chars().count().max(3) / 3)
        .min();
    if let Some((_, name)) = near {
        return diagnostic
            .help(format!("did you mean `{name}`?"))
            .fix(written.span, name.to_owned());
    }
    if names.is_empty() || names.len() > MOST {
        return diagnostic;
    }
    let list: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    diagnostic.help(format!("there is {}", list.join(", ")))
}

/// Levenshtein's distance, in characters.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, to) in row.iter_mut().skip(1).zip(b.chars()) {
            left = (diagonal + usize::from(from != to)).min(*cell + 1).min(left + 1);
            diagonal = std::mem::replace(cell, left);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("books", "books"), 0);
    }
}
