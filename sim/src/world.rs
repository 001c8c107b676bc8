//! The virtual world: one queue of events, one clock that jumps from event to event, one server.
//!
//! The world does no input or output and starts nothing: a driver asks for the [`World::next_event`], lets the client
//! decide, and tells the world what the client did. Events of the same instant come in the order in which they were
//! caused, so a run depends on nothing but scenario, client and seed.
//!
//! A call travels half a round trip to the server, is decided there, and travels the other half back; the decision is
//! an event of its own that no driver sees.

mod error;
mod promises;
mod queue;

pub use error::{LONGEST, RunError};

use crate::oracle::lower_bound;
use crate::report::{RefusedBy, Report, ratio};
use crate::scenario::{Scenario, Work};
use crate::server::{Limit, Refused, Server, Verdict};
use crate::trace::{Row, Sink, Status, Trace};
use crate::workload::JobId;
use headroom_model::operation::{Answer, Operation};
use headroom_model::properties::Rejection;
use headroom_model::time::Instant;
use promises::{Node, Promises};
use queue::{Queue, What};

/// A wait that was begun with [`World::sleep_until`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerId(pub u64);

/// What a driver hears of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A job is there for the client.
    Start(JobId),
    /// The answer to an attempt reaches the client.
    Answer {
        /// Whose.
        job: JobId,
        /// Which attempt, as it was given to [`World::send`].
        attempt: u32,
        /// What the server says.
        answer: Answer,
    },
    /// A wait is over.
    Wake(TimerId),
}

/// How a client is through with a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was done.
    Done,
    /// It was given up.
    Lost,
    /// It was handed back; trying again makes sense at this instant, not before.
    Deferred(Instant),
}

/// Events after which a run is stopped, for each job: 30 times what five attempts with a wait after each need.
const EVENTS_PER_JOB: u64 = 500;

/// A run in progress.
pub struct World {
    scenario: Scenario,
    server: Server,
    now: Instant,
    queue: Queue,
    timers: u64,
    events: u64,
    jobs: Vec<Stage>,
    started: u32,
    finished: u32,
    shared_client: bool,
    promises: Promises,
    report: Report,
    trace: Trace,
    failure: Option<RunError>,
}

/// Where a job is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waiting,
    Open,
    Finished,
}

impl World {
    /// A world at its scenario's start, with the first jobs in line.
    ///
    /// `strategy` is the client's name for report and trace. A `shared_client` hears all answers; without it each user
    /// of an invocation scenario is a client of its own (page reads always are one client). `seed` draws the arrivals.
    #[must_use]
    pub fn new(scenario: &Scenario, strategy: &str, shared_client: bool, seed: u64, trace: Option<Sink>) -> Self {
        let mut world = Self {
            scenario: scenario.clone(),
            server: Server::of(scenario),
            now: scenario.start,
            queue: Queue::default(),
            timers: 0,
            events: 0,
            jobs: vec![Stage::Waiting; scenario.jobs() as usize],
            started: 0,
            finished: 0,
            shared_client,
            promises: Promises::default(),
            report: Report::empty(strategy, lower_bound(scenario).0),
            trace: Trace::new(trace, strategy, scenario.start),
            failure: None,
        };
        match scenario.work {
            Work::Pages { in_flight, .. } => (0..in_flight).for_each(|_| world.start_next_job(scenario.start)),
            Work::Invocations { .. } => {
                scenario.arrivals(seed).into_iter().flatten().for_each(|at| world.start_next_job(at));
            }
        }
        world
    }

    /// The instant of the last event.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// The scenario that is run.
    #[must_use]
    pub const fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Goes on to the next event that a client hears of. None when all jobs are finished, or when the run had to be
    /// stopped; [`World::report`] tells which.
    pub fn next_event(&mut self) -> Option<Event> {
        while self.finished < self.scenario.jobs() && self.failure.is_none() {
            let (at, what) = self.queue.pop()?;
            self.events += 1;
            let most = EVENTS_PER_JOB * (u64::from(self.scenario.jobs()) + 100);
            if self.events > most {
                self.failure = Some(RunError::TooManyEvents(most));
            } else if at.since(self.scenario.start) > LONGEST {
                self.failure = Some(RunError::TooLong);
            } else {
                self.now = at;
                if let Some(event) = self.happen(what) {
                    return Some(event);
                }
            }
        }
        None
    }

    /// Sends an attempt of a job, the first attempt being 1. The answer will be an [`Event::Answer`].
    pub fn send(&mut self, job: JobId, attempt: u32, operation: &Operation) {
        let broken = self.promises.broken(self.node(job), operation, self.now);
        self.report.sent += 1;
        self.report.early += u64::from(broken.is_some());
        let row = Row { event: "send", job: Some(job), attempt: Some(attempt), ..Row::default() };
        match broken {
            Some((scope, promised)) => {
                let promised_ms = self.trace.since_start(promised).0;
                let detail = format_args!("early scope={scope} promised_ms={promised_ms}");
                self.trace.row(self.now, &Row { detail: Some(detail), ..row });
            }
            None => self.trace.row(self.now, &row),
        }
        let arrival = What::Arrival { job, attempt, operation: Box::new(operation.clone()) };
        self.queue.push(self.now + self.scenario.way_out(), arrival);
    }

    /// Begins a wait that ends with an [`Event::Wake`]; an instant that has passed is now.
    pub fn sleep_until(&mut self, until: Instant) -> TimerId {
        let timer = TimerId(self.timers);
        self.timers += 1;
        let until_ms = self.trace.since_start(until).0;
        self.trace.row(
            self.now,
            &Row { event: "sleep", detail: Some(format_args!("until_ms={until_ms}")), ..Row::default() },
        );
        self.queue.push(until.max(self.now), What::Wake(timer));
        timer
    }

    /// The client is through with a job. Where workers are limited, the next job starts at this instant.
    pub fn finish(&mut self, job: JobId, ending: Ending) {
        match self.jobs.get_mut(job.0 as usize) {
            Some(stage) if *stage == Stage::Open => *stage = Stage::Finished,
            _ => {
                self.failure.get_or_insert(RunError::NotOpen(job));
                return;
            }
        }
        let until_ms = if let Ending::Deferred(until) = ending { self.trace.since_start(until).0 } else { 0 };
        let detail = match ending {
            Ending::Done => format_args!("done"),
            Ending::Lost => format_args!("lost"),
            Ending::Deferred(_) => format_args!("deferred until_ms={until_ms}"),
        };
        self.trace.row(self.now, &Row { event: "finish", job: Some(job), detail: Some(detail), ..Row::default() });
        match ending {
            Ending::Done => self.report.done += 1,
            Ending::Lost => self.report.lost += 1,
            Ending::Deferred(_) => self.report.deferred += 1,
        }
        self.finished += 1;
        self.report.finish_ms = self.now.since(self.scenario.start).0;
        if matches!(self.scenario.work, Work::Pages { .. }) {
            self.start_next_job(self.now);
        }
    }

    /// The figures, once [`World::next_event`] has given none.
    ///
    /// # Errors
    /// When the run was stopped, when jobs are unfinished, and when the trace could not be written.
    pub fn report(mut self) -> Result<Report, RunError> {
        let traced = self.trace.finish().map_err(RunError::Trace);
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        traced?;
        if self.finished < self.scenario.jobs() {
            return Err(RunError::Stalled(self.scenario.jobs() - self.finished));
        }
        if self.report.done == self.scenario.jobs() {
            self.report.ratio = Some(ratio(self.report.finish_ms, self.report.bound_ms));
        }
        Ok(self.report)
    }

    fn happen(&mut self, what: What) -> Option<Event> {
        match what {
            What::Start(job) => {
                self.jobs[job.0 as usize] = Stage::Open;
                self.trace.row(self.now, &Row { event: "start", job: Some(job), ..Row::default() });
                Some(Event::Start(job))
            }
            What::Wake(timer) => Some(Event::Wake(timer)),
            What::Arrival { job, attempt, operation } => {
                self.decide(job, attempt, &operation);
                None
            }
            What::Delivery { job, attempt, answer, promise } => {
                if let Some((scope, promised)) = promise.map(|promise| *promise) {
                    self.promises.hear(self.node(job), scope, promised);
                }
                let status = Some(status(&answer));
                let row = Row { event: "answer", job: Some(job), attempt: Some(attempt), status, ..Row::default() };
                self.trace.row(self.now, &row);
                Some(Event::Answer { job, attempt, answer: *answer })
            }
        }
    }

    fn decide(&mut self, job: JobId, attempt: u32, operation: &Operation) {
        let decision = self.server.answer_operation(operation, self.now);
        let row = Row {
            job: Some(job),
            attempt: Some(attempt),
            status: Some(status(&decision.answer)),
            left: decision.left,
            ..Row::default()
        };
        let promise = match decision.verdict {
            Verdict::Admitted { points } => {
                self.report.points_spent += u64::from(points);
                self.trace.row(self.now, &Row { event: "admit", points: Some(points), ..row });
                None
            }
            Verdict::NotFound => {
                self.trace.row(self.now, &Row { event: "unknown", ..row });
                None
            }
            Verdict::Refused(refused) => {
                self.count_refusal(&refused, &row);
                Some(Box::new((refused.scope, refused.promised)))
            }
        };
        let delivery = What::Delivery { job, attempt, answer: Box::new(decision.answer), promise };
        self.queue.push(self.now + self.scenario.way_back(), delivery);
    }

    fn count_refusal(&mut self, refused: &Refused, row: &Row<'_>) {
        self.report.refused += 1;
        let RefusedBy { points_quota, burst, invocation_rate } = &mut self.report.refused_by;
        match refused.limit {
            Limit::PointsQuota => *points_quota += 1,
            Limit::Burst => *burst += 1,
            Limit::InvocationRate => *invocation_rate += 1,
            _ => {}
        }
        let (limit, scope) = (refused.limit.name(), &refused.scope);
        let [until, promised] = [refused.until, refused.promised].map(|at| self.trace.since_start(at).0);
        let detail = format_args!("limit={limit} scope={scope} until_ms={until} promised_ms={promised}");
        self.trace.row(self.now, &Row { event: "refuse", detail: Some(detail), ..*row });
    }

    const fn node(&self, job: JobId) -> Node {
        match self.scenario.work {
            Work::Invocations { .. } if !self.shared_client => job.0,
            _ => 0,
        }
    }

    fn start_next_job(&mut self, at: Instant) {
        if self.started < self.scenario.jobs() {
            self.queue.push(at, What::Start(JobId(self.started)));
            self.started += 1;
        }
    }
}

fn status(answer: &Answer) -> Status {
    match answer {
        Answer::Response(response) => Status::Http(response.status),
        Answer::Resolved(_) => Status::Resolved,
        Answer::Rejected(json) => Status::Http(Rejection::read(json).status.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests;
