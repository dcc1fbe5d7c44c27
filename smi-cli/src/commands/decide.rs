//! `smi decide`: may this request pass, and by which rule?

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use decision_table::{Reason, Table};
use policy_compiler::Scope;
use policy_compiler::explain::{Explainer, Explanation};
use policy_compiler::query::{Answer, Identity, Query, RuleName, Values, Wire};

use crate::policies::{Policies, Reading};
use crate::{Failure, Outcome, input};

/// Decide about a request: may it pass, and by which rule?
///
/// Policies with errors are shown, and grant what of them is understood.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  smi decide examples/bookstore --source bookthief/bookthief \\
      --destination bookstore/bookstore-v1 --path /books-bought
  smi decide --table target/tables/bookstore.bookstore-v1.table \\
      --source bookbuyer/bookbuyer --path /buy-a-book/new
  smi decide examples/bookstore --requests requests.jsonl

A line of requests.jsonl:
  {\"source\": {\"namespace\": \"bookbuyer\", \"service_account\": \"bookbuyer\"},
   \"destination\": {\"namespace\": \"bookstore\", \"service_account\": \"bookstore-v1\"},
   \"method\": \"GET\", \"path\": \"/books-bought\", \"headers\": {\"client-app\": \"bookbuyer\"}}")]
pub(crate) struct Arguments {
    /// Files or folders with policies; `-` for standard input.
    #[arg(required_unless_present = "table")]
    files: Vec<PathBuf>,

    /// Ask a compiled table instead of policies.
    #[arg(long, value_name = "FILE", conflicts_with = "files")]
    table: Option<PathBuf>,

    /// Requests, one JSON object a line; `-` for standard input. Each is answered
    /// by one line of JSON.
    #[arg(long, value_name = "FILE", conflicts_with = "One")]
    requests: Option<PathBuf>,

    #[command(flatten)]
    one: One,

    /// Answer in JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    reading: Reading,
}

/// One request, by its parts.
#[derive(clap::Args)]
struct One {
    /// Who calls: `NAMESPACE/SERVICE-ACCOUNT` or a SPIFFE ID. Without it, the peer
    /// has no identity.
    #[arg(long, value_name = "IDENTITY", value_parser = identity)]
    source: Option<Identity>,

    /// Who is called: `NAMESPACE/SERVICE-ACCOUNT` or a SPIFFE ID. A table for one
    /// workload needs none.
    #[arg(long, value_name = "IDENTITY", value_parser = identity)]
    destination: Option<Identity>,

    /// The HTTP method.
    #[arg(long, default_value = "GET")]
    method: String,

    /// The path, with its query.
    #[arg(long, default_value = "/")]
    path: String,

    /// The authority, as in the header `host`.
    #[arg(long)]
    host: Option<String>,

    /// A header; repeat it for several, also of one name.
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,

    /// The port of the called workload.
    #[arg(long)]
    port: Option<u16>,

    /// What is spoken: `http`, `tcp` or `udp`.
    #[arg(long, default_value = "http", value_parser = protocol)]
    protocol: Wire,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let asked = Asked::read(arguments)?;
    let options = arguments.reading.options();
    let ask = |query: &Query| query.ask(&asked.table, options.trust_domain());
    let mut outcome = asked.outcome();
    let Some(requests) = &arguments.requests else {
        if arguments.one.destination.is_none() && asked.table.workload().is_none() {
            return Err(
                "say which workload is called: --destination NAMESPACE/SERVICE-ACCOUNT".into()
            );
        }
        let query = arguments.one.query();
        let answer = Explained { answer: ask(&query), explanation: asked.explain(&query) };
        if arguments.json {
            anstream::println!("{}", serde_json::to_string(&answer)?);
        } else {
            anstream::println!("{}", describe(&answer));
        }
        return Ok(outcome);
    };
    let text = input::text(requests)?;
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let answer = match serde_json::from_str::<Query>(line) {
            Ok(query) => ask(&query),
            Err(error) => {
                let problem = problem(&error);
                let (line, column) = (number + 1, error.column());
                anstream::eprintln!("{}:{line}:{column}: {problem}", requests.display());
                outcome = Outcome::Errors;
                unreadable(&problem)
            }
        };
        anstream::println!("{}", serde_json::to_string(&answer)?);
    }
    Ok(outcome)
}

/// The table that is asked, and the policies that it was compiled from.
struct Asked {
    table: Table<Vec<u8>>,
    policies: Option<Policies>,
}

/// An answer, and why it is so, which only policies can tell.
#[derive(serde::Serialize)]
struct Explained {
    #[serde(flatten)]
    answer: Answer,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Explanation>,
}

impl Asked {
    fn read(arguments: &Arguments) -> Result<Self, Failure> {
        if let Some(path) = &arguments.table {
            return Ok(Self { table: read_table(path)?, policies: None });
        }
        let mut policies = arguments.reading.read(&arguments.files)?;
        let bytes = policies.table(Scope::Mesh);
        policies.show();
        let bytes = bytes.ok_or("without a table nothing can be decided")?;
        Ok(Self { table: Table::from_bytes(bytes)?, policies: Some(policies) })
    }

    fn outcome(&self) -> Outcome {
        let has_errors = self.policies.as_ref().is_some_and(Policies::has_errors);
        if has_errors { Outcome::Errors } else { Outcome::Fine }
    }

    fn explain(&self, query: &Query) -> Option<Explanation> {
        let policies = self.policies.as_ref()?;
        let explainer = Explainer::new(policies.set(), &policies.sources);
        Some(query.explain(&explainer, policies.set().options()))
    }
}

fn read_table(path: &Path) -> Result<Table<Vec<u8>>, Failure> {
    let table = Table::from_bytes(input::bytes(path)?);
    table.map_err(|error| format!("{}: {error}", path.display()).into())
}

impl One {
    fn query(&self) -> Query {
        let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in &self.headers {
            headers.entry(name.to_ascii_lowercase()).or_default().push(value.clone());
        }
        let headers = headers.into_iter().map(|(name, values)| (name, Values::Several(values)));
        Query {
            source: self.source.clone(),
            destination: self.destination.clone(),
            protocol: Some(self.protocol),
            port: self.port,
            method: Some(self.method.clone()),
            path: Some(self.path.clone()),
            host: self.host.clone(),
            headers: Some(headers.collect()),
        }
    }
}

/// What is wrong with a line, without the place in it: every line is a text of its
/// own to the parser.
fn problem(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

/// A request that cannot be read gets a verdict all the same, so that every line
/// has its answer.
fn unreadable(problem: &str) -> Answer {
    Answer {
        decision: "deny",
        reason: Some(Reason::MalformedRequest.code()),
        message: format!("not a request: {problem}"),
        rule: None,
        nearest: None,
    }
}

fn describe(Explained { answer, explanation }: &Explained) -> String {
    let rule = |rule: &RuleName| {
        format!("{} under TrafficTarget {} ({}:{})", rule.route, rule.target, rule.file, rule.line)
    };
    let mut text = match answer.reason {
        None => "allowed".to_owned(),
        Some(reason) => format!("denied: {} ({reason})", answer.message),
    };
    if let Some(allowing) = &answer.rule {
        text += &format!("\n  by route {}", rule(allowing));
    }
    let Some(explanation) = explanation else {
        let nearest = answer.nearest.iter().map(|it| format!("\n  nearest: route {}", rule(it)));
        return text + &nearest.collect::<String>();
    };
    let allowing = answer.rule.as_ref();
    for other in explanation.allowed_by.iter().filter(|it| Some(*it) != allowing) {
        text += &format!("\n  and by route {}", rule(other));
    }
    if let Some(byte) = explanation.not_canonical_at {
        text += &format!("\n  at byte {byte} of the path");
    }
    for near in &explanation.near {
        text += &format!("\n  not by route {}, because", rule(&near.rule));
        let missing = near.missing.iter().map(|missing| format!("\n    {missing}"));
        text += &missing.collect::<Vec<_>>().join(", and");
    }
    text
}

fn identity(text: &str) -> Result<Identity, String> {
    if text.starts_with("spiffe://") {
        return Ok(Identity::Spiffe { spiffe_id: text.to_owned() });
    }
    match text.split('/').collect::<Vec<_>>()[..] {
        [namespace, account] if !namespace.is_empty() && !account.is_empty() => {
            Ok(Identity::ServiceAccount {
                namespace: namespace.to_owned(),
                service_account: account.to_owned(),
            })
        }
        _ => Err("write `NAMESPACE/SERVICE-ACCOUNT` or a SPIFFE ID".to_owned()),
    }
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("write `NAME: VALUE`")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

fn protocol(text: &str) -> Result<Wire, String> {
    match text {
        "http" => Ok(Wire::Http),
        "tcp" => Ok(Wire::Tcp),
        "udp" => Ok(Wire::Udp),
        _ => Err("the protocols are `http`, `tcp` and `udp`".to_owned()),
    }
}
