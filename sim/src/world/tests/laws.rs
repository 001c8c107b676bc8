//! What holds for every run.

use super::*;
use crate::report::{Early, Report};
use crate::run::run;
use crate::server::Limit;
use crate::strategy;

/// Everything at once: a fleet with bad clocks that crashes, chains, priorities, and faults of every kind.
const MESS: &str = "
[fleet]
nodes = 3
clock_offset = \"40 s\"
clock_drift_ppm = 500
clock_step = { after = \"10 s\", by = \"1 min\", back = true }
crash = { every = \"10 min\", down = \"20 s\", state = \"lost\" }
[[work]]
name = \"follow\"
request = \"PUT /wiki/rest/api/content/{n}\"
after = \"read\"
priority = \"interactive\"
deadline = \"5 s\"
[[work]]
name = \"people\"
request = \"GET /wiki/rest/api/content/{n}\"
tenants = 4
zipf = 1.0
users = 9
count = 40
arrive = { poisson = { calls = 5, per = \"1 s\" } }
priority = \"interactive\"
[[fault]]
name = \"late\"
on = { every = 3 }
then = { reorder = \"900 ms\" }
[[fault]]
name = \"gone\"
on = { per_mille = 50 }
then = \"drop\"
[[fault]]
name = \"twice\"
on = { every = 7 }
then = \"duplicate\"
[[fault]]
name = \"reset\"
on = { every = 11 }
then = \"reset_after_counted\"
[[fault]]
name = \"down\"
on = { per_mille = 30 }
then = { status = { code = 503, retry_after = \"1 s\" } }
";

fn mess(count: u32, workers: u32, quota: u32, burst: u32) -> Scenario {
    with(count, workers, quota, burst, MESS)
}

fn traced(scenario: &Scenario, name: &str, seed: u64) -> (Report, String) {
    let bytes = Shared::default();
    let mut make = |node| strategy::builtin(name, seed ^ u64::from(node)).unwrap();
    let report = run(scenario, &mut make, seed, Some(Box::new(bytes.clone()))).unwrap();
    let text = String::from_utf8(bytes.0.lock().unwrap().clone()).unwrap();
    (report, text)
}

fn lines(text: &str) -> Vec<Vec<&str>> {
    text.lines().skip(1).map(|line| line.split('\t').collect()).collect()
}

#[test]
fn a_trace_that_cannot_be_written_is_an_error_of_the_report() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::from(io::ErrorKind::StorageFull))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut make = |_| strategy::builtin("none", 1).unwrap();
    let ran = run(&pages(1, 1, 65_000, 100), &mut make, 1, Some(Box::new(Full)));
    assert!(matches!(ran, Err(RunError::Trace(_))), "{ran:?}");
}

#[test]
fn a_trace_has_its_header_first_and_as_many_columns_in_every_line() {
    let (_, text) = traced(&mess(300, 20, 100, 50), "exponential-full-jitter", 1);
    assert_eq!(text.lines().next(), Some(HEADER));
    assert!(text.lines().all(|line| line.split('\t').count() == HEADER.split('\t').count()));
    for event in ["start", "send", "sleep", "admit", "refuse", "answer", "fail", "fault", "finish", "crash", "restart"]
    {
        assert!(text.contains(&format!("\t{event}\t")), "no `{event}`");
    }
}

#[test]
fn the_report_is_the_sum_of_the_trace() {
    let (report, text) = traced(&mess(300, 20, 100, 50), "exponential-full-jitter", 1);
    let lines = lines(&text);
    let count = |event: &str, detail: &str| {
        lines.iter().filter(|line| line[3] == event && line[9].starts_with(detail)).count() as u64
    };
    assert_eq!((report.sent, report.early), (count("send", ""), count("send", "early")));
    assert_eq!((report.admitted, report.refused), (count("admit", ""), count("refuse", "")));
    assert_eq!((u64::from(report.done), u64::from(report.lost)), (count("finish", "done"), count("finish", "lost")));
    assert_eq!(report.refused_by.of(Limit::PointsQuota), count("refuse", "limit=points-quota"));
    assert_eq!(report.refused_by.iter().map(|(_, count)| count).sum::<u64>(), report.refused);
    let points: u64 = lines.iter().filter_map(|line| line[7].parse::<u64>().ok()).sum();
    assert_eq!(report.points_spent, points);
    assert_eq!(lines.iter().rfind(|line| line[3] == "finish").unwrap()[0], report.finish_ms.to_string());
    let series = &report.series.points;
    assert_eq!(series.iter().map(|point| point.admitted).sum::<u64>(), report.admitted);
    assert_eq!(series.iter().map(|point| point.refused).sum::<u64>(), report.refused);
}

#[test]
fn the_tunnel_is_named_as_the_culprit_in_report_json_and_trace_and_nothing_else_is() {
    let scenario = Scenario::builtin("svg-macro").unwrap();
    let (report, text) = traced(&scenario, "atlassian-docs", 1);
    assert!(report.refused > 0);
    assert_eq!(report.refused_by.to_string(), format!("tunnel-connections {}", report.refused));
    let json: serde_json::Value = serde_json::to_value(&report).unwrap();
    assert_eq!(json["refused_by"], serde_json::json!({ "tunnel-connections": report.refused }));
    let lines = lines(&text);
    let refusals: Vec<_> = lines.iter().filter(|line| line[3] == "refuse").collect();
    assert_eq!(refusals.len() as u64, report.refused);
    assert!(refusals.iter().all(|line| line[9].starts_with("limit=tunnel-connections scope=tunnel until_ms=")));
}

#[test]
fn the_first_early_sends_are_those_of_the_trace_whether_anybody_reads_it_or_not() {
    let scenario = mess(300, 20, 100, 50);
    let (report, text) = traced(&scenario, "ignore-retry-after", 1);
    let in_trace: Vec<&str> = text.lines().filter(|line| line.contains("\tearly scope=")).take(3).collect();
    let lines: Vec<&str> = report.first_early.iter().map(|early| early.line.as_str()).collect();
    assert_eq!((lines.len(), &lines), (3, &in_trace));
    for Early { time_ms, line } in &report.first_early {
        assert!(line.starts_with(&format!("{time_ms}\tignore-retry-after\t")), "{line}");
    }
    let mut make = |node| strategy::builtin("ignore-retry-after", 1 ^ u64::from(node)).unwrap();
    let untraced = run(&scenario, &mut make, 1, None).unwrap();
    assert_eq!(untraced.first_early, report.first_early);
}

#[test]
fn a_wait_ends_when_the_nodes_own_clock_shows_the_instant_unless_it_is_set_meanwhile() {
    let fleet = "[fleet]\nnodes = 2\nclock_offset = \"1 h\"\nclock_drift_ppm = 100_000\n\
                 clock_step = { after = \"1 min\", by = \"5 min\" }";
    let mut world = World::new(&with(2, 1, 65_000, 100, fleet), "test", 1, None);
    start(&mut world);
    start(&mut world);
    for (wait, shown) in [(10_000, 10_000), (55_000, 355_000)] {
        for node in 0..2 {
            let before = world.clock(node);
            let timer = world.sleep_until(node, before + Millis(wait));
            assert_eq!(world.next_event(), Some(Event::Wake { node, timer }));
            let passed = world.clock(node).since(before).0;
            // Node 1 begins its first wait at 9 s and its second at 80 s, after the step.
            let is_stepped = world.now().since(world.scenario.start).0 >= 60_000 && (node, wait) == (0, 55_000);
            let want = if is_stepped { shown } else { wait };
            assert!((want..want + 2).contains(&passed), "node {node} waited {passed} for {wait}");
        }
    }
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn the_same_seed_gives_the_same_trace_byte_for_byte(seed: u64) {
        for (scenario, name) in [
            (mess(100, 8, 200, 30), "exponential-full-jitter"),
            (pages(150, 20, 200, 30), "atlassian-docs"),
            (users(400, "forge-rfc130", "user"), "rfc130-sample"),
        ] {
            let (first, second) = (traced(&scenario, name, seed), traced(&scenario, name, seed));
            prop_assert_eq!(first, second);
        }
    }

    #[test]
    fn every_job_ends_exactly_once_whatever_goes_wrong(
        seed: u64, count in 1_u32..60, workers in 1_u32..9, quota in 60_u32..200, burst in 1_u32..30, name in 0_usize..8
    ) {
        let scenario = mess(count, workers, quota, burst);
        let name = strategy::NAMES[name];
        let (report, text) = traced(&scenario, name, seed);
        let jobs = Workload::new(&scenario, seed).jobs();
        prop_assert_eq!(report.done + report.lost + report.deferred + report.unstarted, jobs);
        let mut ended: Vec<u32> =
            lines(&text).iter().filter(|line| line[3] == "finish").map(|line| line[4].parse().unwrap()).collect();
        ended.sort_unstable();
        prop_assert_eq!(ended, (0..jobs).collect::<Vec<_>>());
    }

    #[test]
    fn a_crash_loses_no_job(seed: u64, count in 1_u32..80, workers in 1_u32..9, nodes in 1_u32..5, down in 1_u32..900) {
        let fleet = format!("[fleet]\nnodes = {nodes}\ncrash = {{ every = \"1 s\", down = \"{down} ms\" }}");
        let (report, _) = traced(&with(count, workers, 65_000, 1_000, &fleet), "fixed-60s", seed);
        prop_assert_eq!((report.done, report.lost), (count, 0));
        prop_assert!(report.sent >= u64::from(count));
    }

    #[test]
    fn a_clock_never_changes_what_the_server_does_with_the_same_arrivals(
        seed: u64, offset in 0_u32..5_000, drift in 0_u32..100_000, step in 0_u32..5_000
    ) {
        let right = with(80, 3, 100, 20, "[fleet]\nnodes = 3");
        let clocks = format!(
            "[fleet]\nnodes = 3\nclock_offset = \"{offset} s\"\nclock_drift_ppm = {drift}\n\
             clock_step = {{ after = \"1 s\", by = \"{step} s\" }}"
        );
        let wrong = with(80, 3, 100, 20, &clocks);
        // Without a wait and without a look at the clock, what is sent is the same.
        prop_assert_eq!(traced(&right, "none", seed), traced(&wrong, "none", seed));
    }

    #[test]
    fn points_are_conserved_where_nothing_goes_wrong(
        seed: u64, count in 1_u32..80, workers in 1_u32..20, quota in 2_u32..200, burst in 1_u32..30
    ) {
        let (report, _) = traced(&pages(count, workers, quota, burst), "atlassian-docs", seed);
        prop_assert_eq!(report.points_spent, 2 * u64::from(report.done));
        prop_assert_eq!(report.sent - report.refused, u64::from(report.done));
        prop_assert_eq!((report.admitted, report.failed), (u64::from(report.done), 0));
    }

    #[test]
    fn no_client_that_does_all_is_faster_than_the_bound(
        seed: u64, count in 1_u32..60, workers in 1_u32..60, quota in 20_u32..200, burst in 1_u32..60
    ) {
        let (report, _) = traced(&pages(count, workers, quota, burst), "atlassian-docs", seed);
        prop_assume!(report.done == count);
        prop_assert!(report.finish_ms >= report.bound_ms, "{report:?}");
    }

    #[test]
    fn no_crowd_that_gets_in_is_faster_than_the_bound(seed: u64, count in 1_u32..900, profile in 0_usize..3) {
        let profile = headroom_model::profile::InvocationProfile::ALL[profile].name();
        let (report, _) = traced(&users(count, profile, "user"), "rfc130-sample", seed);
        prop_assert_eq!(report.ratio.is_some(), report.done == count);
        prop_assert!(report.done < count || report.finish_ms >= report.bound_ms, "{report:?}");
    }
}
