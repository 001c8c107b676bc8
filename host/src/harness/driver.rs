//! The executor of the virtual world: runs the component until it can do no more at this instant, then moves time.

use crate::client::{Caller, Client};
use crate::error::Error;
use crate::harness::convert::{ending, options, to_wit_operation};
use crate::harness::virtual_world::{Progress, Shared, VirtualState};
use futures::channel::mpsc;
use futures::future;
use futures::stream::{FuturesUnordered, StreamExt};
use futures::task::ArcWake;
use headroom_sim::{JobId, RunError, Scenario};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

/// Whether a future asked to be polled again.
#[derive(Default)]
struct Woken(AtomicBool);

impl ArcWake for Woken {
    fn wake_by_ref(woken: &Arc<Self>) {
        woken.0.store(true, Ordering::Relaxed);
    }
}

/// Polls until the future is done or does not ask to be polled again.
fn poll_while_awake<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    let woken = Arc::new(Woken::default());
    let waker = futures::task::waker(woken.clone());
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Pending if woken.0.swap(false, Ordering::Relaxed) => {}
            polled => return polled,
        }
    }
}

/// Runs a future that waits for nothing.
pub(crate) fn complete_at_once<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    match poll_while_awake(pin!(future)) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(Error::Run(RunError::Stalled(0))),
    }
}

/// Drives all jobs of the scenario through the client.
pub(crate) fn drive(client: &mut Client<VirtualState>, shared: &Shared, scenario: &Scenario) -> Result<(), Error> {
    let (starts, started) = mpsc::unbounded();
    let mut starts = Some(starts);
    let run = client.run(async |caller| serve(caller, started, shared, scenario).await);
    let mut run = pin!(run);
    loop {
        if let Poll::Ready(result) = poll_while_awake(run.as_mut()) {
            return result?;
        }
        match (shared.next_start(), &starts) {
            (Some(Progress::Start(job)), Some(starts)) => {
                // The receiver lives as long as the run does.
                let _ = starts.unbounded_send(job);
            }
            (Some(_), _) => {}
            (None, Some(_)) => starts = None,
            // Nothing can happen any more, but calls are open: the report says how many.
            (None, None) => return Ok(()),
        }
    }
}

/// Begins a call for each start and reports each outcome, all of them at once.
async fn serve(
    caller: Caller<'_, VirtualState>,
    mut started: mpsc::UnboundedReceiver<JobId>,
    shared: &Shared,
    scenario: &Scenario,
) -> Result<(), Error> {
    let mut calls = FuturesUnordered::new();
    let mut all_started = false;
    while !(all_started && calls.is_empty()) {
        match next(&mut started, &mut calls, all_started).await {
            Next::Start(job) => calls.push(async move {
                let operation = to_wit_operation(scenario.operation(job));
                (job, caller.invoke_with_retry(operation, options(&scenario.client)).await)
            }),
            Next::NoMoreStarts => all_started = true,
            Next::End((job, outcome)) => shared.lock().world.finish(job, ending(&outcome?)),
        }
    }
    Ok(())
}

enum Next<T> {
    Start(JobId),
    NoMoreStarts,
    End(T),
}

/// The next start or the next end, whichever the world brings first.
async fn next<F: Future>(
    started: &mut mpsc::UnboundedReceiver<JobId>,
    calls: &mut FuturesUnordered<F>,
    all_started: bool,
) -> Next<F::Output> {
    future::poll_fn(|context| {
        if let Poll::Ready(Some(ended)) = calls.poll_next_unpin(context) {
            return Poll::Ready(Next::End(ended));
        }
        if all_started {
            return Poll::Pending;
        }
        started.poll_next_unpin(context).map(|start| start.map_or(Next::NoMoreStarts, Next::Start))
    })
    .await
}
