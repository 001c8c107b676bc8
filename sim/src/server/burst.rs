//! A burst limit as a token bucket, exact in integers: one token is 1,000 units, and a rate of so many tokens per
//! second is just as many units per millisecond.
//!
//! Source: Jira's rate limiting page (token bucket per tenant, read 2026-11); Confluence says no more than
//! "evaluated over short time windows (typically seconds)" (2025-12-12).

use headroom_model::time::{Instant, Millis};

const TOKEN: u64 = 1_000;

/// A bucket of tokens; every request takes one.
#[derive(Clone, Debug)]
pub struct Bucket {
    capacity: u32,
    per_second: u32,
    units: u64,
    at: Instant,
}

impl Bucket {
    /// A full bucket. Both numbers must be at least 1.
    #[must_use]
    pub const fn full(capacity: u32, per_second: u32, now: Instant) -> Self {
        Self { capacity, per_second, units: capacity as u64 * TOKEN, at: now }
    }

    /// Whether there is a token; takes nothing.
    ///
    /// # Errors
    /// When there is none: with the first instant at which there will be one, if nothing else comes.
    pub fn check(&mut self, now: Instant) -> Result<(), Instant> {
        self.refill(now);
        match TOKEN.saturating_sub(self.units) {
            0 => Ok(()),
            lacking => Err(now + Millis(lacking.div_ceil(u64::from(self.per_second)))),
        }
    }

    /// Takes a token, after a [`Bucket::check`] that passed.
    pub fn take(&mut self, now: Instant) {
        self.refill(now);
        debug_assert!(self.units >= TOKEN, "no token to take");
        self.units = self.units.saturating_sub(TOKEN);
    }

    fn refill(&mut self, now: Instant) {
        let grown = now.since(self.at).0.saturating_mul(u64::from(self.per_second));
        self.units = self.units.saturating_add(grown).min(u64::from(self.capacity) * TOKEN);
        self.at = self.at.max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_full_bucket_of_100_admits_200_in_its_first_second() {
        let mut bucket = Bucket::full(100, 100, Instant(0));
        let mut admitted = 0;
        for ms in 0..=1_000 {
            while bucket.check(Instant(ms)).is_ok() {
                bucket.take(Instant(ms));
                admitted += 1;
            }
        }
        assert_eq!(admitted, 200);
    }

    /// The slow bucket refills one millisecond at a time.
    struct Slow {
        units: u64,
        at: u64,
    }

    impl Slow {
        fn has_token(&mut self, capacity: u32, per_second: u32, now: u64) -> bool {
            while self.at < now {
                self.units = (self.units + u64::from(per_second)).min(u64::from(capacity) * 1_000);
                self.at += 1;
            }
            self.units >= 1_000
        }
    }

    proptest! {
        #[test]
        fn the_bucket_is_the_slow_one_and_its_refusals_are_exact(
            capacity in 1_u32..5, per_second in 1_u32..1_500, waits in prop::collection::vec(0_u64..1_200, 1..80)
        ) {
            let mut bucket = Bucket::full(capacity, per_second, Instant(0));
            let mut slow = Slow { units: u64::from(capacity) * 1_000, at: 0 };
            let mut now = 0;
            for wait in waits {
                now += wait;
                let want = slow.has_token(capacity, per_second, now);
                match bucket.check(Instant(now)) {
                    Ok(()) => {
                        prop_assert!(want);
                        bucket.take(Instant(now));
                        slow.units -= 1_000;
                    }
                    Err(until) => {
                        prop_assert!(!want && until > Instant(now));
                        prop_assert!(bucket.clone().check(Instant(until.0 - 1)).is_err());
                        prop_assert!(bucket.clone().check(until).is_ok());
                    }
                }
            }
        }

        #[test]
        fn time_going_backwards_refills_nothing(early in 0_u64..1_000) {
            let mut bucket = Bucket::full(1, 1, Instant(1_000));
            bucket.take(Instant(1_000));
            prop_assert!(bucket.check(Instant(early)).is_err());
            prop_assert!(bucket.check(Instant(1_999)).is_err());
            prop_assert!(bucket.check(Instant(2_000)).is_ok());
        }
    }
}
