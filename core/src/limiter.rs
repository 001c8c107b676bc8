//! The limiter: calls in, steps out. Time and chance are arguments; sending is the caller's part.

use crate::config::{Config, ConfigError};
use crate::gates::{Admission, Gates, Heard, Hold, Plan};
use crate::lane::Lane;
use crate::pool::Sent;
use crate::resume::{Resume, ResumeError, fingerprint};
use crate::schedule::{self, Answered};
use crate::scope::Scope;
use crate::verdict::{
    CallOptions, Confidence, Decision, Ending, Limit, LimiterKind, Never, Outcome, Runtime, Step, Verdict, Wait,
};
use headroom_model::operation::{Answer, Operation};
use headroom_model::refusal::{self, Meaning, Reading, Refusal};
use headroom_model::rng::SplitMix64;
use headroom_model::time::Instant;
use headroom_model::when::When;
use std::collections::BTreeMap;

/// Names an open call of one limiter. Never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallId(u64);

#[derive(Clone, Debug)]
struct Call {
    lane: Lane,
    hold: Hold,
    state: State,
    attempts: u32,
    max_attempts: u32,
    /// When it was begun first, by whichever process.
    began: Instant,
    give_up_at: Instant,
    /// Which operation it is.
    fingerprint: u64,
    /// Its own wait after a refusal or error.
    not_before: Option<Wait>,
}

#[derive(Clone, Debug)]
enum State {
    Waiting(Wait),
    Ready,
    InFlight(Option<Sent>),
    Done(Ending),
}

/// The shared knowledge of one app: its pools, its paces and its open calls.
///
/// The same sequence of calls with the same arguments always gives the same answers.
#[derive(Clone, Debug)]
pub struct Limiter {
    gates: Gates,
    calls: BTreeMap<CallId, Call>,
    next_id: u64,
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
        Self { gates, calls: BTreeMap::new(), next_id: 0, rng, latest: Instant(0) }
    }

    /// Says what [`Limiter::begin`] would do now, and takes nothing.
    #[must_use]
    pub fn quota_check(&self, operation: &Operation, now: Instant) -> Verdict {
        let now = now.max(self.latest);
        let lane = self.gates.lane(operation);
        let decision = match self.gates.plan(&lane, None, now) {
            _ if self.is_full() => Decision::Never(Never::TooManyCalls(self.gates.config().max_calls)),
            Plan::Go => Decision::Proceed,
            Plan::InLine(wait) | Plan::Wait(wait) => Decision::WaitUntil(wait),
            Plan::Never(never) => Decision::Never(never),
        };
        let left = self.gates.points_left(&lane, now);
        let (points_left, confidence) = left.map_or((None, Confidence::Assumed), |(left, how)| (Some(left), how));
        Verdict { decision, cost: lane.cost, points_left, confidence }
    }

    /// Opens a call and puts it in line. End it with [`Limiter::end`].
    ///
    /// A call that is resumed waits for the instant to which it was deferred, counts the attempts that were sent, and
    /// has what is left of its patience.
    ///
    /// # Errors
    /// [`Never::TooManyCalls`] if so many are open already, [`Never::CannotResume`] if the token is of another operation,
    /// [`Never::AttemptsExhausted`] or [`Never::ElapsedExhausted`] if nothing is left of what this call may have.
    pub fn begin(&mut self, operation: &Operation, options: CallOptions, now: Instant) -> Result<CallId, Never> {
        let now = self.advance(now);
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
        self.gates.sweep(now);
        let mut lane = self.gates.open(operation);
        lane.idempotent = options.idempotent.unwrap_or(lane.idempotent);
        let call = Call {
            lane,
            hold: Hold::default(),
            state: State::Ready,
            attempts,
            max_attempts,
            began,
            give_up_at,
            fingerprint,
            not_before: resumed.map(|resumed| Wait { until: resumed.not_before, limit: own("deferred until then") }),
        };
        let id = CallId(self.next_id);
        self.next_id += 1;
        self.calls.insert(id, call);
        self.plan(id, now);
        Ok(id)
    }

    fn is_full(&self) -> bool {
        self.calls.len() as u64 >= u64::from(self.gates.config().max_calls)
    }

    /// What to do now for a call. For one that was ended it says that it failed.
    pub fn next(&mut self, id: CallId, now: Instant) -> Step {
        let now = self.advance(now);
        let is_due = match self.calls.get(&id).map(|call| &call.state) {
            Some(State::Waiting(wait)) => wait.until <= now,
            // What was planned before may have been paused or missed since.
            Some(State::Ready) => true,
            _ => false,
        };
        if is_due {
            self.plan(id, now);
        }
        let Some(call) = self.calls.get_mut(&id) else {
            return Step::Done(Outcome::failed());
        };
        match &call.state {
            State::Waiting(wait) => Step::WaitUntil(wait.clone()),
            State::InFlight(_) => Step::AwaitingAnswer,
            State::Done(ending) => Step::Done(call.outcome(ending.clone())),
            State::Ready => {
                call.attempts += 1;
                call.state = State::InFlight(self.gates.sent(&call.lane, &mut call.hold, now));
                Step::Send(call.attempts)
            }
        }
    }

    /// Asks the gates and moves the call on: ready, waiting or, if the wait would be too long, over.
    fn plan(&mut self, id: CallId, now: Instant) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Call { lane, hold, give_up_at, not_before, .. } = call;
        if now <= *give_up_at {
            match self.gates.admit(lane, hold, now) {
                Admission::Now => {
                    call.state = State::Ready;
                    return;
                }
                Admission::InLine(wait) if wait.until <= *give_up_at => {
                    call.state = State::Waiting(wait);
                    return;
                }
                Admission::InLine(_) | Admission::No => {}
            }
        }
        self.gates.give_back(lane, hold, now);
        call.state = match self.gates.plan(lane, not_before.as_ref(), now) {
            Plan::Go if now <= *give_up_at => {
                self.gates.take(lane, hold, now, now);
                State::Ready
            }
            Plan::InLine(wait) if wait.until <= *give_up_at => {
                self.gates.take(lane, hold, wait.until, now);
                State::Waiting(wait)
            }
            Plan::Wait(wait) if wait.until <= *give_up_at => State::Waiting(wait),
            Plan::InLine(wait) | Plan::Wait(wait) => State::Done(Ending::Deferred(wait)),
            // Asked for too late: it could go, but nobody waits for it any more.
            Plan::Go => State::Done(Ending::Deferred(Wait { until: now, limit: own("deadline") })),
            Plan::Never(never) => State::Done(Ending::Refused(never)),
        };
    }

    /// Takes in the answer to the attempt on its way. Without one it does nothing.
    pub fn on_response(&mut self, id: CallId, answer: &Answer, now: Instant) {
        let now = self.advance(now);
        let Some(call) = self.calls.get_mut(&id) else { return };
        let State::InFlight(sent) = call.state else { return };
        let Reading { meaning, points, date } = refusal::read(answer);
        let was_refused = matches!(meaning, Meaning::Refused(_));
        if let Some(sent) = sent {
            self.gates.settle(&call.lane, &mut call.hold, sent, Heard { said: &points, was_refused }, now);
        }
        let answered = Answered { attempts: call.attempts, date, now };
        match meaning {
            Meaning::Success => call.state = State::Done(Ending::Success),
            Meaning::Error { status, retry } => self.after_error(id, status, retry, answered),
            Meaning::Refused(refusal) => self.after_refusal(id, &refusal, answered),
        }
    }

    fn after_error(&mut self, id: CallId, status: Option<u16>, retry: Option<When>, answered: Answered) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let is_transient = status.is_some_and(|status| status >= 500);
        let may_retry = is_transient && call.lane.idempotent && call.attempts < call.max_attempts;
        let again = retry
            .filter(|_| may_retry)
            .and_then(|when| schedule::after_error(when, answered, self.gates.config(), &mut self.rng).ok());
        match again {
            Some(until) => self.back_off(id, until, answered.now),
            None => call.state = State::Done(Ending::Failed),
        }
    }

    fn back_off(&mut self, id: CallId, until: Instant, now: Instant) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.not_before = Some(Wait { until, limit: own("backoff after an error") });
        self.plan(id, now);
    }

    /// Pauses the refused scope and lets the call come again when the server said.
    ///
    /// A delay that is not credible says nothing of when to come again: the call is over, and its scope backs off as
    /// if no delay had been named.
    fn after_refusal(&mut self, id: CallId, refusal: &Refusal, answered: Answered) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let (config, rng) = (self.gates.config(), &mut self.rng);
        let credible = schedule::after_refusal(refusal, answered, config, rng);
        let until = credible.unwrap_or_else(|_| answered.now + schedule::backoff(answered.attempts, config, rng));
        let (kind, place) = (call.lane.refused_kind(refusal), call.lane.refused_place(refusal, config));
        let scope = self.gates.pause(&call.lane, place, until, kind.clone(), refusal.per_second, answered.now);
        if let Err(delay) = credible {
            call.state = State::Done(Ending::Refused(Never::DelayNotCredible(delay)));
        } else if call.attempts >= call.max_attempts {
            call.state = State::Done(Ending::Refused(Never::AttemptsExhausted(call.max_attempts)));
        } else {
            call.not_before = Some(Wait { until, limit: Limit { kind, scope } });
            self.plan(id, answered.now);
        }
    }

    /// Takes in that the attempt on its way brought no answer. Without one it does nothing.
    ///
    /// Its points count as spent, since the server may have acted on it or may yet. An idempotent call backs off and
    /// is sent again; any other has failed.
    pub fn on_failure(&mut self, id: CallId, now: Instant) {
        let now = self.advance(now);
        let Some(call) = self.calls.get_mut(&id) else { return };
        let State::InFlight(_) = call.state else { return };
        self.gates.lose(&call.lane, &mut call.hold, now);
        if call.lane.idempotent && call.attempts < call.max_attempts {
            let until = now + schedule::backoff(call.attempts, self.gates.config(), &mut self.rng);
            self.back_off(id, until, now);
        } else {
            call.state = State::Done(Ending::Failed);
        }
    }

    /// Forgets a call. One that was not sent leaves nothing behind; one in flight counts as spent.
    pub fn end(&mut self, id: CallId) {
        let now = self.latest;
        let Some(Call { lane, mut hold, state, .. }) = self.calls.remove(&id) else { return };
        match state {
            State::InFlight(_) => self.gates.lose(&lane, &mut hold, now),
            _ => self.gates.give_back(&lane, &mut hold, now),
        }
        self.gates.close(&lane);
    }

    /// Whether an attempt of this call is on its way, so that a result of it would count.
    #[must_use]
    pub fn awaits_answer(&self, id: CallId) -> bool {
        matches!(self.calls.get(&id).map(|call| &call.state), Some(State::InFlight(_)))
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

impl Call {
    fn outcome(&self, ending: Ending) -> Outcome {
        let resume = if let Ending::Deferred(wait) = &ending {
            let Self { attempts, max_attempts, began, fingerprint: operation, .. } = *self;
            Some(Resume { attempts, max_attempts, began, not_before: wait.until, operation })
        } else {
            None
        };
        Outcome { ending, attempts: self.attempts, resume }
    }
}

/// A limit of the call's own making.
fn own(what: &str) -> Limit {
    Limit { kind: LimiterKind::Other(what.to_owned()), scope: Scope::Call }
}
