//! `split.smi-spec.io/v1alpha4`: the fields of v1alpha3; its HTTPRouteGroups are
//! those of `specs.smi-spec.io/v1alpha4`.

pub(in crate::api) use super::v1alpha3::traffic_split;
pub use super::v1alpha3::{Backend, GroupRef, HttpRouteGroup, TrafficSplit, TrafficSplitSpec};
