//! What of a pool outlives the process.

use super::Pool;
use crate::state::{Hour, PoolState};
use headroom_model::time::Instant;

impl Pool {
    /// What is worth remembering at `at`; none if it grants no more than an untouched pool. What is reserved is in
    /// doubt for whoever restores it: it may have been sent.
    pub(crate) fn save(&self, at: Instant) -> Option<PoolState> {
        let doubt = self.doubt.saved(self.reserved, at);
        let by_quota = self.limit.is_none();
        let spent = self.reported_left.is_none().then_some(self.spent);
        let hour = Hour { reported_left: self.reported_left, spent, limit: self.limit, by_quota };
        let left_before = Some(self.left_before).filter(|left| *left < u32::MAX);
        let is_known = at.hour_start() <= self.window.next_hour() || self.reserved > 0 || !self.people.is_over(at);
        is_known.then_some(PoolState {
            window: self.window,
            hour,
            before: None,
            left_before,
            peaks: [self.peak, self.peak_before, self.peak_of_late()],
            doubt,
            people: self.people,
            spending: self.spending,
            was_far: self.was_far,
            sampler: self.sampler.saved(at),
        })
    }

    /// Takes in what was saved of a pool, into an untouched one.
    ///
    /// What was settled without a figure starts from zero again: it only counts against calls that were on their way
    /// meanwhile, and those are not saved.
    pub(crate) fn restore(&mut self, state: &PoolState, at: Instant) {
        let PoolState { window, hour, before, left_before, peaks: [peak, peak_before, of_late], .. } = *state;
        let PoolState { doubt, people, spending, was_far, sampler, .. } = *state;
        // Of two that were joined, one may have sent late and the other much before: the higher peak counts.
        let (peak, peak_before) =
            if peak > 0 { (peak.max(of_late), peak_before) } else { (0, peak_before.max(of_late)) };
        (self.window, self.doubt) = (window, doubt);
        (self.people, self.spending, self.was_far, self.sampler) = (people, spending, was_far, sampler);
        if let Some(before) = before {
            self.restore_hour(before, peak_before);
            self.left_before = self.left();
        }
        self.left_before = self.left_before.min(left_before.unwrap_or(u32::MAX));
        self.restore_hour(hour, peak);
        self.peak_before = peak_before;
        // A call may be open for hours. What it holds is in doubt from now on, not since then.
        if self.is_idle(at) {
            self.roll(at);
        }
    }

    /// What it grants in an untouched hour.
    pub(crate) const fn quota(&self) -> u32 {
        self.terms.quota
    }

    /// Whether forgetting the pool would grant nothing.
    pub(crate) fn is_idle(&self, now: Instant) -> bool {
        self.reserved == 0 && now.hour_start() > self.window.next_hour()
    }

    fn restore_hour(&mut self, hour: Hour, peak: u32) {
        let Hour { reported_left, spent, limit, .. } = hour.under(self.terms.quota);
        (self.reported_left, self.spent, self.limit, self.peak) = (reported_left, spent.unwrap_or(0), limit, peak);
    }
}
