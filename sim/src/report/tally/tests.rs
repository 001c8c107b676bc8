//! The figures against ones worked out by hand.

use super::*;
use headroom_model::time::Millis;

/// 12:59:50: ten seconds to the reset.
const START: Instant = Instant(1_770_037_190_000);

fn tally(points_per_hour: Option<u64>) -> Tally {
    let ground = Ground { start: START, points_per_hour, used: 30, burst_per_second: Some(4) };
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
    tally.admitted(tenant, points, Some(7), at(ms));
}

#[test]
fn a_herd_is_what_one_tenant_sends_in_the_first_second_of_an_hour_that_began_in_the_run() {
    let mut tally = tally(Some(100));
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
fn utilisation_is_of_the_hours_that_ended_and_the_first_has_what_others_left() {
    let mut first = tally(Some(100));
    call(&mut first, 0, 5, 35);
    assert_eq!(first.finish(1, at(9_999), name).utilisation, None, "no hour ended");
    let mut two = tally(Some(100));
    call(&mut two, 0, 5, 35);
    call(&mut two, 1, 10_000, 50);
    call(&mut two, 1, 3_610_000, 99);
    let report = two.finish(1, at(3_610_001), name);
    // 35 of 70 and 50 of 100; what the third hour gave does not count.
    assert_eq!((report.utilisation, report.points_spent), (Some(0.5), 184));
    let mut idle = tally(Some(100));
    call(&mut idle, 0, 5, 70);
    assert_eq!(idle.finish(1, at(3_610_000), name).utilisation, Some(0.411764), "70 of 170");
    assert_eq!(tally(None).finish(1, at(3_610_000), name).utilisation, None, "no pool");
}

#[test]
fn what_waits_at_the_end_of_an_hour_was_asked_for_in_it() {
    let mut tally = tally(Some(100));
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
    let mut tally = tally(Some(100));
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
