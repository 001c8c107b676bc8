//! The pace of REST requests: a token bucket as a calendar, in which each call books the slot it will be sent in.

use crate::config::BurstRate;
use headroom_model::time::Instant;
use std::collections::VecDeque;

/// A token bucket in the form of a theoretical arrival time (GCRA, ITU-T I.371), exact in integers: time is
/// counted in units of 1/`per_second` ms, in which every call is worth 1,000.
///
/// Booking ahead means that a waiting call wakes once, at its turn.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    rate: BurstRate,
    /// When the bucket would be full again, scaled.
    full_at: u128,
    /// Bookings that could still be taken back, the oldest first: slot, `full_at` before it, whether given up.
    booked: VecDeque<(Instant, u128, bool)>,
}

const CALL: u128 = 1_000;

impl Bucket {
    pub(crate) const fn new(rate: BurstRate) -> Self {
        Self { rate, full_at: 0, booked: VecDeque::new() }
    }

    const fn scaled(&self, instant: Instant) -> u128 {
        instant.0 as u128 * self.rate.per_second as u128
    }

    /// The first instant from `from` on at which the bucket has a token, after all that is booked.
    pub(crate) fn earliest(&self, from: Instant) -> Instant {
        let slack = (u128::from(self.rate.capacity) - 1) * CALL;
        let scaled = self.full_at.saturating_sub(slack);
        let free = scaled.div_ceil(u128::from(self.rate.per_second));
        from.max(Instant(u64::try_from(free).unwrap_or(u64::MAX)))
    }

    /// Books `slot`, an instant that `earliest` gave.
    pub(crate) fn book(&mut self, slot: Instant, now: Instant) {
        while self.booked.front().is_some_and(|(booked, ..)| *booked <= now) {
            self.booked.pop_front();
        }
        self.booked.push_back((slot, self.full_at, false));
        self.full_at = self.full_at.max(self.scaled(slot)) + CALL;
    }

    /// Gives a slot back that was not used.
    ///
    /// Its token returns once every later booking is given up too: in between, others hold slots that were
    /// counted behind it, and a hole among them must not let two calls out at once.
    pub(crate) fn unbook(&mut self, slot: Instant) {
        let mut same = self.booked.iter_mut().filter(|(booked, _, given_up)| *booked == slot && !given_up);
        if let Some((_, _, given_up)) = same.next_back() {
            *given_up = true;
        }
        while let Some((_, before, true)) = self.booked.back() {
            self.full_at = *before;
            self.booked.pop_back();
        }
    }

    /// Whether forgetting the bucket would grant nothing.
    pub(crate) fn is_idle(&self, now: Instant) -> bool {
        self.full_at <= self.scaled(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use headroom_model::time::Millis;
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
            prop_assert!(conforms(rate, &sends), "{sends:?}");
        }
    }

    #[test]
    fn giving_all_slots_back_leaves_no_trace() {
        let mut bucket = Bucket::new(BurstRate { per_second: 10, capacity: 1 });
        let slots: Vec<_> = (0..5)
            .map(|_| {
                let slot = bucket.earliest(Instant(1));
                bucket.book(slot, Instant(0));
                slot
            })
            .collect();
        for slot in slots {
            bucket.unbook(slot);
        }
        assert_eq!((bucket.full_at, bucket.booked.len()), (0, 0));
    }
}
