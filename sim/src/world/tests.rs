//! The world as its drivers see it.

use super::*;
use crate::run::run;
use crate::strategy;
use crate::trace::HEADER;
use headroom_model::operation::Request;
use headroom_model::time::Millis;
use proptest::{prop_assert, prop_assert_eq, prop_assume, proptest};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

fn pages(count: u32, in_flight: u32, quota: u32, burst: u32) -> Scenario {
    let text = format!(
        "name = \"t\"\nabout = \"t\"\nstart = \"2026-02-02T12:59:50Z\"\nround_trip_ms = 100\n[server]\nquota_points = {quota}\n\
         used_points = 0\nburst_per_second = {burst}\nburst_capacity = {burst}\n[work]\ncount = {count}\nin_flight = {in_flight}\n"
    );
    Scenario::parse("test", &text).unwrap_or_else(|error| panic!("{error}"))
}

fn users(users: u32, profile: &str) -> Scenario {
    let text = format!(
        "name = \"t\"\nabout = \"t\"\nstart = \"2026-02-02T12:59:50Z\"\nround_trip_ms = 51\n[server]\ninvocations = \"{profile}\"\n\
         [work]\nusers = {users}\narrive_over_ms = 1_000\n"
    );
    Scenario::parse("test", &text).unwrap_or_else(|error| panic!("{error}"))
}

/// Bytes that can be read after the world has gone.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn traced(scenario: &Scenario, name: &str, seed: u64) -> (Report, String) {
    let bytes = Shared::default();
    let mut strategy = strategy::builtin(name, seed).unwrap();
    let report = run(scenario, strategy.as_mut(), false, seed, Some(Box::new(bytes.clone()))).unwrap();
    let text = String::from_utf8(bytes.0.lock().unwrap().clone()).unwrap();
    (report, text)
}

fn send(world: &mut World, job: JobId, attempt: u32) {
    let operation = world.scenario().operation(job);
    world.send(job, attempt, &operation);
}

#[test]
fn a_world_can_be_sent_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<World>();
}

#[test]
fn an_answer_takes_one_round_trip_even_an_odd_one() {
    let scenario = users(1, "forge-rfc130");
    let mut world = World::new(&scenario, "test", false, 1, None);
    let Some(Event::Start(job)) = world.next_event() else { panic!("the first event is a start") };
    let sent = world.now();
    send(&mut world, job, 1);
    assert!(matches!(world.next_event(), Some(Event::Answer { attempt: 1, .. })));
    assert_eq!(world.now().since(sent), Millis(51));
}

#[test]
fn never_more_jobs_are_open_than_workers_and_a_free_one_goes_on_at_once() {
    let mut world = World::new(&pages(5, 2, 65_000, 100), "test", true, 1, None);
    assert_eq!(world.next_event(), Some(Event::Start(JobId(0))));
    assert_eq!(world.next_event(), Some(Event::Start(JobId(1))));
    let timer = world.sleep_until(world.now() + Millis(7));
    assert_eq!(world.next_event(), Some(Event::Wake(timer)));
    let then = world.now();
    world.finish(JobId(1), Ending::Done);
    assert_eq!((world.next_event(), world.now()), (Some(Event::Start(JobId(2))), then));
}

#[test]
fn a_wait_until_the_past_ends_now_and_after_what_was_caused_before_it() {
    let mut world = World::new(&pages(1, 1, 65_000, 100), "test", true, 1, None);
    world.next_event();
    let now = world.now();
    let (first, second) = (world.sleep_until(now), world.sleep_until(Instant(5)));
    assert_eq!([world.next_event(), world.next_event()], [first, second].map(|timer| Some(Event::Wake(timer))));
    assert_eq!(world.now(), now);
}

#[test]
fn a_send_before_the_promised_instant_is_early_for_whoever_heard_of_it() {
    // Burst 1: the second call is refused at 50 ms until 1,050 ms; the client hears of it at 100 ms.
    let mut world = World::new(&pages(3, 3, 65_000, 1), "test", true, 1, None);
    for job in 0..3 {
        assert_eq!(world.next_event(), Some(Event::Start(JobId(job))));
    }
    send(&mut world, JobId(0), 1);
    send(&mut world, JobId(1), 1);
    world.next_event();
    assert!(matches!(world.next_event(), Some(Event::Answer { job: JobId(1), .. })));
    let early = |world: &World| world.report.early;
    assert_eq!(early(&world), 0, "nobody knew before the answer came");
    send(&mut world, JobId(2), 1);
    assert_eq!(early(&world), 1, "another job of the same client and tenant");
    world.send(JobId(2), 2, &Operation::Rest(Request::get("other", "/wiki/rest/api/content/100002")));
    assert_eq!(early(&world), 1, "another tenant has another bucket");
    // Job 2 was refused at 150 ms in turn, and told 1,150 ms.
    for (ms, want) in [(1_149, 2), (1_150, 2)] {
        let timer = world.sleep_until(world.scenario.start + Millis(ms));
        while world.next_event() != Some(Event::Wake(timer)) {}
        send(&mut world, JobId(1), 2);
        assert_eq!(early(&world), want, "at {ms} ms");
    }
}

#[test]
fn strangers_do_not_hear_of_each_others_refusals_but_a_shared_client_does() {
    for (shared_client, want) in [(false, 0), (true, 1)] {
        let scenario = users(301, "forge-rfc130");
        let mut world = World::new(&scenario, "test", shared_client, 1, None);
        for _ in 0..301 {
            assert!(matches!(world.next_event(), Some(Event::Start(_))));
        }
        (0..301).for_each(|job| send(&mut world, JobId(job), 1));
        for _ in 0..301 {
            assert!(matches!(world.next_event(), Some(Event::Answer { .. })));
        }
        send(&mut world, JobId(0), 2);
        assert_eq!(world.report.early, want, "shared: {shared_client}");
    }
}

#[test]
fn a_forgotten_job_a_job_finished_twice_and_a_run_without_end_are_errors() {
    let mut forgotten = World::new(&pages(2, 2, 65_000, 100), "test", true, 1, None);
    while forgotten.next_event().is_some() {}
    assert!(matches!(forgotten.report(), Err(RunError::Stalled(2))));

    let mut twice = World::new(&pages(2, 2, 65_000, 100), "test", true, 1, None);
    twice.next_event();
    twice.finish(JobId(0), Ending::Done);
    twice.finish(JobId(0), Ending::Done);
    assert_eq!(twice.next_event(), None);
    assert!(matches!(twice.report(), Err(RunError::NotOpen(JobId(0)))));

    let mut long = World::new(&pages(1, 1, 65_000, 100), "test", true, 1, None);
    long.next_event();
    long.sleep_until(long.now() + LONGEST + Millis(1));
    assert_eq!(long.next_event(), None);
    assert!(matches!(long.report(), Err(RunError::TooLong)));

    let mut circles = World::new(&pages(1, 1, 65_000, 100), "test", true, 1, None);
    while circles.next_event().is_some() {
        circles.sleep_until(circles.now());
    }
    assert!(matches!(circles.report(), Err(RunError::TooManyEvents(_))));
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
    let mut strategy = strategy::builtin("none", 1).unwrap();
    let ran = run(&pages(1, 1, 65_000, 100), strategy.as_mut(), false, 1, Some(Box::new(Full)));
    assert!(matches!(ran, Err(RunError::Trace(_))), "{ran:?}");
}

#[test]
fn a_trace_has_its_header_first_and_as_many_columns_in_every_line() {
    let (_, text) = traced(&pages(300, 50, 100, 100), "atlassian-docs", 1);
    assert_eq!(text.lines().next(), Some(HEADER));
    assert!(text.lines().all(|line| line.split('\t').count() == HEADER.split('\t').count()));
    for event in ["start", "send", "sleep", "admit", "refuse", "answer", "finish"] {
        assert!(text.contains(&format!("\tatlassian-docs\t{event}\t")), "no `{event}`");
    }
}

#[test]
fn the_report_is_the_sum_of_the_trace() {
    let (report, text) = traced(&pages(300, 50, 100, 100), "atlassian-docs", 1);
    let lines: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    let count = |event: &str, detail: &str| {
        lines.iter().filter(|line| line[2] == event && line[8].starts_with(detail)).count() as u64
    };
    assert_eq!(
        (report.sent, report.refused, report.early),
        (count("send", ""), count("refuse", ""), count("send", "early"))
    );
    assert_eq!((u64::from(report.done), u64::from(report.lost)), (count("finish", "done"), count("finish", "lost")));
    assert_eq!(report.refused_by.points_quota, count("refuse", "limit=points-quota"));
    let points: u64 = lines.iter().filter_map(|line| line[6].parse::<u64>().ok()).sum();
    assert_eq!(report.points_spent, points);
    assert_eq!(lines.last().unwrap()[0], report.finish_ms.to_string());
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn the_same_seed_gives_the_same_trace_byte_for_byte(seed: u64) {
        for (scenario, name) in [(pages(150, 20, 200, 30), "atlassian-docs"), (users(400, "forge-rfc130"), "rfc130-sample")] {
            let (first, second) = (traced(&scenario, name, seed), traced(&scenario, name, seed));
            prop_assert_eq!(first, second);
        }
    }

    #[test]
    fn every_job_ends_once_and_points_are_conserved(
        seed: u64, count in 1_u32..80, in_flight in 1_u32..20, quota in 2_u32..200, burst in 1_u32..30
    ) {
        let (report, _) = traced(&pages(count, in_flight, quota, burst), "atlassian-docs", seed);
        prop_assert_eq!(report.done + report.lost + report.deferred, count);
        prop_assert_eq!(report.points_spent, 2 * u64::from(report.done));
        prop_assert_eq!(report.sent - report.refused, u64::from(report.done));
    }

    #[test]
    fn no_client_that_does_all_is_faster_than_the_bound(
        seed: u64, count in 1_u32..60, in_flight in 1_u32..60, quota in 20_u32..200, burst in 1_u32..60
    ) {
        let (report, _) = traced(&pages(count, in_flight, quota, burst), "atlassian-docs", seed);
        prop_assume!(report.done == count);
        prop_assert!(report.finish_ms >= report.bound_ms, "{report:?}");
    }

    #[test]
    fn no_crowd_that_gets_in_is_faster_than_the_bound(seed: u64, count in 1_u32..900, profile in 0_usize..3) {
        let profile = headroom_model::profile::InvocationProfile::ALL[profile].name();
        let (report, _) = traced(&users(count, profile), "rfc130-sample", seed);
        prop_assert_eq!(report.ratio.is_some(), report.done == count);
        prop_assert!(report.done < count || report.finish_ms >= report.bound_ms, "{report:?}");
    }
}
