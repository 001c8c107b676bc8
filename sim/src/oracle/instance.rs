//! The limits and the work of a scenario in the terms of the bound. What has no place in those terms is left out: the
//! bound is lower for it, and never wrong.

use super::fleet::{Class, Limits, Pool};
use super::points::Burst;
use crate::scenario::{Arrive, AuthKind, Scenario};
use crate::server::spec::{ProfileName, QuotaScope, QuotaSpec, RequestsSpec};
use crate::server::{Arrival, Auth, Sender, Server};
use crate::value::Whole;
use crate::workload::{Draw, JobId, Line, Workload};
use headroom_model::facts;
use headroom_model::operation::Operation;
use headroom_model::points::{Route, Template};
use headroom_model::profile::{CountedPer, InvocationProfile, WindowRule, WindowShape};
use headroom_model::time::{HOUR, Instant, Millis};
use std::collections::BTreeMap;

/// Calls that come are told apart by so many instants of the span.
const GRAINS: u64 = 1_024;

/// Limits and work of a scenario.
pub(super) fn of(scenario: &Scenario, workload: &Workload) -> (Limits, BTreeMap<Class, u64>) {
    let mut maker = Maker {
        scenario,
        workload,
        server: Server::new(&scenario.server, scenario.start, 0),
        costs: BTreeMap::new(),
        places: BTreeMap::new(),
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
    /// Asked for prices only.
    server: Server,
    costs: BTreeMap<(usize, u32), Option<u32>>,
    /// Where the limits of a scope stand.
    places: BTreeMap<Scope, u32>,
    limits: Limits,
    work: BTreeMap<Class, u64>,
}

/// What a limit counts together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Scope {
    Pool(Option<u32>),
    Bucket(u32, Option<usize>),
    Installation(u32),
    Account(String),
}

impl Maker<'_> {
    /// The jobs of one work.
    fn add(&mut self, at: usize) {
        let line = &self.workload.lines()[at];
        let mut arrivals = self.workload.arrivals(self.scenario, at);
        let (start, grain) = (self.scenario.start, (self.scenario.span.get().0 / GRAINS).max(1));
        for index in 0..line.count {
            let ready = match line.spec.arrive {
                Some(Arrive::Backlog { .. }) => line.spec.begins_after(),
                // What follows other work is there when that is, and not before the start.
                None => Millis::ZERO,
                Some(_) => arrivals.next().map_or(Millis::ZERO, |at| at.since(start)),
            };
            let ready = Millis(ready.0 - ready.0 % grain);
            let class = self.class(at, line, JobId(line.first + index), ready);
            *self.work.entry(class).or_default() += 1;
        }
    }

    fn class(&mut self, at: usize, line: &Line, job: JobId, ready: Millis) -> Class {
        let draw = self.workload.draw(job);
        let cost = self.cost(at, line, job, &draw);
        if line.spec.invoke.is_some() {
            let windows = self.invocations(line, draw.tenant);
            return Class { pool: None, bucket: None, windows, cost: 0, ready };
        }
        let pool = cost.and_then(|_| self.pool(draw.tenant));
        let (bucket, windows) = (self.bucket(at, draw.tenant), self.requests(line, job));
        Class { pool, bucket, windows, cost: cost.unwrap_or(0), ready }
    }

    /// Points for a job, which its work and the objects of its answer tell; none if it spends none.
    fn cost(&mut self, at: usize, line: &Line, job: JobId, draw: &Draw) -> Option<u32> {
        let Self { workload, server, costs, .. } = self;
        *costs.entry((at, draw.objects)).or_insert_with(|| {
            let auth = match line.spec.auth {
                AuthKind::App => Auth::App { copy: 0 },
                AuthKind::ApiToken => Auth::ApiToken,
                AuthKind::Anonymous => Auth::Anonymous,
            };
            let is_frontend = line.spec.frontend;
            let sender = Sender { node: 0, account: None, auth, is_frontend, is_new_connection: false };
            server.points(&Arrival { operation: &workload.operation(job), sender, objects: draw.objects })
        })
    }

    fn place(&mut self, scope: Scope, add: impl FnOnce(&mut Limits) -> u32) -> u32 {
        let limits = &mut self.limits;
        *self.places.entry(scope).or_insert_with(|| add(limits))
    }

    fn pool(&mut self, tenant: u32) -> Option<u32> {
        let quota = self.scenario.server.quota.as_ref()?;
        let is_hourly = quota.refill.is_none();
        let forgiven = self.scenario.server.switches.forgiveness.map_or(0, Whole::get);
        let scope = Scope::Pool((quota.scope() == QuotaScope::Tenant).then_some(tenant));
        let (start, first) = (self.scenario.start, self.limits.first);
        is_hourly.then(|| self.place(scope, |limits| push(&mut limits.pools, pool(quota, forgiven, start, first))))
    }

    fn bucket(&mut self, at: usize, tenant: u32) -> Option<u32> {
        let burst = self.scenario.server.burst.as_ref()?;
        // Each path has a bucket of its own; which of several works share one does not matter for a lower bound.
        let line = burst.endpoints.is_some().then_some(at);
        let per_second = if line.is_some() { self.fastest_path(at) } else { burst.per_second() };
        let bucket = Burst { capacity: burst.capacity.map_or(per_second, Whole::get), per_second };
        Some(self.place(Scope::Bucket(tenant, line), |limits| push(&mut limits.buckets, bucket)))
    }

    fn fastest_path(&self, at: usize) -> u32 {
        let line = &self.workload.lines()[at];
        let Operation::Rest(request) = self.workload.operation(JobId(line.first)) else { return u32::MAX };
        let route = Route::of(&request.method, &request.path);
        let path = route.template.map_or(request.path.clone(), Template::text);
        facts::jira_per_second(&request.method, &path)
    }

    fn invocations(&mut self, line: &Line, tenant: u32) -> Option<u32> {
        let spec = self.scenario.server.invocations.as_ref().filter(|spec| spec.formula.is_none())?;
        let is_limited = line.spec.trigger.is_none_or(|trigger| trigger.is_rate_limited());
        let is_only_one = self.workload.tenants() == 1;
        let rules = is_limited.then(|| rules(spec.profile, is_only_one))?;
        Some(self.place(Scope::Installation(tenant), |limits| push(&mut limits.windows, rules)))
    }

    /// Bitbucket's rolling hour and GitHub's, of an account.
    fn requests(&mut self, line: &Line, job: JobId) -> Option<u32> {
        let spec = self.scenario.server.requests.as_ref()?;
        let rule = hourly(spec, self.scenario)?;
        let account = self.workload.options(job).user.filter(|_| line.spec.auth != AuthKind::Anonymous)?;
        Some(self.place(Scope::Account(account), |limits| push(&mut limits.windows, vec![rule])))
    }
}

fn push<T>(all: &mut Vec<T>, one: T) -> u32 {
    all.push(one);
    all.len() as u32 - 1
}

/// A quota that changes counts as its largest; `forgiven` percent of it are admitted beyond it.
fn pool(quota: &QuotaSpec, forgiven: u32, start: Instant, first: Instant) -> Pool {
    let changed = quota.changes.iter().map(|change| change.points.get());
    let most = u64::from(changed.fold(quota.points_per_hour(), u32::max)) * u64::from(100 + forgiven) / 100;
    let most = u32::try_from(most).unwrap_or(u32::MAX);
    let used = quota.used_points.map_or(0, Whole::get);
    let is_same_hour = first.hour_start() == start.hour_start();
    let left = most.saturating_sub(if is_same_hour { used } else { 0 });
    Pool { quota: most, left, window: HOUR, to_reset: first.next_hour().since(first) }
}

/// What is counted per user is left out, and what is counted per environment, unless there is only one installation.
fn rules(profile: ProfileName, is_only_one: bool) -> Vec<WindowRule> {
    let counts = |rule: &&WindowRule| match rule.per {
        CountedPer::User => false,
        CountedPer::Environment => is_only_one,
        _ => true,
    };
    InvocationProfile::from(profile).rules().iter().filter(counts).copied().collect()
}

fn hourly(spec: &RequestsSpec, scenario: &Scenario) -> Option<WindowRule> {
    let (limit, is_sliding) = spec.per_hour_of(scenario.server.product)?;
    let shape = if is_sliding { WindowShape::Sliding } else { WindowShape::Fixed };
    Some(WindowRule { per: CountedPer::User, limit, span: HOUR, shape })
}
