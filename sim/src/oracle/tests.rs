//! The bound against figures worked out by hand, and that of windows against exhaustive search.

use super::window::last_admission;
use super::*;
use crate::run;
use crate::strategy::NoRetry;
use headroom_model::profile::{CountedPer, InvocationProfile, WindowShape};
use headroom_model::rng::SplitMix64;
use proptest::{prop_assert_eq, proptest};

fn bound_of(name: &str) -> u64 {
    let (base, variant) = name.split_once('/').unwrap_or((name, ""));
    let scenario = Scenario::builtin(base).unwrap();
    let variant = scenario.variants().into_iter().find(|(name, _)| name == variant);
    let scenario = variant.map_or(scenario, |(_, variant)| variant);
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
fn tier_change_by_hand() {
    // 130,000 pages cost 260,000 points. The first hour gives 65,000, and 35,000 more when the quota grows in it, the
    // second 100,000: 60,000 points or 30,000 calls fall after 14:00, 6,899,950 ms after the first arrival.
    assert_eq!(bound_of("tier-change"), 6_899_950 + 299_000 + 100);
    // 100,000 pass before the quota falls, then 65,000 an hour: 30,000 points or 15,000 calls fall after 15:00.
    assert_eq!(bound_of("tier-change/down"), 10_499_950 + 149_000 + 100);
}

#[test]
fn by_a_reset_the_optimum_has_spent_what_was_there_and_no_more_than_the_pool() {
    let optimum = |name: &str| {
        let scenario = Scenario::builtin(name).unwrap();
        Optimum::of(&scenario, &Workload::new(&scenario, 1)).by_reset.into_values().collect::<Vec<_>>()
    };
    let most = |points, is_held_back| Most { points, is_held_back };
    // 160,000 points, of which the first hour gives 45,000 and each other 65,000.
    assert_eq!(optimum("top-of-hour"), [most(45_000, true), most(110_000, true), most(160_000, false)]);
    let tunnel = optimum("svg-macro");
    assert!(tunnel.iter().all(|most| !most.is_held_back), "the pool holds nothing back: {tunnel:?}");
    assert_eq!(tunnel.last().unwrap().points, 30 * 2 + 720 * 2);
}

#[test]
fn what_comes_after_a_reset_is_not_there_by_it() {
    // Ten a minute for two days: the span is cut into parts of 168 s, and none of them crosses a reset.
    let text = "name = \"t\"\nabout = \"t\"\nstart = \"2026-02-02T12:20:01Z\"\nspan = \"2 d\"\n[server]\nquota = {}\n[[work]]\n\
                name = \"w\"\nrequest = \"GET /wiki/rest/api/content/{n}\"\ncount = 1\narrive = { every = \"6 s\" }\n";
    let scenario = Scenario::parse("t", text).unwrap();
    let by_reset = Optimum::of(&scenario, &Workload::new(&scenario, 1)).by_reset;
    for (reset, most) in by_reset.iter().take(47) {
        let there = (reset.since(scenario.start).0 - 50).div_ceil(6_000);
        assert_eq!(most.points, 2 * there, "by {reset:?}");
    }
    assert!(by_reset.len() >= 47);
}

proptest! {
    /// The span is short enough for instants to be told apart by the millisecond.
    #[test]
    fn each_link_of_a_chain_takes_one_round_trip_and_a_client_can_be_as_fast(links in 1_u64..=6, round_trip in 1_u64..=300) {
        let mut text = format!(
            "name = \"t\"\nabout = \"t\"\nstart = \"2026-02-02T12:20:00Z\"\nspan = \"2 s\"\nround_trip = \"{round_trip} ms\"\n\
             [server]\nquota = {{}}\n"
        );
        for link in 1..=links {
            let begins = match link {
                1 => "count = 2\narrive = \"at_once\"".to_owned(),
                _ => format!("after = \"{}\"\ntimes = 2", link - 1),
            };
            text += &format!("[[work]]\nname = \"{link}\"\nrequest = \"GET /wiki/rest/api/content/{{n}}\"\n{begins}\n");
        }
        let scenario = Scenario::parse("t", &text).unwrap();
        prop_assert_eq!(lower_bound(&scenario, &Workload::new(&scenario, 1)).0, links * round_trip);
        let report = run(&scenario, &mut |_| Box::new(NoRetry), 1, None).unwrap();
        prop_assert_eq!((report.done, report.finish_ms), (2_u32.pow(links as u32 + 1) - 2, links * round_trip));
    }
}

#[test]
fn one_account_takes_as_long_as_its_own_share_lasts() {
    // 70,000 at 1,200 a minute: the last 400 come 58 minutes after the first minute, which began at 09:00.
    let bound = bound_of("compromised-user/current");
    assert_eq!(bound, 58 * 60_000 + 25);
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
    let rules = InvocationProfile::ForgeSep2026.rules().iter().filter(|rule| rule.per != CountedPer::User);
    let rules: Vec<_> = rules.map(|rule| Window { limit: rule.limit, span: rule.span, shape: rule.shape }).collect();
    let first = Instant(60_000 * 1_000);
    for count in [1, 300, 301, 6_999, 7_000, 7_001, 14_000, 14_001, 20_000] {
        let x = last_admission(&rules, count, first).since(first).0;
        assert!(most(x) >= count, "{count} calls do not fit {x} ms");
        assert!(x == 0 || most(x - 1) < count, "{count} calls fit less than {x} ms");
    }
}

#[test]
fn a_fixed_window_that_is_nearly_over_admits_two_loads_at_once() {
    let rules = [Window { limit: 5_000, span: Millis(60_000), shape: WindowShape::Fixed }];
    let first = Instant(59_999);
    assert_eq!(last_admission(&rules, 10_000, first).since(first), Millis(1));
}

/// Whether these admissions, in order, keep to the rules, by counting every window that ends with one of them.
fn keeps(rules: &[Window], admitted: &[u64]) -> bool {
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
fn fits(rules: &[Window], admitted: &mut Vec<u64>, more: u32, from: u64, end: u64) -> bool {
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
            .map(|_| Window {
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
