//! Points of calls that were given up in flight, as long as the server may still come to count them.

use headroom_model::time::{Instant, Millis};
use std::mem;

/// Points in doubt. No figure that a server gives meanwhile is known to count them, so they lie below each.
///
/// Two generations instead of a list: each point is held for one to two [`Doubt::SPAN`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Doubt {
    pub(crate) young: u32,
    pub(crate) old: u32,
    pub(crate) ages_at: Instant,
}

impl Doubt {
    /// How long a request may take to reach the server after it was given up: half the patience of most clients.
    pub(crate) const SPAN: Millis = Millis::from_secs(30);

    /// Nothing in doubt, ever.
    pub(crate) const NONE: Self = Self { young: 0, old: 0, ages_at: Instant(0) };

    /// The same, and all that is held at least as long as in the other.
    pub(crate) fn join(self, other: Self) -> Self {
        Self {
            young: self.young.max(other.young),
            old: self.old.max(other.old),
            ages_at: self.ages_at.max(other.ages_at),
        }
    }

    /// As it is worth remembering at `at`, with `reserved` points that may be on their way. Nothing ages by it; all is
    /// held at least as long as those points have to be.
    pub(crate) fn saved(mut self, reserved: u32, at: Instant) -> Self {
        if reserved > 0 {
            self.add(reserved);
            self.ages_at = self.ages_at.max(at + Self::SPAN);
        }
        // The age of nothing tells nothing.
        if self.points() == 0 && self.ages_at + Self::SPAN <= at { Self::NONE } else { self }
    }

    pub(crate) const fn points(&self) -> u32 {
        self.young.saturating_add(self.old)
    }

    /// Adds points; take out what has aged before.
    pub(crate) const fn add(&mut self, points: u32) {
        self.young = self.young.saturating_add(points);
    }

    /// Takes out what was held long enough.
    pub(crate) fn take_aged(&mut self, now: Instant) -> u32 {
        if now < self.ages_at {
            return 0;
        }
        let (old, young) = (mem::take(&mut self.old), mem::take(&mut self.young));
        if now >= self.ages_at + Self::SPAN {
            self.ages_at = now + Self::SPAN;
            return old.saturating_add(young);
        }
        self.ages_at += Self::SPAN;
        self.old = young;
        old
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn each_point_is_held_for_one_to_two_spans(gaps in proptest::collection::vec(0..Doubt::SPAN.0 * 3, 1..40)) {
            let (mut doubt, mut now, mut held) = (Doubt::default(), Instant(7), Vec::<Instant>::new());
            for gap in gaps {
                now += Millis(gap);
                let aged = doubt.take_aged(now) as usize;
                prop_assert!(held[..aged].iter().all(|since| now.since(*since) >= Doubt::SPAN));
                held.drain(..aged);
                prop_assert!(held.iter().all(|since| now.since(*since) < Doubt::SPAN.times(2)));
                doubt.add(1);
                held.push(now);
                prop_assert_eq!(doubt.points() as usize, held.len());
            }
        }
    }

    #[test]
    fn points_that_may_be_on_their_way_are_held_for_a_span_after_they_were_saved() {
        let mut doubt = Doubt { young: 0, old: 3, ages_at: Instant(100) };
        doubt = doubt.saved(7, Instant(90));
        assert_eq!(doubt.take_aged(Instant(89) + Doubt::SPAN), 0);
        assert_eq!(doubt.take_aged(Instant(90) + Doubt::SPAN), 3);
        assert_eq!(doubt.take_aged(Instant(90) + Doubt::SPAN.times(2)), 7);
    }
}
