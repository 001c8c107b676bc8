//! A clock that stands still until it is moved: for tests of whoever uses a limiter.

use super::Clock;
use crate::types::{DurationMs, InstantMs};
use futures::future::BoxFuture;
use futures::task::{ArcWake, waker};
use std::collections::BTreeMap;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::{self, Thread};

/// A clock that stands still until it is moved. Its clones show the same time.
///
/// [`ManualClock::run`] carries a future through without any runtime: whenever all that is left to do is to wait, the
/// clock goes on to the next instant that somebody waits for. Hours pass in no time.
///
/// ```
/// use headroom_host::{Clock, ManualClock};
///
/// let clock = ManualClock::at(1_770_034_800_000);
/// clock.run(clock.sleep_until(1_770_037_200_000)); // 40 minutes
/// assert_eq!(clock.now(), 1_770_037_200_000);
/// ```
#[derive(Clone, Debug, Default)]
pub struct ManualClock(Arc<Mutex<Face>>);

#[derive(Debug, Default)]
struct Face {
    now: InstantMs,
    /// Those who wait, by instant and then in the order in which they began.
    sleepers: BTreeMap<(InstantMs, u64), Waker>,
    begun: u64,
}

impl ManualClock {
    /// Shows this instant.
    #[must_use]
    pub fn at(now: InstantMs) -> Self {
        Self(Arc::new(Mutex::new(Face { now, ..Face::default() })))
    }

    /// Moves on by so much, and wakes those whose instant has come, the earliest first.
    ///
    /// They see the time that it shows afterwards. Whoever is to act at its very instant is moved there by
    /// [`ManualClock::run`], or by `advance_to(next)` with [`ManualClock::next_wake`].
    pub fn advance(&self, by: DurationMs) {
        let to = self.face().now.saturating_add(by);
        self.advance_to(to);
    }

    /// Moves on to this instant, as [`ManualClock::advance`] does; never back.
    pub fn advance_to(&self, instant: InstantMs) {
        let mut face = self.face();
        face.now = face.now.max(instant);
        let after = (face.now, u64::MAX);
        let later = face.sleepers.split_off(&after);
        let woken = std::mem::replace(&mut face.sleepers, later);
        // Whoever is woken may ask this clock at once.
        drop(face);
        woken.into_values().for_each(Waker::wake);
    }

    /// The first instant that somebody waits for.
    #[must_use]
    pub fn next_wake(&self) -> Option<InstantMs> {
        self.face().sleepers.keys().next().map(|(instant, _)| *instant)
    }

    /// Carries a future through. Time passes only while it can do nothing else, and then at once.
    ///
    /// Where it waits for something that is not on this clock, and for nothing that is, the thread waits too. An answer
    /// from a real network takes no time on this clock and so comes after any timeout.
    pub fn run<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let alarm = Arc::new(Alarm { rings: AtomicBool::new(false), thread: thread::current() });
        let waker = waker(alarm.clone());
        loop {
            alarm.rings.store(false, Ordering::Release);
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return output;
            }
            while !alarm.rings.load(Ordering::Acquire) {
                match self.next_wake() {
                    Some(instant) => self.advance_to(instant),
                    None => thread::park(),
                }
            }
        }
    }

    /// A panic elsewhere does not stop the clock: each change of its face is whole.
    fn face(&self) -> MutexGuard<'_, Face> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> InstantMs {
        self.face().now
    }

    fn sleep_until(&self, instant: InstantMs) -> BoxFuture<'static, ()> {
        Box::pin(Sleep { clock: self.clone(), instant, place: None })
    }

    /// Moves the clock there: the thread that sleeps may be the one that would have moved it.
    fn sleep_until_blocking(&self, instant: InstantMs) {
        self.advance_to(instant);
    }
}

struct Sleep {
    clock: ManualClock,
    instant: InstantMs,
    place: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock.clone();
        let mut face = clock.face();
        if face.now >= self.instant {
            return Poll::Ready(());
        }
        let place = *self.place.get_or_insert(face.begun);
        face.begun = face.begun.max(place + 1);
        face.sleepers.insert((self.instant, place), context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.clock.face().sleepers.remove(&(self.instant, place));
        }
    }
}

/// Wakes the thread that carries a future through.
struct Alarm {
    rings: AtomicBool,
    thread: Thread,
}

impl ArcWake for Alarm {
    fn wake_by_ref(alarm: &Arc<Self>) {
        alarm.rings.store(true, Ordering::Release);
        alarm.thread.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::{FutureExt, join_all};

    #[test]
    fn sleepers_are_woken_in_order_and_each_at_its_instant() {
        let clock = ManualClock::at(1_000);
        let woken = Mutex::new(Vec::new());
        clock.run(join_all([5_000, 2_000, 9_000, 2_000, 1_000].iter().enumerate().map(|(sleeper, instant)| {
            let (clock, woken) = (&clock, &woken);
            clock.sleep_until(*instant).map(move |()| woken.lock().unwrap().push((clock.now(), sleeper)))
        })));
        let woken = woken.into_inner().unwrap();
        assert_eq!(woken, [(1_000, 4), (2_000, 1), (2_000, 3), (5_000, 0), (9_000, 2)]);
    }

    #[test]
    fn a_sleep_that_is_dropped_is_forgotten_and_time_never_goes_back() {
        let clock = ManualClock::at(1_000);
        let mut sleep = clock.sleep_until(2_000);
        assert!(sleep.as_mut().now_or_never().is_none());
        assert_eq!(clock.next_wake(), Some(2_000));
        drop(sleep);
        assert_eq!(clock.next_wake(), None);
        clock.advance_to(500);
        clock.advance(1);
        clock.sleep_until_blocking(1_500);
        assert_eq!(clock.now(), 1_500);
    }

    #[test]
    fn what_comes_from_another_thread_is_waited_for() {
        let (send, receive) = futures::channel::oneshot::channel();
        let sender = thread::spawn(move || send.send(7));
        assert_eq!(ManualClock::default().run(receive), Ok(7));
        sender.join().expect("no panic").expect("it is received");
    }
}
