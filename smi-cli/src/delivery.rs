//! What a workload's Envoy reads while it runs, for `smi envoy` and `smi watch`.

use std::path::{Path, PathBuf};

use decision_table::Mode;
use policy_compiler::back::envoy::{
    Calls, Configuration, Discovery, Plugin, Root, ServiceName, Splits, routes,
};
use policy_compiler::{IdentityForm, Options, Scope, code};
use serde_json::Value;

use crate::commands::envoy::values::{Account, Reached, account, reached, splits};
use crate::policies::{Policies, Reading};
use crate::{Failure, input};

/// The folder of discovery files.
pub(crate) const FOLDER: &str = "discovery";

/// How policies are enforced.
#[derive(clap::Args)]
pub(crate) struct Enforcing {
    /// The filter: a Wasm file, as Envoy finds it; for `istio` and `envoy-gateway` an
    /// address.
    #[arg(long, value_name = "FILE", default_value = "/etc/smi/smi-filter.wasm")]
    pub(crate) filter: String,

    /// What becomes of denied requests: `enforce` denies them, `audit` only counts and
    /// logs, `permissive` does not decide at all.
    #[arg(long, default_value = "enforce", value_name = "MODE")]
    mode: Mode,

    /// Files or folders with policies that are not enforced: the filter counts what they
    /// would change. Repeat it for several.
    #[arg(long = "shadow", value_name = "PATH")]
    shadow: Vec<PathBuf>,

    /// Who chooses the backends of splits: the `filter`, which knows all splits, or
    /// `native`, Envoy's own weighted routing, which is cheaper.
    #[arg(long, default_value = "filter", value_name = "WHO", value_parser = splits)]
    pub(crate) splits: Splits,

    /// Let access logs tell the rule of allowed requests too.
    #[arg(long)]
    log_allowed: bool,

    /// The header whose value keeps requests with the same backend of a split.
    #[arg(long, value_name = "HEADER")]
    split_key: Option<String>,

    /// A Service that the workload calls, and where it is. Its pods have to run under a
    /// ServiceAccount of the Service's name, unless Deployments among the policies, or
    /// this, tell others. With a port it is called by TCP, without it by HTTP. Repeat it
    /// for several.
    #[arg(
        long = "upstream",
        value_name = "NAMESPACE/SERVICE[:PORT]=HOST:PORT[@ACCOUNT,…]",
        value_parser = reached
    )]
    pub(crate) upstreams: Vec<Reached>,
}

/// The policies, and those that are only watched.
pub(crate) struct Compiler {
    pub(crate) policies: Policies,
    pub(crate) options: Options,
    shadow: Option<Policies>,
}

/// Tables of a workload.
pub(crate) struct Tables {
    pub(crate) table: Vec<u8>,
    pub(crate) shadow: Option<Vec<u8>>,
}

/// A file, by its name in the folder.
#[derive(Clone)]
pub(crate) struct File {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
}

impl Compiler {
    pub(crate) fn read(
        reading: &Reading,
        files: &[PathBuf],
        enforcing: &Enforcing,
    ) -> Result<Self, Failure> {
        let options = reading.options();
        if options.identity_form != IdentityForm::Spiffe {
            return Err("Envoy is configured for SPIFFE IDs only: --identities spiffe".into());
        }
        let shadow = match enforcing.shadow.as_slice() {
            [] => None,
            files => Some(reading.read(files)?),
        };
        Ok(Self { policies: reading.read(files)?, options, shadow })
    }

    /// The tables of a workload, or of the mesh; `None` when a limit was exceeded.
    pub(crate) fn tables(&mut self, workload: Option<&str>) -> Option<Tables> {
        let scope = workload.map_or(Scope::Mesh, Scope::Workload);
        let table = self.policies.table(scope);
        let shadow = self.shadow.as_mut().map(|shadow| shadow.table(scope));
        match (table, shadow) {
            (Some(table), None) => Some(Tables { table, shadow: None }),
            (Some(table), Some(Some(shadow))) => Some(Tables { table, shadow: Some(shadow) }),
            _ => None,
        }
    }

    /// The routes of a workload's own requests. What they cannot say is found, as far as
    /// it concerns who chooses the backends.
    pub(crate) fn routes(
        &mut self,
        enforcing: &Enforcing,
        namespace: &str,
        chosen_by: Splits,
    ) -> Value {
        let services: Vec<ServiceName> = enforcing
            .upstreams
            .iter()
            .filter(|upstream| upstream.port.is_none())
            .map(|upstream| upstream.service.clone())
            .collect();
        let split_key = enforcing.split_key.as_deref();
        let calls = Calls { namespace, services: &services, split_key };
        let mut found = routes(self.policies.set(), &calls);
        if chosen_by == Splits::Filter {
            found.diagnostics.retain(|it| it.code == code::BACKEND_WITHOUT_UPSTREAM);
        }
        self.policies.add(found.diagnostics);
        found.value
    }

    /// Shows what was found in all policies.
    pub(crate) fn show(&self) {
        self.all().for_each(Policies::show);
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.all().any(Policies::has_errors)
    }

    /// The first error, in a line.
    pub(crate) fn first_error(&self) -> Option<String> {
        self.all().find_map(Policies::first_error)
    }

    fn all(&self) -> impl Iterator<Item = &Policies> {
        std::iter::once(&self.policies).chain(&self.shadow)
    }
}

impl Enforcing {
    /// The files and folders of the policies that are only watched.
    pub(crate) fn shadow(&self) -> &[PathBuf] {
        &self.shadow
    }

    /// What the filter is configured with.
    pub(crate) fn configuration<'a>(&'a self, tables: &'a Tables) -> Configuration<'a> {
        Configuration {
            // The listeners have the ports that policies speak of.
            port: None,
            table: Some(&tables.table),
            shadow: tables.shadow.as_deref(),
            mode: self.mode,
            split_key: self.split_key.as_deref(),
            namespace: None,
            log_allowed: self.log_allowed,
        }
    }

    pub(crate) fn plugin<'a>(&'a self, root: Root, tables: &'a Tables) -> Plugin<'a> {
        Plugin { root, filter: &self.filter, configuration: self.configuration(tables) }
    }

    /// All discovery files of a workload; `None` when a limit was exceeded.
    pub(crate) fn files(
        &self,
        compiler: &mut Compiler,
        workload: &str,
        namespace: &str,
    ) -> Option<Vec<File>> {
        let tables = compiler.tables(Some(workload))?;
        let routes = compiler.routes(self, namespace, self.splits);
        let version = self.configuration(&tables).version();
        let mut discoveries = vec![
            Discovery::Plugin(self.plugin(Root::Http, &tables)),
            Discovery::Plugin(self.plugin(Root::Tcp, &tables)),
        ];
        discoveries.push(match self.splits {
            Splits::Filter => Discovery::Plugin(self.plugin(Root::Splits, &tables)),
            Splits::Native => Discovery::Routes(&routes),
        });
        let file = |it: Discovery<'_>| File { name: it.file(), bytes: it.bytes(&version) };
        Some(discoveries.into_iter().map(file).collect())
    }
}

/// Puts files into the folder below `folder`.
pub(crate) fn put(folder: &Path, files: &[File]) -> Result<(), Failure> {
    files
        .iter()
        .try_for_each(|file| input::replace(&folder.join(FOLDER).join(file.name), &file.bytes))
}

/// A workload of the command line.
#[derive(clap::Args)]
pub(crate) struct Whose {
    /// The workload, by its ServiceAccount.
    #[arg(long, value_name = "NAMESPACE/SERVICE-ACCOUNT", value_parser = account)]
    pub(crate) workload: Option<Account>,
}
