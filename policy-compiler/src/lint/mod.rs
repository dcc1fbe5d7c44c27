//! Lints: what policies say, and what is perhaps not meant.
//!
//! Policies with findings of lints are valid, and mean what they say. So each
//! finding shows a request that tells the reader what that is; the automata give
//! it, and where they would need too much work, the finding is that.
//!
//! `rules` is the list, one file for each. [`Levels`] says what becomes of their
//! findings, and a comment in the text allows one where it is meant:
//!
//! ```yaml
//! - name: metrics
//!   pathRegex: /metrics # smi:allow(open-ended-path): its sub-paths are meant
//! ```
//!
//! Such a comment allows findings that begin on its line. When it stands alone, it
//! allows those on the next line, and all in the object, match, rule, source or
//! backend that begins there.

mod allow;
mod claim;
mod context;
mod cover;
mod levels;
mod rules;
mod stated;
#[cfg(test)]
mod tests;

use smi_model::canonical::Bundle;
use smi_model::diagnostic::{Code, Diagnostic, Findings, Severity};
use smi_model::source::SourceMap;

pub use self::levels::{Level, Levels, UnknownLint};

use self::allow::Allowed;
use self::claim::Claim;
use self::context::Context;
use crate::code;
use crate::ir::PolicySet;

/// A kind of finding that can be switched on and off, with its documentation.
#[derive(Debug)]
pub struct Lint {
    code: Code,
    default: Level,
    page: &'static str,
    check: Option<fn(&mut Context<'_>)>,
}

impl Lint {
    /// Its code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The name under which it is switched, for example `open-ended-path`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.code.name
    }

    /// What becomes of its findings when nobody says anything else.
    #[must_use]
    pub const fn default_level(&self) -> Level {
        self.default
    }

    /// Comments cannot allow what is said about comments.
    fn is_about_comments(&self) -> bool {
        [code::UNKNOWN_LINT, code::UNUSED_ALLOW].contains(&self.code)
    }

    /// What it finds, in one line.
    #[must_use]
    pub fn summary(&self) -> &'static str {
        self.page.lines().next().unwrap_or_default().trim().trim_end_matches('.')
    }

    /// What it finds, why that matters and what to do about it, in Markdown.
    #[must_use]
    pub fn page(&self) -> String {
        let (name, code) = (self.name(), self.code);
        let mut page = format!("# {name} ({code}, {} by default)\n\n", self.default);
        for line in self.page.lines() {
            page += line.strip_prefix(' ').unwrap_or(line);
            page.push('\n');
        }
        page
    }
}

/// All lints, in the order of their codes.
#[must_use]
pub const fn all() -> &'static [&'static Lint] {
    rules::ALL
}

/// The lint with this name or code.
///
/// ```
/// use policy_compiler::lint;
///
/// assert_eq!(lint::find("SMI510").map(lint::Lint::name), Some("open-ended-path"));
/// ```
#[must_use]
pub fn find(name: &str) -> Option<&'static Lint> {
    all().iter().find(|lint| lint.name() == name || lint.code.to_string() == name).copied()
}

/// What lints find in policies, together with what was found while they were
/// resolved, in the order of the text.
///
/// The levels and the comments are about all of it: some of what is noticed while
/// policies are resolved is a lint as well.
#[must_use]
pub fn lint(
    bundle: &Bundle,
    resolved: &Findings<PolicySet>,
    sources: &SourceMap,
    levels: &Levels,
) -> Vec<Diagnostic> {
    let found = found(bundle, &resolved.value, sources, levels);
    let found = found.into_iter().map(|finding| finding.diagnostic);
    let mut diagnostics = resolved.diagnostics.clone();
    diagnostics.extend(found);
    smi_model::diagnostic::sort(&mut diagnostics);
    let mut allowed = Allowed::of(bundle, sources, levels);
    diagnostics.retain(|finding| !allowed.allows(finding));
    diagnostics.extend(allowed.into_findings());
    diagnostics.retain_mut(|finding| levels.apply(finding));
    smi_model::diagnostic::sort(&mut diagnostics);
    name_first_of_each(&mut diagnostics);
    diagnostics
}

/// Something that a lint found, and what it says of requests.
struct Finding {
    diagnostic: Diagnostic,
    #[cfg_attr(not(test), expect(dead_code, reason = "tests ask tables whether it is true"))]
    claims: Vec<Claim>,
}

fn found(
    bundle: &Bundle,
    policies: &PolicySet,
    sources: &SourceMap,
    levels: &Levels,
) -> Vec<Finding> {
    let mut context = Context::new(bundle, policies, sources);
    for lint in rules::ALL {
        if let Some(check) = lint.check.filter(|_| levels.of(lint) != Level::Allow) {
            check(&mut context);
        }
    }
    context.into_findings()
}

/// Findings show codes only. Whoever wants to switch a lint needs its name, but
/// not a hundred times.
fn name_first_of_each(diagnostics: &mut [Diagnostic]) {
    let mut named = std::collections::BTreeSet::new();
    for diagnostic in diagnostics {
        let Some(lint) = find_by_code(diagnostic.code) else { continue };
        if named.insert(diagnostic.code) {
            let name = lint.name();
            let line = match diagnostic.severity {
                Severity::Error => format!("lint `{name}` is set to `deny`"),
                Severity::Warning if lint.is_about_comments() => format!("this is lint `{name}`"),
                Severity::Warning => format!("to allow it here: `# smi:allow({name})`"),
            };
            diagnostic.help.push(line);
        }
    }
}

fn find_by_code(code: Code) -> Option<&'static Lint> {
    all().iter().find(|lint| lint.code == code).copied()
}
