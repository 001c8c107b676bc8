//! GraphQL: refusals stand within HTTP 200, and every answer tells its cost in `extensions.cost`.
//!
//! The page of 2025-12-12 promises the block and names no field of it. Ours is that of [`CostReport`]:
//! `requestedQueryCost`, `actualQueryCost`, `limit`, `remaining`, `resetAt`, and `retryAfter` in seconds on a refusal.
//! An error names itself by `extensions.statusCode` and `extensions.code`: `POINTS_RATE_LIMITED`, or
//! `MAX_COST_EXCEEDED` for what will never be admitted. All of these are our own invention.

use super::pool::PoolState;
use headroom_model::graphql::CostReport;
use headroom_model::operation::Request;
use headroom_model::refusal::TOO_MANY_REQUESTS;
use headroom_model::time::Millis;
use headroom_model::when::When;
use serde_json::{Value, json};

/// Whether the document of a request begins with a mutation. What is no JSON, or has no document, is none.
pub(super) fn is_mutation(request: &Request) -> bool {
    let body = request.body.as_deref().unwrap_or_default();
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return false };
    let document = body.get("query").and_then(Value::as_str).unwrap_or_default();
    let lines = document.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    let word = lines.unwrap_or_default().split(|c: char| !c.is_ascii_alphanumeric()).next();
    word == Some("mutation")
}

/// The block of an answer that was charged so many points.
fn cost(points: u32, charged: u32, pool: Option<&PoolState>, retry_after: Option<Millis>) -> Value {
    let report = CostReport {
        requested: Some(points),
        actual: Some(charged),
        limit: pool.map(|pool| pool.quota),
        remaining: pool.map(|pool| pool.left),
        reset: pool.map(|pool| When::At(pool.reset)),
        retry_after: retry_after.map(When::After),
        ..CostReport::default()
    };
    report.to_json()
}

/// `nodes` is the JSON list of the objects.
pub(super) fn answered(nodes: &[u8], points: u32, pool: Option<&PoolState>) -> Vec<u8> {
    let cost = cost(points, points, pool, None).to_string();
    let parts: [&[u8]; 5] = [b"{\"data\":{\"nodes\":", nodes, b"},\"extensions\":{\"cost\":", cost.as_bytes(), b"}}"];
    parts.concat()
}

/// Refused; a refusal for ever has no delay.
pub(super) fn refused(points: u32, pool: Option<&PoolState>, retry_after: Option<Millis>) -> Vec<u8> {
    let error = match retry_after {
        Some(delay) => json!({
            "message": "Rate limit exceeded.",
            "extensions": {
                "statusCode": TOO_MANY_REQUESTS, "code": "POINTS_RATE_LIMITED", "retryAfter": delay.secs_ceil(),
            },
        }),
        None => json!({
            "message": "The cost of this request is above the maximum.",
            "extensions": { "statusCode": 400, "code": "MAX_COST_EXCEEDED" },
        }),
    };
    let extensions = json!({ "cost": cost(points, 0, pool, retry_after) });
    json!({ "data": null, "errors": [error], "extensions": extensions }).to_string().into_bytes()
}
