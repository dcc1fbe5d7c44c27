//! Reading any bytes: nothing panics, and what holds for every text holds.

#![no_main]

#[path = "../../../smi-model/tests/invariants/mod.rs"]
mod invariants;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| invariants::check(bytes));
