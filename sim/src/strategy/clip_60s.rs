//! Keeps to the server's delay, but for no more than a minute: published clients bound a wait so that a bad header
//! cannot hang them, and so come back long before an hourly quota does.

use super::seen::Seen;
use super::{Move, Strategy};
use crate::workload::{CallOptions, JobId};
use crate::world::Ending;
use headroom_model::operation::{Answer, Operation};
use headroom_model::time::{Instant, Millis};

const MOST: Millis = Millis::from_secs(60);
/// Ours: without a delay one second; five attempts, as most libraries have it.
const UNTOLD: Millis = Millis::from_secs(1);
const ATTEMPTS: u32 = 5;

/// Cuts the server's delay at 60 s.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clip60s;

impl Clip60s {
    /// Its name.
    pub const NAME: &'static str = "clip-60s";
}

impl Strategy for Clip60s {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn start(&mut self, _: JobId, _: &Operation, _: &CallOptions, _: Instant) -> Move {
        Move::Send
    }

    fn answered(&mut self, _: JobId, attempt: u32, answer: &Answer, now: Instant) -> Move {
        match Seen::of(answer, now) {
            Seen::Done => Move::Finish(Ending::Done),
            Seen::Refused(delay) if attempt < ATTEMPTS => Move::WaitUntil(now + delay.unwrap_or(UNTOLD).min(MOST)),
            Seen::Refused(_) | Seen::Failed => Move::Finish(Ending::Lost),
        }
    }

    fn woke(&mut self, _: JobId, _: Instant) -> Move {
        Move::Send
    }
}
