//! One claim for each sender, and that none hides another.

use super::*;
use crate::operation::Header;

fn response(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
    let headers = headers.iter().map(|(name, value)| Header::new(*name, *value)).collect();
    Answer::Response(Response { status, headers, body: body.as_bytes().to_vec() })
}

fn refusal(answer: &Answer) -> Refusal {
    match read(answer).meaning {
        Meaning::Refused(refusal) => refusal,
        other => panic!("not a refusal: {other:?}"),
    }
}

fn who(answer: &Answer) -> (Origin, Limiter, Scope) {
    let refusal = refusal(answer);
    (refusal.origin, refusal.limiter, refusal.scope)
}

fn after(secs: u64, source: WaitSource) -> Hint {
    Hint { when: When::After(Millis::from_secs(secs)), source }
}

const TUNNEL_TEXT: &str = "Too many connections! The tunnel session 'ts_1' has violated the rate-limit policy of 20 \
                           connections per minute by initiating 30 connections in the last 60 seconds.";

#[test]
fn every_sender_is_told_by_what_gives_it_away() {
    use Limiter as L;
    use Origin as O;
    use Scope as S;
    let reason = |reason| ("RateLimit-Reason", reason);
    for (headers, body, want) in [
        (vec![reason("Confluence-Quota-Tenant-Based")], "", (O::Confluence, L::PointsQuota, S::Tenant)),
        (vec![reason("jira-per-issue-on-write")], "", (O::Jira, L::PerIssueWrite, S::Issue)),
        (vec![reason("jira-cost-based")], "", (O::Jira, L::Cost, S::Account)),
        (vec![reason("jira-new-one")], "", (O::Jira, L::Unknown, S::Unknown)),
        (
            vec![reason("jira-x"), ("RateLimit", "\"tenant-app-quota\";r=0;t=9")],
            "",
            (O::Jira, L::PointsQuota, S::Tenant),
        ),
        (vec![("RateLimit", "\"global-app-quota\";r=0;t=9")], "", (O::Unknown, L::PointsQuota, S::App)),
        (vec![("RateLimit-Policy", "\"jira-burst-based\";q=100;w=1")], "", (O::Jira, L::Burst, S::Endpoint)),
        (vec![("Ngrok-Error-Code", "ERR_NGROK_702")], "", (O::Ngrok, L::TunnelConnections, S::Tunnel)),
        (vec![("Retry-After", "9")], TUNNEL_TEXT, (O::Ngrok, L::TunnelConnections, S::Tunnel)),
        (vec![("forge-proxy-error", "FETCH_LIMIT_EXCEEDED")], "", (O::ForgeProxy, L::Egress, S::App)),
        (vec![("forge-proxy-error", "OTHER"), reason("jira-burst-based")], "", (O::ForgeProxy, L::Unknown, S::App)),
        (vec![("X-Failure-Category", "X")], "", (O::AtlassianGateway, L::Gateway, S::Unknown)),
        (vec![("X-Failure-Category", "X"), reason("jira-burst-based")], "", (O::Jira, L::Burst, S::Endpoint)),
        (vec![("X-RateLimit-FillRate", "5")], "", (O::DataCenter, L::TokenBucket, S::User)),
        (vec![], "Rate limit for this resource has been exceeded", (O::Bitbucket, L::HourlyRequests, S::Account)),
        (vec![("x-ratelimit-used", "5000")], "", (O::Github, L::HourlyRequests, S::Account)),
        (vec![], r#"{"code":"RATE_LIMIT_EXCEEDED"}"#, (O::ForgeStorage, L::StorageRate, S::Installation)),
        (vec![("rateLimitReset", "30")], "", (O::ForgeWebTrigger, L::InvocationRate, S::Installation)),
        (vec![("X-Ratelimit-Limit", "1200")], "", (O::ForgeWebTrigger, L::InvocationRate, S::User)),
        (vec![("Retry-After", "30")], "", (O::Unknown, L::Unknown, S::Unknown)),
    ] {
        assert_eq!(who(&response(429, &headers, body)), want, "{headers:?} {body}");
    }
}

#[test]
fn without_a_reason_the_points_left_tell_quota_from_burst() {
    let limiter = |value| refusal(&response(429, &[("X-RateLimit-Remaining", value)], "")).limiter;
    assert_eq!((limiter("0"), limiter("812")), (Limiter::PointsQuota, Limiter::Burst));
    let burst = [("X-RateLimit-Remaining", "0"), ("X-RateLimit-Limit", "350")];
    assert_eq!(refusal(&response(429, &burst, "")).limiter, Limiter::Burst, "no hour holds 350 points");
}

#[test]
fn all_that_is_said_of_a_delay_is_kept_the_best_first() {
    let headers = [
        ("X-RateLimit-Reset", "11"),
        ("Retry-After", "7"),
        ("RateLimit", "\"tenant-app-quota\";r=0;t=9, \"jira-burst-based\";r=3;t=1"),
    ];
    let hints = [after(7, WaitSource::RetryAfter), after(9, WaitSource::StructuredT), after(11, WaitSource::Reset)];
    assert_eq!(refusal(&response(429, &headers, "")).hints, hints);
}

#[test]
fn figures_of_another_limiter_are_not_points() {
    let burst = [("RateLimit-Reason", "jira-burst-based"), ("X-RateLimit-Remaining", "0")];
    assert_eq!(read(&response(429, &burst, "")).points, Points::default());
    assert_eq!(read(&response(429, &burst[1..], "")).points.remaining, Some(0));
    assert_eq!(read(&response(429, &burst[1..], TUNNEL_TEXT)).points, Points::default());
}

#[test]
fn an_unavailable_server_is_an_error_that_may_be_retried_and_beta_headers_refuse_nothing() {
    let unavailable = read(&response(503, &[("Retry-After", "2")], "")).meaning;
    assert_eq!(unavailable, Meaning::Error { status: Some(503), retry: Some(When::After(Millis(2_000))) });
    assert_eq!(read(&response(200, &[("Beta-Retry-After", "900")], "")).meaning, Meaning::Success);
}

#[test]
fn the_rate_is_told_by_a_policy_of_the_limiter_that_refused() {
    let rate = |policy| {
        let headers = [("RateLimit-Policy", policy), ("RateLimit-Reason", "jira-burst-based")];
        refusal(&response(429, &headers, "")).per_second
    };
    assert_eq!(rate("\"tenant-app-quota\";q=100100;w=3600, \"jira-burst-based\";q=100;w=1"), Some(100));
    assert_eq!(rate("\"jira-burst-based\";q=5;w=10"), Some(1), "no rate is nothing");
    for none in ["\"jira-burst-based\";q=5", "\"jira-burst-based\";q=5;w=0", "\"tenant-app-quota\";q=9;w=3"] {
        assert_eq!(rate(none), None, "{none}");
    }
}

#[test]
fn some_refuse_with_another_status() {
    let github = [("X-GitHub-Request-Id", "1"), ("X-RateLimit-Remaining", "0")];
    assert_eq!(refusal(&response(403, &github, "")).origin, Origin::Github);
    assert!(matches!(read(&response(403, &github[1..], "")).meaning, Meaning::Error { .. }));
    assert_eq!(refusal(&response(503, &[], TUNNEL_TEXT)).window, Some(Millis::from_secs(60)));
    assert_eq!(read(&response(200, &[], TUNNEL_TEXT)).meaning, Meaning::Success, "a page may quote it");
}

#[test]
fn a_rejected_invocation_is_a_refusal_if_status_or_properties_say_so() {
    for status in ["\"status\":429,", "\"statusCode\":\"429\",", ""] {
        let refused = format!("{{{status}\"rateLimitProperties\":{{\"rateLimitValue\":300,\"rateLimitReset\":30}}}}");
        let want = Refusal {
            origin: Origin::ForgeInvocation,
            limiter: Limiter::InvocationRate,
            scope: Scope::Installation,
            hints: vec![after(30, WaitSource::Reset)],
            window: Some(Millis::from_secs(1)),
            window_limit: Some(300),
            ..Refusal::default()
        };
        assert_eq!(refusal(&Answer::Rejected(refused)), want, "{status:?}");
    }
    let failed = r#"{"status":500,"rateLimitProperties":{"rateLimitReset":30}}"#;
    assert_eq!(read(&Answer::Rejected(failed.into())).meaning, Meaning::Error { status: Some(500), retry: None });
    let other = read(&Answer::Rejected(r#"{"message":"boom"}"#.into())).meaning;
    assert_eq!(other, Meaning::Error { status: None, retry: None });
}

#[test]
fn the_bridge_and_the_storage_say_it_in_words() {
    let bridge = Answer::Rejected(r#"{"message":"Resolver calls are rate limited at 500req/25s"}"#.into());
    assert_eq!(who(&bridge), (Origin::ForgeInvocation, Limiter::InvocationRate, Scope::User));
    assert_eq!(refusal(&bridge).window, Some(Millis::from_secs(25)));
    let storage = r#"{"name":"ForgeKvsAPIError","code":"RATE_LIMIT_EXCEEDED","responseDetails":{"status":429}}"#;
    let storage = Answer::Rejected(storage.into());
    assert_eq!(who(&storage), (Origin::ForgeStorage, Limiter::StorageRate, Scope::Installation));
}
