//! How long a refusal says to wait: which of its sources to believe.

use super::{Limiter, Refusal};
use crate::time::{HOUR, Instant, Millis};
use crate::when::When;
use std::fmt;

/// From where a wait is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitSource {
    /// `Retry-After`.
    RetryAfter,
    /// `t` of the structured fields.
    StructuredT,
    /// A reset: of `X-RateLimit-Reset` or of `rateLimitProperties`.
    Reset,
    /// The length of the limit's window: nothing was said of when it ends.
    Window,
    /// Nothing was said that can be believed.
    None,
}

impl WaitSource {
    /// The name as `headroom explain` prints it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RetryAfter => "retry-after",
            Self::StructuredT => "structured-t",
            Self::Reset => "reset",
            Self::Window => "window",
            Self::None => "none",
        }
    }
}

impl fmt::Display for WaitSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One thing that an answer says of when to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hint {
    /// When.
    pub when: When,
    /// Where it says so.
    pub source: WaitSource,
}

/// The two clocks at an answer: the receiver's and, where it told it, the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clocks {
    /// When the answer arrived, by the receiver's clock.
    pub now: Instant,
    /// The answer's `Date`.
    pub date: Option<Instant>,
}

/// A machine's clock is wrong by minutes. A `Date` further from ours than this is no clock either, and is passed over.
const CLOCK_ERROR: Millis = HOUR;

/// A delay may reach this far past what its limiter can mean: clocks differ, and servers round up.
const SLACK: Millis = Millis::from_secs(300);

/// `t` counts whole seconds and `Date` tells them: together they are this far from an hour that they mean.
const ROUNDING: Millis = Millis::from_secs(2);

impl Clocks {
    /// The server's clock where it told a credible one, else ours.
    #[must_use]
    pub fn server(self) -> Instant {
        let is_credible = |date: &Instant| date.since(self.now).max(self.now.since(*date)) <= CLOCK_ERROR;
        self.date.filter(is_credible).unwrap_or(self.now)
    }

    /// How long from now on. An instant is the server's: the difference of its two clock readings counts, where there
    /// are two, and our own clock may be wrong.
    #[must_use]
    pub fn delay(self, when: When) -> Millis {
        match when {
            When::After(delay) => delay,
            When::At(instant) => instant.since(self.server()),
        }
    }

    fn is_on_the_hour(self, hint: Hint) -> bool {
        let ends = self.server() + self.delay(hint.when);
        ends.since(ends.hour_start()) <= ROUNDING || ends.next_hour().since(ends) <= ROUNDING
    }
}

/// What is left of a refusal's delays when those are dropped that nothing can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Not before this delay has passed.
    For(Millis, WaitSource),
    /// Delays were named, and no limit that we know can mean any of them; this is the shortest.
    NotCredible(Millis),
    /// Nothing was said.
    Unsaid,
}

impl Refusal {
    /// How long to wait, by the best source that this limiter can mean.
    ///
    /// A delay of nothing, or until an instant that has passed, is none. Of a points quota whose `t` and reset
    /// disagree, the one counts that ends with a UTC hour. Where nothing was said, the limiter's window counts, if its
    /// length is known: until its end everything is refused.
    #[must_use]
    pub fn wait(&self, clocks: Clocks) -> Wait {
        let mut shortest = None;
        for (delay, source) in self.delays(clocks) {
            if delay == Millis::ZERO {
                continue;
            }
            if self.can_mean(delay, clocks) {
                return Wait::For(delay, source);
            }
            shortest = Some(shortest.map_or(delay, |shortest: Millis| shortest.min(delay)));
        }
        match (shortest, self.window(clocks)) {
            (Some(delay), _) => Wait::NotCredible(delay),
            (None, Some(delay)) => Wait::For(delay, WaitSource::Window),
            (None, None) => Wait::Unsaid,
        }
    }

    /// Whether the limiter can mean such a delay. A quota ends with the server's hour at the latest; no limit that we
    /// know counts over more than an hour.
    #[must_use]
    pub fn can_mean(&self, delay: Millis, clocks: Clocks) -> bool {
        let server = clocks.server();
        let longest = match self.limiter {
            Limiter::PointsQuota => server.next_hour().since(server),
            _ => HOUR,
        };
        delay <= longest + SLACK
    }

    /// All delays, the best source first.
    fn delays(&self, clocks: Clocks) -> impl Iterator<Item = (Millis, WaitSource)> {
        // Retry-After is no window's end: it stands first wherever it ends.
        let strays = |hint: &Hint| {
            self.limiter == Limiter::PointsQuota
                && hint.source != WaitSource::RetryAfter
                && !clocks.is_on_the_hour(*hint)
        };
        let (late, first): (Vec<Hint>, Vec<Hint>) = self.hints.iter().copied().partition(strays);
        first.into_iter().chain(late).map(move |hint| (clocks.delay(hint.when), hint.source))
    }

    /// How long the limiter's window lasts from now on, where that is known without being told: it is the most that
    /// there is to wait.
    #[must_use]
    pub fn window(&self, clocks: Clocks) -> Option<Millis> {
        match self.limiter {
            Limiter::PointsQuota => Some(clocks.server().next_hour().since(clocks.server())),
            _ => self.window,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Origin, Scope};
    use super::*;
    use proptest::prelude::*;

    const NOON: Instant = Instant(HOUR.0 * 12);

    fn refusal(limiter: Limiter, hints: &[(When, WaitSource)]) -> Refusal {
        let hints = hints.iter().map(|(when, source)| Hint { when: *when, source: *source }).collect();
        Refusal { limiter, hints, origin: Origin::Unknown, scope: Scope::Unknown, ..Refusal::default() }
    }

    fn secs(secs: u64) -> When {
        When::After(Millis::from_secs(secs))
    }

    #[test]
    fn of_two_ends_of_a_quota_the_one_on_the_hour_counts() {
        // Seen in 2026-03: `t` was 12 minutes off, the reset was right.
        let clocks = Clocks { now: Instant(NOON.0 + 1_528_490), date: None };
        let quota = refusal(
            Limiter::PointsQuota,
            &[(secs(2_788), WaitSource::StructuredT), (When::At(NOON + HOUR), WaitSource::Reset)],
        );
        assert_eq!(quota.wait(clocks), Wait::For(Millis(2_071_510), WaitSource::Reset));
        let burst = Refusal { limiter: Limiter::Burst, ..quota };
        assert_eq!(burst.wait(clocks), Wait::For(Millis(2_788_000), WaitSource::StructuredT));
    }

    #[test]
    fn retry_after_counts_before_the_hour_but_not_beyond_belief() {
        let clocks = Clocks { now: NOON, date: None };
        let quota = |first| {
            let hints = [(first, WaitSource::RetryAfter), (When::At(NOON + HOUR), WaitSource::Reset)];
            refusal(Limiter::PointsQuota, &hints).wait(clocks)
        };
        assert_eq!(quota(secs(1_847)), Wait::For(Millis(1_847_000), WaitSource::RetryAfter));
        assert_eq!(quota(secs(u64::MAX)), Wait::For(HOUR, WaitSource::Reset));
        assert_eq!(quota(secs(0)), Wait::For(HOUR, WaitSource::Reset));
    }

    #[test]
    fn a_quota_that_says_nothing_ends_with_the_servers_hour() {
        let clocks = Clocks { now: NOON, date: Some(Instant(NOON.0 + 60_000)) };
        let wait = refusal(Limiter::PointsQuota, &[]).wait(clocks);
        assert_eq!(wait, Wait::For(Millis(HOUR.0 - 60_000), WaitSource::Window));
        assert_eq!(refusal(Limiter::Burst, &[]).wait(clocks), Wait::Unsaid);
        let absurd = refusal(Limiter::Burst, &[(secs(4_000), WaitSource::RetryAfter)]);
        assert_eq!(absurd.wait(clocks), Wait::NotCredible(Millis::from_secs(4_000)));
    }

    proptest! {
        #[test]
        fn no_wait_passes_what_its_limiter_can_mean(
            now in 0..u64::MAX / 2, date: Option<u64>, said in proptest::collection::vec((any::<bool>(), any::<u64>()), 0..4), quota: bool,
        ) {
            let limiter = if quota { Limiter::PointsQuota } else { Limiter::Burst };
            let hints: Vec<_> = said
                .into_iter()
                .map(|(at, ms)| (if at { When::At(Instant(ms)) } else { When::After(Millis(ms)) }, WaitSource::Reset))
                .collect();
            let clocks = Clocks { now: Instant(now), date: date.map(Instant) };
            match refusal(limiter, &hints).wait(clocks) {
                Wait::For(delay, _) => prop_assert!(delay > Millis::ZERO && delay <= HOUR + SLACK),
                Wait::NotCredible(delay) => prop_assert!(delay > SLACK),
                Wait::Unsaid => prop_assert!(!quota),
            }
        }
    }
}
