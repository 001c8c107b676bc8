//! The life of one instance, from the start or restart of its node to the crash.

use crate::client::{Caller, ClientComponent};
use crate::error::Error;
use crate::harness::convert::{configure, ending, options, to_wit_operation};
use crate::harness::virtual_world::{Shared, VirtualState};
use crate::types::Outcome;
use futures::channel::{mpsc, oneshot};
use futures::future;
use futures::stream::{FuturesUnordered, StreamExt};
use headroom_sim::{JobId, Scenario};
use std::task::Poll;

/// What the driver asks of an instance.
pub(crate) enum Order {
    /// To begin a call for this job.
    Start(JobId),
    /// To write down what it knows.
    Save(oneshot::Sender<Vec<u8>>),
}

/// Does as it is told until no more orders can come. `saved` is what an instance before it has written down.
pub(crate) async fn live(
    component: &ClientComponent<VirtualState>,
    scenario: &Scenario,
    state: VirtualState,
    saved: Option<Vec<u8>>,
    world: Shared,
    mut orders: mpsc::UnboundedReceiver<Order>,
) -> Result<(), Error> {
    let mut client = component.instantiate_with(state, |config| configure(config, scenario)).await?;
    let ran = client.run(async |caller| {
        if let Some(saved) = saved {
            // An instance that does not take it, because its clock was set back since, knows nothing.
            let _ = caller.restore(saved).await?;
        }
        serve(caller, &world, &mut orders).await
    });
    ran.await?
}

/// Begins a call for each start and reports each outcome, all of them at once.
async fn serve(
    caller: Caller<'_, VirtualState>,
    world: &Shared,
    orders: &mut mpsc::UnboundedReceiver<Order>,
) -> Result<(), Error> {
    let mut calls = FuturesUnordered::new();
    loop {
        match next(orders, &mut calls).await {
            Next::Order(Order::Start(job)) => calls.push(call(caller, world, job)),
            Next::Order(Order::Save(saved)) => {
                let state = caller.save().await?;
                // The driver waits for it.
                let _ = saved.send(state.bytes);
            }
            Next::End((job, outcome)) => world.lock().finish(job, ending(&outcome?)),
            Next::NoMore => return Ok(()),
        }
    }
}

async fn call(caller: Caller<'_, VirtualState>, world: &Shared, job: JobId) -> (JobId, Result<Outcome, Error>) {
    let (operation, wishes) = {
        let world = world.lock();
        (world.workload().operation(job), world.workload().options(job))
    };
    (job, caller.invoke_with_retry(to_wit_operation(operation), options(wishes)).await)
}

enum Next<T> {
    Order(Order),
    End(T),
    NoMore,
}

/// The next order or the next end, whichever the world brings first.
async fn next<F: Future>(
    orders: &mut mpsc::UnboundedReceiver<Order>,
    calls: &mut FuturesUnordered<F>,
) -> Next<F::Output> {
    future::poll_fn(|context| {
        if let Poll::Ready(Some(ended)) = calls.poll_next_unpin(context) {
            return Poll::Ready(Next::End(ended));
        }
        orders.poll_next_unpin(context).map(|order| order.map_or(Next::NoMore, Next::Order))
    })
    .await
}
