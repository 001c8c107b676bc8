//! The limiter: calls in, steps out. Time and chance are arguments; sending is the caller's part.

use crate::config::{Config, ConfigError};
use crate::gates::{Gates, Heard, Hold, Plan};
use crate::lane::Lane;
use crate::schedule;
use crate::verdict::{
    CallOptions, Confidence, Decision, Ending, Limit, LimiterKind, Never, Outcome, Scope, Step, Verdict, Wait,
};
use headroom_model::headers::RateLimit;
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
    give_up_at: Instant,
    /// Its own wait after a refusal or error.
    not_before: Wait,
}

#[derive(Clone, Debug)]
enum State {
    Waiting(Wait),
    Ready,
    InFlight { since: Instant },
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
        let lane = Lane::of(operation, self.gates.config());
        let decision = match self.gates.plan(&lane, &Hold::default(), now) {
            _ if self.is_full() => Decision::Never(Never::TooManyCalls(self.gates.config().max_calls)),
            Plan::Go => Decision::Proceed,
            Plan::Wait(wait, _) => Decision::WaitUntil(wait),
            Plan::Never(never) => Decision::Never(never),
        };
        let left = self.gates.points_left(&lane, now);
        let (points_left, confidence) = left.map_or((None, Confidence::Assumed), |(left, how)| (Some(left), how));
        Verdict { decision, cost: lane.cost, points_left, confidence }
    }

    /// Opens a call and puts it in line. End it with [`Limiter::end`].
    ///
    /// # Errors
    /// [`Never::TooManyCalls`] if so many are open already.
    pub fn begin(&mut self, operation: &Operation, options: CallOptions, now: Instant) -> Result<CallId, Never> {
        let now = self.advance(now);
        let config = self.gates.config();
        if self.is_full() {
            return Err(Never::TooManyCalls(config.max_calls));
        }
        self.gates.sweep(now);
        let config = self.gates.config();
        let mut lane = Lane::of(operation, config);
        lane.idempotent = options.idempotent.unwrap_or(lane.idempotent);
        let call = Call {
            lane,
            hold: Hold::default(),
            state: State::Ready,
            attempts: 0,
            max_attempts: options.max_attempts.unwrap_or(config.max_attempts).max(1),
            give_up_at: now + options.deadline.unwrap_or(config.max_elapsed),
            not_before: Wait { until: now, limit: own_backoff() },
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
            State::InFlight { .. } => Step::AwaitingAnswer,
            State::Done(ending) => Step::Done(Outcome { ending: ending.clone(), attempts: call.attempts }),
            State::Ready => {
                call.attempts += 1;
                call.state = State::InFlight { since: now };
                Step::Send(call.attempts)
            }
        }
    }

    /// Asks the gates and moves the call on: ready, waiting or, if the wait would be too long, over.
    fn plan(&mut self, id: CallId, now: Instant) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let plan = if call.not_before.until > now {
            Plan::Wait(call.not_before.clone(), None)
        } else {
            self.gates.take(&call.lane, &mut call.hold, now)
        };
        call.state = match plan {
            Plan::Go => State::Ready,
            Plan::Wait(wait, _) if wait.until <= call.give_up_at => State::Waiting(wait),
            Plan::Wait(wait, _) => State::Done(Ending::Deferred(wait)),
            Plan::Never(never) => State::Done(Ending::Refused(never)),
        };
        if let State::Done(_) = call.state {
            self.gates.give_back(&call.lane, &mut call.hold, now);
        }
    }

    /// Takes in the answer to the attempt on its way. Without one it does nothing.
    pub fn on_response(&mut self, id: CallId, answer: &Answer, now: Instant) {
        let now = self.advance(now);
        let Some(call) = self.calls.get_mut(&id) else { return };
        let State::InFlight { since } = call.state else { return };
        let Reading { meaning, points, date } = refusal::read(answer);
        let was_refused = matches!(meaning, Meaning::Refused(_));
        let heard = Heard { said: &points, sent: since };
        self.gates.settle(&call.lane, &mut call.hold, was_refused, heard, now);
        match meaning {
            Meaning::Success => call.state = State::Done(Ending::Success),
            Meaning::Error { status, retry } => self.after_error(id, status, retry, date, now),
            Meaning::Refused(refusal) => self.after_refusal(id, &refusal, date, now),
        }
    }

    fn after_error(
        &mut self,
        id: CallId,
        status: Option<u16>,
        retry: Option<When>,
        date: Option<Instant>,
        now: Instant,
    ) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let is_transient = status.is_some_and(|status| status >= 500);
        let may_retry = is_transient && call.lane.idempotent && call.attempts < call.max_attempts;
        let again = retry
            .filter(|_| may_retry)
            .and_then(|when| schedule::after_error(when, date, self.gates.config(), &mut self.rng, now).ok());
        match again {
            Some(until) => {
                call.not_before = Wait { until, limit: own_backoff() };
                self.plan(id, now);
            }
            None => call.state = State::Done(Ending::Failed),
        }
    }

    fn after_refusal(&mut self, id: CallId, refusal: &Refusal, date: Option<Instant>, now: Instant) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let config = self.gates.config();
        match schedule::after_refusal(refusal, call.attempts, date, config, &mut self.rng, now) {
            Ok(until) => {
                let (kind, scope) = (call.lane.refused_kind(refusal), call.lane.refused_scope(refusal, config));
                call.not_before = Wait { until, limit: Limit { kind: kind.clone(), scope: scope.clone() } };
                self.gates.pause(scope, until, kind);
                if call.attempts < call.max_attempts {
                    self.plan(id, now);
                } else {
                    call.state = State::Done(Ending::Refused(Never::AttemptsExhausted(call.max_attempts)));
                }
            }
            Err(delay) => call.state = State::Done(Ending::Refused(Never::DelayNotCredible(delay))),
        }
    }

    /// Takes in that the attempt on its way brought no answer. Without one it does nothing.
    ///
    /// Its points count as spent, since the server may have acted on it. An idempotent call backs off and is
    /// sent again; any other has failed.
    pub fn on_failure(&mut self, id: CallId, now: Instant) {
        let now = self.advance(now);
        let Some(call) = self.calls.get_mut(&id) else { return };
        let State::InFlight { since } = call.state else { return };
        let heard = Heard { said: &RateLimit::default(), sent: since };
        self.gates.settle(&call.lane, &mut call.hold, false, heard, now);
        if !call.lane.idempotent || call.attempts >= call.max_attempts {
            call.state = State::Done(Ending::Failed);
            return;
        }
        let until = now + schedule::backoff(call.attempts, self.gates.config(), &mut self.rng);
        call.not_before = Wait { until, limit: own_backoff() };
        self.plan(id, now);
    }

    /// Forgets a call. One that was not sent leaves nothing behind; one in flight counts as spent.
    pub fn end(&mut self, id: CallId) {
        let now = self.latest;
        self.on_failure(id, now);
        if let Some(mut call) = self.calls.remove(&id) {
            self.gates.give_back(&call.lane, &mut call.hold, now);
        }
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

fn own_backoff() -> Limit {
    Limit { kind: LimiterKind::Other("backoff after an error".to_owned()), scope: Scope::Call }
}
