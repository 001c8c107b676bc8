//! Exponential backoff with full jitter, blind to what the server says: the textbook's answer where no delay is named.

use super::seen::Seen;
use super::{Move, Strategy};
use crate::workload::{CallOptions, JobId};
use crate::world::Ending;
use headroom_model::operation::{Answer, AttemptError, Operation};
use headroom_model::rng::SplitMix64;
use headroom_model::time::{Instant, Millis};

/// Ours, as most libraries have them: one second at first, doubled each time, five minutes at most, ten attempts.
const FIRST: Millis = Millis::from_secs(1);
const LONGEST: Millis = Millis::from_secs(300);
const ATTEMPTS: u32 = 10;

/// Waits a random part of a span that doubles.
#[derive(Clone, Debug)]
pub struct ExponentialFullJitter {
    rng: SplitMix64,
}

impl ExponentialFullJitter {
    /// Its name.
    pub const NAME: &'static str = "exponential-full-jitter";

    /// All its jitter comes from `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { rng: SplitMix64::new(seed) }
    }

    fn retry(&mut self, attempt: u32, now: Instant) -> Move {
        if attempt >= ATTEMPTS {
            return Move::Finish(Ending::Lost);
        }
        let most = FIRST.times(1 << attempt.saturating_sub(1).min(ATTEMPTS)).min(LONGEST);
        Move::WaitUntil(now + self.rng.span_up_to(most))
    }
}

impl Strategy for ExponentialFullJitter {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn start(&mut self, _: JobId, _: &Operation, _: &CallOptions, _: Instant) -> Move {
        Move::Send
    }

    fn answered(&mut self, _: JobId, attempt: u32, answer: &Answer, now: Instant) -> Move {
        match Seen::of(answer, now) {
            Seen::Done => Move::Finish(Ending::Done),
            Seen::Refused(_) | Seen::Failed => self.retry(attempt, now),
        }
    }

    fn failed(&mut self, _: JobId, attempt: u32, _: &AttemptError, now: Instant) -> Move {
        self.retry(attempt, now)
    }

    fn woke(&mut self, _: JobId, _: Instant) -> Move {
        Move::Send
    }
}
