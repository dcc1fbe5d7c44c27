//! Real Envoy sidecars with mutual TLS on loopback, for the demo and the end-to-end tests.
