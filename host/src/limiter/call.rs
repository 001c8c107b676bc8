//! One call: begun, asked what to do, told what came back, and ended however it is left.

use super::Shared;
use super::lent::Lent;
use crate::Step;
use crate::error::Error;
use crate::observe::Observed;
use crate::planner::PlannerCall;
use crate::types::{Answer, AttemptCount, AttemptError, CallOptions, InstantMs, Operation, Outcome};

/// An open call. Dropping it ends it, wherever it was left.
pub(super) struct Call<'a> {
    limiter: &'a Shared,
    id: PlannerCall,
    /// What the component did not get to see of the last answer.
    lent: Lent,
    observed: Observed,
}

/// What whoever drives a call is to do now.
pub(super) enum Todo {
    Send(AttemptCount),
    WaitUntil(InstantMs),
    Return(Box<Outcome>),
}

impl<'a> Call<'a> {
    pub(super) fn begin(limiter: &'a Shared, operation: &Operation, options: &CallOptions) -> Result<Self, Error> {
        let (id, now) = limiter.decide(|planner, now| (planner.begin(operation, options, now), now));
        Ok(Self { limiter, id: id?, lent: Lent::default(), observed: Observed::begin(operation, now) })
    }

    /// Asks what to do now.
    pub(super) fn next(&mut self) -> Result<Todo, Error> {
        let (step, now) = self.limiter.decide(|planner, now| (planner.next(self.id, now), now));
        match step? {
            Step::Send(attempt) => Ok(Todo::Send(attempt)),
            Step::WaitUntil(wait) => {
                self.observed.waits(&wait, now);
                Ok(Todo::WaitUntil(wait.until))
            }
            Step::Done(mut outcome) => {
                self.lent.give_back(&mut outcome);
                self.observed.ended(&outcome, now);
                Ok(Todo::Return(Box::new(outcome)))
            }
            // Each attempt is reported before the next question. Were it not, the call would go on as after no answer.
            Step::AwaitingAnswer => {
                self.report(Err(AttemptError::Other("no result was reported".to_owned())))?;
                Ok(Todo::WaitUntil(now))
            }
        }
    }

    /// Tells what the attempt on its way came to.
    pub(super) fn report(&mut self, sent: Result<Answer, AttemptError>) -> Result<(), Error> {
        match sent {
            Ok(mut answer) => {
                self.lent = Lent::of(&mut answer);
                self.limiter.decide(|planner, now| planner.on_response(self.id, &answer, now))
            }
            Err(error) => {
                self.lent = Lent::default();
                self.limiter.decide(|planner, now| planner.on_failure(self.id, &error, now))
            }
        }
    }

    pub(super) const fn observed(&self) -> &Observed {
        &self.observed
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        // One that fails is one of an instance that has stopped, of which the call itself was told.
        // No clock is read: one that panics, and so ends the call, must not panic again.
        let _ = self.limiter.planner().end(self.id);
    }
}
