//! Refusals inside the body of a GraphQL answer, whose status may well be 200.

use super::{Hint, Limiter, Meaning, Origin, Reading, Refusal, Scope, WaitSource};
use crate::graphql::{self, CostReport, ErrorKind, GraphqlAnswer, GraphqlError};
use crate::headers::{Points, Signals};
use crate::operation::Response;

/// What GitHub's errors are named. Source: its GraphQL documentation, read 2026-11.
const GITHUB_CODES: [&str; 2] = ["graphql_rate_limit", "RATE_LIMITED"];

/// Reads the body of an answer to a GraphQL request, over what its head says: an error in it that a limit gave is a
/// refusal, and a cost block tells the points. Where the body says neither, `reading` stays as it is.
///
/// Source: Confluence rate limiting page of 2025-12-12: GraphQL "exposes usage via the extensions.cost block"; the
/// fields of that block are not published.
#[must_use]
pub fn read_graphql(response: &Response, signals: &Signals, reading: Reading) -> Reading {
    let Some(answer) = graphql::read(&response.body) else { return reading };
    let cost = answer.cost.unwrap_or_default();
    let mut reading = reading;
    if let Some(error) = refusing(&answer) {
        reading.meaning = Meaning::Refused(refusal(error, &cost, signals));
    } else if let Meaning::Refused(refusal) = &mut reading.meaning
        && refusal.origin == Origin::Unknown
    {
        refusal.origin = Origin::AtlassianGraphql;
    }
    if cost.limit.is_some() || cost.remaining.is_some() {
        reading.points = Points { limit: cost.limit, remaining: cost.remaining, reset: cost.reset };
    }
    reading.cost = cost.actual;
    reading
}

fn refusing(answer: &GraphqlAnswer) -> Option<&GraphqlError> {
    answer.rate_limited().or_else(|| answer.errors.iter().find(|error| error.kind == ErrorKind::TooCostly))
}

fn refusal(error: &GraphqlError, cost: &CostReport, signals: &Signals) -> Refusal {
    let is_githubs = error.code.as_deref().is_some_and(|code| GITHUB_CODES.contains(&code)) || signals.marks.is_github;
    let (origin, limiter, scope) = match error.kind {
        _ if is_githubs => (Origin::Github, Limiter::HourlyRequests, Scope::Account),
        ErrorKind::TooCostly => (Origin::AtlassianGraphql, Limiter::Cost, Scope::Unknown),
        _ if cost.remaining == Some(0) => (Origin::AtlassianGraphql, Limiter::PointsQuota, Scope::Unknown),
        _ => (Origin::AtlassianGraphql, Limiter::Unknown, Scope::Unknown),
    };
    let said = &signals.enforced;
    let hints = [
        (said.retry_after.or(error.retry).or(cost.retry_after), WaitSource::RetryAfter),
        (said.reset.or(cost.reset), WaitSource::Reset),
    ];
    let hints = hints.into_iter().filter_map(|(when, source)| Some(Hint { when: when?, source })).collect();
    Refusal { origin, limiter, scope, reason: error.code.clone(), hints, ..Refusal::default() }
}

#[cfg(test)]
mod tests {
    use super::super::{Wait, read_response};
    use super::*;
    use crate::headers::Dialect;
    use crate::refusal::Clocks;
    use crate::time::{Instant, Millis};

    fn read(status: u16, body: &str) -> Reading {
        let response = Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() };
        let signals = Signals::default();
        let reading = read_response(&response, &signals, Dialect::Auto);
        read_graphql(&response, &signals, reading)
    }

    fn refused(status: u16, body: &str) -> Refusal {
        match read(status, body).meaning {
            Meaning::Refused(refusal) => refusal,
            other => panic!("not a refusal: {other:?}"),
        }
    }

    #[test]
    fn an_error_inside_200_is_a_refusal() {
        let body = r#"{"errors":[{"message":"slow","extensions":{"statusCode":429,"retryAfter":7}}]}"#;
        let refusal = refused(200, body);
        assert_eq!((refusal.origin, refusal.limiter), (Origin::AtlassianGraphql, Limiter::Unknown));
        let clocks = Clocks { now: Instant(1_772_722_200_000), date: None };
        assert_eq!(refusal.wait(clocks), Wait::For(Millis::from_secs(7), WaitSource::RetryAfter));
        assert_eq!(refused(429, body).origin, Origin::AtlassianGraphql);
    }

    #[test]
    fn the_cost_block_tells_the_points() {
        let cost = r#""extensions":{"cost":{"limit":65000,"remaining":0}}"#;
        let error = r#""errors":[{"message":"Rate limit","extensions":{"code":"RATE_LIMITED_BY_POINTS"}}]"#;
        let refusal = refused(200, &format!("{{{error},{cost}}}"));
        assert_eq!(refusal.limiter, Limiter::PointsQuota);
        let reading = read(200, &format!("{{\"data\":{{}},{cost}}}"));
        assert_eq!((reading.meaning, reading.points.limit), (Meaning::Success, Some(65_000)));
    }

    #[test]
    fn what_costs_too_much_is_refused_for_its_cost_and_other_errors_are_none() {
        let costly = r#"{"errors":[{"message":"x","extensions":{"code":"MAX_COST_EXCEEDED"}}]}"#;
        assert_eq!(refused(200, costly).limiter, Limiter::Cost);
        assert_eq!(read(200, r#"{"errors":[{"message":"no such field"}]}"#).meaning, Meaning::Success);
        let github = r#"{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}"#;
        assert_eq!(refused(200, github).origin, Origin::Github);
    }
}
