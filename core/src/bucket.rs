//! The pace of REST requests: a token bucket as a calendar, in which each call books the slot it will be sent in.

mod booked;

use crate::pace::LATE;
use crate::rate::{self, Rate, Stagger};
use crate::state::{Belief, BucketState, runs};
use crate::verdict::Priority;
use booked::Booked;
use headroom_model::time::{Instant, Millis};
use std::collections::VecDeque;
use std::mem;

/// A token bucket in the form of a theoretical arrival time (GCRA, ITU-T I.371), exact in integers: time is
/// counted in units of 1/`per_kilosecond` ms, in which every call is worth 1,000,000.
///
/// Booking ahead means that a waiting call wakes once, at its turn. A booking that is given up leaves the count as if
/// it had never been, but those behind it stay where they are: the hole among them is not filled, the room that it
/// leaves comes after them.
///
/// People go first: an interactive call takes over the first slot ahead that a background call holds. Which slots are
/// booked stays the same by it, so the count does too. The background call learns of it when its turn comes, and books
/// anew at the end of the line.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    /// As configured.
    told: Rate,
    /// As believed: refusals lower it, time without one raises it again.
    rate: Rate,
    /// When a rested node may begin, whatever is believed.
    stagger: Stagger,
    /// When the belief may change again: the end of the pause after a refusal, or the last raise.
    settled_at: Instant,
    /// When the bucket would be full again after the bookings that were dropped from `booked`, scaled.
    full_at_first: u128,
    /// Bookings that can still be taken back.
    booked: Booked,
}

const CALL: u128 = rate::CALL as u128;

/// So many bookings are told apart in what is saved. It matters where a refusal or time changes the rate soon after.
const MOST_APART: usize = 64;

/// So long without a refusal raises the rate by a tenth of what was told: from half to all in less than a minute.
const RAISE_AFTER: Millis = Millis::from_secs(10);

impl Bucket {
    pub(crate) const fn new(rate: Rate, stagger: Stagger) -> Self {
        Self { told: rate, rate, stagger, settled_at: Instant(0), full_at_first: 0, booked: Booked::None }
    }

    const fn scaled(&self, instant: Instant) -> u128 {
        instant.0 as u128 * self.rate.per_kilosecond as u128
    }

    fn full_after(&self, full_at: u128, slot: Instant) -> u128 {
        full_at.max(self.scaled(slot)) + CALL
    }

    /// When the bucket would be full again after all that is booked, scaled.
    fn full_at(&self) -> u128 {
        let after = |full_at, slot: &Instant| self.full_after(full_at, *slot);
        match &self.booked {
            Booked::None => self.full_at_first,
            Booked::One(slot, _) => after(self.full_at_first, slot),
            Booked::Many(line) => line.full_at.unwrap_or_else(|| line.slots.iter().fold(self.full_at_first, after)),
        }
    }

    /// From now on this rate is believed.
    fn believe(&mut self, rate: Rate) {
        let before = mem::replace(&mut self.rate, rate).per_kilosecond;
        // The same instant in the new scale, rounded up.
        self.full_at_first = (self.full_at_first * u128::from(rate.per_kilosecond)).div_ceil(before.into());
        self.booked.count_anew();
    }

    /// How far from full the bucket may be and still have a token.
    fn slack(&self) -> u128 {
        (u128::from(self.rate.capacity) - 1) * CALL
    }

    /// The first instant at which the bucket has a token beside all that is booked.
    fn free(&self) -> Instant {
        self.free_after(self.full_at())
    }

    fn free_after(&self, full_at: u128) -> Instant {
        let free = full_at.saturating_sub(self.slack()).div_ceil(u128::from(self.rate.per_kilosecond));
        Instant(u64::try_from(free).unwrap_or(u64::MAX))
    }

    /// The first instant from `from` on that a call of this priority can book at `now`.
    pub(crate) fn earliest(&self, from: Instant, priority: Priority, now: Instant) -> Instant {
        // Mostly there is a token, and that takes no division.
        if self.full_at() <= self.scaled(from) + self.slack() {
            return self.stagger.first_from(from, self.told);
        }
        let free = self.stagger.first_from(from.max(self.free()), self.told);
        match priority {
            Priority::Interactive => self.booked.to_take_over(from, now).map_or(free, |slot| slot.min(free)),
            Priority::Background => free,
        }
    }

    /// Whether booking `slot`, an instant that `earliest` gave, leaves no hole before it: it is the end of the line, or
    /// taken over from a background call.
    pub(crate) fn leaves_no_hole(&self, slot: Instant, priority: Priority, now: Instant) -> bool {
        let takes_over = || self.free() > slot && self.booked.to_take_over(slot, now) == Some(slot);
        self.earliest(now, priority, now) == slot || (priority == Priority::Interactive && takes_over())
    }

    /// Books `slot`, an instant that `earliest` gave.
    pub(crate) fn book(&mut self, slot: Instant, priority: Priority, now: Instant) {
        let raises = self.raises(now);
        if self.rate != self.told && raises > 0 {
            self.settled_at = now;
            self.believe(self.rate.raised(self.told, raises));
        }
        self.forget_used(now);
        if matches!(self.booked, Booked::None) {
            self.booked = Booked::One(slot, priority);
            return;
        }
        let (full_at, is_free) = (self.full_at(), self.free() <= slot);
        let mut line = mem::take(&mut self.booked).into_line(full_at);
        line.book(slot, priority, is_free, self.full_after(full_at, slot));
        self.booked = Booked::Many(line);
    }

    /// Drops the slots that nobody can use or give back any longer.
    fn forget_used(&mut self, now: Instant) {
        let is_used = |slot: Instant| now.since(slot) > LATE;
        while let Some(first) = self.booked.take_first_used(is_used) {
            self.full_at_first = self.full_after(self.full_at_first, first);
        }
    }

    /// Whether a call still holds the slot that it booked. If not, it gives the slot back and books anew.
    pub(crate) fn holds(&self, slot: Instant, priority: Priority) -> bool {
        priority == Priority::Interactive || self.booked.is_held_in_background(slot)
    }

    /// Gives a slot back that was not used. One that an interactive call took over goes back to the background call.
    pub(crate) fn unbook(&mut self, slot: Instant, priority: Priority) {
        self.booked.give_back(slot, priority);
    }

    /// The server refused: it was asked for more than it had. The bucket counts as empty until `until`, when it has one
    /// token, and from then on half its rate is believed.
    ///
    /// Bookings before that are void. Without this, a rested bucket would let all who waited rush in at once, into the
    /// next refusal. Refusals that come during the pause were sent before it and are of the same event: they change
    /// the rate no further.
    pub(crate) fn refused(&mut self, until: Instant, now: Instant) {
        if now >= self.settled_at {
            self.believe(self.rate.halved(self.told));
        }
        self.settled_at = self.settled_at.max(until);
        self.booked.keep_from(until);
        self.full_at_first = self.full_at_first.max(self.scaled(until) + self.slack());
    }

    /// What is worth remembering at `at`; none if it is idle. Slots that open calls hold count as used. No configuration
    /// tells the rate of an endpoint.
    pub(crate) fn save(&self, at: Instant, is_endpoint: bool) -> Option<BucketState> {
        if self.is_idle(at) {
            return None;
        }
        let mut bucket = self.clone();
        bucket.forget_used(at);
        // A full one stays so whatever is believed of its rate.
        let is_full = bucket.full_at() <= bucket.scaled(at);
        let most = if is_full { 0 } else { MOST_APART };
        let Self { told, rate, settled_at, mut full_at_first, booked, stagger: _ } = bucket;
        let mut slots = booked.into_line(0).slots;
        while slots.len() > most
            && let Some(first) = slots.pop_front()
        {
            full_at_first = self.full_after(full_at_first, first);
        }
        let first = slots.front().map_or(at, |slot| at.min(*slot));
        let from = first.max(self.free_after(full_at_first));
        Some(BucketState {
            from,
            missing: u64::try_from(full_at_first.saturating_sub(self.scaled(from))).unwrap_or(u64::MAX),
            empty_until: Some(from).filter(|from| *from > at),
            booked: runs(slots.into_iter()),
            learned: Some(Belief { rate, settled_at }).filter(|_| rate != told),
            told: Some(told).filter(|_| is_endpoint),
        })
    }

    /// Takes in what was saved of a bucket, into an untouched one. It believes no higher rate than either.
    pub(crate) fn restore(&mut self, state: &BucketState) {
        if let Some(Belief { rate, settled_at }) = state.learned {
            self.rate = rate.slower(self.told);
            self.settled_at = settled_at;
        }
        // At another rate or capacity, the same tokens would be there at another instant.
        let empty = |until: Instant| self.scaled(Instant(until.0.saturating_sub(1))) + self.slack() + 1;
        let missing = self.scaled(state.from) + u128::from(state.missing);
        self.full_at_first = state.empty_until.map_or(missing, |until| missing.max(empty(until)));
        let all: u64 = state.booked.iter().map(|(_, count)| u64::from(*count)).sum();
        let (mut more, mut slots) = (all.saturating_sub(MOST_APART as u64), VecDeque::new());
        for (slot, count) in &state.booked {
            let together = more.min((*count).into());
            more -= together;
            if let Some(others) = together.checked_sub(1) {
                self.full_at_first = self.full_after(self.full_at_first, *slot) + u128::from(others) * CALL;
            }
            (together..(*count).into()).for_each(|_| slots.push_back(*slot));
        }
        self.booked = Booked::of(slots);
    }

    /// How often time without a refusal has raised the rate since it was last written down.
    fn raises(&self, now: Instant) -> u32 {
        u32::try_from(now.since(self.settled_at).0 / RAISE_AFTER.0).unwrap_or(u32::MAX)
    }

    /// Whether forgetting the bucket would grant nothing: it is full, and what refusals took of its rate is back.
    pub(crate) fn is_idle(&self, now: Instant) -> bool {
        self.full_at() <= self.scaled(now) && self.rate.raised(self.told, self.raises(now)) == self.told
    }
}

#[cfg(test)]
mod tests;
