//! One delay or instant, many spellings: all of them were seen in the wild.

use super::others::whole_second;
use crate::server::spec::{ResetShape, RetryAfterShape};
use headroom_model::facts;
use headroom_model::time::Instant;

/// The value of `Retry-After` for what ends at `until`, and the instant that it names: neither, where it names none that
/// can be meant.
pub(super) fn retry_after(shape: RetryAfterShape, until: Instant, now: Instant) -> (Option<String>, Option<Instant>) {
    let secs = until.since(now).secs_ceil().max(1);
    let whole = whole_second(until);
    match shape {
        RetryAfterShape::Seconds => (Some(secs.to_string()), Some(Instant(now.0.saturating_add(secs * 1_000)))),
        RetryAfterShape::Zero => (Some("0".to_owned()), None),
        RetryAfterShape::HttpDate => (Some(whole.to_http_date()), Some(whole)),
        RetryAfterShape::Iso => (Some(whole.to_string()), Some(whole)),
        RetryAfterShape::Absurd => (Some(facts::ABSURD_RETRY_AFTER_SECS.value.to_string()), None),
        RetryAfterShape::Missing => (None, None),
    }
}

/// The value of `X-RateLimit-Reset`; a reset within a minute has seconds in any case.
pub(super) fn reset(shape: ResetShape, reset: Instant, now: Instant) -> Option<String> {
    let iso = || reset.to_string();
    Some(match shape {
        ResetShape::IsoMinutes if reset.0.is_multiple_of(60_000) => iso().replacen(":00Z", "Z", 1),
        ResetShape::Iso | ResetShape::IsoMinutes => iso(),
        ResetShape::EpochSeconds => whole_second(reset).0.div_euclid(1_000).to_string(),
        ResetShape::EpochMs => reset.0.to_string(),
        ResetShape::Remaining => reset.since(now).secs_ceil().to_string(),
        ResetShape::Missing => return None,
    })
}
