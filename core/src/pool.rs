//! The ledger of one points pool: what of this UTC hour is spent, reserved and left.

mod looking;
mod saved;
mod spending;

use crate::demand::Demand;
use crate::doubt::Doubt;
use crate::sampler::Sampler;
use crate::verdict::{Confidence, Priority};
use headroom_model::facts;
use headroom_model::headers::Points;
use headroom_model::rng::SplitMix64;
use headroom_model::time::{HOUR, Instant, Millis};
use headroom_model::when::When;
use std::borrow::Cow;

/// One pool. Estimate, reserve, settle: a call reserves its cost before it is sent and settles it when answered.
///
/// Points left are the server's figure of this window, else the quota less what we spent, and in either case
/// less what is reserved or in doubt. Answers come in any order, so the lowest figure counts, less all that was
/// settled without a figure of its own since that figure's request was sent: the figure may count it or not. So
/// we never overspend, and once nothing is in flight and the last answers brought figures, ours is exact.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    terms: Terms,
    /// The beginning of the hour that the figures below are about.
    window: Instant,
    /// The quota as the server named it in this window. It is not believed any longer: a wrong one, once too small
    /// for any call, would never be corrected.
    limit: Option<u32>,
    spent: u32,
    /// The part of `spent` that was settled without a figure.
    silent: u32,
    reported_left: Option<u32>,
    /// Points of calls that hold a slot or are in flight. It outlives the hour: the server may count a call that
    /// was sent before the edge after it.
    reserved: u32,
    /// Points of calls that were given up in flight.
    doubt: Doubt,
    /// What was left when the last hour ended. Calls that cost more met the wall, and are let in spread out.
    left_before: u32,
    /// Points of calls on their way, and the most of them in this hour and in the last.
    in_flight: u32,
    peak: u32,
    peak_before: u32,
    /// What people ask for, and what is spent altogether.
    people: Demand,
    spending: Demand,
    /// Whether the server said in this hour that it is not near its limit.
    was_far: bool,
    /// What tells the cost of single calls.
    sampler: Sampler,
    /// How many calls wait for what others have set aside.
    looking: u32,
}

/// What a pool is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// Points of each hour.
    pub(crate) quota: u32,
    /// How many instances like this one spend them.
    pub(crate) nodes: u32,
    /// Requests that each second admits to all of them.
    pub(crate) per_second: u32,
    /// After a wall, calls are let in at an instant that the seed places up to `spread_max` after the hour, or so much
    /// later as all who wait need, so that nodes do not stampede together.
    pub(crate) spread_seed: u64,
    pub(crate) spread_max: Millis,
}

/// No herd is spread over more than that: a refusal's delay is believed up to five minutes past the hour, too.
const MOST_SPREAD: Millis = Millis::from_secs(300);

/// So long before the hour ends nothing is kept for anyone any more: a point that is left is lost.
const LAST_CALL: Millis = Millis::from_secs(1);

/// From then on, in the hour that ends at `end`, who asks first may have what is left.
pub(crate) const fn last_call(end: Instant) -> Instant {
    Instant(end.0.saturating_sub(LAST_CALL.0))
}

/// When a request was sent, and what was settled without a figure by then.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    at: Instant,
    cost: u32,
    silent: u32,
}

/// What an answer makes of a reservation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Charge {
    pub(crate) reserved: u32,
    /// What it came to.
    pub(crate) cost: u32,
    /// Whether the server charged for it for sure.
    pub(crate) is_sure: bool,
}

/// When a cost fits, or that it never does.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fits {
    From(Instant),
    Never,
}

impl Pool {
    /// An untouched pool.
    pub(crate) fn new(terms: Terms, now: Instant) -> Self {
        Self {
            terms,
            window: now.hour_start(),
            limit: None,
            spent: 0,
            silent: 0,
            reported_left: None,
            reserved: 0,
            doubt: Doubt::default(),
            left_before: u32::MAX,
            in_flight: 0,
            peak: 0,
            peak_before: 0,
            people: Demand::default(),
            spending: Demand::default(),
            was_far: false,
            sampler: Sampler::default(),
            looking: 0,
        }
    }

    /// An untouched pool of the same kind, with another quota if one is given.
    pub(crate) fn fresh(&self, quota: Option<u32>, now: Instant) -> Self {
        let quota = quota.filter(|quota| *quota > 0).unwrap_or(self.terms.quota);
        Self::new(Terms { quota, ..self.terms }, now)
    }

    /// Grants so much per hour from now on.
    pub(crate) const fn set_quota(&mut self, quota: u32) {
        self.terms.quota = quota;
    }

    /// The pool as it stands at `now`: in a later hour nothing is spent and nothing was heard yet.
    fn at(&self, now: Instant) -> Cow<'_, Self> {
        if now.hour_start() <= self.window {
            return Cow::Borrowed(self);
        }
        let mut pool = self.clone();
        pool.roll(now);
        Cow::Owned(pool)
    }

    fn roll(&mut self, now: Instant) {
        let window = now.hour_start();
        // What is in doubt or held takes from an hour that nobody looked at, too.
        let before = Instant(window.0.saturating_sub(HOUR.0));
        if before > self.window && (self.reserved > 0 || self.doubt.points() > 0) {
            self.roll_to(before);
        }
        if window > self.window {
            self.roll_to(window);
        }
    }

    fn roll_to(&mut self, window: Instant) {
        let is_next = window == self.window.next_hour();
        self.left_before = if is_next { self.left() } else { u32::MAX };
        (self.window, self.limit, self.spent, self.silent, self.reported_left) = (window, None, 0, 0, None);
        self.was_far = false;
        // What was in doubt for long by then was counted before it, if at all.
        self.doubt.take_aged(window);
        (self.peak_before, self.peak) = (if is_next { self.peak_of_late() } else { 0 }, self.in_flight);
    }

    /// Points for new calls in the window of the last roll.
    fn left(&self) -> u32 {
        self.left_unreserved().saturating_sub(self.reserved)
    }

    fn left_unreserved(&self) -> u32 {
        let metered = || self.limit.unwrap_or(self.terms.quota).saturating_sub(self.spent);
        let left = self.reported_left.map(|left| left.saturating_sub(self.siblings_in_flight()));
        left.unwrap_or_else(metered).saturating_sub(self.doubt.points())
    }

    /// What siblings may have on their way that no figure counts yet: they are taken to be like us.
    fn siblings_in_flight(&self) -> u32 {
        self.peak.saturating_mul(self.terms.nodes - 1)
    }

    /// Points left at `now` for new calls and for those that hold some.
    pub(crate) fn left_unreserved_at(&self, now: Instant) -> u32 {
        self.at(now).left_unreserved()
    }

    /// Points left for new calls at `now`, and how that is known.
    pub(crate) fn points_left(&self, now: Instant) -> (u32, Confidence) {
        let pool = self.at(now);
        let confidence = match pool.reported_left {
            Some(_) => Confidence::Reported,
            None if pool.spent > 0 || pool.reserved > 0 || pool.doubt.points() > 0 => Confidence::Metered,
            None => Confidence::Assumed,
        };
        (pool.left(), confidence)
    }

    /// The first instant from `from` on at which `cost` fits, as far as one can know at `now`.
    ///
    /// What is reserved may be given back before the hour ends, but a call that does not fit beside it waits for
    /// the wall all the same. By a later hour, what is reserved now will have been answered.
    pub(crate) fn earliest(&self, cost: u32, from: Instant, now: Instant) -> Fits {
        // What the server named in an hour that is over is no longer believed.
        let limit = self.limit.filter(|_| now.hour_start() <= self.window);
        if cost > self.terms.quota.max(limit.unwrap_or(0)) {
            return Fits::Never;
        }
        let pool = self.at(from);
        let opening = pool.opening(pool.window);
        if from.hour_start() <= now.hour_start() && cost > pool.left() {
            Fits::From(pool.opening(pool.window.next_hour()))
        } else if cost > pool.left_before && from < opening {
            Fits::From(opening)
        } else {
            Fits::From(from)
        }
    }

    /// The first instant from `from` on at which `cost` fits beside what is kept for people, as far as one can know at
    /// `now`. Whether it fits at all is not looked at.
    pub(crate) fn earliest_beside_people(&self, cost: u32, from: Instant, now: Instant) -> Instant {
        let pool = self.at(from);
        let (end, is_later) = (pool.window.next_hour(), from.hour_start() > now.hour_start());
        // The server may name more than the quota in that hour, too: a cost that it lets in now is let in then. Without
        // this, a search for such a call goes on to the end of time.
        let later = || self.terms.quota.max(cost).saturating_sub(pool.doubt.points());
        let left = if is_later { later() } else { pool.left() };
        if let Some(at) = self.room(left, cost, from, end) {
            return at;
        }
        let opening = pool.opening(end);
        self.room(self.terms.quota.max(cost), cost, opening, end.next_hour()).unwrap_or(opening)
    }

    fn room(&self, left: u32, cost: u32, from: Instant, end: Instant) -> Option<Instant> {
        let last_call = last_call(end).max(from);
        let room = left.checked_sub(cost)?;
        // People are taken to come to siblings as they come to us.
        let at = self.people.first_room(room, self.terms.nodes, from, end);
        Some(at.map_or(last_call, |at| at.min(last_call)))
    }

    /// The most points on their way in this hour, or in the last if nothing was sent since.
    const fn peak_of_late(&self) -> u32 {
        if self.peak > 0 { self.peak } else { self.peak_before }
    }

    /// When those who met the wall before `window` are let in. It follows from the seed and the hour alone, so
    /// that asking takes nothing and the answer stays the same.
    fn opening(&self, window: Instant) -> Instant {
        let Terms { nodes, per_second, spread_seed, spread_max, .. } = self.terms;
        // Each call costs a point or more, so so many at most come from each node. It is the same before the hour and in it.
        let peak = if window > self.window { self.peak_of_late() } else { self.peak_before };
        let waiting = u64::from(peak) * u64::from(nodes);
        let herd = if nodes > 1 { Millis::from_secs(waiting / u64::from(per_second.max(1))) } else { Millis::ZERO };
        window + SplitMix64::new(spread_seed ^ window.0).span_up_to(spread_max.max(herd.min(MOST_SPREAD)))
    }

    /// A call that a person waits for asks for `cost`.
    pub(crate) fn ask_for_people(&mut self, cost: u32, now: Instant) {
        self.people.add(cost, now);
    }

    /// From when on in the hour of `from` `cost` is there beside all that is on its way, though others may have set it
    /// aside; with room for people if nobody waits for it.
    pub(crate) fn earliest_unsent(&self, cost: u32, priority: Priority, from: Instant) -> Option<Instant> {
        let pool = self.at(from);
        let (end, unsent) = (pool.window.next_hour(), pool.left_unreserved().saturating_sub(pool.in_flight));
        let from = if cost <= pool.left_before { from } else { from.max(pool.opening(pool.window)) };
        match priority {
            Priority::Interactive => (cost <= unsent).then_some(from),
            Priority::Background => pool.room(unsent, cost, from, end),
        }
    }

    /// Sets `cost` aside.
    pub(crate) fn reserve(&mut self, cost: u32, now: Instant) {
        self.roll(now);
        self.reserved = self.reserved.saturating_add(cost);
    }

    /// Gives `cost` back: it was not sent, or the server refused it and charged nothing.
    pub(crate) fn release(&mut self, cost: u32, now: Instant) {
        self.roll(now);
        self.reserved = self.reserved.saturating_sub(cost);
    }

    /// A request of this cost is sent now. Gives what [`Pool::settle`] has to know of it.
    pub(crate) fn sent(&mut self, cost: u32, now: Instant) -> Sent {
        self.roll(now);
        self.in_flight = self.in_flight.saturating_add(cost);
        self.peak = self.peak.max(self.in_flight);
        self.sampler.sent(now);
        Sent { at: now, cost, silent: self.silent }
    }

    fn arrived(&mut self, sent: Sent) {
        self.in_flight = self.in_flight.saturating_sub(sent.cost);
    }

    /// Gives back what was reserved, spends what it came to instead, and takes in what the answer says of the pool. Gives what
    /// the call cost at most by the server's own counter, if that can be told.
    pub(crate) fn settle(&mut self, charge: Charge, said: &Points, sent: Sent, now: Instant) -> Option<u32> {
        let Charge { reserved, cost, is_sure } = charge;
        self.release(reserved, now);
        self.arrived(sent);
        let sample = self.sampler.answered(&if is_sure { *said } else { Points::default() }, now);
        self.take_in(cost, said, sent, now);
        sample
    }

    fn take_in(&mut self, cost: u32, said: &Points, sent: Sent, now: Instant) {
        self.age_doubt(now);
        self.people.age(now);
        let was_sent_in_it = sent.at >= self.window;
        if !was_sent_in_it && said.reset == Some(When::At(self.window)) {
            return; // The server counted it in the hour that is over.
        }
        self.spending.add(cost, now);
        let is_of_this_window = match said.reset {
            Some(When::At(reset)) => reset == self.window.next_hour(),
            _ => was_sent_in_it,
        };
        if is_of_this_window {
            self.limit = said.limit.filter(|limit| *limit > 0).or(self.limit);
        }
        match said.remaining.filter(|_| is_of_this_window) {
            Some(remaining) => {
                let silent_before = if was_sent_in_it { sent.silent } else { 0 };
                let left = remaining.saturating_sub(self.silent.saturating_sub(silent_before));
                self.reported_left = Some(self.reported_left.map_or(left, |lowest| lowest.min(left)));
                self.spent = self.spent.saturating_add(cost);
            }
            None => self.settle_silently(cost),
        }
    }

    /// The server says whether it is near its limit, with an answer that was just settled. Some are known to say so
    /// always, so it is believed only of one that said otherwise before; and a figure is better.
    pub(crate) fn hear_near_limit(&mut self, is_near: bool, sent: Sent) {
        if sent.at < self.window {
            return;
        }
        if is_near && self.was_far && self.reported_left.is_none() {
            let quota = u64::from(self.limit.unwrap_or(self.terms.quota));
            let near = quota * u64::from(facts::NEAR_LIMIT_PERCENT.value) / 100;
            self.reported_left = u32::try_from(near).ok();
        }
        self.was_far |= !is_near;
    }

    /// Spends `cost` of what was `reserved`; nobody says anything of this pool.
    pub(crate) fn spend(&mut self, reserved: u32, cost: u32, now: Instant) {
        self.release(reserved, now);
        self.settle_silently(cost);
    }

    fn settle_silently(&mut self, cost: u32) {
        self.spent = self.spent.saturating_add(cost);
        self.silent = self.silent.saturating_add(cost);
        self.reported_left = self.reported_left.map(|left| left.saturating_sub(cost));
    }

    /// A call was given up in flight: the server may count it, now or later.
    pub(crate) fn lose(&mut self, cost: u32, sent: Sent, now: Instant) {
        self.release(cost, now);
        self.arrived(sent);
        self.sampler.lost(now);
        self.age_doubt(now);
        self.doubt.add(cost);
    }

    /// Counts as spent what was in doubt for long. What is left stays the same by it, so that it may happen late.
    fn age_doubt(&mut self, now: Instant) {
        let aged = self.doubt.take_aged(now);
        self.settle_silently(aged);
    }

    /// Whether what is reserved is still covered. Not so if others spent the pool meanwhile.
    pub(crate) fn covers_reserved(&self, now: Instant) -> bool {
        let pool = self.at(now);
        pool.left_unreserved() >= pool.reserved
    }
}

#[cfg(test)]
mod tests;
