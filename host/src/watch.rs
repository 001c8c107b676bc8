//! Finds a client that does not come to its next wait.
//!
//! The epoch's deadline belongs to a store, not to a call, and a client of which nothing is wanted may sleep for an
//! hour. So its time is counted from when it was polled last, and only while it runs.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wasmtime::{Store, Trap, UpdateDeadline};

/// Counts how often the client of a store was polled, so that the store can tell a new poll from a long one.
pub(crate) struct Watch(Arc<AtomicU64>);

impl Watch {
    /// The store's guest traps when one poll sees more than `most` ticks.
    pub(crate) fn over<T>(store: &mut Store<T>, most: u64) -> Self {
        let polls = Arc::new(AtomicU64::new(0));
        let (watched, mut poll, mut ticks) = (polls.clone(), 0, 0);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(move |_| {
            let now = watched.load(Ordering::Relaxed);
            ticks = if now == poll { ticks + 1 } else { 1 };
            poll = now;
            if ticks > most { Err(Trap::Interrupt.into()) } else { Ok(UpdateDeadline::Continue(1)) }
        });
        Self(polls)
    }

    /// Does what `future` does.
    pub(crate) async fn during<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        std::future::poll_fn(|context| {
            self.0.fetch_add(1, Ordering::Relaxed);
            future.as_mut().poll(context)
        })
        .await
    }
}
