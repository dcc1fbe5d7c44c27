//! What one VM holds: its plugins, and which request or connection is whose.
//!
//! The proxy names everything by numbers: a plugin by its root context, and a
//! request or connection by a context of its own below. It tells of the beginning
//! and of the end of each. A new configuration is a new plugin; the one before it may
//! have requests that go on, and comes back without being configured again when its
//! configuration does.

use decision_table::Reason;
use proxy_wasm::types::{Action, LogLevel};

use crate::host::Host;
use crate::plugin::{Plugin, Role};
use crate::request::Attributes;
use crate::respond;
use crate::sorted::Sorted;
use crate::splits::Random;
use crate::throttle::Throttle;

/// The name under which the proxy's configuration has a plugin's role.
const ROOT_ID: &[u8] = b"plugin_root_id";

/// Everything in one VM.
pub struct Vm<H> {
    host: H,
    /// By root context, and so in the order in which they were configured.
    plugins: Sorted<u32, Plugin>,
    /// The plugins of requests of which the headers are still to come.
    requests: Sorted<u32, u32>,
    connections: Sorted<u32, Connection>,
    random: Random,
    strays: Throttle,
}

/// What is known about a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Connection {
    /// Nothing yet: it is a matter of the plugin with this root context.
    Undecided(u32),
    Allowed,
    Denied,
}

/// What becomes of the data of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// It flows on.
    Pass,
    /// It stays here.
    Hold,
    /// It stays here, and the connection is to be closed.
    Close,
}

impl<H: Host> Vm<H> {
    /// A VM without plugins, in which everything is denied.
    #[must_use]
    pub fn new(host: H) -> Self {
        Self {
            host,
            plugins: Sorted::default(),
            requests: Sorted::default(),
            connections: Sorted::default(),
            random: Random::default(),
            strays: Throttle::default(),
        }
    }

    /// A plugin, when `root` is 0, or a request or connection of the plugin `root`.
    pub fn create_context(&mut self, context: u32, root: u32) {
        match self.plugins.get(&root) {
            Some(plugin) if plugin.role == Role::Tcp => {
                self.connections.insert(context, Connection::Undecided(root));
            }
            Some(_) => self.requests.insert(context, root),
            None => {}
        }
    }

    /// Forgets a plugin, request or connection that has ended.
    pub fn delete_context(&mut self, context: u32) {
        self.requests.remove(&context);
        self.connections.remove(&context);
        let Some(ended) = self.plugins.remove(&context) else { return };
        // One that was there before may be in force again.
        let mut others = self.plugins.iter().rev().map(|(_, plugin)| plugin);
        if let Some(plugin) = others.find(|plugin| plugin.role == ended.role) {
            plugin.show(&self.host);
        }
    }

    /// Takes a new configuration of `length` bytes for a plugin, or refuses it and
    /// returns `false`: the proxy then keeps the plugin that it had.
    pub fn configure(&mut self, root: u32, length: usize) -> bool {
        match self.load(length) {
            Ok(plugin) => {
                let message = format!("configuration accepted: {}, {length} bytes", plugin.policy);
                self.host.log(LogLevel::Info, &message);
                plugin.show(&self.host);
                self.plugins.insert(root, plugin);
                true
            }
            Err(problem) => {
                let message = format!("configuration of {length} bytes refused: {problem}");
                self.host.log(LogLevel::Error, &message);
                false
            }
        }
    }

    fn load(&self, length: usize) -> Result<Plugin, Box<dyn std::error::Error>> {
        let root_id = self.host.property(ROOT_ID)?.unwrap_or_default();
        let role = Role::of(&root_id).ok_or("the `root_id` is none of `http`, `tcp`, `splits`")?;
        Plugin::configure(&self.host, role, length)
    }

    /// Decides about a request whose headers have arrived, or routes it. The body is
    /// never waited for: no rule can depend on it.
    ///
    /// [`Action::Pause`] means that the proxy has sent, or was asked to send, a
    /// denial.
    pub fn on_request_headers(&mut self, context: u32) -> Action {
        let root = self.requests.remove(&context);
        let plugin = root.and_then(|root| self.plugins.get_mut(&root));
        let denied = match plugin {
            Some(plugin) if plugin.role == Role::Http => {
                plugin.decide(&self.host, Attributes::of_request).err()
            }
            Some(plugin) if plugin.role == Role::Splits => {
                plugin.route(&self.host, &mut self.random);
                None
            }
            _ => {
                self.strays.log(&self.host, LogLevel::Error, || {
                    "a request of no plugin is denied".to_owned()
                });
                Some(Reason::NoPolicy)
            }
        };
        let Some(reason) = denied else { return Action::Continue };
        // A request whose reply could not be sent stays paused and never gets to the
        // application; the client runs into its timeout.
        if let Err(error) = respond::forbid(&self.host, reason)
            && let Some(plugin) = root.and_then(|root| self.plugins.get_mut(&root))
        {
            plugin.report(&self.host, &error);
        }
        Action::Pause
    }

    /// Decides about a connection whose first data has arrived, from either side: not
    /// before there is data has the client proved who it is.
    pub fn on_data(&mut self, context: u32) -> Flow {
        let decided = match self.connections.get(&context) {
            Some(Connection::Allowed) => return Flow::Pass,
            Some(Connection::Denied) => return Flow::Hold,
            Some(Connection::Undecided(root)) => self.plugins.get_mut(root),
            None => None,
        };
        let verdict = match decided {
            Some(plugin) => plugin.decide(&self.host, Attributes::of_connection),
            None => Err(Reason::NoPolicy),
        };
        let (connection, flow) = match verdict {
            Ok(()) => (Connection::Allowed, Flow::Pass),
            Err(_) => (Connection::Denied, Flow::Close),
        };
        self.connections.insert(context, connection);
        flow
    }
}
