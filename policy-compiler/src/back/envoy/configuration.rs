//! What the filter is configured with.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use decision_table::{Mode, Table};
use serde_json::{Map, Value};

use super::plugin::Root;

/// A table, and how the filter is to use it.
///
/// By itself a table is a configuration: it is enforced. Everything else is said by
/// settings in front of it, one line of JSON.
///
/// ```
/// use policy_compiler::back::envoy::{Configuration, Root};
///
/// let table = b"\x89SMI\r\n";
/// let enforced = Configuration { table: Some(table), ..Configuration::default() };
/// assert_eq!(enforced.bytes(Root::Http), table);
///
/// let watched = Configuration { mode: "audit".parse()?, ..enforced };
/// assert_eq!(watched.bytes(Root::Http), b"{\"mode\":\"audit\"}\n\x89SMI\r\n");
/// assert_eq!(watched.text(Root::Http), r#"{"mode":"audit","table":"iVNNSQ0K"}"#);
/// # Ok::<(), decision_table::UnknownMode>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Configuration<'a> {
    /// The bytes of the table; `None`: no policy, which denies everything.
    pub table: Option<&'a [u8]>,
    /// The bytes of a table that is only watched: what it would decide is counted.
    pub shadow: Option<&'a [u8]>,
    /// What the filter does with verdicts.
    pub mode: Mode,
    /// The port that policies speak of, where listeners have others: behind a
    /// redirection, or in tests.
    pub port: Option<u16>,
    /// The header whose value keeps requests with the same backend of a split.
    pub split_key: Option<&'a str>,
    /// The namespace of Services that are called by their name alone, when it is not
    /// that of the table's workload.
    pub namespace: Option<&'a str>,
    /// Whether access logs tell the rule of requests that are allowed too, which costs
    /// each of them a little.
    pub log_allowed: bool,
}

impl Configuration<'_> {
    /// What tells its table apart from others: the beginning of the digest. Empty when
    /// there is no table that can be read.
    #[must_use]
    pub fn version(&self) -> String {
        let table = self.table.and_then(|bytes| Table::from_bytes(bytes).ok());
        table.map_or_else(String::new, |table| {
            table.digest().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
        })
    }

    /// The bytes for one of the filter's roots.
    #[must_use]
    pub fn bytes(&self, root: Root) -> Vec<u8> {
        let table = self.table.unwrap_or_default();
        let mut settings = self.settings(root);
        let shadow = self.shadow_of(root).filter(|_| self.table.is_some());
        if shadow.is_some() {
            settings.insert("has_shadow".to_owned(), true.into());
        } else if let Some(shadow) = self.shadow_of(root) {
            // There is nothing that it could follow.
            settings.insert("shadow".to_owned(), base64(shadow));
        }
        if settings.is_empty() {
            return table.to_vec();
        }
        let line = format!("{}\n", Value::Object(settings));
        [line.as_bytes(), table, shadow.unwrap_or_default()].concat()
    }

    /// The same as a text, for what carries nothing else.
    #[must_use]
    pub fn text(&self, root: Root) -> String {
        self.json(root).to_string()
    }

    /// The same as an object.
    pub(super) fn json(&self, root: Root) -> Value {
        let mut settings = self.settings(root);
        settings.extend(self.table.map(|table| ("table".to_owned(), base64(table))));
        settings.extend(self.shadow_of(root).map(|it| ("shadow".to_owned(), base64(it))));
        Value::Object(settings)
    }

    /// What is said beside the tables. Each root is told only what concerns it.
    fn settings(&self, root: Root) -> Map<String, Value> {
        let mut settings = Map::new();
        let mut say = |name: &str, value: Option<&str>| {
            settings.extend(value.map(|value| (name.to_owned(), value.into())));
        };
        match root {
            Root::Http | Root::Tcp => {
                say("mode", Some(self.mode.name()).filter(|_| self.mode != Mode::default()));
                settings.extend(self.port.map(|port| ("port".to_owned(), port.into())));
                if self.log_allowed {
                    settings.insert("log_allowed".to_owned(), true.into());
                }
            }
            Root::Splits => {
                say("split_key", self.split_key);
                say("namespace", self.namespace);
            }
        }
        settings
    }

    /// Splits are not watched: a request has one backend.
    const fn shadow_of(&self, root: Root) -> Option<&[u8]> {
        match root {
            Root::Http | Root::Tcp => self.shadow,
            Root::Splits => None,
        }
    }
}

fn base64(bytes: &[u8]) -> Value {
    STANDARD.encode(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(bytes: &[u8]) -> (&str, &[u8]) {
        let end = bytes.iter().position(|byte| *byte == b'\n').unwrap();
        (std::str::from_utf8(&bytes[..end]).unwrap(), &bytes[end + 1..])
    }

    #[test]
    fn tables_follow_the_settings() {
        let all = Configuration {
            table: Some(b"\x89table"),
            shadow: Some(b"\x89shadow"),
            mode: Mode::Permissive,
            port: Some(8080),
            log_allowed: true,
            split_key: Some("x-session"),
            namespace: Some("shop"),
        };
        for root in [Root::Http, Root::Tcp] {
            let bytes = all.bytes(root);
            let (settings, tables) = line(&bytes);
            assert_eq!(
                settings,
                r#"{"has_shadow":true,"log_allowed":true,"mode":"permissive","port":8080}"#
            );
            assert_eq!(tables, b"\x89table\x89shadow");
        }
        let bytes = all.bytes(Root::Splits);
        let (settings, tables) = line(&bytes);
        assert_eq!(settings, r#"{"namespace":"shop","split_key":"x-session"}"#);
        assert_eq!(tables, b"\x89table");
    }

    #[test]
    fn nothing_is_nothing() {
        assert!(Configuration::default().bytes(Root::Http).is_empty());
        assert_eq!(Configuration::default().text(Root::Http), "{}");
    }

    #[test]
    fn a_shadow_alone_is_text() {
        let shadow = Configuration { shadow: Some(b"\x89"), ..Configuration::default() };
        assert_eq!(line(&shadow.bytes(Root::Http)), (r#"{"shadow":"iQ=="}"#, &b""[..]));
    }
}
