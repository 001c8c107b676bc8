//! The nodes of a fleet: their clocks, what is open on them, and how they crash.

use super::clock::Clock;
use super::queue::{Life, What};
use super::{Event, World};
use crate::scenario::{Each, Scenario, StateLeft};
use crate::trace::Row;
use crate::workload::JobId;
use headroom_model::time::Millis;
use std::collections::VecDeque;

/// One node, or one user among strangers.
pub(super) struct Node {
    pub(super) clock: Clock,
    pub(super) life: Life,
    pub(super) is_up: bool,
    pub(super) open: Vec<JobId>,
    /// What came while it was down.
    pub(super) line: VecDeque<JobId>,
    /// Calls on connections that are kept alive, and those connections.
    pub(super) in_flight: u32,
    pub(super) connections: u32,
}

impl Node {
    /// A call is sent. Whether it needs a new connection: all that are kept are busy, or none is kept.
    pub(super) const fn connect(&mut self, is_kept_alive: bool) -> bool {
        if !is_kept_alive {
            return true;
        }
        self.in_flight += 1;
        let is_new = self.connections < self.in_flight;
        self.connections += is_new as u32;
        is_new
    }

    /// A call is over, and its connection perhaps with it.
    pub(super) const fn disconnect(&mut self, is_kept_alive: bool, is_broken: bool) {
        if is_kept_alive {
            self.in_flight = self.in_flight.saturating_sub(1);
            self.connections = self.connections.saturating_sub(is_broken as u32);
        }
    }
}

/// The nodes of a scenario, the first being 0.
pub(super) fn nodes(scenario: &Scenario) -> Vec<Node> {
    let fleet = &scenario.fleet;
    let count = match fleet.each {
        Each::Node => fleet.nodes.get(),
        Each::User => scenario.works().filter_map(|work| work.users).map(|users| users.get()).max().unwrap_or(1),
    };
    let node = |index| Node {
        clock: Clock::of(fleet, index, count, scenario.start),
        life: 0,
        is_up: true,
        open: Vec::new(),
        line: VecDeque::new(),
        in_flight: 0,
        connections: 0,
    };
    (0..count).map(node).collect()
}

impl World {
    /// Plans the first crash of every node, spread evenly.
    pub(super) fn plan_crashes(&mut self) {
        let Some(crash) = self.scenario.fleet.crash else { return };
        let nodes = self.nodes.len() as u64;
        for node in 0..nodes {
            let after = Millis(crash.every.get().0 * (node + 1) / nodes);
            self.queue.push(self.scenario.start + after, What::Crash(node as u32));
        }
    }

    /// A node goes, with its open calls. Its jobs go back to where they came from: none is lost by it.
    pub(super) fn crash(&mut self, node: u32) -> Option<Event> {
        let crash = self.scenario.fleet.crash?;
        let known = &mut self.nodes[node as usize];
        known.is_up = false;
        known.life = known.life.wrapping_add(1);
        (known.in_flight, known.connections) = (0, 0);
        let mut open = std::mem::take(&mut known.open);
        // The order of their places says nothing; that of their numbers does.
        open.sort_unstable();
        for job in open {
            self.jobs[job.0 as usize].stage = super::jobs::Stage::Waiting;
            let work = self.workload.line_index(job);
            match self.sources[work].workers {
                Some(_) => self.sources[work].returned.push_back(job),
                None => self.nodes[node as usize].line.push_back(job),
            }
        }
        if crash.state == StateLeft::Lost {
            self.promises.forget(node);
        }
        self.queue.push(self.now + crash.down.get(), What::Restart(node));
        self.queue.push(self.now + crash.every.get(), What::Crash(node));
        self.trace.row(self.now, &Row { node: Some(node), event: "crash", ..Row::default() });
        Some(Event::Crash { node })
    }

    /// A node comes back. What waits for it, and what its workers can take, begins right after.
    pub(super) fn restart(&mut self, node: u32) -> Event {
        let known = &mut self.nodes[node as usize];
        known.is_up = true;
        for job in std::mem::take(&mut known.line) {
            self.queue.push(self.now, What::Start(job));
        }
        (0..self.sources.len()).for_each(|work| self.take_all(work, node));
        self.trace.row(self.now, &Row { node: Some(node), event: "restart", ..Row::default() });
        let is_state_kept = self.scenario.fleet.crash.is_some_and(|crash| crash.state == StateLeft::Saved);
        Event::Restart { node, is_state_kept }
    }
}
