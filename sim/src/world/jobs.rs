//! The jobs of a run: which are open, where, and what comes next. 16 bytes for each.

use super::queue::What;
use super::{Ending, Event, World};
use crate::scenario::{Arrive, Priority};
use crate::trace::Row;
use crate::value::Whole;
use crate::workload::{Arrivals, JobId};
use headroom_model::operation::{Operation, Trigger};
use headroom_model::time::Instant;
use std::collections::VecDeque;

/// What is known of one job.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job {
    pub(super) node: u32,
    /// Its place among the open jobs of its node.
    pub(super) slot: u32,
    /// When it was first started, in milliseconds since the scenario's start; [`NEVER`]: not yet.
    pub(super) started_ms: u32,
    pub(super) stage: Stage,
    /// The quota has refused it.
    pub(super) is_denied: bool,
    /// The server has done it.
    pub(super) is_served: bool,
}

/// 49 days, longer than a span and what may follow it.
pub(super) const NEVER: u32 = u32::MAX;

/// Where a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Waiting,
    Open,
    Ended,
}

impl Job {
    pub(super) const NEW: Self =
        Self { node: 0, slot: 0, started_ms: NEVER, stage: Stage::Waiting, is_denied: false, is_served: false };
}

/// What comes of one work.
pub(super) struct Source {
    arrivals: Arrivals,
    next_at: Option<Instant>,
    /// Jobs that have come, or were taken from the backlog.
    taken: u32,
    /// Workers of each node; none: the jobs come by themselves.
    pub(super) workers: Option<u32>,
    /// Jobs of the backlog whose node crashed.
    pub(super) returned: VecDeque<JobId>,
    pub(super) is_open: bool,
}

impl World {
    pub(super) fn sources(&self) -> Vec<Source> {
        let lines = self.workload.lines().iter().enumerate();
        let source = lines.map(|(index, line)| {
            let mut arrivals = self.workload.arrivals(&self.scenario, index);
            let workers = match line.spec.arrive {
                Some(Arrive::Backlog { workers }) => Some(Whole::get(workers)),
                _ => None,
            };
            let next_at = arrivals.next();
            Source { arrivals, next_at, taken: 0, workers, returned: VecDeque::new(), is_open: false }
        });
        source.collect()
    }

    /// The work whose next job comes first, and when.
    pub(super) fn soonest(&self) -> Option<(Instant, usize)> {
        let coming = self.sources.iter().enumerate().filter_map(|(index, source)| Some((source.next_at?, index)));
        coming.min()
    }

    /// The next job of a work comes by itself.
    pub(super) fn come(&mut self, work: usize) -> Option<Event> {
        let source = &mut self.sources[work];
        let (at, index) = (source.next_at?, source.taken);
        source.next_at = source.arrivals.next();
        source.taken += 1;
        self.next_coming = self.soonest();
        let line = &self.workload.lines()[work];
        let job = JobId(line.first + index);
        let trigger = line.spec.trigger.filter(|_| line.spec.invoke.is_some());
        self.jobs[job.0 as usize].node =
            self.workload.user(job).filter(|_| self.is_each_user).unwrap_or(index % self.nodes.len() as u32);
        match (trigger, self.workload.operation(job)) {
            (Some(Trigger::Scheduled | Trigger::ProductEvent | Trigger::AsyncEvent), Operation::Invoke(event)) => {
                match self.door.deliver(&event.context, at) {
                    Some(later) if later > at => self.queue.push(later, What::Start(job)),
                    Some(_) => return self.begin(job),
                    None => self.end(job, Ending::Lost),
                }
                None
            }
            _ => self.begin(job),
        }
    }

    /// A job is handed to its node's client; it waits in line where the node is down.
    pub(super) fn begin(&mut self, job: JobId) -> Option<Event> {
        let now = self.now;
        let known = &mut self.jobs[job.0 as usize];
        let node = &mut self.nodes[known.node as usize];
        if !node.is_up {
            node.line.push_back(job);
            return None;
        }
        (known.stage, known.slot) = (Stage::Open, node.open.len() as u32);
        node.open.push(job);
        let (node, is_first) = (known.node, known.started_ms == NEVER);
        if is_first {
            let since = now.since(self.scenario.start).0;
            known.started_ms = u32::try_from(since).unwrap_or(NEVER - 1);
            let (tenant, is_interactive) = (self.workload.draw(job).tenant, self.is_interactive(job));
            self.tally.opened(tenant, is_interactive, now);
        }
        self.trace.row(now, &Row { node: Some(node), event: "start", job: Some(job), ..Row::default() });
        Some(Event::Start { node, job })
    }

    /// A free worker of a node takes the next job of a backlog, if there is one.
    pub(super) fn take(&mut self, work: usize, node: u32) {
        let line = &self.workload.lines()[work];
        let source = &mut self.sources[work];
        let job = match source.returned.pop_front() {
            Some(job) => job,
            None if source.taken < line.count && self.now < self.end => {
                source.taken += 1;
                JobId(line.first + source.taken - 1)
            }
            None => return,
        };
        self.jobs[job.0 as usize].node = node;
        self.queue.push(self.now, What::Start(job));
    }

    /// All workers of a node begin to take from a backlog.
    pub(super) fn take_all(&mut self, work: usize, node: u32) {
        let workers = self.sources[work].workers.filter(|_| self.sources[work].is_open).unwrap_or(0);
        (0..workers).for_each(|_| self.take(work, node));
    }

    /// A client is through with a job that was open. What the server never did is not done, whatever the client took
    /// its answer for: a refusal of GraphQL comes with status 200.
    pub(super) fn close(&mut self, job: JobId, ending: Ending) {
        let Job { node, slot, is_served, .. } = self.jobs[job.0 as usize];
        let ending = if ending == Ending::Done && !is_served { Ending::Lost } else { ending };
        let open = &mut self.nodes[node as usize].open;
        open.swap_remove(slot as usize);
        if let Some(moved) = open.get(slot as usize) {
            self.jobs[moved.0 as usize].slot = slot;
        }
        self.end(job, ending);
        let work = self.workload.line_index(job);
        if self.sources[work].workers.is_some() {
            self.take(work, node);
        }
    }

    /// A job has ended. What was to follow it begins, or ends the same way.
    fn end(&mut self, job: JobId, ending: Ending) {
        let mut ending_now = vec![job];
        while let Some(job) = ending_now.pop() {
            let known = self.jobs[job.0 as usize];
            self.jobs[job.0 as usize].stage = Stage::Ended;
            self.ended += 1;
            self.count_end(job, ending);
            let line = self.workload.line(job);
            let index = job.0 - line.first;
            for (work, times) in &line.followers {
                let first = self.workload.lines()[*work].first + index * times;
                for follower in (first..first + times).map(JobId) {
                    if ending == Ending::Done {
                        self.jobs[follower.0 as usize].node = known.node;
                        self.queue.push(self.now, What::Start(follower));
                    } else {
                        ending_now.push(follower);
                    }
                }
            }
        }
    }

    fn count_end(&mut self, job: JobId, ending: Ending) {
        let is_interactive = self.is_interactive(job);
        let report = &mut self.tally.report;
        let counter = match ending {
            Ending::Done => &mut report.done,
            Ending::Lost => &mut report.lost,
            Ending::Deferred(_) => &mut report.deferred,
        };
        *counter += 1;
        report.finish_ms = self.now.since(self.scenario.start).0;
        let known = self.jobs[job.0 as usize];
        let waited = report.finish_ms.saturating_sub(u64::from(known.started_ms));
        if is_interactive {
            let deadline = self.workload.line(job).deadline;
            let is_late = ending != Ending::Done || deadline.is_some_and(|deadline| waited > deadline.0);
            report.interactive_denied += u32::from(is_late || known.is_denied);
        }
        if known.started_ms != NEVER {
            let wait = (is_interactive && ending == Ending::Done).then_some(waited);
            self.tally.closed(self.workload.draw(job).tenant, is_interactive, wait);
        }
        let until_ms = if let Ending::Deferred(until) = ending { self.trace.since_start(until).0 } else { 0 };
        let detail = match ending {
            Ending::Done => format_args!("done"),
            Ending::Lost => format_args!("lost"),
            Ending::Deferred(_) => format_args!("deferred until_ms={until_ms}"),
        };
        let row =
            Row { node: Some(known.node), event: "finish", job: Some(job), detail: Some(detail), ..Row::default() };
        self.trace.row(self.now, &row);
    }

    /// The span is over: nothing more is taken from a backlog, and what was to follow that does not come either.
    pub(super) fn close_backlogs(&mut self) {
        for work in 0..self.sources.len() {
            let (source, line) = (&mut self.sources[work], &self.workload.lines()[work]);
            if source.workers.is_some() {
                let left = line.count - source.taken;
                source.taken = line.count;
                let all = u64::from(left) * self.workload.with_followers(work);
                let all = u32::try_from(all).unwrap_or(u32::MAX);
                self.tally.report.unstarted += all;
                self.ended += all;
            }
        }
    }

    pub(super) fn is_interactive(&self, job: JobId) -> bool {
        self.workload.line(job).spec.priority == Some(Priority::Interactive)
    }
}
