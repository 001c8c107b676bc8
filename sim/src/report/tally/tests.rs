//! The figures against ones worked out by hand.

use super::*;
use headroom_model::time::Millis;

/// 12:59:50: ten seconds to the reset.
const START: Instant = Instant(1_770_037_190_000);

/// The optimum at the resets: so many points, and whether work was held back.
fn tally(by_reset: &[(u64, bool)]) -> Tally {
    let by_reset = (0_u32..).zip(by_reset).map(|(hour, (points, is_held_back))| {
        let reset = START.next_hour() + Millis(HOUR.0 * u64::from(hour));
        (reset, Most { points: *points, is_held_back: *is_held_back })
    });
    let ground = Ground { start: START, by_reset: by_reset.collect(), burst_per_second: Some(4) };
    Tally::new("test", 1_000, 2, ground)
}

fn at(ms: u64) -> Instant {
    START + Millis(ms)
}

fn name(tenant: u32) -> &'static str {
    ["a", "b"][tenant as usize]
}

fn call(tally: &mut Tally, tenant: u32, ms: u64, points: u32) {
    tally.arrived(tenant, at(ms));
    tally.admitted(tenant, points, false, Some(7), at(ms));
}

#[test]
fn a_herd_is_what_one_tenant_sends_in_the_first_second_of_an_hour_that_began_in_the_run() {
    let mut tally = tally(&[(100, false)]);
    (0..9).for_each(|ms| tally.arrived(0, at(ms)));
    // The reset is at 10,000 ms.
    for ms in [9_999, 10_000, 10_400, 10_999, 11_000] {
        tally.arrived(0, at(ms));
    }
    tally.arrived(1, at(10_000));
    (0..2).for_each(|ms| tally.arrived(0, at(3_610_000 + ms)));
    assert_eq!(tally.finish(1, at(3_700_000), name).herd, Some(0.75), "3 of tenant a at 4 per second");
}

#[test]
fn utilisation_is_of_what_the_optimum_has_spent_by_the_last_reset_that_held_work_back() {
    let hours = [(70, true), (170, true), (190, false), (200, false)];
    let mut first = tally(&hours);
    call(&mut first, 0, 5, 35);
    assert_eq!(first.finish(1, at(9_999), name).utilisation, None, "no hour ended");
    let mut two = tally(&hours);
    call(&mut two, 0, 5, 35);
    call(&mut two, 1, 10_000, 50);
    call(&mut two, 1, 3_610_000, 99);
    let report = two.clone().finish(1, at(3_610_001), name);
    assert_eq!((report.utilisation, report.points_spent), (Some(0.5), 184), "85 of 170");
    assert_eq!(two.finish(1, at(90_000_000), name).utilisation, Some(0.5), "what is done later makes up for nothing");
}

#[test]
fn where_nothing_is_held_back_utilisation_is_that_of_the_last_reset() {
    let hours = [(40, false), (80, false)];
    let mut slow = tally(&hours);
    call(&mut slow, 0, 5, 10);
    call(&mut slow, 0, 10_000, 30);
    assert_eq!(slow.clone().finish(1, at(3_609_999), name).utilisation, Some(0.25));
    assert_eq!(slow.clone().finish(1, at(3_610_000), name).utilisation, Some(0.5));
    call(&mut slow, 0, 7_000_000, 40);
    assert_eq!(slow.finish(1, at(90_000_000), name).utilisation, Some(1.0));
    assert_eq!(tally(&[]).finish(1, at(3_610_000), name).utilisation, None, "no pool");
    assert_eq!(tally(&[(0, true)]).finish(1, at(10_000), name).utilisation, None, "nothing to be had");
}

#[test]
fn a_job_that_is_done_again_is_charged_but_uses_nothing() {
    let mut tally = tally(&[(100, true)]);
    call(&mut tally, 0, 5, 50);
    tally.admitted(0, 50, true, None, at(6));
    let report = tally.finish(1, at(10_000), name);
    assert_eq!((report.utilisation, report.points_spent), (Some(0.5), 100));
}

#[test]
fn what_waits_at_the_end_of_an_hour_was_asked_for_in_it() {
    let mut tally = tally(&[(100, false)]);
    (0..10).for_each(|_| tally.opened(1, false, at(1)));
    (0..9).for_each(|_| call(&mut tally, 0, 1, 10));
    call(&mut tally, 1, 2, 10);
    tally.closed(1, false, None);
    call(&mut tally, 0, 10_000, 10);
    // Until 13:00 b got 10 and waits for nine of 10 each: 100. a got 90. Of 100 each could have 50. In the next hour
    // less is asked for, so it is not the busiest.
    assert_eq!(tally.finish(1, at(10_001), name).unfairness, 0.8);
}

#[test]
fn quotients_waits_and_shares_are_those_of_the_run() {
    let mut tally = tally(&[(100, false)]);
    (1..=200).for_each(|ms| {
        tally.opened(0, true, at(ms));
        tally.closed(0, true, Some(ms));
    });
    call(&mut tally, 1, 300, 4);
    call(&mut tally, 0, 300, 1);
    tally.refused(Limit::Burst, Some(3), at(1_200));
    tally.report.sent = 3;
    let report = tally.finish(1, at(1_200), name);
    assert_eq!((report.waste, report.sent_per_admitted), (Some(0.5), Some(1.5)));
    assert_eq!(report.interactive_wait_p99_ms, Some(198));
    let shares: Vec<_> = report.series.shares.iter().map(|share| (share.tenant.as_str(), share.got)).collect();
    assert_eq!(shares, [("b", 4), ("a", 1)]);
    let [first, second] = report.series.points[..] else { panic!("{:?}", report.series) };
    assert_eq!((first.left, first.admitted, first.refused, first.waiting), (Some(7), 2, 0, 1));
    assert_eq!((second.left, second.admitted, second.refused, second.waiting), (Some(3), 0, 1, 0));
}
