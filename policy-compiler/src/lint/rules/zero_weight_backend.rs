//! Backends without a share.

use smi_model::diagnostic::Diagnostic;

use super::lint;
use crate::code;
use crate::lint::context::Context;

lint! {
    /// A backend with the weight 0 gets no requests.
    ///
    /// ## What it finds
    ///
    /// Backends of TrafficSplits with `weight: 0`.
    ///
    /// ## Why it matters
    ///
    /// A version that is about to be rolled out has this weight on purpose, and one that
    /// was rolled out long ago is a leftover.
    /// Only its owner can tell, so that this lint is for those who clean up.
    ///
    /// ## What to do
    ///
    /// Remove the backend, or give it a weight.
    ///
    /// ## Example
    ///
    /// ```yaml
    /// backends:
    /// - {service: books-v1, weight: 100}
    /// - {service: books-v2, weight: 0}
    /// ```
    LINT: ZERO_WEIGHT_BACKEND, Allow, check
}

fn check(context: &mut Context<'_>) {
    for split in &context.bundle.traffic_splits {
        for backend in split.backends.iter().filter(|backend| backend.weight.value == 0) {
            let (service, root) = (&backend.service.value, &split.service.value);
            let message = format!("no request for `{root}` comes to backend `{service}`");
            let finding =
                Diagnostic::warning(code::ZERO_WEIGHT_BACKEND, backend.weight.span, message)
                    .help("remove it, or give it a weight");
            context.report(finding, Vec::new());
        }
    }
}
