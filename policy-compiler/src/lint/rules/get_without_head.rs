//! GET without HEAD.

use smi_model::diagnostic::Diagnostic;

use super::lint;
use crate::code;
use crate::example::Example;
use crate::lint::claim::Claim;
use crate::lint::context::Context;

lint! {
    /// A match of GET does not admit HEAD.
    ///
    /// ## What it finds
    ///
    /// Matches that list `GET` and not `HEAD`.
    ///
    /// ## Why it matters
    ///
    /// Servers answer HEAD wherever they answer GET (RFC 9110, section 9.3.2), and caches,
    /// health checks and download tools rely on it.
    /// Most callers never send it, and whoever lists methods lists few on purpose, so that
    /// this lint is for those whose callers do.
    ///
    /// ## What to do
    ///
    /// Add `HEAD`: it tells nothing that GET does not.
    ///
    /// ## Example
    ///
    /// ```yaml
    /// - name: downloads
    ///   pathRegex: /downloads/.*
    ///   methods: [GET] # curl --head is denied
    /// ```
    LINT: GET_WITHOUT_HEAD, Allow, check
}

fn check(context: &mut Context<'_>) {
    for one in context.matches() {
        let methods = one.methods.as_deref().unwrap_or_default();
        let lists = |name: &str| methods.iter().find(|method| method.value == name);
        let Some(get) = lists("GET").filter(|_| lists("HEAD").or(lists("*")).is_none()) else {
            continue;
        };
        let Some(request) = context.request(one) else { continue };
        let request = Example { method: "HEAD".to_owned(), ..request };
        let message = format!("match `{}` admits GET, but not HEAD", one.name.value);
        let finding = Diagnostic::warning(code::GET_WITHOUT_HEAD, get.span, message)
            .help("add `HEAD`, which tells nothing that GET does not");
        context.report(finding, vec![Claim::denied(one.name.span, request)]);
    }
}
