//! What happened: counts, the last requests, and who came before an instant that it had been told.

use headroom_model::time::Instant;
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
        let Self { requests, admitted, refused, early, points, by_limit, .. } = self;
        write!(f, "{requests} requests, {admitted} admitted for {points} points, {refused} refused")?;
        for (at, (limit, count)) in by_limit.iter().enumerate() {
            write!(f, "{}{limit} {count}", if at == 0 { " (" } else { ", " })?;
        }
        write!(f, "{}, {early} earlier than told", if by_limit.is_empty() { "" } else { ")" })
    }
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
