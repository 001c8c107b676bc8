//! Never earlier than the server said, in whatever spelling; what is retried, and what is not.

use crate::moody::Moody;
use crate::world::{Job, NOON, Network, Track, World, get, invocation, page, request, response};
use headroom_core::verdict::{CallOptions, Decision, Ending, Never, Outcome, Step};
use headroom_core::{Config, Limiter};
use headroom_model::operation::{Answer, Header, Operation, Trigger};
use headroom_model::time::{Instant, Millis};
use proptest::prelude::*;

fn any_operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        2 => Just(page("t")),
        1 => Just(request("t", "POST", "/wiki/rest/api/content")),
        1 => Just(page("u")),
        1 => Just(get("t", "/rest/api/3/issue/A-1")),
        1 => Just(request("t", "PUT", "/rest/api/3/issue/A-1")),
        1 => Just(request("t", "post", "/rest/api/3/issue/A-1/comment")),
        1 => Just(request("t", "PUT", "/rest/api/3/issue/A-2")),
        1 => Just(request("t", "PUT", "/rest/api/3/issue/bulk")),
        1 => Just(get("u", "/of/no/template")),
        1 => Just(invocation("i", Some("a"), "e", Trigger::Ui)),
        1 => Just(invocation("i", None, "e", Trigger::AsyncEvent)),
        1 => Just(invocation("j", Some("a"), "e", Trigger::WebTrigger)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn nothing_is_sent_earlier_than_the_server_said(
        gaps in proptest::collection::vec((0_u64..400, any_operation()), 1..60),
        ahead in prop_oneof![Just(0_i64), -600_000_i64..=600_000],
        start in 0_u64..1_800_000,
        per_second in 1_u32..30,
        seed: u64,
    ) {
        let mut now = NOON + Millis(start);
        let jobs = gaps.into_iter().map(|(gap, operation)| {
            now += Millis(gap);
            Job::new(now, operation)
        });
        let burst = Some(headroom_core::config::BurstRate { per_second, capacity: 2 });
        let config = Config { burst, ..Config::default() };
        let mut world = World::new(config, Moody::new(ahead, seed), Network::up_to(200), jobs.collect(), seed);
        world.run();
        // A rejected invocation has no `Date`: with clocks that differ, only requests can be held to the promise.
        let early = world.server.early.iter().filter(|(operation, _)| ahead == 0 || matches!(operation, Operation::Rest(_)));
        prop_assert_eq!(early.collect::<Vec<_>>(), Vec::<&(Operation, Instant)>::new());
        for Track { outcome, .. } in &world.tracks {
            let ending = &outcome.as_ref().expect("every call ends").1.ending;
            let is_exhausted = matches!(ending, Ending::Refused(Never::AttemptsExhausted(5)));
            prop_assert!(is_exhausted || *ending == Ending::Success, "{:?}", ending);
        }
    }
}

/// One call against one answer, and the step after it.
fn after(operation: &Operation, options: CallOptions, answer: &Answer) -> (Limiter, Step) {
    let mut limiter = Limiter::with_defaults(3);
    let call = limiter.begin(operation, &options, NOON).unwrap();
    assert_eq!(limiter.next(call, NOON), Step::Send(1));
    limiter.on_response(call, answer, NOON);
    let step = limiter.next(call, NOON);
    (limiter, step)
}

fn with_delay(status: u16, delay: &str) -> Answer {
    response(status, vec![Header::new("Retry-After", delay)])
}

const POST: (&str, &str) = ("POST", "/wiki/rest/api/content");

#[test]
fn a_429_is_retried_for_any_method_and_a_503_only_if_that_does_no_harm() {
    let idempotent = |idempotent| CallOptions { idempotent, ..CallOptions::default() };
    for (method, status, says, is_retried) in [
        ("GET", 429, None, true),
        ("POST", 429, None, true),
        ("PATCH", 429, Some(false), true),
        ("GET", 503, None, true),
        ("delete", 500, None, true),
        ("POST", 503, None, false),
        ("POST", 503, Some(true), true),
        ("GET", 503, Some(false), false),
        ("GET", 404, None, false),
    ] {
        let (_, step) = after(&request("t", method, POST.1), idempotent(says), &with_delay(status, "3"));
        let is_waiting = matches!(&step, Step::WaitUntil(wait) if wait.until >= NOON + Millis(3_000));
        assert_eq!(is_waiting, is_retried, "{method} {status} {says:?}: {step:?}");
        let failed = Step::Done(Outcome { attempts: 1, ..Outcome::failed() });
        assert!(is_retried || step == failed, "{method} {status} {says:?}: {step:?}");
    }
    let invoke = invocation("i", Some("a"), "e", Trigger::Ui);
    let refused = Answer::Rejected(r#"{"status":429,"rateLimitProperties":{"rateLimitReset":3}}"#.into());
    assert!(matches!(after(&invoke, CallOptions::default(), &refused).1, Step::WaitUntil(_)));
}

#[test]
fn an_attempt_without_answer_is_repeated_only_if_that_does_no_harm() {
    for (method, is_retried) in [("GET", true), ("PUT", true), ("POST", false)] {
        let mut limiter = Limiter::with_defaults(3);
        let call = limiter.begin(&request("t", method, POST.1), &CallOptions::default(), NOON).unwrap();
        limiter.next(call, NOON);
        limiter.on_failure(call, NOON);
        let step = limiter.next(call, NOON);
        assert_eq!(matches!(step, Step::WaitUntil(_)), is_retried, "{method}: {step:?}");
    }
}

#[test]
fn an_absurd_delay_is_neither_slept_nor_taken_for_leave_to_go_on() {
    let (limiter, step) = after(&page("t"), CallOptions::default(), &with_delay(429, "9223372036854775807"));
    let Step::Done(Outcome { ending: Ending::Refused(Never::DelayNotCredible(delay)), .. }) = step else {
        panic!("{step:?}")
    };
    assert_eq!(delay, Millis(u64::MAX));
    let Decision::WaitUntil(wait) = limiter.quota_check(&page("t"), &CallOptions::default(), NOON).decision else {
        panic!("no pause at all")
    };
    assert!(wait.until <= NOON + Millis::from_secs(600), "as where no delay was named");
    assert!(matches!(
        after(&page("t"), CallOptions::default(), &with_delay(503, "9223372036854775807")).1,
        Step::Done(Outcome { ending: Ending::Failed, .. })
    ));
}

/// Else a server with a clock behind ours would be asked again and again within one millisecond.
#[test]
fn a_delay_of_nothing_is_no_delay() {
    let past = "2026-02-02T11:59:00Z";
    for answer in [
        with_delay(429, "0"),
        with_delay(429, past),
        with_delay(503, "0"),
        response(429, vec![Header::new("X-RateLimit-Reset", past)]),
    ] {
        let (_, step) = after(&page("t"), CallOptions::default(), &answer);
        assert!(matches!(&step, Step::WaitUntil(wait) if wait.until > NOON), "{answer:?}: {step:?}");
    }
    let both = vec![Header::new("Retry-After", "0"), Header::new("X-RateLimit-Reset", "2026-02-02T12:10:00Z")];
    let (_, step) = after(&page("t"), CallOptions::default(), &response(429, both));
    assert!(matches!(&step, Step::WaitUntil(wait) if wait.until >= NOON + Millis::from_secs(600)), "{step:?}");
}

#[test]
fn a_refused_scope_stops_calls_that_hold_a_slot_and_no_others() {
    let mut limiter = Limiter::with_defaults(3);
    let mut begin =
        |tenant| limiter.begin(&get(tenant, "/wiki/rest/api/content/1"), &CallOptions::default(), NOON).unwrap();
    let (first, held, other) = (begin("t"), begin("t"), begin("u"));
    limiter.next(first, NOON);
    let headers = vec![Header::new("Retry-After", "5"), Header::new("RateLimit-Reason", "jira-burst-based")];
    limiter.on_response(first, &response(429, headers), NOON);
    assert!(matches!(limiter.next(held, NOON), Step::WaitUntil(wait) if wait.until >= NOON + Millis(5_000)));
    assert_eq!(limiter.next(other, NOON), Step::Send(1));
}

/// Nodes that were refused together come again at different instants, all of them after the promised one.
#[test]
fn those_refused_together_are_spread_upward() {
    let after = |seed| {
        let mut limiter = Limiter::with_defaults(seed);
        let call = limiter.begin(&page("t"), &CallOptions::default(), NOON).unwrap();
        limiter.next(call, NOON);
        limiter.on_response(call, &with_delay(429, "60"), NOON);
        let Step::WaitUntil(wait) = limiter.next(call, NOON) else { panic!("it was refused") };
        wait.until.since(NOON + Millis(60_000))
    };
    let mut waits: Vec<_> = (0..100).map(after).collect();
    waits.sort_unstable();
    assert!(waits[99] <= Config::default().jitter);
    waits.dedup();
    assert!(waits.len() > 80, "{waits:?}");
}
