//! Sixty seconds after every refusal, whatever it says, until it works or the caller has gone: what a hurried developer
//! writes.

use super::seen::Seen;
use super::{Move, Strategy};
use crate::workload::{CallOptions, JobId};
use crate::world::Ending;
use headroom_model::operation::{Answer, Operation};
use headroom_model::time::{Instant, Millis};
use std::collections::BTreeMap;

/// Ours: a minute is what people take for "later".
const WAIT: Millis = Millis::from_secs(60);

/// Waits a minute after each refusal.
#[derive(Clone, Debug, Default)]
pub struct Fixed60s {
    /// When the callers go that do not wait for ever.
    gone_at: BTreeMap<JobId, Instant>,
}

impl Fixed60s {
    /// Its name.
    pub const NAME: &'static str = "fixed-60s";
}

impl Strategy for Fixed60s {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn start(&mut self, job: JobId, _: &Operation, options: &CallOptions, now: Instant) -> Move {
        self.gone_at.extend(options.deadline.map(|deadline| (job, now + deadline)));
        Move::Send
    }

    fn answered(&mut self, job: JobId, _: u32, answer: &Answer, now: Instant) -> Move {
        let is_gone = self.gone_at.get(&job).is_some_and(|gone_at| now + WAIT > *gone_at);
        let ending = match Seen::of(answer, now) {
            Seen::Done => Ending::Done,
            Seen::Refused(_) if !is_gone => return Move::WaitUntil(now + WAIT),
            Seen::Refused(_) | Seen::Failed => Ending::Lost,
        };
        self.gone_at.remove(&job);
        Move::Finish(ending)
    }

    fn woke(&mut self, _: JobId, _: Instant) -> Move {
        Move::Send
    }
}
