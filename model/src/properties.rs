//! `rateLimitProperties` of Forge invocations, in every known spelling and place.

use crate::operation::Header;
use crate::when::When;
use serde_json::Value;

/// What an invocation's answer says about its limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimitProperties {
    /// Invocations that the window admits.
    pub limit: Option<u32>,
    /// Invocations left in it.
    pub remaining: Option<u32>,
    /// When to try again.
    pub reset: Option<When>,
}

/// An error that an invocation was rejected with, as far as limits go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rejection {
    /// Its HTTP status, where it has one.
    pub status: Option<u16>,
    /// Its properties, where it has any.
    pub properties: Option<RateLimitProperties>,
    /// A limiter other than that of invocations, where the error gives it away.
    pub limited: Option<Limited>,
}

/// A limiter in front of or beside a function, whose errors say so in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited {
    /// The bridge in the browser, which lets 500 calls through in 25 seconds. Its error has no status.
    Bridge,
    /// Forge's storage.
    Storage,
}

/// Places that hold the properties, outermost first; a name of the object, then those inside it.
///
/// Sources: RFC 130 of 2026-04-14 (`rateLimitProperties`, `limitHeaders`); Forge's documentation
/// (`error.metadata.rateLimitProperties`) and typings of the bridge, read 2026-11.
const PLACES: &[&[&str]] = &[
    &["rateLimitProperties"],
    &["metadata", "rateLimitProperties"],
    &["error", "metadata", "rateLimitProperties"],
    &["error", "rateLimitProperties"],
    &["limitHeaders"],
    &["error", "limitHeaders"],
];

/// Spellings of the three fields. Sources: RFC 130 (`rateLimitValue`), the bridge's typings (`rateLimitLimit`),
/// web triggers (`X-Ratelimit-*`), all read 2026-11.
const LIMIT: &[&str] = &["rateLimitValue", "rateLimitLimit", "X-RateLimit-Limit", "RateLimit-Limit"];
const REMAINING: &[&str] = &["rateLimitRemaining", "X-RateLimit-Remaining", "RateLimit-Remaining"];
const RESET: &[&str] = &["rateLimitReset", "X-RateLimit-Reset", "RateLimit-Reset"];

/// Sources: as above; `responseDetails` is that of errors of the package `@forge/kvs`, read 2026-11.
const STATUS_PLACES: &[&[&str]] = &[
    &["status"],
    &["statusCode"],
    &["error", "status"],
    &["error", "statusCode"],
    &["responseDetails", "status"],
    &["error", "responseDetails", "status"],
];

/// The bridge's own words. Source: package `@forge/bridge`, read 2026-11.
const BRIDGE_TEXTS: &[&str] = &["rate limited at 500req/25s", "Too many invocations"];

/// Codes of the storage. Source: Forge's pages on errors of the key-value store (`RATE_LIMIT_EXCEEDED`) and limits of
/// the object store (`TOO_MANY_REQUESTS`), read 2026-11.
pub const STORAGE_CODES: &[&str] = &["RATE_LIMIT_EXCEEDED", "TOO_MANY_REQUESTS"];

impl Rejection {
    /// Reads the JSON text of an error. Never fails; what is not understood is none.
    #[must_use]
    pub fn read(json: &str) -> Self {
        let Ok(error) = serde_json::from_str::<Value>(json) else { return Self::default() };
        let status = STATUS_PLACES.iter().find_map(|place| Said::of(at(&error, place)?)?.number());
        Self {
            status: status.and_then(|status| status.try_into().ok()),
            properties: find(&error),
            limited: Limited::of(&error).or_else(|| Limited::of(error.get("error")?)),
        }
    }
}

impl Limited {
    fn of(error: &Value) -> Option<Self> {
        let text = |name| error.get(name).and_then(Value::as_str);
        if text("code").is_some_and(|code| STORAGE_CODES.contains(&code)) {
            return Some(Self::Storage);
        }
        let message = text("message").or_else(|| error.as_str())?;
        BRIDGE_TEXTS.iter().any(|known| message.contains(known)).then_some(Self::Bridge)
    }
}

impl RateLimitProperties {
    /// Reads the JSON text of what an invocation resolved to; none if it says nothing about limits.
    #[must_use]
    pub fn read_resolved(json: &str) -> Option<Self> {
        // Most answers carry none: do not parse a large payload to learn that.
        if !json.contains("rateLimitProperties") {
            return None;
        }
        let value: Value = serde_json::from_str(json).ok()?;
        find(&value)
    }

    /// Reads the response headers of a web trigger.
    #[must_use]
    pub fn read_headers(headers: &[Header]) -> Option<Self> {
        Self::of_fields(|| headers.iter().map(|header| (header.name.as_str(), Said::Text(&header.value))))
    }

    /// Of the spellings of one field, the first that is understood counts.
    fn of_fields<'a, F: Iterator<Item = (&'a str, Said<'a>)>>(fields: impl Fn() -> F) -> Option<Self> {
        let is_named = |name: &str, names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        let of = |names| fields().filter(move |(name, _)| is_named(name, names)).map(|(_, value)| value);
        let count = |names| of(names).find_map(|value| u32::try_from(value.number()?).ok());
        let reset = of(RESET).find_map(Said::when);
        let found = Self { limit: count(LIMIT), remaining: count(REMAINING), reset };
        (found != Self::default()).then_some(found)
    }
}

fn find(value: &Value) -> Option<RateLimitProperties> {
    PLACES.iter().find_map(|place| {
        let object = at(value, place)?.as_object()?;
        RateLimitProperties::of_fields(|| {
            object.iter().filter_map(|(name, value)| Some((name.as_str(), Said::of(value)?)))
        })
    })
}

fn at<'a>(value: &'a Value, place: &[&str]) -> Option<&'a Value> {
    place.iter().try_fold(value, |value, name| value.get(name))
}

/// A number, or a text that may hold one.
#[derive(Clone, Copy)]
enum Said<'a> {
    Number(u64),
    Text(&'a str),
}

impl<'a> Said<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        match value {
            Value::Number(number) => number.as_u64().map(Self::Number),
            Value::String(text) => Some(Self::Text(text)),
            _ => None,
        }
    }

    fn number(self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(number),
            Self::Text(text) => text.trim().parse().ok(),
        }
    }

    fn when(self) -> Option<When> {
        match self {
            Self::Number(number) => Some(When::from_number(number)),
            Self::Text(text) => When::parse_reset(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Instant;
    use proptest::prelude::*;

    const RESET_MS: u64 = 1_776_160_800_000;

    #[test]
    fn every_known_spelling_means_the_same() {
        let want =
            RateLimitProperties { limit: Some(300), remaining: Some(0), reset: Some(When::At(Instant(RESET_MS))) };
        let seconds = RESET_MS / 1_000;
        let fields = format!(r#"{{"rateLimitValue":300,"rateLimitRemaining":0,"rateLimitReset":{RESET_MS}}}"#);
        let typed = format!(r#"{{"rateLimitLimit":"300","rateLimitRemaining":"0","rateLimitReset":"{seconds}"}}"#);
        for (name, json) in [
            ("RFC 130 text", format!(r#"{{"status":429,"rateLimitProperties":{fields}}}"#)),
            ("RFC 130 sample", format!(r#"{{"status":429,"limitHeaders":{fields}}}"#)),
            ("documentation", format!(r#"{{"statusCode":429,"metadata":{{"rateLimitProperties":{typed}}}}}"#)),
            ("wrapped", format!(r#"{{"error":{{"status":"429","metadata":{{"rateLimitProperties":{typed}}}}}}}"#)),
        ] {
            let got = Rejection::read(&json);
            assert_eq!((got.status, got.properties), (Some(429), Some(want)), "{name}: {json}");
        }
    }

    #[test]
    fn web_trigger_headers_are_read_in_both_spellings() {
        for (limit, reset) in [("rateLimitValue", "rateLimitReset"), ("X-Ratelimit-Limit", "X-Ratelimit-Reset")] {
            let headers = [Header::new(limit, "7000"), Header::new(reset, RESET_MS.to_string())];
            let got = RateLimitProperties::read_headers(&headers).unwrap();
            assert_eq!((got.limit, got.reset), (Some(7_000), Some(When::At(Instant(RESET_MS)))));
        }
        assert_eq!(RateLimitProperties::read_headers(&[Header::new("Content-Type", "text/html")]), None);
        let headers = [Header::new("X-RateLimit-Reset", "soon"), Header::new("rateLimitReset", "30")];
        let reset = RateLimitProperties::read_headers(&headers).and_then(|found| found.reset);
        assert_eq!(reset, Some(When::from_number(30)), "garbage in one spelling does not hide another");
    }

    #[test]
    fn a_resolved_value_may_carry_them_too() {
        let json = r#"{"body":{"a":1},"metadata":{"rateLimitProperties":{"rateLimitRemaining":12}}}"#;
        assert_eq!(RateLimitProperties::read_resolved(json).and_then(|found| found.remaining), Some(12));
        assert_eq!(RateLimitProperties::read_resolved(r#""text""#), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*", field in "[-0-9.eE\"a-z]{0,12}") {
            let _ = Rejection::read(&text);
            let _ = Rejection::read(&format!(r#"{{"status":{field},"rateLimitProperties":{{"rateLimitReset":{field}}}}}"#));
        }
    }
}
