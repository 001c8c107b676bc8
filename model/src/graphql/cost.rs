//! The block `extensions.cost` of an answer: reading every plausible spelling, writing one.
//!
//! The Confluence page of 2025-12-12 says that GraphQL shows its usage there, and not in which words. So words of
//! other servers are read: Shopify's `requestedQueryCost`, `actualQueryCost` and `throttleStatus` (seen in a public
//! example of 2023-10), GitHub's `cost`, `limit`, `remaining`, `resetAt` (their object `RateLimit`), all read 2026-11,
//! and what REST's headers would be called. Our simulator writes
//!
//! ```json
//! { "requestedQueryCost": 26, "actualQueryCost": 17, "limit": 65000, "remaining": 64983,
//!   "resetAt": "2025-10-08T15:00:00Z" }
//! ```

use crate::time::Instant;
use crate::when::When;
use serde_json::{Map, Value};

/// What an answer says about its cost. What it did not say, or not so that it can be understood, is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CostReport {
    /// Points that the server expected of the operation.
    pub requested: Option<u32>,
    /// Points that it was charged.
    pub actual: Option<u32>,
    /// Points that the pool holds.
    pub limit: Option<u32>,
    /// Points left in it.
    pub remaining: Option<u32>,
    /// Points that come back each second, where the pool is a bucket.
    pub restored_per_sec: Option<u32>,
    /// When the pool is full again.
    pub reset: Option<When>,
    /// When to try again.
    pub retry_after: Option<When>,
}

const REQUESTED: &[&str] = &["requestedquerycost", "requestedcost", "requested", "estimatedcost"];
const ACTUAL: &[&str] = &["actualquerycost", "actualcost", "actual", "cost", "querycost", "points", "used"];
const LIMIT: &[&str] = &["limit", "maximumavailable", "quota", "maximum"];
const REMAINING: &[&str] = &["remaining", "currentlyavailable", "available"];
const RESTORED: &[&str] = &["restorerate"];

impl CostReport {
    /// Reads the block. None if it holds nothing that is understood.
    pub(super) fn read(block: &Value) -> Option<Self> {
        let report = match block {
            Value::Object(block) => Self::read_object(block),
            number => Self { actual: points(number), ..Self::default() },
        };
        (report != Self::default()).then_some(report)
    }

    fn read_object(block: &Map<String, Value>) -> Self {
        // What is nested counts where the block itself says nothing.
        let nested = find(block, &["throttlestatus", "ratelimit"]).and_then(Value::as_object);
        let any = |spellings: &[&str]| find(block, spellings).or_else(|| find(nested?, spellings));
        Self {
            requested: any(REQUESTED).and_then(points),
            actual: any(ACTUAL).and_then(points),
            limit: any(LIMIT).and_then(points),
            remaining: any(REMAINING).and_then(points),
            restored_per_sec: any(RESTORED).and_then(points),
            reset: read_reset(block).or_else(|| read_reset(nested?)),
            retry_after: read_retry_after(block).or_else(|| read_retry_after(nested?)),
        }
    }

    /// Writes the block as our simulator does, those fields that are some.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let number = |points: Option<u32>| points.map(Value::from);
        let when = |when: Option<When>| {
            when.map(|when| match when {
                When::After(delay) => Value::from(delay.secs_ceil()),
                When::At(instant) => {
                    let text = instant.to_string();
                    // Beyond the year 9999 there is no such text, and a number so big means milliseconds.
                    Instant::parse_iso(&text).map_or(Value::from(instant.0), |_| Value::from(text))
                }
            })
        };
        let fields = [
            ("requestedQueryCost", number(self.requested)),
            ("actualQueryCost", number(self.actual)),
            ("limit", number(self.limit)),
            ("remaining", number(self.remaining)),
            ("restoreRate", number(self.restored_per_sec)),
            ("resetAt", when(self.reset)),
            ("retryAfter", when(self.retry_after)),
        ];
        Value::Object(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
    }
}

/// The first field under one of these names, which are lowercase letters; case and punctuation do not matter.
pub(super) fn find<'v>(object: &'v Map<String, Value>, spellings: &[&str]) -> Option<&'v Value> {
    let same = |key: &str, spelling: &str| {
        key.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase()).eq(spelling.bytes())
    };
    spellings.iter().find_map(|spelling| object.iter().find(|(key, _)| same(key, spelling))).map(|(_, value)| value)
}

pub(super) fn read_retry_after(object: &Map<String, Value>) -> Option<When> {
    const SPELLINGS: &[&str] = &["retryafter", "retryafterseconds", "retryinseconds"];
    match find(object, SPELLINGS)? {
        Value::String(text) => When::parse_retry_after(text),
        number => When::parse_retry_after(&digits(number)?),
    }
}

pub(super) fn read_reset(object: &Map<String, Value>) -> Option<When> {
    match find(object, &["resetat", "reset", "ratelimitreset"])? {
        Value::String(text) => When::parse_reset(text),
        number => When::parse_reset(&digits(number)?),
    }
}

/// Points as a number or as its text, those above the largest count as the largest.
fn points(value: &Value) -> Option<u32> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        number => digits(number)?,
    };
    let is_whole = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_whole.then(|| text.parse().unwrap_or(u32::MAX))
}

/// A number from zero up as digits, rounded up: a server that rounds down invites an early retry.
fn digits(value: &Value) -> Option<String> {
    let number = value.as_number()?;
    let whole = number.as_u64().or_else(|| {
        let float = number.as_f64().filter(|float| *float >= 0.0)?;
        Some(float.ceil() as u64)
    })?;
    Some(whole.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Millis;
    use proptest::option::of;
    use proptest::prelude::*;

    fn read(json: &str) -> Option<CostReport> {
        CostReport::read(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn the_words_of_other_servers_are_read() {
        // Shopify's shape, as in a public example of 2023-10.
        let got = read(
            r#"{"requestedQueryCost":70,"actualQueryCost":null,
                "throttleStatus":{"maximumAvailable":1000.0,"currentlyAvailable":66,"restoreRate":50}}"#,
        );
        let want = CostReport {
            requested: Some(70),
            limit: Some(1_000),
            remaining: Some(66),
            restored_per_sec: Some(50),
            ..CostReport::default()
        };
        assert_eq!(got, Some(want));
        // GitHub's object RateLimit, read 2026-11.
        let got = read(r#"{"cost":1,"limit":5000,"remaining":4999,"resetAt":"2025-10-08T15:00:00Z"}"#).unwrap();
        assert_eq!((got.actual, got.limit, got.remaining), (Some(1), Some(5_000), Some(4_999)));
        assert_eq!(got.reset, Instant::parse_iso("2025-10-08T15:00:00Z").map(When::At));
        assert_eq!(read("17").unwrap().actual, Some(17));
        assert_eq!(read(r#"{"Retry_After":"7"}"#).unwrap().retry_after, Some(When::After(Millis(7_000))));
    }

    #[test]
    fn what_is_no_figure_is_none() {
        for text in ["{}", "null", "\"much\"", r#"{"cost":-3,"limit":"NaN","remaining":[1],"resetAt":{}}"#] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(r#"{"limit":1e300}"#).unwrap().limit, Some(u32::MAX));
        assert_eq!(
            read(r#"{"retryAfter":9223372036854775807}"#).unwrap().retry_after,
            Some(When::After(Millis(u64::MAX)))
        );
    }

    proptest! {
        #[test]
        fn reading_is_the_inverse_of_writing(
            counts in proptest::array::uniform5(of(any::<u32>())),
            reset in of(prop_oneof![0_u64..253_402_200_000_000, any::<u64>()]),
            retry in of(0_u64..99_999_999),
        ) {
            let [requested, actual, limit, remaining, restored_per_sec] = counts;
            let reset = reset.map(|ms| When::At(Instant(ms)));
            let retry_after = retry.map(|secs| When::After(Millis::from_secs(secs)));
            let report = CostReport { requested, actual, limit, remaining, restored_per_sec, reset, retry_after };
            prop_assert_eq!(CostReport::read(&report.to_json()).unwrap_or_default(), report);
        }
    }
}
