//! Sixty seconds after every refusal, whatever it says, until it works: what a hurried developer writes.

use super::seen::Seen;
use super::{Move, Strategy};
use crate::workload::{CallOptions, JobId};
use crate::world::Ending;
use headroom_model::operation::{Answer, Operation};
use headroom_model::time::{Instant, Millis};

/// Ours: a minute is what people take for "later".
const WAIT: Millis = Millis::from_secs(60);

/// Waits a minute after each refusal.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fixed60s;

impl Fixed60s {
    /// Its name.
    pub const NAME: &'static str = "fixed-60s";
}

impl Strategy for Fixed60s {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn start(&mut self, _: JobId, _: &Operation, _: &CallOptions, _: Instant) -> Move {
        Move::Send
    }

    fn answered(&mut self, _: JobId, _: u32, answer: &Answer, now: Instant) -> Move {
        match Seen::of(answer, now) {
            Seen::Done => Move::Finish(Ending::Done),
            Seen::Refused(_) => Move::WaitUntil(now + WAIT),
            Seen::Failed => Move::Finish(Ending::Lost),
        }
    }

    fn woke(&mut self, _: JobId, _: Instant) -> Move {
        Move::Send
    }
}
