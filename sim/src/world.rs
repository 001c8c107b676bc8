//! The virtual world: one queue of events, one true time that jumps from event to event, many nodes, one server.
//!
//! The world does no input or output and starts nothing: a driver asks for the [`World::next_event`], lets the client
//! of that node decide, and tells the world what the client did. Events of the same instant come in the order in which
//! they were caused, so a run depends on nothing but scenario, client and seed.
//!
//! A call travels half a round trip to the server, is decided there, and travels the other half back; the decision is
//! an event of its own that no driver sees. True time is the server's. A client sees the clock of its node, which may
//! be wrong.

mod calls;
mod clock;
mod door;
mod error;
mod jobs;
mod nodes;
mod progress;
mod promises;
mod queue;

pub use error::{LONGEST, RunError};
pub use progress::{Observer, Progress};

use crate::fault::Faults;
use crate::oracle::Optimum;
use crate::report::{Ground, Report, Tally};
use crate::scenario::{Each, Scenario};
use crate::trace::{Row, Sink, Trace};
use crate::workload::{JobId, Workload};
use calls::Sent;
use door::Door;
use headroom_model::operation::{Answer, AttemptError};
use headroom_model::time::{Instant, Millis};
use jobs::{Job, Source, Stage};
use nodes::Node;
pub use promises::Promises;
use queue::{Queue, What};

/// A wait that was begun with [`World::sleep_until`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerId(pub u64);

/// What a driver hears of. Nodes are numbered from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A job is there for the client; once more after a crash.
    Start {
        /// On this node.
        node: u32,
        /// Which.
        job: JobId,
    },
    /// What came of an attempt reaches the client.
    Answer {
        /// On this node.
        node: u32,
        /// Whose.
        job: JobId,
        /// Which attempt, as it was given to [`World::send`].
        attempt: u32,
        /// What the server says, or why it says nothing.
        result: Result<Answer, AttemptError>,
    },
    /// A wait is over.
    Wake {
        /// On this node.
        node: u32,
        /// Which.
        timer: TimerId,
    },
    /// A node is gone, and its client with all its jobs, calls and waits.
    Crash {
        /// Which.
        node: u32,
    },
    /// A node is back; its jobs are started again.
    Restart {
        /// Which.
        node: u32,
        /// Whether its client finds what it knew at the crash.
        is_state_kept: bool,
    },
}

/// How a client is through with a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was done; the world counts it as lost if the server did not do it.
    Done,
    /// It was given up.
    Lost,
    /// It was handed back; trying again makes sense at this instant of the node's clock, not before.
    Deferred(Instant),
}

/// Events after which a run is stopped, for each job: 30 times what five attempts with a wait after each need.
const EVENTS_PER_JOB: u64 = 500;

/// A run in progress.
pub struct World {
    scenario: Scenario,
    workload: Workload,
    door: Door,
    faults: Faults,
    now: Instant,
    end: Instant,
    queue: Queue,
    /// The work whose next job comes by itself first.
    next_coming: Option<(Instant, usize)>,
    sources: Vec<Source>,
    nodes: Vec<Node>,
    is_each_user: bool,
    jobs: Vec<Job>,
    /// Jobs that have ended or will never begin.
    ended: u32,
    timers: u64,
    events: u64,
    promises: Promises,
    tally: Tally,
    trace: Trace,
    observer: Option<Observer>,
    failure: Option<RunError>,
}

impl World {
    /// A world at its scenario's start, with the first jobs in line.
    ///
    /// `strategy` is the client's name for report and trace. `seed` draws all that the scenario leaves to chance.
    #[must_use]
    pub fn new(scenario: &Scenario, strategy: &str, seed: u64, trace: Option<Sink>) -> Self {
        let workload = Workload::new(scenario, seed);
        let door = Door::new(scenario, seed);
        let Optimum { bound, by_reset } = Optimum::of(scenario, &workload);
        let ground = Ground { start: scenario.start, by_reset, burst_per_second: door.burst_per_second() };
        let mut world = Self {
            scenario: scenario.clone(),
            door,
            faults: Faults::new(scenario, seed),
            now: scenario.start,
            end: scenario.end(),
            queue: Queue::default(),
            next_coming: None,
            sources: Vec::new(),
            nodes: nodes::nodes(scenario),
            is_each_user: scenario.fleet.each == Each::User,
            jobs: vec![Job::NEW; workload.jobs() as usize],
            ended: 0,
            timers: 0,
            events: 0,
            promises: Promises::default(),
            tally: Tally::new(strategy, bound.0, workload.tenants(), ground),
            trace: Trace::new(trace, strategy, scenario.start),
            observer: None,
            failure: None,
            workload,
        };
        world.sources = world.sources();
        world.next_coming = world.soonest();
        for (index, work) in scenario.works().enumerate() {
            if world.sources[index].workers.is_some() {
                world.queue.push(scenario.start + work.begins_after(), What::Open(index));
            }
        }
        world.plan_crashes();
        world.queue.push(world.end, What::End);
        world
    }

    /// The true instant of the last event.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// What the clock of a node shows now; the true time where there is no such node.
    #[must_use]
    pub fn clock(&self, node: u32) -> Instant {
        self.nodes.get(node as usize).map_or(self.now, |node| node.clock.wall(self.now))
    }

    /// What the clock of a node that is never set has counted since the scenario's start; the true time since then where
    /// there is no such node.
    #[must_use]
    pub fn monotonic(&self, node: u32) -> Millis {
        let true_time = || self.now.since(self.scenario.start);
        self.nodes.get(node as usize).map_or_else(true_time, |node| node.clock.counted(self.now))
    }

    /// The scenario that is run.
    #[must_use]
    pub const fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// The jobs that are run.
    #[must_use]
    pub const fn workload(&self) -> &Workload {
        &self.workload
    }

    /// Goes on to the next event that a client hears of. None when all jobs are finished, or when the run had to be
    /// stopped; [`World::report`] tells which.
    pub fn next_event(&mut self) -> Option<Event> {
        while self.ended < self.workload.jobs() && self.failure.is_none() {
            let coming = self.next_coming.filter(|(at, _)| self.queue.next_at().is_none_or(|next| *at <= next));
            let at = self.next_at()?;
            if let Err(failure) = self.advance(at) {
                self.failure = Some(failure);
                return None;
            }
            let event = match coming {
                Some((_, work)) => self.come(work),
                None => self.queue.pop().and_then(|(_, what)| self.happen(what)),
            };
            if event.is_some() {
                return event;
            }
        }
        None
    }

    /// When anything happens next, be it of concern to a client or not: for a driver whose client has a clock of its own.
    #[must_use]
    pub fn next_at(&self) -> Option<Instant> {
        let coming = self.next_coming.map(|(at, _)| at);
        coming.into_iter().chain(self.queue.next_at()).min()
    }

    /// Begins a wait that ends with an [`Event::Wake`] when the node's clock shows `until`, as far as the node can
    /// know: it is measured on a clock that is never set. An instant that has passed is now.
    pub fn sleep_until(&mut self, node: u32, until: Instant) -> TimerId {
        let timer = TimerId(self.timers);
        self.timers += 1;
        let Some(known) = self.nodes.get(node as usize) else { return timer };
        let (end, life) = (known.clock.end_of(self.now, until.since(known.clock.wall(self.now))), known.life);
        let until_ms = self.trace.since_start(end).0;
        let detail = format_args!("until_ms={until_ms}");
        self.trace.row(self.now, &Row { node: Some(node), event: "sleep", detail: Some(detail), ..Row::default() });
        self.queue.push(end, What::Wake { node, timer, life });
        timer
    }

    /// The client is through with a job. Where workers are limited, the next job starts at this instant.
    pub fn finish(&mut self, job: JobId, ending: Ending) {
        match self.jobs.get(job.0 as usize) {
            Some(known) if known.stage == Stage::Open => self.close(job, ending),
            _ => {
                self.failure.get_or_insert(RunError::NotOpen(job));
            }
        }
    }

    /// The figures, once [`World::next_event`] has given none.
    ///
    /// # Errors
    /// When the run was stopped, when jobs are unfinished, and when the trace could not be written.
    pub fn report(self) -> Result<Report, RunError> {
        let traced = self.trace.finish().map_err(RunError::Trace);
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        traced?;
        let jobs = self.workload.jobs();
        if self.ended < jobs {
            return Err(RunError::Stalled(jobs - self.ended));
        }
        Ok(self.tally.finish(jobs, self.now, |tenant| self.workload.tenant(tenant)))
    }

    /// Time goes on to the next event, within bounds.
    fn advance(&mut self, at: Instant) -> Result<(), RunError> {
        self.events += 1;
        // Crashes come by themselves, whatever the client does.
        let most = EVENTS_PER_JOB * (u64::from(self.workload.jobs()) + 100 * self.nodes.len() as u64);
        let longest = self.scenario.span.get() + LONGEST;
        if self.events > most {
            return Err(RunError::TooManyEvents(most));
        }
        if at.since(self.scenario.start) > longest {
            return Err(RunError::TooLong(longest));
        }
        self.now = at;
        self.show_progress();
        Ok(())
    }

    fn happen(&mut self, what: What) -> Option<Event> {
        match what {
            What::Open(work) => {
                self.open(work);
                None
            }
            What::Start(job) => self.begin(job),
            What::Arrival { node, job, attempt, life, is_new_connection } => {
                let draw = self.workload.draw(job);
                let operation = self.workload.operation(job);
                let call = Sent { node, job, draw, operation: &operation, is_new_connection };
                self.arrive(&call, attempt, life);
                None
            }
            What::Delivery(delivery) => self.hear(*delivery),
            What::Wake { node, timer, life } => {
                let is_same_life = self.nodes[node as usize].life == life;
                is_same_life.then_some(Event::Wake { node, timer })
            }
            What::Crash(node) => self.crash(node),
            What::Restart(node) => Some(self.restart(node)),
            What::End => {
                self.close_backlogs();
                None
            }
        }
    }

    /// A backlog is there: all workers take from it, one of each node after the other.
    fn open(&mut self, work: usize) {
        self.sources[work].is_open = true;
        for _ in 0..self.sources[work].workers.unwrap_or(0) {
            for node in 0..self.nodes.len() {
                if self.nodes[node].is_up {
                    self.take(work, node as u32);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
