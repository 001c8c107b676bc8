//! Instants and delays as servers write them: many spellings, never a panic.

use crate::time::{Instant, Millis};

/// When something may be tried again, as the server put it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// So long after the response.
    After(Millis),
    /// At this instant of the server's clock.
    At(Instant),
}

impl When {
    /// The instant meant, for a response received at `now`.
    #[must_use]
    pub fn instant(self, now: Instant) -> Instant {
        match self {
            Self::After(delay) => now + delay,
            Self::At(instant) => instant,
        }
    }

    /// Reads a `Retry-After` value: whole seconds, an HTTP date or an ISO timestamp.
    ///
    /// Source: RFC 9110 section 10.2.3; the ISO form was seen in public threads of developers, read 2026-11.
    #[must_use]
    pub fn parse_retry_after(text: &str) -> Option<Self> {
        let text = text.trim();
        if is_digits(text) {
            return Some(Self::After(Millis::from_secs(text.parse().unwrap_or(u64::MAX))));
        }
        Instant::parse_http_date(text).or_else(|| Instant::parse_iso(text)).map(Self::At)
    }

    /// Reads a reset value: ISO, an HTTP date, or digits, whose magnitude tells seconds that remain (below
    /// 10^8), epoch seconds (below 10^11) and epoch milliseconds apart.
    ///
    /// Source: the Confluence page of 2025-12-12 has ISO, RFC 130 of 2026-04-14 epoch milliseconds, Forge epoch
    /// seconds, Bitbucket seconds that remain (their documentation, read 2026-11).
    #[must_use]
    pub fn parse_reset(text: &str) -> Option<Self> {
        let text = text.trim();
        if is_digits(text) {
            return Some(Self::from_number(text.parse().unwrap_or(u64::MAX)));
        }
        Instant::parse_iso(text).or_else(|| Instant::parse_http_date(text)).map(Self::At)
    }

    /// The meaning of a bare number, by its magnitude, as in [`When::parse_reset`].
    #[must_use]
    pub const fn from_number(number: u64) -> Self {
        const FEW_YEARS_SECS: u64 = 100_000_000;
        const EPOCH_SECS: u64 = 100_000_000_000;
        if number < FEW_YEARS_SECS {
            Self::After(Millis::from_secs(number))
        } else if number < EPOCH_SECS {
            Self::At(Instant(number * 1_000))
        } else {
            Self::At(Instant(number))
        }
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_shape_of_a_reset_means_the_same_instant() {
        let three = Instant::parse_iso("2025-10-08T15:00:00Z").unwrap();
        for text in [
            "2025-10-08T15:00:00Z",
            "2025-10-08T15:00Z",
            "1759935600",
            "1759935600000",
            " Wed, 08 Oct 2025 15:00:00 GMT ",
        ] {
            assert_eq!(When::parse_reset(text), Some(When::At(three)), "{text}");
        }
        assert_eq!(When::parse_reset("847"), Some(When::After(Millis::from_secs(847))));
    }

    #[test]
    fn an_absurd_delay_saturates_and_garbage_is_none() {
        assert_eq!(When::parse_retry_after("9223372036854775807"), Some(When::After(Millis(u64::MAX))));
        assert_eq!(When::parse_retry_after(&"9".repeat(40)), Some(When::After(Millis(u64::MAX))));
        for text in ["", "-1", "NaN", "1.5", "soon", "\u{0}"] {
            assert_eq!(When::parse_retry_after(text), None, "{text:?}");
        }
    }
}
