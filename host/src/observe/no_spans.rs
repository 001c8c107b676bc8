//! No spans: the feature `tracing` is off.

use crate::types::{Answer, AttemptCount, AttemptError, InstantMs, Operation, Outcome, Wait};

pub(super) struct CallSpan;

impl CallSpan {
    pub(super) const fn begin(_: &Operation) -> Self {
        Self
    }

    pub(super) const fn waits(&self, _: &Wait, _: InstantMs) {}

    pub(super) const fn ended(&mut self, _: &Outcome, _: InstantMs) {}

    pub(super) const fn attempt(&self, _: &Operation, _: AttemptCount) -> AttemptSpan {
        AttemptSpan
    }
}

pub(super) struct AttemptSpan;

impl AttemptSpan {
    pub(super) fn around<F: Future>(&self, sending: F) -> F {
        sending
    }

    pub(super) fn within<T>(&self, send: impl FnOnce() -> T) -> T {
        send()
    }

    pub(super) const fn ended(&self, _: &Result<Answer, AttemptError>) {}
}

#[cfg(feature = "reqwest")]
pub(crate) const fn server_address(_: &str) {}
