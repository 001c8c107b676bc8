//! The `seed-2025-12` dialect of rate-limit headers, enforced and beta: reading and writing.
//!
//! Source: Confluence rate limiting page of 2025-12-12, tables "Rate limit detection" and beta headers.

use crate::operation::Header;
use crate::time::Instant;
use crate::when::When;

/// What one set of headers says; what it did not say, or not so that it can be understood, is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RateLimit {
    /// Points per hour of the pool.
    pub limit: Option<u32>,
    /// Points left in this window.
    pub remaining: Option<u32>,
    /// When the window ends.
    pub reset: Option<When>,
    /// Whether less than 20 % is left.
    pub near_limit: Option<bool>,
    /// Which limit was hit. An open set of names.
    pub reason: Option<String>,
    /// When to try again.
    pub retry_after: Option<When>,
}

/// A header that was meant for us and not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// The header's name as received.
    pub header: String,
    /// Its value as received.
    pub value: String,
    /// Why it was passed over.
    pub why: &'static str,
}

/// All that a response head says about limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signals {
    /// What holds now.
    pub enforced: RateLimit,
    /// What the coming rule would have said. It refuses nothing.
    pub beta: RateLimit,
    /// The server's clock.
    pub date: Option<Instant>,
    /// What was not understood.
    pub ignored: Vec<Ignored>,
}

impl Signals {
    /// Reads a response head. Never fails; of a repeated field the first value that is understood counts.
    #[must_use]
    pub fn read(headers: &[Header]) -> Self {
        let mut signals = Self::default();
        let is_structured = headers.iter().any(|header| names_structured(&header.name));
        for header in headers {
            let taken = if is_structured && counts_another_bucket(&header.name) {
                Err("beside `RateLimit-Policy` it counts a burst, not points")
            } else {
                signals.take(&header.name, header.value.trim())
            };
            if let Err(why) = taken {
                signals.ignored.push(Ignored { header: header.name.clone(), value: header.value.clone(), why });
            }
        }
        signals
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), &'static str> {
        if name.eq_ignore_ascii_case("date") {
            return set(&mut self.date, Instant::parse_http_date(value), "not an HTTP date");
        }
        match name.get(..7) {
            Some(start) if start.eq_ignore_ascii_case("x-beta-") => self.beta.take_limit(&name[7..], value),
            Some(_) if name.eq_ignore_ascii_case("beta-retry-after") => self.beta.take_retry_after(value),
            Some(_) if name.eq_ignore_ascii_case("retry-after") => self.enforced.take_retry_after(value),
            Some(_) if name.eq_ignore_ascii_case("ratelimit-reason") => self.enforced.take_limit(name, value),
            _ => match name.get(..2) {
                Some(start) if start.eq_ignore_ascii_case("x-") => self.enforced.take_limit(&name[2..], value),
                _ => Ok(()),
            },
        }
    }
}

/// Whether a header is one of the structured dialect. Source: Jira's and Confluence's pages, read 2026-11.
fn names_structured(name: &str) -> bool {
    ["RateLimit-Policy", "RateLimit", "Beta-RateLimit-Policy", "Beta-RateLimit"]
        .iter()
        .any(|structured| structured.eq_ignore_ascii_case(name))
}

/// Whether a header is about points in one dialect and about a burst in the structured one: a number may be taken for
/// points only where the dialect says so. Source: same pages.
fn counts_another_bucket(name: &str) -> bool {
    ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-NearLimit", "X-RateLimit-Reset"]
        .iter()
        .any(|counter| counter.eq_ignore_ascii_case(name))
}

impl RateLimit {
    fn take_retry_after(&mut self, value: &str) -> Result<(), &'static str> {
        set(&mut self.retry_after, When::parse_retry_after(value), "neither whole seconds nor a date")
    }

    fn take_limit(&mut self, name: &str, value: &str) -> Result<(), &'static str> {
        let is = |wanted: &str| name.eq_ignore_ascii_case(wanted);
        if is("RateLimit-Limit") {
            set(&mut self.limit, value.parse().ok(), "not a count of points")
        } else if is("RateLimit-Remaining") {
            set(&mut self.remaining, value.parse().ok(), "not a count of points")
        } else if is("RateLimit-Reset") {
            set(&mut self.reset, When::parse_reset(value), "not a known form of time")
        } else if is("RateLimit-NearLimit") {
            set(&mut self.near_limit, value.to_ascii_lowercase().parse().ok(), "neither true nor false")
        } else if is("RateLimit-Reason") {
            set(&mut self.reason, Some(value.to_owned()).filter(|reason| !reason.is_empty()), "empty")
        } else {
            Ok(())
        }
    }

    /// Writes the enforced form of these fields, those that are some.
    #[must_use]
    pub fn to_headers(&self) -> Vec<Header> {
        let when = |when: When| match when {
            When::After(delay) => delay.secs_ceil().to_string(),
            When::At(instant) => instant.to_string(),
        };
        [
            ("X-RateLimit-Limit", self.limit.map(|points| points.to_string())),
            ("X-RateLimit-Remaining", self.remaining.map(|points| points.to_string())),
            ("X-RateLimit-Reset", self.reset.map(when)),
            ("X-RateLimit-NearLimit", self.near_limit.map(|near| near.to_string())),
            ("RateLimit-Reason", self.reason.clone()),
            ("Retry-After", self.retry_after.map(when)),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some(Header::new(name, value?)))
        .collect()
    }
}

fn set<T>(field: &mut Option<T>, value: Option<T>, why: &'static str) -> Result<(), &'static str> {
    let value = value.ok_or(why)?;
    field.get_or_insert(value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Millis;
    use proptest::prelude::*;

    #[test]
    fn the_documented_429_is_read() {
        let headers = [
            Header::new("retry-after", "1847"),
            Header::new("X-RATELIMIT-LIMIT", "40000"),
            Header::new("X-RateLimit-Remaining", "0"),
            Header::new("x-ratelimit-reset", "2025-10-08T15:00:00Z"),
            Header::new("RateLimit-Reason", "confluence-quota-global-based"),
        ];
        let got = Signals::read(&headers);
        assert_eq!(got.enforced.retry_after, Some(When::After(Millis::from_secs(1_847))));
        assert_eq!((got.enforced.limit, got.enforced.remaining), (Some(40_000), Some(0)));
        assert_eq!(got.enforced.reset, Instant::parse_iso("2025-10-08T15:00:00Z").map(When::At));
        assert_eq!(got.enforced.reason.as_deref(), Some("confluence-quota-global-based"));
        assert_eq!((got.beta, got.ignored), (RateLimit::default(), Vec::new()));
    }

    #[test]
    fn beta_headers_say_nothing_about_now() {
        let got = Signals::read(&[
            Header::new("Beta-Retry-After", "12"),
            Header::new("X-Beta-RateLimit-Remaining", "0"),
            Header::new("X-Beta-RateLimit-Reason", "confluence-quota-tenant-based"),
        ]);
        assert_eq!(got.enforced, RateLimit::default());
        assert_eq!(got.beta.retry_after, Some(When::After(Millis::from_secs(12))));
        assert_eq!((got.beta.remaining, got.beta.reason.is_some()), (Some(0), true));
    }

    #[test]
    fn beside_structured_headers_the_old_ones_are_not_taken_for_points() {
        let got = Signals::read(&[
            Header::new("X-RateLimit-Limit", "350"),
            Header::new("X-RateLimit-Remaining", "0"),
            Header::new("ratelimit-policy", "\"global-app-quota\";q=65000;w=3600"),
            Header::new("Retry-After", "2"),
        ]);
        let want = RateLimit { retry_after: Some(When::After(Millis(2_000))), ..RateLimit::default() };
        assert_eq!((got.enforced, got.ignored.len()), (want, 2));
    }

    #[test]
    fn what_is_not_understood_is_reported_and_the_next_value_counts() {
        let got = Signals::read(&[Header::new("Retry-After", "-5"), Header::new("Retry-After", "5")]);
        assert_eq!(got.enforced.retry_after, Some(When::After(Millis::from_secs(5))));
        assert_eq!(got.ignored.len(), 1);
        assert_eq!((got.ignored[0].value.as_str(), got.ignored[0].why), ("-5", "neither whole seconds nor a date"));
    }

    fn any_rate_limit() -> impl Strategy<Value = RateLimit> {
        let when = prop_oneof![
            (0_u64..99_999_999).prop_map(|secs| When::After(Millis::from_secs(secs))),
            (0_u64..253_402_200_000_000).prop_map(|ms| When::At(Instant(ms))),
        ];
        let text = "[a-z][a-z-]{0,30}";
        (any::<Option<u32>>(), any::<Option<u32>>(), proptest::option::of(when.clone()), any::<Option<bool>>())
            .prop_flat_map(move |(limit, remaining, reset, near_limit)| {
                (proptest::option::of(text), proptest::option::of(when.clone())).prop_map(
                    move |(reason, retry_after)| RateLimit { limit, remaining, reset, near_limit, reason, retry_after },
                )
            })
    }

    proptest! {
        #[test]
        fn reading_is_the_inverse_of_writing(limit in any_rate_limit()) {
            let got = Signals::read(&limit.to_headers());
            prop_assert_eq!(got.enforced, limit);
            prop_assert_eq!(got.ignored, vec![]);
        }

        #[test]
        fn no_header_panics(name in "(?i)(x-)?(beta-)?(ratelimit-(limit|remaining|reset|reason)|retry-after|date|.*)", value in ".*") {
            let _ = Signals::read(&[Header::new(name, value)]);
        }
    }
}
