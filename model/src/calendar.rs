//! The Gregorian calendar in UTC and the three forms of date that HTTP and its servers write.
//!
//! Two libraries did this before; both together weighed more in the component than all that it decides about dates.

/// A second of the calendar, year 0 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: u32,
    pub(crate) month: u32,
    pub(crate) day: u32,
    pub(crate) hour: u32,
    pub(crate) minute: u32,
    pub(crate) second: u32,
}

/// The last second of the year 9999: all forms have four digits for the year.
pub(crate) const LAST_SECOND: u64 = 253_402_300_799;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Days from 0000-03-01 to 1970-01-01. Years that begin in March have their leap day last.
const DAYS_TO_EPOCH: i64 = 719_468;
const DAYS_OF_400_YEARS: i64 = 146_097;

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl Civil {
    /// The second that is so many after 1970-01-01T00:00:00Z, or before it.
    pub(crate) fn of(secs: i64) -> Self {
        let days = secs.div_euclid(DAY) + DAYS_TO_EPOCH;
        let of_day = secs.rem_euclid(DAY);
        let day_of_cycle = days.rem_euclid(DAYS_OF_400_YEARS);
        // Each of these days makes a year longer than 365, or shorter than 366, of what is counted so far.
        let leap_days = day_of_cycle / 1_460 - day_of_cycle / 36_524 + day_of_cycle / (DAYS_OF_400_YEARS - 1);
        let year_of_cycle = (day_of_cycle - leap_days) / 365;
        let day_of_year = day_of_cycle - days_of_years(year_of_cycle);
        // Five months from March on have 153 days, and so the next five.
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - days_of_months(month_from_march) + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = days.div_euclid(DAYS_OF_400_YEARS) * 400 + year_of_cycle + i64::from(month < 3);
        let [year, month, day, hour, minute, second] =
            [year, month, day, of_day / HOUR, of_day % HOUR / MINUTE, of_day % MINUTE].map(|part| part as u32);
        Self { year, month, day, hour, minute, second }
    }

    /// Seconds from 1970-01-01T00:00:00Z; none if the calendar or the clock has no such second.
    pub(crate) fn secs(self) -> Option<i64> {
        let Self { year, month, day, hour, minute, second } = self;
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) || year > 9999 {
            return None;
        }
        let [year, month, day, hour, minute, second] = [year, month, day, hour, minute, second].map(i64::from);
        let (year_from_march, month_from_march) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let of_cycle = days_of_years(year_from_march.rem_euclid(400)) + days_of_months(month_from_march) + day - 1;
        let days = year_from_march.div_euclid(400) * DAYS_OF_400_YEARS + of_cycle - DAYS_TO_EPOCH;
        let secs = days * DAY + hour * HOUR + minute * MINUTE + second;
        // What flows over, such as February 30, comes back as another second.
        (Self::of(secs) == self).then_some(secs)
    }
}

/// The length of so many years, less than 400, of a cycle that begins in March.
const fn days_of_years(years: i64) -> i64 {
    years * 365 + years / 4 - years / 100
}

/// The length of so many months from March on, without February.
const fn days_of_months(months: i64) -> i64 {
    (153 * months + 2) / 5
}

/// The place in the names: 1970-01-01 was a Thursday.
fn weekday(secs: i64) -> usize {
    (secs.div_euclid(DAY) + 3).rem_euclid(7) as usize
}

/// `Mon`. Slicing that could panic would bring tables of Unicode along, to quote what was sliced.
fn short(weekday: &str) -> &str {
    weekday.get(..3).unwrap_or(weekday)
}

/// Writes the second so many after 1970-01-01T00:00:00Z as `Wed, 08 Oct 2025 14:00:00 GMT`.
pub(crate) fn write_http(secs: u64) -> String {
    let secs = secs.min(LAST_SECOND) as i64;
    let Civil { year, month, day, hour, minute, second } = Civil::of(secs);
    let (weekday, month) = (short(WEEKDAYS[weekday(secs)]), MONTHS[month as usize - 1]);
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

/// Reads an HTTP date in any of its three forms: seconds from 1970 on. Source: RFC 9110 section 5.6.7.
pub(crate) fn read_http(text: &str) -> Option<u64> {
    let text = text.as_bytes();
    let (civil, named) = imf(Rest(text)).or_else(|| rfc_850(Rest(text))).or_else(|| asctime(Rest(text)))?;
    let secs = civil.secs().filter(|secs| weekday(*secs) == named)?;
    u64::try_from(secs).ok()
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`
fn imf(mut rest: Rest<'_>) -> Option<(Civil, usize)> {
    let weekday = rest.one_of(WEEKDAYS.into_iter().map(short))?;
    let day = rest.skip(", ")?.number(2)?;
    let month = rest.skip(" ")?.month()?;
    let year = rest.skip(" ")?.number(4)?;
    let [hour, minute, second] = rest.skip(" ")?.clock()?;
    rest.skip(" GMT")?.end()?;
    Some((Civil { year, month, day, hour, minute, second }, weekday))
}

/// `Sunday, 06-Nov-94 08:49:37 GMT`
fn rfc_850(mut rest: Rest<'_>) -> Option<(Civil, usize)> {
    let weekday = rest.one_of(WEEKDAYS.into_iter())?;
    let day = rest.skip(", ")?.number(2)?;
    let month = rest.skip("-")?.month()?;
    let year = rest.skip("-")?.number(2)?;
    // Any byte may stand before the clock: older readers let it pass.
    let [hour, minute, second] = rest.one()?.clock()?;
    rest.skip(" GMT")?.end()?;
    let year = year + if year < 70 { 2_000 } else { 1_900 };
    Some((Civil { year, month, day, hour, minute, second }, weekday))
}

/// `Sun Nov  6 08:49:37 1994`
fn asctime(mut rest: Rest<'_>) -> Option<(Civil, usize)> {
    let weekday = rest.one_of(WEEKDAYS.into_iter().map(short))?;
    let month = rest.skip(" ")?.month()?;
    let day = match rest.skip(" ")?.skip(" ").is_some() {
        true => rest.number(1)?,
        false => rest.number(2)?,
    };
    let [hour, minute, second] = rest.skip(" ")?.clock()?;
    let year = rest.skip(" ")?.number(4)?;
    rest.end()?;
    Some((Civil { year, month, day, hour, minute, second }, weekday))
}

/// Reads RFC 3339 and its relatives, as [`crate::time::Instant::parse_iso`] says: milliseconds from 1970 on. A leap
/// second at the end of a month is the last millisecond before.
pub(crate) fn read_iso(text: &str) -> Option<u64> {
    const LONGEST: usize = "2025-10-08T15:00:00.000000000+02:00".len();
    let mut rest = Rest(Some(text).filter(|text| text.len() <= LONGEST)?.as_bytes());
    let year = rest.number(4)?;
    let month = rest.skip("-")?.number(2)?;
    let day = rest.skip("-")?.number(2)?;
    // Section 5.6 allows other separators than `T`.
    let hour = rest.one()?.number(2)?;
    let minute = rest.skip(":")?.number(2)?;
    let (second, millis) = if rest.skip(":").is_some() { rest.seconds()? } else { (0, 0) };
    let ahead_secs = rest.zone()?;
    rest.end()?;
    let is_leap_second = second == 60;
    let second = second - u32::from(is_leap_second);
    let secs = Civil { year, month, day, hour, minute, second }.secs()? - ahead_secs;
    let Civil { day: next_day, .. } = Civil::of(secs + 1);
    if is_leap_second && ((secs + 1).rem_euclid(DAY) > 0 || next_day > 1) {
        return None;
    }
    let millis = if is_leap_second { 999 } else { millis };
    u64::try_from(secs).ok().map(|secs| secs * 1_000 + millis)
}

/// What is still to be read.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn skip(&mut self, what: &str) -> Option<&mut Self> {
        self.0 = self.0.strip_prefix(what.as_bytes())?;
        Some(self)
    }

    /// Passes over any byte.
    fn one(&mut self) -> Option<&mut Self> {
        self.0 = self.0.get(1..)?;
        Some(self)
    }

    /// A number of so many digits.
    fn number(&mut self, digits: usize) -> Option<u32> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        let number = number.iter().try_fold(0, |sum, byte| Some(sum * 10 + char::from(*byte).to_digit(10)?))?;
        self.0 = rest;
        Some(number)
    }

    /// The place of the name that stands here.
    fn one_of<'n>(&mut self, mut names: impl Iterator<Item = &'n str>) -> Option<usize> {
        names.position(|name| self.skip(name).is_some())
    }

    fn month(&mut self) -> Option<u32> {
        Some(self.one_of(MONTHS.into_iter())? as u32 + 1)
    }

    /// `08:49:37`
    fn clock(&mut self) -> Option<[u32; 3]> {
        Some([self.number(2)?, self.skip(":")?.number(2)?, self.skip(":")?.number(2)?])
    }

    /// Seconds, and the milliseconds of a fraction if there is one; it has at least one digit.
    fn seconds(&mut self) -> Option<(u32, u64)> {
        let second = self.number(2)?;
        if self.skip(".").is_none() {
            return Some((second, 0));
        }
        let mut millis = 100 * self.number(1)?;
        for weight in [10, 1] {
            millis += weight * self.number(1).unwrap_or(0);
        }
        while self.number(1).is_some() {}
        Some((second, millis.into()))
    }

    /// By how many seconds the zone is ahead of UTC.
    fn zone(&mut self) -> Option<i64> {
        let sign = match self.0.first()? {
            b'Z' | b'z' => return self.one().map(|_| 0),
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let hours = self.one()?.number(2).filter(|hours| *hours < 24)?;
        let minutes = match (self.skip(":").is_some(), self.0.is_empty()) {
            (false, true) => 0,
            _ => self.number(2).filter(|minutes| *minutes < 60)?,
        };
        Some(sign * (i64::from(hours) * HOUR + i64::from(minutes) * MINUTE))
    }

    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests;
