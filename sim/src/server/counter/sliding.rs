//! A window that always reaches back one span from now: `(now − span, now]`. What was admitted exactly one span ago is
//! outside.

use headroom_model::time::{Instant, Millis};
use std::collections::VecDeque;

/// A sliding window.
#[derive(Clone, Debug)]
pub struct Sliding {
    limit: u32,
    span: Millis,
    /// What was taken within the last span, one entry for each instant, the oldest first.
    taken: VecDeque<(Instant, u32)>,
    used: u32,
}

impl Sliding {
    /// An empty window.
    #[must_use]
    pub const fn new(limit: u32, span: Millis) -> Self {
        Self { limit, span, taken: VecDeque::new(), used: 0 }
    }

    /// What it admits.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    pub(super) const fn span(&self) -> Millis {
        self.span
    }

    pub(super) fn is_empty(&self, now: Instant) -> bool {
        self.taken.back().is_none_or(|(at, _)| *at + self.span <= now)
    }

    pub(super) const fn set_limit(&mut self, limit: u32) {
        self.limit = limit;
    }

    pub(super) fn check(&mut self, amount: u32, now: Instant) -> Result<(), Instant> {
        if amount > self.limit {
            return Err(super::NEVER);
        }
        self.forget(now);
        let mut lacking = self.used.saturating_add(amount).saturating_sub(self.limit);
        for (at, count) in &self.taken {
            if lacking == 0 {
                break;
            }
            lacking = lacking.saturating_sub(*count);
            if lacking == 0 {
                return Err(*at + self.span);
            }
        }
        Ok(())
    }

    pub(super) fn take(&mut self, amount: u32, now: Instant) {
        self.forget(now);
        let now = self.taken.back().map_or(now, |(last, _)| now.max(*last));
        match self.taken.back_mut() {
            Some((last, count)) if *last == now => *count = count.saturating_add(amount),
            _ => self.taken.push_back((now, amount)),
        }
        self.used = self.used.saturating_add(amount);
    }

    pub(super) fn correct(&mut self, from: u32, to: u32, at: Instant) {
        if let Some((_, count)) = self.taken.iter_mut().find(|(taken, _)| *taken == at) {
            *count = count.saturating_sub(from).saturating_add(to);
            self.used = self.used.saturating_sub(from).saturating_add(to);
        }
    }

    pub(super) fn left(&self, now: Instant) -> u32 {
        let gone = self.taken.iter().take_while(|(at, _)| *at + self.span <= now).map(|(_, count)| count);
        self.limit.saturating_sub(self.used.saturating_sub(gone.sum()))
    }

    fn forget(&mut self, now: Instant) {
        while let Some((at, count)) = self.taken.front().copied().filter(|(at, _)| *at + self.span <= now) {
            debug_assert!(at <= now, "what has left was there before");
            self.taken.pop_front();
            self.used = self.used.saturating_sub(count);
        }
    }
}
