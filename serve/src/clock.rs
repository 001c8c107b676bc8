//! The server's clock: real time, faster, or moved by hand. It never goes back.

use headroom_model::time::{Instant, Millis};
use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};
use tokio::sync::watch;

/// How the clock runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// As time does.
    #[default]
    Real,
    /// This many times as fast: 1 to 100,000.
    Times(u32),
    /// Only when it is advanced.
    Manual,
}

impl Pace {
    /// Faster than this, an hour takes less than the answer to one request.
    const MOST: u32 = 100_000;

    const fn factor(self) -> u64 {
        match self {
            Self::Real => 1,
            Self::Times(factor) => factor as u64,
            Self::Manual => 0,
        }
    }
}

/// Reads `real`, `manual` and `x60`.
impl FromStr for Pace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let factor = || text.strip_prefix('x')?.parse().ok().filter(|factor| (1..=Self::MOST).contains(factor));
        match text {
            "real" => Ok(Self::Real),
            "manual" => Ok(Self::Manual),
            _ => factor().map(Self::Times).ok_or_else(|| {
                format!("`{}` is no clock: use `real`, `manual`, or `x60` (1 to {})", text.escape_debug(), Self::MOST)
            }),
        }
    }
}

/// As it is read.
impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Real => f.write_str("real"),
            Self::Times(factor) => write!(f, "x{factor}"),
            Self::Manual => f.write_str("manual"),
        }
    }
}

/// A clock that starts at an instant of its own.
#[derive(Debug)]
pub(crate) struct Clock {
    pace: Pace,
    start: Instant,
    /// Tokio's clock, which tests can hold.
    began: tokio::time::Instant,
    /// Milliseconds that it was advanced by hand.
    advanced: watch::Sender<u64>,
}

impl Clock {
    /// Without a start it is today.
    pub(crate) fn new(pace: Pace, start: Option<Instant>) -> Self {
        let start = start.unwrap_or_else(today);
        Self { pace, start, began: tokio::time::Instant::now(), advanced: watch::Sender::new(0) }
    }

    pub(crate) const fn pace(&self) -> Pace {
        self.pace
    }

    pub(crate) const fn start(&self) -> Instant {
        self.start
    }

    pub(crate) fn now(&self) -> Instant {
        let elapsed = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.start + Millis(elapsed.saturating_mul(self.pace.factor())) + Millis(*self.advanced.borrow())
    }

    /// It is so much later from now on.
    pub(crate) fn advance(&self, by: Millis) {
        self.advanced.send_modify(|advanced| *advanced = advanced.saturating_add(by.0));
    }

    /// Comes back when it is `until`.
    pub(crate) async fn wait(&self, until: Instant) {
        let mut advanced = self.advanced.subscribe();
        loop {
            advanced.borrow_and_update();
            let left = until.since(self.now());
            if left == Millis::ZERO {
                return;
            }
            let by_itself = async {
                match left.0.div_ceil(self.pace.factor().max(1)) {
                    _ if self.pace == Pace::Manual => std::future::pending().await,
                    ms => tokio::time::sleep(Duration::from_millis(ms)).await,
                }
            };
            tokio::select! {
                () = by_itself => {}
                // The sender lives as long as this clock.
                _ = advanced.changed() => {}
            }
        }
    }
}

fn today() -> Instant {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Instant(u64::try_from(since.as_millis()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_pace_is_read_or_refused_with_the_next_step() {
        let read = |text: &str| text.parse::<Pace>();
        assert_eq!(
            (read("real"), read("manual"), read("x60")),
            (Ok(Pace::Real), Ok(Pace::Manual), Ok(Pace::Times(60)))
        );
        for wrong in ["", "x0", "x", "60", "x100001", "X60", "x-1"] {
            assert!(read(wrong).unwrap_err().contains(&format!("`{wrong}`")), "{wrong}");
        }
    }

    fn in_held_time<T>(run: impl Future<Output = T>) -> T {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_time().start_paused(true).build().unwrap().block_on(run)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        /// The slow clock adds up every millisecond.
        #[test]
        fn a_clock_runs_so_many_times_as_fast_as_the_one_below_it_and_its_jumps_are_its_own(
            factor in 1..=Pace::MOST, steps in prop::collection::vec((0_u64..100_000, 0_u64..100_000), 0..20),
        ) {
            in_held_time(async {
                let clock = Clock::new(Pace::Times(factor), Some(Instant(5_000)));
                let mut slow = 5_000;
                for (elapsed, jump) in steps {
                    tokio::time::advance(Duration::from_millis(elapsed)).await;
                    clock.advance(Millis(jump));
                    slow += elapsed * u64::from(factor) + jump;
                    prop_assert_eq!(clock.now(), Instant(slow));
                }
                Ok(())
            })?;
        }

        #[test]
        fn who_waits_on_a_fast_clock_wakes_when_it_is_time_and_not_a_millisecond_later_than_needed(
            factor in 1..=Pace::MOST, wait in 0_u64..10_000_000,
        ) {
            in_held_time(async {
                let clock = Clock::new(Pace::Times(factor), Some(Instant(5_000)));
                let began = tokio::time::Instant::now();
                clock.wait(Instant(5_000 + wait)).await;
                prop_assert!(clock.now() >= Instant(5_000 + wait), "woken too early");
                let needed = Duration::from_millis(wait.div_ceil(u64::from(factor)));
                // Tokio's timers count whole milliseconds of a clock of their own.
                prop_assert!(began.elapsed() <= needed + Duration::from_millis(1), "{:?}", began.elapsed());
                Ok(())
            })?;
        }
    }

    #[test]
    fn a_real_clock_runs_as_the_one_below_it() {
        in_held_time(async {
            let clock = Clock::new(Pace::Real, Some(Instant(0)));
            tokio::time::advance(Duration::from_millis(1_234)).await;
            assert_eq!(clock.now(), Instant(1_234));
        });
    }

    #[test]
    fn a_clock_by_hand_moves_only_when_it_is_advanced_and_wakes_who_waits() {
        let clock = Clock::new(Pace::Manual, Some(Instant(5_000)));
        assert_eq!((clock.now(), clock.start()), (Instant(5_000), Instant(5_000)));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let advance = async {
                clock.advance(Millis(999));
                tokio::task::yield_now().await;
                clock.advance(Millis(1));
            };
            tokio::join!(clock.wait(Instant(6_000)), advance);
        });
        assert_eq!(clock.now(), Instant(6_000));
    }
}
