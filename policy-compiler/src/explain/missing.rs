//! What a rule misses of a request.

use std::fmt;

use serde::Serialize;

use crate::identity::Sources;
use crate::query::Wire;

/// How many callers are named to somebody who is none of them.
const MOST_CALLERS: usize = 3;

/// A condition of a rule that a request does not fulfil.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "condition", rename_all = "lowercase")]
pub enum Missing {
    /// The peer is not among those who may call.
    Source {
        /// Some of those who may.
        wanted: Vec<String>,
        /// How many more there are.
        more: usize,
    },
    /// The connection carries another protocol.
    Protocol {
        /// The rule's.
        wanted: Wire,
    },
    /// The port is another one, or is not known.
    Port {
        /// The rule's.
        wanted: Vec<u16>,
        /// The request's.
        found: Option<u16>,
    },
    /// The path does not match.
    Path {
        /// The expression that it would have to match.
        expression: String,
        /// Where it leaves all that matches.
        stops: Stop,
    },
    /// The method is another one.
    Method {
        /// The rule's.
        wanted: Vec<String>,
    },
    /// The host does not match, or there is none.
    Host {
        /// The expression that it would have to match.
        expression: String,
        /// The request's, in lower case and without port.
        found: Option<String>,
        /// Where it leaves all that matches.
        stops: Option<Stop>,
    },
    /// A header does not match, or is not there.
    Header {
        /// Its name.
        name: String,
        /// The expression that all of its values would have to match.
        expression: String,
        /// The first value that does not.
        found: Option<String>,
        /// Where it leaves all that matches.
        stops: Option<Stop>,
    },
}

/// Where a text leaves everything that an expression matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// At this byte, counted from 0: no text that matches goes on like this.
    AtByte(usize),
    /// Behind its last byte: longer texts match.
    AtEnd,
}

impl Missing {
    pub(super) fn source(sources: &Sources) -> Self {
        let wanted = sources.iter().take(MOST_CALLERS).map(|it| it.to_string()).collect();
        Self::Source { wanted, more: sources.iter().len().saturating_sub(MOST_CALLERS) }
    }

    /// Where a table would have lost the rule, and how much was right until then.
    fn rank(&self) -> (u8, usize) {
        match self {
            Self::Source { .. } => (0, 0),
            Self::Protocol { .. } => (1, 0),
            Self::Port { .. } => (2, 0),
            Self::Path { stops, .. } => (3, progress(Some(*stops))),
            Self::Method { .. } => (4, 0),
            Self::Host { stops, .. } => (5, progress(*stops)),
            Self::Header { stops, .. } => (6, progress(*stops)),
        }
    }
}

const fn progress(stops: Option<Stop>) -> usize {
    match stops {
        Some(Stop::AtByte(byte)) => byte,
        Some(Stop::AtEnd) => usize::MAX,
        None => 0,
    }
}

/// How far a rule is from a request: a smaller one is nearer. What is lost early
/// counts most, because another path does not help a stranger.
pub(super) fn distance(missing: &[Missing]) -> Vec<std::cmp::Reverse<(u8, usize)>> {
    missing.iter().map(|missing| std::cmp::Reverse(missing.rank())).collect()
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source { wanted, more } => {
                let wanted: Vec<String> = wanted.iter().map(|it| format!("`{it}`")).collect();
                write!(f, "only {}", wanted.join(", "))?;
                if *more > 0 {
                    write!(f, " and {more} more")?;
                }
                f.write_str(" may call")
            }
            Self::Protocol { wanted } => f.write_str(match wanted {
                Wire::Http => "it is not HTTP",
                Wire::Tcp => "it is not TCP",
                Wire::Udp => "it is not UDP",
            }),
            Self::Port { wanted, found } => {
                let wanted: Vec<String> = wanted.iter().map(u16::to_string).collect();
                match found {
                    Some(found) => write!(f, "port {found} is not {}", wanted.join(" or ")),
                    None => {
                        write!(f, "the port is not known, and has to be {}", wanted.join(" or "))
                    }
                }
            }
            Self::Path { expression, stops } => leaves(f, "the path", expression, Some(*stops)),
            Self::Method { wanted } => write!(f, "the method is not {}", wanted.join(" or ")),
            Self::Host { expression, found: None, .. } => {
                write!(f, "there is no host, which has to match `{expression}`")
            }
            Self::Host { expression, found: Some(host), stops } => {
                leaves(f, &format!("the host `{host}`"), expression, *stops)
            }
            Self::Header { name, expression, found: None, .. } => {
                write!(f, "there is no header `{name}`, which has to match `{expression}`")
            }
            Self::Header { name, expression, found: Some(value), stops } => {
                leaves(f, &format!("the value `{value}` of header `{name}`"), expression, *stops)
            }
        }
    }
}

fn leaves(
    f: &mut fmt::Formatter<'_>,
    what: &str,
    expression: &str,
    stops: Option<Stop>,
) -> fmt::Result {
    match stops {
        Some(Stop::AtEnd) => write!(f, "{what} ends before `{expression}` is complete"),
        Some(Stop::AtByte(byte)) => write!(f, "{what} leaves `{expression}` at byte {byte}"),
        None => write!(f, "{what} does not match `{expression}`"),
    }
}
