use prost::Message;
use serde_json::Value;

use super::*;

fn endpoint(text: &str) -> Endpoint {
    text.parse().unwrap()
}

/// A sidecar of everything that there is.
fn sidecar() -> Sidecar {
    let upstream = |service: &str, port, endpoint_: &str| Upstream {
        service: service.parse().unwrap(),
        port,
        endpoint: endpoint(endpoint_),
        identities: vec![format!("spiffe://td/ns/{}", service.replace('/', "/sa/"))],
    };
    let weighted = |name: &str, weight| WeightedCluster { name: name.to_owned(), weight };
    Sidecar {
        node: "shop.store".to_owned(),
        credentials: Credentials::Files {
            certificate: "/certs/chain.pem".to_owned(),
            key: "/certs/key.pem".to_owned(),
            authorities: vec![
                ("td".to_owned(), "/certs/td.pem".to_owned()),
                ("old.td".to_owned(), "/certs/old.pem".to_owned()),
            ],
        },
        filter: "/smi/filter.wasm".to_owned(),
        discovery: "/smi/discovery".to_owned(),
        inbound: vec![
            Inbound {
                protocol: Protocol::Http,
                listen: endpoint("0.0.0.0:8080"),
                application: endpoint("127.0.0.1:80"),
            },
            Inbound {
                protocol: Protocol::Tcp,
                listen: endpoint("0.0.0.0:5432"),
                application: endpoint("127.0.0.1:15432"),
            },
        ],
        outbound: Outbound {
            http: Some(endpoint("127.0.0.1:15001")),
            splits: Splits::Filter,
            tcp: vec![OutboundTcp {
                service: ServiceName::new("shop", "db"),
                port: 5432,
                listen: endpoint("127.0.0.1:15002"),
                backends: vec![weighted("shop/db-1:5432", 2), weighted("shop/db-2:5432", 1)],
            }],
            upstreams: vec![
                upstream("shop/web", None, "web.example:15006"),
                upstream("shop/db-1", Some(5432), "[::1]:5432"),
                upstream("shop/db-2", Some(5432), "10.0.0.2:5432"),
            ],
        },
        access_log: "/dev/stdout".to_owned(),
        admin: Some(endpoint("127.0.0.1:15000")),
        zipkin: Some(endpoint("zipkin.example:9411")),
    }
}

#[test]
fn a_sidecar_is_told_everything() {
    insta::assert_snapshot!(format!("{:#}", bootstrap(&sidecar())));
}

#[test]
fn certificates_come_by_secret_discovery() {
    for source in [
        SecretSource::Socket("/run/spire/agent.sock".to_owned()),
        SecretSource::Files {
            certificate: "/run/secrets/certificate.json".to_owned(),
            authority: "/run/secrets/authority.json".to_owned(),
        },
    ] {
        let name = match &source {
            SecretSource::Socket(_) => "secrets_by_socket",
            SecretSource::Files { .. } => "secrets_by_file",
        };
        let credentials = Credentials::Secrets {
            source,
            certificate: "default".to_owned(),
            authority: "ALL".to_owned(),
        };
        let sidecar = Sidecar { credentials, ..sidecar() };
        let bootstrap = bootstrap(&sidecar);
        let listener = "/static_resources/listeners/0/filter_chains/0/transport_socket";
        let sections = [
            bootstrap.pointer(listener),
            bootstrap.pointer("/static_resources/clusters/2/transport_socket"),
            bootstrap.pointer("/static_resources/clusters/5"),
        ];
        let shown = sections.map(|section| format!("{:#}", section.unwrap_or(&Value::Null)));
        insta::assert_snapshot!(name, shown.join("\n"));
    }
}

#[test]
fn native_splits_need_no_filter_for_requests_that_leave() {
    let mut sidecar = sidecar();
    sidecar.outbound.splits = Splits::Native;
    let text = bootstrap(&sidecar).to_string();
    assert!(text.contains("/smi/discovery/routes.json"));
    assert!(!text.contains("smi-splits") && !text.contains(BACKEND_HEADER));
}

#[test]
fn nothing_ever_fails_open() {
    let text = bootstrap(&sidecar()).to_string();
    assert!(!text.contains("OPEN"), "{text}");
    assert_eq!(text.matches("FAIL_RELOAD").count(), Root::ALL.len());
}

#[test]
fn both_forms_of_a_discovery_file_say_the_same() {
    for root in Root::ALL {
        let configuration = Configuration { table: Some(b"\x89SMI"), ..Configuration::default() };
        let discovery =
            Discovery::Plugin(Plugin { root, filter: "/smi/filter.wasm", configuration });
        let response = wire::DiscoveryResponse::decode(&*discovery.bytes("7")).unwrap();
        let resource = wire::TypedExtensionConfig::decode(&*response.resources[0].value).unwrap();
        let wasm = resource.typed_config.unwrap();
        let plugin = wire::Wasm::decode(&*wasm.value).unwrap().config.unwrap();
        let machine = plugin.vm_config.unwrap();
        let value = plugin.configuration.unwrap().value;

        let json = discovery.json("7");
        let at = |place: &str| json.pointer(place).unwrap_or(&Value::Null).clone();
        let config = "/resources/0/typed_config/config";
        assert_eq!(at("/version_info"), response.version_info);
        assert_eq!(at("/resources/0/@type"), response.resources[0].type_url);
        assert_eq!(at("/resources/0/name"), resource.name);
        assert_eq!(at("/resources/0/typed_config/@type"), wasm.type_url);
        assert_eq!(at(&format!("{config}/root_id")), plugin.root_id);
        assert_eq!(at(&format!("{config}/vm_config/vm_id")), machine.vm_id);
        assert_eq!(at(&format!("{config}/configuration/value")), "iVNNSQ==");
        assert_eq!(wire::BytesValue::decode(&*value).unwrap().value, b"\x89SMI");
        let pause = plugin.reload_config.unwrap().backoff.unwrap().base_interval.unwrap();
        assert_eq!((pause.seconds, pause.nanos), (0, 100_000_000));
        assert_eq!(at(&format!("{config}/reload_config/backoff/base_interval")), "0.100s");
    }
}
