//! Help for a name that does not exist: the nearest of those that do.

use smi_model::diagnostic::Diagnostic;
use smi_model::diagnostic::suggest::closest;
use smi_model::source::Spanned;

/// Adds the nearest name as help, or, when none is near, the names that exist.
///
/// No fix is offered: which of the existing names is meant is not certain.
pub(super) fn suggest<'a>(
    diagnostic: Diagnostic,
    written: &Spanned<String>,
    names: impl IntoIterator<Item = &'a str>,
) -> Diagnostic {
    const MOST: usize = 8;
    // Every missing name is compared to all of them.
    const MOST_COMPARED: usize = 1_000;
    let mut names: Vec<&str> = names.into_iter().take(MOST_COMPARED + 1).collect();
    if names.len() > MOST_COMPARED {
        return diagnostic;
    }
    names.sort_unstable();
    names.dedup();
    match closest(&written.value, names.iter().copied()) {
        Some(name) => diagnostic.help(format!("did you mean `{name}`?")),
        None if names.is_empty() || names.len() > MOST => diagnostic,
        None => {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            diagnostic.help(format!("known here: {}", names.join(", ")))
        }
    }
}
