//! What authors see of the JSON Schemas: the language server for YAML that most
//! editors use marks mistakes, proposes fields and values, and explains them.

mod client;

use std::fs;
use std::path::Path;

use loopback_mesh::node::{install_packages, path_with_node};
use loopback_mesh::process::RunFolder;
use loopback_mesh::tools::workspace_root;
use serde_json::{Value, json};
use smi_model::api::{json_schema_of_all, json_schemas};

use self::client::Client;

const ROUTES: &str = "\
apiVersion: specs.smi-spec.io/v1alpha4
kind: HTTPRouteGroup
metadata:
  name: routes
spec:
  matches:
  - name: books
    pathRegex: /books
    methods: [GET]
    headers:
      user-agent: curl/.*
";

const PORTS: &str = "\
apiVersion: specs.smi-spec.io/v1alpha4
kind: TCPRoute
metadata:
  name: ports
spec:
  matches:
    ports: [80]
";

/// Where the schemas are, in the folder of a test.
const ALL: &str = "smi.json";
const OF_ROUTES: &str = "specs.smi-spec.io/httproutegroup_v1alpha4.json";
const OF_PORTS: &str = "specs.smi-spec.io/tcproute_v1alpha4.json";

/// A change to a correct document, the line that is marked then, and what is said.
type Mistake = ([&'static str; 2], &'static str, &'static str);

const IN_ROUTES: &[Mistake] = &[
    (["pathRegex", "pathRegx"], "pathRegx: /books", "Property pathRegx is not allowed."),
    (["GET", "GETT"], "methods: [GETT]", "Value is not accepted. Valid values: \"*\", \"GET\", "),
    (["\nspec", "\nspecs"], "apiVersion: specs.smi-spec.io/v1alpha4", "Missing property \"spec\"."),
    (["\nspec", "\nspecs"], "specs:", "Property specs is not allowed."),
    (["  - name: books\n    p", "  - p"], "- pathRegex: /books", "Missing property \"name\"."),
];

const IN_PORTS: &[Mistake] =
    &[(["80", "70000"], "ports: [70000]", "Value is above the maximum of 65535.")];

/// Mistakes in what decides the schema: found where all schemas are one.
const IN_HEADERS: &[Mistake] = &[
    (
        ["HTTPRouteGroup", "HTTPRouteGrup"],
        "kind: HTTPRouteGrup",
        "Valid values: \"HTTPRouteGroup\", \"TCPRoute\", \"UDPRoute\".",
    ),
    (
        ["v1alpha4", "v1alpha5"],
        "apiVersion: specs.smi-spec.io/v1alpha5",
        "Valid values: \"specs.smi-spec.io/v1alpha1\", ",
    ),
    (
        ["specs.smi", "spec.smi"],
        "apiVersion: spec.smi-spec.io/v1alpha4",
        "Valid values: \"specs.smi-spec.io/v1alpha1\", ",
    ),
];

#[test]
fn mistakes_are_marked_where_they_are() {
    let mut editor = Editor::new(&json!({}));
    let of_kind = [(OF_ROUTES, ROUTES, IN_ROUTES), (OF_PORTS, PORTS, IN_PORTS)];
    let of_all = of_kind.map(|(_, text, mistakes)| (ALL, text, mistakes));
    let in_headers = [(ALL, ROUTES, IN_HEADERS)];
    for (schema, text, mistakes) in of_kind.into_iter().chain(of_all).chain(in_headers) {
        assert_eq!(editor.problems(&with_schema(schema, text)), [""; 0], "{schema}\n{text}");
        for ([right, wrong], line, message) in mistakes {
            let problems = editor.problems(&with_schema(schema, &text.replacen(right, wrong, 1)));
            let found = problems.iter().any(|it| it.starts_with(line) && it.contains(message));
            assert!(found, "{schema}: {line}: {message}\n{problems:#?}");
        }
    }
}

/// The comment with the schema holds for one document of a file, as the help of
/// `smi schema` says.
#[test]
fn files_of_several_kinds_work_with_a_comment_in_each_document() {
    let mut editor = Editor::new(&json!({}));
    let file =
        |ports: &str| [ROUTES, ports, ROUTES].map(|text| with_schema(ALL, text)).join("---\n");
    assert_eq!(editor.problems(&file(PORTS)), [""; 0]);
    assert_eq!(
        editor.problems(&file(&PORTS.replace("80", "0"))),
        ["ports: [0]: Value is below the minimum of 1."]
    );
}

#[test]
fn files_of_several_kinds_work_with_a_setting() {
    let mut editor = Editor::new(&json!({ALL: "*.yaml"}));
    let foreign = "apiVersion: apps/v1\nkind: Deployment\nanything: true\n";
    let wrong = [ROUTES, foreign, &PORTS.replace("80", "0"), ROUTES].join("---\n");
    // What the server says before it has the settings is not of interest.
    let wanted = ["ports: [0]: Value is below the minimum of 1."];
    editor.wait_for_problems(&wrong, &wanted);
    assert_eq!(editor.problems(&wrong.replace("[0]", "[1]")), [""; 0]);
}

#[test]
fn fields_and_values_are_proposed() {
    let mut editor = Editor::new(&json!({}));
    let head = ROUTES.split("    pathRegex").next().expect("it has a start");
    for schema in [ALL, OF_ROUTES] {
        let fields = editor.proposals(&with_schema(schema, &format!("{head}    |\n")));
        for field in ["pathRegex", "methods", "headers"] {
            assert!(fields.iter().any(|it| it == field), "{schema}: {field}: {fields:?}");
        }
        let methods = format!("{head}    methods:\n    - |\n");
        let methods = editor.proposals(&with_schema(schema, &methods));
        assert!(methods.starts_with(&["*".into(), "GET".into()]), "{schema}: {methods:?}");
    }
}

/// Only kinds that the version has.
#[test]
fn kinds_are_proposed_by_version() {
    let mut editor = Editor::new(&json!({}));
    for (api_version, expected) in [
        ("access.smi-spec.io/v1alpha3", &["TrafficTarget"][..]),
        ("specs.smi-spec.io/v1alpha3", &["HTTPRouteGroup", "TCPRoute"]),
        ("specs.smi-spec.io/v1alpha4", &["HTTPRouteGroup", "TCPRoute", "UDPRoute"]),
    ] {
        let text = format!("apiVersion: {api_version}\nkind: |\n");
        assert_eq!(editor.proposals(&with_schema(ALL, &text)), expected, "{api_version}");
    }
}

#[test]
fn fields_are_explained() {
    let mut editor = Editor::new(&json!({}));
    let schemas = json_schemas();
    let routes = schemas.iter().find(|it| it.path() == OF_ROUTES).expect("it is there");
    let a_match = "/properties/spec/properties/matches/items";
    for (field, place) in [
        ("pathRegex", format!("{a_match}/properties/pathRegex")),
        ("headers", format!("{a_match}/properties/headers")),
        ("spec", "/properties/spec".to_owned()),
        ("kind", String::new()),
    ] {
        let description = routes.schema.pointer(&format!("{place}/description"));
        let description = description.and_then(Value::as_str).expect("it is described");
        // Within the word: its very start also is the end of what is before it.
        let (first, rest) = field.split_at(1);
        let text = ROUTES.replacen(&format!("{field}:"), &format!("{first}|{rest}:"), 1);
        for schema in [ALL, OF_ROUTES] {
            let explanation = editor.explanation(&with_schema(schema, &text));
            assert!(explanation.contains(description), "{schema}: {field}: {explanation}");
        }
    }
}

/// The document under the line that names its schema.
fn with_schema(schema: &str, text: &str) -> String {
    format!("# yaml-language-server: $schema={schema}\n{text}")
}

/// An editor with a folder that has all schemas.
struct Editor {
    client: Client,
    documents: usize,
    folder: RunFolder,
}

impl Editor {
    /// With schemas of the folder set for patterns of files.
    fn new(schemas: &Value) -> Self {
        let folder = RunFolder::new("editor").expect("the folder can be made");
        write_schemas(folder.path());
        let report = |step: &str| eprintln!("{step} …");
        let path = path_with_node(&report).expect("there is Node.js");
        let packages = workspace_root().join("tests/editor");
        install_packages(&packages, &path, &report).expect("packages can be installed");
        let program = packages.join("node_modules/.bin/yaml-language-server");
        let schemas = schemas.as_object().into_iter().flatten();
        let schemas = schemas.map(|(file, files)| (uri(&folder.path().join(file)), files.clone()));
        let schemas: Value = schemas.collect();
        // The store is a server on the Internet, which tests do not ask.
        let settings = json!({"yaml": {"schemas": schemas, "schemaStore": {"enable": false}}});
        let client = Client::start(&program, &path, settings);
        Self { client, documents: 0, folder }
    }

    /// Opens a document that was not there before. Names of schemas are turned into
    /// addresses.
    fn open(&mut self, text: &str) -> String {
        self.documents += 1;
        let document = uri(&self.folder.path().join(format!("{}.yaml", self.documents)));
        let folder = format!("$schema={}/", uri(self.folder.path()));
        self.client.open(&document, &text.replace("$schema=", &folder));
        document
    }

    /// What is wrong, each with the line that is marked.
    fn problems(&mut self, text: &str) -> Vec<String> {
        let document = self.open(text);
        told(text, &self.client.diagnostics(&document))
    }

    fn wait_for_problems(&mut self, text: &str, wanted: &[&str]) {
        let document = self.open(text);
        while told(text, &self.client.diagnostics(&document)) != wanted {}
    }

    /// What could stand at the bar.
    fn proposals(&mut self, text: &str) -> Vec<String> {
        let answer = self.ask("textDocument/completion", text);
        let items = answer["items"].as_array().expect("a list of items");
        items.iter().filter_map(|item| item["label"].as_str().map(str::to_owned)).collect()
    }

    /// What is shown for the word around the bar.
    fn explanation(&mut self, text: &str) -> String {
        let answer = self.ask("textDocument/hover", text);
        let shown = answer["contents"]["value"].as_str().unwrap_or_default();
        // Markdown hides the meaning of punctuation behind backslashes.
        shown.replace('\\', "")
    }

    /// Asks about the place of the bar, which is not in the document.
    fn ask(&mut self, method: &str, text: &str) -> Value {
        let (before, after) = text.split_once('|').expect("a bar marks the place");
        let document = self.open(&format!("{before}{after}"));
        let line = before.matches('\n').count();
        let character = before.lines().last().map_or(0, str::len);
        let character = if before.ends_with('\n') { 0 } else { character };
        let position = json!({"line": line, "character": character});
        let place = json!({"textDocument": {"uri": document}, "position": position});
        self.client.request(method, &place)
    }
}

/// Diagnostics as `LINE: MESSAGE`.
fn told(text: &str, diagnostics: &[Value]) -> Vec<String> {
    let tell = |one: &Value| {
        let number = one["range"]["start"]["line"].as_u64().and_then(|it| usize::try_from(it).ok());
        let line = number.and_then(|number| text.lines().nth(number)).unwrap_or("no line");
        format!("{}: {}", line.trim(), one["message"].as_str().unwrap_or_default())
    };
    diagnostics.iter().map(tell).collect()
}

fn write_schemas(folder: &Path) {
    let schemas = json_schemas();
    for schema in &schemas {
        let path = folder.join(schema.path());
        fs::create_dir_all(path.parent().expect("it has a folder")).expect("can be made");
        fs::write(path, schema.schema.to_string()).expect("the folder can be written to");
    }
    fs::write(folder.join(ALL), json_schema_of_all(&schemas).to_string())
        .expect("the folder can be written to");
}

/// The address of a file.
fn uri(path: &Path) -> String {
    let mut uri = "file://".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                uri.push(char::from(*byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
