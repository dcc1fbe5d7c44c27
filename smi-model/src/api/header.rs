//! `apiVersion` and `kind`: which object a document is.
//!
//! The group decides together with the kind, because other groups have kinds of
//! the same names: Gateway API has a TCPRoute, too. Objects of other groups are
//! passed over silently, but what was meant to be SMI must not be.

use super::{
    cursor::Context,
    kinds::{ACCESS, CORE, KINDS, KindVersion, METRICS, SPECS, SPLIT},
};
use crate::{
    diagnostic::{
        Diagnostic, code,
        suggest::{closest, listed, misspelt},
    },
    document::{Node, NodeKind, Tree},
    source::{Span, Spanned},
};

/// Kinds whose names no other group uses: under a foreign group they are mistakes.
pub(super) const UNMISTAKABLE: [&str; 3] = ["TrafficTarget", "HTTPRouteGroup", "TrafficSplit"];

/// How to decode an object; `None` when it is of no interest, or when it is
/// reported that nobody can. Where a mistake leaves no doubt of what is meant,
/// it is reported, and the object's other mistakes can be as well.
pub(super) fn recognise<'a>(
    context: &'a Context<'a>,
    tree: &'a Tree,
    object: &'a Node,
    assume_version: bool,
) -> Option<&'static KindVersion> {
    if object.is_null() {
        return None;
    }
    match (text(tree, object, "apiVersion"), text(tree, object, "kind")) {
        (Some(api_version), Some(kind)) => Header::new(api_version, kind).row(context, object),
        (None, Some(kind)) if is_known(kind.value) => {
            missing_api_version(context, tree, object, kind, assume_version)
        }
        (Some(api_version), None) if is_smi(group_and_version(api_version.value).0) => {
            report_missing_kind(context, api_version)
        }
        _ => report_no_object(context, tree, object),
    }
}

/// What an object says that it is.
struct Header<'a> {
    /// Where `apiVersion` stands.
    span: Span,
    group: &'a str,
    version: &'a str,
    kind: Spanned<&'a str>,
}

impl<'a> Header<'a> {
    fn new(api_version: Spanned<&'a str>, kind: Spanned<&'a str>) -> Self {
        let (group, version) = group_and_version(api_version.value);
        Self { span: api_version.span, group, version, kind }
    }

    fn row(&self, context: &Context<'_>, object: &Node) -> Option<&'static KindVersion> {
        let exact = |row: &&KindVersion| {
            (row.group, row.version, row.kind) == (self.group, self.version, self.kind.value)
        };
        let row = KINDS.iter().find(exact);
        if row.is_some() || !self.is_meant_as_smi() {
            return row;
        }
        let Some(home) = home(self.kind.value) else {
            context.report(self.unsupported_kind(context, object));
            return None;
        };
        let meant = versions(self.kind.value).find(|row| row.version == self.version);
        let likely = likely_version(context, object, self.kind.value)?;
        context.report(match meant {
            Some(_) => self.wrong_group(home),
            None => self.wrong_version(home, likely, fits(context, object, likely)),
        });
        meant
    }

    fn is_meant_as_smi(&self) -> bool {
        let kind = self.kind.value;
        is_smi(self.group)
            || UNMISTAKABLE.contains(&kind)
            || (self.group == CORE && home(kind).is_some_and(is_smi))
    }

    fn unsupported_kind(&self, context: &Context<'_>, object: &Node) -> Diagnostic {
        let kind = self.kind.value;
        let kinds = kinds(|row| row.group == self.group);
        let message = format!("the kind `{kind}` of `{}` is not supported", self.group);
        let diagnostic = Diagnostic::error(code::UNSUPPORTED_KIND, self.kind.span, message);
        if let Some(meant) = self.misspelt_kind(context, object) {
            return diagnostic.fix(self.kind.span, meant);
        }
        let all = kinds_of_smi();
        match closest(kind, all.iter().copied()) {
            Some(similar) => diagnostic.label(format!("did you mean `{similar}`?")),
            None => diagnostic.help(listed("readable kind", &kinds)),
        }
    }

    /// The kind that is meant for certain: nearly the same name, and no mistakes.
    fn misspelt_kind(&self, context: &Context<'_>, object: &Node) -> Option<&'static str> {
        let is_here = |row: &&KindVersion| (row.group, row.version) == (self.group, self.version);
        let here = || KINDS.iter().filter(is_here);
        let meant = misspelt(self.kind.value, here().map(|row| row.kind))?;
        let row = here().find(|row| row.kind == meant)?;
        fits(context, object, row).then_some(meant)
    }

    fn unsupported_version(&self) -> Diagnostic {
        let kind = self.kind.value;
        let versions: Vec<&str> = versions(kind).map(|row| row.version).collect();
        let message = match self.version {
            "" => format!("the `apiVersion` of this {kind} has no version"),
            version => format!("version `{version}` of {kind} is not supported"),
        };
        Diagnostic::error(code::UNSUPPORTED_VERSION, self.span, message)
            .help(listed("readable version", &versions))
    }

    fn wrong_group(&self, home: &str) -> Diagnostic {
        self.group_mismatch()
            .label(format!("{} belongs to `{home}`", self.kind.value))
            .fix(self.span, format!("{home}/{}", self.version))
    }

    /// What to write instead is certain when the object has no mistakes then.
    fn wrong_version(&self, home: &str, likely: &KindVersion, fits: bool) -> Diagnostic {
        let is_home = self.group == home;
        let diagnostic = if is_home { self.unsupported_version() } else { self.group_mismatch() };
        let api_version = likely.api_version();
        if fits {
            diagnostic.fix(self.span, api_version)
        } else {
            diagnostic.label(format!("did you mean `{api_version}`?"))
        }
    }

    fn group_mismatch(&self) -> Diagnostic {
        let kind = self.kind.value;
        let message = match self.group {
            CORE => format!("the `apiVersion` of this {kind} has no group"),
            group => format!("`{group}` has no kind `{kind}`"),
        };
        Diagnostic::error(code::WRONG_GROUP, self.span, message)
    }
}

/// Splits `group/version`; without a slash, what has a dot can only be a group.
fn group_and_version(api_version: &str) -> (&str, &str) {
    match api_version.split_once('/') {
        Some(parts) => parts,
        None if api_version.contains('.') => (api_version, ""),
        None => (CORE, api_version),
    }
}

fn text<'a>(tree: &'a Tree, object: &'a Node, key: &str) -> Option<Spanned<&'a str>> {
    let node = tree.get(object, key).filter(|node| !node.is_null())?;
    Some(Spanned::new(node.text()?, node.span))
}

/// Whether a group is one of SMI's, or a misspelling of one.
fn is_smi(group: &str) -> bool {
    group.ends_with("smi-spec.io") || closest(group, [ACCESS, SPECS, SPLIT, METRICS]).is_some()
}

fn is_known(kind: &str) -> bool {
    home(kind).is_some()
}

/// The group that a kind belongs to.
fn home(kind: &str) -> Option<&'static str> {
    versions(kind).next().map(|row| row.group)
}

fn versions(kind: &str) -> impl DoubleEndedIterator<Item = &'static KindVersion> {
    KINDS.iter().filter(move |row| row.kind == kind)
}

fn kinds_of_smi() -> Vec<&'static str> {
    kinds(|row| is_smi(row.group))
}

fn kinds(wanted: impl Fn(&KindVersion) -> bool) -> Vec<&'static str> {
    let mut kinds: Vec<_> = KINDS.iter().filter(|it| wanted(it)).map(|it| it.kind).collect();
    kinds.dedup();
    kinds
}

/// The newest version under which the object has no errors, or else the newest;
/// released ones first.
fn likely_version(
    context: &Context<'_>,
    object: &Node,
    kind: &str,
) -> Option<&'static KindVersion> {
    let fits = |row: &&KindVersion| fits(context, object, row);
    let released = |row: &&KindVersion| row.is_released();
    let newest_first = || versions(kind).rev();
    newest_first()
        .filter(released)
        .find(fits)
        .or_else(|| newest_first().find(fits))
        .or_else(|| newest_first().find(released))
        .or_else(|| newest_first().next())
}

/// Whether the object has no errors under a version.
fn fits(context: &Context<'_>, object: &Node, row: &KindVersion) -> bool {
    let trial = context.trial();
    trial.value(object, row.kind).object(row.decode);
    !trial.failed()
}

fn missing_api_version(
    context: &Context<'_>,
    tree: &Tree,
    object: &Node,
    kind: Spanned<&str>,
    assume: bool,
) -> Option<&'static KindVersion> {
    let likely = likely_version(context, object, kind.value)?;
    let api_version = likely.api_version();
    let message = format!("this {} has no `apiVersion`", kind.value);
    let diagnostic = if assume {
        Diagnostic::warning(code::ASSUMED_VERSION, kind.span, message)
            .label(format!("read as `{api_version}`"))
    } else {
        Diagnostic::error(code::MISSING_API_VERSION, kind.span, message)
    };
    // A key without a value is there, and must not be there twice.
    let is_absent = tree.get_own(object, "apiVersion").is_none();
    context.report(match context.insertion(object).filter(|_| is_absent) {
        Some((place, indentation)) => {
            diagnostic.fix(place, format!("apiVersion: {api_version}\n{indentation}"))
        }
        None => diagnostic.help(format!("add `apiVersion: {api_version}`")),
    });
    Some(likely)
}

fn report_missing_kind(
    context: &Context<'_>,
    api_version: Spanned<&str>,
) -> Option<&'static KindVersion> {
    let (group, _) = group_and_version(api_version.value);
    let kinds = kinds(|row| row.group == group);
    let message = format!("this object of `{group}` has no `kind`");
    context.report(
        Diagnostic::error(code::MISSING_KIND, api_version.span, message)
            .help(listed("readable kind", &kinds)),
    );
    None
}

fn report_no_object(
    context: &Context<'_>,
    tree: &Tree,
    object: &Node,
) -> Option<&'static KindVersion> {
    let absent = |key| tree.get(object, key).is_none();
    let reason = match &object.kind {
        NodeKind::Mapping(_) if absent("apiVersion") && absent("kind") => {
            "it has no `apiVersion` and no `kind`".to_owned()
        }
        NodeKind::Mapping(_) if absent("kind") => "it has no `kind`".to_owned(),
        NodeKind::Mapping(_) => "it has no `apiVersion`".to_owned(),
        _ => format!("it is {}", object.description()),
    };
    let message = "this document is not a Kubernetes object, and is passed over";
    let head = tree.head(object);
    context.report(Diagnostic::warning(code::NOT_AN_OBJECT, head, message).label(reason));
    None
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    const BODY: &str = "metadata: {name: r}\nspec: {matches: {ports: [80]}}\n";

    fn header(api_version: &str, kind: &str) -> String {
        format!("apiVersion: {api_version}\nkind: {kind}\n{BODY}")
    }

    #[test]
    fn other_objects_pass_silently() {
        for (api_version, kind) in [
            ("gateway.networking.k8s.io/v1alpha2", "TCPRoute"),
            ("apps/v1", "Deployment"),
            ("v1", "Namespace"),
            ("serving.knative.dev/v1", "Service"),
        ] {
            accept(&header(api_version, kind));
        }
        accept("");
        accept("# nothing\n---\n---\nnull\n");
    }

    #[test]
    fn what_was_meant_as_smi_does_not_pass_silently() {
        for (api_version, kind, error) in [
            (
                "specs.smi-spec.io/v1alpha9",
                "TCPRoute",
                "SMI203 1:13 version `v1alpha9` of TCPRoute is not supported",
            ),
            (
                "specs.smi-spec.io",
                "TCPRoute",
                "SMI203 1:13 the `apiVersion` of this TCPRoute has no version",
            ),
            (
                "access.smi-spec.io/v1alpha4",
                "TCPRoute",
                "SMI202 1:13 `access.smi-spec.io` has no kind `TCPRoute`",
            ),
            (
                "spec.smi-spec.io/v1alpha1",
                "TCPRoute",
                "SMI202 1:13 `spec.smi-spec.io` has no kind `TCPRoute`",
            ),
            ("v1", "TCPRoute", "SMI202 1:13 the `apiVersion` of this TCPRoute has no group"),
            ("v1alpha4", "TCPRoute", "SMI202 1:13 the `apiVersion` of this TCPRoute has no group"),
            (
                "specs.smi-spec.io/v1alpha4",
                "TCPRoutes",
                "SMI204 2:7 the kind `TCPRoutes` of `specs.smi-spec.io` is not supported",
            ),
        ] {
            assert_eq!(reject(&header(api_version, kind))[0], error);
        }
        let foreign = reject(&header("example.com/v1", "TrafficSplit"));
        assert_eq!(foreign, ["SMI202 1:13 `example.com` has no kind `TrafficSplit`"]);
    }

    #[test]
    fn the_likely_version_is_the_newest_that_fits() {
        for (body, version) in [(BODY, "v1alpha4"), ("metadata: {name: r}\nspec: {}\n", "v1alpha3")]
        {
            let findings = read(&format!("  kind: TCPRoute\n{body}").replace('\n', "\n  "));
            let fix = findings.diagnostics[0].fix.as_ref().unwrap();
            assert_eq!(fix.replacement, format!("apiVersion: specs.smi-spec.io/{version}\n  "));
            assert_eq!(findings.value.broken[0].name.as_deref(), Some("r"));
        }
    }

    #[test]
    fn a_key_without_a_value_is_not_written_twice() {
        let findings = read("apiVersion:\nkind: TCPRoute\nmetadata: {name: r}\n");
        let [missing] = findings.diagnostics.as_slice() else { panic!("{findings:?}") };
        assert_eq!((missing.code.name, &missing.fix), ("missing-api-version", &None));
        assert_eq!(missing.help, ["add `apiVersion: specs.smi-spec.io/v1alpha3`"]);
    }

    #[test]
    fn documents_that_are_no_objects_are_named() {
        let warning = "SMI108 1:1 this document is not a Kubernetes object, and is passed over";
        for text in ["- a\n", "text\n", "a: b\n", "kind: Thing\n", "apiVersion: v1\n"] {
            let findings = read(text);
            assert!(!findings.has_errors());
            let message = &findings.diagnostics[0].message;
            assert_eq!(format!("SMI108 1:1 {message}"), warning);
        }
        let no_kind = reject("apiVersion: split.smi-spec.io/v1alpha2\n");
        assert_eq!(no_kind, ["SMI205 1:13 this object of `split.smi-spec.io` has no `kind`"]);
    }
}
