//! The limiter: calls in, steps out. Time and chance are arguments; sending is the caller's part.
//!
//! | module | holds |
//! | --- | --- |
//! | `call` | one call and its state |
//! | `calls` | the table of them |
//! | `answer` | what an answer, or none, makes of it |
//! | `status` | all that is known, to be shown |

mod answer;
mod call;
mod calls;
mod status;

use crate::config::{Config, ConfigError};
use crate::gates::{Admission, Gates, Hold, Plan};
use crate::log::{Entry, Event, Log};
use crate::resume::{ResumeError, fingerprint};
use crate::state::{Memory, Saved, StateError};
use crate::verdict::{CallOptions, Confidence, Decision, Ending, Never, Outcome, Runtime, Step, Verdict, Wait};
use call::{Call, Patience, Question, State, deferred_to, own};
pub use calls::CallId;
use calls::Calls;
use headroom_model::operation::Operation;
use headroom_model::rng::SplitMix64;
use headroom_model::time::Instant;
pub use status::{PoolStatus, Status};

/// The shared knowledge of one app: its pools, its paces and its open calls.
///
/// The same sequence of calls with the same arguments always gives the same answers.
#[derive(Clone, Debug)]
pub struct Limiter {
    gates: Gates,
    calls: Calls<Call>,
    rng: SplitMix64,
    latest: Instant,
}

impl Limiter {
    /// A limiter that has sent nothing yet.
    ///
    /// # Errors
    /// The first field of `config` that is out of its range.
    pub fn new(config: Config, seed: u64) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self::of_checked(config, seed))
    }

    /// A limiter with the default configuration, which is always in range.
    #[must_use]
    pub fn with_defaults(seed: u64) -> Self {
        Self::of_checked(Config::default(), seed)
    }

    fn of_checked(config: Config, seed: u64) -> Self {
        let mut rng = SplitMix64::new(seed);
        let gates = Gates::new(config, rng.next_u64());
        Self { gates, calls: Calls::new(), rng, latest: Instant(0) }
    }

    /// Says what [`Limiter::begin`] would do now, and takes nothing.
    #[must_use]
    pub fn quota_check(&self, operation: &Operation, options: &CallOptions, now: Instant) -> Verdict {
        let now = now.max(self.latest);
        let lane = self.gates.lane(operation, options);
        // Only these two can keep a call from being begun at all.
        let may_be_refused = self.is_full() || options.resume.is_some();
        let refused = if may_be_refused { self.patience(operation, options, now).err() } else { None };
        let own = deferred_to(options);
        let tenant = if let Operation::Rest(request) = operation { Some(&*request.tenant) } else { None };
        let plan = || self.gates.plan(&lane, &Hold::default(), own.as_ref(), tenant, now);
        let decision = refused.map_or_else(|| plan().into(), Decision::Never);
        let left = self.gates.points_left(&lane, now);
        let (points_left, confidence) = left.map_or((None, Confidence::Assumed), |(left, how)| (Some(left), how));
        Verdict {
            decision,
            cost: lane.cost,
            cost_source: lane.cost_source,
            points_left,
            confidence,
            exhausted_at: self.gates.exhausted_at(&lane, now),
            beta: self.gates.forecast(&lane, now),
        }
    }

    /// Tells how many users a tenant has, for what the app grants it; 0 until told.
    pub fn set_users(&mut self, tenant: &str, users: u32) {
        self.gates.set_users(tenant, users);
    }

    /// Opens a call and puts it in line. End it with [`Limiter::end`].
    ///
    /// A call that is resumed waits for the instant to which it was deferred, counts the attempts that were sent, and
    /// has what is left of its patience.
    ///
    /// # Errors
    /// [`Never::TooManyCalls`] if so many are open already, [`Never::CannotResume`] if the token is of another operation,
    /// [`Never::AttemptsExhausted`] or [`Never::ElapsedExhausted`] if nothing is left of what this call may have.
    pub fn begin(&mut self, operation: &Operation, options: &CallOptions, now: Instant) -> Result<CallId, Never> {
        let now = self.advance(now);
        let patience = self.patience(operation, options, now)?;
        self.gates.sweep(now);
        let lane = self.gates.open(operation, options, now);
        let question = Question::of(operation, &lane);
        let mut log = Log::default();
        log.add(now, Event::Begun { cost: lane.cost, attempts: patience.attempts });
        let (hold, state, retry_unsafe) = (Hold::default(), State::Ready, options.retry_unsafe);
        let not_before = deferred_to(options);
        let id = self.calls.insert(Call { lane, hold, state, patience, not_before, retry_unsafe, question, log });
        self.plan(id, now);
        Ok(id)
    }

    /// What a call may have of attempts and time, or why there is none.
    fn patience(&self, operation: &Operation, options: &CallOptions, now: Instant) -> Result<Patience, Never> {
        let config = self.gates.config();
        if self.is_full() {
            return Err(Never::TooManyCalls(config.max_calls));
        }
        let fingerprint = fingerprint(operation);
        let resumed = options.resume;
        if resumed.is_some_and(|resumed| resumed.operation != fingerprint) {
            return Err(Never::CannotResume(ResumeError::OtherOperation));
        }
        let max_attempts = options.max_attempts.or(resumed.map(|resumed| resumed.max_attempts));
        let max_attempts = max_attempts.unwrap_or(config.max_attempts).max(1);
        let attempts = resumed.map_or(0, |resumed| resumed.attempts);
        if attempts >= max_attempts {
            return Err(Never::AttemptsExhausted(max_attempts));
        }
        let began = resumed.map_or(now, |resumed| resumed.began.min(now));
        if now.since(began) > config.max_elapsed {
            return Err(Never::ElapsedExhausted(config.max_elapsed));
        }
        let deadline = [options.deadline, options.runtime.map(Runtime::longest)].into_iter().flatten().min();
        let give_up_at = match (deadline, resumed) {
            (Some(deadline), None) => now + deadline,
            (deadline, _) => {
                (began + config.max_elapsed).min(deadline.map_or(Instant(u64::MAX), |deadline| now + deadline))
            }
        };
        Ok(Patience { attempts, max_attempts, began, give_up_at, fingerprint })
    }

    fn is_full(&self) -> bool {
        self.calls.len() as u64 >= u64::from(self.gates.config().max_calls)
    }

    /// What to do now for a call. For one that was ended it says that it failed.
    pub fn next(&mut self, id: CallId, now: Instant) -> Step {
        let now = self.advance(now);
        let is_due = match self.calls.get(id).map(|call| &call.state) {
            Some(State::Waiting(_, look_at)) => *look_at <= now,
            // What was planned before may have been paused or missed since.
            Some(State::Ready) => true,
            _ => false,
        };
        if is_due {
            self.plan(id, now);
        }
        let Some(call) = self.calls.get_mut(id) else {
            return Step::Done(Outcome::failed());
        };
        match &call.state {
            State::Waiting(wait, look_at) => Step::WaitUntil(Wait { until: *look_at, ..wait.clone() }),
            State::InFlight(_) => Step::AwaitingAnswer,
            State::Done(ending) => Step::Done(call.outcome(ending.clone())),
            State::Ready => {
                call.patience.attempts += 1;
                call.log.add(now, Event::Sent(call.patience.attempts));
                call.state = State::InFlight(self.gates.sent(&call.lane, &mut call.hold, now));
                Step::Send(call.patience.attempts)
            }
        }
    }

    /// Asks the gates and moves the call on: ready, waiting or, if the wait would be too long, over.
    fn plan(&mut self, id: CallId, now: Instant) {
        let Some(call) = self.calls.get_mut(id) else { return };
        let Call { lane, hold, not_before, log, .. } = call;
        let give_up_at = call.patience.give_up_at;
        self.gates.ask(lane, hold, now);
        if now <= give_up_at {
            match self.gates.admit(lane, hold, now) {
                Admission::Now => {
                    call.state = State::Ready;
                    return;
                }
                Admission::InLine(wait) if wait.until <= give_up_at => return call.wait(wait, now),
                Admission::InLine(_) | Admission::No => {}
            }
        }
        if hold.had_its_turn(now) {
            log.add(now, Event::LostItsTurn);
        }
        self.gates.give_back(lane, hold, now);
        match self.gates.plan(lane, hold, not_before.as_ref(), None, now) {
            Plan::Go if now <= give_up_at => {
                self.gates.take(lane, hold, now, now);
                call.state = State::Ready;
            }
            Plan::InLine(wait) if wait.until <= give_up_at => {
                self.gates.take(lane, hold, wait.until, now);
                call.wait(wait, now);
            }
            Plan::Wait(wait) if wait.until <= give_up_at => {
                // Who looks is woken after those who sleep. Only in his first hour, lest he be overtaken in each.
                let is_new = call.patience.began.next_hour() > now;
                let look_at = is_new.then(|| self.gates.look_before(lane, hold, &wait, now)).flatten();
                let look_at = look_at.unwrap_or(wait.until);
                call.wait_and_look(wait, look_at, now);
            }
            Plan::InLine(wait) | Plan::Wait(wait) => call.state = State::Done(Ending::Deferred(wait)),
            // Asked for too late: it could go, but nobody waits for it any more.
            Plan::Go => call.state = State::Done(Ending::Deferred(Wait { until: now, limit: own("deadline") })),
            Plan::Never(never) => call.state = State::Done(Ending::Refused(never)),
        }
        if let State::Done(_) = call.state {
            self.gates.ask_no_more(&call.lane, &mut call.hold, now);
        }
    }

    /// Forgets a call. One that was not sent leaves nothing behind; one in flight counts as spent.
    pub fn end(&mut self, id: CallId) {
        let now = self.latest;
        let Some(call) = self.calls.remove(id) else { return };
        let Call { lane, mut hold, state, .. } = *call;
        match state {
            State::InFlight(sent) => self.gates.lose(&lane, &mut hold, sent, now),
            _ => self.gates.give_back(&lane, &mut hold, now),
        }
        self.gates.ask_no_more(&lane, &mut hold, now);
        self.gates.close(&lane);
    }

    /// Writes down what this limiter knows, to be [restored](Limiter::restore) by another process. Takes nothing.
    ///
    /// Open calls are not saved. What they hold counts as taken, since it may have been sent.
    pub fn save(&self, now: Instant) -> Saved {
        self.gates.save(now.max(self.latest))
    }

    /// Takes in what was saved. A new limiter then decides as the one that was saved would, given the same
    /// configuration and seed; one that knows something keeps to both. Chance is not saved: jitter begins anew.
    ///
    /// # Errors
    /// [`StateError`] says what is wrong, and the limiter is as it was.
    pub fn restore(&mut self, saved: &[u8], now: Instant) -> Result<(), StateError> {
        if self.calls.len() > 0 {
            return Err(StateError::CallsOpen(self.calls.len()));
        }
        let now = now.max(self.latest);
        let saved = Memory::read(saved, now)?;
        self.latest = now.max(saved.at);
        self.gates.recall(saved, now);
        Ok(())
    }

    /// Whether an attempt of this call is on its way, so that a result of it would count.
    #[must_use]
    pub fn awaits_answer(&self, id: CallId) -> bool {
        matches!(self.calls.get(id).map(|call| &call.state), Some(State::InFlight(_)))
    }

    /// What happened to a call so far, the oldest first: its beginning and what came last. Nothing for one that was ended.
    #[must_use]
    pub fn log(&self, id: CallId) -> &[Entry] {
        self.calls.get(id).map_or(&[], |call| call.log.entries())
    }

    /// How many calls are open.
    #[must_use]
    pub fn open_calls(&self) -> usize {
        self.calls.len()
    }

    /// Time only goes forward here: an instant before the latest one seen counts as the latest.
    fn advance(&mut self, now: Instant) -> Instant {
        self.latest = self.latest.max(now);
        self.latest
    }
}
