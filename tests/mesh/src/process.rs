//! Child processes that never outlive this one.
//!
//! A [`Process`] is killed when it is dropped. That is not enough when this
//! program is itself killed, or interrupted from the keyboard: then no destructor
//! runs. So a small shell, the reaper, knows every child and waits at the other
//! end of a pipe that the kernel closes in any case.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Reads `add PID` and `remove PID` until the pipe closes, and kills who is left.
const REAPER: &str = r#"
pids=
while read -r verb pid; do
  case $verb in
    add) pids="$pids $pid" ;;
    remove)
      rest=
      for each in $pids; do [ "$each" = "$pid" ] || rest="$rest $each"; done
      pids=$rest ;;
  esac
done
[ -z "$pids" ] || kill -KILL $pids
"#;

/// A running program whose output goes to a log file.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command`, with its output in `log`.
    ///
    /// # Errors
    ///
    /// When the program cannot be started or the log cannot be written.
    pub fn start(name: &str, command: &mut Command, log: &Path) -> Result<Self> {
        let output =
            File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let child = command
            // Ctrl-C is for this program, which then ends its children in order.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let process = Self { name: name.to_owned(), child, log: log.to_owned() };
        tell_reaper("add", process.child.id())?;
        Ok(process)
    }

    /// Its number in the system.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How much memory it has in use, in bytes.
    ///
    /// # Errors
    ///
    /// When the system does not say it.
    pub fn memory(&self) -> Result<u64> {
        let text = fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.split_whitespace().next());
        Ok(kibibytes.context("no VmRSS")?.parse::<u64>()? * 1024)
    }

    /// Ends it at once, and waits for its end.
    pub fn kill(&mut self) {
        // Both fail only when the process has ended already. It is forgotten
        // between the kill and the wait, while its number cannot be reused.
        let _ = self.child.kill();
        let _ = tell_reaper("remove", self.child.id());
        let _ = self.child.wait();
    }

    /// Asks `probe` every few milliseconds until it has an answer.
    ///
    /// # Errors
    ///
    /// When the process ends, or has no answer after `patience`; the message ends
    /// with the last lines of the log.
    pub fn wait_for<T>(
        &mut self,
        what: &str,
        patience: Duration,
        mut probe: impl FnMut() -> Option<T>,
    ) -> Result<T> {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(answer) = probe() {
                return Ok(answer);
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended ({status}) before {what}:\n{}", self.name, self.log_tail());
            }
            if Instant::now() > deadline {
                bail!("{}: no {what} within {patience:?}:\n{}", self.name, self.log_tail());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The last lines that the process wrote.
    #[must_use]
    pub fn log_tail(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        let tail = lines.get(lines.len().saturating_sub(20)..).unwrap_or_default();
        format!("last lines of {}:\n{}", self.log.display(), tail.join("\n"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn tell_reaper(verb: &str, pid: u32) -> Result<()> {
    static REAPER_INPUT: OnceLock<Mutex<Option<ChildStdin>>> = OnceLock::new();
    let input = REAPER_INPUT
        .get_or_init(|| Mutex::new(start_reaper().ok().and_then(|mut reaper| reaper.stdin.take())));
    let mut input = input.lock().unwrap_or_else(PoisonError::into_inner);
    let input = input.as_mut().context("cannot start /bin/sh")?;
    writeln!(input, "{verb} {pid}").context("the process that ends Envoy after us is gone")
}

fn start_reaper() -> io::Result<Child> {
    Command::new("/bin/sh")
        .args(["-c", REAPER])
        // Ctrl-C in a terminal reaches the whole foreground group; the reaper
        // must survive it to do its work.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

/// A folder for the files of one run: removed when all went well, and kept for
/// the reader when a test panicked or [`RunFolder::keep`] was called. The next run
/// of the same label takes its place.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    keep: bool,
    /// Held as long as the folder is in use.
    _lock: File,
}

impl RunFolder {
    /// An empty folder `target/mesh/<label>`, or `<label>-2` and so on when others
    /// are running.
    ///
    /// # Errors
    ///
    /// When it cannot be created.
    pub fn new(label: &str) -> Result<Self> {
        let parent = crate::tools::workspace_root().join("target/mesh");
        fs::create_dir_all(&parent)?;
        for number in 1.. {
            let name = if number == 1 { label.to_owned() } else { format!("{label}-{number}") };
            let lock = File::create(parent.join(format!("{name}.lock")))?;
            match lock.try_lock() {
                Ok(()) => return Self::empty(parent.join(name), lock),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
        }
        bail!("too many runs of {label} at once")
    }

    fn empty(path: PathBuf, lock: File) -> Result<Self> {
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
        fs::create_dir(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self { path, keep: false, _lock: lock })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves the folder where it is, for somebody to read the logs.
    pub const fn keep(&mut self) {
        self.keep = true;
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        if !self.keep && !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper() -> Command {
        let mut command = Command::new("sleep");
        command.arg("600");
        command
    }

    #[test]
    fn a_process_ends_when_it_is_dropped() {
        let folder = RunFolder::new("dropped").unwrap();
        let log = folder.path().join("log");
        let process = Process::start("sleep", &mut sleeper(), &log).unwrap();
        let pid = process.child.id().to_string();
        drop(process);
        let alive = Command::new("kill").args(["-0", &pid]).stderr(Stdio::null()).status().unwrap();
        assert!(!alive.success());
    }

    #[test]
    fn the_reaper_ends_whom_nobody_else_did() {
        let mut reaper = start_reaper().unwrap();
        let mut input = reaper.stdin.take().unwrap();
        let (mut forgotten, mut released) =
            (sleeper().spawn().unwrap(), sleeper().spawn().unwrap());
        writeln!(input, "add {}\nadd {}", forgotten.id(), released.id()).unwrap();
        writeln!(input, "remove {}", released.id()).unwrap();
        drop(input);
        assert!(reaper.wait().unwrap().success());
        assert!(!forgotten.wait().unwrap().success());
        assert!(released.try_wait().unwrap().is_none(), "the reaper killed a stranger");
        released.kill().unwrap();
        released.wait().unwrap();
    }

    #[test]
    fn what_a_process_wrote_is_in_the_error() {
        let folder = RunFolder::new("failing").unwrap();
        let mut shell = Command::new("sh");
        shell.args(["-c", "echo no such listener; exit 3"]);
        let mut process = Process::start("sh", &mut shell, &folder.path().join("log")).unwrap();
        let error = process.wait_for("readiness", Duration::from_secs(60), || None::<()>);
        let error = error.unwrap_err().to_string();
        assert!(error.contains("no such listener") && error.contains("readiness"), "{error}");
    }
}
