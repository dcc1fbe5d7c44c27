//! What a sidecar of this mesh starts with: what `smi envoy` gives to everybody, on
//! free ports of loopback.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use policy_compiler::back::envoy::{
    Credentials, Inbound, Outbound, Protocol, ServiceName, Sidecar, Splits, Upstream, bootstrap,
};
use serde_json::{Map, Value, json};

use crate::certificates::Files;
use crate::{TRUST_DOMAIN, Workload};

/// What one sidecar is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Shown in logs and in `node.id`.
    pub name: String,
    /// Its identity and whom it trusts.
    pub certificate: Files,
    /// What its callers speak.
    pub protocol: Protocol,
    /// The application behind it.
    pub application: SocketAddr,
    /// The filter as a Wasm file.
    pub filter: PathBuf,
    /// The Services that it may connect to.
    pub upstreams: Vec<Upstream>,
    /// Who chooses the backends of splits.
    pub splits: Splits,
    /// Where the application's requests go at first, when that is not the filter.
    pub routes: Value,
    /// Where traces are sent.
    pub zipkin: Option<SocketAddr>,
    /// Whether a client without a certificate is already refused by TLS.
    pub require_client_certificate: bool,
    /// Whether Envoy brings paths into canonical form before the filter sees them.
    pub normalise_paths: bool,
    /// Whether the application is spoken to in HTTP/1.1 even where its callers speak
    /// HTTP/2.
    pub speak_http1: bool,
    /// What a deployment may add to its inbound HTTP connection manager.
    pub manager: Vec<(&'static str, Value)>,
}

impl Settings {
    /// A sidecar as it should be, which connects to nobody.
    #[must_use]
    pub fn new(name: &str, certificate: Files, application: SocketAddr, filter: &Path) -> Self {
        Self {
            name: name.to_owned(),
            certificate,
            protocol: Protocol::Http,
            application,
            filter: filter.to_owned(),
            upstreams: Vec::new(),
            splits: Splits::Native,
            routes: crate::policy::Policies::default().routes(name, &[]),
            zipkin: None,
            require_client_certificate: true,
            normalise_paths: true,
            speak_http1: false,
            manager: Vec::new(),
        }
    }

    /// The bootstrap of a sidecar whose files live in `folder`.
    pub(super) fn render(&self, folder: &Path) -> Value {
        let mut bootstrap = bootstrap(&self.sidecar(folder));
        if !self.require_client_certificate {
            admit_strangers(&mut bootstrap, &self.certificate);
        }
        if !self.normalise_paths {
            leave_paths_alone(&mut bootstrap);
        }
        if self.speak_http1 {
            speak_http1(&mut bootstrap);
        }
        if let Some(manager) = inbound_manager(&mut bootstrap) {
            let added =
                self.manager.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
            manager.extend(added);
        }
        bootstrap
    }

    fn sidecar(&self, folder: &Path) -> Sidecar {
        let Files { authority, certificate, key } = &self.certificate;
        let inbound = Inbound {
            protocol: self.protocol,
            listen: free_port().into(),
            application: self.application.into(),
        };
        Sidecar {
            node: self.name.clone(),
            credentials: Credentials::Files {
                certificate: text(certificate),
                key: text(key),
                authorities: vec![(TRUST_DOMAIN.to_owned(), text(authority))],
            },
            filter: text(&self.filter),
            discovery: text(&super::discovery_folder(folder)),
            inbound: vec![inbound],
            outbound: Outbound {
                http: Some(free_port().into()),
                splits: self.splits,
                tcp: Vec::new(),
                upstreams: self.upstreams.clone(),
            },
            access_log: text(&folder.join("access.log")),
            admin: Some(free_port().into()),
            zipkin: self.zipkin.map(Into::into),
        }
    }
}

/// The sidecar of `workload` at `address`, as those see it who may connect to it.
#[must_use]
pub fn upstream(workload: &Workload, address: SocketAddr) -> Upstream {
    Upstream {
        service: ServiceName::new(&workload.namespace, &workload.service_account),
        port: None,
        endpoint: address.into(),
        identities: vec![workload.spiffe_id()],
    }
}

/// What no deployment should do: clients without certificates reach the filter. The
/// SPIFFE validator always demands one; Envoy's default validator checks those that
/// are presented.
fn admit_strangers(bootstrap: &mut Value, files: &Files) {
    let context = "/static_resources/listeners/0/filter_chains/0/transport_socket/typed_config";
    let mut set = |setting: &str, value: Value| {
        if let Some(place) = bootstrap.pointer_mut(&format!("{context}/{setting}")) {
            *place = value;
        }
    };
    set("require_client_certificate", false.into());
    let default = json!({ "trusted_ca": { "filename": files.authority } });
    set("common_tls_context/validation_context", default);
}

/// What no deployment should do either: the filter sees paths as they were sent.
fn leave_paths_alone(bootstrap: &mut Value) {
    if let Some(manager) = inbound_manager(bootstrap) {
        for setting in ["normalize_path", "merge_slashes", "path_with_escaped_slashes_action"] {
            manager.remove(setting);
        }
    }
}

/// What a deployment must do whose application knows nothing newer.
fn speak_http1(bootstrap: &mut Value) {
    let clusters = bootstrap.pointer_mut("/static_resources/clusters");
    if let Some(application) = clusters.and_then(|clusters| clusters.get_mut(0))
        && let Some(application) = application.as_object_mut()
    {
        application.remove("typed_extension_protocol_options");
    }
}

fn inbound_manager(bootstrap: &mut Value) -> Option<&mut Map<String, Value>> {
    let manager = "/static_resources/listeners/0/filter_chains/0/filters/1/typed_config";
    bootstrap.pointer_mut(manager)?.as_object_mut()
}

/// Envoy takes a free port and tells it through its admin interface, so that nothing
/// can take it in between.
const fn free_port() -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0)
}

/// Our own paths are text.
fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
