//! The sample of RFC 130 of 2026-04-14 (section "Retrying user-initiated UI invocations"), followed to the letter. In
//! our words: up to three tries; an error whose `status` is not 429 is thrown at once; after the third 429 the error is
//! thrown; before each new try it waits the whole milliseconds between `Date.now()` and
//! `error.limitHeaders.rateLimitReset`, if that is more than none.
//!
//! Kept as they are: three tries are two retries; there is no jitter, so all whom one window refused come back in the
//! same millisecond; an error without `limitHeaders` becomes a TypeError, which is thrown too.

use super::{Move, Strategy};
use crate::workload::{CallOptions, JobId};
use crate::world::Ending;
use headroom_model::facts;
use headroom_model::operation::{Answer, Operation};
use headroom_model::time::{Instant, Millis};
use serde_json::Value;

const MAX_RETRIES: u32 = facts::RFC_130_SAMPLE_TRIES.value;

/// The sample of RFC 130.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rfc130Sample;

impl Rfc130Sample {
    /// Its name.
    pub const NAME: &'static str = "rfc130-sample";
}

impl Strategy for Rfc130Sample {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn start(&mut self, _: JobId, _: &Operation, _: &CallOptions, _: Instant) -> Move {
        Move::Send
    }

    fn answered(&mut self, _: JobId, attempt: u32, answer: &Answer, now: Instant) -> Move {
        let error: Value = match answer {
            Answer::Resolved(_) => return Move::Finish(Ending::Done),
            Answer::Rejected(json) => serde_json::from_str(json).unwrap_or_default(),
            // `invoke` gives no responses; it was not written for them.
            Answer::Response(response) if response.status < 400 => return Move::Finish(Ending::Done),
            Answer::Response(_) => return Move::Finish(Ending::Lost),
        };
        if error["status"] != 429 || attempt >= MAX_RETRIES {
            return Move::Finish(Ending::Lost);
        }
        let limit_headers = &error["limitHeaders"];
        if limit_headers.is_null() {
            return Move::Finish(Ending::Lost);
        }
        match delay(&limit_headers["rateLimitReset"], now) {
            Some(delay) => Move::WaitUntil(now + delay),
            None => Move::Send,
        }
    }

    fn woke(&mut self, _: JobId, _: Instant) -> Move {
        Move::Send
    }
}

/// `Math.floor(reset - Date.now())` if it is above zero; a reset that is no number gives NaN, which is not.
fn delay(reset: &Value, now: Instant) -> Option<Millis> {
    let reset = match reset {
        Value::String(text) => text.trim().parse().ok()?,
        other => other.as_u64()?,
    };
    Some(Instant(reset).since(now)).filter(|delay| *delay > Millis::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(attempt: u32, json: &str) -> Move {
        Rfc130Sample.answered(JobId(0), attempt, &Answer::Rejected(json.into()), Instant(1_000))
    }

    #[test]
    fn it_waits_to_the_reset_without_jitter_and_throws_at_the_third_refusal() {
        let refused = r#"{"status":429,"limitHeaders":{"rateLimitReset":1250}}"#;
        assert_eq!(answered(1, refused), Move::WaitUntil(Instant(1_250)));
        assert_eq!(answered(2, refused), Move::WaitUntil(Instant(1_250)));
        assert_eq!(answered(3, refused), Move::Finish(Ending::Lost));
    }

    #[test]
    fn a_reset_that_has_passed_or_is_no_number_is_not_waited_for() {
        for reset in ["1000", "5", "null", "\"soon\""] {
            let json = format!(r#"{{"status":429,"limitHeaders":{{"rateLimitReset":{reset}}}}}"#);
            assert_eq!(answered(1, &json), Move::Send, "{reset}");
        }
    }

    #[test]
    fn other_errors_and_errors_without_limit_headers_are_thrown() {
        for json in [r#"{"status":500}"#, r#"{"status":"429"}"#, r#"{"status":429,"rateLimitProperties":{}}"#, "?"] {
            assert_eq!(answered(1, json), Move::Finish(Ending::Lost), "{json}");
        }
    }
}
