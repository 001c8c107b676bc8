//! One call on its way through attempts and waits.

use crate::gates::{Hold, Sent};
use crate::lane::Lane;
use crate::log::{Event, Log};
use crate::resume::Resume;
use crate::scope::Scope;
use crate::verdict::{CallOptions, Ending, Limit, LimiterKind, Outcome, Wait};
use headroom_model::operation::{Operation, Request};
use headroom_model::time::Instant;

#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) lane: Lane,
    pub(super) hold: Hold,
    pub(super) state: State,
    pub(super) patience: Patience,
    /// Its own wait after a refusal or error.
    pub(super) not_before: Option<Wait>,
    pub(super) retry_unsafe: bool,
    pub(super) question: Option<Box<Question>>,
    pub(super) log: Log,
}

/// What a call may have of attempts and time, and has had.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    pub(super) attempts: u32,
    pub(super) max_attempts: u32,
    /// When it was begun first, by whichever process.
    pub(super) began: Instant,
    pub(super) give_up_at: Instant,
    /// Which operation it is.
    pub(super) fingerprint: u64,
}

#[derive(Clone, Debug)]
pub(super) enum State {
    /// And when it looks again: at the end, or before it where something may have changed by then.
    Waiting(Wait, Instant),
    Ready,
    InFlight(Sent),
    Done(Ending),
}

/// What has to be known of a request to read the body of its answer.
#[derive(Clone, Debug)]
pub(super) enum Question {
    /// A refusal may be in it, whatever the status.
    Graphql,
    /// Its objects are what was paid for.
    List { method: String, path: String },
}

impl Question {
    /// The question of an operation whose answer's body matters.
    pub(super) fn of(operation: &Operation, lane: &Lane) -> Option<Box<Self>> {
        let Operation::Rest(request) = operation else { return None };
        if request.is_graphql() {
            return Some(Box::new(Self::Graphql));
        }
        let Request { method, path, .. } = request;
        let list = || Box::new(Self::List { method: method.clone(), path: path.clone() });
        lane.is_list().then(list)
    }
}

impl Call {
    pub(super) fn outcome(&self, ending: Ending) -> Outcome {
        let resume = if let Ending::Deferred(wait) = &ending {
            let Patience { attempts, max_attempts, began, fingerprint: operation, .. } = self.patience;
            Some(Resume { attempts, max_attempts, began, not_before: wait.until, operation })
        } else {
            None
        };
        Outcome { ending, attempts: self.patience.attempts, resume }
    }

    pub(super) fn wait(&mut self, wait: Wait, now: Instant) {
        let until = wait.until;
        self.wait_and_look(wait, until, now);
    }

    /// Waits, and looks again at `look_at` at the latest. Who looked in vain has nothing to tell.
    pub(super) fn wait_and_look(&mut self, wait: Wait, look_at: Instant, now: Instant) {
        if !matches!(&self.state, State::Waiting(same, _) if *same == wait) {
            self.log.add(now, Event::Waits(wait.clone()));
        }
        self.state = State::Waiting(wait, look_at);
    }

    pub(super) const fn has_attempts(&self) -> bool {
        self.patience.attempts < self.patience.max_attempts
    }
}

/// The wait of a call that was deferred to then.
pub(super) fn deferred_to(options: &CallOptions) -> Option<Wait> {
    options.resume.map(|resumed| Wait { until: resumed.not_before, limit: own("deferred until then") })
}

/// A limit of the call's own making.
pub(super) fn own(what: &str) -> Limit {
    Limit { kind: LimiterKind::Other(what.to_owned()), scope: Scope::Call }
}
