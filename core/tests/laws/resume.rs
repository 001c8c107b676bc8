//! A deferred call comes again in another process as the same call, and never early.

use crate::world::{NOON, page, response};
use headroom_core::resume::{Resume, ResumeError};
use headroom_core::verdict::{CallOptions, Decision, Ending, Never, Outcome, Runtime, Step};
use headroom_core::{Config, Limiter};
use headroom_model::operation::{Answer, Header};
use headroom_model::time::{HOUR, Instant, Millis};
use proptest::prelude::*;

fn refused(secs: u64) -> Answer {
    response(429, vec![Header::new("Retry-After", secs.to_string())])
}

/// Begins a call, lets it be refused so often, each time for so long, until it is over.
fn deferred(delays: &[u64], options: CallOptions) -> (Outcome, Instant) {
    let mut limiter = Limiter::with_defaults(3);
    let call = limiter.begin(&page("t"), &options, NOON).unwrap();
    let (mut now, mut delays) = (NOON, delays.iter());
    loop {
        match limiter.next(call, now) {
            Step::Send(_) => limiter.on_response(call, &refused(*delays.next().unwrap()), now),
            Step::WaitUntil(wait) => now = wait.until,
            Step::Done(outcome) => return (outcome, now),
            Step::AwaitingAnswer => panic!("each attempt is answered at once"),
        }
    }
}

fn resuming(resume: Resume) -> CallOptions {
    CallOptions { resume: Some(resume), ..CallOptions::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_resumed_call_waits_for_its_instant_and_counts_its_attempts(
        short in proptest::collection::vec(1_u64..20, 0..4), long in 30_u64..3_000, away in 0_u64..4_000_000, seed: u64,
    ) {
        let options = CallOptions { deadline: Some(Millis::from_secs(25 * 4)), ..CallOptions::default() };
        let delays: Vec<_> = short.iter().copied().chain([long + 100]).collect();
        let (outcome, now) = deferred(&delays, options);
        let resume = outcome.resume.expect("it was deferred");
        prop_assert_eq!((resume.attempts, outcome.attempts), (delays.len() as u32, delays.len() as u32));

        let later = now + Millis(away);
        let mut other = Limiter::with_defaults(seed);
        let token: Resume = resume.to_string().parse().unwrap();
        let call = other.begin(&page("t"), &resuming(token), later).unwrap();
        let Ending::Deferred(wait) = outcome.ending else { panic!("{:?}", outcome.ending) };
        match other.next(call, later) {
            Step::WaitUntil(until) => prop_assert!(later < wait.until && until.until >= wait.until),
            Step::Send(attempt) => prop_assert!(later >= wait.until && attempt == resume.attempts + 1),
            step => prop_assert!(false, "{step:?}"),
        }
        let sent = later.max(wait.until);
        other.next(call, sent);
        other.on_response(call, &refused(2), sent);
        let is_over = matches!(other.next(call, sent), Step::Done(Outcome { ending: Ending::Refused(_), .. }));
        prop_assert_eq!(is_over, resume.attempts + 1 == resume.max_attempts, "five attempts, whoever sends them");
    }
}

#[test]
fn a_token_is_of_its_operation_and_has_an_end() {
    let options = CallOptions { runtime: Some(Runtime::Ui), ..CallOptions::default() };
    let resume = deferred(&[1_847], options).0.resume.unwrap();
    // The question has the same answer as the act.
    let begin = |tenant, resume, now| {
        let mut limiter = Limiter::with_defaults(1);
        let said = limiter.quota_check(&page(tenant), &resuming(resume), now).decision;
        let begun = limiter.begin(&page(tenant), &resuming(resume), now);
        assert_eq!(begun.as_ref().err().cloned().map(Decision::Never), Some(said).filter(|_| begun.is_err()));
        begun
    };
    assert_eq!(begin("u", resume, NOON), Err(Never::CannotResume(ResumeError::OtherOperation)));
    let spent = Resume { attempts: 5, ..resume };
    assert_eq!(begin("t", spent, NOON), Err(Never::AttemptsExhausted(5)));
    let day = Config::default().max_elapsed;
    assert!(begin("t", resume, NOON + day).is_ok());
    assert_eq!(begin("t", resume, NOON + day + Millis(1)), Err(Never::ElapsedExhausted(day)));
}

#[test]
fn a_runtime_is_a_deadline_and_the_shorter_one_counts() {
    let is_deferred = |secs: u64, runtime, deadline: Option<u64>| {
        let options =
            CallOptions { runtime, deadline: deadline.map(Millis), max_attempts: Some(2), ..CallOptions::default() };
        let mut limiter = Limiter::with_defaults(3);
        let call = limiter.begin(&page("t"), &options, NOON).unwrap();
        limiter.next(call, NOON);
        limiter.on_response(call, &refused(secs), NOON);
        matches!(limiter.next(call, NOON), Step::Done(Outcome { ending: Ending::Deferred(_), .. }))
    };
    for (runtime, secs) in [(Runtime::Ui, 25), (Runtime::WebTrigger, 55), (Runtime::AsyncEvent, 900)] {
        assert!(
            is_deferred(secs + 1, Some(runtime), None) && !is_deferred(secs - 2, Some(runtime), None),
            "{runtime:?}"
        );
        assert!(is_deferred(5, Some(runtime), Some(4_000)) && is_deferred(secs + 1, Some(runtime), Some(HOUR.0)));
    }
    assert!(!is_deferred(901, None, None));
}
