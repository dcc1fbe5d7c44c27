//! Comments that allow findings where they are meant.

use std::collections::BTreeMap;

use smi_model::canonical::{Bundle, Meta};
use smi_model::diagnostic::Diagnostic;
use smi_model::source::{SourceFile, SourceMap, Span};
use smi_model::{Comment, comments};

use super::levels::UnknownLint;
use super::{Level, Levels, Lint, find};
use crate::code;

const MARK: &str = "smi:allow";

/// What all comments allow.
pub(super) struct Allowed {
    permissions: Vec<Permission>,
    /// Of comments that are not understood.
    findings: Vec<Diagnostic>,
}

/// One name in a comment.
struct Permission {
    lint: &'static Lint,
    name: Span,
    /// Where findings begin that are allowed.
    scopes: Vec<Span>,
    /// Whether its being of use can be told.
    is_judged: bool,
    is_used: bool,
}

impl Allowed {
    pub(super) fn of(bundle: &Bundle, sources: &SourceMap, levels: &Levels) -> Self {
        let mut allowed = Self { permissions: Vec::new(), findings: Vec::new() };
        // Comments are a second reading of the text.
        let files: Vec<_> = sources.files().filter(|file| file.text().contains(MARK)).collect();
        if files.is_empty() {
            return allowed;
        }
        let items = Items::of(bundle);
        for file in files {
            for comment in comments(file) {
                allowed.add(&comment, file, &items, levels);
            }
        }
        allowed
    }

    /// Whether a comment allows a finding.
    pub(super) fn allows(&mut self, finding: &Diagnostic) -> bool {
        let mut allows = false;
        for permission in &mut self.permissions {
            let start = finding.primary.span.start;
            let holds = |scope: &Span| scope.start <= start && start < scope.end;
            if permission.lint.code == finding.code && permission.scopes.iter().any(holds) {
                permission.is_used = true;
                allows = true;
            }
        }
        allows
    }

    /// What is to be said of the comments themselves.
    pub(super) fn into_findings(self) -> Vec<Diagnostic> {
        let mut findings = self.findings;
        let unused = self.permissions.iter().filter(|it| it.is_judged && !it.is_used);
        findings.extend(unused.map(|permission| {
            let message = format!("lint `{}` finds nothing here", permission.lint.name());
            Diagnostic::warning(code::UNUSED_ALLOW, permission.name, message)
                .label("this allows nothing")
                .help("remove the name, or write the comment on the line that it is about")
        }));
        findings
    }

    fn add(&mut self, comment: &Comment, file: &SourceFile, items: &Items, levels: &Levels) {
        let text = comment.text.value.as_str();
        let Some(list) = text.trim_start().strip_prefix(MARK) else { return };
        let named = list.trim_start().strip_prefix('(').and_then(|list| list.split_once(')'));
        let Some((names, _)) = named else {
            let finding = Diagnostic::warning(
                code::UNKNOWN_LINT,
                comment.text.span,
                "this comment allows nothing, because it names no lints",
            );
            self.findings.push(finding.help("write `# smi:allow(NAME): reason`"));
            return;
        };
        let scopes = scopes(comment, file, items);
        for name in names.split(',').map(str::trim) {
            let offset = name.as_ptr().addr().saturating_sub(text.as_ptr().addr());
            let place = part(comment.text.span, offset, name.len());
            match find(name) {
                Some(lint) => self.permissions.push(Permission {
                    lint,
                    name: place,
                    scopes: scopes.clone(),
                    is_judged: levels.of(lint) != Level::Allow,
                    is_used: false,
                }),
                None => {
                    let unknown = UnknownLint::of(name);
                    let finding = Diagnostic::warning(
                        code::UNKNOWN_LINT,
                        place,
                        format!("there is no lint `{name}`"),
                    )
                    .label("this allows nothing");
                    self.findings.push(match unknown.nearest() {
                        Some(nearest) => finding.help(format!("did you mean `{nearest}`?")),
                        None => finding,
                    });
                }
            }
        }
    }
}

/// A part of a text that stands at a place as it is.
fn part(place: Span, offset: usize, length: usize) -> Span {
    let bytes = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
    let start = place.start.saturating_add(bytes(offset)).min(place.end);
    Span::new(start, start.saturating_add(bytes(length)).min(place.end))
}

/// Where the findings begin that a comment can allow.
fn scopes(comment: &Comment, file: &SourceFile, items: &Items) -> Vec<Span> {
    let text = file.text();
    let at = file.local(comment.text.span);
    let line = |at: usize| {
        let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |it| it + 1);
        let length = text.get(at..).and_then(|rest| rest.find('\n'));
        start..length.map_or(text.len(), |length| at + length + 1)
    };
    let own = line(at.start);
    if comment.trails {
        return vec![file.span(own)];
    }
    let mut next = own.end;
    while next < text.len() {
        let range = line(next);
        let content = text.get(range.clone()).unwrap_or_default().trim();
        // Behind a comment that stands alone, nothing but comments begins with `#`.
        if content.is_empty() || content.starts_with('#') || content == "---" {
            next = range.end;
            continue;
        }
        let line = file.span(range);
        let mut scopes = items.that_begin_in(line);
        scopes.push(line);
        return scopes;
    }
    Vec::new()
}

/// What a comment can stand above, by where it begins.
struct Items(BTreeMap<u32, Vec<Span>>);

impl Items {
    fn of(bundle: &Bundle) -> Self {
        let mut items = Self(BTreeMap::new());
        let metas = all_metas(bundle);
        let groups = bundle.http_route_groups.iter();
        let matches = groups.flat_map(|it| it.matches.iter().map(|one| one.span));
        let targets = bundle.traffic_targets.iter();
        let parts = targets.flat_map(|target| {
            let sources = target.sources.iter().map(|source| source.span);
            let rules = target.rules.iter().map(|rule| rule.span);
            sources.chain(rules)
        });
        let splits = bundle.traffic_splits.iter();
        let backends = splits.flat_map(|it| it.backends.iter().map(|backend| backend.span));
        let objects = metas.map(|(_, meta)| meta.span);
        for span in objects.chain(matches).chain(parts).chain(backends) {
            items.0.entry(span.start).or_default().push(span);
        }
        items
    }

    fn that_begin_in(&self, line: Span) -> Vec<Span> {
        self.0.range(line.start..line.end).flat_map(|(_, spans)| spans).copied().collect()
    }
}

/// The `kind` and the metadata of all objects of SMI.
pub(super) fn all_metas(bundle: &Bundle) -> impl Iterator<Item = (&'static str, &Meta)> {
    let targets = bundle.traffic_targets.iter().map(|it| ("TrafficTarget", &it.meta));
    let bindings = bundle.identity_bindings.iter().map(|it| ("IdentityBinding", &it.meta));
    let groups = bundle.http_route_groups.iter().map(|it| ("HTTPRouteGroup", &it.meta));
    let tcp = bundle.tcp_routes.iter().map(|it| ("TCPRoute", &it.meta));
    let udp = bundle.udp_routes.iter().map(|it| ("UDPRoute", &it.meta));
    let splits = bundle.traffic_splits.iter().map(|it| ("TrafficSplit", &it.meta));
    targets.chain(bindings).chain(groups).chain(tcp).chain(udp).chain(splits)
}
