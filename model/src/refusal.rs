//! What an answer says: success, an error, or a limit, and then which one, whose, and until when.
//!
//! This module only reads. What to do about a refusal is the client's decision.

use crate::headers::{RateLimit, Signals};
use crate::operation::{Answer, Response};
use crate::properties::{RateLimitProperties, Rejection};
use crate::time::Instant;
use crate::when::When;

/// Which kind of limit refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Limiter {
    /// The hourly points of the app, over all tenants.
    GlobalQuota,
    /// The hourly points of the app on one tenant.
    TenantQuota,
    /// The hourly points; the server did not say of which pool.
    Quota,
    /// A limit over seconds on REST requests.
    Burst,
    /// A rate of Forge invocations.
    InvocationRate,
    /// Not known; the text is what the server called it, empty if it said nothing.
    Unknown(String),
}

/// A refusal as the server put it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which limit.
    pub limiter: Limiter,
    /// When it may be tried again: all that the answer says of it, the best source first. Whether to believe it is the
    /// client's to decide.
    pub retries: Vec<When>,
    /// How many the window admits that refused, where the answer tells: it gives the rule away.
    pub window_limit: Option<u32>,
}

/// What an answer amounts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Answered; not a limit and not an error.
    Success,
    /// An error that is no limit. `retry` is set where the server asks to come again, as some 503 do.
    Error {
        /// The HTTP status, where there is one.
        status: Option<u16>,
        /// When it may be tried again.
        retry: Option<When>,
    },
    /// Refused by a limit.
    Refused(Refusal),
}

/// An answer, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What it amounts to.
    pub meaning: Meaning,
    /// What its head says about the points of its pool; nothing where another limiter refused and the figures are its.
    pub points: RateLimit,
    /// The server's clock, where it told it.
    pub date: Option<Instant>,
}

/// Too Many Requests. Source: RFC 6585 section 4.
pub const TOO_MANY_REQUESTS: u16 = 429;

/// Names of `RateLimit-Reason`. Sources: Confluence rate limiting page of 2025-12-12 for those of Confluence; Jira's
/// page and `conf-global-based` seen in the field, both read 2026-11. The set is open.
const REASONS: &[(&str, Limiter)] = &[
    (CONFLUENCE_GLOBAL, Limiter::GlobalQuota),
    ("confluence-quota-tenant-based", Limiter::TenantQuota),
    ("jira-quota-global-based", Limiter::GlobalQuota),
    ("jira-quota-tenant-based", Limiter::TenantQuota),
    ("conf-global-based", Limiter::GlobalQuota),
    ("jira-burst-based", Limiter::Burst),
];

/// The reason that Confluence gives for its global pool.
pub const CONFLUENCE_GLOBAL: &str = "confluence-quota-global-based";

/// Reads any answer. Never fails: garbage in a header is passed over.
#[must_use]
pub fn read(answer: &Answer) -> Reading {
    match answer {
        Answer::Response(response) => read_response(response),
        Answer::Resolved(_) => Reading { meaning: Meaning::Success, points: RateLimit::default(), date: None },
        Answer::Rejected(json) => Reading { meaning: read_rejection(json), points: RateLimit::default(), date: None },
    }
}

fn read_response(response: &Response) -> Reading {
    let Signals { enforced: points, date, .. } = Signals::read(&response.headers);
    let meaning = match response.status {
        TOO_MANY_REQUESTS => Meaning::Refused(read_429(response, &points)),
        ..400 => Meaning::Success,
        status => Meaning::Error { status: Some(status), retry: points.retry_after },
    };
    // The figures beside a refusal are those of the limiter that refused.
    let is_other = |refusal: &Refusal| !matches!(refusal.limiter, Limiter::GlobalQuota | Limiter::TenantQuota);
    let points = match &meaning {
        Meaning::Refused(refusal) if points.reason.is_some() && is_other(refusal) => RateLimit::default(),
        _ => points,
    };
    Reading { meaning, points, date }
}

fn read_429(response: &Response, points: &RateLimit) -> Refusal {
    let limiter = match points.reason.as_deref() {
        Some(reason) => REASONS
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(reason))
            .map_or_else(|| Limiter::Unknown(reason.to_owned()), |(_, limiter)| limiter.clone()),
        // Without a reason, an empty pool is the quota; points left means that something else refused.
        None => match points.remaining {
            Some(0) => Limiter::Quota,
            Some(_) => Limiter::Burst,
            None => Limiter::Unknown(String::new()),
        },
    };
    let trigger = RateLimitProperties::read_headers(&response.headers).unwrap_or_default();
    let mut retries: Vec<_> = [points.retry_after, points.reset, trigger.reset].into_iter().flatten().collect();
    retries.dedup();
    Refusal { limiter, retries, window_limit: trigger.limit }
}

/// An error is a refusal if its status says so. Where it has none, the properties do: RFC 130 of 2026-04-14 puts them
/// into "rate limiting errors" and no others.
fn read_rejection(json: &str) -> Meaning {
    let Rejection { status, properties } = Rejection::read(json);
    let is_refusal = status.map_or(properties.is_some(), |status| status == TOO_MANY_REQUESTS);
    if !is_refusal {
        return Meaning::Error { status, retry: None };
    }
    let said = properties.unwrap_or_default();
    let retries = said.reset.into_iter().collect();
    Meaning::Refused(Refusal { limiter: Limiter::InvocationRate, retries, window_limit: said.limit })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::Header;
    use crate::time::Millis;

    fn response(status: u16, headers: &[(&str, &str)]) -> Answer {
        let headers = headers.iter().map(|(name, value)| Header::new(*name, *value)).collect();
        Answer::Response(Response { status, headers, body: Vec::new() })
    }

    fn refusal(headers: &[(&str, &str)]) -> Refusal {
        match read(&response(429, headers)).meaning {
            Meaning::Refused(refusal) => refusal,
            other => panic!("not a refusal: {other:?}"),
        }
    }

    #[test]
    fn the_reason_names_the_limiter_in_any_case() {
        let got = refusal(&[("ratelimit-reason", "Confluence-Quota-Tenant-Based"), ("Retry-After", "3")]);
        assert_eq!((got.limiter, got.retries), (Limiter::TenantQuota, vec![When::After(Millis(3_000))]));
        assert_eq!(
            refusal(&[("RateLimit-Reason", "jira-cost-based")]).limiter,
            Limiter::Unknown("jira-cost-based".into())
        );
    }

    #[test]
    fn without_a_reason_the_points_left_tell_quota_from_burst() {
        assert_eq!(refusal(&[("X-RateLimit-Remaining", "0")]).limiter, Limiter::Quota);
        assert_eq!(refusal(&[("X-RateLimit-Remaining", "812")]).limiter, Limiter::Burst);
        assert_eq!(refusal(&[]).limiter, Limiter::Unknown(String::new()));
    }

    #[test]
    fn retry_after_stands_before_reset_and_both_are_kept() {
        let reset = When::At(Instant::parse_iso("2025-10-08T15:00:00Z").unwrap());
        let both = [("X-RateLimit-Reset", "2025-10-08T15:00:00Z"), ("Retry-After", "7")];
        assert_eq!(refusal(&both).retries, [When::After(Millis(7_000)), reset]);
    }

    #[test]
    fn figures_of_another_limiter_are_not_points() {
        let burst = [("RateLimit-Reason", "jira-burst-based"), ("X-RateLimit-Remaining", "0")];
        assert_eq!(read(&response(429, &burst)).points, RateLimit::default());
        assert_eq!(read(&response(429, &burst[1..])).points.remaining, Some(0));
    }

    #[test]
    fn an_unavailable_server_is_an_error_that_may_be_retried_and_beta_headers_refuse_nothing() {
        let unavailable = read(&response(503, &[("Retry-After", "2")])).meaning;
        assert_eq!(unavailable, Meaning::Error { status: Some(503), retry: Some(When::After(Millis(2_000))) });
        assert_eq!(read(&response(200, &[("Beta-Retry-After", "900")])).meaning, Meaning::Success);
    }

    #[test]
    fn a_rejected_invocation_is_a_refusal_if_status_or_properties_say_so() {
        for status in ["\"status\":429,", "\"statusCode\":\"429\",", ""] {
            let refused =
                format!("{{{status}\"rateLimitProperties\":{{\"rateLimitValue\":300,\"rateLimitReset\":30}}}}");
            let retries = vec![When::After(Millis(30_000))];
            let want = Refusal { limiter: Limiter::InvocationRate, retries, window_limit: Some(300) };
            assert_eq!(read(&Answer::Rejected(refused)).meaning, Meaning::Refused(want), "{status:?}");
        }
        let failed = r#"{"status":500,"rateLimitProperties":{"rateLimitReset":30}}"#;
        assert_eq!(read(&Answer::Rejected(failed.into())).meaning, Meaning::Error { status: Some(500), retry: None });
        let other = read(&Answer::Rejected(r#"{"message":"boom"}"#.into())).meaning;
        assert_eq!(other, Meaning::Error { status: None, retry: None });
    }
}
