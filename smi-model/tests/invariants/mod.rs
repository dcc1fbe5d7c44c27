//! What holds for every text, whatever stands in it. Shared with the fuzz target.

use smi_model::{
    Limits,
    canonical::{Bundle, Meta},
    diagnostic::{Diagnostic, Severity, render},
    source::{SourceMap, Span},
};

/// Reads bytes as a file and checks what came of it.
pub(crate) fn check(bytes: &[u8]) {
    let mut sources = SourceMap::new();
    sources.add("before.yaml", "# another file\n").unwrap();
    sources.add_bytes("input.yaml", bytes).unwrap();
    let read = smi_model::read(&sources, &Limits::default());
    let rendered = render::text(&read.diagnostics, &sources, false);
    assert_eq!(rendered.is_empty(), read.diagnostics.is_empty());
    for diagnostic in &read.diagnostics {
        check_spans(diagnostic, &sources);
    }
    let order = |it: &Diagnostic| (it.primary.span, it.code);
    assert!(read.diagnostics.is_sorted_by_key(order), "findings are in the order of the text");
    check_grants(&read.value, &read.diagnostics);
}

/// Every place lies inside the file, between characters.
fn check_spans(diagnostic: &Diagnostic, sources: &SourceMap) {
    let labels = diagnostic.related.iter().chain([&diagnostic.primary]).map(|it| it.span);
    for span in labels.chain(diagnostic.fix.iter().map(|fix| fix.span)) {
        let file = sources.file(span).expect("the place is in a file");
        assert_eq!(file.name(), "input.yaml", "{diagnostic:?}");
        let range = span.start.checked_sub(file.base()).zip(span.end.checked_sub(file.base()));
        let (start, end) = range.expect("the place begins in the file");
        let text = file.text().get(start as usize..end as usize);
        assert_eq!(text, Some(sources.text(span)), "{diagnostic:?}");
        assert!(sources.locate(span).is_some());
    }
}

/// No object comes from a document that has an error in it.
fn check_grants(bundle: &Bundle, diagnostics: &[Diagnostic]) {
    let errors = diagnostics.iter().filter(|it| it.severity == Severity::Error);
    let errors: Vec<Span> = errors.map(|it| it.primary.span).collect();
    for meta in metas(bundle) {
        let Span { start, end } = meta.span;
        let within = errors.iter().find(|error| start <= error.start && error.end <= end);
        assert_eq!(within, None, "{} has an error", meta.qualified_name());
        assert!(start <= meta.name.span.start && meta.name.span.end <= end || is_aliased(meta));
    }
}

/// The name of an object can stand in another one, before it.
fn is_aliased(meta: &Meta) -> bool {
    meta.name.span.end <= meta.span.start
}

fn metas(bundle: &Bundle) -> Vec<&Meta> {
    let mut metas: Vec<&Meta> = Vec::new();
    metas.extend(bundle.traffic_targets.iter().map(|it| &it.meta));
    metas.extend(bundle.http_route_groups.iter().map(|it| &it.meta));
    metas.extend(bundle.tcp_routes.iter().map(|it| &it.meta));
    metas.extend(bundle.udp_routes.iter().map(|it| &it.meta));
    metas.extend(bundle.traffic_splits.iter().map(|it| &it.meta));
    metas.extend(bundle.services.iter().map(|it| &it.meta));
    metas.extend(bundle.service_accounts.iter().map(|it| &it.meta));
    metas
}
