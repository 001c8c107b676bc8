//! What serde cannot see: texts with a form of their own, and tables that must fit each other.

use super::error::printable;
use super::work::Arrive;
use super::{Each, Scenario, WorkSpec};
use crate::nearest::nearest;
use headroom_model::time::{Instant, Millis};
use serde::de::{self, Deserialize, Deserializer};
use std::ops::Range;
use toml::Spanned;

/// Jobs of all works together: a run keeps 16 bytes for each.
pub(crate) const MOST_JOBS: u64 = 5_000_000;
/// 2000-01-01 and 2101-01-01: within what every form of date in a header can say.
const START: Range<Instant> = Instant(946_684_800_000)..Instant(4_133_980_800_000);

/// What is wrong, and where.
type Wrong = (Range<usize>, String);

pub(super) fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let value = String::deserialize(deserializer)?;
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=40).contains(&value.len()) && value.bytes().all(fits) {
        return Ok(value);
    }
    let message = "use 1 to 40 lowercase letters, digits and dashes";
    Err(de::Error::custom(format!("`name` is `{}`: {message}", short(&value))))
}

pub(super) fn about<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let value = String::deserialize(deserializer)?;
    if value.len() <= 400 && !value.chars().any(char::is_control) {
        return Ok(value);
    }
    Err(de::Error::custom(format!("`about` is `{}`: use one line of at most 400 bytes", short(&value))))
}

pub(super) fn start<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Instant, D::Error> {
    let value = String::deserialize(deserializer)?;
    Instant::parse_iso(&value).filter(|at| START.contains(at)).ok_or_else(|| {
        let next = "use an instant of the years 2000 to 2100 such as `2026-02-02T12:20:00Z`";
        de::Error::custom(format!("`start` is `{}`: {next}", short(&value)))
    })
}

/// Whether the tables fit each other.
pub(super) fn check(scenario: &Scenario) -> Result<(), Wrong> {
    let Some(first) = scenario.work.first() else {
        return Err((0..0, "there is no `[[work]]`: add one".to_owned()));
    };
    let names: Vec<&Spanned<String>> = scenario.works().map(|work| &work.name).collect();
    all_different(&names, "work")?;
    all_different(&scenario.faults.iter().map(|fault| &fault.name).collect::<Vec<_>>(), "fault")?;
    all_different(&scenario.variant.iter().map(|variant| &variant.name).collect::<Vec<_>>(), "variant")?;
    for work in &scenario.work {
        one_call(work)?;
        one_beginning(scenario, work)?;
        if let Some(after) = &work.get_ref().after {
            known(&names, after)?;
        }
    }
    for work in scenario.works() {
        no_cycle(scenario, work)?;
    }
    for fault in &scenario.faults {
        if let Some(work) = &fault.on.work {
            known(&names, work)?;
        }
        if fault.on.every.is_some() && fault.on.per_mille.is_some() {
            let name = short(fault.name.get_ref());
            let message = format!("fault `{name}` has both `every` and `per_mille`: remove one of them");
            return Err((fault.name.span(), message));
        }
    }
    tenants(scenario)?;
    clients(scenario)?;
    served(scenario)?;
    let most = scenario.works().map(|work| most_jobs(scenario, work)).fold(0, u64::saturating_add);
    if most > MOST_JOBS {
        let message = format!("`{most}` jobs may come in all: make the work less, at most {MOST_JOBS}");
        return Err((first.span(), message));
    }
    Ok(())
}

fn all_different(names: &[&Spanned<String>], table: &str) -> Result<(), Wrong> {
    for (index, name) in names.iter().enumerate() {
        let value = name.get_ref();
        if value.is_empty() || value.len() > 60 || value.chars().any(|c| c.is_control() || c == '`') {
            let message = format!("`name` is `{}`: use one line of 1 to 60 bytes without backticks", short(value));
            return Err((name.span(), message));
        }
        if names[..index].iter().any(|other| other.get_ref() == value) {
            let message = format!("there are two `[[{table}]]` of the name `{value}`: give one another name");
            return Err((name.span(), message));
        }
    }
    Ok(())
}

fn one_call(spanned: &Spanned<WorkSpec>) -> Result<(), Wrong> {
    let work = spanned.get_ref();
    let calls = [work.request.is_some(), work.graphql.is_some(), work.invoke.is_some()];
    let name = short(work.name.get_ref());
    if calls.iter().filter(|is_there| **is_there).count() != 1 {
        let message = format!("work `{name}` needs exactly one of `request`, `graphql` and `invoke`");
        return Err((spanned.span(), message));
    }
    if work.trigger.is_some() && work.invoke.is_none() {
        return Err((spanned.span(), format!("work `{name}` has a `trigger` but no `invoke`: remove it")));
    }
    if work.body.is_some() && work.request.is_none() {
        return Err((spanned.span(), format!("work `{name}` has a `body` but no `request`: remove it")));
    }
    Ok(())
}

/// Either `arrive` and its count, or `after`; and all of it within the span.
fn one_beginning(scenario: &Scenario, spanned: &Spanned<WorkSpec>) -> Result<(), Wrong> {
    let work = spanned.get_ref();
    let name = short(work.name.get_ref());
    let wrong = |message: String| Err((spanned.span(), message));
    if work.arrive.is_some() == work.after.is_some() {
        return wrong(format!("work `{name}` needs exactly one of `arrive` and `after`"));
    }
    if work.after.is_some() && (work.count.is_some() || work.begins_after.is_some()) {
        return wrong(format!("work `{name}` comes after another: remove `count` and `begins_after`, use `times`"));
    }
    if work.after.is_none() && work.times.get() != 1 {
        return wrong(format!("work `{name}` has `times` but no `after`: remove it"));
    }
    let needs_count = !matches!(work.arrive, Some(Arrive::Poisson { .. }) | None);
    if needs_count && work.count.is_none() {
        return wrong(format!("work `{name}` has no `count`: add it"));
    }
    let lasts = if let Some(Arrive::Within(span)) = work.arrive { span.get() } else { Millis(1) };
    let last = work.begins_after() + lasts;
    if last > scenario.span.get() {
        return wrong(format!("work `{name}` begins after the `span`: make the span longer than `{last}`"));
    }
    Ok(())
}

fn known(names: &[&Spanned<String>], word: &Spanned<String>) -> Result<(), Wrong> {
    if names.iter().any(|name| name.get_ref() == word.get_ref()) {
        return Ok(());
    }
    let names: Vec<&str> = names.iter().map(|name| name.get_ref().as_str()).collect();
    let next = match nearest(word.get_ref(), names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("use one of `{}`", names.join("`, `")),
    };
    Err((word.span(), format!("unknown work `{}`: {next}", short(word.get_ref()))))
}

/// Follows the chain of what comes before; longer than there are works, it is a circle.
fn no_cycle(scenario: &Scenario, work: &WorkSpec) -> Result<(), Wrong> {
    let mut at = work;
    for _ in 0..=scenario.work.len() {
        match &at.after {
            None => return Ok(()),
            Some(after) => at = before(scenario, after).unwrap_or(at),
        }
    }
    let span = work.after.as_ref().map_or(0..0, Spanned::span);
    let name = short(work.name.get_ref());
    Err((span, format!("the chain of `after` from work `{name}` is a circle: remove one of them")))
}

fn before<'a>(scenario: &'a Scenario, after: &Spanned<String>) -> Option<&'a WorkSpec> {
    scenario.works().find(|work| work.name.get_ref() == after.get_ref())
}

/// Where there are several tenants, every work says which of them it is on.
fn tenants(scenario: &Scenario) -> Result<(), Wrong> {
    let named: Vec<_> =
        scenario.works().filter_map(|work| Some((work.tenant.as_deref()?, work.tenants.get()))).collect();
    if named.iter().all(|tenant| *tenant == (named[0].0, 1)) {
        return Ok(());
    }
    match scenario.work.iter().find(|work| work.get_ref().tenant.is_none()) {
        Some(work) => {
            let name = short(work.get_ref().name.get_ref());
            Err((work.span(), format!("work `{name}` has no `tenant`, but other work is on several: add it")))
        }
        None => Ok(()),
    }
}

/// Where every user is a client, every work says how many there are.
fn clients(scenario: &Scenario) -> Result<(), Wrong> {
    let mut fleets = scenario.variant.iter().filter_map(|variant| variant.fleet.as_ref()).chain([&scenario.fleet]);
    if !fleets.any(|fleet| fleet.each == Each::User) {
        return Ok(());
    }
    for work in &scenario.work {
        let name = short(work.get_ref().name.get_ref());
        if work.get_ref().users.is_none() {
            return Err((work.span(), format!("work `{name}` has no `users`, but each of them is a client: add it")));
        }
        if matches!(work.get_ref().arrive, Some(Arrive::Backlog { .. })) {
            let next = "let it `arrive` another way, or make `each` a \"node\"";
            return Err((work.span(), format!("work `{name}` is a backlog, but each user is a client: {next}")));
        }
    }
    Ok(())
}

/// Every server, a variant's as well, has what every work asks for.
fn served(scenario: &Scenario) -> Result<(), Wrong> {
    let servers = scenario.variant.iter().filter_map(|variant| variant.server.as_ref()).chain([&scenario.server]);
    for server in servers {
        for work in &scenario.work {
            let name = short(work.get_ref().name.get_ref());
            let has_functions = server.invocations.is_some();
            let lack = match work.get_ref().invoke {
                Some(_) if !has_functions => "`invoke`, but a server has no `invocations`: add them to it",
                None if has_functions && !server.has_rest() => {
                    "no `invoke`, but a server has nothing but `invocations`: add a limit on requests"
                }
                _ => continue,
            };
            return Err((work.span(), format!("work `{name}` has {lack}")));
        }
    }
    Ok(())
}

/// As many jobs as a work can have; for a random number twice the mean and some more.
pub(crate) fn most_jobs(scenario: &Scenario, work: &WorkSpec) -> u64 {
    let count = work.count.map(|count| u64::from(count.get()));
    let span = scenario.span.get().0.saturating_sub(work.begins_after().0);
    match work.arrive {
        Some(Arrive::Poisson { calls, per }) => {
            let mean = span.saturating_mul(u64::from(calls.get())) / per.get().0.max(1);
            count.unwrap_or(u64::MAX).min(mean + mean / 10 + 1_000)
        }
        Some(Arrive::Every(every)) => count.unwrap_or(1).saturating_mul(span.div_ceil(every.get().0.max(1))),
        Some(_) => count.unwrap_or(1),
        None => match work.after.as_ref().and_then(|after| before(scenario, after)) {
            Some(first) => most_jobs(scenario, first).saturating_mul(u64::from(work.times.get())),
            None => 0,
        },
    }
}

/// Short enough for one line, and without anything that would break it.
pub(super) fn short(text: &str) -> String {
    text.chars().take(40).map(printable).collect()
}
