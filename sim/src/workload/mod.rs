//! The jobs of a scenario: their operations, made on demand, and back from an operation to its job.

mod arrivals;

pub(crate) use arrivals::Arrivals;

use crate::scenario::{Arrive, AuthKind, Priority, Scenario, WorkSpec, Zipf};
use crate::value::{Span, Whole};
use headroom_model::operation::{Context, Header, Invocation, Operation, Request, Trigger};
use headroom_model::rng::SplitMix64;
use headroom_model::time::Millis;
use std::collections::BTreeMap;

/// One piece of the work, numbered from 0: all of the first work, then all of the second, and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u32);

/// What a caller wishes for its call, in the words of `call-options` in `wit/types.wit`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallOptions {
    /// How long the caller can wait.
    pub deadline: Option<Millis>,
    /// Who waits for it; none: not told.
    pub priority: Option<Priority>,
    /// The account for which it is sent.
    pub user: Option<String>,
    /// Whether sending it twice does no harm; none: as its method says.
    pub is_idempotent: Option<bool>,
    /// Whether errors of writes may be retried.
    pub may_retry_unsafe: bool,
}

/// Items are numbered from here, so that ids have six digits or more, as in the documentation's example.
const FIRST_ITEM: u64 = 100_000;
/// The header in which a request carries the number of its job, as programs send an id for their own logs.
const JOB_HEADER: &str = "X-Request-Id";
/// Where GraphQL is asked. Source: Atlassian's platform GraphQL documentation, read 2026-11.
const GRAPHQL_PATH: &str = "/gateway/api/graphql";

/// All jobs of a scenario with one seed. It holds a few numbers for each work, and nothing for a job.
#[derive(Clone, Debug)]
pub struct Workload {
    lines: Vec<Line>,
    tenants: Vec<String>,
    seed: u64,
}

/// One work.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) spec: WorkSpec,
    /// Its first job.
    pub(crate) first: u32,
    pub(crate) count: u32,
    /// What follows each of its jobs: which work, and how many jobs.
    pub(crate) followers: Vec<(usize, u32)>,
    /// The first of its tenants among all.
    tenant: u32,
    zipf: Option<Zipf>,
    pub(crate) deadline: Option<Millis>,
}

/// Who and what a job is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Draw {
    /// Among all tenants of the scenario.
    pub(crate) tenant: u32,
    /// From 0.
    pub(crate) user: Option<u32>,
    pub(crate) objects: u32,
}

impl Workload {
    /// The jobs of a scenario. `seed` draws what it leaves to chance.
    #[must_use]
    pub fn new(scenario: &Scenario, seed: u64) -> Self {
        let mut all = Self { lines: Vec::new(), tenants: Vec::new(), seed };
        let mut bases: BTreeMap<&str, u32> = BTreeMap::new();
        for spec in scenario.works() {
            let most = bases.entry(scenario.tenant_of(spec)).or_default();
            *most = spec.tenants.get().max(*most);
        }
        let mut tenants: BTreeMap<&str, u32> = BTreeMap::new();
        for (base, count) in bases {
            tenants.insert(base, all.tenants.len() as u32);
            let name = |k| if count == 1 { base.to_owned() } else { format!("{base}-{k}") };
            all.tenants.extend((1..=count).map(name));
        }
        for spec in scenario.works() {
            all.lines.push(Line {
                spec: spec.clone(),
                first: 0,
                count: 0,
                followers: Vec::new(),
                tenant: tenants.get(scenario.tenant_of(spec)).copied().unwrap_or(0),
                zipf: spec.zipf.map(|exponent| Zipf::new(exponent, spec.tenants.get())),
                deadline: spec.deadline.or(scenario.client.deadline).map(Span::get),
            });
        }
        all.number(scenario);
        all
    }

    /// How many jobs there are; they are numbered from 0.
    #[must_use]
    pub fn jobs(&self) -> u32 {
        self.lines.last().map_or(0, |line| line.first + line.count)
    }

    /// What this job asks of the server.
    #[must_use]
    pub fn operation(&self, job: JobId) -> Operation {
        let (line, draw) = (self.line(job), self.draw(job));
        let (item, user) = (self.item(job), draw.user.map_or(0, |user| user + 1));
        let tenant = self.tenant(draw.tenant).to_owned();
        let spec = &line.spec;
        if let Some(function_key) = &spec.invoke {
            let payload = format!(r#"{{"example":"my-invoke-variable","job":{}}}"#, job.0);
            let account = self.account(spec, draw.user);
            let trigger = spec.trigger.unwrap_or(Trigger::Ui);
            let context = Context { installation: tenant, account, environment: "production".into(), trigger };
            return Operation::Invoke(Invocation { function_key: function_key.clone(), payload, context });
        }
        let mut request = match (&spec.request, &spec.graphql) {
            (Some(line), _) => Request {
                method: line.method.name().to_owned(),
                body: spec.body.as_ref().map(|body| body.fill(item, user).into_bytes()),
                ..Request::get(tenant, line.target.fill(item, user))
            },
            (None, query) => {
                let query = query.as_ref().map(|query| query.fill(item, user)).unwrap_or_default();
                let body = serde_json::json!({ "query": query }).to_string().into_bytes();
                Request { method: "POST".to_owned(), body: Some(body), ..Request::get(tenant, GRAPHQL_PATH) }
            }
        };
        request.headers.push(Header::new(JOB_HEADER, job.0.to_string()));
        Operation::Rest(request)
    }

    /// What its caller wishes for.
    #[must_use]
    pub fn options(&self, job: JobId) -> CallOptions {
        let line = self.line(job);
        CallOptions {
            deadline: line.deadline,
            priority: line.spec.priority,
            user: self.account(&line.spec, self.user(job)),
            is_idempotent: line.spec.idempotent,
            may_retry_unsafe: line.spec.retry_unsafe,
        }
    }

    /// The job that this operation belongs to: by the header `X-Request-Id`, or by the field `job` of the payload. None
    /// if it asks for something else or for someone else than that job; header fields may have been added on the way.
    #[must_use]
    pub fn job_of(&self, operation: &Operation) -> Option<JobId> {
        let number: u32 = match operation {
            Operation::Rest(request) => {
                request.headers.iter().find(|header| header.name == JOB_HEADER)?.value.parse().ok()?
            }
            Operation::Invoke(invocation) => {
                let payload: serde_json::Value = serde_json::from_str(&invocation.payload).ok()?;
                payload.get("job")?.as_u64()?.try_into().ok()?
            }
        };
        let job = (number < self.jobs()).then_some(JobId(number))?;
        let is_same = match (self.operation(job), operation) {
            (Operation::Rest(mine), Operation::Rest(other)) => {
                (&mine.tenant, &mine.method, &mine.path, &mine.body)
                    == (&other.tenant, &other.method, &other.path, &other.body)
            }
            (Operation::Invoke(mine), Operation::Invoke(other)) => {
                mine.context == other.context && mine.function_key == other.function_key
            }
            _ => false,
        };
        is_same.then_some(job)
    }

    /// The name of a tenant.
    pub(crate) fn tenant(&self, tenant: u32) -> &str {
        self.tenants.get(tenant as usize).map_or("", String::as_str)
    }

    /// How many tenants there are.
    pub(crate) const fn tenants(&self) -> usize {
        self.tenants.len()
    }

    pub(crate) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The work that a job belongs to.
    pub(crate) fn line_index(&self, job: JobId) -> usize {
        self.lines.partition_point(|line| line.first <= job.0).saturating_sub(1)
    }

    pub(crate) fn line(&self, job: JobId) -> &Line {
        &self.lines[self.line_index(job)]
    }

    /// A job of this work, and all that follow it.
    pub(crate) fn with_followers(&self, line: usize) -> u64 {
        let followers = self.lines[line].followers.iter();
        1 + followers.map(|(next, times)| u64::from(*times) * self.with_followers(*next)).sum::<u64>()
    }

    /// When the jobs of this work come.
    pub(crate) fn arrivals(&self, scenario: &Scenario, line: usize) -> Arrivals {
        Arrivals::new(&self.lines[line].spec, scenario.start, scenario.end(), child(self.seed, line as u64))
    }

    /// Whom and what a job is about, always the same for the same job and seed.
    pub(crate) fn draw(&self, job: JobId) -> Draw {
        let line = self.line(job);
        let index = job.0 - line.first;
        // 0 to the number of works are the arrivals' own.
        let mut rng = SplitMix64::new(child(self.seed, (1 << 32) + u64::from(job.0)));
        let tenants = line.spec.tenants.get();
        let tenant = line.zipf.as_ref().map_or(index % tenants, |zipf| zipf.draw(&mut rng));
        let objects = line.spec.objects;
        let more = rng.up_to(u64::from(objects.most - objects.least)) as u32;
        Draw { tenant: line.tenant + tenant, user: self.user(job), objects: objects.least + more }
    }

    /// The user of a job, from 0.
    pub(crate) fn user(&self, job: JobId) -> Option<u32> {
        let line = self.line(job);
        line.spec.users.map(|users| (job.0 - line.first) % users.get())
    }

    /// Who asks. What comes without authorisation comes without an account.
    fn account(&self, spec: &WorkSpec, user: Option<u32>) -> Option<String> {
        match (spec.auth, &spec.account) {
            (AuthKind::Anonymous, _) => None,
            (_, Some(account)) => Some(account.clone()),
            (_, None) => user.map(|user| format!("user-{}", user + 1)),
        }
    }

    /// The item that a job is about; what comes every so often is about the same items again.
    pub(crate) fn item(&self, job: JobId) -> u64 {
        let line = self.line(job);
        let index = job.0 - line.first;
        let items = match line.spec.arrive {
            Some(Arrive::Every(_)) => line.spec.count.map_or(1, Whole::get),
            _ => u32::MAX,
        };
        FIRST_ITEM + u64::from(index % items)
    }

    /// Gives every work its jobs. What follows another work has as many as that one times its own factor.
    fn number(&mut self, scenario: &Scenario) {
        let names: Vec<String> = self.lines.iter().map(|line| line.spec.name.get_ref().clone()).collect();
        let before = |line: &Line| {
            let name = line.spec.after.as_ref()?.get_ref();
            names.iter().position(|other| other == name)
        };
        let befores: Vec<Option<usize>> = self.lines.iter().map(before).collect();
        for index in 0..self.lines.len() {
            let (mut at, mut times) = (index, 1_u32);
            // A chain without a circle is shorter than there are works.
            while let Some(before) = befores[at] {
                times = times.saturating_mul(self.lines[at].spec.times.get());
                at = before;
            }
            let counted = match self.lines[at].spec.arrive {
                Some(Arrive::Backlog { .. }) => self.lines[at].spec.count.map_or(0, Whole::get),
                _ => self.arrivals(scenario, at).count() as u32,
            };
            self.lines[index].count = counted.saturating_mul(times);
            if let Some(before) = befores[index] {
                let times = self.lines[index].spec.times.get();
                self.lines[before].followers.push((index, times));
            }
        }
        let mut first = 0;
        for line in &mut self.lines {
            line.first = first;
            first += line.count;
        }
    }
}

/// A seed of its own for each purpose; purpose 0 has the seed itself.
pub(crate) const fn child(seed: u64, purpose: u64) -> u64 {
    // An odd number with as many ones as zeros, and not SplitMix64's own step: that would only shift the sequence.
    seed ^ purpose.wrapping_mul(0xc6a4_a793_5bd1_e995)
}

#[cfg(test)]
mod tests;
