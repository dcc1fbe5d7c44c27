//! Documents in another version, with everything in them that needs no change
//! left as it is: comments, order, quotes.
//!
//! An object is written in the new version (see [`crate::api`]), and what differs
//! from the old one is changed in the text, piece by piece. Then the result is
//! read again. An object that does not say exactly what it should is written
//! anew as a whole, and if even that does not help, the file is not touched.

mod edit;
mod layout;
mod object;
mod ports;
mod rewrite;
mod targets;
mod write;

pub(crate) use layout::{Fields, below_spec};
pub use targets::{TargetError, Targets};
pub use write::write;

use crate::{
    ReadOptions,
    diagnostic::{Diagnostic, Findings, code, sort},
    source::{SourceFile, SourceMap, Span},
};

/// A file whose objects are in other versions now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converted {
    /// The name of the file.
    pub name: String,
    /// Its new text.
    pub text: String,
    /// How many objects have changed.
    pub objects: usize,
}

/// Converts every SMI object to the version that `targets` names for its group.
///
/// The value holds the files that change. It is empty when the documents have
/// errors, because nobody knows what a broken one means to the others: ports move
/// between objects. What a version cannot express is an error, too; the object
/// then stays as it is.
///
/// ```
/// use smi_model::{ReadOptions, convert::{Targets, convert}, source::SourceMap};
///
/// let mut sources = SourceMap::new();
/// sources.add("routes.yaml", "apiVersion: specs.smi-spec.io/v1alpha1\n\
///     kind: HTTPRouteGroup\nmetadata: {name: books}\nmatches:  # all of them\n\
///     - {name: read, pathRegex: /books}\n")?;
/// let targets = Targets::parse(["v1alpha4"])?;
/// let converted = convert(&sources, &targets, &ReadOptions::default());
/// assert_eq!(converted.value[0].text, "apiVersion: specs.smi-spec.io/v1alpha4\n\
///     kind: HTTPRouteGroup\nmetadata: {name: books}\nspec:\n  matches:  # all of them\n\
///     \x20 - {name: read, pathRegex: /books}\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn convert(
    sources: &SourceMap,
    targets: &Targets,
    options: &ReadOptions,
) -> Findings<Vec<Converted>> {
    let read = crate::read_with(sources, options);
    if read.has_errors() {
        return Findings { value: Vec::new(), diagnostics: read.diagnostics };
    }
    let mut diagnostics = read.diagnostics;
    let moves = ports::moves(&read.value, targets, &mut diagnostics);
    let mut files = Vec::new();
    for file in sources.files() {
        let jobs = object::jobs(file, options, targets, &moves, &mut diagnostics);
        let objects = jobs.iter().filter(|job| job.changes()).count();
        if objects == 0 {
            continue;
        }
        match rewrite::rewrite(file, options, &jobs) {
            Some(text) => files.push(Converted { name: file.name().to_owned(), text, objects }),
            None => diagnostics.push(not_rewritable(file)),
        }
    }
    sort(&mut diagnostics);
    Findings { value: files, diagnostics }
}

fn not_rewritable(file: &SourceFile) -> Diagnostic {
    let start = Span::new(file.base(), file.base());
    let message = "this file cannot be rewritten, because its objects share parts with each other";
    Diagnostic::error(code::NOT_REWRITABLE, start, message)
        .help("write out anchors and aliases, and convert again")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::sources;

    const TARGET: &str = "\
apiVersion: access.smi-spec.io/v1alpha2
kind: TrafficTarget
metadata: {name: t, namespace: ns}
spec:
  destination: {kind: ServiceAccount, name: d, port: 80}
  sources: [{kind: ServiceAccount, name: s}]
  rules:
  - {kind: TCPRoute, name: r}
";
    const ROUTE: &str = "\
apiVersion: specs.smi-spec.io/v1alpha3
kind: TCPRoute
metadata: {name: r, namespace: ns}
";

    /// The new text, and the findings: code, line, column and message.
    fn converted(text: &str, to: &[&str]) -> (String, Vec<String>) {
        let sources = sources(text);
        let targets = Targets::parse(to.iter().copied()).unwrap();
        let converted = convert(&sources, &targets, &ReadOptions::default());
        let finding = |it: &Diagnostic| {
            let place = sources.locate(it.primary.span).unwrap();
            format!("{} {}:{} {}", it.code, place.line, place.column, it.message)
        };
        let text = converted.value.into_iter().next().map_or_else(String::new, |file| file.text);
        (text, converted.diagnostics.iter().map(finding).collect())
    }

    const NEWEST: [&str; 2] = ["access.smi-spec.io/v1alpha3", "v1alpha4"];

    #[test]
    fn a_port_moves_into_the_route_that_only_this_target_uses() {
        let (text, findings) = converted(&format!("{TARGET}---\n{ROUTE}"), &NEWEST);
        assert_eq!(findings, [""; 0]);
        assert!(text.contains("destination: {kind: ServiceAccount, name: d}\n"), "{text}");
        assert!(text.ends_with(
            "metadata: {name: r, namespace: ns}\nspec:\n  matches:\n    ports:\n    - 80\n"
        ));
    }

    #[test]
    fn a_port_gets_a_route_of_its_own_where_others_want_the_whole_route() {
        let other = TARGET.replace("name: t,", "name: other,").replace(", port: 80", "");
        let (text, findings) = converted(&format!("{TARGET}---\n{other}---\n{ROUTE}"), &NEWEST);
        assert_eq!(findings, [""; 0]);
        assert!(text.contains("- {kind: TCPRoute, name: t-port-80}\n"), "{text}");
        assert!(text.contains("- {kind: TCPRoute, name: r}\n"), "{text}");
        assert!(text.ends_with("metadata: {name: r, namespace: ns}\nspec:\n  matches: {}\n"));
    }

    #[test]
    fn a_port_without_a_place_is_not_lost() {
        let (text, findings) = converted(TARGET, &NEWEST);
        assert_eq!(text, "");
        assert_eq!(findings, ["SMI241 8:28 the TCPRoute `r` is needed to move port 80 into it"]);
        let with_ports =
            ROUTE.replace("v1alpha3", "v1alpha4") + "spec: {matches: {ports: [443]}}\n";
        let (_, findings) = converted(&format!("{TARGET}---\n{with_ports}"), &NEWEST);
        assert_eq!(findings, ["SMI241 8:28 the TCPRoute `r` does not have port 80"]);
        let http = TARGET.replace("TCPRoute", "HTTPRouteGroup");
        let (_, findings) = converted(&http, &["v1alpha3"]);
        assert_eq!(
            findings[0],
            "SMI241 5:54 TCPRoute of `specs.smi-spec.io/v1alpha3` cannot express its limitation \
             to port 80"
        );
    }

    #[test]
    fn a_port_moves_down_when_all_targets_of_the_route_can_follow() {
        let route = ROUTE.replace("v1alpha3", "v1alpha4") + "spec:\n  matches:\n    ports: [80]\n";
        let target = TARGET.replace("v1alpha2", "v1alpha3").replace(", port: 80", "");
        let (text, findings) = converted(&format!("{target}---\n{route}"), &["v1alpha2"]);
        assert_eq!(findings, [""; 0]);
        assert_eq!(text, format!("{TARGET}---\n{}", ROUTE.replace("v1alpha3", "v1alpha2")));
        let two = route.replace("[80]", "[80, 443]");
        let (text, findings) = converted(&format!("{target}---\n{two}"), &["v1alpha2"]);
        assert_eq!(
            findings,
            ["SMI241 15:13 TCPRoute of `specs.smi-spec.io/v1alpha2` cannot express its \
              limitation to ports 80, 443"]
        );
        assert!(text.ends_with(&two), "what cannot be expressed stays: {text}");
    }

    #[test]
    fn bindings_stay_in_the_draft() {
        let head = "apiVersion: access.smi-spec.io/v1alpha4\n";
        let binding = format!(
            "{head}kind: IdentityBinding\nmetadata: {{name: b}}\n\
             spec: {{schemes: {{serviceAccount: a}}}}\n"
        );
        let target = format!(
            "{head}kind: TrafficTarget\nmetadata: {{name: t}}\nspec:\n\
             \x20 destination: {{kind: ServiceAccount, name: d}}\n\
             \x20 sources: [{{kind: IdentityBinding, name: b}}]\n\
             \x20 rules: [{{kind: HTTPRouteGroup, name: g}}]\n"
        );
        let (text, findings) = converted(&format!("{binding}---\n{target}"), &["v1alpha3"]);
        assert_eq!(text, "");
        assert_eq!(
            findings,
            [
                "SMI241 3:18 `access.smi-spec.io/v1alpha3` has no kind `IdentityBinding`",
                "SMI241 11:13 TrafficTarget of `access.smi-spec.io/v1alpha3` cannot express an \
                 IdentityBinding as a subject",
            ]
        );
        let released = target.replace("IdentityBinding", "ServiceAccount");
        let (text, findings) = converted(&released, &["v1alpha3"]);
        assert_eq!(findings, [""; 0]);
        assert_eq!(text, released.replace("v1alpha4", "v1alpha3"));
        let draft = "access.smi-spec.io/v1alpha4";
        assert_eq!(converted(&text, &[draft]).0, released);
    }

    #[test]
    fn an_assumed_version_is_written() {
        let sources = sources("# here\nkind: TCPRoute\nmetadata: {name: r}\n");
        let options = ReadOptions { assume_versions: true, ..ReadOptions::default() };
        let converted = |to| convert(&sources, &Targets::parse([to]).unwrap(), &options).value;
        assert_eq!(
            converted("v1alpha3")[0].text,
            "# here\napiVersion: specs.smi-spec.io/v1alpha3\nkind: TCPRoute\n\
             metadata: {name: r}\n"
        );
        assert_eq!(
            converted("v1alpha4")[0].text,
            "# here\napiVersion: specs.smi-spec.io/v1alpha4\nkind: TCPRoute\n\
             metadata: {name: r}\nspec:\n  matches: {}\n"
        );
    }

    #[test]
    fn json_stays_json() {
        let text = r#"{"apiVersion": "access.smi-spec.io/v1alpha1", "kind": "TrafficTarget",
            "metadata": {"name": "t"}, "destination": {"kind": "ServiceAccount", "name": "d", "port": 80},
            "sources": [{"kind": "ServiceAccount", "name": "s"}],
            "specs": [{"kind": "HTTPRouteGroup", "name": "g"}]}"#;
        let (text, _) = converted(text, &NEWEST);
        let list: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(list["items"][0]["spec"]["rules"][1]["name"], "t-port-80");
        assert_eq!(list["items"][1]["spec"]["matches"]["ports"], serde_json::json!([80]));
    }

    #[test]
    fn what_others_share_is_written_out() {
        let text = "apiVersion: split.smi-spec.io/v1alpha1\nkind: TrafficSplit\n\
                    metadata: {name: a}\nspec: &spec\n  service: web\n  backends:\n\
                    \x20 - {service: v1, weight: &w 1}\n  - {service: v2, weight: *w}\n";
        let (text, findings) = converted(text, &["v1alpha2"]);
        assert_eq!(findings, [""; 0]);
        assert!(text.contains("weight: 1000\n") && !text.contains("*w"), "{text}");
    }

    #[test]
    fn nothing_is_converted_beside_errors() {
        let (text, findings) = converted(&format!("{ROUTE}---\n{TARGET}x: y\n"), &NEWEST);
        assert_eq!((text.as_str(), findings.len()), ("", 1));
    }

    #[test]
    fn kinds_that_a_version_lacks_stay() {
        let route =
            ROUTE.replace("TCP", "UDP").replace("v1alpha3", "v1alpha4") + "spec: {matches: {}}\n";
        let (text, findings) = converted(&route, &["v1alpha3"]);
        assert_eq!(text, "");
        assert_eq!(findings, ["SMI241 3:18 `specs.smi-spec.io/v1alpha3` has no kind `UDPRoute`"]);
    }
}
