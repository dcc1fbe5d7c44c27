//! Values of the command line.

use std::net::Ipv4Addr;

use policy_compiler::Options;
use policy_compiler::back::envoy::{Endpoint, Inbound, Protocol, ServiceName, Splits};

/// A ServiceAccount.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Account {
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl Account {
    /// Its identities in all trust domains.
    pub(crate) fn identities(&self, options: &Options) -> Vec<String> {
        let of =
            |domain: &String| options.identity_form.identity(domain, &self.namespace, &self.name);
        options.trust_domains.iter().map(of).collect()
    }
}

/// A Service that can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reached {
    pub(crate) service: ServiceName,
    pub(crate) port: Option<u16>,
    pub(crate) endpoint: Endpoint,
    /// The ServiceAccounts of its pods, when they were said.
    pub(crate) accounts: Vec<Account>,
}

/// A port of a Service that is called by TCP, and where the application connects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Called {
    pub(crate) service: ServiceName,
    pub(crate) port: u16,
    pub(crate) listen: Endpoint,
}

/// A trust domain with the file of its authorities; none: the first one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Authority {
    pub(crate) domain: Option<String>,
    pub(crate) file: String,
}

pub(crate) fn account(text: &str) -> Result<Account, String> {
    match text.split('/').collect::<Vec<_>>()[..] {
        [namespace, name] if !namespace.is_empty() && !name.is_empty() => {
            Ok(Account { namespace: namespace.to_owned(), name: name.to_owned() })
        }
        _ => Err("write `NAMESPACE/SERVICE-ACCOUNT`".to_owned()),
    }
}

pub(crate) fn splits(text: &str) -> Result<Splits, String> {
    match text {
        "filter" => Ok(Splits::Filter),
        "native" => Ok(Splits::Native),
        _ => Err("backends are chosen by the `filter` or `native`".to_owned()),
    }
}

/// `shop/web=10.0.0.7:15006`, `shop/db:5432=db.example:5432@database,other/account`.
pub(crate) fn reached(text: &str) -> Result<Reached, String> {
    let (called, at) = text.split_once('=').ok_or("write `NAMESPACE/SERVICE=HOST:PORT`")?;
    let (service, port) = match called.split_once(':') {
        None => (called, None),
        Some((service, port)) => (service, Some(number(port)?)),
    };
    let service: ServiceName = service.parse().map_err(said)?;
    let (endpoint, accounts) = match at.split_once('@') {
        None => (at, Vec::new()),
        Some((endpoint, accounts)) => (endpoint, accounts.split(',').collect()),
    };
    let accounts = accounts.into_iter().map(|name| {
        if name.contains('/') || name.is_empty() {
            return account(name);
        }
        Ok(Account { namespace: service.namespace.clone(), name: name.to_owned() })
    });
    let accounts = accounts.collect::<Result<_, _>>()?;
    Ok(Reached { endpoint: endpoint.parse().map_err(said)?, service, port, accounts })
}

/// `shop/db:5432=15002`.
pub(crate) fn called(text: &str) -> Result<Called, String> {
    let parts = text.split_once('=').and_then(|(called, listen)| {
        let (service, port) = called.split_once(':')?;
        Some((service, port, listen))
    });
    let (service, port, listen) = parts.ok_or("write `NAMESPACE/SERVICE:PORT=LISTEN`")?;
    let listen = endpoint(listen, Ipv4Addr::LOCALHOST)?;
    Ok(Called { service: service.parse().map_err(said)?, port: number(port)?, listen })
}

pub(crate) fn inbound_http(text: &str) -> Result<Inbound, String> {
    inbound(text, Protocol::Http)
}

pub(crate) fn inbound_tcp(text: &str) -> Result<Inbound, String> {
    inbound(text, Protocol::Tcp)
}

/// `8080=9080`, `10.0.0.7:8080=127.0.0.1:9080`.
fn inbound(text: &str, protocol: Protocol) -> Result<Inbound, String> {
    let (listen, application) = text.split_once('=').ok_or("write `[ADDRESS:]PORT=APPLICATION`")?;
    let listen = endpoint(listen, Ipv4Addr::UNSPECIFIED)?;
    Ok(Inbound { protocol, listen, application: endpoint(application, Ipv4Addr::LOCALHOST)? })
}

pub(crate) fn local(text: &str) -> Result<Endpoint, String> {
    endpoint(text, Ipv4Addr::LOCALHOST)
}

/// `cluster.local=authority.pem`, or a file alone.
pub(crate) fn authority(text: &str) -> Result<Authority, String> {
    Ok(match text.split_once('=') {
        None => Authority { domain: None, file: text.to_owned() },
        Some((domain, file)) => {
            Authority { domain: Some(domain.to_owned()), file: file.to_owned() }
        }
    })
}

pub(crate) fn label(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write `KEY=VALUE`")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// `HOST:PORT`, or a port alone, which is on `host`.
fn endpoint(text: &str, host: Ipv4Addr) -> Result<Endpoint, String> {
    match text.parse::<u16>() {
        Ok(port) => Ok(Endpoint { host: host.to_string(), port }),
        Err(_) => text.parse().map_err(said),
    }
}

fn number(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| format!("`{text}` is no port"))
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_reached_at_addresses_under_accounts() {
        let web = reached("shop/web=10.0.0.7:15006").expect("it is well written");
        assert_eq!((web.service.to_string().as_str(), web.port), ("shop/web", None));
        assert!(web.accounts.is_empty());
        let db = reached("shop/db:5432=[::1]:5432@db,old/base").expect("it is well written");
        assert_eq!((db.port, db.endpoint.host.as_str()), (Some(5432), "::1"));
        let accounts: Vec<String> =
            db.accounts.iter().map(|it| format!("{}/{}", it.namespace, it.name)).collect();
        assert_eq!(accounts, ["shop/db", "old/base"]);
        for wrong in ["shop/web", "web=a:1", "shop/web=a", "shop/web:x=a:1", "shop/web=a:1@"] {
            assert!(reached(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn ports_stand_for_addresses() {
        let port = inbound_http("8080=9080").expect("it is well written");
        assert_eq!((port.listen.host.as_str(), port.listen.port), ("0.0.0.0", 8080));
        assert_eq!((port.application.host.as_str(), port.application.port), ("127.0.0.1", 9080));
        let port = inbound_tcp("[::]:5432=db:5432").expect("it is well written");
        assert_eq!((port.listen.host.as_str(), port.application.host.as_str()), ("::", "db"));
        assert!(inbound_http("8080").is_err());
    }
}
