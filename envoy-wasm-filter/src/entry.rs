//! What the proxy calls.
//!
//! Every function that the module exports is called for every request or
//! connection, at a price of about a tenth of all that the filter costs. The SDK
//! exports all there are. So the callbacks here have names of their own, and
//! `cargo xtask filter` gives them the ABI's names in place of the SDK's, which go.

#![expect(unsafe_code, reason = "names of exported functions must be what the ABI calls them")]

use std::cell::RefCell;
use std::panic;

use proxy_wasm::types::{Action, LogLevel};

use crate::abi;
use crate::host::Host;
use crate::proxy::Proxy;
use crate::vm::{Flow, Vm};

thread_local! {
    // A VM has one thread.
    static THIS: RefCell<Vm<Proxy>> = RefCell::new(Vm::new(Proxy));
}

fn vm<T>(call: impl FnOnce(&mut Vm<Proxy>) -> T) -> T {
    THIS.with_borrow_mut(call)
}

#[unsafe(no_mangle)]
extern "C" fn smi_on_context_create(context: u32, root: u32) {
    vm(|vm| vm.create_context(context, root));
}

#[unsafe(no_mangle)]
extern "C" fn smi_on_configure(root: u32, length: usize) -> bool {
    // A panic ends the VM; its last words belong in the proxy's log.
    panic::set_hook(Box::new(|panic| Proxy.log(LogLevel::Critical, &panic.to_string())));
    vm(|vm| vm.configure(root, length))
}

#[unsafe(no_mangle)]
extern "C" fn smi_on_request_headers(context: u32, _headers: usize, _end: bool) -> Action {
    vm(|vm| vm.on_request_headers(context))
}

#[unsafe(no_mangle)]
extern "C" fn smi_on_downstream_data(context: u32, _length: usize, _end: bool) -> Action {
    on_data(context)
}

#[unsafe(no_mangle)]
extern "C" fn smi_on_upstream_data(context: u32, _length: usize, _end: bool) -> Action {
    on_data(context)
}

#[unsafe(no_mangle)]
extern "C" fn smi_on_delete(context: u32) {
    vm(|vm| vm.delete_context(context));
}

fn on_data(context: u32) -> Action {
    match vm(|vm| vm.on_data(context)) {
        Flow::Pass => Action::Continue,
        Flow::Hold => Action::Pause,
        // Outside of the VM's data: the proxy tells us of the end from within.
        Flow::Close => {
            if let Err(error) = abi::close_downstream() {
                Proxy.log(LogLevel::Error, &error.to_string());
            }
            Action::Pause
        }
    }
}
