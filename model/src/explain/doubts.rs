//! What an explanation passes over, and why: figures of another limiter, delays beyond belief, a wrong clock.

use crate::headers::{Dialect, Ignored, Signals};
use crate::operation::{Header, Response};
use crate::refusal::{Clocks, Limiter, Refusal, Wait, WaitSource};
use crate::time::{HOUR, Millis};

const COUNTERS: &[&str] = &["X-RateLimit-Limit", "X-RateLimit-Remaining"];

/// What was not understood, and what was and is not about points.
pub(super) fn of_head(response: &Response, signals: &Signals, dialect: Dialect, clocks: Clocks) -> Vec<Ignored> {
    let mut ignored = signals.ignored.clone();
    let understood = |header: &&Header| signals.ignored.iter().all(|other| other.value != header.value);
    if let Some(why) = signals.why_not_points(dialect) {
        let counters = named(response, COUNTERS).filter(understood);
        ignored.extend(counters.map(|header| pass_over(header, why)));
    }
    if signals.date.is_some_and(|date| date != clocks.server()) {
        let why = "further than an hour from when the answer arrived: no clock is so wrong";
        ignored.extend(named(response, &["Date"]).map(|header| pass_over(header, why)));
    }
    ignored
}

/// Delays that the limiter cannot mean, or that another source contradicts.
pub(super) fn of_hints(response: &Response, refusal: &Refusal, clocks: Clocks) -> Vec<Ignored> {
    let chosen = refusal.wait(clocks);
    let mut ignored = Vec::new();
    for hint in &refusal.hints {
        let delay = clocks.delay(hint.when);
        let why = if delay == Millis::ZERO {
            "no wait, and so no answer to when"
        } else if !refusal.can_mean(delay, clocks) {
            match refusal.limiter {
                Limiter::PointsQuota => "past the next UTC hour, at which every quota is reset",
                _ => "longer than the hour that any known limit counts over",
            }
        } else if contradicts(chosen, delay, hint.source) {
            "it does not end with the UTC hour, as every quota does, and another source does"
        } else {
            continue;
        };
        ignored.extend(named(response, names(hint.source)).take(1).map(|header| pass_over(header, why)));
    }
    ignored
}

/// Whether a structured end or reset gave way to one that ends with the hour: they are further apart than rounding.
fn contradicts(chosen: Wait, delay: Millis, source: WaitSource) -> bool {
    const ROUNDING: u64 = 2_000;
    let is_an_end = |source| matches!(source, WaitSource::StructuredT | WaitSource::Reset);
    match chosen {
        Wait::For(wait, by) => {
            by != source && is_an_end(by) && is_an_end(source) && wait.0.abs_diff(delay.0) > ROUNDING
        }
        Wait::NotCredible(_) | Wait::Unsaid => false,
    }
}

const fn names(source: WaitSource) -> &'static [&'static str] {
    match source {
        WaitSource::RetryAfter => &["Retry-After"],
        WaitSource::StructuredT => &["RateLimit"],
        WaitSource::Reset => &["X-RateLimit-Reset", "RateLimit-Reset", "rateLimitReset"],
        WaitSource::Window | WaitSource::None => &[],
    }
}

fn named<'a>(response: &'a Response, names: &'static [&'static str]) -> impl Iterator<Item = &'a Header> {
    let is_one = |header: &&Header| names.iter().any(|name| name.eq_ignore_ascii_case(&header.name));
    response.headers.iter().filter(is_one)
}

fn pass_over(header: &Header, why: &'static str) -> Ignored {
    Ignored { header: header.name.clone(), value: header.value.clone(), why }
}

const _: () = assert!(HOUR.0 == 3_600_000, "the texts above say an hour");
