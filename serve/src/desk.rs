//! The desk: one request after the other, behind one lock under which none of them waits.

use crate::clock::Clock;
use crate::config::Config;
use crate::content::asked::Asked;
use crate::content::reply::Problem;
use crate::door::Call;
use crate::ledger::Record;
use crate::state::State;
use headroom_model::operation::{Header, Method, Response};
use headroom_model::time::Instant;
use headroom_sim::fault::Faults;
use headroom_sim::scenario::FaultSpec;
use headroom_sim::server::Slot;
use serde_json::json;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast;

/// Lines of the event stream that a slow reader may be behind.
const MOST_BEHIND: usize = 1_024;

/// A server without its port.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    state: Mutex<State>,
    pub(crate) events: broadcast::Sender<Event>,
}

/// A request as a line of JSON.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// Its number; 0 of a line that is about no request.
    pub(crate) number: u64,
    pub(crate) line: String,
}

impl Event {
    pub(crate) fn of(record: &Record) -> Self {
        Self { number: record.number, line: serde_json::to_string(record).unwrap_or_default() }
    }
}

/// What is to be sent.
#[derive(Debug)]
pub(crate) struct Handled {
    /// None: the connection breaks.
    pub(crate) response: Option<Response>,
    /// Not before this instant.
    pub(crate) at: Instant,
    /// What the call holds until then.
    pub(crate) held: Vec<Slot>,
    /// Of whose limits.
    pub(crate) app: String,
}

impl Desk {
    pub(crate) fn new(config: Config) -> Self {
        let clock = Clock::new(config.pace, config.start);
        let state = Mutex::new(State::new(&config.faults, config.seed));
        Self { config, clock, state, events: broadcast::Sender::new(MOST_BEHIND) }
    }

    /// A panic under the lock leaves counters as they were: each is changed in one step.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All limits, content and counts as at the start; the clock goes on.
    pub(crate) fn reset(&self) {
        *self.state() = State::new(&self.config.faults, self.config.seed);
    }

    /// Other rules from now on, which count from the beginning.
    pub(crate) fn set_rules(&self, rules: Vec<FaultSpec>) {
        let mut state = self.state();
        state.faults = Faults::of_rules(&rules, self.config.seed);
        state.rules = rules;
    }

    /// Does what is asked.
    pub(crate) fn handle(&self, call: &Call<'_>) -> Handled {
        let asked = Asked::new(Method::of(call.method), call.base, call.target, call.body);
        let mut state = self.state();
        // Read under the lock, so that the instants of answers never go back.
        let now = self.clock.now();
        let (handled, record) = state.handle(self, call, &asked, now);
        let record = state.keep(record);
        drop(state);
        self.tell(&record);
        handled
    }

    /// Tells a request to who listens.
    pub(crate) fn tell(&self, record: &Record) {
        if self.events.receiver_count() > 0 {
            // Nobody may listen any more by now.
            let _ = self.events.send(Event::of(record));
        }
    }
}

/// What a call holds until its answer is sent or nobody waits for it any more: dropped, it is free.
#[derive(Debug)]
pub(crate) struct Held<'a> {
    desk: &'a Desk,
    slots: Vec<Slot>,
    app: String,
}

impl<'a> Held<'a> {
    pub(crate) fn new(desk: &'a Desk, handled: &mut Handled) -> Self {
        Self { desk, slots: std::mem::take(&mut handled.held), app: std::mem::take(&mut handled.app) }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if self.slots.is_empty() {
            return;
        }
        if let Some(server) = self.desk.state().apps.get_mut(&self.app) {
            self.slots.iter().for_each(|slot| server.release(*slot));
        }
    }
}

/// An error that is this server's and no product's.
pub(crate) fn plain(problem: &Problem, now: Instant) -> Response {
    let headers = vec![Header::new("Date", now.to_http_date()), Header::new("Content-Type", "application/json")];
    let body = json!({ "status": problem.status, "message": problem.message }).to_string().into_bytes();
    Response { status: problem.status, headers, body }
}
