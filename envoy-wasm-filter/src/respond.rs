//! What a denied client gets to see.

use decision_table::Reason;

use crate::host::{Host, HostError};

const FORBIDDEN: u16 = 403;

/// Ends the request with a reply that names the reason, and nothing that a
/// stranger could not have known: no identity, no rule, no part of the request.
pub(crate) fn forbid(host: &impl Host, reason: Reason) -> Result<(), HostError> {
    let code = reason.code();
    let details = format!("smi_denied:{code}");
    let body = format!("access denied by mesh policy ({code})\n");
    host.send_local_response(FORBIDDEN, &details, &body)
}
