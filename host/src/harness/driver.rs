//! The executor of the virtual world: lets the instance that an event is for do all it can do at this instant, then
//! moves time.

use crate::client::ClientComponent;
use crate::error::Error;
use crate::harness::instance::{Order, live};
use crate::harness::virtual_world::{Desk, Shared, VirtualState};
use futures::channel::{mpsc, oneshot};
use futures::task::ArcWake;
use headroom_model::rng::SplitMix64;
use headroom_sim::run::node_seed;
use headroom_sim::{Event, Scenario};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

/// Drives all jobs of a scenario through instances of the client, one for each node.
pub(crate) struct Driver<'a> {
    component: &'a ClientComponent<VirtualState>,
    scenario: &'a Scenario,
    seed: u64,
    world: Shared,
    /// By node, made when a node has its first job.
    instances: BTreeMap<u32, Instance<'a>>,
    /// What instances wrote down when their nodes crashed.
    saved: BTreeMap<u32, Vec<u8>>,
    executor: Executor,
}

/// An instance as its driver has it. To drop it ends its open calls.
struct Instance<'a> {
    life: Pin<Box<dyn Future<Output = Result<(), Error>> + 'a>>,
    orders: mpsc::UnboundedSender<Order>,
    desk: Arc<Desk>,
}

impl<'a> Driver<'a> {
    pub(crate) fn new(
        component: &'a ClientComponent<VirtualState>,
        scenario: &'a Scenario,
        seed: u64,
        world: Shared,
    ) -> Self {
        let (instances, saved) = Default::default();
        Self { component, scenario, seed, world, instances, saved, executor: Executor::new() }
    }

    /// Runs until nothing can happen any more. What is open then, the report says.
    pub(crate) fn run(mut self) -> Result<(), Error> {
        loop {
            let event = self.world.lock().next_event();
            let Some(event) = event else { return Ok(()) };
            self.hear(event)?;
        }
    }

    fn hear(&mut self, event: Event) -> Result<(), Error> {
        match event {
            Event::Start { node, job } => self.ask(node, |instance| instance.order(Order::Start(job))),
            Event::Answer { node, job, result, .. } => self.ask(node, |instance| instance.desk.hear(job, result)),
            Event::Wake { node, timer } => self.ask(node, |instance| instance.desk.wake(timer)),
            Event::Crash { node } => self.crash(node),
            Event::Restart { node, is_state_kept } => {
                let saved = self.saved.remove(&node).filter(|_| is_state_kept);
                let instance = self.begin(node, saved);
                self.instances.insert(node, instance);
                self.ask(node, |_| ())
            }
        }
    }

    /// Tells an instance something, and lets it do what it can do upon that.
    fn ask(&mut self, node: u32, tell: impl FnOnce(&Instance<'a>)) -> Result<(), Error> {
        if !self.instances.contains_key(&node) {
            let instance = self.begin(node, None);
            self.instances.insert(node, instance);
        }
        let Some(instance) = self.instances.get_mut(&node) else { return Ok(()) };
        tell(instance);
        match self.executor.poll(instance.life.as_mut()) {
            Poll::Ready(ended) => ended,
            Poll::Pending => Ok(()),
        }
    }

    /// An instance writes down what it knows, and is gone with its open calls.
    fn crash(&mut self, node: u32) -> Result<(), Error> {
        if self.instances.contains_key(&node) {
            let (save, mut saved) = oneshot::channel();
            self.ask(node, |instance| instance.order(Order::Save(save)))?;
            self.saved.extend(saved.try_recv().ok().flatten().map(|state| (node, state)));
            self.instances.remove(&node);
        }
        Ok(())
    }

    fn begin(&self, node: u32, saved: Option<Vec<u8>>) -> Instance<'a> {
        let desk = Arc::new(Desk::new(self.world.clone(), node));
        let state = VirtualState { desk: desk.clone(), rng: SplitMix64::new(node_seed(self.seed, node)) };
        let (orders, ordered) = mpsc::unbounded();
        let life = Box::pin(live(self.component, self.scenario, state, saved, self.world.clone(), ordered));
        Instance { life, orders, desk }
    }
}

impl Instance<'_> {
    fn order(&self, order: Order) {
        // The receiver lives as long as the instance, and one that has stopped has ended the run.
        let _ = self.orders.unbounded_send(order);
    }
}

/// Whether a future asked to be polled again.
#[derive(Default)]
struct Woken(AtomicBool);

impl ArcWake for Woken {
    fn wake_by_ref(woken: &Arc<Self>) {
        woken.0.store(true, Ordering::Relaxed);
    }
}

/// Polls one future at a time; one that nothing was done for needs no poll.
struct Executor {
    woken: Arc<Woken>,
    waker: Waker,
}

impl Executor {
    fn new() -> Self {
        let woken = Arc::new(Woken::default());
        Self { waker: futures::task::waker(woken.clone()), woken }
    }

    /// Polls until the future is done or does not ask to be polled again.
    fn poll<F: Future + ?Sized>(&self, mut future: Pin<&mut F>) -> Poll<F::Output> {
        let mut context = Context::from_waker(&self.waker);
        loop {
            // What woke it before this poll is seen by this poll.
            self.woken.0.store(false, Ordering::Relaxed);
            match future.as_mut().poll(&mut context) {
                Poll::Pending if self.woken.0.load(Ordering::Relaxed) => {}
                polled => return polled,
            }
        }
    }
}
