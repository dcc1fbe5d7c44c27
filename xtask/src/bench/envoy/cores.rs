//! Which core does what.
//!
//! When Envoy and its client share a core, Envoy finds many requests at once, and
//! otherwise a few: what it takes for each differs by a third. So each has a core of its
//! own, as far as the machine lets us choose.

use std::fs;
use std::path::Path;
use std::process::{self, Command, Stdio};

use loopback_mesh::tools::run;

/// This process on one core, and one left for Envoy; when dropped, it may run anywhere
/// again.
pub(super) struct Cores {
    /// What this process could use before.
    before: String,
    of_envoy: usize,
}

impl Cores {
    /// None where there is just one core, or nothing that chooses.
    pub(super) fn divide() -> Option<Self> {
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let before = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
        let before = before.trim().to_owned();
        let mut cores = cores(&before).into_iter();
        let (of_envoy, own) = (cores.next()?, cores.next()?);
        stay_on(&own.to_string()).then_some(Self { before, of_envoy })
    }

    /// Runs a program on the core of Envoy.
    pub(super) fn command(this: Option<&Self>, program: &Path) -> Command {
        let Some(cores) = this else { return Command::new(program) };
        let mut command = Command::new("taskset");
        command.arg("--cpu-list").arg(cores.of_envoy.to_string()).arg(program);
        command
    }
}

impl Drop for Cores {
    fn drop(&mut self) {
        // If it fails, the rest of this run is slower, and nothing else.
        stay_on(&self.before);
    }
}

fn stay_on(cores: &str) -> bool {
    let own = process::id().to_string();
    let mut taskset = Command::new("taskset");
    taskset.args(["--cpu-list", "--pid", cores, &own]).stdout(Stdio::null());
    run(&mut taskset).is_ok()
}

/// `0-2,5` in numbers.
fn cores(list: &str) -> Vec<usize> {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.parse().ok()?..=last.parse().ok()?)
    };
    list.split(',').filter_map(range).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::cores;

    #[test]
    fn lists_of_cores_are_read() {
        assert_eq!(cores("0-2,5"), [0, 1, 2, 5]);
        assert_eq!(cores("3"), [3]);
        assert!(cores("").is_empty());
    }
}
