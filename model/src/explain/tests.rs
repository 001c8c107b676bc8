//! The examples stand in `tests/vectors/explain.toml`. Here are the laws.

use super::*;
use crate::operation::Header;
use proptest::prelude::*;

const NOW: Instant = Instant(1_772_722_200_000);

fn response(status: u16, headers: &[(&str, &str)]) -> Answer {
    let headers = headers.iter().map(|(name, value)| Header::new(*name, *value)).collect();
    Answer::Response(Response { status, headers, body: Vec::new() })
}

fn explained(answer: &Answer) -> Explanation {
    explain(&Question { now: NOW, ..Question::of(answer) })
}

#[test]
fn the_address_fills_in_what_the_answer_leaves_open() {
    let refused = response(429, &[]);
    let at = |url| {
        let found = explain(&Question { now: NOW, url: Some(url), ..Question::of(&refused) });
        (found.origin, found.limiter, found.scope)
    };
    let bitbucket = (Origin::Bitbucket, Limiter::HourlyRequests, Scope::Account);
    assert_eq!(at("https://api.bitbucket.org/2.0/user"), bitbucket);
    assert_eq!(at("https://x.atlassian.net/wiki/api/v2/pages"), (Origin::Confluence, Limiter::Unknown, Scope::Unknown));
    let named = response(429, &[("RateLimit-Reason", "jira-burst-based")]);
    let found = explain(&Question { now: NOW, url: Some("https://api.github.com/"), ..Question::of(&named) });
    assert_eq!(found.origin, Origin::Jira, "the answer knows better");
}

#[test]
fn a_resolved_invocation_is_near_its_limit_or_not() {
    let limited = |left| {
        let properties = format!(r#"{{"rateLimitProperties":{{"rateLimitValue":300,"rateLimitRemaining":{left}}}}}"#);
        let found = explained(&Answer::Resolved(format!(r#"{{"body":1,"metadata":{properties}}}"#)));
        (found.limited, found.limiter, found.origin)
    };
    assert_eq!(limited(60), (Limited::No, Limiter::Unknown, Origin::ForgeInvocation));
    assert_eq!(limited(59), (Limited::Soon, Limiter::InvocationRate, Origin::ForgeInvocation));
}

#[test]
fn figures_tell_nearness_better_than_a_flag_that_is_always_set() {
    let near = [
        ("X-RateLimit-NearLimit", "true"),
        ("X-RateLimit-Limit", "65000"),
        ("X-RateLimit-Remaining", "64000"),
        ("X-RateLimit-Reset", "2026-03-05T15:00:00Z"),
    ];
    assert_eq!(explained(&response(200, &near)).limited, Limited::No);
    assert_eq!(explained(&response(200, &near[..1])).limited, Limited::Soon);
}

#[test]
fn a_date_beyond_belief_is_said() {
    let found = explained(&response(429, &[("Date", "Thu, 01 Jan 2099 00:00:00 GMT"), ("Retry-After", "5")]));
    assert_eq!((found.ignored.len(), found.wait), (1, Some(Millis(5_000))));
}

fn any_header() -> impl Strategy<Value = Header> {
    let name = prop_oneof![
        4 => "(X-)?(Beta-)?(RateLimit(-(Limit|Remaining|Reset|NearLimit|Reason|Policy))?|Retry-After)",
        1 => "Date|Ngrok-Error-Code|forge-proxy-error|X-Failure-Category|X-RateLimit-FillRate|rateLimitReset",
        1 => "[A-Za-z-]{1,12}",
    ];
    let value = prop_oneof![
        3 => "[0-9]{1,20}",
        2 => "(confluence|jira|conf)-(quota|burst|cost)-(global-|tenant-)?based",
        2 => "\"?(global-app-quota|tenant-app-quota|jira-burst-based|x)\"?(;[rtqw]=-?[0-9]{1,6}){0,3}",
        1 => "2026-03-05T1[0-9]:[0-9]{2}(:00)?Z|Thu, 05 Mar 2026 1[0-9]:00:00 GMT",
        1 => ".{0,12}",
    ];
    (name, value).prop_map(|(name, value)| Header::new(name, value))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100_000))]

    #[test]
    fn an_explanation_agrees_with_itself(
        status in prop_oneof![Just(200_u16), Just(429), Just(503), any::<u16>()],
        headers in proptest::collection::vec(any_header(), 0..8),
        dialect in prop_oneof![Just(Dialect::Auto), Just(Dialect::Seed2025_12), Just(Dialect::Structured2026)],
    ) {
        let answer = Answer::Response(Response { status, headers, body: Vec::new() });
        let found = explain(&Question { now: NOW, dialect, ..Question::of(&answer) });
        prop_assert_eq!(found.retry_at, found.wait.map(|wait| NOW + wait));
        prop_assert_eq!(found.wait.is_none(), found.wait_source == WaitSource::None);
        prop_assert!(found.wait.is_none_or(|wait| wait > Millis::ZERO && wait <= Millis(3_900_000)), "{:?}", found.wait);
        let is_refused = matches!(refusal::read(&answer).meaning, Meaning::Refused(_));
        prop_assert_eq!(found.limited == Limited::Now, is_refused);
        prop_assert!(found.limited != Limited::Now || found.enforced);
        prop_assert!(found.limited != Limited::Beta || !found.enforced);
        prop_assert!(!found.advice.is_empty() && found.ignored.iter().all(|ignored| !ignored.why.is_empty()));
    }
}
