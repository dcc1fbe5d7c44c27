//! Published policies and others' test cases, which are not part of this
//! repository: where they are, and that a test is skipped without them.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use serde_json::Value;

/// The folder with everything, unless it is not given; then says that `test` is
/// skipped.
pub(crate) fn folder(test: &str) -> Option<PathBuf> {
    let folder: Option<OsString> = std::env::var_os("SMI_SHARED");
    if folder.is_none() {
        // Not by `println`, which the test runner keeps to itself.
        writeln!(io::stderr(), "skipped: {test}: SMI_SHARED is not set").ok();
    }
    folder.map(PathBuf::from)
}

/// Cases of these kinds, with what other implementations answer.
pub(crate) fn cases(test: &str, kinds: &[&str]) -> Option<Vec<Value>> {
    let path = folder(test)?.join("oracle/open.json");
    let text = fs::read_to_string(path).expect("SMI_SHARED has oracle/open.json");
    let mut collection: Value = serde_json::from_str(&text).expect("it is JSON");
    let cases = collection["cases"].as_array_mut().map(std::mem::take).expect("it has cases");
    let wanted = |case: &Value| kinds.iter().any(|kind| case["kind"] == *kind);
    Some(cases.into_iter().filter(wanted).collect())
}
