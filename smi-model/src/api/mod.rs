//! From documents to objects: which kinds and versions there are, and which
//! file decodes each.
//!
//! A version is one file. To add one, write the file and its row in [`SCHEMAS`].

mod access;
mod core;
mod cursor;
mod header;
mod metadata;
mod specs;
mod split;
mod values;

use self::cursor::{Context, Object};
use crate::{
    canonical::{
        Broken, Bundle, HttpRouteGroup, L4Route, Service, ServiceAccount, TrafficSplit,
        TrafficTarget,
    },
    diagnostic::Problems,
    document::{Node, NodeKind, Tree},
    source::SourceFile,
};

const ACCESS: &str = "access.smi-spec.io";
const SPECS: &str = "specs.smi-spec.io";
const SPLIT: &str = "split.smi-spec.io";
/// Kubernetes' own objects, whose `apiVersion` has no group.
const CORE: &str = "";

/// One kind in one version, and how it is decoded. A decoder that returns
/// `None` has reported why.
struct Schema {
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    decode: fn(&mut Object<'_>) -> Option<Resource>,
}

impl Schema {
    /// The `apiVersion` as documents write it.
    fn api_version(&self) -> String {
        match self.group {
            CORE => self.version.to_owned(),
            group => format!("{group}/{}", self.version),
        }
    }
}

/// A decoded object of any kind.
enum Resource {
    TrafficTarget(TrafficTarget),
    HttpRouteGroup(HttpRouteGroup),
    TcpRoute(L4Route),
    UdpRoute(L4Route),
    TrafficSplit(TrafficSplit),
    Service(Service),
    ServiceAccount(ServiceAccount),
}

/// Everything that is read. Within a kind, the newest version comes last.
#[rustfmt::skip]
const SCHEMAS: [Schema; 18] = [
    schema(ACCESS, "v1alpha1", "TrafficTarget", access::v1alpha1::traffic_target),
    schema(ACCESS, "v1alpha2", "TrafficTarget", access::v1alpha2::traffic_target),
    schema(ACCESS, "v1alpha3", "TrafficTarget", access::v1alpha3::traffic_target),
    schema(SPECS, "v1alpha1", "HTTPRouteGroup", specs::v1alpha1::http_route_group),
    schema(SPECS, "v1alpha2", "HTTPRouteGroup", specs::v1alpha2::http_route_group),
    schema(SPECS, "v1alpha3", "HTTPRouteGroup", specs::v1alpha3::http_route_group),
    schema(SPECS, "v1alpha4", "HTTPRouteGroup", specs::v1alpha4::http_route_group),
    schema(SPECS, "v1alpha1", "TCPRoute", specs::v1alpha1::tcp_route),
    schema(SPECS, "v1alpha2", "TCPRoute", specs::v1alpha2::tcp_route),
    schema(SPECS, "v1alpha3", "TCPRoute", specs::v1alpha3::tcp_route),
    schema(SPECS, "v1alpha4", "TCPRoute", specs::v1alpha4::tcp_route),
    schema(SPECS, "v1alpha4", "UDPRoute", specs::v1alpha4::udp_route),
    schema(SPLIT, "v1alpha1", "TrafficSplit", split::v1alpha1::traffic_split),
    schema(SPLIT, "v1alpha2", "TrafficSplit", split::v1alpha2::traffic_split),
    schema(SPLIT, "v1alpha3", "TrafficSplit", split::v1alpha3::traffic_split),
    schema(SPLIT, "v1alpha4", "TrafficSplit", split::v1alpha4::traffic_split),
    schema(CORE, "v1", "Service", core::v1::service),
    schema(CORE, "v1", "ServiceAccount", core::v1::service_account),
];

const fn schema(
    group: &'static str,
    version: &'static str,
    kind: &'static str,
    decode: fn(&mut Object<'_>) -> Option<Resource>,
) -> Schema {
    Schema { group, version, kind, decode }
}

/// Reads the objects of one document.
pub(crate) fn read(
    file: &SourceFile,
    tree: &Tree<'_>,
    bundle: &mut Bundle,
    problems: &mut Problems,
) {
    if tree.complete {
        Reader { file, tree, bundle, problems }.read(tree.root());
    } else {
        bundle.broken.extend(broken(tree, tree.root()));
    }
}

/// What it takes to read the objects of one document.
struct Reader<'a> {
    file: &'a SourceFile,
    tree: &'a Tree<'a>,
    bundle: &'a mut Bundle,
    problems: &'a mut Problems,
}

impl Reader<'_> {
    /// Reads one object, or the items of a `kind: List`. Items may be lists
    /// again; the depth of documents is limited.
    fn read(&mut self, node: &Node) {
        match list_items(self.tree, node) {
            Some(items) => items.iter().for_each(|item| self.read(item)),
            None => self.read_object(node),
        }
    }

    fn read_object(&mut self, node: &Node) {
        let context = Context::new(self.file, self.tree);
        let schema = header::recognise(&context, self.tree, node);
        let decode = |schema: &Schema| context.value(node, schema.kind).object(schema.decode);
        match schema.and_then(decode) {
            Some(resource) if !context.failed() => self.bundle.add(resource),
            None if schema.is_none() && !context.failed() => {}
            _ => self.bundle.broken.extend(broken(self.tree, node)),
        }
        self.problems.extend(context.into_diagnostics());
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

impl Bundle {
    fn add(&mut self, resource: Resource) {
        match resource {
            Resource::TrafficTarget(it) => self.traffic_targets.push(it),
            Resource::HttpRouteGroup(it) => self.http_route_groups.push(it),
            Resource::TcpRoute(it) => self.tcp_routes.push(it),
            Resource::UdpRoute(it) => self.udp_routes.push(it),
            Resource::TrafficSplit(it) => self.traffic_splits.push(it),
            Resource::Service(it) => self.services.push(it),
            Resource::ServiceAccount(it) => self.service_accounts.push(it),
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
