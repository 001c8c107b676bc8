//! What an answer, or none, makes of a call and of what is known of its limits.

use super::call::{Call, Question, State, own};
use super::{CallId, Limiter};
use crate::gates::Heard;
use crate::log::Event;
use crate::schedule::{self, Answered};
use crate::verdict::{Ending, Limit, LimiterKind, Never, Wait};
use headroom_model::headers::{Dialect, Points, Signals};
use headroom_model::operation::{Answer, Response};
use headroom_model::points::price_after;
use headroom_model::properties::RateLimitProperties;
use headroom_model::refusal::{self, Meaning, Reading, Refusal, Wait as Told};
use headroom_model::time::Instant;
use headroom_model::when::When;

impl Limiter {
    /// Takes in the answer to the attempt on its way. Without one it does nothing.
    pub fn on_response(&mut self, id: CallId, answer: &Answer, now: Instant) {
        let now = self.advance(now);
        let Some(call) = self.calls.get_mut(id) else { return };
        let State::InFlight(sent) = call.state else { return };
        let Read { reading, beta, near_limit } = read(answer, call.question.as_deref());
        let Reading { meaning, points, date, cost } = reading;
        let was_refused = matches!(meaning, Meaning::Refused(_));
        let was_charged = matches!(meaning, Meaning::Success);
        let counted = if was_charged { count(answer, call.question.as_deref()) } else { None };
        let told = cost.filter(|_| was_charged);
        let heard = Heard { said: &points, beta: &beta, near_limit, was_refused, was_charged, counted, told };
        let points = self.gates.settle(&call.lane, &mut call.hold, sent, heard, now);
        let answered = Answered { attempts: call.patience.attempts, date, now };
        match meaning {
            Meaning::Success => {
                call.log.add(now, Event::Answered { points });
                self.gates.succeeded(&call.lane);
                call.state = State::Done(Ending::Success);
                self.heed_properties(id, answer, answered);
            }
            Meaning::Error { status, retry } => self.after_error(id, status, retry, answered),
            Meaning::Refused(refusal) => self.after_refusal(id, &refusal, answered),
        }
    }

    /// An invocation that succeeded may say that it was the last of its window: then nobody has to be refused to know.
    fn heed_properties(&mut self, id: CallId, answer: &Answer, answered: Answered) {
        let Some(Call { lane, .. }) = self.calls.get(id).filter(|call| call.lane.pool().is_none()) else { return };
        let said = match answer {
            Answer::Resolved(json) => RateLimitProperties::read_resolved(json),
            Answer::Response(response) => RateLimitProperties::read_headers(&response.headers),
            Answer::Rejected(_) => None,
        };
        let Some(said) = said.filter(|said| said.remaining == Some(0) && said.reset.is_some()) else { return };
        let refused = refusal::of_an_invocation(&said);
        if let Told::For(delay, _) = refused.wait(answered.clocks()) {
            let place = lane.refused_place(&refused, self.gates.config());
            let until = answered.now + delay;
            self.gates.pause(lane, place, until, LimiterKind::InvocationRate, None, answered.now);
        }
    }

    fn after_error(&mut self, id: CallId, status: Option<u16>, retry: Option<When>, answered: Answered) {
        let Some(call) = self.calls.get_mut(id) else { return };
        call.log.add(answered.now, Event::Error { status });
        let is_transient = status.is_some_and(|status| status >= 500);
        let may_repeat = (call.lane.idempotent || call.retry_unsafe) && call.has_attempts();
        let again = retry
            .filter(|_| is_transient && may_repeat)
            .and_then(|when| schedule::after_error(when, answered, self.gates.config(), &mut self.rng).ok());
        match again {
            Some(until) => self.back_off(id, until, answered.now),
            None => call.state = State::Done(Ending::Failed),
        }
    }

    fn back_off(&mut self, id: CallId, until: Instant, now: Instant) {
        let Some(call) = self.calls.get_mut(id) else { return };
        call.not_before = Some(Wait { until, limit: own("backoff after an error") });
        self.plan(id, now);
    }

    /// Pauses the refused scope and lets the call come again when the server said.
    ///
    /// A delay that is not credible says nothing of when to come again: the call is over, and its scope backs off as
    /// if no delay had been named.
    fn after_refusal(&mut self, id: CallId, refusal: &Refusal, answered: Answered) {
        let Some(call) = self.calls.get_mut(id) else { return };
        let (config, rng) = (self.gates.config(), &mut self.rng);
        let credible = schedule::after_refusal(refusal, answered, config, rng);
        let until = credible.unwrap_or_else(|_| answered.now + schedule::backoff(answered.attempts, config, rng));
        let (kind, place) = (call.lane.refused_kind(refusal), call.lane.refused_place(refusal, config));
        let scope = self.gates.pause(&call.lane, place, until, kind.clone(), refusal.per_second, answered.now);
        let limit = Limit { kind, scope };
        call.log.add(answered.now, Event::Refused(Wait { until, limit: limit.clone() }));
        if let Err(delay) = credible {
            call.state = State::Done(Ending::Refused(Never::DelayNotCredible(delay)));
        } else if !call.has_attempts() {
            call.state = State::Done(Ending::Refused(Never::AttemptsExhausted(call.patience.max_attempts)));
        } else if refusal.wait(answered.clocks()) == Told::Unsaid && !self.gates.take_retry(&call.lane) {
            call.log.add(answered.now, Event::BudgetSpent);
            call.state = State::Done(Ending::Deferred(Wait { until, limit }));
        } else {
            let mut until = until;
            if credible.is_ok() && limit.kind == LimiterKind::InvocationRate {
                let most = call.patience.give_up_at.since(until);
                until += schedule::among_strangers(answered.attempts, most, self.gates.config(), &mut self.rng);
            }
            call.not_before = Some(Wait { until, limit });
            self.plan(id, answered.now);
        }
    }

    /// Takes in that the attempt on its way brought no answer. Without one it does nothing.
    ///
    /// Its points count as spent, since the server may have acted on it or may yet. An idempotent call backs off and
    /// is sent again; any other has failed.
    pub fn on_failure(&mut self, id: CallId, now: Instant) {
        let now = self.advance(now);
        let Some(call) = self.calls.get_mut(id) else { return };
        let State::InFlight(sent) = call.state else { return };
        let Call { lane, hold, log, .. } = call;
        log.add(now, Event::NoAnswer);
        self.gates.lose(lane, hold, sent, now);
        if !call.lane.idempotent || !call.has_attempts() {
            call.state = State::Done(Ending::Failed);
        } else if !self.gates.take_retry(&call.lane) {
            call.log.add(now, Event::BudgetSpent);
            call.state = State::Done(Ending::Failed);
        } else {
            let until = now + schedule::backoff(call.patience.attempts, self.gates.config(), &mut self.rng);
            self.back_off(id, until, now);
        }
    }
}

/// What an answer says.
struct Read {
    reading: Reading,
    /// Of the coming rule.
    beta: Points,
    near_limit: Option<bool>,
}

fn read(answer: &Answer, question: Option<&Question>) -> Read {
    let Answer::Response(response) = answer else {
        return Read { reading: refusal::read(answer), beta: Points::default(), near_limit: None };
    };
    let signals = Signals::read(&response.headers);
    let reading = refusal::read_response(response, &signals, Dialect::Auto);
    let reading = match question {
        Some(Question::Graphql) => refusal::read_graphql(response, &signals, reading),
        _ => reading,
    };
    Read { reading, beta: signals.beta_points(), near_limit: signals.enforced.near_limit }
}

/// A body of more bytes is not counted.
const LONGEST_BODY: usize = 16 << 20;

/// What the objects of a success come to.
fn count(answer: &Answer, question: Option<&Question>) -> Option<u32> {
    let (Answer::Response(Response { body, .. }), Some(Question::List { method, path })) = (answer, question) else {
        return None;
    };
    let is_readable = !body.is_empty() && body.len() <= LONGEST_BODY;
    Some(price_after(method, path, body).ok().filter(|_| is_readable)?.likely)
}
