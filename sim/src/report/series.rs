//! A run over time, for charts: never more points than a chart can show.

use headroom_model::time::Millis;
use serde::Serialize;

/// Points of a series, at most; they are made coarser as the run goes on.
const MOST_POINTS: usize = 1_000;
/// The finest width of a point.
const FINEST: Millis = Millis::from_secs(1);

/// The run in steps of equal length, the first beginning at the scenario's start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Series {
    /// Length of a step: 1 s, doubled until 1,000 steps hold the run.
    pub step_ms: u64,
    /// The steps in order.
    pub points: Vec<Point>,
    /// The ten tenants that got most, the largest first.
    pub shares: Vec<Share>,
}

/// One step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Point {
    /// What the server had left at its last answer in this step or before; none where nothing is counted.
    pub left: Option<u32>,
    /// Calls that the server did.
    pub admitted: u64,
    /// Calls that a limit refused.
    pub refused: u64,
    /// The most interactive jobs that were open at once.
    pub waiting: u32,
}

/// What one tenant got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Its name.
    pub tenant: String,
    /// Points, or calls where calls cost nothing.
    pub got: u64,
}

impl Default for Series {
    fn default() -> Self {
        Self { step_ms: FINEST.0, points: Vec::new(), shares: Vec::new() }
    }
}

impl Series {
    /// The point for this time since the start.
    pub(crate) fn at(&mut self, since: Millis) -> &mut Point {
        while since.0 / self.step_ms >= MOST_POINTS as u64 {
            self.coarsen();
        }
        let index = (since.0 / self.step_ms) as usize;
        while self.points.len() <= index {
            let last = self.points.last().copied().unwrap_or_default();
            self.points.push(Point { left: last.left, waiting: 0, ..Point::default() });
        }
        &mut self.points[index]
    }

    fn coarsen(&mut self) {
        let merge = |pair: &[Point]| match pair {
            [first, second] => Point {
                left: second.left,
                admitted: first.admitted + second.admitted,
                refused: first.refused + second.refused,
                waiting: first.waiting.max(second.waiting),
            },
            _ => pair.first().copied().unwrap_or_default(),
        };
        self.points = self.points.chunks(2).map(merge).collect();
        self.step_ms *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn nothing_is_lost_when_a_series_grows_coarser(mut times in prop::collection::vec(0_u64..200_000_000, 1..200)) {
            times.sort_unstable();
            let mut series = Series::default();
            for (n, ms) in times.iter().enumerate() {
                let point = series.at(Millis(*ms));
                point.admitted += 1;
                point.waiting = point.waiting.max(n as u32);
            }
            prop_assert!(series.points.len() <= MOST_POINTS);
            prop_assert_eq!(series.points.iter().map(|point| point.admitted).sum::<u64>(), times.len() as u64);
            prop_assert_eq!(series.points.iter().map(|point| point.waiting).max(), Some(times.len() as u32 - 1));
            let last = times[times.len() - 1] / series.step_ms;
            prop_assert_eq!(series.points.len() as u64, last + 1);
        }
    }
}
