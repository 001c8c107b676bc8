//! No retry at all: every operation is sent once.

use super::{Move, Strategy};
use crate::workload::{CallOptions, JobId};
use crate::world::Ending;
use headroom_model::operation::{Answer, Operation};
use headroom_model::time::Instant;

/// Sends once and takes what comes.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoRetry;

impl NoRetry {
    /// Its name.
    pub const NAME: &'static str = "none";
}

impl Strategy for NoRetry {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn start(&mut self, _: JobId, _: &Operation, _: &CallOptions, _: Instant) -> Move {
        Move::Send
    }

    fn answered(&mut self, _: JobId, _: u32, answer: &Answer, _: Instant) -> Move {
        let is_done = match answer {
            Answer::Response(response) => (200..300).contains(&response.status),
            Answer::Resolved(_) => true,
            Answer::Rejected(_) => false,
        };
        Move::Finish(if is_done { Ending::Done } else { Ending::Lost })
    }

    fn woke(&mut self, _: JobId, _: Instant) -> Move {
        Move::Send
    }
}
