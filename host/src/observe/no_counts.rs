//! No figures: the feature `metrics` is off.

use crate::types::{Answer, AttemptError, InstantMs, Outcome, Wait};

pub(super) struct CallCounted;

impl CallCounted {
    pub(super) const fn begin(_: InstantMs) -> Self {
        Self
    }

    pub(super) const fn ended(&mut self, _: &Outcome, _: InstantMs) {}
}

#[derive(Default)]
pub(super) struct AttemptCounted;

impl AttemptCounted {
    pub(super) const fn ended(&mut self, _: &Result<Answer, AttemptError>) {}
}

pub(super) const fn waits(_: &Wait, _: InstantMs) {}
