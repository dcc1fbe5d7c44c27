//! From resolved policies to the bytes of a table.

use smi_model::diagnostic::{Diagnostic, Findings};
use smi_model::source::{SourceMap, Span};

use crate::code;
use crate::ir::PolicySet;
use crate::lower::{self, Refusal};

/// Whose requests a table decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope<'a> {
    /// Those of every workload.
    Mesh,
    /// Those of the workload with this SPIFFE ID.
    Workload(&'a str),
}

/// Compiles a decision table.
///
/// `sources` are the texts that the policies were read from: the table tells for
/// every rule in which file and line it was written.
///
/// The value is `None` when a limit was exceeded; the diagnostics say which.
#[must_use]
pub fn compile(
    policies: &PolicySet,
    sources: &SourceMap,
    scope: Scope<'_>,
) -> Findings<Option<Vec<u8>>> {
    let workload = match scope {
        Scope::Mesh => None,
        Scope::Workload(identity) => Some(identity),
    };
    let plan = match lower::plan(policies, sources, workload) {
        Ok(plan) => plan,
        Err(refusals) => {
            let diagnostics = refusals.iter().map(describe).collect();
            return Findings { value: None, diagnostics };
        }
    };
    match plan.write() {
        Ok(bytes) => Findings { value: Some(bytes), diagnostics: Vec::new() },
        Err(_) => Findings { value: None, diagnostics: vec![describe(&Refusal::Diagram)] },
    }
}

fn describe(refusal: &Refusal) -> Diagnostic {
    match refusal {
        Refusal::Pattern(pattern, span) => {
            let message =
                format!("the automaton of `{}` exceeds the size limit", pattern.expression());
            Diagnostic::error(code::PATTERN_TOO_LARGE, *span, message).label("in this match").help(
                "counted repetitions behind `.*` double it with each count; use fewer, or `*`",
            )
        }
        Refusal::Diagram => Diagnostic::error(
            code::POLICIES_TOO_LARGE,
            Span::default(),
            "the policies are too large for one table",
        )
        .help("compile a table for each workload, or raise the limit"),
    }
}
