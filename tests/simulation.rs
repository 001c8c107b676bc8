//! What the simulation must reach, in virtual time: figures that depend on nothing but scenario, client and seed.

use headroom_host::harness;
use headroom_sim::server::Limit;
use headroom_sim::{Report, Scenario, run};
use headroom_tests::{Native, component};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

fn through_the_component(name: &str, seed: u64) -> Report {
    let scenario = Scenario::builtin(name).expect("it is built in");
    harness::run(&scenario, &component("client"), seed, None).expect("the run ends")
}

#[test]
fn page_sync_reaches_its_bound_without_a_quota_refusal() {
    for seed in [1, 2, 3] {
        let report = through_the_component("page-sync", seed);
        assert_eq!((report.done, report.lost, report.deferred), (40_000, 0, 0), "{report:?}");
        assert_eq!((report.early, report.refused_by.of(Limit::PointsQuota)), (0, 0), "{report:?}");
        assert!(report.ratio.is_some_and(|ratio| ratio <= 1.01), "{report:?}");
    }
}

#[test]
fn rush_reaches_its_bound_and_loses_nobody() {
    for seed in [1, 2, 3] {
        let report = through_the_component("rush", seed);
        assert_eq!((report.done, report.lost, report.early), (7_000, 0, 0), "{report:?}");
        assert!(report.ratio.is_some_and(|ratio| ratio <= 1.01), "{report:?}");
    }
}

/// A server with a pool and a burst, and a client that was told the quota and some pace.
#[derive(Clone, Copy, Debug)]
struct Pages {
    quota: u32,
    used: u32,
    burst: u32,
    told_burst: u32,
    count: u32,
    in_flight: u32,
    round_trip_ms: u32,
    /// Seconds since 12:00.
    start: u32,
}

impl Pages {
    fn scenario(self) -> Scenario {
        let Self { quota, used, burst, told_burst, count, in_flight, round_trip_ms, start } = self;
        let (minute, second) = (start / 60, start % 60);
        let text = format!(
            "name = \"any\"\nabout = \"Drawn.\"\nstart = \"2026-02-02T12:{minute:02}:{second:02}Z\"\nspan = \"3 d\"\n\
             round_trip = \"{round_trip_ms} ms\"\n\
             [server]\nquota = {{ points = {quota}, used_points = {used} }}\n\
             burst = {{ per_second = {burst}, capacity = {burst} }}\n\
             [[work]]\nname = \"read\"\nrequest = \"GET /wiki/rest/api/content/{{n}}\"\n\
             count = {count}\narrive = {{ backlog = {{ workers = {in_flight} }} }}\n\
             [client]\nquota_points = {quota}\nburst = {{ per_second = {told_burst}, capacity = {told_burst} }}\n"
        );
        Scenario::parse("any", &text).expect("drawn within bounds")
    }
}

fn through_the_core(scenario: &Scenario, seed: u64) -> Report {
    run(scenario, &mut |node| Box::new(Native::new(scenario, "headroom", seed, node)), seed, None)
        .expect("the run ends")
}

proptest! {
    // A failing seed is printed and kept beside this file; `PROPTEST_RNG_SEED` sets one for all.
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("proptest-regressions"))),
        ..ProptestConfig::default()
    })]

    /// One client that knows quota and burst, any server: nothing is lost, nothing is early, the wall is never hit,
    /// and all but what cannot be known in advance is as fast as can be.
    #[test]
    fn a_client_that_was_told_the_truth_is_never_refused(
        quota in 20_u32..2_000,
        used_percent in 0_u32..=100,
        burst in 1_u32..200,
        count in 1_u32..1_500,
        in_flight in 1_u32..80,
        round_trip_ms in 1_u32..400,
        start in 0_u32..3_600,
        seed: u64,
    ) {
        let used = quota * used_percent / 100;
        // 48 virtual hours are the most that a run may take.
        let count = count.min((quota / 2) * 40 + 1);
        let pages = Pages { quota, used, burst, told_burst: burst, count, in_flight, round_trip_ms, start };
        let report = through_the_core(&pages.scenario(), seed);
        prop_assert_eq!((report.lost, report.early), (0, 0), "{:?}", report);
        prop_assert!(report.finish_ms >= report.bound_ms, "faster than possible: {:?}", report);
        // Nobody told it of the points that others had used: up to one refusal for each call that was in flight
        // before the first answer came.
        let unknown = if used == 0 { 0 } else { u64::from(in_flight) };
        prop_assert!(report.refused_by.of(Limit::PointsQuota) <= unknown, "{:?}", report);
        prop_assert_eq!(report.refused_by.of(Limit::Burst), 0, "{:?}", report);
    }

    /// A client that was told a burst too high is refused, and still neither loses nor hurries anything.
    #[test]
    fn a_client_that_was_told_wrongly_still_loses_nothing(
        burst in 5_u32..100,
        too_high in 1_u32..4,
        count in 1_u32..400,
        in_flight in 1_u32..40,
        seed: u64,
    ) {
        let (told_burst, used, round_trip_ms, start) = (burst * too_high, 0, 100, 60);
        let pages = Pages { quota: 5_000, used, burst, told_burst, count, in_flight, round_trip_ms, start };
        let report = through_the_core(&pages.scenario(), seed);
        prop_assert_eq!(report.early, 0, "{:?}", report);
        prop_assert_eq!(report.lost, 0, "{:?}", report);
    }
}
