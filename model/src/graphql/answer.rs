//! What a GraphQL answer says within its body, whatever its HTTP status: errors, among them refusals, and the cost.
//!
//! Sources, all read 2026-11: public clients of Atlassian's gateway know its errors by `extensions.statusCode`,
//! `errorType` and `classification`, and take statusCode 429 for a rate limit; GitHub writes `"type": "RATE_LIMITED"`,
//! since 2026-01 `"type": "RATE_LIMIT"` with `"code": "graphql_rate_limit"`; Shopify `extensions.code` `THROTTLED`, and
//! `MAX_COST_EXCEEDED` for what will never be admitted; Linear `RATELIMITED`. How Atlassian words the refusal of a
//! points quota is not published; the Confluence page of 2025-12-12 promises HTTP 429.

use super::cost::{CostReport, find, read_reset, read_retry_after};
use crate::refusal::TOO_MANY_REQUESTS;
use crate::when::When;
use serde_json::{Map, Value};

/// Bodies longer than this are not read: a refusal is short, and what a long answer cost shows in the next one.
const MOST_BYTES: usize = 4 << 20;
/// Errors kept of one answer.
const MOST_ERRORS: usize = 16;

/// What an answer says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GraphqlAnswer {
    /// Its errors, 16 at most.
    pub errors: Vec<GraphqlError>,
    /// Its cost.
    pub cost: Option<CostReport>,
}

/// One error of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphqlError {
    /// What it means for limits.
    pub kind: ErrorKind,
    /// The server's text.
    pub message: String,
    /// The HTTP status that it names.
    pub status: Option<u16>,
    /// The code, type or classification that it names.
    pub code: Option<String>,
    /// When to try again, if it says so.
    pub retry: Option<When>,
}

/// What an error means for limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// A limit refused: later is another matter.
    RateLimited,
    /// The operation alone costs more than any may: it will never be admitted.
    TooCostly,
    /// Something else.
    Other,
}

impl GraphqlAnswer {
    /// The first error that is a limit's refusal.
    #[must_use]
    pub fn rate_limited(&self) -> Option<&GraphqlError> {
        self.errors.iter().find(|error| error.kind == ErrorKind::RateLimited)
    }
}

/// Reads the body of an answer to a GraphQL request. Never fails: none if it is longer than 4 MiB, is not one JSON
/// object, or says nothing of errors and cost. A body without the words is not parsed.
///
/// ```
/// use headroom_model::graphql::read;
/// let body = br#"{"data":null,"errors":[{"message":"slow down","extensions":{"statusCode":429,"retryAfter":7}}]}"#;
/// let answer = read(body).unwrap();
/// assert_eq!(answer.rate_limited().unwrap().message, "slow down");
/// ```
#[must_use]
pub fn read(body: &[u8]) -> Option<GraphqlAnswer> {
    let text = std::str::from_utf8(body).ok().filter(|text| text.len() <= MOST_BYTES)?;
    let is_object = text.trim_start().starts_with('{');
    if !is_object || !(text.contains("\"errors\"") || text.contains("\"cost\"")) {
        return None;
    }
    let value: Value = serde_json::from_str(text).ok()?;
    let errors = value.get("errors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let answer = GraphqlAnswer {
        errors: errors.iter().filter_map(GraphqlError::read).take(MOST_ERRORS).collect(),
        cost: value.get("extensions").and_then(|extensions| CostReport::read(extensions.get("cost")?)),
    };
    (answer != GraphqlAnswer::default()).then_some(answer)
}

impl GraphqlError {
    /// None without a message, which GraphQL demands (specification of October 2021, section 7.1.2): REST answers of
    /// Confluence have `errors` as well, without it.
    fn read(error: &Value) -> Option<Self> {
        let error = error.as_object()?;
        let message = error.get("message")?.as_str()?.to_owned();
        let none = Map::new();
        let extensions = error.get("extensions").and_then(Value::as_object).unwrap_or(&none);
        let status = read_status(extensions).or_else(|| read_status(error));
        let codes: Vec<&str> = [extensions, error].into_iter().flat_map(codes).collect();
        // The code that tells the most is kept.
        let named = codes.iter().find(|code| meaning_of_code(code) != ErrorKind::Other).or(codes.first());
        let kind = match named.map_or(ErrorKind::Other, |code| meaning_of_code(code)) {
            ErrorKind::Other => meaning(status, &message),
            said => said,
        };
        let retry =
            [extensions, error].into_iter().find_map(|said| read_retry_after(said).or_else(|| read_reset(said)));
        let code = named.map(|code| (*code).to_owned());
        Some(Self { kind, message, status, code, retry })
    }
}

fn read_status(said: &Map<String, Value>) -> Option<u16> {
    let status = find(said, &["statuscode", "status", "httpstatus", "errorhttpcode"])
        .or_else(|| find(said.get("http")?.as_object()?, &["status"]))?;
    let number = status.as_u64().or_else(|| status.as_str()?.trim().parse().ok())?;
    u16::try_from(number).ok()
}

fn codes(said: &Map<String, Value>) -> impl Iterator<Item = &str> {
    ["code", "errortype", "type", "classification"].into_iter().filter_map(|name| find(said, &[name])?.as_str())
}

fn meaning(status: Option<u16>, message: &str) -> ErrorKind {
    const WORDS: [&str; 4] = ["rate limit", "rate-limit", "too many requests", "throttled"];
    let message = message.to_ascii_lowercase();
    match status {
        Some(TOO_MANY_REQUESTS) => ErrorKind::RateLimited,
        // Only where nothing better is said: the text is for people.
        None if WORDS.iter().any(|word| message.contains(word)) => ErrorKind::RateLimited,
        _ => ErrorKind::Other,
    }
}

fn meaning_of_code(code: &str) -> ErrorKind {
    let letters = code.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase());
    let letters: String = letters.collect();
    let says = |words: &[&str]| words.iter().any(|word| letters.contains(word));
    if says(&["MAXCOST", "COSTEXCEEDED", "COMPLEXITYEXCEEDED", "NODELIMITEXCEEDED", "TOOCOMPLEX"]) {
        ErrorKind::TooCostly
    } else if says(&["RATELIMIT", "THROTTLE", "TOOMANYREQUESTS"]) {
        ErrorKind::RateLimited
    } else {
        ErrorKind::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{Instant, Millis};
    use proptest::prelude::*;

    fn error(json: &str) -> GraphqlError {
        read(format!("{{\"errors\":[{json}],\"data\":null}}").as_bytes()).unwrap().errors.remove(0)
    }

    #[test]
    fn every_known_wording_of_a_refusal_is_one() {
        for json in [
            r#"{"message":"","extensions":{"statusCode":429,"errorType":"X","classification":"DataFetchingException"}}"#,
            r#"{"message":"","extensions":{"http":{"status":429}}}"#,
            r#"{"message":"API rate limit exceeded","type":"RATE_LIMITED"}"#,
            r#"{"type":"RATE_LIMIT","code":"graphql_rate_limit","message":"API rate limit already exceeded for user"}"#,
            r#"{"message":"Throttled","extensions":{"code":"THROTTLED"}}"#,
            r#"{"message":"","extensions":{"code":"RATELIMITED","type":"ratelimited"}}"#,
            r#"{"message":"","extensions":{"classification":"RateLimitExceeded"}}"#,
            r#"{"message":"Too Many Requests"}"#,
        ] {
            assert_eq!(error(json).kind, ErrorKind::RateLimited, "{json}");
        }
    }

    #[test]
    fn other_errors_stay_errors_and_what_will_never_pass_is_told_apart() {
        let forbidden =
            r#"{"message":"403 Forbidden","extensions":{"errorSource":"UNDERLYING_SERVICE","statusCode":403}}"#;
        assert_eq!((error(forbidden).kind, error(forbidden).status), (ErrorKind::Other, Some(403)));
        let text = r#"{"message":"no rate limit of that name","extensions":{"statusCode":404}}"#;
        assert_eq!(error(text).kind, ErrorKind::Other);
        let costly = r#"{"message":"Query cost is 1002","extensions":{"code":"MAX_COST_EXCEEDED","maxCost":1000}}"#;
        assert_eq!(
            (error(costly).kind, error(costly).code.as_deref()),
            (ErrorKind::TooCostly, Some("MAX_COST_EXCEEDED"))
        );
    }

    #[test]
    fn the_code_that_names_the_limit_is_kept_and_the_instant_with_it() {
        let got = error(r#"{"message":"","extensions":{"classification":"RATE_LIMITED","code":"X","retryAfter":"7"}}"#);
        assert_eq!((got.code.as_deref(), got.retry), (Some("RATE_LIMITED"), Some(When::After(Millis(7_000)))));
        let got = error(r#"{"message":"","extensions":{"statusCode":"429","resetAt":"2025-10-08T15:00:00Z"}}"#);
        assert_eq!(got.retry, Instant::parse_iso("2025-10-08T15:00:00Z").map(When::At));
    }

    #[test]
    fn the_cost_of_a_success_is_read_and_what_says_nothing_is_none() {
        let body = br#"{"data":{"page":null},"extensions":{"cost":{"actualQueryCost":17,"remaining":64983}}}"#;
        let answer = read(body).unwrap();
        assert_eq!((answer.errors.len(), answer.cost.unwrap().remaining), (0, Some(64_983)));
        for body in [
            "",
            "{}",
            "\u{FEFF}{}",
            "{\"data\":{\"errors\":[]}}",
            "[{\"errors\":[{\"message\":\"\"}]}]",
            "{\"errors\":{\"summary\":\"needed\"},\"errorMessages\":[]}",
            "{\"errors\":[{\"status\":404,\"code\":\"NOT_FOUND\",\"title\":\"Not Found\"}]}",
            "{\"errors\":[{\"message\":\"cut",
        ] {
            assert_eq!(read(body.as_bytes()), None, "{body}");
        }
        let long = format!("{{\"errors\":[{{\"message\":\"{}\"}}]}}", "a".repeat(MOST_BYTES));
        assert_eq!(read(long.as_bytes()), None);
        let many = format!("{{\"errors\":[{}0]}}", "{\"message\":\"\"},".repeat(99));
        assert_eq!(read(many.as_bytes()).unwrap().errors.len(), MOST_ERRORS);
    }

    proptest! {
        #[test]
        fn no_body_panics(body in any::<Vec<u8>>(), text in r#"\{"errors":\[\{"message":"[a-z ]{0,9}",.{0,60}"#) {
            let _ = (read(&body), read(text.as_bytes()));
        }
    }
}
