//! `smi compile`: policies to decision tables.

use std::path::PathBuf;

use decision_table::Table;
use policy_compiler::{IdentityForm, Options, Scope};

use crate::policies::{Reading, counted};
use crate::{Failure, Outcome, input};

/// Compile policies to decision tables, one for each workload.
///
/// Nothing is written when the policies have errors.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  smi compile examples/bookstore --out target/tables
  smi compile examples/bookstore --out target/tables --mesh")]
pub(crate) struct Arguments {
    /// Files or folders; `-` for standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,

    /// The folder to write to: `NAMESPACE.SERVICE-ACCOUNT.table`, or `mesh.table`.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Write one table for all workloads.
    #[arg(long)]
    mesh: bool,

    #[command(flatten)]
    reading: Reading,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let mut policies = arguments.reading.read(&arguments.files)?;
    let mut tables = Vec::new();
    if arguments.mesh {
        tables.extend(policies.table(Scope::Mesh).map(|bytes| ("mesh".to_owned(), bytes)));
    } else {
        let options = arguments.reading.options();
        let workloads: Vec<String> = policies.set().workloads().map(str::to_owned).collect();
        for workload in workloads {
            let bytes = policies.table(Scope::Workload(&workload));
            tables.extend(bytes.map(|bytes| (file_stem(&workload, &options), bytes)));
        }
    }
    policies.show();
    if policies.has_errors() {
        anstream::eprintln!("nothing was written, because the policies have errors");
        return Ok(Outcome::Errors);
    }
    if tables.is_empty() {
        return Err(
            "there are no workloads in these files: no TrafficTarget, no ServiceAccount".into()
        );
    }
    for (name, bytes) in tables {
        let path = arguments.out.join(format!("{name}.table"));
        input::write(&path, &bytes)?;
        let table = Table::from_bytes(&bytes)?;
        let rules = counted(usize::try_from(table.named_rules())?, "rule");
        let digest: String =
            table.digest().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        anstream::println!("{}: {} bytes, {rules}, {digest}", path.display(), bytes.len());
    }
    Ok(Outcome::Fine)
}

/// `spiffe://cluster.local/ns/bookstore/sa/bookstore-v1` → `bookstore.bookstore-v1`,
/// and so does `bookstore-v1.bookstore.cluster.local`.
///
/// Of an identity that is no ServiceAccount of the trust domain, everything is
/// kept: two workloads must not share a file. No identity has a `+` itself.
pub(crate) fn file_stem(workload: &str, options: &Options) -> String {
    match account(workload, options) {
        Some((namespace, account)) => format!("{namespace}.{account}"),
        None => workload.strip_prefix("spiffe://").unwrap_or(workload).replace('/', "+"),
    }
}

/// Namespace and name of the ServiceAccount that has this identity.
pub(crate) fn account<'w>(workload: &'w str, options: &Options) -> Option<(&'w str, &'w str)> {
    let parts = match options.identity_form {
        IdentityForm::Spiffe => {
            let (domain, path) = workload.strip_prefix("spiffe://")?.split_once('/')?;
            let path = path.strip_prefix("ns/").filter(|_| domain == options.trust_domain())?;
            path.split_once("/sa/")
        }
        IdentityForm::ServiceName => {
            let name = workload.strip_suffix(options.trust_domain())?.strip_suffix('.')?;
            name.split_once('.').map(|(account, namespace)| (namespace, account))
        }
    };
    parts.filter(|(namespace, account)| !namespace.contains('/') && !account.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workloads_do_not_share_files() {
        let trust_domains = vec!["td".to_owned(), "other".to_owned()];
        let spiffe = Options { trust_domains, ..Options::default() };
        let names = Options { identity_form: IdentityForm::ServiceName, ..spiffe.clone() };
        for (workload, options, stem) in [
            ("spiffe://td/ns/shop/sa/store", &spiffe, "shop.store"),
            ("spiffe://other/ns/shop/sa/store", &spiffe, "other+ns+shop+sa+store"),
            ("spiffe://td/shop/store", &spiffe, "td+shop+store"),
            ("spiffe://td/ns/shop/sa/store/1", &spiffe, "td+ns+shop+sa+store+1"),
            ("store.shop.td", &names, "shop.store"),
        ] {
            assert_eq!(file_stem(workload, options), stem);
        }
    }
}
