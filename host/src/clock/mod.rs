//! Time for a [`Limiter`](crate::Limiter): the machine's, or one that a test moves.

mod manual;

pub use manual::ManualClock;

use crate::types::InstantMs;
use futures::future::{BoxFuture, FutureExt};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// A clock that can be read and waited for.
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since 1970-01-01T00:00:00Z. One that goes backwards grants nothing.
    fn now(&self) -> InstantMs;

    /// Done as soon as [`now`](Clock::now) has come to this instant, and at once if it has.
    fn sleep_until(&self, instant: InstantMs) -> BoxFuture<'static, ()>;

    /// As [`sleep_until`](Clock::sleep_until), and keeps the thread meanwhile.
    fn sleep_until_blocking(&self, instant: InstantMs);
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> InstantMs {
        (**self).now()
    }

    fn sleep_until(&self, instant: InstantMs) -> BoxFuture<'static, ()> {
        (**self).sleep_until(instant)
    }

    fn sleep_until_blocking(&self, instant: InstantMs) {
        (**self).sleep_until_blocking(instant);
    }
}

/// The wall clock at the start and the monotonic clock since: steps of the wall clock change nothing.
///
/// It sleeps by tokio's timers and follows tokio's paused time.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    /// Since 1970.
    wall: Duration,
    start: Instant,
}

impl SystemClock {
    /// Starts now.
    #[must_use]
    pub fn new() -> Self {
        // A machine that believes to be before 1970 is as good as one that believes to be in it.
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { wall, start: Instant::now() }
    }

    fn since_1970(&self) -> Duration {
        self.wall + self.start.elapsed()
    }

    fn left_until(&self, instant: InstantMs) -> Duration {
        Duration::from_millis(instant).saturating_sub(self.since_1970())
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> InstantMs {
        u64::try_from(self.since_1970().as_millis()).unwrap_or(u64::MAX)
    }

    /// # Panics
    /// Once it is polled outside of a tokio runtime with time enabled, as all of tokio's timers do.
    fn sleep_until(&self, instant: InstantMs) -> BoxFuture<'static, ()> {
        let clock = *self;
        async move {
            // Tokio's timers reach some two years ahead: who sleeps longer sleeps again.
            loop {
                let left = clock.left_until(instant);
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left).await;
            }
        }
        .boxed()
    }

    fn sleep_until_blocking(&self, instant: InstantMs) {
        std::thread::sleep(self.left_until(instant));
    }
}
