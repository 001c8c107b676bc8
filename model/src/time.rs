//! Integer time: instants and spans in whole milliseconds, and the UTC hour.

use crate::calendar::{self, Civil};
use std::fmt;
use std::ops::{Add, AddAssign};

/// A span of time in whole milliseconds. Arithmetic saturates, so no header can overflow it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u64);

impl Millis {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A span of whole seconds.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000))
    }

    /// The span in whole seconds, rounded up: a server that rounds down invites an early retry.
    #[must_use]
    pub const fn secs_ceil(self) -> u64 {
        self.0.div_ceil(1_000)
    }

    /// The span `n` times.
    #[must_use]
    pub const fn times(self, n: u64) -> Self {
        Self(self.0.saturating_mul(n))
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

/// The length of a points window.
pub const HOUR: Millis = Millis::from_secs(crate::facts::QUOTA_WINDOW_SECS.value);

/// An instant in whole milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub u64);

impl Instant {
    /// How long after `earlier` this is; zero if it is not after it.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Millis {
        Millis(self.0.saturating_sub(earlier.0))
    }

    /// The beginning of the UTC hour that holds this instant.
    #[must_use]
    pub const fn hour_start(self) -> Self {
        Self(self.0 - self.0 % HOUR.0)
    }

    /// The first instant of the next UTC hour; always after this one.
    #[must_use]
    pub const fn next_hour(self) -> Self {
        Self(self.hour_start().0.saturating_add(HOUR.0))
    }

    /// Whether this instant is a UTC hour boundary.
    #[must_use]
    pub const fn is_hour_start(self) -> bool {
        self.0.is_multiple_of(HOUR.0)
    }

    /// Reads RFC 3339 and its ISO 8601 relatives: any UTC offset with or without its colon and minutes, fractions,
    /// seconds left out. Other relatives, by week or by day of the year, no server was seen to send.
    #[must_use]
    pub fn parse_iso(text: &str) -> Option<Self> {
        calendar::read_iso(text.trim()).map(Self)
    }

    /// Reads an HTTP date such as `Wed, 08 Oct 2025 14:00:00 GMT`.
    #[must_use]
    pub fn parse_http_date(text: &str) -> Option<Self> {
        calendar::read_http(text.trim()).map(|secs| Self(secs * 1_000))
    }

    /// Writes an HTTP date, rounded down to the second, as a server writes its `Date`; the last second of the year
    /// 9999 for what is later, since the form has four digits for the year. Source: RFC 9110 section 5.6.7.
    #[must_use]
    pub fn to_http_date(self) -> String {
        calendar::write_http(self.0 / 1_000)
    }
}

impl Add<Millis> for Instant {
    type Output = Self;

    fn add(self, span: Millis) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl AddAssign<Millis> for Instant {
    fn add_assign(&mut self, span: Millis) {
        *self = *self + span;
    }
}

impl Add for Millis {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// RFC 3339 in UTC, with milliseconds only where there are any; beyond the year 9999 the plain number.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (secs, millis) = (self.0 / 1_000, self.0 % 1_000);
        if secs > calendar::LAST_SECOND {
            return write!(f, "{} ms", self.0);
        }
        let Civil { year, month, day, hour, minute, second } = Civil::of(secs as i64);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if millis > 0 {
            write!(f, ".{}", format!("{millis:03}").trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn iso_is_read_with_and_without_seconds_and_with_offsets() {
        let three = Instant::parse_iso("2025-10-08T15:00:00Z").unwrap();
        assert_eq!(three.to_string(), "2025-10-08T15:00:00Z");
        assert_eq!(Instant::parse_iso("2025-10-08T15:00Z"), Some(three));
        assert_eq!(Instant::parse_iso("2025-10-08T17:00:00.000+02:00"), Some(three));
        for zone in ["+02:00", "+0200", "+02"] {
            assert_eq!(Instant::parse_iso(&format!(" 2025-10-08T17:00{zone} ")), Some(three), "{zone}");
        }
        assert_eq!(Instant::parse_iso("tomorrow"), None);
        assert_eq!(Instant::parse_iso("1960-01-01T00:00:00Z"), None, "before the epoch");
    }

    #[test]
    fn http_dates_are_read() {
        let date = Instant::parse_http_date("Wed, 08 Oct 2025 15:00:00 GMT");
        assert_eq!(date, Instant::parse_iso("2025-10-08T15:00:00Z"));
    }

    proptest! {
        #[test]
        fn printing_is_the_inverse_of_reading(ms in 0_u64..253_402_200_000_000) {
            prop_assert_eq!(Instant::parse_iso(&Instant(ms).to_string()), Some(Instant(ms)));
        }

        #[test]
        fn an_http_date_is_the_instant_without_its_milliseconds(ms in 0_u64..253_402_300_800_000) {
            let text = Instant(ms).to_http_date();
            prop_assert_eq!(Instant::parse_http_date(&text), Some(Instant(ms - ms % 1_000)));
        }

        #[test]
        fn the_next_hour_is_after_now_and_within_an_hour(ms in 0_u64..u64::MAX - HOUR.0) {
            let next = Instant(ms).next_hour();
            prop_assert!(next > Instant(ms) && next.since(Instant(ms)) <= HOUR && next.is_hour_start());
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = (Instant::parse_iso(&text), Instant::parse_http_date(&text));
        }
    }
}
