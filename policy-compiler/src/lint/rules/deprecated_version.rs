//! Versions that were replaced.

use smi_model::api::newest_release;
use smi_model::diagnostic::Diagnostic;

use super::lint;
use crate::code;
use crate::lint::allow::all_metas;
use crate::lint::context::Context;

lint! {
    /// An object is of a version that a later release has replaced.
    ///
    /// ## What it finds
    ///
    /// Objects whose `apiVersion` is older than the newest one of their kind that a
    /// release of the specification has.
    ///
    /// ## Why it matters
    ///
    /// Every version is read here, and means what it always meant.
    /// Which of them a cluster takes depends on the mesh that is installed there: Open
    /// Service Mesh wants TrafficSplits of v1alpha2 to this day.
    /// So this lint is for those who want one version everywhere.
    ///
    /// ## What to do
    ///
    /// `smi convert --to VERSION --write FILE` takes a file there, with its comments, and
    /// says what would be lost.
    ///
    /// ## Example
    ///
    /// ```yaml
    /// apiVersion: split.smi-spec.io/v1alpha1 # v1alpha4 is the newest
    /// kind: TrafficSplit
    /// ```
    LINT: DEPRECATED_VERSION, Allow, check
}

fn check(context: &mut Context<'_>) {
    for (kind, meta) in all_metas(context.bundle) {
        let (Some(place), Some(newest)) = (meta.api_version, newest_release(kind)) else {
            continue;
        };
        let written = context.sources.text(place);
        // Versions of alpha are ordered as their texts are; drafts are newer.
        let is_older =
            written.split('/').next() == newest.split('/').next() && written < newest.as_str();
        if is_older {
            let message = format!("this {kind} is of an older version than `{newest}`");
            let version = newest.split('/').next_back().unwrap_or(&newest);
            let finding = Diagnostic::warning(code::DEPRECATED_VERSION, place, message)
                .help(format!("`smi convert --to {version}` takes it there"));
            context.report(finding, Vec::new());
        }
    }
}
