//! The calendar against the two libraries that others read dates with.

use super::*;
use crate::time::Instant;
use ::time::OffsetDateTime;
use ::time::format_description::well_known::Rfc3339;
use proptest::prelude::*;
use std::time::{Duration, UNIX_EPOCH};

fn http_by_library(text: &str) -> Option<u64> {
    httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs())
}

fn iso_by_library(text: &str) -> Option<u64> {
    let nanos = OffsetDateTime::parse(&to_rfc_3339(text)?, &Rfc3339).ok()?.unix_timestamp_nanos();
    u64::try_from(nanos.div_euclid(1_000_000)).ok()
}

/// The text with what ISO 8601 lets it leave out. What is no such stamp may come out as anything.
fn to_rfc_3339(text: &str) -> Option<String> {
    const DATE: usize = "2025-10-08".len();
    const LONGEST: usize = "2025-10-08T15:00:00.000000000+02:00".len();
    let text = Some(text).filter(|text| text.len() <= LONGEST && text.is_ascii() && text.len() > DATE)?;
    let zone_at = text[DATE + 1..].find(['Z', 'z', '+', '-'])? + DATE + 1;
    let (stamp, zone) = text.split_at(zone_at);
    let secs = if stamp.len() == "2025-10-08T15:00".len() { ":00" } else { "" };
    let (hours, minutes) = match zone.len() {
        3 => (zone, ":00".to_owned()),
        5 => (&zone[..3], format!(":{}", &zone[3..])),
        _ => (zone, String::new()),
    };
    Some(format!("{stamp}{secs}{hours}{minutes}"))
}

/// A date of one of the three forms, often one that the calendar does not have.
fn http_like() -> impl Strategy<Value = String> {
    let parts = (0..7_usize, 0..33_u32, 0..12_usize, 1968..10_000_u32, 0..25_u32, 0..62_u32, 0..62_u32, 0..3_u8);
    parts.prop_map(|(weekday, day, month, year, hour, minute, second, form)| {
        let (long, month, clock) = (WEEKDAYS[weekday], MONTHS[month], format!("{hour:02}:{minute:02}:{second:02}"));
        let (short, in_century) = (&long[..3], year % 100);
        match form {
            0 => format!("{short}, {day:02} {month} {year} {clock} GMT"),
            1 => format!("{long}, {day:02}-{month}-{in_century:02} {clock} GMT"),
            _ => format!("{short} {month} {day:2} {clock} {year}"),
        }
    })
}

/// The same, on the right day of the week.
fn http_date() -> impl Strategy<Value = String> {
    (0..=LAST_SECOND, 0..3_u8).prop_map(|(secs, form)| {
        let Civil { year, month, day, hour, minute, second } = Civil::of(secs as i64);
        let (long, month) = (WEEKDAYS[weekday(secs as i64)], MONTHS[month as usize - 1]);
        let (short, clock) = (&long[..3], format!("{hour:02}:{minute:02}:{second:02}"));
        match form {
            0 => format!("{short}, {day:02} {month} {year} {clock} GMT"),
            1 => format!("{long}, {day:02}-{month}-{:02} {clock} GMT", year % 100),
            _ => format!("{short} {month} {day:2} {clock} {year}"),
        }
    })
}

fn iso_like() -> impl Strategy<Value = String> {
    let date = (0..10_000_u32, 0..14_u32, 0..33_u32).prop_map(|(y, m, d)| format!("{y:04}-{m:02}-{d:02}"));
    let clock = (0..25_u32, 0..62_u32, 0..62_u32).prop_map(|(h, m, s)| format!("{h:02}:{m:02}:{s:02}"));
    let zone = prop_oneof![Just("Z".to_owned()), "[-+][0-2][0-9]:?[0-6][0-9]", "[-+][0-2][0-9]", "[-+z][0-9:]{0,5}"];
    let clock = prop_oneof![clock, "[0-2][0-9]:[0-6][0-9]"];
    (date, "[TtZ x+-]", clock, "(\\.[0-9]{0,10})?", zone)
        .prop_map(|(date, separator, clock, fraction, zone)| date + &separator + &clock + &fraction + &zone)
}

/// Near the end of a month, where leap seconds are.
fn leap_second_like() -> impl Strategy<Value = String> {
    let zone = prop_oneof![Just("Z"), Just("+00:00"), Just("-01:30"), Just("+23:59")];
    (1970..10_000_u32, 1..13_u32, prop_oneof![Just(1_u32), 28..32_u32], 0..24_u32, any::<bool>(), zone).prop_map(
        |(year, month, day, hour, is_half, zone)| {
            let (hour, minute) = (if is_half { hour } else { 23 }, if is_half { 29 } else { 59 });
            format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute}:60{zone}")
        },
    )
}

/// One character of a text changed, left out or doubled.
fn mangled(text: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    (text, any::<prop::sample::Index>(), "[0-9A-Za-z :,.é+-]{0,2}").prop_map(|(text, at, new)| {
        let at = at.index(text.len());
        format!("{}{new}{}", &text[..at], &text[at + 1..])
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn http_dates_are_read_as_the_library_reads_them(
        text in prop_oneof![http_like(), http_date(), mangled(http_date())],
    ) {
        // As it is called. The library trims too.
        prop_assert_eq!(read_http(text.trim()), http_by_library(&text), "{}", text);
    }

    #[test]
    fn iso_is_read_as_the_library_reads_it_in_full(
        text in prop_oneof![iso_like(), leap_second_like(), mangled(iso_like())],
    ) {
        prop_assert_eq!(read_iso(&text), iso_by_library(&text), "{}", text);
    }

    #[test]
    fn an_instant_is_written_as_the_libraries_write_it(secs in 0..=LAST_SECOND, millis in 0..1_000_u64) {
        let instant = Instant(secs * 1_000 + millis);
        let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(instant.0) * 1_000_000).unwrap();
        prop_assert_eq!(instant.to_string(), time.format(&Rfc3339).unwrap());
        prop_assert_eq!(instant.to_http_date(), httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(secs)));
    }
}

#[test]
fn every_day_of_the_calendar_comes_back() {
    for day in -DAYS_TO_EPOCH + 60..(LAST_SECOND as i64 + 1) / DAY {
        assert_eq!(Civil::of(day * DAY + 86_399).secs(), Some(day * DAY + 86_399));
    }
}
