//! The limits and the work of a scenario in the terms of the bound: what counts a call, the server itself is asked.
//!
//! What has no place in those terms is left out; the bound is lower for it, and never wrong. That is: what is refused by
//! chance or for ever, what a refusal costs, faults, clocks and crashes, the connections of calls that keep theirs alive,
//! and, where there are several nodes, what is counted for each of them.

use super::bucket::{Burst, Refill};
use super::fleet::{Class, Limits, Rule};
use super::pool::Pool;
use super::window::Window;
use crate::scenario::{Arrive, Each, Scenario};
use crate::server::counter;
use crate::server::spec::QuotaSpec;
use crate::server::{Arrival, Counted, CounterId, Limited, Server};
use crate::value::Whole;
use crate::workload::{JobId, Workload};
use headroom_model::profile::WindowShape;
use headroom_model::time::{HOUR, Millis};
use std::collections::BTreeMap;

/// Calls that come are told apart by so many instants of the span.
const GRAINS: u64 = 1_024;

/// Limits and work of a scenario.
pub(super) fn of(scenario: &Scenario, workload: &Workload) -> (Limits, BTreeMap<Class, u64>) {
    let mut maker = Maker {
        scenario,
        workload,
        server: Server::new(&scenario.server, scenario.start, 0),
        known: BTreeMap::new(),
        places: BTreeMap::new(),
        sets: BTreeMap::new(),
        limits: Limits { first: scenario.start + scenario.way_out(), ..Limits::default() },
        work: BTreeMap::new(),
    };
    for line in 0..workload.lines().len() {
        maker.add(line);
    }
    (maker.limits, maker.work)
}

struct Maker<'a> {
    scenario: &'a Scenario,
    workload: &'a Workload,
    /// Asked for prices and counters only.
    server: Server,
    /// The set of limits and the cost of jobs that are alike.
    known: BTreeMap<Alike, (usize, u32)>,
    /// Where a limit stands.
    places: BTreeMap<Source, usize>,
    sets: BTreeMap<Vec<usize>, usize>,
    limits: Limits,
    work: BTreeMap<Class, u64>,
}

/// All that tells two jobs apart for a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Alike {
    line: usize,
    tenant: u32,
    user: Option<u32>,
    objects: u32,
    /// Only where writes are counted for each item.
    item: Option<u64>,
}

/// Where a limit comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Server(CounterId),
    /// The workers of a line of work.
    Workers(usize),
}

impl Maker<'_> {
    /// The jobs of a work that follows no other, and those that follow them.
    fn add(&mut self, line: usize) {
        let Some(arrive) = self.workload.lines()[line].spec.arrive else { return };
        let mut arrivals = self.workload.arrivals(self.scenario, line);
        let begins_after = self.workload.lines()[line].spec.begins_after();
        for index in 0..self.workload.lines()[line].count {
            let ready = match arrive {
                Arrive::Backlog { .. } => begins_after,
                _ => arrivals.next().map_or(Millis::ZERO, |at| at.since(self.scenario.start)),
            };
            self.add_job(line, index, ready);
        }
    }

    /// A job that is there so long after the start. What follows it comes a round trip later at the soonest.
    fn add_job(&mut self, line: usize, index: u32, ready: Millis) {
        let workload = self.workload;
        let known = &workload.lines()[line];
        let (set, cost) = self.alike(line, JobId(known.first + index));
        let grain = (self.scenario.span.get().0 / GRAINS).max(1);
        // Never into another hour: that would count as there by a reset what comes after it.
        let hour = (self.limits.first + ready).hour_start().since(self.limits.first);
        let class = Class { ready: hour.max(Millis(ready.0 - ready.0 % grain)), set, cost };
        *self.work.entry(class).or_default() += 1;
        for (next, times) in &known.followers {
            for follower in index * times..(index + 1) * times {
                self.add_job(*next, follower, ready + self.scenario.round_trip.get());
            }
        }
    }

    /// The set of limits that count a job, and its cost.
    fn alike(&mut self, line: usize, job: JobId) -> (usize, u32) {
        let draw = self.workload.draw(job);
        let item = self.scenario.server.per_issue_writes.then(|| self.workload.item(job));
        let alike = Alike { line, tenant: draw.tenant, user: draw.user, objects: draw.objects, item };
        if let Some(known) = self.known.get(&alike) {
            return *known;
        }
        let (cost, counted) = self.counted(line, job);
        let mut set: Vec<usize> = counted.iter().filter_map(|counted| self.place(counted)).collect();
        set.extend(self.workers(line));
        let next = self.sets.len();
        let set = *self.sets.entry(set).or_insert_with_key(|set| {
            self.limits.sets.push(set.clone());
            next
        });
        self.known.insert(alike, (set, cost));
        (set, cost)
    }

    /// What counts a job, whichever node sends it, and its cost.
    fn counted(&mut self, line: usize, job: JobId) -> (u32, Vec<Counted>) {
        let spec = &self.workload.lines()[line].spec;
        let (operation, objects) = (self.workload.operation(job), self.workload.draw(job).objects);
        let account = self.workload.options(job).user;
        let mut ask = |node| {
            let mut sender = spec.sender(node, account.as_deref());
            sender.is_new_connection = !spec.keep_alive;
            self.server.counted(&Arrival { operation: &operation, sender, objects }).unwrap_or_default()
        };
        let (node, other) = match (self.scenario.fleet.each, self.workload.user(job)) {
            // What follows other work is where that was done.
            (Each::User, Some(user)) if spec.after.is_none() => (user, user),
            (Each::User, _) => (0, 1),
            (Each::Node, _) => (0, u32::from(self.scenario.fleet.nodes.get() > 1)),
        };
        let (cost, mut counted) = ask(node);
        let (_, by_other) = ask(other);
        counted.retain(|counted| by_other.contains(counted));
        (cost, counted)
    }

    /// The place of a limit; none if it has none in the terms of the bound.
    fn place(&mut self, counted: &Counted) -> Option<usize> {
        let rule = match counted.rule {
            // A place is taken until the answer is there.
            Limited::AtOnce(limit) => sliding(limit, self.scenario.way_back()),
            Limited::By(counter::Rule::Even { capacity, per_second }) => Rule::Burst(Burst { capacity, per_second }),
            Limited::By(counter::Rule::Stepped { capacity, fill, every }) => {
                Rule::Refill(Refill { capacity, fill, every, is_of_points: counted.is_of_points })
            }
            Limited::By(counter::Rule::Window { limit, span, shape }) if !counted.is_of_points => {
                Rule::Window(Window { limit, span, shape })
            }
            Limited::By(counter::Rule::Window { limit, span: HOUR, shape: WindowShape::Fixed }) => {
                Rule::Pool(self.pool(matches!(counted.by, CounterId::Pool(_)), limit))
            }
            Limited::By(counter::Rule::Window { .. }) => return None,
        };
        Some(self.push(Source::Server(counted.by), rule))
    }

    /// A worker takes its next job when the answer to the one before is there, unless a crash lets it begin anew.
    fn workers(&mut self, line: usize) -> Option<usize> {
        let Some(Arrive::Backlog { workers }) = self.workload.lines()[line].spec.arrive else { return None };
        let fleet = &self.scenario.fleet;
        let all = fleet.nodes.get().checked_mul(workers.get()).filter(|_| fleet.crash.is_none())?;
        Some(self.push(Source::Workers(line), sliding(all, self.scenario.round_trip.get())))
    }

    fn push(&mut self, source: Source, rule: Rule) -> usize {
        let rules = &mut self.limits.rules;
        *self.places.entry(source).or_insert_with(|| {
            rules.push(rule);
            rules.len() - 1
        })
    }

    /// Points of each hour, for the app's quota with its changes and with what others spent.
    fn pool(&self, is_quota: bool, wall: u32) -> Pool {
        let (start, first) = (self.scenario.start, self.limits.first);
        let quota = self.scenario.server.quota.as_ref().filter(|_| is_quota);
        let forgiven = self.scenario.server.switches.forgiveness.map_or(0, Whole::get);
        let is_same_hour = first.hour_start() == start.hour_start();
        let used = quota.filter(|_| is_same_hour).and_then(|quota| quota.used_points).map_or(0, Whole::get);
        let way_out = self.scenario.way_out();
        let walls = quota.map_or_else(|| vec![(Millis::ZERO, wall)], |quota| walls(quota, wall, forgiven, way_out));
        Pool { walls, used, window: HOUR, to_reset: first.next_hour().since(first), is_quota }
    }
}

const fn sliding(limit: u32, span: Millis) -> Rule {
    Rule::Window(Window { limit, span, shape: WindowShape::Sliding })
}

/// Up to where points are admitted, from when on since the first arrival. Of changes at the same instant the one that
/// stands last counts, and of those before the first arrival the latest.
fn walls(quota: &QuotaSpec, wall: u32, forgiven: u32, way_out: Millis) -> Vec<(Millis, u32)> {
    let mut walls = BTreeMap::from([(Millis::ZERO, wall)]);
    let mut changes: Vec<_> = quota.changes.iter().collect();
    changes.sort_by_key(|change| change.after.get());
    for change in changes {
        let at = Millis(change.after.get().0.saturating_sub(way_out.0));
        let most = u64::from(change.points.get()) * u64::from(100 + forgiven) / 100;
        walls.insert(at, u32::try_from(most).unwrap_or(u32::MAX));
    }
    walls.into_iter().collect()
}
