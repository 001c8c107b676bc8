//! The pace of REST requests: a token bucket as a calendar, in which each call books the slot it will be sent in.

use crate::config::BurstRate;
use crate::pace::LATE;
use crate::state::{BucketState, Learned};
use headroom_model::time::{Instant, Millis};
use std::collections::VecDeque;

/// A token bucket in the form of a theoretical arrival time (GCRA, ITU-T I.371), exact in integers: time is
/// counted in units of 1/`per_second` ms, in which every call is worth 1,000.
///
/// Booking ahead means that a waiting call wakes once, at its turn. A booking that is given up leaves the count as if
/// it had never been, but those behind it stay where they are: the hole among them is not filled, the room that it
/// leaves comes after them.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    /// As configured.
    told: BurstRate,
    /// As believed: refusals lower it, time without one raises it again.
    rate: BurstRate,
    /// When the belief may change again: the end of the pause after a refusal, or the last raise.
    settled_at: Instant,
    /// When the bucket would be full again after the bookings that were dropped from `booked`, scaled.
    full_at_first: u128,
    /// Bookings that can still be taken back, in order.
    booked: VecDeque<Instant>,
    /// When the bucket would be full again after all that is booked, scaled; none if it has to be counted anew.
    full_at: Option<u128>,
}

const CALL: u128 = 1_000;

/// So long without a refusal raises the rate by a tenth of what was told: from half to all in less than a minute.
const RAISE_AFTER: Millis = Millis::from_secs(10);

impl Bucket {
    pub(crate) const fn new(rate: BurstRate) -> Self {
        Self { told: rate, rate, settled_at: Instant(0), full_at_first: 0, booked: VecDeque::new(), full_at: Some(0) }
    }

    const fn scaled(&self, instant: Instant) -> u128 {
        instant.0 as u128 * self.rate.per_second as u128
    }

    fn full_after(&self, full_at: u128, slot: Instant) -> u128 {
        full_at.max(self.scaled(slot)) + CALL
    }

    fn full_at(&self) -> u128 {
        let count = || self.booked.iter().fold(self.full_at_first, |full_at, slot| self.full_after(full_at, *slot));
        self.full_at.unwrap_or_else(count)
    }

    /// Changes the rate and the capacity that are believed, given each with what was told.
    fn believe(&mut self, change: impl Fn(u32, u32) -> u32) {
        let before = u128::from(self.rate.per_second);
        self.rate = BurstRate {
            per_second: change(self.rate.per_second, self.told.per_second),
            capacity: change(self.rate.capacity, self.told.capacity),
        };
        // The same instant in the new scale, rounded up.
        self.full_at_first = (self.full_at_first * u128::from(self.rate.per_second)).div_ceil(before);
        self.full_at = None;
    }

    /// How far from full the bucket may be and still have a token.
    fn slack(&self) -> u128 {
        (u128::from(self.rate.capacity) - 1) * CALL
    }

    /// The first instant from `from` on at which the bucket has a token beside all that is booked.
    pub(crate) fn earliest(&self, from: Instant) -> Instant {
        let free = self.full_at().saturating_sub(self.slack()).div_ceil(u128::from(self.rate.per_second));
        from.max(Instant(u64::try_from(free).unwrap_or(u64::MAX)))
    }

    /// Books `slot`, an instant that `earliest` gave.
    pub(crate) fn book(&mut self, slot: Instant, now: Instant) {
        if self.rate != self.told && now.since(self.settled_at) >= RAISE_AFTER {
            self.settled_at = now;
            self.believe(|rate, told| told.min(rate + told.div_ceil(10)));
        }
        while let Some(first) = self.booked.front().copied().filter(|first| now.since(*first) > LATE) {
            self.full_at_first = self.full_after(self.full_at_first, first);
            self.booked.pop_front();
        }
        let full_at = self.full_at();
        let at = self.booked.partition_point(|booked| *booked <= slot);
        // Behind a hole it may come before others; then all behind it have to be counted again.
        self.full_at = (at == self.booked.len()).then(|| self.full_after(full_at, slot));
        self.booked.insert(at, slot);
    }

    /// Gives a slot back that was not used.
    pub(crate) fn unbook(&mut self, slot: Instant) {
        if let Ok(at) = self.booked.binary_search(&slot) {
            self.booked.remove(at);
            self.full_at = None;
        }
    }

    /// The server refused: it was asked for more than it had. The bucket counts as empty until `until`, when it has one
    /// token, and from then on half its rate is believed.
    ///
    /// Bookings before that are void. Without this, a rested bucket would let all who waited rush in at once, into the
    /// next refusal. Refusals that come during the pause were sent before it and are of the same event: they change
    /// the rate no further.
    pub(crate) fn refused(&mut self, until: Instant, now: Instant) {
        if now >= self.settled_at {
            self.believe(|rate, _| (rate / 2).max(1));
        }
        self.settled_at = self.settled_at.max(until);
        self.booked.retain(|slot| *slot >= until);
        self.full_at_first = self.full_at_first.max(self.scaled(until) + self.slack());
        self.full_at = None;
    }

    /// What is worth remembering at `at`; none if it is full and has learned nothing. Slots that open calls hold count
    /// as used.
    pub(crate) fn save(&self, at: Instant) -> Option<BucketState> {
        let from = self.earliest(at);
        let missing = u64::try_from(self.full_at().saturating_sub(self.scaled(from))).unwrap_or(u64::MAX);
        let learned = Some(Learned { rate: self.rate, settled_at: self.settled_at }).filter(|_| self.rate != self.told);
        let empty_until = Some(from).filter(|from| *from > at);
        let is_known = missing > 0 || empty_until.is_some() || learned.is_some();
        is_known.then_some(BucketState { from, missing, empty_until, learned })
    }

    /// Takes in what was saved of a bucket, into an untouched one. It believes no higher rate than either.
    pub(crate) fn restore(&mut self, state: BucketState) {
        if let Some(Learned { rate, settled_at }) = state.learned {
            self.rate.per_second = rate.per_second.min(self.told.per_second);
            self.rate.capacity = rate.capacity.min(self.told.capacity);
            self.settled_at = settled_at;
        }
        // At another rate or capacity, the same tokens would be there at another instant.
        let empty = |until: Instant| self.scaled(Instant(until.0.saturating_sub(1))) + self.slack() + 1;
        let missing = self.scaled(state.from) + u128::from(state.missing);
        self.full_at_first = state.empty_until.map_or(missing, |until| missing.max(empty(until)));
        self.full_at = None;
    }

    /// Whether forgetting the bucket would grant nothing.
    pub(crate) fn is_idle(&self, now: Instant) -> bool {
        self.full_at() <= self.scaled(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The slow, obvious bucket: it counts tokens in thousandths and moves millisecond by millisecond.
    fn conforms(rate: BurstRate, sends: &[Instant]) -> bool {
        let full = u64::from(rate.capacity) * 1_000;
        let (mut tokens, mut at) = (full, 0);
        sends.iter().all(|send| {
            while at < send.0 {
                at += 1;
                tokens = (tokens + u64::from(rate.per_second)).min(full);
            }
            let admitted = tokens >= 1_000;
            tokens = tokens.saturating_sub(1_000);
            admitted
        })
    }

    proptest! {
        #[test]
        fn slots_are_the_earliest_that_the_slow_bucket_admits(
            per_second in 1_u32..400,
            capacity in 1_u32..5,
            gaps in proptest::collection::vec(0_u64..40, 1..40),
        ) {
            let rate = BurstRate { per_second, capacity };
            let (mut bucket, mut now, mut sends) = (Bucket::new(rate), Instant(0), Vec::new());
            for gap in gaps {
                now += Millis(gap);
                let slot = bucket.earliest(now);
                bucket.book(slot, now);
                if slot > now && sends.last().is_none_or(|last| *last < slot) {
                    let early: Vec<_> = sends.iter().copied().chain([Instant(slot.0 - 1)]).collect();
                    prop_assert!(!conforms(rate, &early), "{slot} is later than needed after {sends:?}");
                }
                sends.push(slot);
            }
            prop_assert!(conforms(rate, &sends), "{sends:?}");
        }

        #[test]
        fn giving_slots_back_never_grants_too_much(
            per_second in 1_u32..400,
            capacity in 1_u32..5,
            steps in proptest::collection::vec((0_u64..20, any::<Option<prop::sample::Index>>()), 1..60),
        ) {
            let rate = BurstRate { per_second, capacity };
            let (mut bucket, mut now, mut sends) = (Bucket::new(rate), Instant(0), Vec::<Instant>::new());
            for (gap, give_back) in steps {
                now += Millis(gap);
                sends.sort_unstable();
                let future = sends.partition_point(|slot| *slot <= now);
                match give_back.filter(|_| future < sends.len()) {
                    Some(index) => {
                        let slot = sends.remove(future + index.index(sends.len() - future));
                        bucket.unbook(slot);
                    }
                    None => {
                        let slot = bucket.earliest(now);
                        bucket.book(slot, now);
                        sends.push(slot);
                    }
                }
            }
            sends.sort_unstable();
            prop_assert!(conforms(rate, &sends), "{sends:?}");
        }
    }

    #[test]
    fn after_a_refusal_one_call_goes_at_its_instant_and_the_others_at_half_the_rate() {
        let mut bucket = Bucket::new(BurstRate { per_second: 20, capacity: 5 });
        for _ in 0..7 {
            bucket.book(bucket.earliest(Instant(10_000)), Instant(10_000));
        }
        bucket.refused(Instant(12_000), Instant(10_500));
        bucket.refused(Instant(11_900), Instant(10_600));
        let slots: Vec<_> = (0..3)
            .map(|_| {
                let slot = bucket.earliest(Instant(11_000));
                bucket.book(slot, Instant(11_000));
                slot.0
            })
            .collect();
        assert_eq!(slots, [12_000, 12_100, 12_200]);
        bucket.unbook(Instant(10_050));
        assert_eq!(bucket.earliest(Instant(11_000)), Instant(12_300), "what was void already gives nothing back");
    }

    #[test]
    fn time_without_a_refusal_brings_the_rate_back_to_what_was_told_and_no_further() {
        let told = BurstRate { per_second: 20, capacity: 4 };
        let mut bucket = Bucket::new(told);
        bucket.refused(Instant(1_000), Instant(1_000));
        let mut rates = Vec::new();
        for secs in (0..120).step_by(5) {
            let now = Instant(1_000) + Millis::from_secs(secs);
            bucket.book(bucket.earliest(now), now);
            rates.push(bucket.rate.per_second);
        }
        assert_eq!((rates[0], rates[1], rates[2], rates[4]), (10, 10, 12, 14));
        assert_eq!(bucket.rate, told);
    }

    #[test]
    fn giving_all_slots_back_in_any_order_leaves_no_trace() {
        let mut bucket = Bucket::new(BurstRate { per_second: 10, capacity: 2 });
        let mut slots = Vec::new();
        for now in (0..5).map(|n| Instant(10 + n)) {
            slots.push(bucket.earliest(now));
            bucket.book(slots[slots.len() - 1], now);
        }
        for at in [1, 0, 1, 1, 0] {
            bucket.unbook(slots.remove(at));
        }
        assert_eq!((bucket.full_at(), bucket.booked.len()), (0, 0));
    }

    #[test]
    fn a_bucket_that_was_empty_until_an_instant_is_so_at_any_rate() {
        let mut bucket = Bucket::new(BurstRate { per_second: 10, capacity: 2 });
        bucket.refused(Instant(9_000), Instant(1_000));
        let state = bucket.save(Instant(1_500)).expect("it is empty");
        for (per_second, capacity) in [(1, 1), (10, 2), (1_000, 1), (3, 100_000)] {
            let mut other = Bucket::new(BurstRate { per_second, capacity });
            other.restore(BucketState { learned: None, ..state });
            assert_eq!(other.earliest(Instant(1_500)), Instant(9_000), "{per_second} per second, {capacity}");
        }
    }
}
