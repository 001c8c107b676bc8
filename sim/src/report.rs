//! What a run amounts to.

use serde::Serialize;

/// The figures of one run. As JSON it is one object with these fields under these names, in this order.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The client.
    pub strategy: String,
    /// Jobs that were done.
    pub done: u32,
    /// Jobs that were given up.
    pub lost: u32,
    /// Jobs that were handed back with an instant at which to try again.
    pub deferred: u32,
    /// Attempts that were sent.
    pub sent: u64,
    /// Attempts that a limit refused.
    pub refused: u64,
    /// Attempts that were sent before an instant that the server had named to that client.
    pub early: u64,
    /// Points that were charged.
    pub points_spent: u64,
    /// When the last job was finished, in milliseconds since the start.
    pub finish_ms: u64,
    /// No client can be done sooner, in milliseconds since the start: [`crate::oracle::lower_bound`].
    pub bound_ms: u64,
    /// `finish_ms / bound_ms` to six places; none where not all jobs were done, for then it would reward giving up.
    pub ratio: Option<f64>,
    /// The refusals by kind of limit.
    pub refused_by: RefusedBy,
}

impl Report {
    /// Nothing has happened yet.
    pub(crate) fn empty(strategy: &str, bound_ms: u64) -> Self {
        Self {
            strategy: strategy.to_owned(),
            done: 0,
            lost: 0,
            deferred: 0,
            sent: 0,
            refused: 0,
            early: 0,
            points_spent: 0,
            finish_ms: 0,
            bound_ms,
            ratio: None,
            refused_by: RefusedBy::default(),
        }
    }
}

/// Refusals by kind of limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct RefusedBy {
    /// By the hourly points quota.
    pub points_quota: u64,
    /// By the burst limit.
    pub burst: u64,
    /// By a rate of invocations.
    pub invocation_rate: u64,
}

/// `finish / bound` to six places. Counted in integers up to the last step, so that it prints the same everywhere.
pub(crate) fn ratio(finish_ms: u64, bound_ms: u64) -> f64 {
    const PLACES: u64 = 1_000_000;
    let scaled = u128::from(finish_ms) * u128::from(PLACES) / u128::from(bound_ms.max(1));
    scaled as f64 / PLACES as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_has_exactly_the_documented_fields_in_order() {
        let refused_by = RefusedBy { burst: 2, ..RefusedBy::default() };
        let report = Report { done: 1, lost: 2, sent: 3, refused: 2, refused_by, ..Report::empty("none", 100) };
        let want = concat!(
            r#"{"strategy":"none","done":1,"lost":2,"deferred":0,"sent":3,"refused":2,"early":0,"#,
            r#""points_spent":0,"finish_ms":0,"bound_ms":100,"ratio":null,"#,
            r#""refused_by":{"points-quota":0,"burst":2,"invocation-rate":0}}"#
        );
        assert_eq!(serde_json::to_string(&report).unwrap(), want);
    }

    #[test]
    fn a_ratio_has_six_places() {
        assert_eq!(ratio(2_574_100, 2_574_050).to_string(), "1.000019");
        assert_eq!(ratio(5, 0).to_string(), "5");
    }
}
