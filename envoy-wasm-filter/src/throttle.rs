//! Log lines that strangers can cause, but not as many as they like.

use proxy_wasm::types::LogLevel;

use crate::host::Host;

/// Lines in each second.
const LINES: u32 = 5;
const SECOND: u64 = 1_000_000_000;

/// How much has been logged.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    /// When the current second began, in nanoseconds.
    since: u64,
    lines: u32,
    /// Lines that were left out since the last one that was not.
    left_out: u64,
}

impl Throttle {
    /// Writes a line, unless there were too many; it costs nothing when nobody reads it.
    pub(crate) fn log(
        &mut self,
        host: &impl Host,
        level: LogLevel,
        message: impl FnOnce() -> String,
    ) {
        if !host.logs(level) {
            return;
        }
        match self.admits(host.now()) {
            None => {}
            Some(0) => host.log(level, &message()),
            Some(more) => host.log(level, &format!("{} ({more} lines were left out)", message())),
        }
    }

    /// Whether another line may be written at `now` (nanoseconds), and how many
    /// were left out before it.
    fn admits(&mut self, now: u64) -> Option<u64> {
        if now.saturating_sub(self.since) >= SECOND {
            self.since = now;
            self.lines = 0;
        }
        if self.lines >= LINES {
            self.left_out = self.left_out.saturating_add(1);
            return None;
        }
        self.lines += 1;
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_left_out_until_the_next_second() {
        let mut throttle = Throttle::default();
        let now = 7 * SECOND;
        for _ in 0..LINES {
            assert_eq!(throttle.admits(now), Some(0));
        }
        assert_eq!(throttle.admits(now + 1), None);
        assert_eq!(throttle.admits(now + SECOND - 1), None);
        assert_eq!(throttle.admits(now + SECOND), Some(2));
        assert_eq!(throttle.admits(now + SECOND), Some(0));
    }
}
