//! Random policies and requests, sent to a real Envoy as they are: it answers as the
//! library does.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::rc::Rc;

use anyhow::{Context, Result, bail, ensure};
use conformance::compare::scenario_of;
use conformance::engine::{Compiler, Decision, TRUST_DOMAIN, decide};
use conformance::generate::scenario_with;
use conformance::request::{Bytes, Identity, Protocol, Request};
use decision_table::Destination;
use loopback_mesh::Workload;
use loopback_mesh::apps::Host;
use loopback_mesh::envoy::Policy;
use policy_compiler::back::envoy::Configuration;

use super::client::Session;
use super::fixture::Shop;

/// Requests of which both the library and Envoy said what becomes of them.
const PAIRS: usize = 20_000;
/// Requests for each bundle of policies, all to one workload: it takes Envoy some
/// milliseconds to come to another table.
const REQUESTS: usize = 250;

#[test]
fn envoy_answers_as_the_library_does() -> Result<()> {
    let mut replay = Replay::start()?;
    let strategy = scenario_with(REQUESTS);
    let mut seed = 1_000_000;
    while replay.tally.decided() < PAIRS {
        replay.play(seed, &scenario_of(&strategy, seed))?;
        seed += 1;
    }
    let tally = replay.tally;
    writeln!(io::stderr(), "{tally:?}")?;
    // Of agreement in denying everything nothing could be learned.
    ensure!(tally.allowed * 5 > tally.decided(), "hardly any request is allowed: {tally:?}");
    ensure!(tally.refused * 4 < tally.decided(), "Envoy refuses too much by itself: {tally:?}");
    Ok(())
}

/// What became of the requests.
#[derive(Debug, Default)]
struct Tally {
    allowed: usize,
    denied: usize,
    /// Envoy did not take them for requests.
    refused: usize,
    /// They cannot be said in HTTP/1.1.
    unspeakable: usize,
}

impl Tally {
    const fn decided(&self) -> usize {
        self.allowed + self.denied
    }
}

struct Replay {
    shop: Shop,
    sessions: BTreeMap<Option<(String, String)>, Session>,
    tally: Tally,
    _application: Host,
}

impl Replay {
    fn start() -> Result<Self> {
        let host = Host::new()?;
        let anything = host.serve_anything()?;
        let shop = Shop::open("replay", Policy::None, |settings| {
            settings.application = anything;
            // Everything has to arrive at the filter as it was sent.
            settings.normalise_paths = false;
            settings.require_client_certificate = false;
        })?;
        let (sessions, tally) = (BTreeMap::new(), Tally::default());
        Ok(Self { shop, sessions, tally, _application: host })
    }

    /// Sends the requests of a scenario as if all were for the same workload and port.
    fn play(&mut self, seed: u64, scenario: &conformance::generate::Scenario) -> Result<()> {
        let compiler = Rc::new(Compiler::new(&scenario.policies()));
        let first = scenario.requests.iter().find(|request| request.protocol == Protocol::Http);
        let Some(Request { destination, port, .. }) = first else { return Ok(()) };
        let workload = destination.spiffe_id(TRUST_DOMAIN);
        let Some(table) = compiler.workload_table(&workload) else { return Ok(()) };
        let policy = Policy::Configured(Configuration {
            table: Some(table.as_bytes()),
            port: *port,
            ..Configuration::default()
        });
        self.shop.sidecar.deliver(policy)?;
        self.shop.sidecar.wait_for_table(table.digest())?;
        let requests = scenario.requests.iter().filter(|it| it.protocol == Protocol::Http);
        for request in requests {
            let request =
                Request { destination: destination.clone(), port: *port, ..request.clone() };
            let expected = decide(&table, &request, Destination::OfTable);
            self.compare(&request, &expected)
                .with_context(|| format!("seed {seed}: {request:?}\n{scenario:?}"))?;
        }
        Ok(())
    }

    fn compare(&mut self, request: &Request, expected: &Decision) -> Result<()> {
        let Some((source, bytes)) = speak(request) else {
            self.tally.unspeakable += 1;
            return Ok(());
        };
        let head = request.method.as_ref().is_some_and(|method| method.0 == b"HEAD");
        let session = match self.sessions.entry(source) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                let client = match entry.key() {
                    Some((namespace, name)) => {
                        self.shop.client_of(&Workload::new(namespace, name))?
                    }
                    None => self.shop.stranger()?,
                };
                entry.insert(Session::new(client))
            }
        };
        let response = session.send(&bytes, head)?;
        let details = response.denial();
        match (response.status, expected) {
            (200, Decision::Allow) => self.tally.allowed += 1,
            // What Envoy refuses by itself has no details of ours.
            (403, Decision::Deny(reason)) if details.is_some() || head => {
                ensure!(head || details == *reason, "{details:?} instead of {reason:?}");
                self.tally.denied += 1;
            }
            (400 | 403 | 404 | 426 | 431, _) if details.is_none() => self.tally.refused += 1,
            _ => bail!("{response:?} instead of {expected:?}"),
        }
        Ok(())
    }
}

/// Namespace and name of a ServiceAccount.
type Account = (String, String);

/// Who sends it, and the bytes of the request; `None` for what a client cannot send so.
fn speak(request: &Request) -> Option<(Option<Account>, Vec<u8>)> {
    let source = match &request.source {
        None => None,
        Some(Identity::ServiceAccount { namespace, service_account }) => {
            Some((namespace.clone(), service_account.clone()))
        }
        Some(Identity::Spiffe { .. }) => return None,
    };
    let (method, path) = (request.method.as_ref()?, request.path.as_ref()?);
    let is_token = |bytes: &Bytes| !bytes.0.is_empty() && bytes.0.iter().all(u8::is_ascii_graphic);
    // `CONNECT` has no path, and an empty value may not stand between the spaces.
    if !is_token(method) || method.0 == b"CONNECT" || !is_token(path) {
        return None;
    }
    let host = request.host.as_ref()?;
    // Envoy joins the values of some headers to one before anybody sees them, the
    // application included: a request of its own, about which policies say something
    // else.
    let joined = |name: &str| name.eq_ignore_ascii_case("user-agent");
    if request.headers.iter().filter(|(name, _)| joined(name)).count() > 1 {
        return None;
    }
    let mut bytes = [&method.0, &b" "[..], &path.0, b" HTTP/1.1\r\nhost: ", &host.0].concat();
    if !is_value(&host.0) {
        return None;
    }
    for (name, value) in &request.headers {
        let special = ["host", "connection", "content-length", "transfer-encoding", "upgrade"];
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !is_name || special.contains(&name.to_ascii_lowercase().as_str()) || !is_value(&value.0)
        {
            return None;
        }
        bytes.extend([b"\r\n", name.as_bytes(), b": ", &value.0].concat());
    }
    bytes.extend(b"\r\n\r\n");
    Some((source, bytes))
}

/// Whether a value arrives as it is sent.
fn is_value(value: &[u8]) -> bool {
    let is_space = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    value.iter().all(|byte| *byte == b'\t' || !byte.is_ascii_control())
        && !is_space(value.first())
        && !is_space(value.last())
}
