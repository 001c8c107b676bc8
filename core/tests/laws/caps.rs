//! What the app itself grants a tenant or a user is never exceeded, and no user is held up by what another was granted.

use crate::world::{Job, NOON, Network, Server, World, get, page, request, response};
use headroom_core::config::{BurstRate, PoolKind};
use headroom_core::verdict::{CallOptions, Decision, Ending, LimiterKind, Never, Step};
use headroom_core::{Config, Limiter};
use headroom_model::allowance::Allowance;
use headroom_model::operation::{Answer, Operation};
use headroom_model::points::price;
use headroom_model::rng::SplitMix64;
use headroom_model::time::{HOUR, Instant, Millis};
use proptest::prelude::*;
use std::collections::BTreeMap;

const TENANTS: [&str; 2] = ["t", "u"];
const USERS: [&str; 3] = ["a", "b", "c"];

fn cost(operation: &Operation) -> u32 {
    let Operation::Rest(request) = operation else { panic!("only requests cost points") };
    price(&request.method, &request.path).likely
}

fn tenant(operation: &Operation) -> String {
    let Operation::Rest(request) = operation else { panic!("only requests have a tenant") };
    request.tenant.clone()
}

/// Refuses now and then, for a second and free of charge.
struct Refusing(u64, SplitMix64);

impl Server for Refusing {
    fn answer(&mut self, _operation: &Operation, _now: Instant) -> Answer {
        let is_refused = self.1.up_to(99) < self.0;
        let wait = || headroom_model::operation::Header::new("Retry-After", "1");
        if is_refused { response(429, vec![wait()]) } else { response(200, vec![]) }
    }
}

fn any_jobs() -> impl Strategy<Value = Vec<Job>> {
    let path = prop_oneof![
        4 => Just(("GET", "/wiki/rest/api/content/1")),
        2 => Just(("GET", "/wiki/rest/api/user?accountId=1")),
        2 => Just(("POST", "/wiki/rest/api/content")),
        1 => Just(("GET", "/wiki/api/v2/pages?limit=8")),
    ];
    let user = proptest::option::of(proptest::sample::select(&USERS[..]));
    let cancel = prop_oneof![8 => Just(None), 1 => (0_u64..3_000).prop_map(Some)];
    let gap = prop_oneof![60 => 0_u64..300, 2 => 0_u64..20_000, 1 => 600_000_u64..1_800_000];
    let job = (gap, proptest::sample::select(&TENANTS[..]), path, user, cancel);
    proptest::collection::vec(job, 1..60).prop_map(|jobs| {
        let mut now = NOON;
        let job = |(gap, tenant, (method, path), user, cancel): (u64, &str, (&str, &str), Option<&str>, _)| {
            now += Millis(gap);
            let options = CallOptions { idempotent: Some(true), user: user.map(Into::into), ..CallOptions::default() };
            let cancel_after = Option::map(cancel, Millis);
            Job { options, cancel_after, ..Job::new(now, request(tenant, method, path)) }
        };
        jobs.into_iter().map(job).collect()
    })
}

/// When which tenant has how many users from then on.
fn any_news() -> impl Strategy<Value = Vec<(Instant, &'static str, u32)>> {
    let at = prop_oneof![0_u64..20_000, 0..HOUR.0 * 2];
    let news = (at, proptest::sample::select(&TENANTS[..]), 0_u32..6);
    proptest::collection::vec(news, 0..6).prop_map(|mut news| {
        news.sort_unstable();
        news.into_iter().map(|(at, tenant, users)| (NOON + Millis(at), tenant, users)).collect()
    })
}

/// Each attempt that was sent: when, whose, for which user, how dear, and whether it may have been charged.
fn sends(world: &World<Refusing>) -> Vec<(Instant, String, Option<String>, u32)> {
    let mut sends = Vec::new();
    for (job, track) in world.jobs.iter().zip(&world.tracks) {
        let is_success = |ending: &Ending| *ending == Ending::Success;
        // A refused attempt is free, and only the last one was not refused.
        let last = track.outcome.as_ref().filter(|(_, outcome)| is_success(&outcome.ending)).and(track.sends.last());
        let whose = |at: &Instant| (*at, tenant(&job.operation), job.options.user.clone(), cost(&job.operation));
        sends.extend(last.map(whose));
    }
    sends.sort();
    sends
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Whoever is how many users when: at each instant, what was sent in its hour is within the cap of that instant; and
    /// a user's within his.
    #[test]
    fn nobody_is_sent_more_than_the_app_grants(
        jobs in any_jobs(),
        news in any_news(),
        (base, per_user, most) in (9_u32..40, 0_u32..20, proptest::option::of(9_u32..60)),
        user_cap in proptest::option::of(9_u32..30),
        refused_percent in prop_oneof![Just(0_u64), Just(20)],
        per_second in prop_oneof![Just(1_u32), Just(100)],
        is_per_tenant: bool,
        seed: u64,
    ) {
        let tenant_cap = Allowance { base, per_user, cap: most };
        let config = Config {
            tenant_cap: Some(tenant_cap),
            user_cap,
            max_attempts: 20,
            pool: if is_per_tenant { PoolKind::PerTenant } else { PoolKind::Global },
            burst: Some(BurstRate { per_second, capacity: 1 }),
            ..Config::default()
        };
        let server = Refusing(refused_percent, SplitMix64::new(seed));
        let mut world = World::new(config, server, Network::up_to(500), jobs, seed);
        for (at, tenant, users) in &news {
            world.run_until(*at);
            world.limiter.set_users(tenant, *users);
        }
        world.run();

        let granted = |tenant: &str, at: Instant| {
            let users = news.iter().rev().find(|(since, of, _)| *since <= at && *of == tenant).map_or(0, |news| news.2);
            tenant_cap.granted(users.into()).amount
        };
        let mut sent = BTreeMap::<(String, Option<String>, Instant), u32>::new();
        for (at, tenant, user, cost) in sends(&world) {
            let of_tenant = sent.entry((tenant.clone(), None, at.hour_start())).or_default();
            *of_tenant += cost;
            prop_assert!(*of_tenant <= granted(&tenant, at), "{of_tenant} of {tenant} at {at}");
            let Some((cap, user)) = user_cap.zip(user) else { continue };
            let of_user = sent.entry((tenant, Some(user), at.hour_start())).or_default();
            *of_user += cost;
            prop_assert!(*of_user <= cap);
        }
        for (job, track) in world.jobs.iter().zip(&world.tracks) {
            prop_assert!(track.outcome.is_some() || track.was_cancelled, "{job:?} never ended: {track:?}");
        }
    }

    /// An account in wrong hands sends all that its user may have, and more: another user waits for the line that this
    /// makes, and for nothing else.
    #[test]
    fn a_flooding_user_holds_up_the_others_for_a_line_of_his_cap_only(
        user_cap in 2_u32..40,
        flood in 0_u32..100,
        calls in 1_u32..5,
        per_second in 1_u32..20,
    ) {
        let config = Config {
            user_cap: Some(user_cap.max(calls * 2)),
            burst: Some(BurstRate { per_second, capacity: 1 }),
            ..Config::default()
        };
        let of = |user: &str| CallOptions { user: Some(user.into()), ..CallOptions::default() };
        let mut limiter = Limiter::new(config.clone(), 1).unwrap();
        for _ in 0..flood {
            let call = limiter.begin(&page("t"), &of("bad"), NOON).unwrap();
            limiter.next(call, NOON);
        }
        let in_line = flood.min(config.user_cap.unwrap() / 2);
        for nth in 0..calls {
            let call = limiter.begin(&page("t"), &of("good"), NOON).unwrap();
            let until = match limiter.next(call, NOON) {
                Step::Send(1) => NOON,
                Step::WaitUntil(wait) => wait.until,
                other => panic!("{other:?}"),
            };
            let ahead = u64::from(in_line + nth);
            prop_assert!(until <= NOON + Millis(ahead * 1_000_u64.div_ceil(per_second.into())));
        }
    }
}

/// A call that is dearer than a cap is never begun in vain, and what users add counts from the start.
#[test]
fn what_costs_more_than_a_cap_is_never_sent_until_users_add_to_it() {
    let tenant_cap = Some(Allowance { base: 5, per_user: 10, cap: None });
    let mut limiter = Limiter::new(Config { tenant_cap, ..Config::default() }, 1).unwrap();
    let dear = get("t", "/wiki/api/v2/pages?limit=8");
    let decision = |limiter: &Limiter| limiter.quota_check(&dear, &CallOptions::default(), NOON).decision;
    assert_eq!(decision(&limiter), Decision::Never(Never::CostsMoreThanQuota(9)));
    let call = limiter.begin(&dear, &CallOptions::default(), NOON).unwrap();
    let Step::Done(outcome) = limiter.next(call, NOON) else { panic!("it can never be sent") };
    assert_eq!(outcome.ending, Ending::Refused(Never::CostsMoreThanQuota(9)));
    limiter.set_users("t", 1);
    assert_eq!(decision(&limiter), Decision::Proceed);
    limiter.set_users("t", 0);
    assert_eq!(decision(&limiter), Decision::Never(Never::CostsMoreThanQuota(9)));
}

/// Whoever stands in line for points that the app no longer grants loses his turn.
#[test]
fn fewer_users_take_back_what_was_set_aside() {
    let tenant_cap = Some(Allowance { base: 2, per_user: 2, cap: None });
    let burst = Some(BurstRate { per_second: 1, capacity: 1 });
    let mut limiter = Limiter::new(Config { tenant_cap, burst, ..Config::default() }, 1).unwrap();
    limiter.set_users("t", 4);
    let calls = [(); 3].map(|()| limiter.begin(&page("t"), &CallOptions::default(), NOON).unwrap());
    assert_eq!(limiter.next(calls[0], NOON), Step::Send(1));
    limiter.set_users("t", 0);
    for call in &calls[1..] {
        let Step::WaitUntil(wait) = limiter.next(*call, NOON + Millis(2_000)) else { panic!("beyond the cap") };
        assert_eq!(wait.limit.kind, LimiterKind::Cap);
        assert!(wait.until <= NOON + Millis(5_000), "the call on its way may come to nothing");
    }
    limiter.end(calls[0]);
    for call in &calls[1..] {
        let Step::WaitUntil(wait) = limiter.next(*call, NOON + Millis(5_000)) else { panic!("beyond the cap") };
        assert!(wait.until >= NOON + HOUR);
    }
}
