//! Mutual TLS between sidecars.

use serde_json::{Value, json};

use super::settings::{Credentials, SecretSource, Upstream};
use super::{discovery, set, type_url};

/// The cluster of the server that gives secrets.
pub(super) const SECRETS_CLUSTER: &str = "secrets";

/// For a listener: callers must have a certificate.
pub(super) fn server(credentials: &Credentials) -> Value {
    let mut common = common(credentials, None);
    set(&mut common, "alpn_protocols", json!(["h2", "http/1.1"]));
    socket(json!({
        "@type": type_url("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"),
        "require_client_certificate": true,
        "common_tls_context": common,
    }))
}

/// The same for connections that are not HTTP.
pub(super) fn server_of_tcp(credentials: &Credentials) -> Value {
    socket(json!({
        "@type": type_url("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"),
        "require_client_certificate": true,
        "common_tls_context": common(credentials, None),
    }))
}

/// For a cluster: whoever answers must have one of its identities.
pub(super) fn client(credentials: &Credentials, upstream: &Upstream) -> Value {
    socket(json!({
        "@type": type_url("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"),
        "sni": format!("{}.{}", upstream.service.name, upstream.service.namespace),
        "common_tls_context": common(credentials, Some(&upstream.identities)),
    }))
}

fn common(credentials: &Credentials, identities: Option<&[String]>) -> Value {
    let names = identities.map(|identities| {
        let exact = |identity| json!({ "san_type": "URI", "matcher": { "exact": identity } });
        // An empty list would admit everybody whom the authority knows.
        let nobody = identities.is_empty().then(|| exact(""));
        let all = identities.iter().map(|identity| exact(identity)).chain(nobody);
        Value::Array(all.collect())
    });
    let mut common = json!({
        // Envoy's clients stop at 1.2 unless told to go on.
        "tls_params": {
            "tls_minimum_protocol_version": "TLSv1_3",
            "tls_maximum_protocol_version": "TLSv1_3",
        },
    });
    match credentials {
        Credentials::Files { certificate, key, authorities } => {
            let chain = json!({
                "certificate_chain": { "filename": certificate },
                "private_key": { "filename": key },
            });
            let mut validation = spiffe_validation(authorities);
            if let Some(names) = names {
                set(&mut validation, "match_typed_subject_alt_names", names);
            }
            set(&mut common, "tls_certificates", json!([chain]));
            set(&mut common, "validation_context", validation);
        }
        Credentials::Secrets { source, certificate, authority } => {
            let [of_certificate, of_authority] = secrets_of(source);
            let secret = |name: &str, from| json!({ "name": name, "sds_config": from });
            let own_secret = json!([secret(certificate, of_certificate)]);
            set(&mut common, "tls_certificate_sds_secret_configs", own_secret);
            let mut own = json!({});
            if let Some(names) = names {
                set(&mut own, "match_typed_subject_alt_names", names);
            }
            let combined = json!({
                "default_validation_context": own,
                "validation_context_sds_secret_config": secret(authority, of_authority),
            });
            set(&mut common, "combined_validation_context", combined);
        }
    }
    common
}

/// A certificate must come from an authority of its trust domain, which is that of its
/// first name.
fn spiffe_validation(authorities: &[(String, String)]) -> Value {
    let domain = |(name, file): &(String, String)| json!({ "name": name, "trust_bundle": { "filename": file } });
    let domains: Vec<Value> = authorities.iter().map(domain).collect();
    let name = "envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig";
    json!({
        "custom_validator_config": {
            "name": "envoy.tls.cert_validator.spiffe",
            "typed_config": { "@type": type_url(name), "trust_domains": domains },
        },
    })
}

/// Where the certificate and the validation context are.
fn secrets_of(source: &SecretSource) -> [Value; 2] {
    match source {
        SecretSource::Files { certificate, authority } => {
            [discovery::source_at(certificate), discovery::source_at(authority)]
        }
        SecretSource::Socket(_) => {
            let server = json!({
                "resource_api_version": "V3",
                "api_config_source": {
                    "api_type": "GRPC",
                    "transport_api_version": "V3",
                    "grpc_services": [{ "envoy_grpc": { "cluster_name": SECRETS_CLUSTER } }],
                },
            });
            [server.clone(), server]
        }
    }
}

fn socket(context: Value) -> Value {
    json!({ "name": "envoy.transport_sockets.tls", "typed_config": context })
}
