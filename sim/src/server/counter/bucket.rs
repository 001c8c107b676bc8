//! A token bucket, exact in integers: one token is so many units, and every period brings so many of them.
//!
//! Source: Jira's rate limiting page (token bucket per tenant, path and method, read 2026-11); Data Center's page (so
//! many tokens each interval, read 2026-11); the thread of RFC 130 (a refill every 15 s, 2026-04).

use super::Rule;
use headroom_model::time::{Instant, Millis};

/// Units of a token that comes back evenly. 1,000 ms in a second: so a rate per second is one of units per millisecond.
const TOKEN: u64 = 1_000;

/// A bucket of tokens.
#[derive(Clone, Debug)]
pub struct Bucket {
    capacity: u32,
    /// Units of one token.
    token: u64,
    period: Millis,
    units_per_period: u64,
    units: u64,
    /// Up to when it is refilled: a multiple of the period.
    at: Instant,
}

impl Bucket {
    /// A full bucket that gets `per_second` tokens in even portions, one each millisecond. Less than 1 counts as 1.
    #[must_use]
    pub const fn even(capacity: u32, per_second: u32) -> Self {
        Self::full(capacity, TOKEN, Millis(1), per_second)
    }

    /// A full bucket that gets `fill` tokens at every multiple of `period` since the epoch. Less than 1 counts as 1.
    #[must_use]
    pub const fn stepped(capacity: u32, fill: u32, period: Millis) -> Self {
        Self::full(capacity, 1, period, fill)
    }

    const fn full(capacity: u32, token: u64, period: Millis, fill: u32) -> Self {
        let units_per_period = if fill == 0 { 1 } else { fill as u64 };
        let period = if period.0 == 0 { Millis(1) } else { period };
        Self { capacity, token, period, units_per_period, units: capacity as u64 * token, at: Instant(0) }
    }

    /// Tokens of a full bucket.
    #[must_use]
    pub const fn capacity(&self) -> u32 {
        self.capacity
    }

    pub(super) const fn rule(&self) -> Rule {
        let Self { capacity, period, units_per_period, .. } = *self;
        let amount = units_per_period as u32;
        match period {
            Millis(1) if self.token == TOKEN => Rule::Even { capacity, per_second: amount },
            every => Rule::Stepped { capacity, fill: amount, every },
        }
    }

    pub(super) fn is_full(&self, now: Instant) -> bool {
        self.units_at(now) == self.most()
    }

    pub(super) fn per_second(&self) -> Option<u32> {
        let is_even = self.period == Millis(1);
        u32::try_from(self.units_per_period).ok().filter(|_| is_even)
    }

    pub(super) fn set_capacity(&mut self, capacity: u32) {
        self.capacity = capacity;
        self.units = self.units.min(self.most());
    }

    pub(super) fn check(&mut self, tokens: u32, now: Instant) -> Result<(), Instant> {
        if tokens > self.capacity {
            return Err(super::NEVER);
        }
        self.refill(now);
        let lacking = (u64::from(tokens) * self.token).saturating_sub(self.units);
        if lacking == 0 {
            return Ok(());
        }
        Err(self.at + self.period.times(lacking.div_ceil(self.units_per_period)))
    }

    pub(super) fn take(&mut self, tokens: u32, now: Instant) {
        self.refill(now);
        self.units = self.units.saturating_sub(u64::from(tokens) * self.token);
    }

    pub(super) fn correct(&mut self, from: u32, to: u32, at: Instant) {
        self.take(to.saturating_sub(from), at);
        self.units = self.units.saturating_add(u64::from(from.saturating_sub(to)) * self.token).min(self.most());
    }

    pub(super) fn left(&self, now: Instant) -> u32 {
        u32::try_from(self.units_at(now) / self.token).unwrap_or(u32::MAX)
    }

    const fn most(&self) -> u64 {
        self.capacity as u64 * self.token
    }

    fn units_at(&self, now: Instant) -> u64 {
        let periods = now.since(self.at).0 / self.period.0;
        self.units.saturating_add(periods.saturating_mul(self.units_per_period)).min(self.most())
    }

    fn refill(&mut self, now: Instant) {
        self.units = self.units_at(now);
        self.at = self.at.max(Instant(now.0 - now.0 % self.period.0));
    }
}
