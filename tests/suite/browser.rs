//! The playground in a real Chromium: the page works, stays at home, and answers
//! byte for byte like the library.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "this test starts programs and reads files; a broken premise is a failed test"
)]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use decision_table::Table;
use loopback_mesh::node::path_with_node;
use loopback_mesh::process::RunFolder;
use loopback_mesh::tools::{cargo, install_debian_package, run, workspace_root};
use policy_compiler::query::Query;
use policy_compiler::{Options, Scope};
use serde::Deserialize;
use smi_model::source::SourceMap;

/// What the page asked its compiler, and what it showed as the answer.
#[derive(Deserialize)]
struct Exchange {
    /// `None` for the policies that the page starts with.
    policies: Option<String>,
    query: String,
    answer: String,
}

#[test]
fn the_page_works_and_answers_like_the_library() {
    let root = workspace_root();
    let chromium = find_or_install_chromium();
    run(Command::new(cargo()).current_dir(&root).args(["xtask", "playground"]))
        .expect("the playground builds");
    let address = serve(root.join("playground-web/web/dist"));
    let exchanges = drive_page(&root, &chromium, &address);
    assert!(exchanges.len() > 10, "the page was asked {} times only", exchanges.len());
    for exchange in exchanges {
        let policies = exchange.policies.unwrap_or_else(|| bookstore(&root));
        assert_eq!(exchange.answer, ask_library(&policies, &exchange.query), "{}", exchange.query);
    }
}

/// Runs the script that clicks and types, and reads what it wrote down.
fn drive_page(root: &Path, chromium: &Path, address: &str) -> Vec<Exchange> {
    let folder = RunFolder::new("browser").unwrap();
    let transcript = folder.path().join("transcript.jsonl");
    let output = Command::new("node")
        .current_dir(root.join("playground-web/web"))
        .args(["--test", "--test-timeout=60000", "test/playground.test.mjs"])
        .env("PATH", path_with_node(&|step| eprintln!("{step} …")).unwrap())
        .env("PLAYGROUND_URL", address)
        .env("CHROMIUM", chromium)
        .env("TRANSCRIPT", &transcript)
        .output()
        .expect("node is where the page was built with it");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let transcript = fs::read_to_string(transcript).unwrap();
    transcript.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The answer of the same crates without a browser.
fn ask_library(policies: &str, query: &str) -> String {
    let options = Options::default();
    let mut sources = SourceMap::new();
    sources.add("policies.yaml", policies).unwrap();
    let bundle = smi_model::read(&sources, &smi_model::Limits::default()).value;
    let resolved = policy_compiler::resolve(&bundle, &options).value;
    let bytes = policy_compiler::compile(&resolved, &sources, Scope::Mesh).value.unwrap();
    let query: Query = serde_json::from_str(query).unwrap();
    let answer = query.ask(&Table::from_bytes(bytes).unwrap(), options.trust_domain());
    serde_json::to_string(&answer).unwrap()
}

/// The text that the page starts with, put together as `examples.ts` does.
fn bookstore(root: &Path) -> String {
    let folder = root.join("examples/bookstore");
    let files = ["access.yaml", "routes.yaml", "split.yaml", "services.yaml"];
    files.map(|file| fs::read_to_string(folder.join(file)).unwrap()).join("---\n")
}

fn find_or_install_chromium() -> PathBuf {
    find_chromium().unwrap_or_else(|| {
        install_debian_package("chromium")
            .expect("the browser test needs Chromium; on Debian: apt-get install chromium");
        find_chromium().expect("the package holds the program")
    })
}

fn find_chromium() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let mut programs = std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .filter(|program| program.is_file());
    programs.next()
}

/// Serves a folder on loopback for as long as the test program runs, under a
/// path of some depth: the page must not care where it is put.
fn serve(folder: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/some/where/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let folder = folder.clone();
            // Browsers open connections in advance, which must not hold up the others;
            // and one that went away is no failure of the test.
            thread::spawn(move || answer(stream, &folder));
        }
    });
    address
}

fn answer(mut stream: TcpStream, folder: &Path) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    // The rest of the head is read, so that closing does not reset the connection.
    lines.take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty())).for_each(drop);
    let target = request.split(' ').nth(1).unwrap_or_default();
    let file = match target.strip_prefix("/some/where/") {
        Some("") => "index.html",
        Some(file) => file,
        None => return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
    };
    let body = fs::read(folder.join(file))?;
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        content_type(file),
        body.len(),
    )?;
    stream.write_all(&body)
}

/// Browsers insist on the types of scripts and modules.
fn content_type(file: &str) -> &'static str {
    match Path::new(file).extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("svg") => "image/svg+xml",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}
