//! Figures by the facade `metrics`. Every label is written down here, so that a figure that nobody collects costs nothing.

use crate::types::{Answer, AttemptError, InstantMs, LogEvent, Outcome, Wait};
use crate::words;
use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};

/// Tells the installed recorder units and meanings of all figures. Call it once, after installing one.
pub fn describe() {
    describe_counter!("headroom.calls", Unit::Count, "calls, by how they ended");
    describe_counter!("headroom.attempts", Unit::Count, "attempts, by what they came to");
    describe_counter!("headroom.refusals", Unit::Count, "answers that a limit refused, by its kind");
    describe_counter!(
        "headroom.attempts.early",
        Unit::Count,
        "attempts sent before an instant that their call was told"
    );
    describe_histogram!("headroom.wait.duration", Unit::Seconds, "waits, by the kind of the limit");
    describe_histogram!("headroom.call.duration", Unit::Seconds, "calls from begin to end, by how they ended");
}

/// A figure whose label has one of these values. A label that is put together as it is told would be allocated, even if
/// nobody listens.
macro_rules! labelled {
    ($figure:ident, $name:literal, $label:literal => $value:expr, [$($known:literal),*]) => {
        match $value {
            $($known => $figure!($name, $label => $known),)*
            _ => $figure!($name, $label => "other"),
        }
    };
}

/// [`labelled`] by the kinds of limits.
macro_rules! by_limit {
    ($figure:ident, $name:literal, $kind:expr) => {
        labelled!($figure, $name, "limit" => words::kind($kind), [
            "points-quota", "burst", "per-issue-write", "cost", "concurrency", "invocation-rate", "egress", "storage-rate",
            "token-bucket", "tunnel-connections", "hourly-requests", "gateway", "reserve", "fair-share", "cap"
        ])
    };
}

/// Counts a call when it ends, or is dropped.
pub(super) struct CallCounted {
    begun: InstantMs,
    is_over: bool,
}

impl CallCounted {
    pub(super) const fn begin(now: InstantMs) -> Self {
        Self { begun: now, is_over: false }
    }

    pub(super) fn ended(&mut self, outcome: &Outcome, now: InstantMs) {
        self.is_over = true;
        let ending = words::ending(&outcome.ending);
        labelled!(counter, "headroom.calls", "ending" => ending, ["success", "deferred", "refused", "failed"])
            .increment(1);
        labelled!(histogram, "headroom.call.duration", "ending" => ending, ["success", "deferred", "refused", "failed"])
            .record(seconds(now.saturating_sub(self.begun)));
        let (mut told, mut early) = (0, 0);
        for entry in &outcome.log {
            match &entry.event {
                LogEvent::Refused(wait) => {
                    told = told.max(wait.until);
                    by_limit!(counter, "headroom.refusals", &wait.limit.kind).increment(1);
                }
                LogEvent::Sent(_) => early += u64::from(entry.at < told),
                _ => {}
            }
        }
        counter!("headroom.attempts.early").increment(early);
    }
}

impl Drop for CallCounted {
    fn drop(&mut self) {
        if !self.is_over {
            counter!("headroom.calls", "ending" => "dropped").increment(1);
        }
    }
}

/// Counts an attempt when it has come to something, or is dropped.
#[derive(Default)]
pub(super) struct AttemptCounted {
    is_over: bool,
}

impl AttemptCounted {
    pub(super) fn ended(&mut self, sent: &Result<Answer, AttemptError>) {
        self.is_over = true;
        labelled!(counter, "headroom.attempts", "result" => words::attempt(sent), ["answer", "timed-out", "connection"])
            .increment(1);
    }
}

impl Drop for AttemptCounted {
    fn drop(&mut self) {
        if !self.is_over {
            counter!("headroom.attempts", "result" => "dropped").increment(1);
        }
    }
}

pub(super) fn waits(wait: &Wait, now: InstantMs) {
    by_limit!(histogram, "headroom.wait.duration", &wait.limit.kind).record(seconds(wait.until.saturating_sub(now)));
}

/// Milliseconds as the seconds that OpenTelemetry's figures are in.
fn seconds(ms: u64) -> f64 {
    std::time::Duration::from_millis(ms).as_secs_f64()
}
