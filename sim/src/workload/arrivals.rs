//! When the jobs of a line of work come: one after the other, made on demand.

use crate::scenario::{Arrive, WorkSpec};
use crate::value::{Span, Whole};
use headroom_model::rng::SplitMix64;
use headroom_model::time::{Instant, Millis};

/// The instants at which a work's jobs come, in their order. A backlog and what follows other work has none.
#[derive(Clone, Debug)]
pub(crate) struct Arrivals {
    kind: Kind,
    first: Instant,
    end: Instant,
}

#[derive(Clone, Debug)]
enum Kind {
    None,
    AtOnce {
        left: u32,
    },
    Every {
        count: u32,
        every: Millis,
        next: u64,
    },
    /// Milliseconds after the first instant, sorted.
    Within {
        offsets: Vec<u32>,
        next: usize,
    },
    Poisson {
        rng: SplitMix64,
        left: u32,
        calls: u32,
        per: Millis,
        at: Fine,
    },
}

/// A span in units of 2⁻³² ms, so that the gaps of a fast process are not rounded to whole milliseconds.
type Fine = u128;
const FINE_PLACES: u32 = 32;

impl Arrivals {
    /// The arrivals of this work in a scenario from `start` to `end`; `seed` is the work's own.
    pub(crate) fn new(work: &WorkSpec, start: Instant, end: Instant, seed: u64) -> Self {
        let count = work.count.map(Whole::get);
        let kind = match work.arrive {
            None | Some(Arrive::Backlog { .. }) => Kind::None,
            Some(Arrive::AtOnce) => Kind::AtOnce { left: count.unwrap_or(0) },
            Some(Arrive::Every(every)) => Kind::Every { count: count.unwrap_or(1), every: every.get(), next: 0 },
            Some(Arrive::Within(span)) => Kind::Within { offsets: within(count.unwrap_or(0), span, seed), next: 0 },
            Some(Arrive::Poisson { calls, per }) => Kind::Poisson {
                rng: SplitMix64::new(seed),
                left: count.unwrap_or(u32::MAX),
                calls: calls.get(),
                per: per.get(),
                at: 0,
            },
        };
        Self { kind, first: start + work.begins_after(), end }
    }
}

impl Iterator for Arrivals {
    type Item = Instant;

    fn next(&mut self) -> Option<Instant> {
        let after = match &mut self.kind {
            Kind::None => return None,
            Kind::AtOnce { left } => {
                *left = left.checked_sub(1)?;
                Millis::ZERO
            }
            Kind::Every { count, every, next } => {
                let round = *next / u64::from((*count).max(1));
                *next += 1;
                every.times(round)
            }
            Kind::Within { offsets, next } => {
                let offset = *offsets.get(*next)?;
                *next += 1;
                Millis(u64::from(offset))
            }
            Kind::Poisson { rng, left, calls, per, at } => {
                *left = left.checked_sub(1)?;
                *at += exponential(rng) * u128::from(per.0) / u128::from((*calls).max(1));
                Millis(u64::try_from(*at >> FINE_PLACES).unwrap_or(u64::MAX))
            }
        };
        let at = self.first + after;
        (at < self.end).then_some(at)
    }
}

/// The last millisecond of the span belongs to the next one.
fn within<const LEAST: u64, const MOST: u64>(count: u32, span: Span<LEAST, MOST>, seed: u64) -> Vec<u32> {
    let mut rng = SplitMix64::new(seed);
    let last = span.get().0.saturating_sub(1);
    let draw = |_| u32::try_from(rng.up_to(last)).unwrap_or(u32::MAX);
    let mut offsets: Vec<u32> = (0..count).map(draw).collect();
    offsets.sort_unstable();
    offsets
}

/// An exponentially distributed number of mean 1, with 32 binary places.
///
/// Von Neumann's method of 1951: it only compares uniform numbers, so there is no logarithm that could differ between
/// machines. A run of falling numbers of odd length accepts its first as the fraction; one of even length adds 1.
fn exponential(rng: &mut SplitMix64) -> Fine {
    for whole in 0_u32.. {
        let first = rng.next_u64();
        let (mut last, mut length) = (first, 1_u32);
        loop {
            let next = rng.next_u64();
            if next > last {
                break;
            }
            (last, length) = (next, length + 1);
        }
        if length % 2 == 1 {
            return (Fine::from(whole) << FINE_PLACES) + Fine::from(first >> FINE_PLACES);
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scenario;

    fn arrivals(arrive: &str, rest: &str, seed: u64) -> Vec<u64> {
        let text = format!(
            "name = \"t\"\nabout = \"t\"\nstart = \"2026-02-02T12:00:00Z\"\nspan = \"1 h\"\n[server]\n\
             invocations = {{}}\n[[work]]\nname = \"w\"\ninvoke = \"f\"\narrive = {arrive}\n{rest}\n"
        );
        let scenario = Scenario::parse("t", &text).unwrap_or_else(|error| panic!("{error}"));
        let work = scenario.works().next().unwrap();
        Arrivals::new(work, scenario.start, scenario.end(), seed).map(|at| at.since(scenario.start).0).collect()
    }

    #[test]
    fn poisson_arrivals_have_the_mean_and_the_spread_of_the_law() {
        for seed in 1..=20 {
            let at = arrivals("{ poisson = { calls = 10, per = \"1 s\" } }", "", seed);
            // 36,000 are expected with a standard deviation of 190; five of them never happen for these seeds.
            assert!((35_050..36_950).contains(&at.len()), "{} with seed {seed}", at.len());
            assert!(at.is_sorted() && at.last().is_some_and(|last| *last < 3_600_000));
            // Seconds without any arrival: e^-10 of 3,600 is 0.16.
            let mut seconds = vec![0_u32; 3_600];
            at.iter().for_each(|ms| seconds[(*ms / 1_000) as usize] += 1);
            let spread: f64 = seconds.iter().map(|n| (f64::from(*n) - 10.0).powi(2)).sum::<f64>() / 3_600.0;
            assert!((8.5..11.5).contains(&spread), "the variance of a second is its mean: {spread} with seed {seed}");
        }
    }

    #[test]
    fn an_exponential_number_has_the_mean_1_and_falls_below_it_as_often_as_it_should() {
        let mut rng = SplitMix64::new(3);
        let draws: Vec<f64> = (0..100_000).map(|_| exponential(&mut rng) as f64 / 2_f64.powi(32)).collect();
        let mean = draws.iter().sum::<f64>() / 100_000.0;
        let above = |limit: f64| draws.iter().filter(|draw| **draw > limit).count() as f64 / 100_000.0;
        assert!((mean - 1.0).abs() < 0.02, "{mean}");
        for limit in [0.5, 1.0, 2.0, 4.0] {
            assert!((above(limit) - (-limit).exp()).abs() < 0.006, "{limit}: {}", above(limit));
        }
    }

    #[test]
    fn counts_are_exact() {
        assert_eq!(arrivals("\"at_once\"", "count = 3\nbegins_after = \"5 min\"", 1), [300_000; 3]);
        assert_eq!(arrivals("{ poisson = { calls = 10, per = \"1 s\" } }", "count = 77", 1).len(), 77);
        assert!(arrivals("{ backlog = { workers = 3 } }", "count = 9", 1).is_empty());
        let at = arrivals("{ within = \"1 s\" }", "count = 7_000\nbegins_after = \"1 s\"", 1);
        assert!(at.len() == 7_000 && at.is_sorted() && at.iter().all(|ms| (1_000..2_000).contains(ms)));
    }

    #[test]
    fn every_comes_again_until_the_span_ends() {
        let at = arrivals("{ every = \"25 min\" }", "count = 2", 1);
        assert_eq!(at, [0, 0, 1_500_000, 1_500_000, 3_000_000, 3_000_000]);
        assert_eq!(
            arrivals("{ every = \"20 min\" }", "count = 1", 1),
            [0, 1_200_000, 2_400_000],
            "not at the end itself"
        );
    }
}
