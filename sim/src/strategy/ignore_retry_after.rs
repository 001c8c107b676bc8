//! Doubles its wait from one second on and never reads a header: retry code that was written for a flaky network.

use super::seen::Seen;
use super::{Move, Strategy};
use crate::workload::{CallOptions, JobId};
use crate::world::Ending;
use headroom_model::operation::{Answer, AttemptError, Operation};
use headroom_model::time::{Instant, Millis};

/// Ours: 1, 2, 4 and 8 seconds between five attempts, as most libraries have it.
const FIRST: Millis = Millis::from_secs(1);
const ATTEMPTS: u32 = 5;

/// Retries by its own schedule.
#[derive(Clone, Copy, Debug, Default)]
pub struct IgnoreRetryAfter;

impl IgnoreRetryAfter {
    /// Its name.
    pub const NAME: &'static str = "ignore-retry-after";

    fn retry(attempt: u32, now: Instant) -> Move {
        match attempt < ATTEMPTS {
            true => Move::WaitUntil(now + FIRST.times(1 << attempt.saturating_sub(1))),
            false => Move::Finish(Ending::Lost),
        }
    }
}

impl Strategy for IgnoreRetryAfter {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn start(&mut self, _: JobId, _: &Operation, _: &CallOptions, _: Instant) -> Move {
        Move::Send
    }

    fn answered(&mut self, _: JobId, attempt: u32, answer: &Answer, now: Instant) -> Move {
        match Seen::of(answer, now) {
            Seen::Done => Move::Finish(Ending::Done),
            Seen::Refused(_) | Seen::Failed => Self::retry(attempt, now),
        }
    }

    fn failed(&mut self, _: JobId, attempt: u32, _: &AttemptError, now: Instant) -> Move {
        Self::retry(attempt, now)
    }

    fn woke(&mut self, _: JobId, _: Instant) -> Move {
        Move::Send
    }
}
