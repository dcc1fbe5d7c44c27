//! `smi watch`: edits of policies come into force in running Envoys.
#![expect(clippy::disallowed_methods, reason = "this command looks at files and the clock")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use policy_compiler::Options;
use serde::Serialize;

use super::compile::{account, file_stem};
use crate::delivery::{Compiler, Enforcing, FOLDER, File, Whose, put};
use crate::policies::{Reading, counted};
use crate::{Failure, Outcome, input};

/// What became of the last edits, for monitoring.
const STATUS: &str = "smi-watch.json";

/// Compile policies again whenever they change, into the files that Envoy watches.
///
/// Keeps the folder up to date that `smi envoy` wrote; without --workload a folder for
/// each workload, `NAMESPACE.SERVICE-ACCOUNT`. A new file takes the place of the old one
/// at once. Policies with errors change nothing: those before stay in force. A workload
/// that is no longer among the policies is denied to everybody. The file
/// `smi-watch.json` in DIR tells when an edit last succeeded, and failed.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  smi watch policies --workload bookstore/bookstore-v1 --out sidecar
  smi watch policies --out sidecars --filter /etc/smi/filter.wasm --mode audit")]
pub(crate) struct Arguments {
    /// Files or folders with policies.
    #[arg(required = true)]
    files: Vec<PathBuf>,

    #[command(flatten)]
    whose: Whose,

    /// The folder to write to.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Bring the files up to date once, and end.
    #[arg(long)]
    once: bool,

    /// How long to wait between two looks at the files, in milliseconds. An edit is taken
    /// when nothing has changed for this long.
    #[arg(long, value_name = "MS", default_value = "500")]
    interval: u64,

    #[command(flatten, next_help_heading = "Enforcement")]
    enforcing: Enforcing,

    #[command(flatten, next_help_heading = "Reading")]
    reading: Reading,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome, Failure> {
    let mut watch = Watch::new(arguments)?;
    let mut done = watch.look();
    let first = watch.update()?;
    if arguments.once {
        return Ok(first);
    }
    let mut seen = done.clone();
    loop {
        thread::sleep(Duration::from_millis(arguments.interval));
        let now = watch.look();
        // An editor may be in the midst of it.
        if now == seen && now != done {
            // Looked at before it is read: what changes meanwhile changes it again.
            done.clone_from(&now);
            if let Err(failure) = watch.update() {
                watch.fail(&failure.to_string())?;
            }
        }
        seen = now;
    }
}

/// The files with what tells one state of them from another; or why they cannot be
/// listed.
type Look = Result<BTreeMap<PathBuf, (Option<SystemTime>, u64)>, String>;

struct Watch<'a> {
    arguments: &'a Arguments,
    /// Workloads that have files, by the names of their folders; their identities.
    known: BTreeMap<String, String>,
    status: Status,
}

/// The contents of the file for monitoring. Times are seconds since 1970.
#[derive(Debug, Default, Serialize)]
struct Status {
    last_success: Option<u64>,
    last_failure: Option<u64>,
    /// How many edits failed since the command was started.
    failures: u64,
    /// What is wrong now; nothing when the policies are in force.
    error: Option<String>,
    /// How many workloads have files.
    workloads: usize,
}

impl<'a> Watch<'a> {
    fn new(arguments: &'a Arguments) -> Result<Self, Failure> {
        if arguments.files.iter().any(|file| file == Path::new(input::STANDARD_INPUT)) {
            return Err("standard input cannot be watched".into());
        }
        let mut known = BTreeMap::new();
        if arguments.whose.workload.is_none() {
            known = earlier(&arguments.out, &arguments.reading.options());
        }
        Ok(Self { arguments, known, status: Status::default() })
    }

    fn look(&self) -> Look {
        let all = [self.arguments.files.as_slice(), self.arguments.enforcing.shadow()].concat();
        let files = input::files(&all).map_err(|failure| failure.to_string())?;
        let state = |path: PathBuf| {
            let metadata = fs::metadata(&path).map_err(|error| error.to_string())?;
            Ok((path, (metadata.modified().ok(), metadata.len())))
        };
        files.into_iter().map(state).collect()
    }

    /// Brings all files up to date, unless the policies have errors.
    fn update(&mut self) -> Result<Outcome, Failure> {
        let Arguments { files, reading, enforcing, .. } = self.arguments;
        let mut compiler = Compiler::read(reading, files, enforcing)?;
        let workloads = self.workloads(&compiler);
        let mut folders = Vec::new();
        for (folder, identity, namespace) in workloads {
            let files = enforcing.files(&mut compiler, &identity, &namespace);
            folders.extend(files.map(|files| (folder, files)));
        }
        compiler.show();
        if let Some(error) = compiler.first_error() {
            self.fail(&error)?;
            return Ok(Outcome::Errors);
        }
        let mut changed = 0;
        for (folder, files) in &folders {
            changed += usize::from(self.deliver(folder, files)?);
        }
        anstream::println!("{} of {} changed", changed, counted(folders.len(), "workload"));
        self.status.last_success = Some(now());
        self.status.error = None;
        self.status.workloads = folders.len();
        self.report()?;
        Ok(Outcome::Fine)
    }

    /// The folders, identities and namespaces of all workloads that have files, or are
    /// to have some.
    fn workloads(&mut self, compiler: &Compiler) -> Vec<(PathBuf, String, String)> {
        let out = &self.arguments.out;
        let options = &compiler.options;
        if let Some(account) = &self.arguments.whose.workload {
            let identity = options.identity(&account.namespace, &account.name);
            return vec![(out.clone(), identity, account.namespace.clone())];
        }
        let now = compiler.policies.set().workloads();
        let now = now.map(|identity| (file_stem(identity, options), identity.to_owned()));
        self.known.extend(now);
        let all = self.known.iter().map(|(stem, identity)| {
            let namespace = account(identity, options).map_or("", |(namespace, _)| namespace);
            (out.join(stem), identity.clone(), namespace.to_owned())
        });
        all.collect()
    }

    /// Puts files in their place, and tells whether any of them is another one.
    fn deliver(&self, folder: &Path, files: &[File]) -> Result<bool, Failure> {
        let is_new = |file: &&File| {
            let path = folder.join(FOLDER).join(file.name);
            fs::read(path).ok().as_ref() != Some(&file.bytes)
        };
        let new: Vec<File> = files.iter().filter(is_new).cloned().collect();
        put(folder, &new)?;
        if !new.is_empty() {
            let names: Vec<&str> = new.iter().map(|file| file.name).collect();
            anstream::println!("{}: {}", folder.display(), names.join(", "));
        }
        Ok(!new.is_empty())
    }

    /// An edit did not succeed.
    fn fail(&mut self, error: &str) -> Result<(), Failure> {
        anstream::eprintln!("smi: {error}");
        anstream::eprintln!("nothing was changed: the policies before stay in force");
        self.status.last_failure = Some(now());
        self.status.failures += 1;
        self.status.error = Some(error.to_owned());
        self.report()
    }

    fn report(&self) -> Result<(), Failure> {
        let text = format!("{}\n", serde_json::to_string_pretty(&self.status)?);
        input::replace(&self.arguments.out.join(STATUS), text.as_bytes())
    }
}

/// Workloads that have files from an earlier time, when they were perhaps among the
/// policies: what was permitted then must not stay for ever.
fn earlier(out: &Path, options: &Options) -> BTreeMap<String, String> {
    let entries = fs::read_dir(out).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.path().join(FOLDER).is_dir());
    let known = folders.filter_map(|entry| {
        let stem = entry.file_name().into_string().ok()?;
        let identity = match stem.split_once('.') {
            _ if stem.contains('+') => format!("spiffe://{}", stem.replace('+', "/")),
            Some((namespace, account)) => options.identity(namespace, account),
            None => return None,
        };
        Some((stem, identity))
    });
    known.collect()
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |time| time.as_secs())
}
