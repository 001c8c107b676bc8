//! Numbers and spans of a scenario file. Each type knows its own range, so serde's error has the place.

use headroom_model::time::Millis;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use std::fmt;

/// A whole number from `LEAST` to `MOST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Whole<const LEAST: u32, const MOST: u32>(u32);

impl<const LEAST: u32, const MOST: u32> Whole<LEAST, MOST> {
    /// A number that the code itself knows, such as a default. Outside the range it does not compile in a constant.
    #[must_use]
    pub const fn of(number: u32) -> Self {
        assert!(LEAST <= number && number <= MOST, "out of range");
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl<'de, const LEAST: u32, const MOST: u32> Deserialize<'de> for Whole<LEAST, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read<const LEAST: u32, const MOST: u32>;
        impl<const LEAST: u32, const MOST: u32> Visitor<'_> for Read<LEAST, MOST> {
            type Value = u32;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a whole number from {LEAST} to {MOST}")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<u32, E> {
                let fits = u32::try_from(number).ok().filter(|number| (LEAST..=MOST).contains(number));
                fits.ok_or_else(|| E::custom(format!("`{number}` is out of range: use {LEAST} to {MOST}")))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<u32, E> {
                self.visit_i64(i64::try_from(number).unwrap_or(i64::MAX))
            }
        }
        deserializer.deserialize_i64(Read::<LEAST, MOST>).map(Self)
    }
}

/// A span of `LEAST` to `MOST` milliseconds, as text with its unit: `"100 ms"`, `"25 s"`, `"10 min"`, `"12 h"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span<const LEAST: u64, const MOST: u64>(Millis);

impl<const LEAST: u64, const MOST: u64> Span<LEAST, MOST> {
    /// A span that the code itself knows, such as a default. Outside the range it does not compile in a constant.
    #[must_use]
    pub const fn of(ms: u64) -> Self {
        assert!(LEAST <= ms && ms <= MOST, "out of range");
        Self(Millis(ms))
    }

    /// The span.
    #[must_use]
    pub const fn get(self) -> Millis {
        self.0
    }
}

const UNITS: [(&str, u64); 5] = [("ms", 1), ("s", 1_000), ("min", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

impl<'de, const LEAST: u64, const MOST: u64> Deserialize<'de> for Span<LEAST, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read<const LEAST: u64, const MOST: u64>;
        impl<const LEAST: u64, const MOST: u64> Visitor<'_> for Read<LEAST, MOST> {
            type Value = Millis;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a span with its unit, such as \"25 s\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Millis, E> {
                let span = read(text).map_err(E::custom)?;
                let fits = (LEAST..=MOST).contains(&span.0);
                fits.then_some(span).ok_or_else(|| {
                    let range = format!("use \"{LEAST} ms\" to \"{MOST} ms\"");
                    E::custom(format!("`{text}` is out of range: {range}"))
                })
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Millis, E> {
                Err(E::custom(format!("`{number}` has no unit: write \"{number} s\", or ms, min, h or d")))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Millis, E> {
                Err(E::custom(format!("`{number}` has no unit: write a whole number of ms, s, min, h or d")))
            }
        }
        deserializer.deserialize_any(Read::<LEAST, MOST>).map(Self)
    }
}

fn read(text: &str) -> Result<Millis, String> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
    let (number, unit) = (text[..unit_at].replace('_', ""), text[unit_at..].trim());
    let known = || "use a whole number and ms, s, min, h or d, such as \"25 s\"";
    let ms_each = match unit {
        "" => return Err(format!("`{text}` has no unit: {}", known())),
        unit => UNITS.iter().find(|(name, _)| *name == unit).map(|(_, ms)| *ms),
    };
    let number: Option<u64> = number.parse().ok();
    let span = number.zip(ms_each).and_then(|(number, ms)| number.checked_mul(ms));
    span.map(Millis).ok_or_else(|| format!("`{text}` is no span: {}", known()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        count: Option<Whole<1, 10>>,
        after: Option<Span<0, 60_000>>,
    }

    fn error(text: &str) -> String {
        toml::from_str::<File>(text).map(|file| panic!("{file:?}")).unwrap_err().message().to_owned()
    }

    #[test]
    fn spans_and_numbers_are_read_with_their_units_and_ranges() {
        let file: File = toml::from_str("count = 10\nafter = \"1_000 ms\"").unwrap();
        assert_eq!((file.count.unwrap().get(), file.after.unwrap().get()), (10, Millis(1_000)));
        for (text, ms) in [("25s", 25_000), ("1 min", 60_000), ("0 h", 0)] {
            let file: File = toml::from_str(&format!("after = \"{text}\"")).unwrap();
            assert_eq!(file.after.unwrap().get(), Millis(ms));
        }
    }

    #[test]
    fn what_does_not_fit_is_named_with_the_next_step() {
        assert_eq!(error("count = 11"), "`11` is out of range: use 1 to 10");
        assert_eq!(error("count = -1"), "`-1` is out of range: use 1 to 10");
        assert_eq!(error("after = 25"), "`25` has no unit: write \"25 s\", or ms, min, h or d");
        assert_eq!(
            error("after = \"25\""),
            "`25` has no unit: use a whole number and ms, s, min, h or d, such as \"25 s\""
        );
        assert_eq!(error("after = \"2 min\""), "`2 min` is out of range: use \"0 ms\" to \"60000 ms\"");
        for text in ["soon", "1.5 h", "-1 s", "99999999999999999999 d", ""] {
            assert!(error(&format!("after = \"{text}\"")).starts_with('`'), "{text}");
        }
    }

    #[test]
    fn an_error_knows_its_place() {
        let text = "count = 3\nafter = 25";
        let error = toml::from_str::<File>(text).unwrap_err();
        assert_eq!(&text[error.span().unwrap()], "25");
    }
}
