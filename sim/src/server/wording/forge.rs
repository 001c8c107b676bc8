//! What Forge says: `rateLimitProperties` in the spellings of RFC 130 (2026-04-14) and of the later pages.

use super::Bucketed;
use crate::server::spec::Dialect;
use headroom_model::operation::Header;
use headroom_model::refusal::TOO_MANY_REQUESTS;
use headroom_model::time::Instant;
use serde_json::json;

/// The bridge's own error: no status, and nothing but words. Source: package `@forge/bridge`, read 2026-11.
pub(super) const BRIDGE: &str = r#"{"message":"Resolver calls are rate limited at 500req/25s"}"#;

/// What an invocation is rejected with, and the instant that it names.
///
/// RFC 130 announces `rateLimitProperties` in its text, and its sample reads `limitHeaders`, with a reset in epoch
/// milliseconds; so both are there. The later pages put them below `error.metadata`, with epoch seconds.
pub(super) fn rejected(dialect: Dialect, limit: u32, reset: Instant) -> (String, Instant) {
    let whole = super::others::whole_second(reset);
    let message = "Rate limit exceeded.";
    let early = json!({ "rateLimitValue": limit, "rateLimitRemaining": 0, "rateLimitReset": reset.0 });
    let late = json!({ "rateLimitLimit": limit, "rateLimitRemaining": 0, "rateLimitReset": whole.0 / 1_000 });
    let mut error = json!({ "status": TOO_MANY_REQUESTS, "message": message });
    if dialect.is_seed() {
        error["rateLimitProperties"] = early.clone();
        error["limitHeaders"] = early;
    }
    if dialect.is_structured() {
        let nested = json!({ "message": message, "metadata": { "rateLimitProperties": late } });
        error["statusCode"] = TOO_MANY_REQUESTS.into();
        error["error"] = nested;
    }
    (error.to_string(), if dialect.is_seed() { reset } else { whole })
}

/// The head of a refused web trigger: `rateLimitReset` in RFC 130, `X-Ratelimit-*` in the later pages.
pub(super) fn web_trigger(headers: &mut Vec<Header>, dialect: Dialect, limit: u32, reset: Instant) -> Instant {
    let whole = super::others::whole_second(reset);
    let mut push = |name: &str, value: u64| headers.push(Header::new(name, value.to_string()));
    if dialect.is_seed() {
        push("rateLimitValue", limit.into());
        push("rateLimitRemaining", 0);
        push("rateLimitReset", reset.0);
    }
    if dialect.is_structured() {
        push("X-Ratelimit-Limit", limit.into());
        push("X-Ratelimit-Remaining", 0);
        push("X-Ratelimit-Reset", whole.0 / 1_000);
    }
    if dialect.is_seed() { reset } else { whole }
}

/// What an invocation resolves to that asked for its `rateLimitProperties`. Source: typings of `@forge/bridge`, read
/// 2026-11. When the window ends is not told: of a sliding one it is no one instant.
pub(super) fn resolved(window: &Bucketed) -> String {
    let properties = json!({ "rateLimitLimit": window.limit, "rateLimitRemaining": window.left });
    json!({ "body": { "ok": true }, "metadata": { "rateLimitProperties": properties } }).to_string()
}

/// The same in the head of a web trigger.
pub(super) fn web_trigger_left(headers: &mut Vec<Header>, dialect: Dialect, window: &Bucketed) {
    let names: &[[&str; 2]] = match dialect {
        Dialect::Seed2025_12 => &[["rateLimitValue", "rateLimitRemaining"]],
        Dialect::Structured2026 => &[["X-Ratelimit-Limit", "X-Ratelimit-Remaining"]],
        Dialect::Both => &[["rateLimitValue", "rateLimitRemaining"], ["X-Ratelimit-Limit", "X-Ratelimit-Remaining"]],
    };
    for [limit, left] in names {
        headers.push(Header::new(*limit, window.limit.to_string()));
        headers.push(Header::new(*left, window.left.to_string()));
    }
}
