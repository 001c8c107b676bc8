//! What is going to happen, in order.

use super::TimerId;
use crate::server::Scope;
use crate::workload::JobId;
use headroom_model::operation::{Answer, Operation};
use headroom_model::time::Instant;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// Something that is going to happen. What is large is boxed: the heap moves its elements about.
pub(super) enum What {
    Start(JobId),
    Arrival { job: JobId, attempt: u32, operation: Box<Operation> },
    Delivery { job: JobId, attempt: u32, answer: Box<Answer>, promise: Option<Box<(Scope, Instant)>> },
    Wake(TimerId),
}

/// Events by instant, those of one instant in the order in which they were caused.
#[derive(Default)]
pub(super) struct Queue {
    heap: BinaryHeap<Reverse<Queued>>,
    sequence: u64,
}

impl Queue {
    pub(super) fn push(&mut self, at: Instant, what: What) {
        self.heap.push(Reverse(Queued { at, sequence: self.sequence, what }));
        self.sequence += 1;
    }

    pub(super) fn pop(&mut self) -> Option<(Instant, What)> {
        self.heap.pop().map(|Reverse(next)| (next.at, next.what))
    }
}

struct Queued {
    at: Instant,
    sequence: u64,
    what: What,
}

impl Ord for Queued {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.sequence).cmp(&(other.at, other.sequence))
    }
}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Queued {}
