//! The bound against exhaustive search, and against figures worked out by hand.

use super::points::PointsLimits;
use super::*;
use headroom_model::profile::CountedPer;
use headroom_model::profile::InvocationProfile;
use headroom_model::rng::SplitMix64;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

fn bound_of(name: &str) -> u64 {
    let scenario = Scenario::builtin(name).unwrap();
    lower_bound(&scenario, &Workload::new(&scenario, 1)).0
}

#[test]
fn page_sync_by_hand() {
    // 40,000 pages cost 80,000 points; 45,000 are left, so 35,000 points or 17,500 calls fall after 13:00.
    // The first call is at the server at 12:20:00.050, so 13:00 is 2,399,950 ms away.
    // The bucket of 100 is full then, the other 17,400 calls come at 100/s: 174,000 ms. And one round trip of 100 ms.
    assert_eq!(bound_of("page-sync"), 2_399_950 + 174_000 + 100);
}

#[test]
fn rush_by_hand() {
    // 300 at once, then 300 more each second: call 7,000 is one of the 24th batch, 23 s later. 7,000 in a minute fit.
    assert_eq!(bound_of("rush"), 23_000 + 50);
}

#[test]
fn the_closed_form_of_the_design_is_the_same_for_windows_that_begin_together() {
    // G(x) = 7000·⌊x/60⌋ + min(7000, 300·(⌊x mod 60⌋ + 1)) for 300/s and 7,000/min.
    let most = |x: u64| 7_000 * (x / 60_000) + (300 * (x % 60_000 / 1_000 + 1)).min(7_000);
    let rules: Vec<_> =
        InvocationProfile::ForgeSep2026.rules().iter().filter(|rule| rule.per != CountedPer::User).copied().collect();
    let first = Instant(60_000 * 1_000);
    for count in [1, 300, 301, 6_999, 7_000, 7_001, 14_000, 14_001, 20_000] {
        let x = last_admission(&rules, count, first).since(first).0;
        assert!(most(x) >= count, "{count} calls do not fit {x} ms");
        assert!(x == 0 || most(x - 1) < count, "{count} calls fit less than {x} ms");
    }
}

#[test]
fn a_fixed_window_that_is_nearly_over_admits_two_loads_at_once() {
    let rules =
        [WindowRule { per: CountedPer::Installation, limit: 5_000, span: Millis(60_000), shape: WindowShape::Fixed }];
    let first = Instant(59_999);
    assert_eq!(last_admission(&rules, 10_000, first).since(first), Millis(1));
}

/// The optimum by trying everything: all states that some client can be in, one millisecond after the other.
fn optimum(limits: &PointsLimits, costs: &[u32]) -> u64 {
    type State = (u32, u32, u64); // calls that remain, as a bit set; points left; thousandths of tokens
    let burst = limits.burst.expect("the search has one bucket");
    let full = u64::from(burst.capacity) * 1_000;
    let mut states: BTreeSet<State> = BTreeSet::from([((1 << costs.len()) - 1, limits.left, full)]);
    for now in 0.. {
        let mut todo: Vec<State> = states.iter().copied().collect();
        while let Some((remain, left, units)) = todo.pop() {
            for (call, cost) in costs.iter().enumerate() {
                if remain & (1 << call) != 0 && *cost <= left && units >= 1_000 {
                    let next = (remain & !(1 << call), left - cost, units - 1_000);
                    if next.0 == 0 {
                        return now;
                    }
                    if states.insert(next) {
                        todo.push(next);
                    }
                }
            }
        }
        let is_reset = (now + 1) % limits.window.0 == limits.to_reset.0 % limits.window.0;
        let refill = |units: u64| (units + u64::from(burst.per_second)).min(full);
        let step = |(remain, left, units)| (remain, if is_reset { limits.quota } else { left }, refill(units));
        states = states.into_iter().map(step).collect();
    }
    unreachable!("every call fits a window of its own")
}

#[test]
fn the_points_bound_is_never_above_the_optimum_and_mostly_equal_to_it() {
    const INSTANCES: u32 = 3_000;
    let mut rng = SplitMix64::new(20_260_202);
    let mut draw = |low: u32, high: u32| low + u32::try_from(rng.up_to(u64::from(high - low))).unwrap();
    let mut equal = 0;
    for instance in 0..INSTANCES {
        let quota = draw(4, 8);
        let window = draw(2, 9);
        let limits = PointsLimits {
            quota,
            left: draw(0, quota),
            window: Millis(window.into()),
            to_reset: Millis(draw(1, window).into()),
            burst: Some(Burst { capacity: draw(1, 4), per_second: draw(150, 1_200) }),
        };
        let costs: Vec<u32> = (0..draw(1, 6)).map(|_| draw(1, 4)).collect();
        let mut calls = BTreeMap::new();
        costs.iter().for_each(|cost| *calls.entry(*cost).or_default() += 1);
        let (bound, best) = (limits.last_admission(&calls).0, optimum(&limits, &costs));
        assert!(bound <= best, "instance {instance}: {limits:?} {costs:?}: bound {bound}, optimum {best}");
        equal += u32::from(bound == best);
    }
    println!("points: the bound is the optimum in {equal} of {INSTANCES} instances");
    assert!(equal * 10 >= INSTANCES * 9, "a bound this loose tells nothing: {equal} of {INSTANCES}");
}

/// Whether these admissions, in order, keep to the rules, by counting every window that ends with one of them.
fn keeps(rules: &[WindowRule], admitted: &[u64]) -> bool {
    rules.iter().all(|rule| {
        admitted.iter().all(|now| {
            let inside = |at: &u64| match rule.shape {
                WindowShape::Sliding => at <= now && at + rule.span.0 > *now,
                WindowShape::Fixed => at <= now && at / rule.span.0 == now / rule.span.0,
            };
            admitted.iter().filter(|at| inside(at)).count() <= rule.limit as usize
        })
    })
}

/// Whether so many more calls can be admitted until `end`.
fn fits(rules: &[WindowRule], admitted: &mut Vec<u64>, more: u32, from: u64, end: u64) -> bool {
    if more == 0 {
        return true;
    }
    (from..=end).any(|at| {
        admitted.push(at);
        let fits = keeps(rules, admitted) && fits(rules, admitted, more - 1, at, end);
        admitted.pop();
        fits
    })
}

#[test]
fn the_window_bound_is_the_optimum() {
    let mut rng = SplitMix64::new(130);
    let mut draw = |low: u32, high: u32| low + u32::try_from(rng.up_to(u64::from(high - low))).unwrap();
    for instance in 0..2_000 {
        let rules: Vec<_> = (0..draw(1, 3))
            .map(|_| WindowRule {
                per: CountedPer::Installation,
                limit: draw(1, 3),
                span: Millis(draw(1, 5).into()),
                shape: if draw(0, 1) == 0 { WindowShape::Fixed } else { WindowShape::Sliding },
            })
            .collect();
        let (count, first) = (draw(1, 5), u64::from(draw(0, 6)));
        let bound = last_admission(&rules, count.into(), Instant(first)).0;
        let best = (first..).find(|end| fits(&rules, &mut Vec::new(), count, first, *end)).unwrap();
        assert_eq!(bound, best, "instance {instance}: {rules:?}, {count} calls from {first}");
    }
}
