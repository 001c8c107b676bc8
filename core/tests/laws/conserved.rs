//! What was set aside is spent or given back: nothing is lost on the way, and nothing outlives its hour.

use crate::world::{Job, NOON, Network, Server, World, get, invocation, page, request, response};
use headroom_core::config::{BurstRate, PoolKind};
use headroom_core::verdict::{CallOptions, Priority, Verdict};
use headroom_core::{Config, Limiter};
use headroom_model::allowance::Allowance;
use headroom_model::operation::{Answer, Header, Operation, Trigger};
use headroom_model::points::price;
use headroom_model::rng::SplitMix64;
use headroom_model::time::{HOUR, Instant, Millis};
use proptest::prelude::*;

const QUOTA: u32 = 65_000;

/// Answers well, badly, or with a refusal, and names no figure. It keeps books as the client could.
struct Bookkeeper {
    rng: SplitMix64,
    /// What was sent, less what came back as refused.
    spent: u32,
}

fn cost(operation: &Operation) -> u32 {
    match operation {
        Operation::Rest(request) => price(&request.method, &request.path).likely,
        Operation::Invoke(_) => 0,
    }
}

impl Server for Bookkeeper {
    fn answer(&mut self, operation: &Operation, _now: Instant) -> Answer {
        let retry = || Header::new("Retry-After", "1");
        let reason = |reason: &str| Header::new("RateLimit-Reason", reason);
        // A field of its own says which call it answers.
        let cost = Header::new("X-Cost", cost(operation).to_string());
        match self.rng.up_to(20) {
            _ if matches!(operation, Operation::Invoke(_)) => Answer::Resolved("1".into()),
            0 => response(429, vec![retry(), cost]),
            1 => response(429, vec![retry(), cost, reason("jira-burst-based")]),
            2 => response(
                429,
                vec![retry(), cost, reason("jira-max-concurrent-threads-across-all-instances-per-tenant-per-user")],
            ),
            3 => response(503, vec![retry()]),
            4 => response(404, vec![]),
            _ => response(200, vec![]),
        }
    }

    fn on_sent(&mut self, operation: &Operation, _now: Instant) {
        self.spent += cost(operation);
    }

    fn on_received(&mut self, answer: &Answer, _now: Instant) {
        let Answer::Response(response) = answer else { return };
        let cost = response.headers.iter().find(|header| header.name == "X-Cost");
        self.spent -= cost.map_or(0, |cost| cost.value.parse::<u32>().unwrap());
    }
}

fn operations() -> [Operation; 6] {
    [
        page("t"),
        page("u"),
        request("t", "POST", "/wiki/rest/api/content"),
        get("u", "/wiki/api/v2/pages?limit=30"),
        get("t", "/wiki/rest/api/user?accountId=1"),
        invocation("i", Some("a"), "e", Trigger::Ui),
    ]
}

fn any_jobs() -> impl Strategy<Value = Vec<Job>> {
    let gap = prop_oneof![4 => 0_u64..100, 1 => 0_u64..5_000];
    let priority = proptest::sample::select(&[Priority::Interactive, Priority::Background][..]);
    let user = proptest::option::of(proptest::sample::select(&["a", "b"][..]));
    let cancel = prop_oneof![4 => Just(None), 1 => (0_u64..3_000).prop_map(Some)];
    let job = (gap, 0_usize..6, priority, user, cancel, any::<bool>());
    proptest::collection::vec(job, 1..50).prop_map(|jobs| {
        let mut now = NOON;
        let job = |(gap, which, priority, user, cancel, is_idempotent): (u64, usize, _, Option<&str>, _, _)| {
            now += Millis(gap);
            let user = user.map(Into::into);
            let idempotent = Some(is_idempotent);
            let options = CallOptions { priority, user, idempotent, ..CallOptions::default() };
            Job { options, cancel_after: Option::map(cancel, Millis), ..Job::new(now, operations()[which].clone()) }
        };
        jobs.into_iter().map(job).collect()
    })
}

fn any_config() -> impl Strategy<Value = Config> {
    let burst = proptest::option::of((1_u32..50, 1_u32..5));
    let tenant_cap = proptest::option::of((100_u32..2_000, 0_u32..10));
    let user_cap = proptest::option::of(100_u32..2_000);
    (burst, any::<bool>(), tenant_cap, user_cap).prop_map(|(burst, is_global, tenant_cap, user_cap)| Config {
        burst: burst.map(|(per_second, capacity)| BurstRate { per_second, capacity }),
        pool: if is_global { PoolKind::Global } else { PoolKind::PerTenant },
        tenant_cap: tenant_cap.map(|(base, per_user)| Allowance { base, per_user, cap: None }),
        user_cap,
        ..Config::default()
    })
}

/// A world in which all has happened, and when it had.
fn over(config: &Config, jobs: Vec<Job>, loss_percent: u64, seed: u64) -> (World<Bookkeeper>, Instant) {
    let server = Bookkeeper { rng: SplitMix64::new(seed), spent: 0 };
    let network = Network { loss_percent, ..Network::up_to(300) };
    let mut world = World::new(config.clone(), server, network, jobs, seed);
    world.run();
    assert_eq!(world.limiter.open_calls(), 0);
    let ended = world.tracks.iter().filter_map(|track| Some(track.outcome.as_ref()?.0));
    let end = ended.chain(world.jobs.iter().map(|job| job.at + Millis(3_000))).max().unwrap();
    (world, end)
}

fn all_verdicts(limiter: &Limiter, now: Instant) -> Vec<Verdict> {
    let all = [Priority::Interactive, Priority::Background]
        .into_iter()
        .flat_map(|priority| operations().into_iter().map(move |operation| (operation, priority)));
    let say = |(operation, priority)| {
        let options = CallOptions { priority, user: Some("a".into()), ..CallOptions::default() };
        limiter.quota_check(&operation, &options, now)
    };
    all.map(say).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Calls that were sent, refused, lost, dropped before or on their way: once none is open, what is left is the quota
    /// less what was sent and not refused.
    #[test]
    fn what_is_left_is_what_was_not_sent(
        config in any_config(),
        jobs in any_jobs(),
        loss_percent in prop_oneof![Just(0_u64), Just(20)],
        seed: u64,
    ) {
        let config = Config { pool: PoolKind::Global, tenant_cap: None, user_cap: None, ..config };
        let (world, end) = over(&config, jobs, loss_percent, seed);
        prop_assert!(end < NOON + HOUR);
        let left = world.limiter.quota_check(&page("t"), &CallOptions::default(), end).points_left;
        prop_assert_eq!(left, Some(QUOTA - world.server.spent));
    }

    /// Some hours later nothing of it is left: each verdict is that of a new limiter.
    #[test]
    fn some_hours_later_a_limiter_is_as_good_as_new(
        config in any_config(),
        jobs in any_jobs(),
        loss_percent in prop_oneof![Just(0_u64), Just(20)],
        users in 0_u32..10,
        hours in 2_u64..30,
        quota_points in prop_oneof![Just(QUOTA), 40_u32..400],
        seed: u64,
    ) {
        let config = Config { quota_points, ..config };
        let (mut world, end) = over(&config, jobs, loss_percent, seed);
        let mut new = Limiter::new(config, seed).unwrap();
        for limiter in [&mut world.limiter, &mut new] {
            limiter.set_users("t", users);
        }
        let later = end + HOUR.times(hours);
        for (worn, new) in all_verdicts(&world.limiter, later).into_iter().zip(all_verdicts(&new, later)) {
            prop_assert_eq!(worn, new);
        }
    }
}
