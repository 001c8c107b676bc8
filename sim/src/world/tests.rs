//! The world as its drivers see it.

use super::*;
use crate::trace::HEADER;
use headroom_model::time::HOUR;
use proptest::{prop_assert, prop_assert_eq, prop_assume, proptest};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

mod bound;
mod laws;

/// A scenario of pages with these lines besides; `work` goes into its table of work.
fn pages(count: u32, workers: u32, quota: u32, burst: u32) -> Scenario {
    with(count, workers, quota, burst, "")
}

fn with(count: u32, workers: u32, quota: u32, burst: u32, rest: &str) -> Scenario {
    let text = format!(
        "name = \"t\"\nabout = \"t\"\nstart = \"2026-02-02T12:59:50Z\"\nround_trip = \"100 ms\"\n[server]\n\
         quota = {{ points = {quota} }}\nburst = {{ per_second = {burst}, capacity = {burst} }}\n\
         [[work]]\nname = \"read\"\nrequest = \"GET /wiki/rest/api/content/{{n}}\"\ncount = {count}\n\
         arrive = {{ backlog = {{ workers = {workers} }} }}\n{rest}\n"
    );
    Scenario::parse("test", &text).unwrap_or_else(|error| panic!("{error}"))
}

fn users(users: u32, profile: &str, each: &str) -> Scenario {
    let text = format!(
        "name = \"t\"\nabout = \"t\"\nstart = \"2026-02-02T12:59:50Z\"\nround_trip = \"51 ms\"\n[server]\n\
         invocations = {{ profile = \"{profile}\" }}\n[fleet]\neach = \"{each}\"\n[[work]]\nname = \"open\"\ninvoke = \"f\"\n\
         users = {users}\ncount = {users}\narrive = {{ within = \"1 s\" }}\n"
    );
    Scenario::parse("test", &text).unwrap_or_else(|error| panic!("{error}"))
}

#[derive(serde::Deserialize)]
struct Works {
    work: Vec<toml::Spanned<crate::scenario::WorkSpec>>,
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

fn start(world: &mut World) -> JobId {
    match world.next_event() {
        Some(Event::Start { job, .. }) => job,
        other => panic!("not a start: {other:?}"),
    }
}

/// The server did it, and the client says so.
fn done(world: &mut World, job: JobId) {
    world.jobs[job.0 as usize].is_served = true;
    world.finish(job, Ending::Done);
}

fn is_answer(event: Option<&Event>, of: JobId) -> bool {
    matches!(event, Some(Event::Answer { job, .. }) if *job == of)
}

#[test]
fn a_world_can_be_sent_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<World>();
}

#[test]
fn what_is_kept_for_a_job_and_for_an_event_is_small() {
    assert!(size_of::<Job>() <= 16 && size_of::<What>() <= 24);
}

#[test]
fn an_answer_takes_one_round_trip_even_an_odd_one() {
    let mut world = World::new(&users(1, "forge-rfc130", "user"), "test", 1, None);
    let job = start(&mut world);
    let sent = world.now();
    world.send(job, 1);
    assert!(matches!(world.next_event(), Some(Event::Answer { attempt: 1, result: Ok(_), .. })));
    assert_eq!(world.now().since(sent), Millis(51));
}

#[test]
fn never_more_jobs_are_open_than_workers_and_a_free_one_goes_on_at_once() {
    let mut world = World::new(&pages(5, 2, 65_000, 100), "test", 1, None);
    assert_eq!([start(&mut world), start(&mut world)], [JobId(0), JobId(1)]);
    let timer = world.sleep_until(0, world.now() + Millis(7));
    assert_eq!(world.next_event(), Some(Event::Wake { node: 0, timer }));
    let then = world.now();
    done(&mut world, JobId(1));
    assert_eq!((world.next_event(), world.now()), (Some(Event::Start { node: 0, job: JobId(2) }), then));
}

#[test]
fn a_wait_until_the_past_ends_now_and_after_what_was_caused_before_it() {
    let mut world = World::new(&pages(1, 1, 65_000, 100), "test", 1, None);
    start(&mut world);
    let now = world.now();
    let (first, second) = (world.sleep_until(0, now), world.sleep_until(0, Instant(5)));
    assert_eq!(
        [world.next_event(), world.next_event()],
        [first, second].map(|timer| Some(Event::Wake { node: 0, timer }))
    );
    assert_eq!(world.now(), now);
}

#[test]
fn a_send_before_the_promised_instant_is_early_for_whoever_heard_of_it() {
    // Burst 1: the second call is refused at 50 ms until 1,050 ms; the client hears of it at 100 ms.
    let mut world = World::new(&pages(3, 3, 65_000, 1), "test", 1, None);
    (0..3).for_each(|job| assert_eq!(start(&mut world), JobId(job)));
    world.send(JobId(0), 1);
    world.send(JobId(1), 1);
    world.next_event();
    assert!(is_answer(world.next_event().as_ref(), JobId(1)));
    let early = |world: &World| world.tally.report.early;
    assert_eq!(early(&world), 0, "nobody knew before the answer came");
    world.send(JobId(2), 1);
    assert_eq!(early(&world), 1, "another job of the same client and tenant");
    // Job 2 was refused at 150 ms in turn, and told 1,150 ms.
    for (ms, want) in [(1_149, 2), (1_150, 2)] {
        let timer = world.sleep_until(0, world.scenario.start + Millis(ms));
        while world.next_event() != Some(Event::Wake { node: 0, timer }) {}
        world.send(JobId(1), 2);
        assert_eq!(early(&world), want, "at {ms} ms");
    }
}

#[test]
fn whoever_was_not_shown_the_servers_words_was_promised_nothing() {
    for (then, want) in [("{ header = { name = \"Retry-After\" } }", 0), ("{ date_off = { by = \"1 h\" } }", 1)] {
        let fault = format!("[[fault]]\nname = \"f\"\nthen = {then}");
        let mut world = World::new(&with(2, 2, 65_000, 1, &fault), "test", 1, None);
        let jobs = [start(&mut world), start(&mut world)];
        jobs.iter().for_each(|job| world.send(*job, 1));
        assert!((0..2).all(|_| matches!(world.next_event(), Some(Event::Answer { .. }))));
        world.send(jobs[1], 2);
        assert_eq!(world.tally.report.early, want, "{then}");
    }
}

#[test]
fn a_tunnel_counts_connections_and_one_that_is_kept_alive_is_used_again() {
    for (keep_alive, refused) in [(true, 1), (false, 2)] {
        let mut scenario = with(3, 2, 65_000, 100, &format!("keep_alive = {keep_alive}"));
        scenario.server = toml::from_str("tunnel = { per_minute = 1 }").unwrap();
        let mut world = World::new(&scenario, "test", 1, None);
        let jobs = [start(&mut world), start(&mut world)];
        jobs.iter().for_each(|job| world.send(*job, 1));
        assert!((0..2).all(|_| matches!(world.next_event(), Some(Event::Answer { .. }))));
        assert_eq!(world.tally.report.refused, 1, "two at once need two connections");
        world.send(jobs[0], 2);
        world.next_event();
        assert_eq!(world.tally.report.refused, refused, "keep alive: {keep_alive}");
        jobs.iter().for_each(|job| world.send(*job, 3));
        assert!((0..2).all(|_| matches!(world.next_event(), Some(Event::Answer { .. }))));
        assert_eq!(world.tally.report.refused, 2 * refused, "what was refused is not kept: {keep_alive}");
    }
}

#[test]
fn a_place_among_calls_at_the_same_time_is_given_back_by_answers_and_by_duplicates() {
    let fault = "[[fault]]\nname = \"twice\"\nthen = \"duplicate\"";
    let mut scenario = with(3, 3, 65_000, 100, fault);
    scenario.server = toml::from_str("concurrency = { most = 2 }").unwrap();
    let mut world = World::new(&scenario, "test", 1, None);
    let jobs = [start(&mut world), start(&mut world), start(&mut world)];
    jobs.iter().for_each(|job| world.send(*job, 1));
    assert!((0..3).all(|_| matches!(world.next_event(), Some(Event::Answer { .. }))));
    // The first holds a place, its duplicate a second one for a moment; the second call takes that, and its duplicate
    // is refused, as the third call is, with its own.
    assert_eq!((world.tally.report.admitted, world.tally.report.refused), (3, 3));
    world.send(jobs[2], 2);
    world.next_event();
    assert_eq!((world.tally.report.admitted, world.tally.report.refused), (5, 3), "the answers gave both places back");
}

#[test]
fn strangers_do_not_hear_of_each_others_refusals_but_a_shared_client_does() {
    for (each, want) in [("user", 0), ("node", 1)] {
        let mut world = World::new(&users(301, "forge-rfc130", each), "test", 1, None);
        (0..301).for_each(|_| assert!(matches!(world.next_event(), Some(Event::Start { .. }))));
        (0..301).for_each(|job| world.send(JobId(job), 1));
        (0..301).for_each(|_| assert!(matches!(world.next_event(), Some(Event::Answer { .. }))));
        world.send(JobId(0), 2);
        assert_eq!(world.tally.report.early, want, "each {each}");
    }
}

#[test]
fn a_chain_begins_when_the_job_before_is_done_and_ends_with_it_when_it_is_not() {
    let chain = with(
        2,
        1,
        65_000,
        100,
        "[[work]]\nname = \"next\"\nrequest = \"GET /\"\nafter = \"read\"\ntimes = 2\n\
                     [[work]]\nname = \"last\"\nrequest = \"GET /\"\nafter = \"next\"",
    );
    let mut world = World::new(&chain, "test", 1, None);
    assert_eq!(world.workload().jobs(), 2 + 4 + 4);
    assert_eq!(start(&mut world), JobId(0));
    done(&mut world, JobId(0));
    assert_eq!([start(&mut world), start(&mut world), start(&mut world)], [JobId(2), JobId(3), JobId(1)]);
    world.finish(JobId(2), Ending::Lost);
    done(&mut world, JobId(3));
    assert_eq!(start(&mut world), JobId(7));
    done(&mut world, JobId(7));
    world.finish(JobId(1), Ending::Deferred(world.now() + Millis(5)));
    assert_eq!(world.next_event(), None);
    let report = world.report().unwrap();
    assert_eq!((report.done, report.lost, report.deferred, report.ratio), (3, 2, 5, None));
}

#[test]
fn what_the_server_never_did_is_not_done() {
    let mut world = World::new(&pages(1, 1, 65_000, 100), "test", 1, None);
    let job = start(&mut world);
    world.finish(job, Ending::Done);
    assert_eq!(world.next_event(), None);
    let report = world.report().unwrap();
    assert_eq!((report.done, report.lost), (0, 1));
}

#[test]
fn people_are_denied_by_the_quota_by_lateness_and_by_loss_each_once() {
    let mut people = with(5, 5, 4, 100, "");
    people.work = toml::from_str::<Works>(
        "[[work]]\nname = \"people\"\nrequest = \"GET /wiki/rest/api/content/{n}\"\ncount = 5\n\
         arrive = \"at_once\"\npriority = \"interactive\"\ndeadline = \"1 s\"",
    )
    .unwrap()
    .work;
    let mut world = World::new(&people, "test", 1, None);
    let jobs: Vec<JobId> = (0..5).map(|_| start(&mut world)).collect();
    // The pool of 4 points does two pages; the third is refused, and lost besides.
    (0..3).for_each(|job| world.send(jobs[job], 1));
    (0..3).for_each(|_| assert!(matches!(world.next_event(), Some(Event::Answer { .. }))));
    done(&mut world, jobs[0]);
    world.finish(jobs[2], Ending::Lost);
    world.finish(jobs[3], Ending::Deferred(world.now()));
    let timer = world.sleep_until(0, world.scenario.start + Millis(1_000));
    assert_eq!(world.next_event(), Some(Event::Wake { node: 0, timer }));
    done(&mut world, jobs[1]);
    let timer = world.sleep_until(0, world.now() + Millis(1));
    assert_eq!(world.next_event(), Some(Event::Wake { node: 0, timer }));
    done(&mut world, jobs[4]);
    assert_eq!(world.next_event(), None);
    let report = world.report().unwrap();
    assert_eq!((report.interactive_denied, report.interactive_wait_p99_ms), (3, Some(1_001)));
}

#[test]
fn after_the_span_nothing_is_taken_from_a_backlog_but_what_is_open_may_end() {
    let mut scenario = with(5, 1, 65_000, 100, "[[work]]\nname = \"next\"\nrequest = \"GET /\"\nafter = \"read\"");
    scenario.span = crate::value::Span::of(1_000);
    let mut world = World::new(&scenario, "test", 1, None);
    start(&mut world);
    let timer = world.sleep_until(0, scenario.end() + Millis(1));
    assert_eq!(world.next_event(), Some(Event::Wake { node: 0, timer }));
    done(&mut world, JobId(0));
    assert_eq!(start(&mut world), JobId(5), "what follows belongs to what was open");
    done(&mut world, JobId(5));
    assert_eq!(world.next_event(), None);
    let report = world.report().unwrap();
    assert_eq!((report.done, report.unstarted, report.ratio), (2, 8, None));
}

#[test]
fn a_crash_takes_calls_and_waits_with_it_and_gives_the_jobs_back() {
    let crash = "[fleet]\nnodes = 2\ncrash = { every = \"10 s\", down = \"3 s\" }";
    let mut world = World::new(&with(3, 1, 65_000, 100, crash), "test", 1, None);
    assert_eq!([start(&mut world), start(&mut world)], [JobId(0), JobId(1)]);
    // Node 0 crashes at 5 s, with a call and a wait under way.
    let timer = world.sleep_until(0, world.now() + Millis(4_960));
    world.sleep_until(0, world.now() + Millis(6_000));
    assert_eq!(world.next_event(), Some(Event::Wake { node: 0, timer }));
    world.send(JobId(0), 1);
    assert_eq!(world.next_event(), Some(Event::Crash { node: 0 }));
    assert_eq!(world.now().since(world.scenario.start), Millis(5_000));
    // The other node takes what came back before what is new.
    done(&mut world, JobId(1));
    assert_eq!(world.next_event(), Some(Event::Start { node: 1, job: JobId(0) }));
    assert_eq!(world.next_event(), Some(Event::Restart { node: 0, is_state_kept: false }));
    assert_eq!(world.now().since(world.scenario.start), Millis(8_000));
    assert_eq!(world.next_event(), Some(Event::Start { node: 0, job: JobId(2) }));
    assert_eq!(world.tally.report.admitted, 1, "the server did what the node never heard of");
}

#[test]
fn a_forgotten_job_a_job_finished_twice_and_a_run_without_end_are_errors() {
    let mut forgotten = World::new(&pages(2, 2, 65_000, 100), "test", 1, None);
    while forgotten.next_event().is_some() {}
    assert!(matches!(forgotten.report(), Err(RunError::Stalled(2))));

    let mut twice = World::new(&pages(2, 2, 65_000, 100), "test", 1, None);
    start(&mut twice);
    twice.finish(JobId(0), Ending::Done);
    twice.finish(JobId(0), Ending::Done);
    assert_eq!(twice.next_event(), None);
    assert!(matches!(twice.report(), Err(RunError::NotOpen(JobId(0)))));

    let mut long = World::new(&pages(1, 1, 65_000, 100), "test", 1, None);
    start(&mut long);
    long.sleep_until(0, long.now() + long.scenario.span.get() + LONGEST + Millis(1));
    assert_eq!(long.next_event(), None);
    assert!(matches!(long.report(), Err(RunError::TooLong(Millis(172_800_000)))));

    let mut circles = World::new(&pages(1, 1, 65_000, 100), "test", 1, None);
    while circles.next_event().is_some() {
        circles.sleep_until(0, circles.now());
    }
    assert!(matches!(circles.report(), Err(RunError::TooManyEvents(_))));
}

#[test]
fn who_watches_a_run_hears_how_far_it_has_come_and_changes_nothing() {
    let run = |observer: Option<Observer>| {
        let (trace, scenario) = (Shared::default(), pages(5_000, 50, 65_000, 100));
        let mut make = |_| crate::strategy::builtin("fixed-60s", 1).unwrap();
        crate::run::watched(&scenario, &mut make, 1, Some(Box::new(trace.clone())), observer).unwrap();
        trace.0.lock().unwrap().clone()
    };
    let heard = Arc::new(Mutex::new(Vec::new()));
    let words = heard.clone();
    let watched = run(Some(Box::new(move |progress| words.lock().unwrap().push(*progress))));
    assert!(watched == run(None));
    let heard = heard.lock().unwrap();
    assert!(
        heard.len() > 1 && heard.windows(2).all(|two| two[0].passed <= two[1].passed && two[0].ended <= two[1].ended)
    );
    assert!(heard.iter().all(|progress| progress.jobs == 5_000 && progress.span == HOUR.times(24)));
}
