//! What is going to happen, in order.

use super::TimerId;
use crate::server::{Scope, Slot};
use crate::workload::JobId;
use headroom_model::operation::{Answer, AttemptError};
use headroom_model::time::Instant;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// Which life of a node something belongs to: a crash ends one.
pub(super) type Life = u32;

/// Something that is going to happen. What is large is boxed: the heap moves its elements about.
pub(super) enum What {
    /// A backlog is there to be taken from.
    Open(usize),
    Start(JobId),
    Arrival {
        node: u32,
        job: JobId,
        attempt: u32,
        life: Life,
        is_new_connection: bool,
    },
    Delivery(Box<Delivery>),
    Wake {
        node: u32,
        timer: TimerId,
        life: Life,
    },
    Crash(u32),
    Restart(u32),
    /// No job begins any more.
    End,
}

/// What comes back to a client.
pub(super) struct Delivery {
    pub(super) node: u32,
    pub(super) job: JobId,
    pub(super) attempt: u32,
    pub(super) life: Life,
    pub(super) told: Told,
}

/// What a client is told of a call.
pub(super) struct Told {
    pub(super) result: Result<Answer, AttemptError>,
    /// What a refusal promises: for which scope, and which instant.
    pub(super) promise: Option<(Scope, Instant)>,
    /// What the call holds at the server until it is over.
    pub(super) holds: Option<Slot>,
}

impl Told {
    /// By something that is not the server.
    pub(super) const fn only(result: Result<Answer, AttemptError>) -> Self {
        Self { result, promise: None, holds: None }
    }
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

    /// When the next one is.
    pub(super) fn next_at(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse(next)| next.at)
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
