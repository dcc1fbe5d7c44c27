//! `metrics.smi-spec.io`: what was measured. What versions could share is here.

mod time;
pub mod v1alpha1;
