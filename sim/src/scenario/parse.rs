//! From TOML to a scenario: first the shape, by serde, then the ranges, each with the place it stands at.

use super::error::printable;
use super::{BurstSpec, ClientSpec, PointsSpec, Scenario, ScenarioError, ServerSpec, Work};
use crate::nearest::nearest;
use headroom_model::profile::InvocationProfile;
use headroom_model::time::{Instant, Millis};
use serde::Deserialize;
use std::ops::{Range, RangeInclusive};
use toml::Spanned;

/// Numbers are read signed, so that a negative one is told its range and not its type.
type Number = Spanned<i64>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Spanned<String>,
    about: Spanned<String>,
    start: Spanned<String>,
    round_trip_ms: Number,
    server: Spanned<Server>,
    work: Spanned<WorkTable>,
    client: Option<Spanned<Client>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Server {
    quota_points: Option<Number>,
    used_points: Option<Number>,
    burst_per_second: Option<Number>,
    burst_capacity: Option<Number>,
    invocations: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WorkTable {
    count: Option<Number>,
    in_flight: Option<Number>,
    users: Option<Number>,
    arrive_over_ms: Option<Number>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Client {
    quota_points: Option<Number>,
    burst_per_second: Option<Number>,
    burst_capacity: Option<Number>,
    invocations: Option<Spanned<String>>,
    deadline_ms: Option<Number>,
}

/// More than the largest published quota (500,000) by far, and what the interface admits.
const QUOTA: RangeInclusive<u64> = 2..=10_000_000;
/// A page read costs 2, so a smaller quota could never admit one.
const BURST: RangeInclusive<u64> = 1..=100_000;
/// A run keeps a few bytes for each job.
const COUNT: RangeInclusive<u64> = 1..=5_000_000;
const IN_FLIGHT: RangeInclusive<u64> = 1..=10_000;
/// Each user is a client of its own with its own promises to remember.
const USERS: RangeInclusive<u64> = 1..=1_000_000;
const ARRIVE_OVER_MS: RangeInclusive<u64> = 1..=3_600_000;
const ROUND_TRIP_MS: RangeInclusive<u64> = 1..=60_000;
/// 30 days, as in the interface.
const DEADLINE_MS: RangeInclusive<u64> = 1..=2_592_000_000;

/// 2000-01-01 and 2101-01-01: within what every form of date in a header can say.
const START: Range<Instant> = Instant(946_684_800_000)..Instant(4_133_980_800_000);

pub(super) fn parse(file: &str, text: &str) -> Result<Scenario, ScenarioError> {
    let reader = Reader { file, text };
    let raw: File = toml::from_str(text).map_err(|error| ScenarioError::from_toml(file, text, &error))?;
    let (server_at, work_at) = (raw.server.span(), raw.work.span());
    let server = reader.server(raw.server.get_ref(), &server_at)?;
    let work = reader.work(raw.work.get_ref(), &work_at)?;
    if matches!((server, work), (ServerSpec::Points(_), Work::Invocations { .. })) {
        let message = "a `[server]` of points cannot serve `users`: give it `invocations`, or `[work]` a `count`";
        return Err(reader.error(&work_at, message.to_owned()));
    }
    if matches!((server, work), (ServerSpec::Invocations(_), Work::Pages { .. })) {
        let message =
            "a `[server]` of `invocations` cannot serve a `count` of pages: give `[work]` a number of `users`";
        return Err(reader.error(&work_at, message.to_owned()));
    }
    Ok(Scenario {
        name: reader.name(&raw.name)?,
        about: reader.about(&raw.about)?,
        start: reader.start(&raw.start)?,
        round_trip: Millis(reader.number("round_trip_ms", &raw.round_trip_ms, ROUND_TRIP_MS)?),
        server,
        work,
        client: raw
            .client
            .map_or(Ok(ClientSpec::default()), |client| reader.client(client.get_ref(), &client.span()))?,
    })
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
}

impl Reader<'_> {
    fn error(&self, at: &Range<usize>, message: String) -> ScenarioError {
        ScenarioError::new(self.file, self.text, at, message)
    }

    fn missing(&self, table: &str, key: &str, at: &Range<usize>) -> ScenarioError {
        self.error(at, format!("`[{table}]` has no `{key}`: add it"))
    }

    fn number(&self, key: &str, value: &Number, range: RangeInclusive<u64>) -> Result<u64, ScenarioError> {
        u64::try_from(*value.get_ref()).ok().filter(|value| range.contains(value)).ok_or_else(|| {
            let (low, high) = range.into_inner();
            self.error(&value.span(), format!("`{key}` is `{}`: use a number from {low} to {high}", value.get_ref()))
        })
    }

    /// A number whose range fits 32 bits, as all but times do.
    fn count(&self, key: &str, value: &Number, range: RangeInclusive<u64>) -> Result<u32, ScenarioError> {
        let count = self.number(key, value, range)?;
        u32::try_from(count)
            .map_err(|_| self.error(&value.span(), format!("`{key}` is `{count}`: use a smaller number")))
    }

    fn server(&self, raw: &Server, at: &Range<usize>) -> Result<ServerSpec, ScenarioError> {
        let numbers = [&raw.quota_points, &raw.used_points, &raw.burst_per_second, &raw.burst_capacity];
        if let Some(profile) = &raw.invocations {
            if let Some(number) = numbers.into_iter().flatten().next() {
                let message = "`[server]` has both points and `invocations`: remove one of them".to_owned();
                return Err(self.error(&number.span(), message));
            }
            return Ok(ServerSpec::Invocations(self.profile(profile)?));
        }
        let need = |value: &'_ Option<Number>, key| value.clone().ok_or_else(|| self.missing("server", key, at));
        let quota_points =
            self.count("quota_points", &need(&raw.quota_points, "quota_points` or `invocations")?, QUOTA)?;
        Ok(ServerSpec::Points(PointsSpec {
            quota_points,
            used_points: self.count(
                "used_points",
                &need(&raw.used_points, "used_points")?,
                0..=u64::from(quota_points),
            )?,
            burst_per_second: self.count(
                "burst_per_second",
                &need(&raw.burst_per_second, "burst_per_second")?,
                BURST,
            )?,
            burst_capacity: self.count("burst_capacity", &need(&raw.burst_capacity, "burst_capacity")?, BURST)?,
        }))
    }

    fn work(&self, raw: &WorkTable, at: &Range<usize>) -> Result<Work, ScenarioError> {
        let mixed = |other: &Option<Number>, key: &str, with: &str| match other {
            Some(other) => Err(self.error(&other.span(), format!("`{key}` does not go with `{with}`: remove it"))),
            None => Ok(()),
        };
        match (&raw.count, &raw.users) {
            (Some(_), Some(users)) => {
                Err(self.error(&users.span(), "`[work]` has both `count` and `users`: remove one of them".to_owned()))
            }
            (None, None) => Err(self.missing("work", "count` or `users", at)),
            (Some(count), None) => {
                mixed(&raw.arrive_over_ms, "arrive_over_ms", "count")?;
                let in_flight = raw.in_flight.as_ref().ok_or_else(|| self.missing("work", "in_flight", at))?;
                Ok(Work::Pages {
                    count: self.count("count", count, COUNT)?,
                    in_flight: self.count("in_flight", in_flight, IN_FLIGHT)?,
                })
            }
            (None, Some(users)) => {
                mixed(&raw.in_flight, "in_flight", "users")?;
                let over = raw.arrive_over_ms.as_ref().ok_or_else(|| self.missing("work", "arrive_over_ms", at))?;
                Ok(Work::Invocations {
                    users: self.count("users", users, USERS)?,
                    arrive_over: Millis(self.number("arrive_over_ms", over, ARRIVE_OVER_MS)?),
                })
            }
        }
    }

    fn client(&self, raw: &Client, at: &Range<usize>) -> Result<ClientSpec, ScenarioError> {
        let quota = raw.quota_points.as_ref().map(|quota| self.count("quota_points", quota, QUOTA)).transpose()?;
        let burst = match (&raw.burst_per_second, &raw.burst_capacity) {
            (None, None) => None,
            (Some(_), None) => return Err(self.missing("client", "burst_capacity", at)),
            (None, Some(_)) => return Err(self.missing("client", "burst_per_second", at)),
            (Some(rate), Some(capacity)) => Some(BurstSpec {
                per_second: self.count("burst_per_second", rate, BURST)?,
                capacity: self.count("burst_capacity", capacity, BURST)?,
            }),
        };
        let deadline = raw.deadline_ms.as_ref().map(|ms| self.number("deadline_ms", ms, DEADLINE_MS)).transpose()?;
        Ok(ClientSpec {
            quota_points: quota,
            burst,
            invocations: raw.invocations.as_ref().map(|profile| self.profile(profile)).transpose()?,
            deadline: deadline.map(Millis),
        })
    }

    fn profile(&self, name: &Spanned<String>) -> Result<InvocationProfile, ScenarioError> {
        InvocationProfile::named(name.get_ref()).ok_or_else(|| {
            let names = InvocationProfile::ALL.map(InvocationProfile::name);
            let next = match nearest(name.get_ref(), names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("use one of `{}`", names.join("`, `")),
            };
            self.error(&name.span(), format!("unknown `invocations` `{}`: {next}", short(name.get_ref())))
        })
    }

    fn name(&self, name: &Spanned<String>) -> Result<String, ScenarioError> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let value = name.get_ref();
        if (1..=40).contains(&value.len()) && value.bytes().all(fits) {
            return Ok(value.clone());
        }
        let message = "use 1 to 40 lowercase letters, digits and dashes";
        Err(self.error(&name.span(), format!("`name` is `{}`: {message}", short(value))))
    }

    fn about(&self, about: &Spanned<String>) -> Result<String, ScenarioError> {
        let value = about.get_ref();
        if value.len() <= 400 && !value.chars().any(char::is_control) {
            return Ok(value.clone());
        }
        Err(self.error(&about.span(), format!("`about` is `{}`: use one line of at most 400 bytes", short(value))))
    }

    fn start(&self, start: &Spanned<String>) -> Result<Instant, ScenarioError> {
        Instant::parse_iso(start.get_ref()).filter(|at| START.contains(at)).ok_or_else(|| {
            let next = "use an instant of the years 2000 to 2100 such as `2026-02-02T12:20:00Z`";
            self.error(&start.span(), format!("`start` is `{}`: {next}", short(start.get_ref())))
        })
    }
}

/// Short enough for one line, and without anything that would break it.
fn short(text: &str) -> String {
    text.chars().take(40).map(printable).collect()
}

#[cfg(test)]
mod tests;
