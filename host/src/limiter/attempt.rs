//! An attempt that may panic or never answer.

use crate::clock::Clock;
use crate::transport::{caught, panicked};
use crate::types::{Answer, AttemptError, DurationMs};
use futures::future::{Either, select};
use futures::poll;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// What an attempt comes to within this time. It is dropped when the time is over.
pub(super) async fn bounded(
    clock: &dyn Clock,
    timeout_ms: DurationMs,
    sending: impl Future<Output = Result<Answer, AttemptError>>,
) -> Result<Answer, AttemptError> {
    let mut sending = pin!(caught(sending));
    // An answer that is there at once needs no timer.
    if let Poll::Ready(sent) = poll!(sending.as_mut()) {
        return sent;
    }
    let timer = clock.sleep_until(clock.now().saturating_add(timeout_ms));
    match select(sending, timer).await {
        Either::Left((sent, _)) => sent,
        Either::Right(((), _)) => Err(AttemptError::TimedOut),
    }
}

/// As [`bounded`], without a bound.
pub(super) fn caught_blocking(send: impl FnOnce() -> Result<Answer, AttemptError>) -> Result<Answer, AttemptError> {
    catch_unwind(AssertUnwindSafe(send)).unwrap_or_else(|panic| Err(panicked(&*panic)))
}
