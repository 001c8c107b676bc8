//! What an answer means for a person: which limit, whose, until when, and what to do.
//!
//! ```
//! use headroom_model::explain::{Limited, Question, explain};
//! use headroom_model::operation::{Answer, Header, Response};
//! use headroom_model::time::Instant;
//!
//! let headers = vec![
//!     Header::new("Retry-After", "1847"),
//!     Header::new("RateLimit-Reason", "confluence-quota-global-based"),
//! ];
//! let answer = Answer::Response(Response { status: 429, headers, body: Vec::new() });
//! let now = Instant::parse_iso("2025-10-08T14:29:13Z").unwrap();
//! let said = explain(&Question { now, ..Question::of(&answer) });
//! assert_eq!(said.limited, Limited::Now);
//! assert_eq!(said.retry_at.unwrap().to_string(), "2025-10-08T15:00:00Z");
//! ```

mod address;
mod advice;
mod doubts;

use crate::headers::{Dialect, Ignored, Points, RateLimit, Signals};
use crate::operation::{Answer, Response};
use crate::properties::RateLimitProperties;
use crate::quota::is_near_limit;
use crate::refusal::{self, Clocks, Hint, Limiter, Meaning, Origin, Reason, Refusal, Scope, Wait, WaitSource};
use crate::time::{Instant, Millis};
use crate::when::When;
pub use address::origin_of;

/// Whether a limit holds us up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited {
    /// The answer is a refusal.
    Now,
    /// Only the coming rule would have refused.
    Beta,
    /// Less than 20 % is left.
    Soon,
    /// No.
    No,
}

impl Limited {
    /// The name as `headroom explain` prints it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Beta => "beta",
            Self::Soon => "soon",
            Self::No => "no",
        }
    }
}

/// An answer and what is known besides.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The answer.
    pub answer: &'a Answer,
    /// The address that was asked, where it is known.
    pub url: Option<&'a str>,
    /// When the answer arrived.
    pub now: Instant,
    /// In which words the server speaks.
    pub dialect: Dialect,
}

impl<'a> Question<'a> {
    /// The answer alone, as if it arrived when its `Date` says; at the epoch, if it says nothing.
    #[must_use]
    pub fn of(answer: &'a Answer) -> Self {
        let date = match answer {
            Answer::Response(response) => Signals::read(&response.headers).date,
            Answer::Resolved(_) | Answer::Rejected(_) => None,
        };
        Self { answer, url: None, now: date.unwrap_or_default(), dialect: Dialect::Auto }
    }
}

/// What an answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Whether a limit holds us up.
    pub limited: Limited,
    /// Who answered.
    pub origin: Origin,
    /// Which kind of limit it is about.
    pub limiter: Limiter,
    /// What that limit counts together.
    pub scope: Scope,
    /// When to go on, by the clock of [`Question::now`]; none if nothing credible was said.
    pub retry_at: Option<Instant>,
    /// How long to wait from [`Question::now`] on.
    pub wait: Option<Millis>,
    /// From where that is known.
    pub wait_source: WaitSource,
    /// The points of the pool, where the answer tells them.
    pub points: Option<Points>,
    /// Whether this holds now. If not, it is what the coming rule would say.
    pub enforced: bool,
    /// What was passed over, and why.
    pub ignored: Vec<Ignored>,
    /// What to do, in plain words.
    pub advice: String,
}

/// Explains an answer. Never fails: garbage is passed over, and reported.
#[must_use]
pub fn explain(question: &Question<'_>) -> Explanation {
    let mut found = match question.answer {
        Answer::Response(response) => of_response(response, question),
        Answer::Resolved(json) => of_resolved(json),
        Answer::Rejected(_) => of_rejected(question),
    };
    if let Some(url) = question.url {
        address::complete(&mut found, url);
    }
    found.advice = advice::of(&found);
    found
}

/// Nothing was said.
fn nothing() -> Explanation {
    Explanation {
        limited: Limited::No,
        origin: Origin::Unknown,
        limiter: Limiter::Unknown,
        scope: Scope::Unknown,
        retry_at: None,
        wait: None,
        wait_source: WaitSource::None,
        points: None,
        enforced: true,
        ignored: Vec::new(),
        advice: String::new(),
    }
}

impl Explanation {
    fn refused(refusal: &Refusal, clocks: Clocks) -> Self {
        let (wait, wait_source) = match refusal.wait(clocks) {
            Wait::For(wait, source) => (Some(wait), source),
            // What was said is beyond belief: the window's end is the next best that is known.
            Wait::NotCredible(_) => {
                refusal.window(clocks).map_or((None, WaitSource::None), |window| (Some(window), WaitSource::Window))
            }
            Wait::Unsaid => (None, WaitSource::None),
        };
        let Refusal { origin, limiter, scope, .. } = *refusal;
        let retry_at = wait.map(|wait| clocks.now + wait);
        Self { limited: Limited::Now, origin, limiter, scope, retry_at, wait, wait_source, ..nothing() }
    }

    /// About the limit that this reason names.
    fn about(self, Reason { origin, limiter, scope }: Reason) -> Self {
        Self { origin, limiter, scope, ..self }
    }
}

fn of_response(response: &Response, question: &Question<'_>) -> Explanation {
    let signals = Signals::read(&response.headers);
    let clocks = Clocks { now: question.now, date: signals.date };
    let mut reading = refusal::read_response(response, &signals, question.dialect);
    if question.url.is_none_or(|url| origin_of(url).is_graphql()) {
        reading = refusal::read_graphql(response, &signals, reading);
    }
    let mut ignored = doubts::of_head(response, &signals, question.dialect, clocks);
    let (points, beta) = (told(reading.points), told(signals.beta_points()));
    let found = match &reading.meaning {
        Meaning::Refused(refused) => {
            ignored.extend(doubts::of_hints(response, refused, clocks));
            Explanation::refused(refused, clocks)
        }
        meaning => {
            let foreseen = of_beta(&signals.beta, clocks).or_else(|| near(&signals, points, beta));
            foreseen.unwrap_or_else(|| of_error(meaning, &signals, clocks))
        }
    };
    let is_refused = found.limited == Limited::Now;
    let enforced = found.enforced && (is_refused || points.is_some() || beta.is_none());
    Explanation { points: points.or(beta), enforced, ignored, ..found }
}

/// Points that say something.
fn told(points: Points) -> Option<Points> {
    (points.limit.is_some() || points.remaining.is_some()).then_some(points)
}

/// The refusal that the coming rule would have given. A reason alone is none: it was seen with thousands of points
/// left (public thread of developers, 2026-03-26).
fn of_beta(beta: &RateLimit, clocks: Clocks) -> Option<Explanation> {
    let empty = beta.allowances.iter().find(|allowance| allowance.remaining == Some(0));
    if beta.retry_after.is_none() && beta.remaining != Some(0) && empty.is_none() {
        return None;
    }
    let reason = reason_of(beta, empty.map(|allowance| allowance.name.as_str()));
    let hints = [
        (beta.retry_after, WaitSource::RetryAfter),
        (empty.and_then(|allowance| allowance.reset).map(When::After), WaitSource::StructuredT),
        (beta.reset, WaitSource::Reset),
    ];
    let hints = hints.into_iter().filter_map(|(when, source)| Some(Hint { when: when?, source })).collect();
    let Reason { origin, limiter, scope } = reason;
    let refused = Refusal { origin, limiter, scope, hints, ..Refusal::default() };
    Some(Explanation { limited: Limited::Beta, enforced: false, ..Explanation::refused(&refused, clocks) })
}

fn reason_of(said: &RateLimit, member: Option<&str>) -> Reason {
    let reason = said.reason.as_deref().map(Reason::of);
    let named = member.or_else(|| said.allowances.first().map(|allowance| allowance.name.as_str()));
    let named = named.or_else(|| said.policies.first().map(|policy| policy.name.as_str())).map(Reason::of);
    let quota = Reason { origin: Origin::Unknown, limiter: Limiter::PointsQuota, scope: Scope::Unknown };
    reason.or(named).unwrap_or(quota)
}

/// Where both figures are known they tell; else the server's word for it counts, or that it shows what is left: in the
/// structured dialect it does so only past about 80 % use.
fn near(signals: &Signals, points: Option<Points>, beta: Option<Points>) -> Option<Explanation> {
    let is_near = |said: &RateLimit, points: Option<Points>| match points {
        Some(Points { limit: Some(limit), remaining: Some(remaining), .. }) => is_near_limit(remaining, limit),
        Some(Points { remaining: Some(_), .. }) if !said.allowances.is_empty() => true,
        _ => said.near_limit == Some(true),
    };
    let of = |said: &RateLimit, enforced| {
        Some(Explanation { limited: Limited::Soon, enforced, ..nothing() }.about(reason_of(said, None)))
    };
    match () {
        () if is_near(&signals.enforced, points) => of(&signals.enforced, true),
        () if is_near(&signals.beta, beta) => of(&signals.beta, false),
        () => None,
    }
}

/// Not a limit: at most a server that asks to come again.
fn of_error(meaning: &Meaning, signals: &Signals, clocks: Clocks) -> Explanation {
    let named = signals.enforced.reason.as_deref().map(Reason::of).filter(|reason| reason.origin != Origin::Unknown);
    let found = Explanation { origin: named.map_or(Origin::Unknown, |reason| reason.origin), ..nothing() };
    let Meaning::Error { retry: Some(when), .. } = meaning else { return found };
    let hints = vec![Hint { when: *when, source: WaitSource::RetryAfter }];
    let said = Explanation::refused(&Refusal { hints, ..Refusal::default() }, clocks);
    Explanation { limited: Limited::No, origin: found.origin, ..said }
}

/// A value that a function resolved to, with the properties that the caller asked for.
fn of_resolved(json: &str) -> Explanation {
    let said = RateLimitProperties::read_resolved(json).unwrap_or_default();
    let is_near = matches!((said.remaining, said.limit), (Some(left), Some(limit)) if is_near_limit(left, limit));
    let found = Explanation { origin: Origin::ForgeInvocation, ..nothing() };
    if !is_near {
        return found;
    }
    let Refusal { limiter, scope, .. } = refusal::of_an_invocation(&said);
    Explanation { limited: Limited::Soon, limiter, scope, ..found }
}

fn of_rejected(question: &Question<'_>) -> Explanation {
    match refusal::read(question.answer).meaning {
        Meaning::Refused(refused) => Explanation::refused(&refused, Clocks { now: question.now, date: None }),
        _ => Explanation { origin: Origin::ForgeInvocation, ..nothing() },
    }
}

#[cfg(test)]
mod tests;
