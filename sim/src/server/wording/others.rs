//! What all others say: tunnel, proxy, gateway, storage, Bitbucket, GitHub, Data Center.

use super::{Refusal, Told};
use crate::server::spec::RequestsSpec;
use headroom_model::facts;
use headroom_model::operation::Header;
use headroom_model::time::Instant;

/// The number is `facts::NGROK_ERROR`. Source: ngrok's page on its errors, read 2026-11.
pub(super) const NGROK_ERROR: &str = "ERR_NGROK_702";
/// Source: ECO-491, read 2026-11.
pub(super) const EGRESS: &str = "FETCH_LIMIT_EXCEEDED";
/// No value is published for other reasons [?].
pub(super) const PROXY: &str = "UPSTREAM_RATE_LIMITED";
/// The field was seen in an incident of the gateway, read 2026-11; its value is ours.
pub(super) const CATEGORY: &str = "FAILURE_CLIENT_RATE_LIMIT";
pub(super) const GATEWAY_PAGE: &str = "<html><head><title>429 Too Many Requests</title></head><body></body></html>";
/// Source: Forge's page on errors of the key-value store, read 2026-11.
pub(super) const STORAGE: &str = r#"{"code":"RATE_LIMIT_EXCEEDED","message":"Rate limit exceeded."}"#;
/// The 46 bytes that were seen in public threads, read 2026-11: `facts::BITBUCKET_REFUSAL_BYTES`.
pub(super) const BITBUCKET: &str = "Rate limit for this resource has been exceeded";
pub(super) const GITHUB: &str = r#"{"message":"API rate limit exceeded"}"#;
pub(super) const DATA_CENTER: &str = r#"{"message":"Rate limit exceeded."}"#;
pub(super) const TOO_COSTLY: &str = r#"{"message":"The cost of this request is above the maximum."}"#;

/// In the words of the thread on ngrok. It names the connections of the last minute, of which this is one.
pub(super) fn tunnel_text(refusal: &Refusal) -> String {
    let limit = refusal.counter.map_or(0, |counter| counter.limit);
    format!(
        "Too many connections! The tunnel session 'ts_headroom' has violated the rate-limit policy of {limit} connections \
         per minute by initiating {} connections in the last 60 seconds.",
        limit.saturating_add(1),
    )
}

/// The first whole second that is not before an instant.
pub(super) const fn whole_second(at: Instant) -> Instant {
    Instant(at.0.div_ceil(1_000).saturating_mul(1_000))
}

/// Source: GitHub's page on rate limits, read 2026-11: what is used, and the reset in epoch seconds.
pub(super) fn github(mut headers: Vec<Header>, told: &Told) -> Vec<Header> {
    let Some(hour) = told.requests else { return headers };
    let mut push = |name: &str, value: u64| headers.push(Header::new(name, value.to_string()));
    push("x-ratelimit-limit", hour.limit.into());
    push("x-ratelimit-remaining", hour.left.into());
    push("x-ratelimit-used", hour.limit.saturating_sub(hour.left).into());
    push("x-ratelimit-reset", told.now.next_hour().0 / 1_000);
    headers
}

/// Source: Data Center's page, read 2026-11: `retry-after` is 0 on a success.
pub(super) fn data_center(
    mut headers: Vec<Header>,
    told: &Told,
    spec: &RequestsSpec,
    retry_after_secs: u64,
) -> Vec<Header> {
    let Some(bucket) = told.requests else { return headers };
    let fill = spec.fill.map_or(facts::DATA_CENTER_EXAMPLE_FILL.value, |fill| fill.get());
    let mut push = |name: &str, value: u64| headers.push(Header::new(name, value.to_string()));
    push("X-RateLimit-Limit", bucket.limit.into());
    push("X-RateLimit-Remaining", bucket.left.into());
    push("X-RateLimit-FillRate", fill.into());
    push("X-RateLimit-Interval-Seconds", spec.interval_secs.map_or(1, |secs| secs.get()).into());
    push("Retry-After", retry_after_secs);
    headers
}
