//! What the simple strategies do with the same refusals.

use super::*;
use headroom_model::operation::{Header, Response};
use headroom_model::time::Millis;

const NOW: Instant = Instant(1_770_037_190_250);

fn response(status: u16, retry_after: Option<&str>) -> Answer {
    let headers = retry_after.map(|value| Header::new("retry-after", value)).into_iter().collect();
    Answer::Response(Response { status, headers, body: Vec::new() })
}

fn after(name: &str, attempt: u32, answer: &Answer) -> Option<u64> {
    match builtin(name, 1).unwrap().answered(JobId(0), attempt, answer, NOW) {
        Move::WaitUntil(until) => Some(until.since(NOW).0),
        Move::Send => Some(0),
        Move::Finish(_) => None,
    }
}

#[test]
fn every_name_is_a_strategy_that_goes_by_it() {
    for name in NAMES {
        assert_eq!(builtin(name, 1).unwrap().name(), name);
    }
    assert!(builtin("hope", 1).is_none());
}

#[test]
fn each_waits_as_its_name_says() {
    let told = response(429, Some("1847"));
    assert_eq!(after(Fixed60s::NAME, 100, &told), Some(60_000));
    assert_eq!(after(Clip60s::NAME, 1, &told), Some(60_000));
    assert_eq!(after(Clip60s::NAME, 1, &response(429, Some("7"))), Some(7_000));
    assert_eq!(after(Clip60s::NAME, 1, &response(429, None)), Some(1_000));
    assert_eq!(after(Clip60s::NAME, 5, &told), None);
    let waits = [1, 2, 3, 4, 5].map(|attempt| after(IgnoreRetryAfter::NAME, attempt, &told));
    assert_eq!(waits, [Some(1_000), Some(2_000), Some(4_000), Some(8_000), None]);
    for attempt in 1..10 {
        let most = (1_000 << (attempt - 1)).min(300_000);
        assert!(after(ExponentialFullJitter::NAME, attempt, &told).unwrap() <= most);
    }
    assert_eq!(after(ExponentialFullJitter::NAME, 10, &told), None);
    assert_eq!(after(Bridge::NAME, 1, &told), None);
}

#[test]
fn a_fixed_minute_is_not_begun_when_the_caller_goes_before_it_is_over() {
    let operation = Operation::Rest(headroom_model::operation::Request::get("t", "/"));
    for (secs, want) in [(60, Move::WaitUntil(NOW + Millis(60_000))), (59, Move::Finish(Ending::Lost))] {
        let mut strategy = Fixed60s::default();
        let options = CallOptions { deadline: Some(Millis::from_secs(secs)), ..CallOptions::default() };
        strategy.start(JobId(0), &operation, &options, NOW);
        assert_eq!(strategy.answered(JobId(0), 1, &response(429, None), NOW), want);
    }
}

#[test]
fn all_take_success_for_success_and_the_reset_of_an_invocation_for_a_delay() {
    for name in NAMES {
        let mut strategy = builtin(name, 1).unwrap();
        let next = strategy.answered(JobId(0), 1, &response(200, None), NOW);
        assert_eq!(next, Move::Finish(Ending::Done), "{name}");
    }
    let reset = NOW.0 + 250;
    let json = format!(r#"{{"status":429,"rateLimitProperties":{{"rateLimitReset":{reset}}}}}"#);
    assert_eq!(after(Clip60s::NAME, 1, &Answer::Rejected(json)), Some(250));
}
