//! The server's clock: real time, faster, or moved by hand. It never goes back.

use headroom_model::time::{Instant, Millis};
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

/// A clock that starts at an instant of its own.
#[derive(Debug)]
pub(crate) struct Clock {
    pace: Pace,
    start: Instant,
    began: std::time::Instant,
    /// Milliseconds that it was advanced by hand.
    advanced: watch::Sender<u64>,
}

impl Clock {
    /// Without a start it is today.
    pub(crate) fn new(pace: Pace, start: Option<Instant>) -> Self {
        let start = start.unwrap_or_else(today);
        Self { pace, start, began: std::time::Instant::now(), advanced: watch::Sender::new(0) }
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
