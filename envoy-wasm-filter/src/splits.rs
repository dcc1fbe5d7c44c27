//! Traffic splits, at the side of the caller: which Service gets a request.

use decision_table::{Destination, Draw, Headers, Protocol, Request, normalise};

use crate::headers::{HeaderBlock, Pseudo};
use crate::host::{Host, HostError};
use crate::plugin::Plugin;
use crate::request;
use crate::settings::Policy;

/// The header that names the Service to which a request goes, `namespace/name`. The
/// proxy's one route takes the cluster of this name.
const BACKEND: &str = "x-smi-backend";

/// Random numbers of one VM (SplitMix64), which cost no host call.
#[derive(Debug, Default)]
pub(crate) struct Random {
    state: Option<u64>,
}

impl Random {
    fn next(&mut self, host: &impl Host) -> Result<u64, HostError> {
        let state = match self.state {
            Some(state) => state,
            None => host.random()?,
        };
        let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.state = Some(state);
        let number = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(number ^ (number >> 31))
    }
}

impl Plugin {
    /// Tells the proxy which Service gets the current request: the backend of a split,
    /// or else the Service that was called. A split grants nothing: whether the
    /// backend answers is for the policy there. What cannot be told goes nowhere,
    /// wherever its sender wanted it to go.
    pub(crate) fn route(&mut self, host: &impl Host, random: &mut Random) {
        let chosen = self.choose(host, random).and_then(|service| match service {
            Some(service) => host.set_request_header(BACKEND, service.as_bytes()),
            None => host.remove_request_header(BACKEND),
        });
        if let Err(error) = chosen {
            self.report(host, &error);
            host.remove_request_header(BACKEND).ok();
        }
    }

    fn choose(&self, host: &impl Host, random: &mut Random) -> Result<Option<String>, HostError> {
        let headers = request::headers(host)?;
        let pseudo = headers.pseudo();
        let Some(root) = pseudo.authority.and_then(|authority| service(authority, &self.policy))
        else {
            return Ok(None);
        };
        let Some(table) = &self.policy.table else { return Ok(Some(root)) };
        let key = self.policy.split_key.as_deref().and_then(|name| first(&headers, name));
        let draw = match &key {
            Some(key) => Draw::Key(key),
            None => Draw::Random(random.next(host)?),
        };
        let request = question(&headers, &pseudo);
        let backend = table.choose_backend(root.as_bytes(), &request, draw);
        Ok(Some(backend.map_or(root, |backend| backend.service.to_owned())))
    }
}

fn question<'a>(headers: &'a HeaderBlock, pseudo: &Pseudo<'a>) -> Request<'a> {
    Request {
        protocol: Protocol::Http,
        peer: None,
        destination: Destination::OfTable,
        port: pseudo.authority.and_then(port),
        method: pseudo.method,
        path: pseudo.path,
        authority: pseudo.authority,
        headers,
    }
}

/// The first value of a header.
fn first(headers: &HeaderBlock, name: &str) -> Option<Vec<u8>> {
    let mut first = None;
    headers.visit(name.as_bytes(), &mut |value| {
        first.get_or_insert_with(|| value.to_vec());
    });
    first
}

/// The port of an authority; that of plain HTTP when it names none.
fn port(authority: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(authority).ok()?;
    match text.rsplit_once(':') {
        Some((_, port)) if !port.ends_with(']') => port.parse().ok(),
        _ => Some(80),
    }
}

/// The Service of an authority as `namespace/name`: `name`, `name.namespace`, with
/// `.svc` and a cluster's domain behind.
fn service(authority: &[u8], policy: &Policy) -> Option<String> {
    let host = std::str::from_utf8(normalise::host(authority)?).ok()?.to_ascii_lowercase();
    let mut labels = host.split('.');
    let name = labels.next().filter(|name| !name.is_empty())?;
    let namespace = match labels.next() {
        Some(namespace) => namespace.to_owned(),
        None => policy.own_namespace()?,
    };
    let is_service = labels.next().is_none_or(|label| label == "svc");
    // Names of Services are DNS labels, and so are those of the proxy's clusters.
    let is_name = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    (is_service && is_name && !namespace.is_empty()).then(|| format!("{namespace}/{name}"))
}
