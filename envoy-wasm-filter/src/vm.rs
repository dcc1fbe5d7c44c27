//! What one VM holds: its plugins, and which request or connection is whose.
//!
//! The proxy names everything by numbers: a plugin by its root context, and a
//! request or connection by a context of its own below. It would tell of the end of
//! each too, at the price of a call, so nothing is kept for a request that would
//! have to be removed again.

use decision_table::Reason;
use proxy_wasm::types::{Action, LogLevel};

use crate::host::Host;
use crate::plugin::{Plugin, Role};
use crate::request::Attributes;
use crate::respond;
use crate::sorted::Sorted;
use crate::splits::Random;
use crate::throttle::Throttle;

/// So many requests may begin between the beginning of one and the arrival of its
/// headers here, which other filters can delay.
const MOST_WAITING: u32 = 1024;

/// So many earlier configurations of a plugin are kept, if they have no more bytes than
/// this; one is kept in any case.
const MOST_PREDECESSORS: usize = 32;
const MOST_PREDECESSOR_BYTES: usize = 8 << 20;

/// The names under which the proxy's configuration has a plugin.
const PLUGIN_NAME: &[u8] = b"plugin_name";
const ROOT_ID: &[u8] = b"plugin_root_id";

/// Everything in one VM.
pub struct Vm<H> {
    host: H,
    /// By root context, in ascending order.
    plugins: Sorted<u32, Loaded>,
    /// The last requests and their root contexts, at the place that is the request's
    /// number modulo their count.
    requests: Vec<(u32, u32)>,
    connections: Sorted<u32, Connection>,
    random: Random,
    strays: Throttle,
}

/// A plugin that was configured.
struct Loaded {
    /// Name and `root_id`: a plugin that is configured anew keeps them.
    identity: [Vec<u8>; 2],
    plugin: Plugin,
    /// Of its configuration, in bytes.
    length: usize,
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
            requests: vec![(0, 0); MOST_WAITING as usize],
            connections: Sorted::default(),
            random: Random::default(),
            strays: Throttle::default(),
        }
    }

    /// A plugin, when `root` is 0, or a request or connection of the plugin `root`.
    pub fn create_context(&mut self, context: u32, root: u32) {
        match self.plugins.get(&root) {
            _ if root == 0 => {}
            Some(loaded) if loaded.plugin.role == Role::Tcp => {
                self.connections.insert(context, Connection::Undecided(root));
            }
            _ => {
                if let Some(place) = self.requests.get_mut(place(context)) {
                    *place = (context, root);
                }
            }
        }
    }

    /// Takes a new configuration of `length` bytes for a plugin, or refuses it and
    /// returns `false`: the proxy then keeps the plugin that it had.
    pub fn configure(&mut self, root: u32, length: usize) -> bool {
        match self.load(length) {
            Ok(loaded) => {
                let policy = &loaded.plugin.policy;
                let message = format!("configuration accepted: {policy}, {length} bytes");
                self.host.log(LogLevel::Info, &message);
                self.forget_predecessors(&loaded.identity);
                self.plugins.insert(root, loaded);
                true
            }
            Err(problem) => {
                let message = format!("configuration of {length} bytes refused: {problem}");
                self.host.log(LogLevel::Error, &message);
                false
            }
        }
    }

    fn load(&self, length: usize) -> Result<Loaded, Box<dyn std::error::Error>> {
        let property = |path| self.host.property(path).map(Option::unwrap_or_default);
        let identity = [property(PLUGIN_NAME)?, property(ROOT_ID)?];
        let [_, root_id] = &identity;
        let role = Role::of(root_id).ok_or("the `root_id` is none of `http`, `tcp`, `splits`")?;
        let plugin = Plugin::configure(&self.host, role, length)?;
        Ok(Loaded { identity, plugin, length })
    }

    /// A new configuration is a new plugin to the proxy. Those before it may have
    /// requests that are on their way here. They may also come back: as long as some
    /// request under an earlier configuration goes on, the proxy has that plugin, and
    /// takes it, without telling us, when it is given the same configuration again. The
    /// proxy would tell of a plugin's end only at the price of a call for each request,
    /// so the last ones are kept, within limits.
    fn forget_predecessors(&mut self, identity: &[Vec<u8>; 2]) {
        let is_same = |loaded: &Loaded| loaded.identity == *identity;
        let (mut oldest, mut bytes) = (u32::MAX, 0_usize);
        let predecessors = self.plugins.iter().rev().filter(|(_, loaded)| is_same(loaded));
        for (number, (root, loaded)) in predecessors.enumerate().take(MOST_PREDECESSORS) {
            bytes = bytes.saturating_add(loaded.length);
            if number > 0 && bytes > MOST_PREDECESSOR_BYTES {
                break;
            }
            oldest = *root;
        }
        self.plugins.retain(|root, loaded| !is_same(loaded) || *root >= oldest);
    }

    /// Decides about a request whose headers have arrived, or routes it. The body is
    /// never waited for: no rule can depend on it.
    ///
    /// [`Action::Pause`] means that the proxy has sent, or was asked to send, a
    /// denial.
    pub fn on_request_headers(&mut self, context: u32) -> Action {
        let known = self.requests.get(place(context)).filter(|(known, _)| *known == context);
        let loaded = known.and_then(|(_, root)| self.plugins.get_mut(root));
        let denied = match loaded {
            Some(Loaded { plugin, .. }) if plugin.role == Role::Http => {
                plugin.decide(&self.host, Attributes::of_request).err()
            }
            Some(Loaded { plugin, .. }) if plugin.role == Role::Splits => {
                plugin.route(&self.host, &mut self.random);
                None
            }
            _ => {
                if self.strays.admits(self.host.now()).is_some() {
                    self.host.log(LogLevel::Error, "a request of no plugin is denied");
                }
                Some(Reason::NoPolicy)
            }
        };
        let Some(reason) = denied else { return Action::Continue };
        // A request whose reply could not be sent stays paused and never gets to the
        // application; the client runs into its timeout.
        if let Err(error) = respond::forbid(&self.host, reason)
            && let Some((_, root)) = known
            && let Some(loaded) = self.plugins.get_mut(root)
        {
            loaded.plugin.report(&self.host, &error);
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
            Some(Loaded { plugin, .. }) => plugin.decide(&self.host, Attributes::of_connection),
            None => Err(Reason::NoPolicy),
        };
        let (connection, flow) = match verdict {
            Ok(()) => (Connection::Allowed, Flow::Pass),
            Err(_) => (Connection::Denied, Flow::Close),
        };
        self.connections.insert(context, connection);
        flow
    }

    /// Forgets a connection that has ended.
    pub fn forget_connection(&mut self, context: u32) {
        self.connections.remove(&context);
    }
}

/// Where a request is noted.
const fn place(context: u32) -> usize {
    (context % MOST_WAITING) as usize
}
