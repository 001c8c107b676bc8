//! The coming rule, as the `Beta-` fields tell of it, is foretold exactly and holds nothing up.

use crate::world::{Job, NOON, Network, Server, World, beta_figures, page, request, response};
use headroom_core::config::{BurstRate, PoolKind};
use headroom_core::verdict::{CallOptions, Confidence, Step, Verdict};
use headroom_core::{Config, Limiter};
use headroom_model::operation::{Answer, Header, Operation};
use headroom_model::points::price;
use headroom_model::rng::SplitMix64;
use headroom_model::time::{HOUR, Instant, Millis};
use proptest::prelude::*;

/// What the server would do under the coming rule: it counts, and refuses nothing yet.
struct Coming {
    quota: u32,
    hour: Instant,
    spent: u32,
    refused: u32,
}

impl Coming {
    /// Says whether the call would be refused.
    fn count(&mut self, cost: u32, now: Instant) -> bool {
        if now.hour_start() > self.hour {
            (self.hour, self.spent) = (now.hour_start(), 0);
        }
        let is_refused = self.spent + cost > self.quota;
        self.spent += if is_refused { 0 } else { cost };
        self.refused += u32::from(is_refused);
        is_refused
    }

    fn left(&self, now: Instant) -> u32 {
        if now.hour_start() > self.hour { self.quota } else { self.quota - self.spent }
    }
}

fn operations() -> [Operation; 3] {
    [page("t"), request("u", "GET", "/wiki/rest/api/user?accountId=1"), request("t", "POST", "/wiki/rest/api/content")]
}

fn cost(operation: &Operation) -> u32 {
    let Operation::Rest(request) = operation else { panic!("only requests cost points") };
    price(&request.method, &request.path).likely
}

fn check(limiter: &Limiter, operation: &Operation, now: Instant) -> Verdict {
    limiter.quota_check(operation, &CallOptions::default(), now)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// One call after the other, each answer with or without the fields of the coming rule: from the first that has
    /// them on, the forecast is the server's own ledger.
    #[test]
    fn the_forecast_is_the_ledger_of_the_coming_rule(
        quota in 1_u32..60,
        calls in proptest::collection::vec((prop_oneof![12 => 0_u64..20_000, 1 => Just(HOUR.0 / 2)], 0_usize..3, any::<bool>()), 1..60),
        tells_percent in prop_oneof![Just(100_u64), Just(40)],
        seed: u64,
    ) {
        let config = Config { jitter: Millis(0), burst: None, ..Config::default() };
        let (mut limiter, mut rng) = (Limiter::new(config, seed).unwrap(), SplitMix64::new(seed));
        let mut coming = Coming { quota, hour: NOON, spent: 0, refused: 0 };
        let (mut now, mut was_told) = (NOON, false);
        for (gap, which, is_error) in calls {
            now += Millis(gap);
            let operation = &operations()[which];
            let forecast = check(&limiter, operation, now).beta;
            prop_assert_eq!(forecast.is_some(), was_told);
            let cost = cost(operation);
            if let Some(forecast) = forecast {
                let (left, is_never) = (coming.left(now), cost > quota);
                let not_before = if cost <= left { now } else { now.next_hour() };
                prop_assert_eq!(forecast.not_before, (!is_never).then_some(not_before));
                prop_assert_eq!((forecast.points_left, forecast.would_refuse), (left, coming.refused));
                let is_heard = forecast.confidence == Confidence::Reported;
                prop_assert!(is_heard || tells_percent < 100 || coming.hour < now.hour_start());
            }
            let call = limiter.begin(operation, &CallOptions::default(), now).unwrap();
            prop_assert_eq!(limiter.next(call, now), Step::Send(1));
            coming.count(cost, now);
            let tells = rng.up_to(99) < tells_percent;
            if !was_told && tells {
                coming.refused = 0;
            }
            was_told |= tells;
            let headers = if tells { beta_figures(quota, coming.left(now), now) } else { vec![] };
            limiter.on_response(call, &response(if is_error { 404 } else { 200 }, headers), now);
            limiter.end(call);
        }
    }
}

/// Answers of all kinds, each with fields of the coming rule that say anything; or the same without them.
struct Foretelling {
    rng: SplitMix64,
    foretells: bool,
}

impl Server for Foretelling {
    fn answer(&mut self, _operation: &Operation, now: Instant) -> Answer {
        let mut headers = vec![];
        let status = [200, 200, 200, 200, 404, 503, 429][usize::try_from(self.rng.up_to(6)).unwrap()];
        if status > 404 {
            headers.push(Header::new("Retry-After", self.rng.up_to(5).to_string()));
        }
        let foretold = [
            beta_figures(10, u32::try_from(self.rng.up_to(12)).unwrap(), now),
            vec![Header::new("Beta-Retry-After", self.rng.up_to(4_000).to_string())],
            vec![Header::new("X-Beta-RateLimit-Remaining", "0"), Header::new("X-Beta-RateLimit-NearLimit", "true")],
            vec![],
        ];
        let which = usize::try_from(self.rng.up_to(3)).unwrap();
        if self.foretells {
            headers.extend(foretold.into_iter().nth(which).unwrap());
        }
        response(status, headers)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Whatever is foretold, each call is sent when it would have been sent, and ends as it would have ended.
    #[test]
    fn what_is_foretold_delays_nobody(
        calls in proptest::collection::vec((prop_oneof![8 => 0_u64..300, 1 => 0..HOUR.0], 0_usize..3), 1..40),
        quota in 6_u32..60,
        is_per_tenant: bool,
        seed: u64,
    ) {
        let run = |foretells| {
            let mut now = NOON;
            let jobs = calls.iter().map(|(gap, which)| {
                now += Millis(*gap);
                Job::new(now, operations()[*which].clone())
            });
            let config = Config {
                quota_points: quota,
                pool: if is_per_tenant { PoolKind::PerTenant } else { PoolKind::Global },
                burst: Some(BurstRate { per_second: 10, capacity: 2 }),
                ..Config::default()
            };
            let server = Foretelling { rng: SplitMix64::new(seed), foretells };
            let mut world = World::new(config, server, Network::up_to(200), jobs.collect(), seed);
            let mut said = vec![];
            for minute in 0..5 {
                let at = NOON + Millis(minute * 60_000);
                world.run_until(at);
                said.extend(operations().map(|operation| Verdict { beta: None, ..check(&world.limiter, &operation, at) }));
            }
            world.run();
            (world.tracks, said)
        };
        prop_assert_eq!(run(true), run(false));
    }
}
