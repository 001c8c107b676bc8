//! One call, driven step by step where the steps can be seen: on the core itself and in a planner.

use crate::spoken;
use headroom_core::verdict::{CallOptions, Runtime};
use headroom_core::{CallId, Limiter};
use headroom_host::harness::convert::{to_wit, to_wit_operation};
use headroom_host::types::{self as wit, AttemptError};
use headroom_host::{Planner, PlannerCall, PlannerComponent, Step};
use headroom_model::operation::{Answer, Operation, Response};
use headroom_model::time::Instant;

/// What a call is, and what comes back for it.
#[derive(Clone, Debug)]
pub struct Case {
    pub operation: Operation,
    pub is_in_ui: bool,
    /// What the first attempt is answered.
    pub answer: Answer,
    pub begin: Instant,
    pub seed: u64,
}

impl Case {
    /// What comes back for an attempt: the answer in question, then nothing, then a success.
    pub fn result(&self, attempt: u32) -> Result<Answer, AttemptError> {
        match attempt {
            1 => Ok(self.answer.clone()),
            2 => Err(AttemptError::TimedOut),
            _ => Ok(Answer::Response(Response { status: 200, headers: Vec::new(), body: Vec::new() })),
        }
    }

    pub fn wit_options(&self) -> wit::CallOptions {
        wit::CallOptions { runtime: self.is_in_ui.then_some(wit::Runtime::Ui), ..wit::CallOptions::default() }
    }
}

/// What a call did.
#[derive(Debug, PartialEq)]
pub enum Event {
    Waits(wit::Wait),
    Sends { attempt: u32, at: u64 },
    Ends { outcome: wit::Outcome, at: u64 },
}

pub fn on_core(case: &Case) -> Vec<Event> {
    let mut limiter = Limiter::with_defaults(case.seed);
    let options = CallOptions { runtime: case.is_in_ui.then_some(Runtime::Ui), ..CallOptions::default() };
    let call = limiter.begin(&case.operation, &options, case.begin).expect("no other call is open");
    drive(case, &mut OnCore { limiter, call, last: None })
}

pub fn in_planner(case: &Case, component: &PlannerComponent) -> Vec<Event> {
    let mut planner = component.instantiate(|_| {}, case.seed).expect("it instantiates");
    let operation = to_wit_operation(case.operation.clone());
    let call = planner.begin(&operation, &case.wit_options(), case.begin.0).expect("no trap");
    drive(case, &mut InPlanner { planner, call })
}

trait Stepwise {
    fn next(&mut self, now: Instant) -> Step;
    fn report(&mut self, result: Result<Answer, AttemptError>, now: Instant);
}

/// Carries a call through in no time but that of its waits.
fn drive(case: &Case, call: &mut impl Stepwise) -> Vec<Event> {
    let (mut now, mut events) = (case.begin, Vec::new());
    loop {
        match call.next(now) {
            Step::Send(attempt) => {
                events.push(Event::Sends { attempt, at: now.0 });
                call.report(case.result(attempt), now);
            }
            Step::WaitUntil(wait) => {
                assert!(wait.until > now.0, "{case:?} waits for what has passed: {wait:?}");
                now = Instant(wait.until);
                events.push(Event::Waits(wait));
            }
            Step::AwaitingAnswer => panic!("{case:?} is asked for after its answer was reported"),
            Step::Done(outcome) => {
                events.push(Event::Ends { outcome, at: now.0 });
                return events;
            }
        }
    }
}

struct OnCore {
    limiter: Limiter,
    call: CallId,
    last: Option<Result<Answer, AttemptError>>,
}

impl Stepwise for OnCore {
    fn next(&mut self, now: Instant) -> Step {
        let step = self.limiter.next(self.call, now);
        spoken::step(step, self.limiter.log(self.call), self.last.as_ref(), now)
    }

    fn report(&mut self, result: Result<Answer, AttemptError>, now: Instant) {
        match &result {
            Ok(answer) => self.limiter.on_response(self.call, answer, now),
            Err(_) => self.limiter.on_failure(self.call, now),
        }
        self.last = Some(result);
    }
}

struct InPlanner {
    planner: Planner,
    call: PlannerCall,
}

impl Stepwise for InPlanner {
    fn next(&mut self, now: Instant) -> Step {
        self.planner.next(self.call, now.0).expect("no trap")
    }

    fn report(&mut self, result: Result<Answer, AttemptError>, now: Instant) {
        let reported = match result {
            Ok(answer) => self.planner.on_response(self.call, &to_wit(answer), now.0),
            Err(error) => self.planner.on_failure(self.call, &error, now.0),
        };
        reported.expect("no trap");
    }
}
