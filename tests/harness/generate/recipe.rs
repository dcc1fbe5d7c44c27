//! Requests near a bundle.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::bundle::{
    ACCOUNTS, Binding, Bundle, HttpMatch, METHODS, NAMESPACES, PORTS, Rule, Subject, Target,
};
use super::pattern::WORDS;
use super::split::SERVICES;
use crate::request::{Bytes, Identity, Protocol, Request};

/// How to make a request: which rule to follow, and where to leave its path.
#[derive(Clone, Debug)]
pub(super) struct Recipe {
    target: Index,
    source: Index,
    rule: Index,
    one_match: Index,
    port: Index,
    /// How texts that match a pattern are chosen.
    choices: Vec<u8>,
    aside: Aside,
}

/// A request for a Service, on whose side its port is.
#[derive(Clone, Debug)]
pub struct SplitRequest {
    /// The namespace of the Service.
    pub namespace: &'static str,
    /// The name of the Service.
    pub service: &'static str,
    /// The request; who sends it does not matter.
    pub request: Request,
}

/// Steps away from what the rule wants; `None` follows it.
#[derive(Clone, Debug)]
struct Aside {
    protocol: Option<Protocol>,
    source: Option<Option<Identity>>,
    destination: Option<Identity>,
    port: Option<Option<u16>>,
    path: Step,
    method: Option<Option<&'static str>>,
    header: Change,
    host: Option<Option<&'static str>>,
}

/// What happens to a path.
#[derive(Clone, Debug)]
enum Step {
    Keep,
    Append(&'static str),
    Prepend(&'static str),
    Cut,
    Replace(String),
    Bytes(&'static [u8]),
    Remove,
}

/// What happens to the headers.
#[derive(Clone, Debug)]
enum Change {
    Keep,
    Drop,
    Repeat(&'static str),
    Add(&'static str, &'static str),
    Shout,
}

/// A recipe for requests of which about half follow a rule to its end.
pub(super) fn recipe() -> impl Strategy<Value = Recipe> {
    let indices = any::<(Index, Index, Index, Index, Index)>();
    (indices, prop::collection::vec(any::<u8>(), 8), aside()).prop_map(
        |((target, source, rule, one_match, port), choices, aside)| Recipe {
            target,
            source,
            rule,
            one_match,
            port,
            choices,
            aside,
        },
    )
}

fn aside() -> impl Strategy<Value = Aside> {
    let method =
        prop::option::of(select(["GET", "POST", "PUT", "get", "PURGE", "*", ""].as_slice()));
    let host = prop::option::of(select(
        ["shop", "Books.", "new:8080", "v1.:80", "user@books", "", "[::1]:80"].as_slice(),
    ));
    let port = prop::option::of(select(PORTS.as_slice()));
    let protocol = select([Protocol::Http, Protocol::Tcp, Protocol::Udp].as_slice());
    (
        prop::option::weighted(0.1, protocol),
        prop::option::weighted(0.08, peer()),
        prop::option::weighted(0.05, account()),
        prop::option::weighted(0.1, port),
        step(),
        prop::option::weighted(0.06, method),
        change(),
        prop::option::weighted(0.1, host),
    )
        .prop_map(|(protocol, source, destination, port, path, method, header, host)| Aside {
            protocol,
            source,
            destination,
            port,
            path,
            method,
            header,
            host,
        })
}

fn account() -> impl Strategy<Value = Identity> {
    (select(NAMESPACES.as_slice()), select(ACCOUNTS.as_slice()))
        .prop_map(|(namespace, name)| Identity::service_account(namespace, name))
}

/// Whoever connects; `None` proved nothing.
fn peer() -> impl Strategy<Value = Option<Identity>> {
    let strange = select(
        [
            "",
            "spiffe://other/ns/shop/sa/a",
            "spiffe://cluster.local/ns/shop/sa/a,spiffe://cluster.local/ns/shop/sa/b",
        ]
        .as_slice(),
    );
    prop_oneof![
        4 => account().prop_map(Some),
        1 => strange.prop_map(|id| Some(Identity::Spiffe { spiffe_id: id.to_owned() })),
        1 => Just(None),
    ]
}

/// Paths that are read in more than one way, or look as if they were.
const STRANGE_PATHS: [&[u8]; 19] = [
    b"/books/../new",
    b"/%2e%2e/books",
    b"//books",
    b"/books/./new",
    b"/a%2fb",
    b"/books;v=1",
    b"/..;/books",
    b"/%25%32%65",
    b"/new%",
    b"books",
    b"",
    b"*",
    b"/books#new",
    b"/b\\new",
    b"/\xff",
    b"/books\xc3\xa9",
    b"/new\x00",
    b"/caf%C3%A9",
    b"/100%25",
];

fn step() -> impl Strategy<Value = Step> {
    let words = prop::collection::vec(select(WORDS.as_slice()), 0..4);
    let other = select(STRANGE_PATHS.as_slice());
    prop_oneof![
        20 => Just(Step::Keep),
        2 => select(["/", "?new", "s", "/new", "/../x", "%20"].as_slice()).prop_map(Step::Append),
        1 => select(["/x", "/", "x"].as_slice()).prop_map(Step::Prepend),
        1 => Just(Step::Cut),
        2 => words.prop_map(|words| Step::Replace(format!("/{}", words.join("/")))),
        1 => other.prop_map(Step::Bytes),
        1 => Just(Step::Remove),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        14 => Just(Change::Keep),
        1 => Just(Change::Drop),
        2 => select(["", "books", "other"].as_slice()).prop_map(Change::Repeat),
        1 => (select(["x-user", "x-mode", "host"].as_slice()), select(["", "new"].as_slice()))
            .prop_map(|(name, value)| Change::Add(name, value)),
        1 => Just(Change::Shout),
    ]
}

impl Recipe {
    /// The request near `bundle`.
    pub(super) fn request(&self, bundle: &Bundle) -> Request {
        let target = self.target.get(&bundle.targets);
        let rule = self.pick(self.rule, &target.rules);
        let one_match = rule.and_then(|rule| self.http_match(bundle, target, rule));
        let protocol = self.aside.protocol.unwrap_or_else(|| protocol_of(rule));
        let wanted = || self.identity_of(bundle, target, &target.destination);
        let destination = self.aside.destination.clone().unwrap_or_else(wanted);
        let port = || target.port.or_else(|| self.port(bundle, target));
        Request {
            source: self.source(bundle, target),
            port: self.aside.port.unwrap_or_else(port),
            ..self.like(one_match, protocol, destination)
        }
    }

    /// A request near a split of `bundle`, for its root.
    pub(super) fn split_request(&self, bundle: &Bundle) -> Option<SplitRequest> {
        let split = self.pick(self.target, &bundle.splits)?;
        let group = self.pick(self.rule, split.groups.as_deref().unwrap_or_default());
        let group = group.and_then(|name| bundle.group(split.namespace, name));
        let one_match = group.and_then(|group| self.pick(self.one_match, &group.matches));
        let service =
            self.pick(self.source, &SERVICES).filter(|_| self.aside.destination.is_some());
        let service = service.copied().unwrap_or(split.root.name);
        let destination = Identity::service_account(split.namespace, service);
        let protocol = self.aside.protocol.unwrap_or_default();
        let port = self.pick(self.port, &PORTS).copied();
        let port = self.aside.port.unwrap_or(port);
        let request = Request { port, ..self.like(one_match, protocol, destination) };
        Some(SplitRequest { namespace: split.namespace, service, request })
    }

    /// What one match describes, on a connection to `destination`.
    fn like(
        &self,
        one_match: Option<&HttpMatch>,
        protocol: Protocol,
        destination: Identity,
    ) -> Request {
        let is_http = protocol == Protocol::Http;
        Request {
            source: None,
            destination,
            protocol,
            method: self.method(one_match).filter(|_| is_http),
            path: self.path(one_match).filter(|_| is_http),
            host: self.host(one_match).filter(|_| is_http),
            port: None,
            headers: if is_http { self.headers(one_match) } else { Vec::new() },
        }
    }

    fn pick<'a, T>(&self, index: Index, all: &'a [T]) -> Option<&'a T> {
        (!all.is_empty()).then(|| index.get(all))
    }

    fn http_match<'a>(
        &self,
        bundle: &'a Bundle,
        target: &Target,
        rule: &Rule,
    ) -> Option<&'a HttpMatch> {
        let group = bundle.group(target.namespace, rule.name)?;
        self.pick(self.one_match, &group.matches)
    }

    fn source(&self, bundle: &Bundle, target: &Target) -> Option<Identity> {
        let wanted = || {
            let source = self.pick(self.source, &target.sources);
            source.map(|it| self.identity_of(bundle, target, it))
        };
        self.aside.source.clone().unwrap_or_else(wanted)
    }

    /// One of the identities that a subject stands for.
    fn identity_of(&self, bundle: &Bundle, target: &Target, subject: &Subject) -> Identity {
        let namespace = subject.namespace.unwrap_or(target.namespace);
        let account = |name| Identity::service_account(namespace, name);
        let is_it = |it: &&Binding| it.namespace == namespace && it.name == subject.name;
        let binding = bundle.bindings.iter().find(is_it).filter(|_| subject.is_binding);
        let Some(binding) = binding else { return account(subject.name) };
        let accounts = binding.account.iter().chain(&binding.label).map(|name| account(name));
        let identities = binding.identities.iter().map(|id| Identity::Spiffe {
            spiffe_id: format!("spiffe://{}", id.trim_start_matches("spiffe://")),
        });
        let all: Vec<Identity> = accounts.chain(identities).collect();
        self.pick(self.port, &all).cloned().unwrap_or_else(|| account(subject.name))
    }

    fn port(&self, bundle: &Bundle, target: &Target) -> Option<u16> {
        let is_named = |name| target.rules.iter().any(|rule| rule.name == name);
        let routes = bundle.l4_routes.iter();
        let named = routes.filter(|it| it.namespace == target.namespace && is_named(it.name));
        let ports: Vec<u16> = named.flat_map(|route| route.ports.iter().copied()).collect();
        self.pick(self.port, &ports).copied()
    }

    fn method(&self, one_match: Option<&HttpMatch>) -> Option<Bytes> {
        if let Some(method) = self.aside.method {
            return method.map(Bytes::from);
        }
        let wanted = one_match.and_then(|one| one.methods.as_deref()).unwrap_or(&METHODS);
        let method = self.pick(self.port, wanted).copied().filter(|&method| method != "*");
        Some(method.unwrap_or("GET").into())
    }

    fn path(&self, one_match: Option<&HttpMatch>) -> Option<Bytes> {
        let pattern = one_match.and_then(|one| one.path.as_ref());
        let wanted = pattern.map_or("/books".to_owned(), |it| it.example(&mut self.chooser()));
        let wanted = if wanted.starts_with('/') { wanted } else { format!("/{wanted}") };
        let path = match &self.aside.path {
            Step::Keep => wanted,
            Step::Append(tail) => wanted + tail,
            Step::Prepend(head) => format!("{head}{wanted}"),
            Step::Cut => wanted.chars().take(wanted.chars().count().saturating_sub(1)).collect(),
            Step::Replace(path) => path.clone(),
            Step::Bytes(bytes) => return Some(Bytes(bytes.to_vec())),
            Step::Remove => return None,
        };
        Some(Bytes(path.into_bytes()))
    }

    fn host(&self, one_match: Option<&HttpMatch>) -> Option<Bytes> {
        let condition = one_match.and_then(|one| one.headers.iter().find(|it| it.name == "host"));
        let wanted = || {
            let host = condition.map(|it| it.value.example(&mut self.chooser()));
            host.unwrap_or_else(|| "shop.example:80".to_owned())
        };
        match self.aside.host {
            Some(host) => host.map(Bytes::from),
            None => Some(Bytes(wanted().into_bytes())),
        }
    }

    fn headers(&self, one_match: Option<&HttpMatch>) -> Vec<(String, Bytes)> {
        let conditions = one_match.map_or(&[][..], |one| &one.headers);
        let conditions = conditions.iter().filter(|it| it.name != "host");
        let mut headers: Vec<(String, Bytes)> = conditions
            .map(|it| {
                (it.name.to_owned(), Bytes(it.value.example(&mut self.chooser()).into_bytes()))
            })
            .collect();
        match self.aside.header {
            Change::Keep => {}
            Change::Drop => drop(headers.pop()),
            Change::Repeat(value) => {
                let name = headers.first().map(|(name, _)| name.clone());
                headers.extend(name.map(|name| (name, value.into())));
            }
            Change::Add(name, value) => headers.push((name.to_owned(), value.into())),
            Change::Shout => headers.iter_mut().for_each(|(name, _)| name.make_ascii_uppercase()),
        }
        headers
    }

    /// Chooses by the bytes of the recipe, over and over.
    fn chooser(&self) -> impl FnMut(usize) -> usize {
        let mut choices = self.choices.iter().cycle();
        move |ways| choices.next().map_or(0, |&choice| usize::from(choice) % ways.max(1))
    }
}

fn protocol_of(rule: Option<&Rule>) -> Protocol {
    match rule.map(|rule| rule.kind) {
        Some("TCPRoute") => Protocol::Tcp,
        Some("UDPRoute") => Protocol::Udp,
        _ => Protocol::Http,
    }
}
