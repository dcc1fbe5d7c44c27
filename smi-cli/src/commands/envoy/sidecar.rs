//! From the command line to what a sidecar is told.

use std::collections::BTreeSet;

use policy_compiler::accounts;
use policy_compiler::back::envoy::{
    Credentials, Endpoint, Inbound, Outbound, OutboundTcp, SecretSource, Sidecar, Upstream,
    cluster_name, tcp_backends,
};

use super::Arguments;
use super::values::{
    Account, Authority, Called, Reached, authority, called, inbound_http, inbound_tcp, local,
};
use crate::Failure;
use crate::delivery::Compiler;

/// Where the sidecar listens, and what it tells.
#[derive(clap::Args)]
pub(crate) struct Listening {
    /// A port of the workload where HTTP is spoken, and the port of the application
    /// behind it. Policies speak of the former. Repeat it for several.
    #[arg(long, value_name = "[ADDRESS:]PORT=[HOST:]PORT", value_parser = inbound_http)]
    inbound_http: Vec<Inbound>,

    /// The same for a port where something else is spoken.
    #[arg(long, value_name = "[ADDRESS:]PORT=[HOST:]PORT", value_parser = inbound_tcp)]
    inbound_tcp: Vec<Inbound>,

    /// Where the application sends its own HTTP requests, when there are upstreams.
    #[arg(
        long,
        value_name = "[ADDRESS:]PORT",
        default_value = "127.0.0.1:15001",
        value_parser = local
    )]
    outbound_http: Endpoint,

    /// A port of a Service that the application calls by TCP, and where it connects for
    /// it. Repeat it for several.
    #[arg(
        long,
        value_name = "NAMESPACE/SERVICE:PORT=[ADDRESS:]PORT",
        value_parser = called
    )]
    outbound_tcp: Vec<Called>,

    /// Where Envoy writes a line for each request.
    #[arg(long, value_name = "FILE", default_value = "/dev/stdout")]
    access_log: String,

    /// Where Envoy's administration interface listens, with the metrics; nowhere when it
    /// is not said. Whoever reaches it can stop Envoy.
    #[arg(long, value_name = "[ADDRESS:]PORT", value_parser = local)]
    admin: Option<Endpoint>,

    /// Where Envoy sends traces in Zipkin's format.
    #[arg(long, value_name = "HOST:PORT", value_parser = local)]
    zipkin: Option<Endpoint>,
}

/// Where certificates come from.
#[derive(clap::Args)]
pub(crate) struct Identity {
    /// The workload's certificate with its chain, in PEM.
    #[arg(long, value_name = "FILE", requires_all = ["key", "authorities"])]
    certificate: Option<String>,

    /// Its private key, in PEM.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<String>,

    /// The certificates of the authorities of the trust domain, in PEM. Repeat it for
    /// several trust domains.
    #[arg(
        long = "authority",
        value_name = "[DOMAIN=]FILE",
        requires = "certificate",
        value_parser = authority
    )]
    authorities: Vec<Authority>,

    /// The socket of a server that gives certificates by secret discovery, such as a
    /// SPIRE agent.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["certificate", "sds_certificate_file"])]
    sds_socket: Option<String>,

    /// A file with a discovery response that has the certificate and its key. Envoy
    /// watches it.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "certificate",
        requires = "sds_authority_file"
    )]
    sds_certificate_file: Option<String>,

    /// A file with a discovery response that has the validation context.
    #[arg(long, value_name = "FILE", requires = "sds_certificate_file")]
    sds_authority_file: Option<String>,

    /// The name of the certificate there.
    #[arg(long, value_name = "NAME", default_value = "default")]
    sds_certificate: String,

    /// The name of the validation context there, which has to hold a SPIFFE validator.
    #[arg(long, value_name = "NAME", default_value = "ALL")]
    sds_authority: String,
}

impl Arguments {
    /// What the sidecar of a workload is told, whose discovery files are in a folder.
    pub(super) fn sidecar(
        &self,
        compiler: &mut Compiler,
        workload: &Account,
        discovery: &str,
    ) -> Result<Sidecar, Failure> {
        let Listening { inbound_http, inbound_tcp, outbound_http, access_log, .. } =
            &self.listening;
        let outbound = self.outbound(compiler, outbound_http)?;
        let inbound: Vec<Inbound> = [inbound_http.as_slice(), inbound_tcp].concat();
        if inbound.is_empty() && outbound.http.is_none() && outbound.tcp.is_empty() {
            return Err("say what the workload does: --inbound-http, --inbound-tcp for those \
                        who call it, --upstream for those whom it calls"
                .into());
        }
        once("port", inbound.iter().map(|it| it.listen.port.to_string()))?;
        Ok(Sidecar {
            node: format!("{}.{}", workload.namespace, workload.name),
            credentials: self.identity.credentials(&compiler.options.trust_domains)?,
            filter: self.enforcing.filter.clone(),
            discovery: discovery.to_owned(),
            inbound,
            outbound,
            access_log: access_log.clone(),
            admin: self.listening.admin.clone(),
            zipkin: self.listening.zipkin.clone(),
        })
    }

    fn outbound(&self, compiler: &mut Compiler, http: &Endpoint) -> Result<Outbound, Failure> {
        let reached = &self.enforcing.upstreams;
        once("upstream", reached.iter().map(Reached::name))?;
        let calls_http = reached.iter().any(|upstream| upstream.port.is_none());
        let upstreams: Vec<Upstream> =
            reached.iter().map(|it| upstream(it, compiler)).collect::<Result<_, _>>()?;
        let tcp = self.listening.outbound_tcp.iter().map(|called| {
            let found = tcp_backends(compiler.policies.set(), &called.service, called.port);
            compiler.policies.add(found.diagnostics);
            OutboundTcp {
                service: called.service.clone(),
                port: called.port,
                listen: called.listen.clone(),
                backends: found.value,
            }
        });
        let tcp: Vec<OutboundTcp> = tcp.collect();
        let clusters: BTreeSet<String> = upstreams.iter().map(Upstream::cluster).collect();
        for backend in tcp.iter().flat_map(|it| &it.backends) {
            if !clusters.contains(&backend.name) {
                return Err(
                    format!("say where it is: --upstream {}=HOST:PORT", backend.name).into()
                );
            }
        }
        Ok(Outbound {
            http: calls_http.then(|| http.clone()),
            splits: self.enforcing.splits,
            tcp,
            upstreams,
        })
    }
}

/// Envoy tells ports and upstreams apart by these.
fn once(what: &str, names: impl Iterator<Item = String>) -> Result<(), Failure> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name.clone()) {
            return Err(format!("the {what} {name} is given twice").into());
        }
    }
    Ok(())
}

impl Identity {
    fn credentials(&self, trust_domains: &[String]) -> Result<Credentials, Failure> {
        let secrets = |source| Credentials::Secrets {
            source,
            certificate: self.sds_certificate.clone(),
            authority: self.sds_authority.clone(),
        };
        if let Some(path) = &self.sds_socket {
            return Ok(secrets(SecretSource::Socket(path.clone())));
        }
        if let (Some(certificate), Some(authority)) =
            (&self.sds_certificate_file, &self.sds_authority_file)
        {
            return Ok(secrets(SecretSource::Files {
                certificate: certificate.clone(),
                authority: authority.clone(),
            }));
        }
        let (Some(certificate), Some(key)) = (&self.certificate, &self.key) else {
            return Err("say where certificates come from: --certificate, --key and \
                        --authority, or --sds-socket, or --sds-certificate-file"
                .into());
        };
        let first = trust_domains.first().map(String::as_str).unwrap_or_default();
        let authorities = self.authorities.iter().map(|Authority { domain, file }| {
            (domain.as_deref().unwrap_or(first).to_owned(), file.clone())
        });
        let authorities: Vec<(String, String)> = authorities.collect();
        for domain in trust_domains {
            if !authorities.iter().any(|(with_file, _)| with_file == domain) {
                return Err(
                    format!("say who issues certificates: --authority {domain}=FILE").into()
                );
            }
        }
        Ok(Credentials::Files { certificate: certificate.clone(), key: key.clone(), authorities })
    }
}

/// A Service with the identities of its pods: as the command line says, or Deployments
/// among the documents, or else that of its own name.
fn upstream(reached: &Reached, compiler: &Compiler) -> Result<Upstream, Failure> {
    let Reached { service, port, endpoint, accounts: said } = reached;
    let bundle = &compiler.policies.bundle;
    let account = |(namespace, name): (&str, &str)| Account {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    };
    let mut names: Vec<Account> = said.clone();
    if names.is_empty() {
        let found = accounts(bundle, &service.namespace, &service.name);
        names.extend(found.into_iter().map(account));
    }
    if names.is_empty() {
        let namesake = account((&service.namespace, &service.name));
        let of_namespace = bundle
            .service_accounts
            .iter()
            .filter(|it| it.meta.namespace.value == service.namespace);
        let mut known = of_namespace.map(|it| it.meta.name.value.as_str()).peekable();
        if known.peek().is_some() && !known.any(|name| name == service.name) {
            return Err(format!(
                "there is no ServiceAccount `{service}`: say under which the pods of the Service run, \
                 --upstream {}=HOST:PORT@ACCOUNT",
                reached.name()
            )
            .into());
        }
        names.push(namesake);
    }
    let identities = names.iter().flat_map(|it| it.identities(&compiler.options)).collect();
    Ok(Upstream { service: service.clone(), port: *port, endpoint: endpoint.clone(), identities })
}

impl Reached {
    fn name(&self) -> String {
        cluster_name(&self.service, self.port)
    }
}
