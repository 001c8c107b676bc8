//! Counts what happens in a run, hour by hour and tenant by tenant.

use super::fairness::{Claim, unfairness};
use super::waits::Waits;
use super::{Early, RefusedBy, Report, Series, Share, quotient};
use crate::oracle::Most;
use crate::server::Limit;
use headroom_model::time::{HOUR, Instant};
use std::collections::BTreeMap;

/// The first second of an hour.
const FIRST_MS: u64 = 1_000;
/// Tenants whose shares are kept for charts.
const SHARES: usize = 10;
/// Early attempts whose lines are kept: enough to see what a client does.
const EARLY: usize = 3;

/// What does not change during a run.
#[derive(Clone, Debug)]
pub(crate) struct Ground {
    pub(crate) start: Instant,
    /// What the optimum has spent by each reset; empty without a pool.
    pub(crate) by_reset: BTreeMap<Instant, Most>,
    pub(crate) burst_per_second: Option<u32>,
}

/// A report in the making.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    pub(crate) report: Report,
    ground: Ground,
    hour: Instant,
    tenants: Vec<Tenant>,
    /// Points that were charged so far, each job once.
    spent: u64,
    /// At the reset that the use of the quota is told for: what was charged, and what the optimum was.
    at_reset: (u64, Most),
    /// Points, or calls where they cost nothing, and how many calls they were for; of this hour and before.
    got: u64,
    calls: u64,
    busiest: u64,
    herd: u64,
    waits: Waits,
    waiting: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tenant {
    /// Jobs that have begun and not ended.
    open: u64,
    /// In this hour.
    got: u64,
    /// In the first second of this hour.
    first_second: u64,
    /// In the whole run.
    total: u64,
}

impl Tally {
    pub(crate) fn new(strategy: &str, bound_ms: u64, tenants: usize, ground: Ground) -> Self {
        Self {
            report: Self::empty_report(strategy, bound_ms),
            hour: ground.start.hour_start(),
            ground,
            tenants: vec![Tenant::default(); tenants.max(1)],
            spent: 0,
            at_reset: (0, Most::default()),
            got: 0,
            calls: 0,
            busiest: 0,
            herd: 0,
            waits: Waits::default(),
            waiting: 0,
        }
    }

    pub(crate) fn empty_report(strategy: &str, bound_ms: u64) -> Report {
        Report {
            strategy: strategy.to_owned(),
            done: 0,
            lost: 0,
            deferred: 0,
            unstarted: 0,
            sent: 0,
            admitted: 0,
            refused: 0,
            failed: 0,
            early: 0,
            first_early: Vec::new(),
            points_spent: 0,
            finish_ms: 0,
            bound_ms,
            ratio: None,
            refused_by: RefusedBy::default(),
            waste: None,
            sent_per_admitted: None,
            herd: None,
            utilisation: None,
            interactive_denied: 0,
            interactive_wait_p99_ms: None,
            unfairness: 0.0,
            series: Series::default(),
        }
    }

    /// A job begins.
    pub(crate) fn opened(&mut self, tenant: u32, is_interactive: bool, now: Instant) {
        self.turn(now);
        self.tenants[tenant as usize].open += 1;
        if is_interactive {
            self.waiting += 1;
            let waiting = self.waiting;
            let point = self.report.series.at(now.since(self.ground.start));
            point.waiting = point.waiting.max(waiting);
        }
    }

    /// A job that had begun ends. `wait_ms` is how long a person waited for it.
    pub(crate) fn closed(&mut self, tenant: u32, is_interactive: bool, wait_ms: Option<u64>) {
        let open = &mut self.tenants[tenant as usize].open;
        *open = open.saturating_sub(1);
        self.waiting -= u32::from(is_interactive && self.waiting > 0);
        if let Some(ms) = wait_ms {
            self.waits.add(ms);
        }
    }

    /// A client sends before an instant that it was told; `line` is that of the trace.
    pub(crate) fn early(&mut self, now: Instant, line: impl FnOnce() -> String) {
        self.report.early += 1;
        if self.report.first_early.len() < EARLY {
            self.report.first_early.push(Early { time_ms: now.since(self.ground.start).0, line: line() });
        }
    }

    /// A call reaches the server.
    pub(crate) fn arrived(&mut self, tenant: u32, now: Instant) {
        self.turn(now);
        if now.since(self.hour).0 < FIRST_MS && self.hour > self.ground.start {
            let tenant = &mut self.tenants[tenant as usize];
            tenant.first_second += 1;
            self.herd = self.herd.max(tenant.first_second);
        }
    }

    /// The server does a call, `is_again` if it has done it before.
    pub(crate) fn admitted(&mut self, tenant: u32, points: u32, is_again: bool, left: Option<u32>, now: Instant) {
        let weight = u64::from(points).max(1);
        let tenant = &mut self.tenants[tenant as usize];
        tenant.got += weight;
        tenant.total += weight;
        self.got += weight;
        self.calls += 1;
        self.report.admitted += 1;
        self.report.points_spent += u64::from(points);
        self.spent += if is_again { 0 } else { u64::from(points) };
        let point = self.report.series.at(now.since(self.ground.start));
        point.admitted += 1;
        point.left = left.or(point.left);
    }

    /// A limit refuses a call.
    pub(crate) fn refused(&mut self, limit: Limit, left: Option<u32>, now: Instant) {
        self.report.refused += 1;
        self.report.refused_by.count(limit);
        let point = self.report.series.at(now.since(self.ground.start));
        point.refused += 1;
        point.left = left.or(point.left);
    }

    /// The report at the end of the run, at `now`. `name` gives a tenant's name.
    pub(crate) fn finish<'a>(mut self, jobs: u32, now: Instant, name: impl Fn(u32) -> &'a str) -> Report {
        self.turn(now);
        self.weigh();
        let mut report = self.report;
        if report.done == jobs {
            report.ratio = quotient(report.finish_ms, report.bound_ms.max(1));
        }
        report.waste = quotient(report.refused, report.admitted);
        report.sent_per_admitted = quotient(report.sent, report.admitted);
        report.herd = self.ground.burst_per_second.and_then(|burst| quotient(self.herd, u64::from(burst)));
        report.utilisation = quotient(self.at_reset.0, self.at_reset.1.points);
        report.interactive_wait_p99_ms = self.waits.percentile(99);
        let mut totals: Vec<(u64, u32)> = self.tenants.iter().map(|tenant| tenant.total).zip(0..).collect();
        totals.sort_unstable_by_key(|(got, tenant)| (std::cmp::Reverse(*got), *tenant));
        let largest = totals.into_iter().take(SHARES).filter(|(got, _)| *got > 0);
        report.series.shares = largest.map(|(got, tenant)| Share { tenant: name(tenant).to_owned(), got }).collect();
        report
    }

    /// Ends the hours that are over at `now`.
    fn turn(&mut self, now: Instant) {
        while now >= self.hour + HOUR {
            self.weigh();
            let most = self.ground.by_reset.range(..=self.hour + HOUR).next_back();
            // Later on all clients catch up: the last reset that took something away tells them apart.
            let most = most.map(|(reset, most)| (*reset == self.hour + HOUR && most.is_held_back, *most));
            if let Some((is_held_back, most)) = most.filter(|(now, _)| *now || !self.at_reset.1.is_held_back) {
                self.at_reset = (self.spent, Most { is_held_back, ..most });
            }
            for tenant in &mut self.tenants {
                (tenant.got, tenant.first_second) = (0, 0);
            }
            self.hour += HOUR;
        }
    }

    /// Looks whether this hour is the busiest so far, and how fair it was. What is open at its end was asked for as
    /// well, at the mean cost of a call.
    fn weigh(&mut self) {
        let mean = self.got.checked_div(self.calls).unwrap_or(1).max(1);
        let claim = |tenant: &Tenant| Claim { asked: tenant.got + tenant.open * mean, got: tenant.got };
        let asked: u64 = self.tenants.iter().map(|tenant| claim(tenant).asked).sum();
        if asked > self.busiest {
            self.busiest = asked;
            let claims: Vec<Claim> = self.tenants.iter().map(claim).collect();
            self.report.unfairness = unfairness(&claims);
        }
    }
}

#[cfg(test)]
mod tests;
