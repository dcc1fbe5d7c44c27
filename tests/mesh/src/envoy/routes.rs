//! Where an application's requests go, by route discovery.
//!
//! A TrafficSplit is Envoy's own weighted routing: nothing that the filter has to
//! decide, and the cheapest way.

use std::path::Path;

use anyhow::Result;
use serde_json::{Value, json};

use super::bootstrap::{cluster_name, type_url};
use super::watched::{self, WatchedFile};

/// The name of the route configuration.
const NAME: &str = "outbound";

/// A service as applications call it, and the workloads that answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The `Host` of a request, without a port, in all its spellings.
    pub hosts: Vec<String>,
    /// Who answers: the host of an upstream, and its weight relative to the others.
    pub shares: Vec<(String, u32)>,
}

/// The discovery file of one sidecar's routes.
#[derive(Debug)]
pub(super) struct RoutesFile {
    file: WatchedFile,
    published: Vec<Route>,
}

impl RoutesFile {
    /// Creates the file; requests wait until Envoy has read it.
    pub(super) fn create(folder: &Path, routes: &[Route]) -> Result<Self> {
        let mut file = WatchedFile::new(folder, NAME)?;
        file.publish(&configuration(routes))?;
        Ok(Self { file, published: routes.to_vec() })
    }

    /// Puts `routes` in place of the ones before.
    pub(super) fn replace(&mut self, routes: &[Route]) -> Result<()> {
        if self.published != routes {
            self.file.publish(&configuration(routes))?;
            self.published = routes.to_vec();
        }
        Ok(())
    }
}

/// How the listener refers to its routes.
pub(super) fn discovery(folder: &Path) -> Value {
    json!({ "route_config_name": NAME, "config_source": watched::source(folder, NAME) })
}

fn configuration(routes: &[Route]) -> Value {
    let hosts: Vec<Value> = routes.iter().map(virtual_host).collect();
    json!({
        "@type": type_url("envoy.config.route.v3.RouteConfiguration"),
        "name": NAME,
        "ignore_port_in_host_matching": true,
        "virtual_hosts": hosts,
    })
}

fn virtual_host(route: &Route) -> Value {
    let clusters: Vec<Value> = route
        .shares
        .iter()
        .map(|(host, weight)| json!({ "name": cluster_name(host), "weight": weight }))
        .collect();
    json!({
        "name": route.hosts.first(),
        "domains": route.hosts,
        "routes": [{
            "match": { "prefix": "/" },
            "route": { "weighted_clusters": { "clusters": clusters } },
        }],
    })
}
