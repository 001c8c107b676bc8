//! When to try again after a refusal: classify → budget → schedule, never earlier than the server said.

use crate::config::Config;
use headroom_model::refusal::{Limiter, Refusal};
use headroom_model::rng::SplitMix64;
use headroom_model::time::{HOUR, Instant, Millis};
use headroom_model::when::When;

/// A delay may reach this far past what its limiter can mean: clocks differ, and servers round up.
const SLACK: Millis = Millis::from_secs(300);

/// A wait is lengthened by at most this share of itself, in percent; one second grows to 1.1 at most.
const JITTER_PERCENT: u64 = 10;

/// The longest backoff where the server names no delay.
const MAX_BACKOFF: Millis = Millis::from_secs(600);

/// When a refused call may come again: the best of what the server said that its limiter can mean. If it said
/// something and none of it can be meant, the shortest of that.
pub(crate) fn after_refusal(
    refusal: &Refusal,
    attempts: u32,
    date: Option<Instant>,
    config: &Config,
    rng: &mut SplitMix64,
    now: Instant,
) -> Result<Instant, Millis> {
    let delays = refusal.retries.iter().map(|when| delay(*when, date, now));
    let longest = longest_credible(&refusal.limiter, date.unwrap_or(now));
    if let Some(delay) = delays.clone().find(|delay| *delay <= longest) {
        return Ok(now + delay + jitter(delay, config, rng));
    }
    delays.min().map_or_else(|| Ok(now + backoff(attempts, config, rng)), Err)
}

/// When a call may come again that met an error with a delay of its own, such as a 503 with `Retry-After`.
pub(crate) fn after_error(
    when: When,
    date: Option<Instant>,
    config: &Config,
    rng: &mut SplitMix64,
    now: Instant,
) -> Result<Instant, Millis> {
    let delay = delay(when, date, now);
    let credible = delay <= HOUR + SLACK;
    credible.then(|| now + delay + jitter(delay, config, rng)).ok_or(delay)
}

/// How long from now on. An instant is the server's: where its `Date` is known, the difference of the two
/// counts, and our own clock may be wrong.
fn delay(when: When, date: Option<Instant>, now: Instant) -> Millis {
    match (when, date) {
        (When::After(delay), _) => delay,
        (When::At(instant), Some(date)) => instant.since(date),
        (When::At(instant), None) => instant.since(now),
    }
}

/// A quota ends with the server's hour at the latest; no limit that we know counts over more than an hour.
fn longest_credible(limiter: &Limiter, server_now: Instant) -> Millis {
    match limiter {
        Limiter::GlobalQuota | Limiter::TenantQuota | Limiter::Quota => {
            server_now.next_hour().since(server_now) + SLACK
        }
        Limiter::Burst | Limiter::InvocationRate | Limiter::Unknown(_) => HOUR + SLACK,
    }
}

/// Upward only and small: a tenth of the delay, but no more than configured. More would be time lost: those
/// who share this limiter are spread by their paces, and the jitter is for the others.
fn jitter(delay: Millis, config: &Config, rng: &mut SplitMix64) -> Millis {
    rng.span_up_to(Millis(delay.0.saturating_mul(JITTER_PERCENT) / 100).min(config.jitter))
}

/// Exponential with full jitter, and at least one millisecond.
pub(crate) fn backoff(attempts: u32, config: &Config, rng: &mut SplitMix64) -> Millis {
    let doubled = config.backoff.times(1 << attempts.saturating_sub(1).min(20));
    Millis(1) + rng.span_up_to(doubled.min(MAX_BACKOFF))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quota(retry: Option<When>) -> Refusal {
        Refusal { limiter: Limiter::GlobalQuota, retries: retry.into_iter().collect(), window_limit: None }
    }

    const NOW: Instant = Instant(HOUR.0 * 12 + 1_000);

    proptest! {
        #[test]
        fn never_earlier_than_the_server_said_and_hardly_later(secs in 0_u64..3_600, seed: u64) {
            let mut rng = SplitMix64::new(seed);
            let said = When::After(Millis::from_secs(secs));
            let until = after_refusal(&quota(Some(said)), 1, None, &Config::default(), &mut rng, NOW).unwrap();
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
                let mut rng = SplitMix64::new(seed);
                let until = after_refusal(&quota(Some(said)), 1, Some(server_now), &Config::default(), &mut rng, ours);
                let until = until.expect("credible by the server's clock");
                prop_assert!(until >= ours + left && until <= ours + left + Config::default().jitter);
            }
        }

        #[test]
        fn without_a_delay_the_backoff_grows_and_stays_bounded(attempts in 1_u32..200, seed: u64) {
            let until = after_refusal(&quota(None), attempts, None, &Config::default(), &mut SplitMix64::new(seed), NOW);
            prop_assert!((NOW + Millis(1)..=NOW + MAX_BACKOFF + Millis(1)).contains(&until.unwrap()));
        }
    }

    #[test]
    fn a_delay_that_no_limit_can_mean_is_neither_slept_nor_cut() {
        let absurd = Millis::from_secs(9_223_372_036_854_775_807);
        let got =
            after_refusal(&quota(Some(When::After(absurd))), 1, None, &Config::default(), &mut SplitMix64::new(1), NOW);
        assert_eq!(got, Err(absurd));
    }

    #[test]
    fn where_one_source_is_absurd_the_next_best_counts() {
        let absurd = When::After(Millis(u64::MAX));
        let refusal = Refusal { retries: vec![absurd, When::At(NOW.next_hour())], ..quota(None) };
        let until = after_refusal(&refusal, 1, None, &Config::default(), &mut SplitMix64::new(1), NOW).unwrap();
        assert!(until >= NOW.next_hour() && until <= NOW.next_hour() + Config::default().jitter, "{until}");
    }
}
