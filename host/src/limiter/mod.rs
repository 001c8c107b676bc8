//! The limiter with hands, for services: it waits by a clock and sends by a transport, and can be dropped at any point.
//!
//! It drives the world `planner`, not `client`: wasmtime 48 does not cancel a call whose future is dropped, while a
//! planner's call is ended then and gives back what it had reserved.
//!
//! | module | holds |
//! | --- | --- |
//! | `builder` | what a limiter is made of, with its defaults |
//! | `call` | one call: begun, asked, told, and ended however it is left |
//! | `attempt` | an attempt that may panic or never answer |
//! | `lent` | what of an answer the component gets to see |

mod attempt;
mod builder;
mod call;
mod lent;

pub use builder::LimiterBuilder;

use crate::clock::Clock;
use crate::error::Error;
use crate::planner::{Planner, PlannerComponent};
use crate::transport::Transport;
use crate::types::{
    Answer, AttemptCount, AttemptError, CallOptions, DurationMs, InstantMs, Operation, Outcome, Saved, Snapshot,
    Verdict,
};
use call::{Call, Todo};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A limiter for any number of tasks and threads at once. Its clones are the same limiter.
///
/// All that it knows is in one planner instance behind a lock, held for the microseconds of a decision and never while
/// anything is waited for. Whoever drops the future of a call ends the call: what it had reserved and not sent is given
/// back at once, what was on its way counts as sent.
///
/// ```
/// use headroom_host::types::{Answer, CallOptions, Ending, Operation, Request, Response};
/// use headroom_host::{Limiter, ManualClock, PlannerComponent};
///
/// let file = std::env::var("HEADROOM_PLANNER")?; // written by `cargo xtask build-guest`
/// let component = PlannerComponent::new(&std::fs::read(file)?)?;
/// let clock = ManualClock::at(1_770_034_800_000); // for tests; without it, the machine's
/// let limiter = Limiter::builder(&component).clock(clock.clone()).build()?;
/// let page = Operation::Rest(Request {
///     tenant: "docs".into(),
///     method: "GET".into(),
///     path: "/wiki/rest/api/content/123456".into(),
///     headers: vec![],
///     body: None,
/// });
/// let outcome = clock.run(limiter.invoke_with(&page, &CallOptions::default(), async |_attempt| {
///     Ok(Answer::Response(Response { status: 200, headers: vec![], body: vec![] }))
/// }))?;
/// assert!(matches!(outcome.ending, Ending::Success(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Limiter(Arc<Shared>);

struct Shared {
    planner: Mutex<Planner>,
    clock: Arc<dyn Clock>,
    transport: Option<Arc<dyn Transport>>,
    attempt_timeout_ms: DurationMs,
}

impl Limiter {
    /// Begins a limiter in an instance of its own; see [`LimiterBuilder`] for what it is made of.
    pub fn builder(component: &PlannerComponent) -> LimiterBuilder<'_> {
        LimiterBuilder::new(component)
    }

    /// Carries an operation through to its outcome, and sends by the limiter's transport.
    ///
    /// A refusal or a deferral is an outcome. Each attempt is bounded by the limiter's `attempt_timeout`; a panic of the
    /// transport is an attempt without an answer.
    ///
    /// # Errors
    /// [`Error::NoTransport`] if the limiter was built without one, [`Error::Trap`] if the component stops.
    pub async fn invoke_with_retry(&self, operation: Operation, options: CallOptions) -> Result<Outcome, Error> {
        let transport = self.0.transport.as_ref().ok_or(Error::NoTransport)?;
        self.invoke_with(&operation, &options, |attempt| transport.send(operation.clone(), attempt)).await
    }

    /// As [`Limiter::invoke_with_retry`], and sends by `send`, which is given the attempt's number, from 1 on.
    ///
    /// # Errors
    /// [`Error::Trap`] if the component stops.
    pub async fn invoke_with<F>(
        &self,
        operation: &Operation,
        options: &CallOptions,
        mut send: impl FnMut(AttemptCount) -> F,
    ) -> Result<Outcome, Error>
    where
        F: Future<Output = Result<Answer, AttemptError>>,
    {
        let Shared { clock, attempt_timeout_ms, .. } = &*self.0;
        let mut call = Call::begin(&self.0, operation, options)?;
        loop {
            match call.next()? {
                Todo::Send(attempt) => {
                    let sending = attempt::bounded(&**clock, *attempt_timeout_ms, async { send(attempt).await });
                    let sent = call.observed().attempt(operation, attempt, sending).await;
                    call.report(sent)?;
                }
                Todo::WaitUntil(instant) => clock.sleep_until(instant).await,
                Todo::Return(outcome) => return Ok(*outcome),
            }
        }
    }

    /// As [`Limiter::invoke_with`], and keeps the thread: for programs without async.
    ///
    /// `send` has to bound its own time: a thread that waits for an answer cannot be called back.
    ///
    /// # Errors
    /// [`Error::Trap`] if the component stops.
    pub fn invoke_with_blocking(
        &self,
        operation: &Operation,
        options: &CallOptions,
        mut send: impl FnMut(AttemptCount) -> Result<Answer, AttemptError>,
    ) -> Result<Outcome, Error> {
        let mut call = Call::begin(&self.0, operation, options)?;
        loop {
            match call.next()? {
                Todo::Send(attempt) => {
                    let sent = call
                        .observed()
                        .attempt_blocking(operation, attempt, || attempt::caught_blocking(|| send(attempt)));
                    call.report(sent)?;
                }
                Todo::WaitUntil(instant) => self.0.clock.sleep_until_blocking(instant),
                Todo::Return(outcome) => return Ok(*outcome),
            }
        }
    }

    /// Says whether an operation could be sent now, and takes nothing.
    ///
    /// # Errors
    /// [`Error::Trap`] if the component stops.
    pub fn quota_check(&self, operation: &Operation, options: &CallOptions) -> Result<Verdict, Error> {
        self.0.decide(|planner, now| planner.quota_check(operation, options, now))
    }

    /// Tells how many users a tenant has, for what the app grants it.
    ///
    /// # Errors
    /// [`Error::Trap`] if the component stops.
    pub fn set_users(&self, tenant: &str, users: u32) -> Result<(), Error> {
        self.0.decide(|planner, _| planner.set_users(tenant, users))
    }

    /// All that is known, to be shown.
    ///
    /// # Errors
    /// [`Error::Trap`] if the component stops.
    pub fn status(&self) -> Result<Snapshot, Error> {
        self.0.decide(Planner::status)
    }

    /// Writes down what is known, so that a later process can go on with it. Calls may be open.
    ///
    /// # Errors
    /// [`Error::Trap`] if the component stops.
    pub fn save(&self) -> Result<Saved, Error> {
        self.0.decide(Planner::save)
    }

    /// Takes in what was saved. Belongs before the first call; one that knows something already keeps to both.
    ///
    /// # Errors
    /// [`Error::State`] if the bytes are not what was saved or calls are open, and the limiter is as it was;
    /// [`Error::Trap`] if the component stops.
    pub fn restore(&self, saved: &[u8]) -> Result<(), Error> {
        self.0.decide(|planner, now| planner.restore(saved, now))?.map_err(Error::State)
    }

    /// The clock that it decides by.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }
}

impl Shared {
    /// Asks or tells the planner something. The clock is read under the lock, so that the planner hears of instants in
    /// their order; it is whole after a panic elsewhere, for nothing of ours runs while it is asked.
    fn decide<T>(&self, ask: impl FnOnce(&mut Planner, InstantMs) -> T) -> T {
        let mut planner = self.planner();
        let now = self.clock.now();
        ask(&mut planner, now)
    }

    fn planner(&self) -> MutexGuard<'_, Planner> {
        self.planner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
