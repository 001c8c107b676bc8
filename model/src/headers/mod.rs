//! Rate-limit headers of both dialects, enforced and beta: reading and writing.
//!
//! This module reads what is written. Which of the numbers are points, [`Signals::points`] tells.

mod name;
mod points;
mod structured;

use crate::operation::Header;
use crate::time::{Instant, Millis};
use crate::when::When;
use name::{Field, Mark, Part, Side};
pub use points::{Dialect, Points};
pub use structured::{Allowance, Policy};

/// What one set of headers says; what it did not say, or not so that it can be understood, is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RateLimit {
    /// `X-RateLimit-Limit`: how much the window admits.
    pub limit: Option<u32>,
    /// `X-RateLimit-Remaining`: how much of it is left.
    pub remaining: Option<u32>,
    /// `X-RateLimit-Reset`: when the window ends.
    pub reset: Option<When>,
    /// `X-RateLimit-NearLimit`: whether less than 20 % is left.
    pub near_limit: Option<bool>,
    /// `RateLimit-Reason`: which limit was hit. An open set of names.
    pub reason: Option<String>,
    /// `Retry-After`: when to try again.
    pub retry_after: Option<When>,
    /// `RateLimit-Policy`: the limits that hold.
    pub policies: Vec<Policy>,
    /// `RateLimit`: what is left of them.
    pub allowances: Vec<Allowance>,
}

/// A header that was meant for us and not understood, or not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// The header's name as received.
    pub header: String,
    /// Its value as received.
    pub value: String,
    /// Why it was passed over.
    pub why: &'static str,
}

/// What gives away who answered, apart from the figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// `Ngrok-Error-Code`.
    pub tunnel_error: Option<String>,
    /// `forge-proxy-error`.
    pub forge_proxy_error: Option<String>,
    /// `X-Failure-Category`, of Atlassian's gateway.
    pub failure_category: Option<String>,
    /// `X-RateLimit-FillRate`, of Data Center: tokens that an interval brings.
    pub fill_rate: Option<u32>,
    /// `X-RateLimit-Interval-Seconds`, of Data Center.
    pub fill_interval: Option<Millis>,
    /// Whether a header is GitHub's.
    pub is_github: bool,
    /// Whether a header is a Forge web trigger's.
    pub is_web_trigger: bool,
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
    /// Who answered.
    pub marks: Marks,
    /// What was not understood.
    pub ignored: Vec<Ignored>,
}

impl Signals {
    /// Reads a response head. Never fails. Of a repeated field with one value the first that is understood counts; of
    /// a repeated list all members do.
    #[must_use]
    pub fn read(headers: &[Header]) -> Self {
        let mut signals = Self::default();
        for header in headers {
            let Some(field) = Field::of(&header.name) else { continue };
            if let Err(why) = signals.take(field, header.value.trim()) {
                signals.ignored.push(Ignored { header: header.name.clone(), value: header.value.clone(), why });
            }
        }
        signals
    }

    fn take(&mut self, field: Field, value: &str) -> Result<(), &'static str> {
        match field {
            Field::Date => set(&mut self.date, Instant::parse_http_date(value), "not an HTTP date"),
            Field::Limit(part, Side::Enforced) => self.enforced.take(part, value),
            Field::Limit(part, Side::Beta) => self.beta.take(part, value),
            Field::Mark(mark) => self.marks.take(mark, value),
        }
    }

    /// Whether the structured dialect is spoken on either side.
    #[must_use]
    pub const fn is_structured(&self) -> bool {
        self.enforced.is_structured() || self.beta.is_structured()
    }

    /// Writes the date and both sides, those fields that are some.
    #[must_use]
    pub fn to_headers(&self) -> Vec<Header> {
        let mut headers: Vec<_> = self.date.map(|date| Header::new("Date", date.to_http_date())).into_iter().collect();
        headers.extend(self.enforced.to_headers());
        headers.extend(self.beta.write(&BETA_NAMES));
        headers
    }
}

impl Marks {
    fn take(&mut self, mark: Mark, value: &str) -> Result<(), &'static str> {
        const NOT_A_NUMBER: &str = "not a whole number";
        match mark {
            Mark::TunnelError => set(&mut self.tunnel_error, Some(value.to_owned()), ""),
            Mark::ForgeProxyError => set(&mut self.forge_proxy_error, Some(value.to_owned()), ""),
            Mark::FailureCategory => set(&mut self.failure_category, Some(value.to_owned()), ""),
            Mark::FillRate => set(&mut self.fill_rate, value.parse().ok(), NOT_A_NUMBER),
            Mark::FillInterval => set(&mut self.fill_interval, value.parse().ok().map(Millis::from_secs), NOT_A_NUMBER),
            Mark::Github => {
                self.is_github = true;
                Ok(())
            }
            Mark::Trigger => {
                self.is_web_trigger = true;
                Ok(())
            }
        }
    }
}

/// The names of the eight fields, in the order in which they are written. Sources: as for [`Field::of`].
type Names = [&'static str; 8];

const NAMES: Names = [
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "X-RateLimit-NearLimit",
    "RateLimit-Reason",
    "Retry-After",
    "RateLimit-Policy",
    "RateLimit",
];

const BETA_NAMES: Names = [
    "X-Beta-RateLimit-Limit",
    "X-Beta-RateLimit-Remaining",
    "X-Beta-RateLimit-Reset",
    "X-Beta-RateLimit-NearLimit",
    "X-Beta-RateLimit-Reason",
    "Beta-Retry-After",
    "Beta-RateLimit-Policy",
    "Beta-RateLimit",
];

impl RateLimit {
    fn take(&mut self, part: Part, value: &str) -> Result<(), &'static str> {
        const NOT_A_COUNT: &str = "not a count";
        let is_list = |is_right| if is_right { Ok(()) } else { Err(structured::NOT_A_LIST) };
        match part {
            Part::Limit => set(&mut self.limit, value.parse().ok(), NOT_A_COUNT),
            Part::Remaining => set(&mut self.remaining, value.parse().ok(), NOT_A_COUNT),
            Part::Reset => set(&mut self.reset, When::parse_reset(value), "not a known form of time"),
            Part::NearLimit => set(&mut self.near_limit, read_bool(value), "neither true nor false"),
            Part::Reason => set(&mut self.reason, Some(value.to_owned()).filter(|text| !text.is_empty()), "empty"),
            Part::RetryAfter => {
                set(&mut self.retry_after, When::parse_retry_after(value), "neither whole seconds nor a date")
            }
            Part::Policy => is_list(Policy::read(value, &mut self.policies)),
            Part::Allowance => is_list(Allowance::read(value, &mut self.allowances)),
        }
    }

    const fn is_structured(&self) -> bool {
        !self.policies.is_empty() || !self.allowances.is_empty()
    }

    /// Writes the enforced form of these fields, those that are some.
    #[must_use]
    pub fn to_headers(&self) -> Vec<Header> {
        self.write(&NAMES)
    }

    fn write(&self, names: &Names) -> Vec<Header> {
        let when = |when: When| match when {
            When::After(delay) => delay.secs_ceil().to_string(),
            When::At(instant) => instant.to_string(),
        };
        let values = [
            self.limit.map(|limit| limit.to_string()),
            self.remaining.map(|remaining| remaining.to_string()),
            self.reset.map(when),
            self.near_limit.map(|near| near.to_string()),
            self.reason.clone(),
            self.retry_after.map(when),
            Policy::write(&self.policies),
            Allowance::write(&self.allowances),
        ];
        names.iter().zip(values).filter_map(|(name, value)| Some(Header::new(*name, value?))).collect()
    }
}

fn read_bool(value: &str) -> Option<bool> {
    match value {
        _ if value.eq_ignore_ascii_case("true") => Some(true),
        _ if value.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// The first value counts. The same one again says nothing new; another one contradicts.
fn set<T: PartialEq>(field: &mut Option<T>, value: Option<T>, why: &'static str) -> Result<(), &'static str> {
    let value = value.ok_or(why)?;
    match field {
        Some(first) if *first != value => Err("a second value: the first one counts"),
        Some(_) => Ok(()),
        None => {
            *field = Some(value);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests;
