//! Which identities a workload has: IdentityBinding of `access.smi-spec.io`.

use super::{Labels, Meta};
use crate::source::Spanned;

/// An IdentityBinding: each of its schemes names identities, and together they
/// are what a TrafficTarget means by naming the binding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityBinding {
    /// Name, namespace, place.
    pub meta: Meta,
    /// A ServiceAccount of the binding's own namespace.
    pub service_account: Option<Spanned<String>>,
    /// SPIFFE IDs, with their `spiffe://` even where the text has none.
    pub spiffe_identities: Vec<Spanned<String>>,
    /// Labels of pods in the binding's own namespace, which must have all of
    /// them; at least one in a valid document.
    pub pod_labels: Option<Labels>,
}
