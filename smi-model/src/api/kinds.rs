//! Which kinds and versions there are, and which file decodes each.

use schemars::SchemaGenerator;

use super::{
    access, core,
    cursor::Object,
    metrics,
    resource::Resource,
    shape::Shape,
    specs, split,
    write::{self, Kind, WriteResult},
};

pub(crate) const ACCESS: &str = "access.smi-spec.io";
pub(crate) const SPECS: &str = "specs.smi-spec.io";
pub(super) const SPLIT: &str = "split.smi-spec.io";
pub(super) const METRICS: &str = "metrics.smi-spec.io";
/// Kubernetes' own objects, whose `apiVersion` has no group.
pub(super) const CORE: &str = "";

/// The version that only the latest draft has and no mesh ever served: meant only
/// where it is named, or where no other version will do.
const UNRELEASED: (&str, &str) = (ACCESS, "v1alpha4");

/// One kind in one version, and how it is decoded. A decoder that returns
/// `None` has reported why.
pub(crate) struct KindVersion {
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) kind: &'static str,
    pub(super) decode: fn(&mut Object<'_>) -> Option<Resource>,
    /// How to write it, and what it looks like; `None` for what is only read.
    pub(crate) smi: Option<Smi>,
}

/// What is known of SMI's kinds besides how to read them.
pub(crate) struct Smi {
    write: fn(&KindVersion, &Resource) -> WriteResult,
    pub(super) schema: fn(&mut SchemaGenerator) -> schemars::Schema,
}

/// Everything that is read. Within a kind, the newest version comes last.
#[rustfmt::skip]
pub(crate) const KINDS: [KindVersion; 22] = [
    smi::<access::v1alpha1::TrafficTarget>(ACCESS, "v1alpha1", "TrafficTarget", access::v1alpha1::traffic_target),
    smi::<access::v1alpha2::TrafficTarget>(ACCESS, "v1alpha2", "TrafficTarget", access::v1alpha2::traffic_target),
    smi::<access::v1alpha3::TrafficTarget>(ACCESS, "v1alpha3", "TrafficTarget", access::v1alpha3::traffic_target),
    smi::<access::v1alpha4::TrafficTarget>(ACCESS, "v1alpha4", "TrafficTarget", access::v1alpha4::traffic_target),
    smi::<access::v1alpha4::IdentityBinding>(ACCESS, "v1alpha4", "IdentityBinding", access::v1alpha4::identity_binding),
    smi::<specs::v1alpha1::HttpRouteGroup>(SPECS, "v1alpha1", "HTTPRouteGroup", specs::v1alpha1::http_route_group),
    smi::<specs::v1alpha2::HttpRouteGroup>(SPECS, "v1alpha2", "HTTPRouteGroup", specs::v1alpha2::http_route_group),
    smi::<specs::v1alpha3::HttpRouteGroup>(SPECS, "v1alpha3", "HTTPRouteGroup", specs::v1alpha3::http_route_group),
    smi::<specs::v1alpha4::HttpRouteGroup>(SPECS, "v1alpha4", "HTTPRouteGroup", specs::v1alpha4::http_route_group),
    smi::<specs::v1alpha1::TcpRoute>(SPECS, "v1alpha1", "TCPRoute", specs::v1alpha1::tcp_route),
    smi::<specs::v1alpha2::TcpRoute>(SPECS, "v1alpha2", "TCPRoute", specs::v1alpha2::tcp_route),
    smi::<specs::v1alpha3::TcpRoute>(SPECS, "v1alpha3", "TCPRoute", specs::v1alpha3::tcp_route),
    smi::<specs::v1alpha4::L4Route>(SPECS, "v1alpha4", "TCPRoute", specs::v1alpha4::tcp_route),
    smi::<specs::v1alpha4::L4Route>(SPECS, "v1alpha4", "UDPRoute", specs::v1alpha4::udp_route),
    smi::<split::v1alpha1::TrafficSplit>(SPLIT, "v1alpha1", "TrafficSplit", split::v1alpha1::traffic_split),
    smi::<split::v1alpha2::TrafficSplit>(SPLIT, "v1alpha2", "TrafficSplit", split::v1alpha2::traffic_split),
    smi::<split::v1alpha3::TrafficSplit>(SPLIT, "v1alpha3", "TrafficSplit", split::v1alpha3::traffic_split),
    smi::<split::v1alpha4::TrafficSplit>(SPLIT, "v1alpha4", "TrafficSplit", split::v1alpha4::traffic_split),
    smi::<metrics::v1alpha1::shape::TrafficMetrics>(METRICS, "v1alpha1", "TrafficMetrics", metrics::v1alpha1::traffic_metrics),
    smi::<metrics::v1alpha1::shape::TrafficMetricsList>(METRICS, "v1alpha1", "TrafficMetricsList", metrics::v1alpha1::traffic_metrics_list),
    read_only(CORE, "v1", "Service", core::v1::service),
    read_only(CORE, "v1", "ServiceAccount", core::v1::service_account),
];

const fn read_only(
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    decode: fn(&mut Object<'_>) -> Option<Resource>,
) -> KindVersion {
    KindVersion { group, version, kind, decode, smi: None }
}

const fn smi<T: Shape>(
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    decode: fn(&mut Object<'_>) -> Option<Resource>,
) -> KindVersion
where
    T::Canonical: Kind,
{
    let smi = Smi { write: write::write::<T>, schema: T::json_schema };
    KindVersion { group, version, kind, decode, smi: Some(smi) }
}

impl KindVersion {
    /// The `apiVersion` as documents write it.
    pub(crate) fn api_version(&self) -> String {
        match self.group {
            CORE => self.version.to_owned(),
            group => format!("{group}/{}", self.version),
        }
    }

    /// Whether a release of the specification has it.
    pub(crate) fn is_released(&self) -> bool {
        (self.group, self.version) != UNRELEASED
    }

    /// SMI's kinds. Within a group and within a kind, the newest version comes last.
    pub(crate) fn of_smi() -> impl DoubleEndedIterator<Item = &'static Self> {
        KINDS.iter().filter(|row| row.smi.is_some())
    }

    /// An SMI kind in a version.
    pub(crate) fn find(kind: &str, version: &str) -> Option<&'static Self> {
        Self::of_smi().find(|row| row.kind == kind && row.version == version)
    }

    /// The newest version of an SMI kind.
    pub(crate) fn newest(kind: &str) -> Option<&'static Self> {
        Self::of_smi().rfind(|row| row.kind == kind)
    }

    /// The newest version of an SMI kind that a release has.
    pub(crate) fn newest_released(kind: &str) -> Option<&'static Self> {
        Self::of_smi().rfind(|row| row.kind == kind && row.is_released())
    }

    /// Writes an object in this version.
    pub(crate) fn write(&self, resource: &Resource) -> WriteResult {
        self.smi.as_ref().map_or(Ok(None), |smi| (smi.write)(self, resource))
    }
}
