//! The proxy-wasm filter that enforces a decision table inside Envoy.
