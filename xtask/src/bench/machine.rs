//! Where and when it was measured, without which no figure means anything.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use loopback_mesh::tools::workspace_root;

const UNKNOWN: &str = "unknown";

pub(super) struct Machine {
    pub(super) cpu: String,
    pub(super) cores: usize,
    pub(super) os: String,
    pub(super) rustc: String,
    /// In UTC.
    pub(super) date: String,
    pub(super) commit: String,
    /// Whether files differ from the commit.
    pub(super) changed: bool,
}

impl Machine {
    /// What cannot be found out is unknown: no reason to lose a measurement.
    pub(super) fn find() -> Self {
        let or_unknown = |text: Option<String>| text.unwrap_or_else(|| UNKNOWN.to_owned());
        Self {
            cpu: or_unknown(cpu()),
            cores: thread::available_parallelism().map_or(0, usize::from),
            os: or_unknown(os()),
            rustc: or_unknown(output("rustc", &["--version"])),
            date: date(seconds_since_1970()),
            commit: or_unknown(output("git", &["rev-parse", "--short=12", "HEAD"])),
            changed: output("git", &["status", "--porcelain", "--untracked-files=no"])
                .is_some_and(|changes| !changes.is_empty()),
        }
    }

    pub(super) fn line(&self) -> String {
        let Self { cpu, cores, os, rustc, date, commit, changed } = self;
        let changed = if *changed { " with changes" } else { "" };
        format!("{cpu}, {cores} cores, {os}, {rustc}; {date}, commit {commit}{changed}")
    }
}

fn cpu() -> Option<String> {
    let of_linux = fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        line.split_once(':').map(|(_, name)| name.trim().to_owned())
    });
    of_linux.or_else(|| output("sysctl", &["-n", "machdep.cpu.brand_string"]))
}

fn os() -> Option<String> {
    let of_linux = fs::read_to_string("/etc/os-release").ok().and_then(|text| {
        let name = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
        Some(name.trim_matches('"').to_owned())
    });
    of_linux.or_else(|| output("uname", &["-sr"]))
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).current_dir(workspace_root()).output();
    let output = output.ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn seconds_since_1970() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// As in RFC 3339. Years are counted from March, so that the leap day is the last
/// day of one; 400 of them have 146,097 days.
fn date(seconds: u64) -> String {
    let days = seconds / 86_400 + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month_from_march = (5 * day + 2) / 153;
    let day = day - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_know_leap_years() {
        assert_eq!(date(0), "1970-01-01T00:00:00Z");
        assert_eq!(date(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(date(1_735_689_599), "2024-12-31T23:59:59Z");
    }
}
