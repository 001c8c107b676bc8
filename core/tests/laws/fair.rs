//! A pool that does not last for all is shared fairly; one that does is open to all.

use crate::world::{NOON, figures, get, response};
use headroom_core::config::BurstRate;
use headroom_core::verdict::{CallOptions, Decision, LimiterKind, Step};
use headroom_core::{CallId, Config, Limiter};
use headroom_model::operation::Operation;
use headroom_model::points::price;
use headroom_model::rng::SplitMix64;
use headroom_model::time::{HOUR, Instant, Millis};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A list that costs so many points, 1 or more.
fn costing(tenant: &str, points: u32) -> Operation {
    if points == 1 {
        return crate::world::request(tenant, "POST", "/wiki/rest/api/content");
    }
    let path = format!("/wiki/api/v2/pages?limit={}", points - 1);
    assert_eq!(price("GET", &path).likely, points);
    get(tenant, &path)
}

/// A limiter that met the wall of the hour before `NOON`: whoever begins now waits, and all wait for the same instant.
fn at_the_wall(config: Config) -> (Limiter, Instant) {
    let mut limiter = Limiter::new(Config { jitter: Millis(0), ..config }, 1).unwrap();
    let now = Instant(NOON.0 - 60_000);
    let call = limiter.begin(&costing("first", 1), &CallOptions::default(), now).unwrap();
    assert_eq!(limiter.next(call, now), Step::Send(1));
    limiter.on_response(call, &response(200, figures(65_000, 0, now)), now);
    limiter.end(call);
    (limiter, now)
}

struct Call {
    tenant: usize,
    cost: u32,
    id: CallId,
    /// Sent, and not dropped before.
    is_sent: bool,
    is_over: bool,
}

/// Everyone's backlog, begun at the wall.
fn begin_all(limiter: &mut Limiter, backlogs: &[Vec<u32>], now: Instant) -> Vec<Call> {
    let mut calls = Vec::new();
    for (tenant, costs) in backlogs.iter().enumerate() {
        for cost in costs {
            let operation = costing(&format!("t{tenant}"), *cost);
            let id = limiter.begin(&operation, &CallOptions::default(), now).unwrap();
            calls.push(Call { tenant, cost: *cost, id, is_sent: false, is_over: false });
        }
    }
    calls
}

/// Gives out the points one by one, each to the tenant that has least of those who want more.
fn water_filled(demands: &[u32], quota: u32) -> Vec<u32> {
    let mut shares = vec![0; demands.len()];
    for _ in 0..quota {
        let wants = (0..demands.len()).filter(|tenant| shares[*tenant] < demands[*tenant]);
        let Some(least) = wants.min_by_key(|tenant| shares[*tenant]) else { break };
        shares[least] += 1;
    }
    shares
}

fn sums(calls: &[Call], tenants: usize, counts: impl Fn(&Call) -> bool) -> Vec<u32> {
    let of = |tenant| calls.iter().filter(|call| call.tenant == tenant && counts(call)).map(|call| call.cost).sum();
    (0..tenants).map(of).collect()
}

fn shuffled(len: usize, rng: &mut SplitMix64) -> Vec<usize> {
    let mut order: Vec<_> = (0..len).collect();
    for last in (1..len).rev() {
        order.swap(last, usize::try_from(rng.up_to(last as u64)).unwrap());
    }
    order
}

/// One asks for its turn, and some are answered or dropped, in any order.
fn ask_in_any_order(
    limiter: &mut Limiter,
    calls: &mut [Call],
    dropped_percent: u64,
    rng: &mut SplitMix64,
    now: Instant,
) {
    for at in shuffled(calls.len(), rng) {
        let call = &mut calls[at];
        if !call.is_over && !call.is_sent {
            call.is_sent = limiter.next(call.id, now) == Step::Send(1);
        }
        let at = usize::try_from(rng.up_to(calls.len() as u64 - 1)).unwrap();
        let call = &mut calls[at];
        if call.is_over {
            continue;
        }
        if rng.up_to(99) < dropped_percent {
            limiter.end(call.id);
            call.is_over = true;
        } else if call.is_sent {
            limiter.on_response(call.id, &response(200, vec![]), now);
            limiter.end(call.id);
            call.is_over = true;
        }
    }
}

fn any_backlogs() -> impl Strategy<Value = Vec<Vec<u32>>> {
    let cost = prop_oneof![4 => Just(2_u32), 2 => Just(1), 2 => 3_u32..10, 1 => Just(60)];
    let backlog = prop_oneof![
        3 => proptest::collection::vec(cost.clone(), 0..8),
        1 => proptest::collection::vec(cost, 20..60),
        1 => proptest::collection::vec(Just(60_u32), 0..30),
    ];
    proptest::collection::vec(backlog, 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// In whatever order they ask, whoever drops calls meanwhile: nobody has less than by filling with water, up to the
    /// dearest call and a 256th of the pool, and in the end no point is left that any call could have.
    #[test]
    fn everyone_has_a_fair_share_and_nothing_is_left(
        backlogs in any_backlogs(),
        quota in prop_oneof![60_u32..200, 200_u32..2_000],
        dropped_percent in prop_oneof![2 => Just(0_u64), 1 => Just(10)],
        seed: u64,
    ) {
        let mut rng = SplitMix64::new(seed);
        let (mut limiter, wall) = at_the_wall(Config { quota_points: quota, burst: None, ..Config::default() });
        let mut calls = begin_all(&mut limiter, &backlogs, wall);
        let demands: Vec<u32> = backlogs.iter().map(|costs| costs.iter().sum()).collect();
        let dearest = backlogs.iter().flatten().max().copied().unwrap_or(0);

        ask_in_any_order(&mut limiter, &mut calls, dropped_percent, &mut rng, NOON);
        let got = sums(&calls, backlogs.len(), |call| call.is_sent);
        let gave_up = sums(&calls, backlogs.len(), |call| call.is_over && !call.is_sent);
        let shares = water_filled(&demands, quota);
        for (tenant, share) in shares.iter().enumerate() {
            let asked = (*share).min(demands[tenant] - gave_up[tenant]);
            prop_assert!(got[tenant] + quota / 256 + dearest >= asked, "tenant {tenant}: {got:?} of {shares:?}");
        }
        if demands.iter().sum::<u32>() <= quota {
            prop_assert!(calls.iter().all(|call| call.is_sent || call.is_over), "there was enough for all");
        }

        let last_call = Instant(NOON.next_hour().0 - 1_000);
        ask_in_any_order(&mut limiter, &mut calls, 0, &mut rng, last_call);
        let spent: u32 = calls.iter().filter(|call| call.is_sent).map(|call| call.cost).sum();
        prop_assert!(spent <= quota);
        let cheapest = calls.iter().filter(|call| !call.is_sent && !call.is_over).map(|call| call.cost).min();
        prop_assert!(cheapest.is_none_or(|cheapest| spent + cheapest > quota), "{spent} of {quota}, {cheapest:?} waits");
    }
}

#[test]
fn one_of_200_tenants_floods_and_the_others_do_not_notice() {
    let config = Config { burst: None, ..Config::default() };
    let (mut limiter, wall) = at_the_wall(config);
    let mut backlogs = vec![vec![2; 100]; 200];
    backlogs[0] = vec![2; 50_000];
    let calls = begin_all(&mut limiter, &backlogs, wall);
    let mut got = vec![0; backlogs.len()];
    for call in &calls {
        got[call.tenant] += if limiter.next(call.id, NOON) == Step::Send(1) { call.cost } else { 0 };
    }
    assert!(got[1..].iter().all(|got| *got == 200), "all that they asked for, though the flooder asked first");
    assert!(got[0] >= 65_000 - 199 * 200 - 65_000 / 256 - 2, "{} for the flooder", got[0]);
}

/// The flooder asks first at each instant and has a line of its own that is never empty.
#[test]
fn who_comes_late_with_little_has_it_while_the_flooder_waits() {
    let burst = Some(BurstRate { per_second: 100, capacity: 100 });
    let (mut limiter, wall) = at_the_wall(Config { quota_points: 10_000, burst, ..Config::default() });
    let flood = begin_all(&mut limiter, &[vec![2; 20_000]], wall);
    let late = costing("late", 2);
    let calls = [(); 50].map(|()| limiter.begin(&late, &CallOptions::default(), wall).unwrap());
    let flooders = flood.iter().filter(|call| limiter.next(call.id, NOON) == Step::Send(1)).count();
    assert_eq!(flooders, 100, "its burst");
    assert!(calls.iter().all(|call| limiter.next(*call, NOON) == Step::Send(1)));
    let waits = limiter.quota_check(&flood_more(), &CallOptions::default(), NOON).decision;
    assert!(matches!(&waits, Decision::WaitUntil(wait) if wait.until >= NOON + Millis(1_000)), "{waits:?}");
}

fn flood_more() -> Operation {
    costing("t0", 2)
}

#[test]
fn what_others_are_owed_is_named_as_the_limit() {
    let (mut limiter, wall) = at_the_wall(Config { quota_points: 100, burst: None, ..Config::default() });
    let calls = begin_all(&mut limiter, &[vec![2; 100], vec![2; 20]], wall);
    let steps: Vec<_> = calls[..100].iter().map(|call| limiter.next(call.id, NOON)).collect();
    let held_up = |step: &&Step| matches!(step, Step::WaitUntil(wait) if wait.limit.kind == LimiterKind::FairShare);
    assert_eq!(steps.iter().filter(|step| **step == Step::Send(1)).count(), 30);
    assert_eq!(steps.iter().filter(held_up).count(), 70);
    assert!(steps.iter().all(|step| !matches!(step, Step::WaitUntil(wait) if wait.until > NOON + HOUR)));
}

/// The flooder's calls hold every point of the hour when the others come: those that have not been sent give way.
#[test]
fn who_comes_late_within_an_hour_has_it_too_and_every_point_is_spent_once() {
    let burst = Some(BurstRate { per_second: 100, capacity: 100 });
    let config = Config { quota_points: 10_000, burst, jitter: Millis(0), ..Config::default() };
    let mut limiter = Limiter::new(config, 1).unwrap();
    let (flood, late) = (costing("flood", 2), costing("late", 2));
    let mut line: BTreeMap<(Instant, usize), CallId> = BTreeMap::new();
    for n in 0..8_000 {
        line.insert((NOON, n), limiter.begin(&flood, &CallOptions::default(), NOON).unwrap());
    }
    let (mut sent, mut is_late) = ([0_u32; 2], false);
    let success = response(200, vec![]);
    while let Some(((now, n), call)) = line.pop_first().filter(|((now, _), _)| *now < NOON + HOUR) {
        if !is_late && now >= NOON + Millis(10_000) {
            is_late = true;
            for n in 8_000..8_050 {
                line.insert((now, n), limiter.begin(&late, &CallOptions::default(), now).unwrap());
            }
        }
        match limiter.next(call, now) {
            Step::Send(_) => {
                sent[usize::from(n >= 8_000)] += 2;
                assert!(n < 8_000 || now < NOON + Millis(11_000), "the late ones wait until {now}");
                limiter.on_response(call, &success, now);
                limiter.end(call);
            }
            Step::WaitUntil(wait) => {
                line.insert((wait.until, n), call);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(sent, [9_900, 100]);
}

/// One floods from the hour's first moment on. The others call now and then, together for up to six tenths of the pool:
/// of fifty of their calls at most one waits, and at the end of the hour no point is left. What they will ask for is learned
/// while the flood wants to go on, so chance has its part.
#[test]
fn who_floods_early_leaves_what_others_go_on_to_ask_for() {
    for seed in 0..40 {
        let mut rng = SplitMix64::new(seed);
        let (quota, tenants) = (10_000, 3 + rng.up_to(17));
        let burst = Some(BurstRate { per_second: 20, capacity: 20 });
        let config = Config { quota_points: quota, burst, jitter: Millis(0), ..Config::default() };
        let mut limiter = Limiter::new(config, seed).unwrap();
        let quiet_calls = 200 + rng.up_to(2_800);
        // Those who come late in the hour come as often as before. The last two seconds are everybody's.
        let mut events: BTreeMap<(Instant, u64), Option<CallId>> =
            (0..quiet_calls).map(|n| ((NOON + Millis(rng.up_to(HOUR.0 - 2_000)), 1_000 + n), None)).collect();
        events.extend((0..20).map(|worker| ((NOON, worker), None)));
        let (mut sent, mut next_worker, mut late) = ([0_u32; 2], 20, 0);
        while let Some(((now, n), call)) = events.pop_first().filter(|((now, _), _)| *now < NOON + HOUR) {
            let is_quiet = n >= 1_000;
            let tenant = if is_quiet { format!("quiet-{}", n % tenants) } else { "flood".into() };
            let begun = || limiter.begin(&costing(&tenant, 2), &CallOptions::default(), now).unwrap();
            let call = call.unwrap_or_else(begun);
            match limiter.next(call, now) {
                Step::Send(_) => {
                    sent[usize::from(is_quiet)] += 2;
                    limiter.on_response(call, &response(200, vec![]), now);
                    limiter.end(call);
                    if !is_quiet {
                        next_worker = (next_worker + 1) % 1_000;
                        events.insert((now, next_worker), None);
                    }
                }
                Step::WaitUntil(wait) => {
                    late += u64::from(is_quiet);
                    events.insert((wait.until, n), Some(call));
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(late * 50 <= quiet_calls, "seed {seed}: {late} of {quiet_calls} wait");
        assert_eq!(sent.iter().sum::<u32>(), quota, "seed {seed}: {sent:?}");
    }
}
