//! The server's truth: who is admitted, what it costs, and how a refusal is worded.
//!
//! All limits of an operation are checked before any of them is charged, so a refusal costs nothing. Where several
//! refuse, the quota is reported before the burst: it is the longer wait, and the one that has a reason to name.

pub mod burst;
pub mod invocations;
pub mod pool;
mod wording;

use crate::scenario::{PointsSpec, Scenario, ServerSpec};
use burst::Bucket;
use headroom_model::operation::{Answer, Context, Operation, Request};
use headroom_model::points::price;
use headroom_model::time::{Instant, Millis};
use invocations::Invocations;
use pool::Pool;
use std::collections::BTreeMap;
use std::fmt;

/// Which kind of limit refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// The hourly points quota.
    PointsQuota,
    /// The burst limit on REST requests.
    Burst,
    /// A rate of Forge invocations.
    InvocationRate,
}

impl Limit {
    /// The name in reports and traces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PointsQuota => "points-quota",
            Self::Burst => "burst",
            Self::InvocationRate => "invocation-rate",
        }
    }
}

/// What a limit counts together, and so what a refusal stops.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// All REST traffic of the app.
    App,
    /// REST traffic of one tenant.
    Tenant(String),
    /// Invocations in one installation.
    Installation(String),
    /// Invocations of one user in one installation.
    User {
        /// The installation's id.
        installation: String,
        /// The user's account id.
        account: String,
    },
    /// Invocations in one environment.
    Environment(String),
}

impl Scope {
    /// Every scope that an operation falls under.
    #[must_use]
    pub fn of(operation: &Operation) -> Vec<Self> {
        match operation {
            Operation::Rest(request) => vec![Self::App, Self::Tenant(request.tenant.clone())],
            Operation::Invoke(invocation) => {
                let context = &invocation.context;
                let mut scopes = vec![
                    Self::Installation(context.installation.clone()),
                    Self::Environment(context.environment.clone()),
                ];
                if let Some(account) = context.account.clone() {
                    scopes.push(Self::User { installation: context.installation.clone(), account });
                }
                scopes
            }
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::App => write!(f, "app"),
            Self::Tenant(tenant) => write!(f, "tenant:{tenant}"),
            Self::Installation(installation) => write!(f, "installation:{installation}"),
            Self::User { installation, account } => write!(f, "user:{installation}/{account}"),
            Self::Environment(environment) => write!(f, "environment:{environment}"),
        }
    }
}

/// What the server did with an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was done, for so many points.
    Admitted {
        /// Points charged; 0 for invocations.
        points: u32,
    },
    /// A limit refused it, and nothing was charged.
    Refused(Refused),
    /// This server has no such operation: an error in the simulation's client, not a limit.
    NotFound,
}

/// The truth about a refusal, and what the client was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The kind of limit.
    pub limit: Limit,
    /// What it stops.
    pub scope: Scope,
    /// The first instant at which the operation is admitted, if nothing else comes.
    pub until: Instant,
    /// The instant that the answer names: never before `until`, later by less than a second where it names whole
    /// seconds.
    pub promised: Instant,
}

/// A server's decision on one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What the client is told.
    pub answer: Answer,
    /// What happened.
    pub verdict: Verdict,
    /// Points, or invocations of the fullest window, that are left; none where nothing is counted.
    pub left: Option<u32>,
}

/// A simulated Atlassian.
#[derive(Clone, Debug)]
pub struct Server {
    doors: Doors,
    latest: Instant,
}

#[derive(Clone, Debug)]
enum Doors {
    Rest { pool: Pool, spec: PointsSpec, buckets: BTreeMap<String, Bucket> },
    Forge(Invocations),
}

impl Server {
    /// The server of a scenario, as it is at the scenario's start.
    #[must_use]
    pub fn new(scenario: &Scenario) -> Self {
        let doors = match scenario.server {
            ServerSpec::Points(spec) => Doors::Rest {
                pool: Pool::new(spec.quota_points, spec.used_points, scenario.start),
                spec,
                buckets: BTreeMap::new(),
            },
            ServerSpec::Invocations(profile) => Doors::Forge(Invocations::new(profile)),
        };
        Self { doors, latest: scenario.start }
    }

    /// Answers an operation that reaches the server at `now`. An instant before the latest one counts as the latest.
    pub fn answer(&mut self, operation: &Operation, now: Instant) -> Decision {
        self.latest = self.latest.max(now);
        let now = self.latest;
        match (&mut self.doors, operation) {
            (Doors::Rest { pool, spec, buckets }, Operation::Rest(request)) => {
                let bucket = buckets
                    .entry(request.tenant.clone())
                    .or_insert_with(|| Bucket::full(spec.burst_capacity, spec.burst_per_second, now));
                rest(pool, bucket, request, now)
            }
            (Doors::Forge(windows), Operation::Invoke(invocation)) => invoke(windows, &invocation.context, now),
            (_, operation) => {
                Decision { answer: wording::not_found(operation, now), verdict: Verdict::NotFound, left: None }
            }
        }
    }
}

fn rest(pool: &mut Pool, bucket: &mut Bucket, request: &Request, now: Instant) -> Decision {
    let points = price(&request.method, &request.path).likely;
    let (limit, scope, until) = match (pool.check(points, now), bucket.check(now)) {
        (Ok(()), Ok(())) => {
            pool.take(points, now);
            bucket.take(now);
            let left = pool.left(now);
            let answer = wording::page(request, pool.quota(), left, now);
            return Decision { answer, verdict: Verdict::Admitted { points }, left: Some(left) };
        }
        // Close to the hour the bucket can be empty for longer than the pool: the later instant is the true one.
        (Err(until), burst) => (Limit::PointsQuota, Scope::App, burst.err().map_or(until, |burst| burst.max(until))),
        (Ok(()), Err(until)) => (Limit::Burst, Scope::Tenant(request.tenant.clone()), until),
    };
    let left = pool.left(now);
    let retry_after = Millis::from_secs(until.since(now).secs_ceil());
    let answer = wording::too_many_requests(limit, retry_after, pool.quota(), left, now);
    let verdict = Verdict::Refused(Refused { limit, scope, until, promised: now + retry_after });
    Decision { answer, verdict, left: Some(left) }
}

fn invoke(windows: &mut Invocations, context: &Context, now: Instant) -> Decision {
    match windows.admit(context, now) {
        Ok(left) => Decision { answer: wording::resolved(), verdict: Verdict::Admitted { points: 0 }, left },
        Err(refusal) => {
            let answer = wording::rejected(refusal.rule.limit, refusal.until);
            let refused = Refused {
                limit: Limit::InvocationRate,
                scope: refusal.scope,
                until: refusal.until,
                promised: refusal.until,
            };
            Decision { answer, verdict: Verdict::Refused(refused), left: Some(0) }
        }
    }
}

#[cfg(test)]
mod tests;
