//! How the server says it: headers of the dialect `seed-2025-12`, bodies, and the errors of rejected invocations.

use super::Limit;
use headroom_model::headers::RateLimit;
use headroom_model::operation::{Answer, Header, Operation, Request, Response};
use headroom_model::quota::is_near_limit;
use headroom_model::refusal::{CONFLUENCE_GLOBAL, TOO_MANY_REQUESTS};
use headroom_model::time::{Instant, Millis};
use headroom_model::when::When;

/// 200 with a page as small as it gets: nothing reads it but people who look at a trace.
pub(super) fn page(request: &Request, quota: u32, left: u32, now: Instant) -> Answer {
    let path = request.path.split('?').next().unwrap_or_default();
    let id = path.rsplit('/').next().unwrap_or_default();
    let body = serde_json::json!({ "id": id, "type": "page" });
    response(200, &points(quota, left, now), now, body.to_string())
}

/// 429 in the words of the documentation's example. A burst names no reason: the page of 2025-12-12 lists reasons
/// for quotas only.
pub(super) fn too_many_requests(limit: Limit, retry_after: Millis, quota: u32, left: u32, now: Instant) -> Answer {
    let limits = RateLimit {
        reason: (limit == Limit::PointsQuota).then(|| CONFLUENCE_GLOBAL.to_owned()),
        retry_after: Some(When::After(retry_after)),
        ..points(quota, left, now)
    };
    response(TOO_MANY_REQUESTS, &limits, now, r#"{"message":"Rate limit exceeded."}"#.to_owned())
}

/// What an invocation resolves to.
pub(super) fn resolved() -> Answer {
    Answer::Resolved(r#"{"ok":true}"#.to_owned())
}

/// What an invocation is rejected with. RFC 130 (2026-04-14) announces `rateLimitProperties` in its text, and its
/// sample reads `limitHeaders`, with a reset in epoch milliseconds; so both are there.
pub(super) fn rejected(limit: u32, reset: Instant) -> Answer {
    let properties = serde_json::json!({ "rateLimitValue": limit, "rateLimitRemaining": 0, "rateLimitReset": reset.0 });
    let error = serde_json::json!({
        "status": TOO_MANY_REQUESTS,
        "message": "Rate limit exceeded.",
        "rateLimitProperties": properties,
        "limitHeaders": properties,
    });
    Answer::Rejected(error.to_string())
}

/// 404 in either form: what was asked is none of this server's operations.
pub(super) fn not_found(operation: &Operation, now: Instant) -> Answer {
    let body = r#"{"status":404,"message":"No such operation."}"#.to_owned();
    match operation {
        Operation::Rest(_) => response(404, &RateLimit::default(), now, body),
        Operation::Invoke(_) => Answer::Rejected(body),
    }
}

fn points(quota: u32, left: u32, now: Instant) -> RateLimit {
    RateLimit {
        limit: Some(quota),
        remaining: Some(left),
        reset: Some(When::At(now.next_hour())),
        near_limit: Some(is_near_limit(left, quota)),
        ..RateLimit::default()
    }
}

fn response(status: u16, limits: &RateLimit, now: Instant, body: String) -> Answer {
    let mut headers = vec![Header::new("Date", now.to_http_date()), Header::new("Content-Type", "application/json")];
    headers.extend(limits.to_headers());
    Answer::Response(Response { status, headers, body: body.into_bytes() })
}
