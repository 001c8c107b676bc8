//! A window that starts anew at every multiple of its span since the epoch: a minute, or the UTC hour.

use headroom_model::time::{Instant, Millis};

/// A fixed window.
#[derive(Clone, Debug)]
pub struct Fixed {
    limit: u32,
    span: Millis,
    start: Instant,
    used: u32,
}

impl Fixed {
    /// An empty window. A span of nothing counts as 1 ms.
    #[must_use]
    pub const fn new(limit: u32, span: Millis) -> Self {
        let span = if span.0 == 0 { Millis(1) } else { span };
        Self { limit, span, start: Instant(0), used: 0 }
    }

    /// What it admits.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    pub(super) const fn span(&self) -> Millis {
        self.span
    }

    pub(super) const fn is_over(&self, now: Instant) -> bool {
        self.start_at(now).0 > self.start.0 || self.used == 0
    }

    pub(super) const fn set_limit(&mut self, limit: u32) {
        self.limit = limit;
    }

    pub(super) fn check(&mut self, amount: u32, now: Instant) -> Result<(), Instant> {
        if amount > self.limit {
            return Err(super::NEVER);
        }
        if amount <= self.left(now) { Ok(()) } else { Err(self.start.max(self.start_at(now)) + self.span) }
    }

    pub(super) fn take(&mut self, amount: u32, now: Instant) {
        let start = self.start_at(now);
        if start > self.start {
            (self.start, self.used) = (start, 0);
        }
        self.used = self.used.saturating_add(amount);
    }

    pub(super) const fn correct(&mut self, from: u32, to: u32, at: Instant) {
        if self.start_at(at).0 == self.start.0 {
            self.used = self.used.saturating_sub(from).saturating_add(to);
        }
    }

    pub(super) fn left(&self, now: Instant) -> u32 {
        let used = if self.start_at(now) > self.start { 0 } else { self.used };
        self.limit.saturating_sub(used)
    }

    const fn start_at(&self, now: Instant) -> Instant {
        Instant(now.0 - now.0 % self.span.0)
    }
}
