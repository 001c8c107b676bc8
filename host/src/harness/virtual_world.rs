//! The world as a component's store sees it: shared, with a promise for each thing that is awaited.

use crate::harness::convert::{to_model, to_wit};
use crate::transport::{Transport, TransportView};
use crate::types::{Answer, AttemptCount, AttemptError, Operation};
use futures::channel::oneshot;
use futures::future::{BoxFuture, FutureExt};
use headroom_model::rng::SplitMix64;
use headroom_model::time::Instant;
use headroom_sim::{Event, JobId, TimerId, World};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The world and who waits for what. Everything here runs on one thread; the lock only satisfies `Send`.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Mutex<Inner>>);

pub(crate) struct Inner {
    pub(crate) world: World,
    answers: BTreeMap<JobId, oneshot::Sender<Answer>>,
    timers: BTreeMap<TimerId, oneshot::Sender<()>>,
}

impl Shared {
    pub(crate) fn new(world: World) -> Self {
        let (answers, timers) = Default::default();
        Self(Arc::new(Mutex::new(Inner { world, answers, timers })))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic while it is held ends the run anyway; the figures are then not used.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Instant {
        self.lock().world.now()
    }

    /// Waits until the world reaches `until`.
    pub(crate) fn sleep_until(&self, until: Instant) -> oneshot::Receiver<()> {
        let mut inner = self.lock();
        let timer = inner.world.sleep_until(until);
        let (wake, woken) = oneshot::channel();
        inner.timers.insert(timer, wake);
        woken
    }

    /// Goes on to the next event; a start is for the driver, anything else wakes whoever waits for it.
    pub(crate) fn next_start(&self) -> Option<Progress> {
        let mut inner = self.lock();
        Some(match inner.world.next_event()? {
            Event::Start(job) => Progress::Start(job),
            Event::Answer { job, answer, .. } => {
                // Whoever cancelled meanwhile does not listen any more.
                let _ = inner.answers.remove(&job).map(|waiting| waiting.send(to_wit(answer)));
                Progress::Woke
            }
            Event::Wake(timer) => {
                let _ = inner.timers.remove(&timer).map(|waiting| waiting.send(()));
                Progress::Woke
            }
        })
    }

    /// The world alone, once the component is gone.
    pub(crate) fn into_world(self) -> World {
        match Arc::try_unwrap(self.0) {
            Ok(inner) => inner.into_inner().unwrap_or_else(PoisonError::into_inner).world,
            Err(_) => unreachable!("the component's store, the only other owner, was dropped before"),
        }
    }
}

/// What an event led to.
pub(crate) enum Progress {
    Start(JobId),
    Woke,
}

impl Transport for Shared {
    fn send(&self, operation: Operation, attempt: AttemptCount) -> BoxFuture<'static, Result<Answer, AttemptError>> {
        let operation = to_model(operation);
        let mut inner = self.lock();
        let Some(job) = inner.world.scenario().job_of(&operation) else {
            let error = AttemptError::Other("the component sent what no job asked for".to_owned());
            return async { Err(error) }.boxed();
        };
        inner.world.send(job, attempt, &operation);
        let (answer, answered) = oneshot::channel();
        inner.answers.insert(job, answer);
        async { answered.await.map_err(|_| AttemptError::Connection("the world ended".to_owned())) }.boxed()
    }
}

/// What the store of a simulated instance holds.
pub(crate) struct VirtualState {
    pub(crate) shared: Shared,
    pub(crate) rng: SplitMix64,
    transport: Arc<Shared>,
}

impl VirtualState {
    pub(crate) fn new(shared: Shared, seed: u64) -> Self {
        Self { transport: Arc::new(shared.clone()), shared, rng: SplitMix64::new(seed) }
    }
}

impl TransportView for VirtualState {
    fn transport(&self) -> Arc<dyn Transport> {
        self.transport.clone()
    }
}
