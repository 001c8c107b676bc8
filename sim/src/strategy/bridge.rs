//! The browser bridge's own limiter: so many calls in a window that begins with the first call after the last one; what
//! is more throws an error without a status, and nothing is sent. Nobody retries that, for nothing says that it may be.
//!
//! Source: npm package `@forge/bridge`, `out/invoke/invoke.js`, read 2026-11.

use super::seen::Seen;
use super::{Move, Strategy};
use crate::workload::{CallOptions, JobId};
use crate::world::Ending;
use headroom_model::facts;
use headroom_model::operation::{Answer, Operation};
use headroom_model::time::{Instant, Millis};

const CALLS: u32 = facts::BRIDGE_CALLS.value;
const WINDOW: Millis = Millis::from_secs(facts::BRIDGE_WINDOW_SECS.value as u64);

/// The limiter of one page.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bridge {
    window: Instant,
    calls: u32,
}

impl Bridge {
    /// Its name.
    pub const NAME: &'static str = "bridge-500-per-25s";
}

impl Strategy for Bridge {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn start(&mut self, _: JobId, _: &Operation, _: &CallOptions, now: Instant) -> Move {
        if now.since(self.window) > WINDOW {
            (self.window, self.calls) = (now, 0);
        }
        if self.calls >= CALLS {
            return Move::Finish(Ending::Lost);
        }
        self.calls += 1;
        Move::Send
    }

    fn answered(&mut self, _: JobId, _: u32, answer: &Answer, now: Instant) -> Move {
        let is_done = Seen::of(answer, now) == Seen::Done;
        Move::Finish(if is_done { Ending::Done } else { Ending::Lost })
    }

    fn woke(&mut self, _: JobId, _: Instant) -> Move {
        Move::Send
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_501st_call_of_a_window_is_thrown_away_and_the_next_window_begins_with_a_call() {
        let operation = Operation::Rest(headroom_model::operation::Request::get("t", "/"));
        let mut bridge = Bridge::default();
        let mut at = |ms: u64| bridge.start(JobId(0), &operation, &CallOptions::default(), Instant(1_000_000 + ms));
        assert!((0..500).all(|ms| at(ms) == Move::Send));
        assert_eq!(at(25_000), Move::Finish(Ending::Lost));
        assert_eq!(at(25_001), Move::Send);
    }
}
