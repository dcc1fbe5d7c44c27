//! From documents to objects: which kinds and versions there are, and which
//! file decodes each.
//!
//! A version is one file. To add one, write the file and its row in `SCHEMAS`.

pub mod access;
mod core;
mod cursor;
mod expression;
mod header;
mod metadata;
mod metrics;
mod quantity;
mod schema;
mod shape;
pub mod specs;
mod spiffe;
pub mod split;
mod values;
mod write;

pub(crate) use access::TARGET_FIELDS;
pub use schema::{JsonSchema, json_schema_of_all, json_schemas};
pub use shape::{ObjectMeta, Pairs};
pub(crate) use write::{WriteResult, Written, yaml};

use schemars::SchemaGenerator;

use self::{
    cursor::{Context, Object, Peek},
    shape::Shape,
    write::Kind,
};
use crate::{
    ReadOptions,
    canonical::{
        Broken, Bundle, HttpRouteGroup, IdentityBinding, L4Route, Meta, Namespace, Service,
        ServiceAccount, TrafficMetrics, TrafficMetricsList, TrafficSplit, TrafficTarget, Workload,
    },
    diagnostic::{Diagnostic, Problems},
    document::{Node, NodeKind, Tree},
    regex::Budget,
    source::SourceFile,
};

pub(crate) const ACCESS: &str = "access.smi-spec.io";
pub(crate) const SPECS: &str = "specs.smi-spec.io";
const SPLIT: &str = "split.smi-spec.io";
const METRICS: &str = "metrics.smi-spec.io";
/// Kubernetes' own objects, whose `apiVersion` has no group.
const CORE: &str = "";

/// The version that only the latest draft has and no mesh ever served: meant only
/// where it is named, or where no other version will do.
pub(crate) const UNRELEASED: (&str, &str) = (ACCESS, "v1alpha4");

/// One kind in one version, and how it is decoded. A decoder that returns
/// `None` has reported why.
pub(crate) struct Schema {
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) kind: &'static str,
    decode: fn(&mut Object<'_>) -> Option<Resource>,
    /// How to write it, and what it looks like; `None` for what is only read.
    pub(crate) smi: Option<Smi>,
}

/// What is known of SMI's kinds besides how to read them.
pub(crate) struct Smi {
    write: fn(&Schema, &Resource) -> WriteResult,
    schema: fn(&mut SchemaGenerator) -> schemars::Schema,
}

impl Schema {
    /// The `apiVersion` as documents write it.
    pub(crate) fn api_version(&self) -> String {
        match self.group {
            CORE => self.version.to_owned(),
            group => format!("{group}/{}", self.version),
        }
    }
}

/// A decoded object of any kind.
pub(crate) enum Resource {
    TrafficTarget(TrafficTarget),
    IdentityBinding(IdentityBinding),
    HttpRouteGroup(HttpRouteGroup),
    TcpRoute(L4Route),
    UdpRoute(L4Route),
    TrafficSplit(TrafficSplit),
    TrafficMetrics(Box<TrafficMetrics>),
    TrafficMetricsList(TrafficMetricsList),
    Service(Service),
    ServiceAccount(ServiceAccount),
    Namespace(Namespace),
    Workload(Workload),
}

/// Everything that is read. Within a kind, the newest version comes last.
#[rustfmt::skip]
pub(crate) const SCHEMAS: [Schema; 22] = [
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
    schema(METRICS, "v1alpha1", "TrafficMetrics", metrics::v1alpha1::traffic_metrics),
    schema(METRICS, "v1alpha1", "TrafficMetricsList", metrics::v1alpha1::traffic_metrics_list),
    schema(CORE, "v1", "Service", core::v1::service),
    schema(CORE, "v1", "ServiceAccount", core::v1::service_account),
];

const fn schema(
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    decode: fn(&mut Object<'_>) -> Option<Resource>,
) -> Schema {
    Schema { group, version, kind, decode, smi: None }
}

/// What holds for all documents of one file.
pub(crate) struct Reading {
    /// Whether objects without `apiVersion` are read as the version that fits.
    pub(crate) assume_versions: bool,
    /// What the expressions of the file may still cost.
    pub(crate) budget: Budget,
}

impl Reading {
    /// One for each file.
    pub(crate) fn of(options: &ReadOptions) -> Self {
        Self { assume_versions: options.assume_versions, budget: Budget::default() }
    }
}

const fn smi<T: Shape>(
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    decode: fn(&mut Object<'_>) -> Option<Resource>,
) -> Schema
where
    T::Canonical: Kind,
{
    let smi = Smi { write: write::write::<T>, schema: T::json_schema };
    Schema { group, version, kind, decode, smi: Some(smi) }
}

/// Reads the objects of one document.
pub(crate) fn read(
    file: &SourceFile,
    tree: &Tree<'_>,
    reading: &Reading,
    bundle: &mut Bundle,
    problems: &mut Problems,
) {
    if !tree.complete {
        bundle.broken.extend(broken(tree, tree.root()));
        return;
    }
    each_object(file, tree, reading, &mut |object| {
        match object.resource {
            Some(resource) if !object.failed => bundle.add(resource),
            // Nothing of SMI; but policies may speak of the pods that it makes.
            None if object.schema.is_none() && !object.failed => {
                if let Some(bystander) = core::bystander(Peek::new(tree, object.node)) {
                    bundle.add(bystander);
                }
            }
            _ => bundle.broken.extend(broken(tree, object.node)),
        }
        problems.extend(object.diagnostics);
    });
}

/// One object of a document.
pub(crate) struct Decoded<'t> {
    pub(crate) node: &'t Node<'t>,
    /// What it says that it is, when that is of interest.
    pub(crate) schema: Option<&'static Schema>,
    pub(crate) resource: Option<Resource>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Whether one of these is an error.
    pub(crate) failed: bool,
}

/// Decodes the object that a complete document is, or the items of a
/// `kind: List`.
pub(crate) fn each_object<'t>(
    file: &'t SourceFile,
    tree: &'t Tree<'t>,
    reading: &Reading,
    visit: &mut dyn FnMut(Decoded<'t>),
) {
    each_item(tree, tree.root(), &mut |node| {
        let context = Context::new(file, tree, &reading.budget);
        let schema = header::recognise(&context, tree, node, reading.assume_versions);
        let decode = |schema: &Schema| context.value(node, schema.kind).object(schema.decode);
        let resource = schema.and_then(decode);
        let failed = context.failed();
        visit(Decoded { node, schema, resource, failed, diagnostics: context.into_diagnostics() });
    });
}

/// Items may be lists again; the depth of documents is limited.
fn each_item<'t>(tree: &'t Tree<'t>, node: &'t Node<'t>, visit: &mut dyn FnMut(&'t Node<'t>)) {
    match list_items(tree, node) {
        Some(items) => items.into_iter().for_each(|item| each_item(tree, item, visit)),
        None => visit(node),
    }
}

/// The items of a `kind: List` of Kubernetes.
fn list_items<'a>(tree: &'a Tree<'a>, node: &'a Node<'a>) -> Option<Vec<&'a Node<'a>>> {
    let text = |key| tree.get(node, key).and_then(Node::text);
    if (text("apiVersion"), text("kind")) != (Some("v1"), Some("List")) {
        return None;
    }
    match &tree.get(node, "items")?.kind {
        NodeKind::Sequence(items) => Some(items.iter().map(|id| tree.node(*id)).collect()),
        _ => None,
    }
}

/// What can be told about an object that could not be decoded; `None` when it
/// is of no kind that anything refers to.
fn broken(tree: &Tree, node: &Node) -> Option<Broken> {
    let kind = tree.get_own(node, "kind").and_then(Node::text)?;
    SCHEMAS.iter().find(|schema| schema.kind == kind)?;
    let metadata = tree.get_own(node, "metadata");
    let text = |key| metadata.and_then(|it| tree.get_own(it, key)).and_then(Node::text);
    Some(Broken {
        kind: kind.to_owned(),
        namespace: text("namespace").unwrap_or(metadata::DEFAULT_NAMESPACE).to_owned(),
        name: text("name").map(str::to_owned),
        span: node.span,
    })
}

impl Resource {
    /// The `kind` as documents write it.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::TrafficTarget(_) => "TrafficTarget",
            Self::IdentityBinding(_) => "IdentityBinding",
            Self::HttpRouteGroup(_) => "HTTPRouteGroup",
            Self::TcpRoute(_) => "TCPRoute",
            Self::UdpRoute(_) => "UDPRoute",
            Self::TrafficSplit(_) => "TrafficSplit",
            Self::TrafficMetrics(_) => "TrafficMetrics",
            Self::TrafficMetricsList(_) => "TrafficMetricsList",
            Self::Service(_) => "Service",
            Self::ServiceAccount(_) => "ServiceAccount",
            Self::Namespace(_) => "Namespace",
            Self::Workload(it) => it.kind.as_str(),
        }
    }

    /// Name and namespace, of what has both.
    pub(crate) const fn meta(&self) -> Option<&Meta> {
        Some(match self {
            Self::TrafficTarget(it) => &it.meta,
            Self::IdentityBinding(it) => &it.meta,
            Self::HttpRouteGroup(it) => &it.meta,
            Self::TcpRoute(it) | Self::UdpRoute(it) => &it.meta,
            Self::TrafficSplit(it) => &it.meta,
            Self::Service(it) => &it.meta,
            Self::ServiceAccount(it) => &it.meta,
            Self::Workload(it) => &it.meta,
            Self::TrafficMetrics(_) | Self::TrafficMetricsList(_) | Self::Namespace(_) => {
                return None;
            }
        })
    }
}

impl Bundle {
    fn add(&mut self, resource: Resource) {
        match resource {
            Resource::TrafficTarget(it) => self.traffic_targets.push(it),
            Resource::IdentityBinding(it) => self.identity_bindings.push(it),
            Resource::HttpRouteGroup(it) => self.http_route_groups.push(it),
            Resource::TcpRoute(it) => self.tcp_routes.push(it),
            Resource::UdpRoute(it) => self.udp_routes.push(it),
            Resource::TrafficSplit(it) => self.traffic_splits.push(it),
            Resource::TrafficMetrics(it) => self.traffic_metrics.push(*it),
            Resource::TrafficMetricsList(it) => self.traffic_metrics_lists.push(it),
            Resource::Service(it) => self.services.push(it),
            Resource::ServiceAccount(it) => self.service_accounts.push(it),
            Resource::Namespace(it) => self.namespaces.push(it),
            Resource::Workload(it) => self.workloads.push(it),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;

    #[test]
    fn lists_hold_objects_and_lists() {
        let text = r#"{"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "a"}},
            {"apiVersion": "v1", "kind": "List", "items": [
                {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "b\u0063"}}
            ]}
        ]}"#;
        let bundle = accept(text);
        let names: Vec<_> =
            bundle.service_accounts.iter().map(|it| it.meta.name.value.as_str()).collect();
        assert_eq!(names, ["a", "bc"]);
    }

    #[test]
    fn a_broken_object_does_not_hide_its_neighbours() {
        let findings = read(
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: [\n---\n\
             apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: whole}\n",
        );
        assert_eq!(findings.diagnostics.len(), 1);
        assert_eq!(findings.value.broken[0].kind, "ServiceAccount");
        assert_eq!(findings.value.service_accounts[0].meta.name.value, "whole");
    }
    #[test]
    fn a_document_that_is_too_large_does_not_hide_the_next() {
        let account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n";
        let large = format!("{account}x: [{}]\n", "a, ".repeat(500_000));
        let findings = read(&format!("{large}---\n{}", account.replace("a}", "b}")));
        assert_eq!(findings.diagnostics.len(), 1);
        assert_eq!(findings.value.broken[0].name.as_deref(), Some("a"));
        assert_eq!(findings.value.service_accounts[0].meta.name.value, "b");
    }
}
