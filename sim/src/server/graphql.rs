//! GraphQL: refusals stand within HTTP 200, and every answer tells its cost in `extensions.cost`.
//!
//! The page of 2025-12-12 promises the block and names no field of it. Ours is that of [`CostReport`]:
//! `requestedQueryCost`, `actualQueryCost`, `limit`, `remaining`, `resetAt`, and `retryAfter` in seconds on a refusal.
//! An error names itself by `extensions.statusCode` and `extensions.code`: `POINTS_RATE_LIMITED`, or
//! `MAX_COST_EXCEEDED` for what will never be admitted. All of these are our own invention.

use super::pool::PoolState;
use headroom_model::graphql::{CostReport, ObjectCount, OperationEstimate, OperationKind, estimate, read_variables};
use headroom_model::operation::Request;
use headroom_model::points::BASE_POINTS;
use headroom_model::refusal::TOO_MANY_REQUESTS;
use headroom_model::time::Millis;
use headroom_model::when::When;
use serde_json::{Value, json};

/// Points for an answer of so many objects, those of nested connections among them. A mutation is flat; of a query each
/// object costs what its kind does, and the document tells how many of the objects are of which kind: as it asks for them,
/// by the model's catalog. What cannot be read is of kind core.
pub(super) fn points(request: &Request, objects: u32) -> u32 {
    let body = request.body.as_deref().unwrap_or_default();
    let Some(asked) = asked(body) else { return BASE_POINTS.saturating_add(objects) };
    if asked.kind == OperationKind::Mutation {
        return BASE_POINTS;
    }
    let sum = |of: fn(&ObjectCount) -> u64| asked.objects.iter().map(of).sum::<u64>();
    let (all, points) =
        (sum(|kind| kind.count.into()), sum(|kind| u64::from(kind.count) * u64::from(kind.points_each)));
    let points = (points * u64::from(objects)).checked_div(all).unwrap_or_else(|| objects.into());
    BASE_POINTS.saturating_add(u32::try_from(points).unwrap_or(u32::MAX))
}

/// What the operation of a body asks for; none if there is none to be read.
fn asked(body: &[u8]) -> Option<OperationEstimate> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let variables = body.get("variables").filter(|variables| variables.is_object()).map(Value::to_string);
    let variables = read_variables(&variables.unwrap_or_default()).ok()?;
    let name = body.get("operationName").and_then(Value::as_str);
    estimate(body.get("query")?.as_str()?, name, &variables).ok()?.into_iter().next()
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cost(document: &str, objects: u32) -> u32 {
        let body = json!({ "query": document, "variables": { "n": 3 } }).to_string().into_bytes();
        points(&Request { body: Some(body), ..Request::get("t", "/graphql") }, objects)
    }

    #[test]
    fn every_object_costs_what_its_kind_does_those_of_nested_connections_too() {
        assert_eq!(cost("{ pages(first: 10) { nodes { id } } }", 10), 11);
        // Ten pages with one user each: 20 objects, of which ten cost 2.
        assert_eq!(cost("{ pages(first: 10) { nodes { id author { name } } } }", 20), 1 + 10 + 20);
        // Three of them, with four users each: 3 and 12 of 15.
        let nested =
            "query Q($n: Int) { pages(first: $n) { nodes { watchers(first: 4) { edges { node { name } } } } } }";
        assert_eq!(cost(nested, 15), 1 + 3 + 2 * 12);
        assert_eq!(cost(nested, 5), 1 + 1 + 2 * 4, "a page that is not full");
        assert_eq!(cost("{ user(id: 1) { name } }", 1), 3);
    }

    #[test]
    fn a_mutation_is_flat_and_what_cannot_be_read_is_of_kind_core() {
        assert_eq!(cost("# a comment\nmutation { create { id } }", 9), 1);
        assert_eq!((cost("{", 4), cost("", 4), cost("{ version }", 4)), (5, 5, 5));
        assert_eq!(points(&Request::get("t", "/graphql"), 4), 5);
    }

    proptest! {
        #[test]
        fn an_answer_that_is_full_costs_what_the_document_was_estimated_at(pages in 1_u32..90, users in 1_u32..9) {
            let document = format!("{{ pages(first: {pages}) {{ nodes {{ watchers(first: {users}) {{ nodes {{ id }} }} }} }} }}");
            let estimated = &estimate(&document, None, &Default::default()).unwrap()[0];
            let objects = estimated.objects.iter().map(|kind| kind.count).sum();
            prop_assert_eq!(cost(&document, objects), estimated.points);
        }

        #[test]
        fn no_document_panics_and_a_request_costs_at_least_1(document in ".{0,60}", objects: u32) {
            prop_assert!(cost(&document, objects) >= 1);
        }
    }
}
