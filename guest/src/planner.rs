//! The world `planner`: a limiter and its calls as resources.

use crate::convert::{lend, quota_check};
use crate::exports::headroom::forge::limiter::{
    Answer, AttemptError, Call, CallOptions, Config, ConfigError, Guest, GuestCall, GuestLimiter, InstantMs, Operation,
    Saved, Snapshot, StateError, Step, Verdict,
};
use crate::outcome::{Last, never_begun};
use headroom_core::verdict as core;
use headroom_core::{CallId, Limiter, state};
use headroom_model::time::Instant;
use std::cell::RefCell;
use std::rc::Rc;

/// The component.
pub struct Planner;

impl Guest for Planner {
    type Limiter = SharedLimiter;
    type Call = OpenCall;

    fn default_config() -> Config {
        headroom_core::Config::default().into()
    }

    fn merge(a: Vec<u8>, b: Vec<u8>, now: InstantMs) -> Result<Saved, StateError> {
        Ok(state::merge(&a, &b, Instant(now))?.into())
    }
}

/// The resource `limiter`. Its calls share it and may outlive the handle.
pub struct SharedLimiter(Rc<RefCell<Limiter>>);

impl GuestLimiter for SharedLimiter {
    fn new(config: Config, seed: u64) -> Result<Self, ConfigError> {
        Ok(Self(Rc::new(RefCell::new(Limiter::new(config.into(), seed)?))))
    }

    fn quota_check(&self, operation: Operation, options: CallOptions, now: InstantMs) -> Verdict {
        quota_check(&self.0.borrow(), operation, options, Instant(now))
    }

    fn set_users(&self, tenant: String, users: u32) {
        self.0.borrow_mut().set_users(&tenant, users);
    }

    fn status(&self, now: InstantMs) -> Snapshot {
        self.0.borrow().status(Instant(now)).into()
    }

    fn save(&self, now: InstantMs) -> Saved {
        self.0.borrow().save(Instant(now)).into()
    }

    fn restore(&self, saved: Vec<u8>, now: InstantMs) -> Result<(), StateError> {
        Ok(self.0.borrow_mut().restore(&saved, Instant(now))?)
    }

    fn begin(&self, operation: Operation, options: CallOptions, now: InstantMs) -> Call {
        let begin = |options| self.0.borrow_mut().begin(&operation.into(), &options, Instant(now));
        let id = core::CallOptions::try_from(options).and_then(begin);
        Call::new(OpenCall { limiter: self.0.clone(), id, last: RefCell::default() })
    }
}

/// The resource `call`; one that was never let in keeps the reason.
pub struct OpenCall {
    limiter: Rc<RefCell<Limiter>>,
    id: Result<CallId, core::Never>,
    last: RefCell<Last>,
}

impl OpenCall {
    /// Its id while an attempt is on its way. A result that nobody waits for must not become the outcome's answer.
    fn awaiting(&self) -> Option<CallId> {
        let id = self.id.as_ref().ok().copied();
        id.filter(|id| self.limiter.borrow().awaits_answer(*id))
    }
}

impl GuestCall for OpenCall {
    fn next(&self, now: InstantMs) -> Step {
        let id = match &self.id {
            Ok(id) => *id,
            Err(never) => return Step::Done(never_begun(never.clone())),
        };
        let mut limiter = self.limiter.borrow_mut();
        match limiter.next(id, Instant(now)) {
            core::Step::Send(attempt) => Step::Send(attempt),
            core::Step::WaitUntil(wait) => Step::WaitUntil(wait.into()),
            core::Step::AwaitingAnswer => Step::AwaitingAnswer,
            core::Step::Done(outcome) => {
                let last = self.last.borrow().clone();
                Step::Done(last.into_outcome(outcome, limiter.log(id), Instant(now)))
            }
        }
    }

    fn on_response(&self, mut answer: Answer, now: InstantMs) {
        let Some(id) = self.awaiting() else { return };
        lend(&mut answer, |answer| self.limiter.borrow_mut().on_response(id, answer, Instant(now)));
        self.last.replace(Last::Answer(answer));
    }

    fn on_failure(&self, error: AttemptError, now: InstantMs) {
        let Some(id) = self.awaiting() else { return };
        self.limiter.borrow_mut().on_failure(id, Instant(now));
        self.last.replace(Last::Error(error));
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        if let Ok(id) = self.id {
            self.limiter.borrow_mut().end(id);
        }
    }
}
