//! Many nodes, clocks that are wrong, crashes, strangers: the component through the harness, and the core beside it.

use crate::{SEEDS, assert_alike, assert_same, client};
use headroom_host::harness::Harness;
use headroom_sim::scenario::FleetSpec;
use headroom_sim::{Report, Scenario};
use headroom_tests::component;

/// So many pages for 3 nodes against a burst of 10 per second; `fleet` goes into its table.
fn scenario(start: &str, points: u32, count: u32, fleet: &str) -> Scenario {
    let text = format!(
        "name = \"fleet\"\nabout = \"Three nodes.\"\nstart = \"{start}\"\n[server]\n\
         quota = {{ points = {points} }}\nburst = {{ per_second = 10, capacity = 10 }}\n\
         [[work]]\nname = \"read\"\nrequest = \"GET /wiki/rest/api/content/{{n}}\"\ncount = {count}\n\
         arrive = {{ backlog = {{ workers = 5 }} }}\n\
         [client]\nburst = {{ per_second = 10, capacity = 10 }}\n[fleet]\nnodes = 3\n{fleet}\n"
    );
    Scenario::parse("fleet", &text).expect("it is a scenario")
}

/// A minute's work.
fn pages(fleet: &str) -> Scenario {
    scenario("2026-02-02T12:20:00Z", 65_000, 600, fleet)
}

/// An hour holds 50 pages and nobody was told so; half a minute before its end nodes crash while they wait for the next.
fn wall(state: &str) -> Scenario {
    scenario("2026-02-02T12:59:30Z", 100, 90, &crash(state))
}

const CLOCKS: &str = "clock_offset = \"10 s\"\nclock_drift_ppm = 500";
const STEP: &str = "clock_step = { after = \"20 s\", by = \"5 min\", back = true }";

fn crash(state: &str) -> String {
    format!("crash = {{ every = \"25 s\", down = \"3 s\", state = \"{state}\" }}")
}

/// 50 users of one installation who ask 400 times within a second; 300 are admitted.
fn strangers() -> Scenario {
    let text = "name = \"strangers\"\nabout = \"Each alone.\"\nstart = \"2026-04-14T09:00:00Z\"\nround_trip = \"50 ms\"\n\
                [server]\ninvocations = { profile = \"forge-rfc130\" }\n\
                [fleet]\neach = \"user\"\n[[work]]\nname = \"open\"\ninvoke = \"f\"\nusers = 50\ncount = 400\n\
                arrive = { within = \"1 s\" }\npriority = \"interactive\"\n[client]\ninvocations = \"forge-rfc130\"\n";
    Scenario::parse("strangers", text).expect("it is a scenario")
}

fn harness() -> Harness {
    Harness::new(&component("client")).expect("the client compiles")
}

fn report(scenario: &Scenario, harness: &Harness) -> Report {
    harness.run(scenario, 1, None).expect("the run ends")
}

#[test]
fn a_fleet_with_wrong_clocks_that_crashes_loses_nothing_and_breaks_no_promise() {
    let harness = harness();
    for state in ["saved", "lost"] {
        let scenario = pages(&[CLOCKS, STEP, &crash(state)].join("\n"));
        let report = report(&scenario, &harness);
        assert_eq!((report.done, report.lost, report.deferred, report.early), (600, 0, 0, 0), "{state}: {report:?}");
        assert!(report.sent > 600, "a crash takes calls with it, which are made again: {report:?}");
        let trace = client(&scenario, &harness, 1);
        assert_same(&trace, &client(&scenario, &harness, 1), state);
        assert!(["crash", "restart"].iter().all(|event| trace.contains(event)), "{state}");
    }
}

#[test]
fn a_fleet_gives_the_same_trace_on_the_core() {
    let crashes = ["saved", "lost"].map(|state| [pages(&[CLOCKS, &crash(state)].join("\n")), wall(state)]);
    assert_alike(&[vec![pages(""), pages(CLOCKS), strangers()], crashes.concat()].concat(), &SEEDS);
}

#[test]
fn what_an_instance_knew_is_only_found_again_where_the_scenario_keeps_it() {
    let harness = harness();
    let [saved, lost] = ["saved", "lost"].map(|state| report(&wall(state), &harness));
    assert_eq!([saved.done, lost.done, saved.lost + lost.lost], [90, 90, 0], "{saved:?}, {lost:?}");
    assert_eq!(saved.early + lost.early, 0, "who has forgotten a promise cannot break it");
    assert!(saved.refused < lost.refused, "{} of those who remember, {}", saved.refused, lost.refused);
}

#[test]
fn strangers_have_a_client_each_and_do_not_hear_of_each_other() {
    let harness = harness();
    let scenario = strangers();
    let report = report(&scenario, &harness);
    assert_eq!((report.done, report.early), (400, 0), "{report:?}");
    let mut together = scenario;
    together.fleet = FleetSpec::default();
    let shared = harness.run(&together, 1, None).expect("the run ends");
    assert!(report.refused > 0 && shared.refused == 0, "{} of strangers, {}", report.refused, shared.refused);
}

#[test]
fn a_wall_clock_that_is_set_changes_nothing_of_a_run() {
    // An instance reads the wall clock once and counts from there.
    let harness = harness();
    assert_same(&client(&pages(""), &harness, 1), &client(&pages(STEP), &harness, 1), "with a step");
}

#[test]
fn page_sync_and_rush_are_done_as_soon_as_can_be() {
    let harness = harness();
    for (name, done, refused, ratio) in [("page-sync", 40_000, 0, 1.000_019), ("rush", 7_000, 0, 1.000_607)] {
        let report = report(&Scenario::builtin(name).expect("it is built in"), &harness);
        assert_eq!((report.done, report.refused, report.early), (done, refused, 0), "{name}: {report:?}");
        assert_eq!(report.ratio, Some(ratio), "{name}");
    }
}
