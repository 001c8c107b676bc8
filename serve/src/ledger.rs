//! What happened: counts, the last requests, and who came before an instant that it had been told.

use crate::identity::Identity;
use headroom_model::time::Instant;
use headroom_sim::server::Refused;
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};

/// Requests that are kept: what a page shows.
const RECENT: usize = 100;

/// Early calls that are kept; the others are counted.
const EARLY: usize = 100;

/// One request, for people and pages. Neither query nor header is in it: they can hold secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Record {
    /// Its number, from 1.
    pub(crate) number: u64,
    pub(crate) at: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) app: String,
    pub(crate) tenant: String,
    /// None: the connection broke.
    pub(crate) status: Option<u16>,
    pub(crate) objects: u32,
    pub(crate) points: u32,
    pub(crate) left: Option<u32>,
    /// The limit that refused, and what it stops.
    pub(crate) limit: Option<&'static str>,
    pub(crate) scope: Option<String>,
    pub(crate) until: Option<String>,
    /// The instant that it should have waited for.
    pub(crate) early: Option<Early>,
    /// Faults that met it.
    pub(crate) faults: Vec<String>,
    /// What the coming rule would have done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) coming: Option<ComingRefusal>,
    /// Why its points are those that were expected, and not counted in the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) uncounted: Option<String>,
}

impl Record {
    /// Of a request that nothing is known of yet but that it came.
    pub(crate) fn new(who: &Identity, method: &str, path: &str, at: Instant) -> Self {
        Self {
            at: at.to_string(),
            method: method.chars().take(20).collect(),
            path: path.chars().take(200).collect(),
            app: who.app.clone(),
            tenant: who.tenant.clone(),
            ..Self::default()
        }
    }

    /// A limit refused it.
    pub(crate) fn refused_by(&mut self, refused: &Refused) {
        self.limit = Some(refused.limit.name());
        self.scope = Some(refused.scope.to_string());
        self.until = Some(refused.until.to_string());
    }
}

/// A refusal that was none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ComingRefusal {
    pub(crate) limit: &'static str,
    pub(crate) scope: String,
    pub(crate) until: String,
}

/// A promise that a call broke.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Early {
    pub(crate) scope: String,
    pub(crate) promised: String,
    pub(crate) too_early_ms: u64,
}

/// How many requests came to what end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// Requests to products and functions.
    pub requests: u64,
    /// Those that no limit refused.
    pub admitted: u64,
    /// Those that a limit refused.
    pub refused: u64,
    /// Calls that came before an instant that their client had been told.
    pub early: u64,
    /// Points spent.
    pub points: u64,
    /// Refusals by limit.
    pub by_limit: BTreeMap<&'static str, u64>,
    /// Admitted while less than a fifth of the points was left.
    pub near_limit: u64,
    /// Admitted, and told that a coming rule would have refused.
    pub shadow: u64,
    /// What the proxy's rule would have refused.
    #[serde(skip_serializing_if = "Coming::is_empty")]
    pub coming: Coming,
    /// Answers whose objects could not be counted.
    #[serde(skip_serializing_if = "is_zero")]
    pub uncounted: u64,
}

/// What a rule would have refused that refuses nothing yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Coming {
    /// How many requests.
    pub refused: u64,
    /// The same by limit.
    pub by_limit: BTreeMap<&'static str, u64>,
    /// When the first of them came, as RFC 3339.
    pub first: Option<String>,
    /// When the last of them came.
    pub last: Option<String>,
}

impl Coming {
    /// Whether it would have refused nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.refused == 0
    }

    fn add(&mut self, refusal: &ComingRefusal, at: &str) {
        self.refused += 1;
        *self.by_limit.entry(refusal.limit).or_default() += 1;
        // Requests are kept when they end, so not in the order in which they came.
        if self.first.as_deref().is_none_or(|first| at < first) {
            self.first = Some(at.to_owned());
        }
        if self.last.as_deref().is_none_or(|last| at > last) {
            self.last = Some(at.to_owned());
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// All that is remembered of requests. Bounded.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) summary: Summary,
    pub(crate) recent: VecDeque<Record>,
    pub(crate) early: Vec<Record>,
}

impl Ledger {
    /// Keeps a request, and gives it its number.
    pub(crate) fn keep(&mut self, mut record: Record) -> Record {
        self.summary.requests += 1;
        record.number = self.summary.requests;
        self.summary.points += u64::from(record.points);
        if record.early.is_some() {
            self.summary.early += 1;
            if self.early.len() < EARLY {
                self.early.push(record.clone());
            }
        }
        match record.limit {
            Some(limit) => {
                self.summary.refused += 1;
                *self.summary.by_limit.entry(limit).or_default() += 1;
            }
            None => self.summary.admitted += 1,
        }
        if let Some(refusal) = &record.coming {
            self.summary.shadow += 1;
            self.summary.coming.add(refusal, &record.at);
        }
        self.summary.uncounted += u64::from(record.uncounted.is_some());
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(record.clone());
        record
    }
}

impl Early {
    pub(crate) fn new(scope: &impl ToString, promised: Instant, now: Instant) -> Self {
        Self { scope: scope.to_string(), promised: promised.to_string(), too_early_ms: promised.since(now).0 }
    }
}

/// One line for people.
impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { requests, admitted, refused, early, points, by_limit, coming, .. } = self;
        let limits = limits(by_limit);
        write!(f, "{requests} requests, {admitted} admitted for {points} points, {refused} refused{limits}")?;
        write!(f, ", {early} earlier than told")?;
        let Coming { refused, by_limit, first: Some(first), last: Some(last) } = coming else { return Ok(()) };
        let limits = self::limits(by_limit);
        write!(f, "; under the coming rules {refused} would have been refused{limits}, from {first} to {last}")
    }
}

/// As ` (burst 3, points-quota 2)`.
fn limits(by_limit: &BTreeMap<&'static str, u64>) -> String {
    if by_limit.is_empty() {
        return String::new();
    }
    let all: Vec<_> = by_limit.iter().map(|(limit, count)| format!("{limit} {count}")).collect();
    format!(" ({})", all.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_the_last_hundred_are_kept() {
        let mut ledger = Ledger::default();
        let early = Early::new(&"app", Instant(5_000), Instant(2_000));
        for at in 0..250 {
            let limit = (at % 2 == 0).then_some("burst");
            ledger.keep(Record { points: 2, limit, early: limit.map(|_| early.clone()), ..Record::default() });
        }
        assert_eq!((ledger.recent.len(), ledger.early.len()), (RECENT, EARLY));
        assert_eq!(ledger.recent.back().map(|record| record.number), Some(250));
        assert_eq!(
            ledger.summary.to_string(),
            "250 requests, 125 admitted for 500 points, 125 refused (burst 125), 125 earlier than told"
        );
    }
}
