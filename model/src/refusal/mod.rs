//! What an answer says: success, an error, or a limit, and then which one, whose, and until when.
//!
//! This module only reads. What to do about a refusal is the client's decision.

mod graphql;
mod limiter;
mod origin;
mod wait;

use crate::headers::{Dialect, Points, Policy, Signals};
use crate::operation::{Answer, Response};
use crate::properties::{RateLimitProperties, Rejection};
use crate::time::{Instant, Millis};
use crate::when::When;
pub use graphql::read_graphql;
pub use limiter::{CONFLUENCE_GLOBAL, Limiter, Origin, Reason, Scope};
use origin::Verdict;
pub use wait::{Clocks, Hint, Wait, WaitSource};

/// A refusal as the server put it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Who refused.
    pub origin: Origin,
    /// Which limit.
    pub limiter: Limiter,
    /// What that limit counts together.
    pub scope: Scope,
    /// What the server called it, where it gave a name.
    pub reason: Option<String>,
    /// All that the answer says of when to try again, the best source first. [`Refusal::wait`] tells which to believe.
    pub hints: Vec<Hint>,
    /// The length of the limit's window, where it is known without being told.
    pub window: Option<Millis>,
    /// How many the window admits that refused, where the answer tells: it gives the rule away.
    pub window_limit: Option<u32>,
    /// How many come back each second, where a structured policy of this limiter tells: `q` over `w`, at least 1.
    pub per_second: Option<u32>,
}

impl Default for Refusal {
    /// A refusal that says nothing.
    fn default() -> Self {
        Self {
            origin: Origin::Unknown,
            limiter: Limiter::Unknown,
            scope: Scope::Unknown,
            reason: None,
            hints: Vec::new(),
            window: None,
            window_limit: None,
            per_second: None,
        }
    }
}

/// What an answer amounts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Answered; not a limit and not an error.
    Success,
    /// An error that is no limit. `retry` is set where the server asks to come again, as some 503 do.
    Error {
        /// The HTTP status, where there is one.
        status: Option<u16>,
        /// When it may be tried again.
        retry: Option<When>,
    },
    /// Refused by a limit.
    Refused(Refusal),
}

/// An answer, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What it amounts to.
    pub meaning: Meaning,
    /// What its head says about the points of its pool; nothing where another limiter refused and the figures are its.
    pub points: Points,
    /// The server's clock, where it told it.
    pub date: Option<Instant>,
    /// What it says that it cost, as GraphQL's answers do.
    pub cost: Option<u32>,
}

/// Too Many Requests. Source: RFC 6585 section 4.
pub const TOO_MANY_REQUESTS: u16 = 429;

/// With this status, too, GitHub refuses for its limits. Source: GitHub's documentation on rate limits, read 2026-11.
const FORBIDDEN: u16 = 403;

/// Whether a text is the page of a refusal that only one server writes, so that it tells its sender without a head.
#[cfg(feature = "full")]
#[must_use]
pub fn is_a_known_page(text: &[u8]) -> bool {
    origin::is_a_known_page(text)
}

/// Reads any answer. Never fails: garbage in a header is passed over.
#[must_use]
pub fn read(answer: &Answer) -> Reading {
    match answer {
        Answer::Response(response) => read_response(response, &Signals::read(&response.headers), Dialect::Auto),
        Answer::Resolved(_) => Reading { meaning: Meaning::Success, points: Points::default(), date: None, cost: None },
        Answer::Rejected(json) => {
            Reading { meaning: read_rejection(json), points: Points::default(), date: None, cost: None }
        }
    }
}

/// Reads a response whose head was read before.
#[must_use]
pub fn read_response(response: &Response, signals: &Signals, dialect: Dialect) -> Reading {
    let points = signals.points(dialect);
    let date = signals.date;
    if !is_refused(response, signals) {
        let meaning = match response.status {
            ..400 => Meaning::Success,
            status => Meaning::Error { status: Some(status), retry: signals.enforced.retry_after },
        };
        return Reading { meaning, points, date, cost: None };
    }
    let refusal = read_refusal(response, signals, points);
    // The figures of a limiter that is not a product's are its own.
    let is_a_products = matches!(refusal.origin, Origin::Confluence | Origin::Jira | Origin::Unknown);
    let points = if is_a_products { points } else { Points::default() };
    Reading { meaning: Meaning::Refused(refusal), points, date, cost: None }
}

fn is_refused(response: &Response, signals: &Signals) -> bool {
    let is_spent = || signals.enforced.remaining == Some(0) || signals.enforced.retry_after.is_some();
    match response.status {
        TOO_MANY_REQUESTS => true,
        FORBIDDEN if signals.marks.is_github && is_spent() => true,
        status => status >= 400 && origin::is_the_tunnels(response),
    }
}

fn read_refusal(response: &Response, signals: &Signals, points: Points) -> Refusal {
    let verdict = origin::of(response, signals, points);
    let said = &signals.enforced;
    let trigger = RateLimitProperties::read_headers(&response.headers).unwrap_or_default();
    let allowance = said.allowances.iter().filter(|allowance| Reason::of(&allowance.name).limiter == verdict.limiter);
    let structured = allowance.filter_map(|allowance| allowance.reset).min().map(When::After);
    let mut hints = Vec::new();
    for (when, source) in [
        (said.retry_after, WaitSource::RetryAfter),
        (structured, WaitSource::StructuredT),
        (said.reset, WaitSource::Reset),
        (trigger.reset, WaitSource::Reset),
    ] {
        let hint = when.map(|when| Hint { when, source });
        hints.extend(hint.filter(|hint| !hints.contains(hint)));
    }
    let window_limit = trigger.limit.filter(|_| verdict.limiter == Limiter::InvocationRate);
    let policy = said.policies.iter().find(|policy| Reason::of(&policy.name).limiter == verdict.limiter);
    let per_second = policy.and_then(Policy::per_second);
    Refusal { per_second, ..verdict.into_refusal(said.reason.clone(), hints, window_limit) }
}

impl Verdict {
    fn into_refusal(self, reason: Option<String>, hints: Vec<Hint>, window_limit: Option<u32>) -> Refusal {
        let Self { origin, limiter, scope, window } = self;
        Refusal { origin, limiter, scope, reason, hints, window, window_limit, per_second: None }
    }
}

/// What a refused invocation with these properties would be.
#[must_use]
pub fn of_an_invocation(said: &RateLimitProperties) -> Refusal {
    let verdict = origin::of_an_invocation(Origin::ForgeInvocation, said.limit);
    let hints = said.reset.map(|when| Hint { when, source: WaitSource::Reset }).into_iter().collect();
    verdict.into_refusal(None, hints, said.limit)
}

/// An error is a refusal if its status says so. Where it has none, the properties do: RFC 130 of 2026-04-14 puts them
/// into "rate limiting errors" and no others.
fn read_rejection(json: &str) -> Meaning {
    let Rejection { status, properties, limited } = Rejection::read(json);
    let by_status = || status.map_or(properties.is_some(), |status| status == TOO_MANY_REQUESTS);
    if limited.is_none() && !by_status() {
        return Meaning::Error { status, retry: None };
    }
    let said = properties.unwrap_or_default();
    let refused = of_an_invocation(&said);
    let Some(limited) = limited else { return Meaning::Refused(refused) };
    Meaning::Refused(Verdict::from(limited).into_refusal(None, refused.hints, None))
}

#[cfg(test)]
mod tests;
