//! Splits of one root that want the same request.

use smi_model::diagnostic::Diagnostic;

use super::super::Resolver;
use crate::automata::TooLarge;
use crate::code;
use crate::example::{Example, Examples};
use crate::ir::Split;

impl Resolver<'_> {
    /// Takes splits out of force of which it is not clear to which a request
    /// belongs. `splits` are those of one root.
    pub(super) fn drop_overlapping(&mut self, splits: &mut Vec<Split>) {
        let mut examples = Examples::new(self.options.limits.automaton_bytes);
        let mut overlapping = vec![false; splits.len()];
        for (first, one) in splits.iter().enumerate() {
            for (second, other) in splits.iter().enumerate().skip(first + 1) {
                let found = common_request(one, other, &mut examples);
                if matches!(found, Ok(None)) {
                    continue;
                }
                self.report(describe(one, other, found));
                for index in [first, second] {
                    if let Some(flag) = overlapping.get_mut(index) {
                        *flag = true;
                    }
                }
            }
        }
        let mut overlapping = overlapping.into_iter();
        splits.retain(|_| overlapping.next() == Some(false));
    }
}

/// A request that fulfils a condition of each. A split without conditions takes
/// only what others leave.
fn common_request(
    one: &Split,
    other: &Split,
    examples: &mut Examples,
) -> Result<Option<Example>, TooLarge> {
    let (Some(ours), Some(theirs)) = (&one.conditions, &other.conditions) else { return Ok(None) };
    for (mine, yours) in ours.iter().flat_map(|mine| theirs.iter().map(move |it| (mine, it))) {
        if let Some(example) = examples.of_all(&[mine, yours])? {
            return Ok(Some(example));
        }
    }
    Ok(None)
}

fn describe(one: &Split, other: &Split, found: Result<Option<Example>, TooLarge>) -> Diagnostic {
    let (message, example) = match found {
        Ok(example) => {
            let message = format!(
                "TrafficSplits `{}` and `{}` share the same requests for `{}`",
                one.name, other.name, one.root
            );
            (message, example.map(|example| format!("both want {example}")))
        }
        Err(TooLarge) => {
            let message = format!(
                "whether TrafficSplits `{}` and `{}` share the same requests takes too much work \
                 to tell",
                one.name, other.name
            );
            (message, Some("use simpler expressions in their HTTPRouteGroups".to_owned()))
        }
    };
    let error = Diagnostic::error(code::OVERLAPPING_SPLITS, other.span, message)
        .label("neither of them is in force")
        .related(one.span, "the other one");
    match example {
        Some(help) => error.help(help),
        None => error,
    }
}
