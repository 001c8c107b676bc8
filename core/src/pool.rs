//! The ledger of one points pool: what of this UTC hour is spent, reserved and left.

use crate::verdict::Confidence;
use headroom_model::headers::RateLimit;
use headroom_model::rng::SplitMix64;
use headroom_model::time::{Instant, Millis};
use headroom_model::when::When;

/// One pool. Estimate, reserve, settle: a call reserves its cost before it is sent and settles it when answered.
///
/// Points left are the server's lowest figure of this window, else the quota less what we spent, and in
/// either case less what is reserved. Within a window the server's figure only falls, so its lowest value counts
/// every call that was answered by then, and what it may not count yet is still reserved: we never overspend,
/// and once nothing is in flight the figure is exact.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    quota: u32,
    /// The beginning of the hour that the figures below are about.
    window: Instant,
    spent: u32,
    reported_left: Option<u32>,
    /// Points of calls that hold a slot or are in flight. It outlives the hour: the server may count a call that
    /// was sent before the edge after it.
    reserved: u32,
    /// What was left when the last hour ended. Calls that cost more met the wall, and are let in spread out.
    left_before: u32,
    spread_seed: u64,
    spread_max: Millis,
}

/// When a cost fits, or that it never does.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fits {
    From(Instant),
    Never,
}

impl Pool {
    /// An untouched pool. After a wall, calls are let in at an instant that `spread_seed` places up to
    /// `spread_max` after the hour, so that nodes do not stampede together.
    pub(crate) fn new(quota: u32, now: Instant, spread_seed: u64, spread_max: Millis) -> Self {
        let window = now.hour_start();
        let (spent, reported_left, reserved, left_before) = (0, None, 0, u32::MAX);
        Self { quota, window, spent, reported_left, reserved, left_before, spread_seed, spread_max }
    }

    /// The pool as it stands at `now`: in a later hour nothing is spent and nothing was heard yet.
    fn at(&self, now: Instant) -> Self {
        let mut pool = self.clone();
        pool.roll(now);
        pool
    }

    fn roll(&mut self, now: Instant) {
        let window = now.hour_start();
        if window <= self.window {
            return;
        }
        let is_next = window == self.window.next_hour();
        self.left_before = if is_next { self.left() } else { u32::MAX };
        (self.window, self.spent, self.reported_left) = (window, 0, None);
    }

    /// Points for new calls in the window of the last roll.
    fn left(&self) -> u32 {
        self.left_unreserved().saturating_sub(self.reserved)
    }

    fn left_unreserved(&self) -> u32 {
        self.reported_left.unwrap_or_else(|| self.quota.saturating_sub(self.spent))
    }

    /// Points left for new calls at `now`, and how that is known.
    pub(crate) fn points_left(&self, now: Instant) -> (u32, Confidence) {
        let pool = self.at(now);
        let confidence = match pool.reported_left {
            Some(_) => Confidence::Reported,
            None if pool.spent > 0 || pool.reserved > 0 => Confidence::Metered,
            None => Confidence::Assumed,
        };
        (pool.left(), confidence)
    }

    /// The first instant from `now` on at which `cost` fits.
    pub(crate) fn earliest(&self, cost: u32, now: Instant) -> Fits {
        if cost > self.quota {
            return Fits::Never;
        }
        let pool = self.at(now);
        let opening = pool.opening(pool.window);
        if cost > pool.left_before && now < opening {
            Fits::From(opening)
        } else if cost > pool.left() {
            Fits::From(pool.opening(pool.window.next_hour()))
        } else {
            Fits::From(now)
        }
    }

    /// When those who met the wall before `window` are let in. It follows from the seed and the hour alone, so
    /// that asking takes nothing and the answer stays the same.
    fn opening(&self, window: Instant) -> Instant {
        window + SplitMix64::new(self.spread_seed ^ window.0).span_up_to(self.spread_max)
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

    /// Turns a reservation into spent points.
    pub(crate) fn settle(&mut self, cost: u32, now: Instant) {
        self.release(cost, now);
        self.spent = self.spent.saturating_add(cost);
    }

    /// Takes in what an answer says of the pool; `sent` is when its request was.
    ///
    /// Say it after settling the call. Without a figure for this window, a call that was settled is taken
    /// off the last one, since the server may have counted it since.
    pub(crate) fn hear(&mut self, said: &RateLimit, settled: u32, sent: Instant, now: Instant) {
        self.roll(now);
        if let Some(limit) = said.limit.filter(|limit| *limit > 0) {
            self.quota = limit;
        }
        let is_of_this_window = match said.reset {
            Some(When::At(reset)) => reset == self.window.next_hour(),
            _ => sent >= self.window,
        };
        let lowest = self.reported_left.unwrap_or(u32::MAX);
        match said.remaining {
            Some(remaining) if is_of_this_window => self.reported_left = Some(lowest.min(remaining)),
            _ => self.reported_left = self.reported_left.map(|left| left.saturating_sub(settled)),
        }
    }

    /// Whether what is reserved is still covered. Not so if others spent the pool meanwhile.
    pub(crate) fn covers_reserved(&self, now: Instant) -> bool {
        let pool = self.at(now);
        pool.left_unreserved() >= pool.reserved
    }

    /// Whether forgetting the pool would grant nothing.
    pub(crate) fn is_idle(&self, now: Instant) -> bool {
        self.reserved == 0 && now.hour_start() > self.window.next_hour()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use headroom_model::time::HOUR;
    use proptest::prelude::*;

    const NOON: Instant = Instant(HOUR.0 * 12);

    fn said(remaining: u32) -> RateLimit {
        RateLimit { remaining: Some(remaining), ..RateLimit::default() }
    }

    #[test]
    fn the_servers_lowest_figure_counts_and_stale_ones_are_dropped() {
        let mut pool = Pool::new(100, NOON, 1, Millis::ZERO);
        for cost in [10, 10] {
            pool.reserve(cost, NOON);
        }
        pool.settle(10, NOON);
        pool.hear(&said(30), 10, NOON, NOON);
        pool.settle(10, NOON);
        pool.hear(&said(40), 10, NOON, NOON);
        assert_eq!(pool.points_left(NOON), (30, Confidence::Reported), "40 was answered earlier than 30");
    }

    #[test]
    fn at_the_wall_the_next_hour_opens_at_one_instant_for_all_who_met_it() {
        let mut pool = Pool::new(10, NOON, 7, Millis(1_000));
        pool.reserve(9, NOON);
        pool.settle(9, NOON);
        let Fits::From(opening) = pool.earliest(2, NOON) else { panic!("2 of 10 fit sometime") };
        assert!(opening >= NOON + HOUR && opening <= NOON + HOUR + Millis(1_000));
        assert_eq!(pool.earliest(2, Instant(opening.0 - 1)), Fits::From(opening), "refused 1 ms before");
        assert_eq!(pool.earliest(2, opening), Fits::From(opening), "accepted at it");
        assert_eq!(pool.earliest(1, NOON), Fits::From(NOON), "what fits does not wait");
        assert_eq!(pool.earliest(11, NOON), Fits::Never);
    }

    #[test]
    fn a_call_in_flight_over_the_edge_is_counted_in_the_new_hour_too() {
        let mut pool = Pool::new(10, NOON, 1, Millis::ZERO);
        pool.reserve(4, NOON);
        let later = NOON + HOUR;
        assert_eq!(pool.points_left(later), (6, Confidence::Metered));
        pool.settle(4, later);
        pool.hear(&said(6), 4, NOON, later);
        assert_eq!(pool.points_left(later), (6, Confidence::Metered), "its figure is of the old hour");
    }

    #[test]
    fn time_going_backwards_grants_nothing() {
        let mut pool = Pool::new(10, NOON, 1, Millis::ZERO);
        pool.reserve(10, NOON);
        pool.settle(10, NOON);
        assert_eq!(pool.earliest(1, Instant(NOON.0 - 1)), Fits::From(NOON + HOUR), "the wall of the known hour holds");
    }

    proptest! {
        /// A server with sharp edges, siblings that spend, answers that come back in any order.
        #[test]
        fn we_never_send_what_the_server_has_not_left(
            quota in 1_u32..60,
            steps in proptest::collection::vec((0_u8..4, 1_u32..8, any::<prop::sample::Index>()), 1..200),
        ) {
            let mut pool = Pool::new(quota, NOON, 1, Millis::ZERO);
            let mut server_left = quota;
            let mut heard_of_siblings = true;
            let mut in_flight: Vec<(u32, Option<u32>)> = Vec::new();
            for (kind, cost, which) in steps {
                match kind {
                    0 if pool.earliest(cost, NOON) == Fits::From(NOON) => {
                        pool.reserve(cost, NOON);
                        in_flight.push((cost, None));
                    }
                    1 if !in_flight.is_empty() => {
                        let (cost, counted) = which.get_mut(&mut in_flight);
                        if counted.is_none() {
                            prop_assert!(!heard_of_siblings || server_left >= *cost, "overspent because of us");
                            server_left = server_left.saturating_sub(*cost);
                            *counted = Some(server_left);
                        }
                    }
                    2 if !in_flight.is_empty() => {
                        let at = which.index(in_flight.len());
                        if let (cost, Some(left)) = in_flight[at] {
                            in_flight.remove(at);
                            pool.settle(cost, NOON);
                            pool.hear(&said(left), cost, NOON, NOON);
                        }
                    }
                    3 if cost == 7 => {
                        server_left = server_left.saturating_sub(1);
                        heard_of_siblings = false;
                    }
                    _ => {}
                }
                if in_flight.is_empty() && heard_of_siblings {
                    prop_assert_eq!(pool.points_left(NOON).0, server_left, "exact once nothing is in flight");
                }
            }
        }
    }
}
