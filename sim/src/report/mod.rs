//! What a run amounts to.

mod fairness;
mod series;
mod tally;
mod waits;

pub use series::{Point, Series, Share};
pub(crate) use tally::{Ground, Tally};

use crate::server::Limit;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// The figures of one run. As JSON it is one object with these fields under these names, in this order.
///
/// Quotients have six places and are counted in whole numbers, so they print the same everywhere; they are none where
/// the divisor is 0.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The client.
    pub strategy: String,
    /// Jobs that were done.
    pub done: u32,
    /// Jobs that were given up, those whose refusal the client took for success, and those that were to follow them.
    pub lost: u32,
    /// Jobs that were handed back with an instant at which to try again, and those that were to follow them.
    pub deferred: u32,
    /// Jobs of a backlog, and those that were to follow them, for which nobody was free before the span ended.
    pub unstarted: u32,
    /// Attempts that were sent.
    pub sent: u64,
    /// Attempts that the server did; a duplicate counts twice.
    pub admitted: u64,
    /// Attempts that a limit of the server refused.
    pub refused: u64,
    /// Attempts that came to nothing for another reason: no answer, an error, or a fault that answered for the server.
    pub failed: u64,
    /// Attempts that were sent before an instant that the server had named to that client.
    pub early: u64,
    /// The first three of them at most.
    pub first_early: Vec<Early>,
    /// Points that were charged.
    pub points_spent: u64,
    /// When the last job was finished, in milliseconds since the start.
    pub finish_ms: u64,
    /// No client can be done sooner, in milliseconds since the start: [`crate::oracle::lower_bound`].
    pub bound_ms: u64,
    /// `finish_ms / bound_ms`; none where not all jobs were done, for then it would reward giving up.
    pub ratio: Option<f64>,
    /// The refusals by kind of limit.
    pub refused_by: RefusedBy,
    /// `refused / admitted`.
    pub waste: Option<f64>,
    /// `sent / admitted`.
    pub sent_per_admitted: Option<f64>,
    /// The most calls that reached the server for one tenant in the first second of an hour, the hour of the start left
    /// out, divided by what the burst limit lets through in a second; none without a burst limit.
    pub herd: Option<f64>,
    /// Points that were charged by a reset, those for a job that was done again left out, divided by the most that any
    /// client can have been charged by then ([`crate::oracle::Optimum::by_reset`]): in each hour what pool and burst
    /// let through of the work that is there. The reset is the last one in the run at which some work was still held
    /// back, for what is left of a quota then is lost; where none is ever held back, the last one in the run. From 0
    /// to 1; none where no reset came.
    pub utilisation: Option<f64>,
    /// Interactive jobs that the points quota refused at least once, or that were not done in time or at all.
    pub interactive_denied: u32,
    /// Of 100 interactive jobs that were done, 99 took at most this long from their start to their end.
    pub interactive_wait_p99_ms: Option<u64>,
    /// In the hour in which most was asked for: how much less than its max-min fair share the worst-off tenant got,
    /// divided by that share.
    pub unfairness: f64,
    /// The run over time, for charts.
    #[serde(skip)]
    pub series: Series,
}

/// An attempt that was sent before an instant that the server had named to that client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Early {
    /// When, in milliseconds since the start.
    pub time_ms: u64,
    /// Its line of the trace, which names the instant: [`crate::trace`].
    pub line: String,
}

/// Refusals by kind of limit, those that never refused left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RefusedBy(BTreeMap<&'static str, u64>);

impl RefusedBy {
    /// How often this limit refused.
    #[must_use]
    pub fn of(&self, limit: Limit) -> u64 {
        self.0.get(limit.name()).copied().unwrap_or(0)
    }

    /// The limits that refused, by name, and how often.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.iter().map(|(name, count)| (*name, *count))
    }

    pub(crate) fn count(&mut self, limit: Limit) {
        *self.0.entry(limit.name()).or_default() += 1;
    }
}

/// `burst 12, points-quota 3`; nothing where nothing refused.
impl fmt::Display for RefusedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().enumerate().try_for_each(|(at, (name, count))| {
            let comma = if at > 0 { ", " } else { "" };
            write!(f, "{comma}{name} {count}")
        })
    }
}

/// A quotient to six places; none where the divisor is 0. Whole numbers up to the last step, so that it prints the same
/// everywhere.
pub(crate) fn quotient(dividend: u64, divisor: u64) -> Option<f64> {
    const PLACES: u64 = 1_000_000;
    let scaled = (u128::from(dividend) * u128::from(PLACES)).checked_div(u128::from(divisor))?;
    Some(scaled as f64 / PLACES as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_has_exactly_the_documented_fields_in_order() {
        let mut report = Tally::empty_report("none", 100);
        assert_eq!(report.refused_by.to_string(), "");
        report.refused_by.count(Limit::TunnelConnections);
        report.refused_by.count(Limit::Burst);
        report.refused_by.count(Limit::Burst);
        assert_eq!(report.refused_by.to_string(), "burst 2, tunnel-connections 1");
        let report = Report { done: 1, lost: 2, sent: 3, refused: 2, ..report };
        let want = concat!(
            r#"{"strategy":"none","done":1,"lost":2,"deferred":0,"unstarted":0,"sent":3,"admitted":0,"refused":2,"#,
            r#""failed":0,"early":0,"first_early":[],"points_spent":0,"finish_ms":0,"bound_ms":100,"ratio":null,"#,
            r#""refused_by":{"burst":2,"tunnel-connections":1},"waste":null,"sent_per_admitted":null,"herd":null,"utilisation":null,"#,
            r#""interactive_denied":0,"interactive_wait_p99_ms":null,"unfairness":0.0}"#
        );
        assert_eq!(serde_json::to_string(&report).unwrap(), want);
    }

    #[test]
    fn a_quotient_has_six_places() {
        assert_eq!(quotient(2_574_100, 2_574_050).unwrap().to_string(), "1.000019");
        assert_eq!(quotient(5, 1).unwrap().to_string(), "5");
        assert_eq!(quotient(5, 0), None);
    }
}
