//! Points are conserved and never overspent because of us.

use crate::world::{Job, NOON, Network, Server, World, get, page, request, response};
use headroom_core::config::{BurstRate, PoolKind};
use headroom_core::verdict::{CallOptions, Confidence, Ending, Step};
use headroom_core::{Config, Limiter};
use headroom_model::operation::{Answer, Header, Operation};
use headroom_model::points::price;
use headroom_model::rng::SplitMix64;
use headroom_model::time::{HOUR, Instant, Millis};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Hourly pools with sharp edges. It counts what arrives when it arrives, and charges nothing for a refusal.
struct Hourly {
    quota: u32,
    is_per_tenant: bool,
    header_percent: u64,
    /// How many of the figures name the end of their window.
    reset_percent: u64,
    /// What siblings spend: instants and points, on every pool.
    siblings: Vec<(Instant, u32)>,
    charged: BTreeMap<(String, u64), Charged>,
    refused_because_of_us: u32,
    refused: u32,
    rng: SplitMix64,
}

#[derive(Clone, Copy, Default)]
struct Charged {
    ours: u32,
    /// By calls that a sibling's spending took the room from.
    siblings: u32,
}

impl Hourly {
    fn new(quota: u32, header_percent: u64, seed: u64) -> Self {
        let (siblings, charged, refused_because_of_us, refused) = Default::default();
        let rng = SplitMix64::new(seed);
        let (is_per_tenant, reset_percent) = (false, 50);
        Self {
            quota,
            is_per_tenant,
            header_percent,
            reset_percent,
            siblings,
            charged,
            refused_because_of_us,
            refused,
            rng,
        }
    }

    fn left(&self, tenant: &str, now: Instant) -> u32 {
        let pool = if self.is_per_tenant { tenant } else { "" };
        let charged = self.charged.get(&(pool.to_owned(), now.hour_start().0)).copied().unwrap_or_default();
        self.quota.saturating_sub(charged.ours + charged.siblings)
    }
}

impl Server for Hourly {
    fn answer(&mut self, operation: &Operation, now: Instant) -> Answer {
        let Operation::Rest(request) = operation else { panic!("only requests spend points") };
        let pool = if self.is_per_tenant { request.tenant.clone() } else { String::new() };
        let range = price(&request.method, &request.path);
        // A list may hold fewer objects than asked for.
        let cost = range.low + u32::try_from(self.rng.up_to(u64::from(range.high - range.low))).unwrap();
        let quota = self.quota;
        let charged = self.charged.entry((pool, now.hour_start().0)).or_default();
        let in_this_hour = |(at, _): &&(Instant, u32)| at.hour_start() == now.hour_start() && *at <= now;
        charged.siblings = self.siblings.iter().filter(in_this_hour).map(|(_, points)| points).sum();
        let left = quota.saturating_sub(charged.ours + charged.siblings);
        let is_refused = cost > left;
        if !is_refused {
            charged.ours += cost;
        }
        self.refused += u32::from(is_refused);
        self.refused_because_of_us += u32::from(is_refused && charged.ours + cost > quota);
        let left = quota.saturating_sub(charged.ours + charged.siblings);
        let mut headers = vec![];
        if self.rng.up_to(99) < self.header_percent {
            headers.push(Header::new("X-RateLimit-Limit", quota.to_string()));
            headers.push(Header::new("X-RateLimit-Remaining", left.to_string()));
            if self.rng.up_to(99) < self.reset_percent {
                headers.push(Header::new("X-RateLimit-Reset", now.next_hour().to_string()));
            }
        }
        if is_refused {
            headers.push(Header::new("Retry-After", now.next_hour().since(now).secs_ceil().to_string()));
            let whose = if self.is_per_tenant { "tenant" } else { "global" };
            headers.push(Header::new("RateLimit-Reason", format!("confluence-quota-{whose}-based")));
        }
        response(if is_refused { 429 } else { 200 }, headers)
    }
}

fn any_operation() -> impl Strategy<Value = Operation> {
    let tenant = prop_oneof![Just("t"), Just("u")];
    let kind = prop_oneof![
        4 => Just(("GET", "/wiki/rest/api/content/1")),
        2 => Just(("GET", "/wiki/rest/api/user?accountId=1")),
        2 => Just(("POST", "/wiki/rest/api/content")),
        1 => Just(("GET", "/wiki/api/v2/pages?limit=8")),
    ];
    (tenant, kind).prop_map(|(tenant, (method, path))| request(tenant, method, path))
}

/// Jobs whose gaps let some hours run dry and others not, with many of them around the hour's edge.
fn any_jobs(most: usize) -> impl Strategy<Value = Vec<Job>> {
    let gap = prop_oneof![
        6 => 0_u64..300,
        3 => 0_u64..20_000,
        1 => 60_000_u64..1_500_000,
        // To just before the edge; see below.
        1 => Just(u64::MAX),
    ];
    let cancel = prop_oneof![8 => Just(None), 1 => (0_u64..3_000).prop_map(Some)];
    proptest::collection::vec((gap, any_operation(), cancel, any::<bool>()), 1..most).prop_map(|jobs| {
        let mut now = NOON;
        let job = |(gap, operation, cancel, is_idempotent)| {
            now = if gap == u64::MAX { Instant(now.next_hour().0 - 150).max(now) } else { now + Millis(gap) };
            let options = CallOptions { idempotent: Some(is_idempotent), ..CallOptions::default() };
            Job { options, cancel_after: Option::map(cancel, Millis), ..Job::new(now, operation) }
        };
        jobs.into_iter().map(job).collect()
    })
}

fn config(quota: u32, pool: PoolKind) -> Config {
    Config { quota_points: quota, pool, max_attempts: 20, ..Config::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Answers in any order, with and without figures, cancelled calls, lost attempts, several hours: as long as we
    /// are alone and the clocks agree, no request is refused for want of points.
    #[test]
    fn alone_we_are_never_refused_for_want_of_points(
        quota in 12_u32..60,
        header_percent in prop_oneof![Just(0_u64), Just(100), 0_u64..100],
        loss_percent in prop_oneof![Just(0_u64), Just(20)],
        latency in prop_oneof![Just(100_u64), Just(3_000)],
        jobs in any_jobs(120),
        is_per_tenant: bool,
        seed: u64,
    ) {
        let server = Hourly { is_per_tenant, ..Hourly::new(quota, header_percent, seed) };
        let pool = if is_per_tenant { PoolKind::PerTenant } else { PoolKind::Global };
        let network = Network { loss_percent, ..Network::up_to(latency) };
        let mut world = World::new(config(quota, pool), server, network, jobs, seed);
        world.run();
        prop_assert_eq!(world.server.refused, 0);
        for (job, track) in world.jobs.iter().zip(&world.tracks) {
            prop_assert!(track.outcome.is_some() || track.was_cancelled, "{:?} never ended: {:?}", job, track);
        }
    }

    /// Siblings take points that we cannot know of; what is refused then is never of our own making, and nothing is
    /// lost for it.
    #[test]
    fn beside_siblings_what_is_refused_is_not_our_doing(
        quota in 12_u32..60,
        header_percent in prop_oneof![Just(0_u64), Just(100), 0_u64..100],
        jobs in any_jobs(100),
        siblings in proptest::collection::vec((0_u64..HOUR.0 * 3, 1_u32..12), 0..20),
        seed: u64,
    ) {
        let siblings = siblings.into_iter().map(|(at, points)| (NOON + Millis(at), points)).collect();
        let server = Hourly { siblings, ..Hourly::new(quota, header_percent, seed) };
        let mut world = World::new(config(quota, PoolKind::Global), server, Network::up_to(500), jobs, seed);
        world.run();
        prop_assert_eq!(world.server.refused_because_of_us, 0);
        for track in world.tracks.iter().filter(|track| !track.was_cancelled) {
            let ending = &track.outcome.as_ref().expect("every call ends").1.ending;
            prop_assert!(matches!(ending, Ending::Success | Ending::Deferred(_)), "{:?}", ending);
        }
    }

    /// Alone, with a figure of a known hour on every answer and nothing lost, our ledger is the server's once all is quiet.
    #[test]
    fn once_nothing_is_in_flight_our_figure_is_the_servers(
        quota in 12_u32..200,
        jobs in any_jobs(80),
        seed: u64,
    ) {
        let jobs: Vec<_> = jobs.into_iter().map(|job| Job { cancel_after: None, ..job }).collect();
        let server = Hourly { reset_percent: 100, ..Hourly::new(quota, 100, seed) };
        let mut world = World::new(config(quota, PoolKind::Global), server, Network::up_to(400), jobs, seed);
        world.run();
        let now = world.tracks.iter().filter_map(|track| Some(track.outcome.as_ref()?.0)).max().unwrap();
        let got = world.limiter.quota_check(&page("t"), &CallOptions::default(), now);
        prop_assert!(got.points_left.unwrap() <= world.server.left("t", now), "more than the server has");
        if got.confidence == Confidence::Reported {
            prop_assert_eq!(got.points_left, Some(world.server.left("t", now)));
        }
    }
}

fn said(remaining: u32) -> Answer {
    response(200, vec![Header::new("X-RateLimit-Remaining", remaining.to_string())])
}

fn points_left(limiter: &Limiter, now: Instant) -> u32 {
    limiter.quota_check(&page("t"), &CallOptions::default(), now).points_left.unwrap()
}

#[test]
fn a_figure_does_not_count_a_call_that_was_answered_before_it_without_one() {
    let mut limiter = Limiter::new(config(100, PoolKind::Global), 1).unwrap();
    let calls: Vec<_> = (0..2).map(|_| limiter.begin(&page("t"), &CallOptions::default(), NOON).unwrap()).collect();
    for call in &calls {
        limiter.next(*call, NOON);
    }
    // The server handled the first before the second; the second's answer is here first and has no figure.
    limiter.on_response(calls[1], &response(200, vec![]), NOON);
    limiter.on_response(calls[0], &said(98), NOON);
    assert_eq!(points_left(&limiter, NOON), 96);
}

#[test]
fn a_strange_limit_in_a_header_does_not_shut_us_out_for_good() {
    let mut limiter = Limiter::new(config(100, PoolKind::Global), 1).unwrap();
    let call = limiter.begin(&page("t"), &CallOptions::default(), NOON).unwrap();
    limiter.next(call, NOON);
    limiter.on_response(call, &response(200, vec![Header::new("X-RateLimit-Limit", "1")]), NOON);
    let later = NOON + HOUR + HOUR;
    assert_eq!(
        limiter.quota_check(&page("t"), &CallOptions::default(), later).decision,
        headroom_core::verdict::Decision::Proceed
    );
}

#[test]
fn figures_of_the_burst_limiter_are_not_points() {
    let mut limiter = Limiter::new(config(100, PoolKind::Global), 1).unwrap();
    let call = limiter.begin(&page("t"), &CallOptions::default(), NOON).unwrap();
    limiter.next(call, NOON);
    let headers = [("RateLimit-Reason", "jira-burst-based"), ("X-RateLimit-Remaining", "0"), ("Retry-After", "1")];
    let headers = headers.iter().map(|(name, value)| Header::new(*name, *value)).collect();
    limiter.on_response(call, &response(429, headers), NOON);
    assert_eq!(points_left(&limiter, NOON), 100);
}

/// A slot beyond the hour is paid from the next hour's points: this hour's are there for those who go in it.
#[test]
fn only_slots_of_this_hour_take_its_points() {
    let burst = Some(BurstRate { per_second: 1, capacity: 1 });
    let mut limiter = Limiter::new(Config { burst, ..config(100, PoolKind::Global) }, 1).unwrap();
    let now = Instant(NOON.next_hour().0 - 1_500);
    let calls = [(); 4].map(|()| limiter.begin(&page("t"), &CallOptions::default(), now).unwrap());
    assert_eq!(points_left(&limiter, now), 96, "two of the four slots lie before the hour");
    assert!(matches!(limiter.next(calls[3], now), Step::WaitUntil(wait) if wait.until >= NOON.next_hour()));
}

#[test]
fn points_set_aside_are_of_no_use_once_siblings_spent_them() {
    let burst = Some(BurstRate { per_second: 1, capacity: 1 });
    let mut limiter = Limiter::new(Config { burst, ..config(100, PoolKind::Global) }, 1).unwrap();
    let calls = [(); 2].map(|()| limiter.begin(&page("t"), &CallOptions::default(), NOON).unwrap());
    limiter.next(calls[0], NOON);
    limiter.on_response(calls[0], &said(1), NOON);
    let Step::WaitUntil(wait) = limiter.next(calls[1], NOON) else { panic!("its slot is a second away") };
    assert!(matches!(limiter.next(calls[1], wait.until), Step::WaitUntil(wait) if wait.until >= NOON + HOUR));
}

#[test]
fn lists_are_paid_by_what_they_may_cost() {
    let mut limiter = Limiter::new(config(100, PoolKind::Global), 1).unwrap();
    let list = get("t", "/wiki/api/v2/pages?limit=50");
    let call = limiter.begin(&list, &CallOptions::default(), NOON).unwrap();
    assert_eq!(points_left(&limiter, NOON), 49);
    limiter.end(call);
    assert_eq!(points_left(&limiter, NOON), 100);
}
