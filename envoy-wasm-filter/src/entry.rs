//! What the proxy calls when it has loaded the module.

use std::panic;

use proxy_wasm::types::LogLevel;

use crate::host::{Host, Proxy};
use crate::root::Root;

proxy_wasm::main! {{
    // A panic ends the VM; its last words belong in the proxy's log.
    panic::set_hook(Box::new(|panic| Proxy.log(LogLevel::Critical, &panic.to_string())));
    proxy_wasm::set_root_context(|_| Box::new(Root::new(Proxy)));
}}
