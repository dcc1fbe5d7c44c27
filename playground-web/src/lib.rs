//! The SMI compiler in the browser, through wasm-bindgen.
//!
//! The page asks two things: what is to be said about a text, and how one
//! request is decided by it. Both are answered by the crates that compile for
//! the mesh and decide in the proxy: the text becomes a real table, whose bytes
//! are verified and evaluated as everywhere else.
//!
//! ```
//! use playground_web::Policies;
//!
//! let policies = Policies::new("kind: TrafficTarget\n")?;
//! assert!(policies.analysis().contains(r#""severity":"error""#));
//! let request = r#"{"source": {"namespace": "bookbuyer", "service_account": "bookbuyer"},
//!     "destination": {"namespace": "bookstore", "service_account": "bookstore-v1"},
//!     "protocol": "http", "method": "GET", "path": "/books-bought"}"#;
//! assert!(policies.decide(request)?.contains(r#""decision":"deny""#));
//! # Ok::<(), String>(())
//! ```
//!
//! Whatever the text and the request, the answer is JSON or an error in words:
//! nothing here panics. The page itself, with the TypeScript types of the JSON,
//! is in `web/`.

mod analysis;
mod dto;
mod offsets;

use decision_table::Table;
use policy_compiler::query::Query;
use policy_compiler::{Options, Scope};
use smi_model::source::SourceMap;
use wasm_bindgen::prelude::wasm_bindgen;

/// The name under which verdicts mention the text of the page.
pub const FILE: &str = "policies.yaml";

/// One text, compiled.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Policies {
    analysis: String,
    table: Option<Table<Vec<u8>>>,
    trust_domain: String,
}

#[wasm_bindgen]
impl Policies {
    /// Compiles a text into a table for a whole mesh.
    ///
    /// A text with errors compiles too: what was understood is granted.
    ///
    /// # Errors
    ///
    /// In words, when the text is larger than 4 GiB or the compiler wrote a table
    /// that does not verify.
    #[wasm_bindgen(constructor)]
    pub fn new(text: &str) -> Result<Self, String> {
        let mut sources = SourceMap::new();
        sources.add(FILE, text).map_err(|error| error.to_string())?;
        let options = Options::default();
        let read = smi_model::read(&sources, &smi_model::Limits::default());
        let resolved = policy_compiler::resolve(&read.value, &options);
        let compiled = policy_compiler::compile(&resolved.value, &sources, Scope::Mesh);
        let table = compiled.value.map(Table::from_bytes).transpose();
        let table =
            table.map_err(|error| format!("the compiled table does not verify: {error}"))?;

        let findings = [read.diagnostics, resolved.diagnostics, compiled.diagnostics].concat();
        let analysis = analysis::of(&sources, &read.value, findings, table.as_ref());
        let analysis = serde_json::to_string(&analysis).map_err(|error| error.to_string())?;
        Ok(Self { analysis, table, trust_domain: options.trust_domain().to_owned() })
    }

    /// What is to be said about the text, as JSON: findings, identities, permissions.
    #[must_use]
    pub fn analysis(&self) -> String {
        self.analysis.clone()
    }

    /// Decides one request, given and answered in the JSON of
    /// [`policy_compiler::query`], as `smi decide` does.
    ///
    /// # Errors
    ///
    /// In words, when the request cannot be understood or the policies exceed a
    /// limit, so that there is no table.
    pub fn decide(&self, query: &str) -> Result<String, String> {
        let query: Query = serde_json::from_str(query)
            .map_err(|error| format!("the request cannot be understood: {error}"))?;
        let table = self.table.as_ref().ok_or("the policies exceed a limit: there is no table")?;
        let answer = query.ask(table, &self.trust_domain);
        serde_json::to_string(&answer).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::Policies;

    const POLICIES: &str = "# ö 💥\n\
        {apiVersion: access.smi-spec.io/v1alpha3, kind: TrafficTarget, \
         metadata: {name: readers, namespace: shop}, spec: {\
         destination: {kind: ServiceAccount, name: books}, \
         sources: [{kind: ServiceAccount, name: reader, namespace: hall}], \
         rules: [{kind: HTTPRouteGroup, name: gone}]}}\n";

    fn analysis(text: &str) -> Value {
        serde_json::from_str(&Policies::new(text).unwrap().analysis()).unwrap()
    }

    #[test]
    fn a_target_without_routes_names_identities_but_grants_nothing() {
        let analysis = analysis(POLICIES);
        assert_eq!(analysis["identities"], serde_json::json!(["hall/reader", "shop/books"]));
        assert_eq!(analysis["targets"], serde_json::json!([]));
    }

    #[test]
    fn bindings_name_accounts_and_are_none() {
        let text = format!(
            "{}---\n{{apiVersion: access.smi-spec.io/v1alpha4, kind: IdentityBinding, \
             metadata: {{name: readers, namespace: hall}}, \
             spec: {{schemes: {{serviceAccount: reader}}}}}}\n",
            POLICIES
                .replace("v1alpha3", "v1alpha4")
                .replace("ServiceAccount, name: reader", "IdentityBinding, name: readers")
        );
        let identities = &analysis(&text)["identities"];
        assert_eq!(*identities, serde_json::json!(["hall/reader", "shop/books"]));
    }

    #[test]
    fn findings_are_where_the_editor_looks() {
        let analysis = analysis(POLICIES);
        let finding = &analysis["diagnostics"][0];
        let units: Vec<u16> = POLICIES.encode_utf16().collect();
        let [from, to] = ["from", "to"].map(|end| finding[end].as_u64().unwrap() as usize);
        assert_eq!(String::from_utf16(&units[from..to]).unwrap(), "gone");
        assert_eq!(finding["line"], 2);
    }

    #[test]
    fn nothing_that_comes_from_the_page_panics() {
        for text in ["", "\u{feff}", "\0", "{", "- &a [*a]", "kind: [", "---\n...\n---\n", "💥: 💥"]
        {
            let policies = Policies::new(text).unwrap();
            for query in ["", "{}", "[]", "null", r#"{"method": "\u0000"}"#, r#"{"port": 70000}"#] {
                // Both outcomes are words for the page.
                let _ = policies.decide(query);
            }
        }
    }
}
