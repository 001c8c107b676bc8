//! When to try again after a refusal: classify → budget → schedule, never earlier than the server said.

use crate::config::Config;
use headroom_model::refusal::{Clocks, Hint, Refusal, Wait, WaitSource};
use headroom_model::rng::SplitMix64;
use headroom_model::time::{Instant, Millis};
use headroom_model::when::When;

/// A wait is lengthened by at most this share of itself, in percent; one second grows to 1.1 at most.
const JITTER_PERCENT: u64 = 10;

/// The longest backoff where the server names no delay.
const MAX_BACKOFF: Millis = Millis::from_secs(600);

/// The farthest that strangers spread: the longest window of a rate of invocations.
const MAX_SPREAD: Millis = Millis::from_secs(60);

/// What is known of an answer besides what it says of a delay.
#[derive(Clone, Copy)]
pub(crate) struct Answered {
    /// How many attempts were sent by then.
    pub(crate) attempts: u32,
    /// Its `Date`.
    pub(crate) date: Option<Instant>,
    pub(crate) now: Instant,
}

impl Answered {
    pub(crate) const fn clocks(self) -> Clocks {
        Clocks { now: self.now, date: self.date }
    }
}

/// When a refused call may come again: after the best of the delays that the server named and its limiter can mean. If
/// it can mean none of them, the shortest. A refusal that says nothing of a delay means a backoff, for without one all
/// attempts would be spent within a millisecond.
pub(crate) fn after_refusal(
    refusal: &Refusal,
    answered: Answered,
    config: &Config,
    rng: &mut SplitMix64,
) -> Result<Instant, Millis> {
    match refusal.wait(answered.clocks()) {
        Wait::For(delay, _) => Ok(answered.now + delay + jitter(delay, config, rng)),
        Wait::NotCredible(delay) => Err(delay),
        Wait::Unsaid => Ok(answered.now + backoff(answered.attempts, config, rng)),
    }
}

/// When a call may come again that met an error with a delay of its own, such as a 503 with `Retry-After`.
pub(crate) fn after_error(
    when: When,
    answered: Answered,
    config: &Config,
    rng: &mut SplitMix64,
) -> Result<Instant, Millis> {
    let hints = vec![Hint { when, source: WaitSource::RetryAfter }];
    after_refusal(&Refusal { hints, ..Refusal::default() }, answered, config, rng)
}

/// Upward only and small: a tenth of the delay, but no more than configured. More would be time lost: those
/// who share this limiter are spread by their paces, and the jitter is for the others.
fn jitter(delay: Millis, config: &Config, rng: &mut SplitMix64) -> Millis {
    rng.span_up_to(Millis(delay.0.saturating_mul(JITTER_PERCENT) / 100).min(config.jitter))
}

/// How much longer than it was told a call waits that a rate of invocations refused, at most `most`.
///
/// Browsers of different users share a rate and hear only their own refusals: all who are refused in one window are told
/// the same instant. Who is refused once more has waited with a herd, so he spreads four times as far each time; that
/// finds the width of a herd within a few attempts.
pub(crate) fn among_strangers(attempts: u32, most: Millis, config: &Config, rng: &mut SplitMix64) -> Millis {
    let spread = config.jitter.times(1 << (2 * attempts.saturating_sub(1).min(10)));
    rng.span_up_to(spread.min(MAX_SPREAD).min(most))
}

/// Exponential with full jitter, and at least one millisecond.
pub(crate) fn backoff(attempts: u32, config: &Config, rng: &mut SplitMix64) -> Millis {
    let doubled = config.backoff.times(1 << attempts.saturating_sub(1).min(20));
    Millis(1) + rng.span_up_to(doubled.min(MAX_BACKOFF))
}

#[cfg(test)]
mod tests {
    use super::*;
    use headroom_model::refusal::Limiter;
    use headroom_model::time::HOUR;
    use proptest::prelude::*;

    const NOW: Instant = Instant(HOUR.0 * 12 + 1_000);

    fn after_at(
        limiter: Limiter,
        now: Instant,
        retries: &[When],
        attempts: u32,
        date: Option<Instant>,
        seed: u64,
    ) -> Result<Instant, Millis> {
        let hints = retries.iter().map(|when| Hint { when: *when, source: WaitSource::RetryAfter }).collect();
        let refusal = Refusal { limiter, hints, ..Refusal::default() };
        let answered = Answered { attempts, date, now };
        after_refusal(&refusal, answered, &Config::default(), &mut SplitMix64::new(seed))
    }

    fn after(retries: &[When], attempts: u32, seed: u64) -> Result<Instant, Millis> {
        after_at(Limiter::PointsQuota, NOW, retries, attempts, None, seed)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn strangers_spread_four_times_as_far_each_time_and_never_beyond_what_they_can_wait(
            attempts in 0_u32..200, most in 0_u64..300_000, jitter in 0_u64..HOUR.0, seed: u64,
        ) {
            let config = Config { jitter: Millis(jitter), ..Config::default() };
            let spread = among_strangers(attempts, Millis(most), &config, &mut SplitMix64::new(seed)).0;
            let widest = (1..attempts).fold(jitter, |width, _| width.saturating_mul(4));
            prop_assert!(spread <= widest.min(most).min(60_000));
            prop_assert!(jitter > 0 || spread == 0, "who wants no jitter gets none");
        }

        #[test]
        fn never_earlier_than_the_server_said_and_hardly_later(secs in 1_u64..3_600, seed: u64) {
            let until = after(&[When::After(Millis::from_secs(secs))], 1, seed).unwrap();
            let promised = NOW + Millis::from_secs(secs);
            prop_assert!(until >= promised && until <= promised + Config::default().jitter);
        }

        #[test]
        fn a_wrong_clock_of_ours_does_not_matter_when_the_server_tells_its_own(
            skew in -3_000_000_i64..3_000_000,
            since_the_hour in 0_u64..3_600_000,
            seed: u64,
        ) {
            // The server's hour ends when it says; ours may be another one by now.
            let server_now = Instant(NOW.hour_start().0 + since_the_hour);
            let ours = Instant(server_now.0.saturating_add_signed(skew));
            let left = server_now.next_hour().since(server_now);
            for said in [When::At(server_now.next_hour()), When::After(left)] {
                let until = after_at(Limiter::PointsQuota, ours, &[said], 1, Some(server_now), seed).expect("credible by the server's clock");
                prop_assert!(until >= ours + left && until <= ours + left + Config::default().jitter);
            }
        }

        #[test]
        fn without_a_delay_the_backoff_grows_and_stays_bounded(attempts in 1_u32..200, seed: u64) {
            for said in [&[][..], &[When::After(Millis::ZERO)], &[When::At(Instant(NOW.0 - 1))]] {
                let until = after_at(Limiter::Burst, NOW, said, attempts, None, seed).unwrap();
                prop_assert!((NOW + Millis(1)..=NOW + MAX_BACKOFF + Millis(1)).contains(&until), "{said:?}");
            }
        }
    }

    #[test]
    fn a_delay_that_no_limit_can_mean_is_neither_slept_nor_cut() {
        let absurd = Millis::from_secs(9_223_372_036_854_775_807);
        assert_eq!(after(&[When::After(absurd)], 1, 1), Err(absurd));
    }

    #[test]
    fn a_quota_that_names_no_delay_is_waited_for_to_its_hour() {
        let until = after(&[], 1, 1).unwrap();
        assert!((NOW.next_hour()..=NOW.next_hour() + Config::default().jitter).contains(&until), "{until}");
    }

    #[test]
    fn a_date_beyond_belief_is_no_clock() {
        let promised = NOW + Millis::from_secs(60);
        for date in [Instant(0), Instant(u64::MAX), NOW + HOUR.times(2)] {
            assert!(
                after_at(Limiter::PointsQuota, NOW, &[When::At(promised)], 1, Some(date), 1).unwrap() >= promised,
                "{date}"
            );
        }
    }

    #[test]
    fn where_one_source_is_absurd_or_says_nothing_the_next_best_counts() {
        for first in [When::After(Millis(u64::MAX)), When::After(Millis::ZERO)] {
            let until = after(&[first, When::At(NOW.next_hour())], 1, 1).unwrap();
            assert!(until >= NOW.next_hour() && until <= NOW.next_hour() + Config::default().jitter, "{until}");
        }
    }
}
