//! `smi inspect`: what a compiled table contains.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use decision_table::{Attribute, FORMAT_VERSION, RuleId, Table};
use serde::Serialize;

use crate::policies::counted;
use crate::{Failure, Outcome, input};

/// How many entries of a long list are shown.
const FEW: usize = 10;

/// Show what a compiled table contains: sections, sizes, automata, rules.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  smi inspect target/tables/bookstore.bookstore-v1.table
  smi inspect target/tables/mesh.table --all")]
pub(crate) struct Arguments {
    /// Tables.
    #[arg(required = true)]
    tables: Vec<PathBuf>,

    /// Show long lists to their end.
    #[arg(long)]
    all: bool,

    /// Show it in JSON, all of it, one line for each table.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    for path in &arguments.tables {
        let contents = Contents::of(path)?;
        if arguments.json {
            anstream::println!("{}", serde_json::to_string(&contents)?);
        } else {
            let most = if arguments.all { usize::MAX } else { FEW };
            anstream::print!("{}", contents.text(most)?);
        }
    }
    Ok(Outcome::Fine)
}

/// A table, as people and scripts read it.
#[derive(Serialize)]
struct Contents {
    file: String,
    bytes: usize,
    format_version: u16,
    dialect: String,
    identities: String,
    /// None for a whole mesh.
    workload: Option<String>,
    digest: String,
    sections: Vec<Section>,
    /// In the order in which they are looked at.
    levels: Vec<String>,
    automata: Vec<Automaton>,
    access_nodes: u32,
    split_nodes: u32,
    destinations: Vec<Named>,
    peers: Vec<Named>,
    services: Vec<Named>,
    methods: Vec<Named>,
    ports: Vec<u16>,
    shares: Vec<Share>,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
struct Section {
    name: &'static str,
    bytes: usize,
}

#[derive(Serialize)]
struct Automaton {
    slots: u32,
    rows: u32,
    columns: u32,
    classes: u32,
    meets: u32,
}

#[derive(Serialize)]
struct Named {
    name: String,
    class: u32,
}

#[derive(Serialize)]
struct Share {
    split: String,
    backends: Vec<Backend>,
}

#[derive(Serialize)]
struct Backend {
    service: String,
    weight: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_port: Option<u16>,
}

#[derive(Serialize)]
struct Rule {
    target: String,
    route: String,
    file: String,
    line: u32,
}

impl Contents {
    fn of(path: &Path) -> Result<Self, Failure> {
        let table = Table::from_bytes(input::bytes(path)?);
        let table = table.map_err(|error| format!("{}: {error}", path.display()))?;
        let (access_nodes, split_nodes) = table.nodes();
        let rules = (0..table.named_rules()).filter_map(|id| table.rule(RuleId(id)));
        Ok(Self {
            file: path.display().to_string(),
            bytes: table.as_bytes().len(),
            format_version: FORMAT_VERSION,
            dialect: table.dialect().to_string(),
            identities: table.identities().to_string(),
            workload: table.workload().map(str::to_owned),
            digest: table.digest().iter().map(|byte| format!("{byte:02x}")).collect(),
            sections: table.sections().map(|(name, bytes)| Section { name, bytes }).collect(),
            levels: table.levels().map(level).collect(),
            automata: table
                .automata()
                .map(|it| Automaton {
                    slots: it.slots,
                    rows: it.rows,
                    columns: it.columns,
                    classes: it.classes,
                    meets: it.meets,
                })
                .collect(),
            access_nodes,
            split_nodes,
            destinations: named(table.destinations()),
            peers: named(table.peers()),
            services: named(table.services()),
            methods: named(table.methods()),
            ports: table.ports().collect(),
            shares: table.shares().map(share).collect(),
            rules: rules
                .map(|rule| Rule {
                    target: rule.target.to_owned(),
                    route: rule.route.to_owned(),
                    file: rule.file.to_owned(),
                    line: rule.line,
                })
                .collect(),
        })
    }

    fn text(&self, most: usize) -> Result<String, std::fmt::Error> {
        let mut out = String::new();
        let scope = self.workload.as_deref().unwrap_or("the whole mesh");
        let scope = printable(scope);
        writeln!(out, "{}: {} bytes, for {scope}", self.file, self.bytes)?;
        writeln!(
            out,
            "  format {}, dialect {}, identities {}",
            self.format_version, self.dialect, self.identities
        )?;
        writeln!(out, "  digest {}", self.digest)?;
        let sections = self.sections.iter().filter(|section| section.bytes > 0);
        let sections = sections.map(|section| format!("{:>9}  {}", section.bytes, section.name));
        list(&mut out, "sections, in bytes", sections, usize::MAX)?;
        list(&mut out, "looked at, in this order", self.levels.iter().cloned(), most)?;
        let nodes = [("access", self.access_nodes), ("splits", self.split_nodes)];
        let nodes = nodes.map(|(of, count)| format!("{of}: {count}"));
        list(&mut out, "nodes of the diagrams", nodes.into_iter(), most)?;
        let automata = self.automata.iter().map(|it| {
            let slots = counted(it.slots as usize, "slot");
            let rows = match it.rows {
                0 => String::new(),
                rows => format!("{} of {}, ", counted(rows as usize, "row"), it.columns),
            };
            format!("{slots}, {rows}{} classes", it.classes)
        });
        list(&mut out, "automata", automata, most)?;
        for (title, names) in [
            ("destinations", &self.destinations),
            ("peers, by class", &self.peers),
            ("methods, by class", &self.methods),
            ("root Services of splits", &self.services),
        ] {
            let names = names.iter().map(|named| format!("{:>3}  {}", named.class, named.name));
            list(&mut out, title, names, most)?;
        }
        list(&mut out, "ports", self.ports.iter().map(u16::to_string), most)?;
        list(&mut out, "shares of splits", self.shares.iter().map(Share::text), most)?;
        let rules = self.rules.iter().map(|rule| {
            format!("{} under {} ({}:{})", rule.route, rule.target, rule.file, rule.line)
        });
        list(&mut out, "rules", rules, most)?;
        Ok(out)
    }
}

impl Share {
    fn text(&self) -> String {
        let total: u64 = self.backends.iter().map(|backend| u64::from(backend.weight)).sum();
        let backends = self.backends.iter().map(|backend| {
            #[expect(clippy::cast_precision_loss, reason = "it is rounded for people")]
            let percent = f64::from(backend.weight) * 100.0 / total as f64;
            let port = backend.target_port.map(|port| format!(" on {port}")).unwrap_or_default();
            format!("{} {percent:.1} %{port}", backend.service)
        });
        format!("{}: {}", self.split, backends.collect::<Vec<_>>().join(", "))
    }
}

/// A title with what belongs below it; nothing, when that is nothing.
fn list(
    out: &mut String,
    title: &str,
    items: impl Iterator<Item = String>,
    most: usize,
) -> std::fmt::Result {
    let items: Vec<String> = items.collect();
    if items.is_empty() {
        return Ok(());
    }
    writeln!(out, "  {title}:")?;
    for item in items.iter().take(most) {
        writeln!(out, "    {}", printable(item))?;
    }
    match items.len().saturating_sub(most) {
        0 => Ok(()),
        hidden => writeln!(out, "    … and {hidden} more (--all shows them)"),
    }
}

/// Names are as whoever wrote the table chose them; a terminal would obey some.
fn printable(text: &str) -> String {
    let shown = |c: char| {
        if c.is_control() { c.escape_default().to_string() } else { c.to_string() }
    };
    text.chars().map(shown).collect()
}

fn level(attribute: Attribute<'_>) -> String {
    match attribute {
        Attribute::Protocol => "protocol".to_owned(),
        Attribute::Destination => "destination".to_owned(),
        Attribute::Peer => "peer".to_owned(),
        Attribute::Port => "port".to_owned(),
        Attribute::Path(index) => format!("path, by automaton {index}"),
        Attribute::Method => "method".to_owned(),
        Attribute::Host(index) => format!("host, by automaton {index}"),
        Attribute::Header(name, index) => {
            format!("header {}, by automaton {index}", String::from_utf8_lossy(name))
        }
        Attribute::Service => "root Service of a split".to_owned(),
    }
}

fn named<'a>(names: impl Iterator<Item = (&'a [u8], u32)>) -> Vec<Named> {
    let mut names: Vec<Named> = names
        .map(|(name, class)| Named { name: String::from_utf8_lossy(name).into_owned(), class })
        .collect();
    names.sort_by(|a, b| (a.class, &a.name).cmp(&(b.class, &b.name)));
    names
}

fn share(share: decision_table::Share<'_>) -> Share {
    let backends = share.backends().map(|backend| Backend {
        service: backend.service.to_owned(),
        weight: backend.weight,
        target_port: backend.target_port,
    });
    Share { split: share.split().to_owned(), backends: backends.collect() }
}
