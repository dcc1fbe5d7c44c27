//! The engines that must agree: one trait, one file per engine.

mod explanation;
mod filter;
mod oracle;
mod query;
mod shares;
mod tables;

pub use explanation::Explanations;
pub use filter::{Filter, header_block};
pub use oracle::Oracle;
pub use query::Queries;
pub use shares::{Answer, Shares};
pub use tables::{Compiler, Tables, decide};

use std::fmt;
use std::rc::Rc;

use decision_table::Dialect;

use crate::request::Request;

/// Something that enforces policies.
pub trait Engine {
    /// Its name in failures.
    fn name(&self) -> &'static str;

    /// Whether it can be asked about this request at all.
    fn understands(&self, _request: &Request) -> bool {
        true
    }

    /// Whether it can be given these policies at all.
    fn accepts(&self, policies: &Policies) -> bool {
        policies.trust_domains == [TRUST_DOMAIN]
    }

    /// Takes policies in force that other engines can share.
    fn start(&self, compiler: &Rc<Compiler>) -> Box<dyn Enforcer>;

    /// Takes policies in force.
    fn load(&self, policies: &Policies) -> Box<dyn Enforcer> {
        self.start(&Rc::new(Compiler::new(policies)))
    }
}

/// An engine with policies in force.
pub trait Enforcer {
    /// Decides one request.
    fn decide(&self, request: &Request) -> Decision;

    /// Which Services share requests like this one for a root Service, on whose
    /// side `request.port` is. An empty answer says that two splits claim the
    /// request; `None`, that this engine cannot be asked.
    fn shares(&self, _namespace: &str, _service: &str, _request: &Request) -> Option<Answer> {
        None
    }
}

/// Every engine that answers the corpus.
#[must_use]
pub fn all() -> Vec<Box<dyn Engine>> {
    vec![
        Box::new(Oracle),
        Box::new(Tables::OfWorkloads),
        Box::new(Tables::OfMesh),
        Box::new(Filter),
        Box::new(Explanations),
    ]
}

/// Documents and how to read them.
#[derive(Clone, Debug)]
pub struct Policies {
    /// How the specification's silences are read.
    pub dialect: Dialect,
    /// The trust domains in which every ServiceAccount is known.
    pub trust_domains: Vec<String>,
    /// The files, in the order in which they are given.
    pub files: Vec<File>,
}

/// The trust domain of the accounts in all requests: the default of the product.
pub const TRUST_DOMAIN: &str = "cluster.local";

impl Policies {
    /// Files, read with the default trust domain.
    #[must_use]
    pub fn new(dialect: Dialect, files: Vec<File>) -> Self {
        Self { dialect, trust_domains: vec![TRUST_DOMAIN.to_owned()], files }
    }

    /// One file.
    #[must_use]
    pub fn of(dialect: Dialect, text: &str) -> Self {
        let file = File { name: "policies.yaml".to_owned(), text: text.to_owned() };
        Self::new(dialect, vec![file])
    }
}

/// A text with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its content.
    pub text: String,
}

/// What an engine says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The request may pass.
    Allow,
    /// It may not; with the code of the reason, from engines that tell one.
    Deny(Option<String>),
}

impl Decision {
    /// Whether both say the same, where a missing reason fits every reason.
    #[must_use]
    pub fn agrees_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Allow, Self::Allow) => true,
            (Self::Deny(Some(left)), Self::Deny(Some(right))) => left == right,
            (Self::Deny(_), Self::Deny(_)) => true,
            _ => false,
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allow => f.write_str("allow"),
            Self::Deny(None) => f.write_str("deny"),
            Self::Deny(Some(reason)) => write!(f, "deny: {reason}"),
        }
    }
}
