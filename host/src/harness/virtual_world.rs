//! The world as the store of one instance sees it: with a promise for each thing that it awaits.

use crate::harness::convert::{to_model, to_wit, to_wit_error};
use crate::transport::{Transport, TransportView};
use crate::types::{Answer, AttemptCount, AttemptError, Operation};
use futures::channel::oneshot;
use futures::future::{BoxFuture, FutureExt};
use headroom_model::operation as model;
use headroom_model::rng::SplitMix64;
use headroom_model::time::{Instant, Millis};
use headroom_sim::{JobId, TimerId, World};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The world, shared by all instances. Everything here runs on one thread; the lock only satisfies `Send`.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Mutex<World>>);

impl Shared {
    pub(crate) fn new(world: World) -> Self {
        Self(Arc::new(Mutex::new(world)))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        // A panic while it is held ends the run anyway; the figures are then not used.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The world alone, once all instances are gone.
    pub(crate) fn into_world(self) -> World {
        match Arc::try_unwrap(self.0) {
            Ok(world) => world.into_inner().unwrap_or_else(PoisonError::into_inner),
            Err(_) => unreachable!("the stores of the instances, the only other owners, were dropped before"),
        }
    }
}

/// What one instance, from the start or restart of its node to the crash, has to do with the world.
pub(crate) struct Desk {
    world: Shared,
    node: u32,
    awaited: Mutex<Awaited>,
}

#[derive(Default)]
struct Awaited {
    answers: BTreeMap<JobId, oneshot::Sender<Result<Answer, AttemptError>>>,
    timers: BTreeMap<TimerId, oneshot::Sender<()>>,
}

impl Desk {
    pub(crate) fn new(world: Shared, node: u32) -> Self {
        Self { world, node, awaited: Mutex::default() }
    }

    /// What the clock of the node shows.
    pub(crate) fn clock(&self) -> Instant {
        self.world.lock().clock(self.node)
    }

    /// What its clock that is never set has counted.
    pub(crate) fn monotonic(&self) -> Millis {
        self.world.lock().monotonic(self.node)
    }

    /// Waits until the node has counted so much more.
    pub(crate) fn sleep(&self, span: Millis) -> oneshot::Receiver<()> {
        let mut world = self.world.lock();
        let until = world.clock(self.node) + span;
        let timer = world.sleep_until(self.node, until);
        let (wake, woken) = oneshot::channel();
        self.awaited().timers.insert(timer, wake);
        woken
    }

    /// A wait is over.
    pub(crate) fn wake(&self, timer: TimerId) {
        let waiting = self.awaited().timers.remove(&timer);
        // Whoever cancelled meanwhile does not listen any more; so below.
        let _ = waiting.map(|waiting| waiting.send(()));
    }

    /// An attempt has come to something.
    pub(crate) fn hear(&self, job: JobId, result: Result<model::Answer, model::AttemptError>) {
        let waiting = self.awaited().answers.remove(&job);
        let _ = waiting.map(|waiting| waiting.send(result.map(to_wit).map_err(to_wit_error)));
    }

    fn awaited(&self) -> MutexGuard<'_, Awaited> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Desk {
    fn send(&self, operation: Operation, attempt: AttemptCount) -> BoxFuture<'static, Result<Answer, AttemptError>> {
        let operation = to_model(operation);
        let mut world = self.world.lock();
        let Some(job) = world.workload().job_of(&operation) else {
            let error = AttemptError::Other("the component sent what no job asked for".to_owned());
            return async { Err(error) }.boxed();
        };
        world.send(job, attempt);
        let (answer, answered) = oneshot::channel();
        self.awaited().answers.insert(job, answer);
        async { answered.await.unwrap_or_else(|_| Err(AttemptError::Other("it was sent twice".to_owned()))) }.boxed()
    }
}

/// What the store of a simulated instance holds.
pub(crate) struct VirtualState {
    pub(crate) desk: Arc<Desk>,
    pub(crate) rng: SplitMix64,
}

impl TransportView for VirtualState {
    fn transport(&self) -> Arc<dyn Transport> {
        self.desk.clone()
    }
}
