//! Scripts in Python that answer a line of JSON with a line of JSON.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// The answers of a script of `python/` to all lines.
pub(crate) fn ask(python: &Path, script: &str, lines: Vec<String>) -> Vec<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(script);
    let asked = lines.len();
    let mut process = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python runs");
    let mut input = process.stdin.take().expect("standard input is piped");
    // Written from aside: both ends would wait for each other otherwise.
    let writer = std::thread::spawn(move || {
        lines.iter().try_for_each(|line| writeln!(input, "{line}")).expect("Python reads");
    });
    let output = BufReader::new(process.stdout.take().expect("standard output is piped"));
    let answers = output.lines().map(|line| line.expect("Python writes UTF-8"));
    let answers: Vec<String> = answers.collect();
    writer.join().expect("all was written");
    assert!(process.wait().expect("it ends").success(), "the script failed");
    assert_eq!(answers.len(), asked, "every line is answered");
    answers
}
