//! The hourly points pool: one for the app, reset at the UTC hour, a hard wall, nothing carried over.
//!
//! Source: Confluence rate limiting page of 2025-12-12, "Key points". The "forgiveness" of short overshoot that some
//! report in public threads (read 2026-11) is not modelled: the wall is the documented behaviour.

use headroom_model::time::Instant;

/// Points of the current UTC hour.
#[derive(Clone, Debug)]
pub struct Pool {
    quota: u32,
    used: u32,
    hour: Instant,
}

impl Pool {
    /// A pool of which others have used so many points in the hour of `now`.
    #[must_use]
    pub const fn new(quota: u32, used: u32, now: Instant) -> Self {
        Self { quota, used, hour: now.hour_start() }
    }

    /// Points per hour.
    #[must_use]
    pub const fn quota(&self) -> u32 {
        self.quota
    }

    /// Points left in the hour of `now`.
    pub fn left(&mut self, now: Instant) -> u32 {
        if now.hour_start() > self.hour {
            self.hour = now.hour_start();
            self.used = 0;
        }
        self.quota.saturating_sub(self.used)
    }

    /// Whether so many points are left; takes nothing.
    ///
    /// # Errors
    /// When there are not: with the next reset, the first instant at which there will be, unless the cost is above
    /// the quota and they never are.
    pub fn check(&mut self, points: u32, now: Instant) -> Result<(), Instant> {
        if points <= self.left(now) { Ok(()) } else { Err(now.next_hour()) }
    }

    /// Takes points, after a [`Pool::check`] that passed.
    pub fn take(&mut self, points: u32, now: Instant) {
        debug_assert!(points <= self.left(now), "a wall has no overshoot");
        self.used = self.used.saturating_add(points);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use headroom_model::time::HOUR;
    use proptest::prelude::*;

    #[test]
    fn nothing_is_carried_over() {
        let start = Instant(HOUR.0 * 100 + 5);
        let mut pool = Pool::new(10, 4, start);
        assert_eq!(pool.left(start), 6);
        assert_eq!(pool.left(start.next_hour()), 10, "not 16");
    }

    proptest! {
        /// The slow pool adds up every charge of the hour.
        #[test]
        fn the_pool_is_the_sum_of_its_charges(
            quota in 1_u32..50, used in 0_u32..50, steps in prop::collection::vec((0_u64..1_500_000, 1_u32..9), 1..60)
        ) {
            let mut now = Instant(HOUR.0 * 7 + 123);
            let mut charges = vec![(now.hour_start(), used.min(quota))];
            let mut pool = Pool::new(quota, used.min(quota), now);
            for (wait, points) in steps {
                now = Instant(now.0 + wait);
                let sum: u32 = charges.iter().filter(|(hour, _)| *hour == now.hour_start()).map(|(_, p)| p).sum();
                prop_assert_eq!(pool.left(now), quota - sum);
                match pool.check(points, now) {
                    Ok(()) => {
                        prop_assert!(sum + points <= quota);
                        pool.take(points, now);
                        charges.push((now.hour_start(), points));
                    }
                    Err(until) => {
                        prop_assert!(sum + points > quota);
                        let mut later = pool.clone();
                        prop_assert!(later.check(points, Instant(until.0 - 1)).is_err());
                        prop_assert_eq!(later.check(points, until).is_ok(), points <= quota);
                    }
                }
            }
        }
    }
}
