//! The limiter of the embedding library as a client of the simulator: each job is a future, polled when something comes.

use futures::future::{BoxFuture, FutureExt, poll_fn};
use headroom_host::harness::convert;
use headroom_host::types::{self as wit, AttemptCount, DurationMs, InstantMs};
use headroom_host::{Clock, Limiter, PlannerComponent, Transport};
use headroom_model::operation::{Answer, AttemptError, Operation};
use headroom_model::time::Instant;
use headroom_sim::strategy::{Move, Strategy};
use headroom_sim::{CallOptions, JobId, Scenario};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// One limiter for all jobs of a node.
pub struct InLimiter {
    limiter: Limiter,
    desk: Desk,
    calls: BTreeMap<JobId, BoxFuture<'static, wit::Outcome>>,
}

/// What passes between the simulator and the one call that is polled: clock and transport in one.
#[derive(Clone, Default)]
struct Desk(Arc<Mutex<Papers>>);

#[derive(Default)]
struct Papers {
    now: InstantMs,
    /// What came back for the attempt of the call that is polled.
    sent: Option<Result<wit::Answer, wit::AttemptError>>,
    /// The first thing that it did.
    did: Option<Move>,
}

impl Desk {
    fn with<T>(&self, look: impl FnOnce(&mut Papers) -> T) -> T {
        look(&mut self.0.lock().expect("no test failed within"))
    }
}

impl Clock for Desk {
    fn now(&self) -> InstantMs {
        self.with(|papers| papers.now)
    }

    fn sleep_until(&self, instant: InstantMs) -> BoxFuture<'static, ()> {
        // The bound of an attempt comes after its sending.
        self.with(|papers| papers.did = papers.did.or(Some(Move::WaitUntil(Instant(instant)))));
        let desk = self.clone();
        poll_fn(move |_| if desk.now() >= instant { Poll::Ready(()) } else { Poll::Pending }).boxed()
    }

    fn sleep_until_blocking(&self, _: DurationMs) {
        unreachable!("no call is a blocking one");
    }
}

impl Transport for Desk {
    fn send(&self, _: wit::Operation, _: AttemptCount) -> BoxFuture<'static, Result<wit::Answer, wit::AttemptError>> {
        self.with(|papers| papers.did = Some(Move::Send));
        let desk = self.clone();
        poll_fn(move |_| desk.with(|papers| papers.sent.take()).map_or(Poll::Pending, Poll::Ready)).boxed()
    }
}

impl InLimiter {
    pub fn new(component: &PlannerComponent, scenario: &Scenario, seed: u64) -> Self {
        let desk = Desk::default();
        let limiter = Limiter::builder(component)
            .configure(|config| convert::configure(config, scenario))
            .seed(seed)
            .clock(desk.clone())
            .transport(desk.clone())
            .build();
        Self { limiter: limiter.expect("it instantiates"), desk, calls: BTreeMap::new() }
    }

    fn go_on(&mut self, job: JobId, now: Instant) -> Move {
        self.desk.with(|papers| (papers.now, papers.did) = (now.0, None));
        let call = self.calls.get_mut(&job).expect("it was begun");
        match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => self.desk.with(|papers| papers.did).expect("a call that is not done sends or waits"),
            Poll::Ready(outcome) => {
                self.calls.remove(&job);
                Move::Finish(convert::ending(&outcome))
            }
        }
    }

    fn hear(&mut self, job: JobId, sent: Result<wit::Answer, wit::AttemptError>, now: Instant) -> Move {
        self.desk.with(|papers| papers.sent = Some(sent));
        self.go_on(job, now)
    }
}

impl Strategy for InLimiter {
    fn name(&self) -> &str {
        "headroom"
    }

    fn start(&mut self, job: JobId, operation: &Operation, options: &CallOptions, now: Instant) -> Move {
        let (operation, options) = (convert::to_wit_operation(operation.clone()), convert::options(options.clone()));
        let limiter = self.limiter.clone();
        let call = async move { limiter.invoke_with_retry(operation, options).await.expect("no trap") };
        self.calls.insert(job, call.boxed());
        self.go_on(job, now)
    }

    fn answered(&mut self, job: JobId, _attempt: u32, answer: &Answer, now: Instant) -> Move {
        self.hear(job, Ok(convert::to_wit(answer.clone())), now)
    }

    fn failed(&mut self, job: JobId, _attempt: u32, error: &AttemptError, now: Instant) -> Move {
        self.hear(job, Err(convert::to_wit_error(error.clone())), now)
    }

    fn woke(&mut self, job: JobId, now: Instant) -> Move {
        self.go_on(job, now)
    }

    fn save(&self) -> Option<Vec<u8>> {
        Some(self.limiter.save().expect("no trap").bytes)
    }

    fn restore(&mut self, state: &[u8], now: Instant) {
        self.desk.with(|papers| papers.now = now.0);
        // One that does not take it, because its clock was set back since, knows nothing.
        let _ = self.limiter.restore(state);
    }
}
