//! Heads as servers write them, and that reading is the inverse of writing.

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
fn what_is_not_understood_is_reported_and_the_next_value_counts() {
    let got = Signals::read(&[Header::new("Retry-After", "-5"), Header::new("Retry-After", "5")]);
    assert_eq!(got.enforced.retry_after, Some(When::After(Millis::from_secs(5))));
    assert_eq!(got.ignored.len(), 1);
    assert_eq!((got.ignored[0].value.as_str(), got.ignored[0].why), ("-5", "neither whole seconds nor a date"));
}

#[test]
fn both_dialects_in_any_case_and_with_any_prefix_are_read() {
    for (name, value, is_read) in [
        ("RATELIMIT-POLICY", "\"global-app-quota\";q=65000;w=3600", true),
        ("beta-ratelimit", "\"tenant-app-quota\";r=0;t=60", true),
        ("Beta-X-RateLimit-Remaining", "0", true),
        ("X-Beta-Retry-After", "5", true),
        ("x-ratelimit-reason", "jira-burst-based", true),
        ("X-RateLimit-Limits", "5", false),
        ("Ratelimit-", "5", false),
    ] {
        let got = Signals::read(&[Header::new(name, value)]);
        assert_eq!(got != Signals::default(), is_read, "{name}");
        assert_eq!(got.ignored, [], "{name}");
    }
}

#[test]
fn a_second_value_that_contradicts_is_reported_and_lists_are_joined() {
    let got = Signals::read(&[
        Header::new("Retry-After", "5"),
        Header::new("retry-after", "5"),
        Header::new("RETRY-AFTER", "50"),
        Header::new("RateLimit", "\"a\";r=1"),
        Header::new("RateLimit", "\"b\";r=2"),
    ]);
    assert_eq!(got.enforced.retry_after, Some(When::After(Millis::from_secs(5))));
    assert_eq!(got.ignored.iter().map(|ignored| ignored.value.as_str()).collect::<Vec<_>>(), ["50"]);
    assert_eq!(got.enforced.allowances.len(), 2);
}

#[test]
fn numbers_that_are_none_are_reported() {
    for value in ["-1", "NaN", "", "1e3", "99999999999", "12 points", "0x10"] {
        let got = Signals::read(&[Header::new("X-RateLimit-Remaining", value)]);
        assert_eq!((got.enforced.remaining, got.ignored.len()), (None, 1), "{value}");
    }
}

fn any_when() -> impl Strategy<Value = When> {
    prop_oneof![
        (0_u64..99_999_999).prop_map(|secs| When::After(Millis::from_secs(secs))),
        (0_u64..253_402_200_000_000).prop_map(|ms| When::At(Instant(ms))),
    ]
}

fn any_secs() -> impl Strategy<Value = Option<Millis>> {
    proptest::option::of((0_u64..1_000_000_000).prop_map(Millis::from_secs))
}

/// Names as RFC 9651 can write them: printable ASCII, quotes and backslashes among it.
fn any_name() -> impl Strategy<Value = String> {
    "[ -~]{0,20}"
}

prop_compose! {
    fn any_rate_limit()(
        limit: Option<u32>,
        remaining: Option<u32>,
        near_limit: Option<bool>,
        reset in proptest::option::of(any_when()),
        reason in proptest::option::of("[a-z][a-z-]{0,30}"),
        retry_after in proptest::option::of(any_when()),
        policies in proptest::collection::vec((any_name(), any::<Option<u32>>(), any_secs()), 0..4),
        allowances in proptest::collection::vec((any_name(), any::<Option<u32>>(), any_secs()), 0..4),
    ) -> RateLimit {
        let policy = |(name, quota, window)| Policy { name, quota, window };
        let allowance = |(name, remaining, reset)| Allowance { name, remaining, reset };
        RateLimit {
            limit, remaining, reset, near_limit, reason, retry_after,
            policies: policies.into_iter().map(policy).collect(),
            allowances: allowances.into_iter().map(allowance).collect(),
        }
    }
}

proptest! {
    #[test]
    fn reading_is_the_inverse_of_writing(
        enforced in any_rate_limit(),
        beta in any_rate_limit(),
        date in proptest::option::of(0_u64..253_402_200_000),
    ) {
        let date = date.map(|secs| Instant(secs * 1_000));
        let written = Signals { enforced, beta, date, ..Signals::default() };
        prop_assert_eq!(Signals::read(&written.to_headers()), written);
    }

    #[test]
    fn no_header_panics(name in "(?i)(x-)?(beta-)?(ratelimit(-(limit|remaining|reset|reason|policy))?|retry-after|date|.*)", value in ".*") {
        let _ = Signals::read(&[Header::new(name, value)]);
    }
}
