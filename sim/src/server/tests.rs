//! The server as its clients see it: what every answer says, and that refusals are true.

use super::*;
use headroom_model::headers::Signals;
use headroom_model::operation::Response;
use headroom_model::properties::Rejection;
use headroom_model::refusal::{self, Limiter, Meaning, read};
use headroom_model::when::When;
use proptest::{prop_assert, prop_assert_eq, proptest};

/// 12:59:50.250: ten seconds to the reset, and no whole second.
const NOW: Instant = Instant(1_770_037_190_250);

fn server(quota: u32, used: u32, burst: u32) -> Server {
    let spec = PointsSpec { quota_points: quota, used_points: used, burst_per_second: burst, burst_capacity: burst };
    let doors = Doors::Rest { pool: Pool::new(quota, used, NOW), spec, buckets: BTreeMap::new() };
    Server { doors, latest: NOW }
}

fn page(tenant: &str) -> Operation {
    Operation::Rest(Request::get(tenant, "/wiki/rest/api/content/123456"))
}

fn response(decision: &Decision) -> &Response {
    match &decision.answer {
        Answer::Response(response) => response,
        other => panic!("not a response: {other:?}"),
    }
}

#[test]
fn every_answer_tells_the_date_and_the_pool() {
    let mut server = server(10, 0, 3);
    for _ in 0..4 {
        let decision = server.answer(&page("docs"), NOW);
        let signals = Signals::read(&response(&decision).headers);
        assert_eq!(signals.date.map(|date| date.to_string()), Some("2026-02-02T12:59:50Z".to_owned()));
        let pool = signals.enforced;
        assert_eq!((pool.limit, pool.remaining, pool.near_limit), (Some(10), decision.left, Some(false)));
        assert_eq!(pool.reset, Some(When::At(Instant(1_770_037_200_000))));
    }
}

#[test]
fn an_empty_pool_refuses_with_its_reason_and_whole_seconds_rounded_up() {
    let decision = server(10, 9, 3).answer(&page("docs"), NOW);
    let Meaning::Refused(refusal) = read(&decision.answer).meaning else { panic!("{decision:?}") };
    assert_eq!((refusal.limiter, refusal.scope), (Limiter::PointsQuota, refusal::Scope::App));
    assert_eq!(refusal.hints.first().map(|hint| hint.when), Some(When::After(Millis(10_000))), "9.75 s rounded up");
    let Verdict::Refused(refused) = decision.verdict else { panic!("{:?}", decision.verdict) };
    assert_eq!((refused.limit, refused.scope), (Limit::PointsQuota, Scope::App));
    assert_eq!((refused.until.0, refused.promised.0), (1_770_037_200_000, 1_770_037_200_250));
}

#[test]
fn a_burst_refuses_one_tenant_without_a_reason_and_costs_no_points() {
    let mut server = server(100, 0, 1);
    assert_eq!(server.answer(&page("docs"), NOW).verdict, Verdict::Admitted { points: 2 });
    let decision = server.answer(&page("docs"), NOW);
    assert!(!response(&decision).headers.iter().any(|header| header.name == "RateLimit-Reason"));
    let Verdict::Refused(refused) = &decision.verdict else { panic!("{decision:?}") };
    assert_eq!((refused.limit, &refused.scope), (Limit::Burst, &Scope::Tenant("docs".into())));
    assert_eq!(decision.left, Some(98));
    assert_eq!(server.answer(&page("other"), NOW).left, Some(96), "the pool is one, the buckets are not");
}

#[test]
fn where_both_refuse_the_quota_is_reported_and_no_token_is_taken() {
    let mut server = server(10, 8, 1);
    server.answer(&page("docs"), NOW);
    let decision = server.answer(&page("docs"), NOW);
    assert!(matches!(decision.verdict, Verdict::Refused(Refused { limit: Limit::PointsQuota, .. })));
    let reset = NOW.next_hour();
    assert!(matches!(server.answer(&page("docs"), reset).verdict, Verdict::Admitted { .. }));
}

#[test]
fn near_the_limit_is_said_below_a_fifth() {
    let mut server = server(100, 79, 9);
    let near = |decision: Decision| Signals::read(&response(&decision).headers).enforced.near_limit;
    assert_eq!(near(server.answer(&page("docs"), NOW)), Some(true), "19 of 100 left");
}

#[test]
fn a_rejected_invocation_says_it_in_both_places() {
    let scenario = Scenario::builtin("rush").unwrap();
    let mut server = Server::new(&scenario);
    let call = scenario.operation(crate::JobId(1));
    for _ in 0..300 {
        assert_eq!(server.answer(&call, scenario.start).answer, Answer::Resolved(r#"{"ok":true}"#.into()));
    }
    let Answer::Rejected(json) = server.answer(&call, scenario.start).answer else { panic!("call 301 is refused") };
    let error: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(error["rateLimitProperties"], error["limitHeaders"]);
    assert_eq!(error["limitHeaders"]["rateLimitReset"], scenario.start.0 + 1_000);
    let read = Rejection::read(&json);
    assert_eq!((read.status, read.properties.and_then(|found| found.limit)), (Some(429), Some(300)));
}

#[test]
fn what_belongs_to_another_server_is_not_found_and_time_does_not_go_back() {
    let rush = Scenario::builtin("rush").unwrap();
    assert_eq!(Server::new(&rush).answer(&page("docs"), rush.start).verdict, Verdict::NotFound);
    let mut server = server(10, 9, 3);
    server.answer(&page("docs"), NOW.next_hour());
    assert_eq!(server.answer(&page("docs"), NOW).left, Some(6), "still the later hour");
}

proptest! {
    #[test]
    fn a_refusal_is_exact_and_no_answer_names_an_earlier_instant(
        quota in 2_u32..40, burst in 1_u32..6, waits in proptest::collection::vec(0_u64..400, 1..60)
    ) {
        let mut server = server(quota, 0, burst);
        let mut now = NOW;
        for wait in waits {
            now += Millis(wait);
            if let Verdict::Refused(refused) = server.answer(&page("docs"), now).verdict {
                let accepts = |at| matches!(server.clone().answer(&page("docs"), at).verdict, Verdict::Admitted { .. });
                prop_assert!(!accepts(Instant(refused.until.0 - 1)));
                prop_assert!(accepts(refused.until) && accepts(refused.promised));
                prop_assert!(refused.promised >= refused.until);
                prop_assert_eq!(refused.promised.since(now).0 % 1_000, 0);
            }
        }
    }
}
