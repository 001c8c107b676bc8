//! Types of the WIT to those of model and core, and back: one `From` for each, field by field.

use crate::headroom::forge::types as wit;
use headroom_core::config::{BurstRate, Config, ConfigError, PoolKind, RateWindow};
use headroom_core::log::{Entry, Event};
use headroom_core::verdict as core;
use headroom_core::{Limiter, PoolStatus, Status, state};
use headroom_model::allowance::Allowance;
use headroom_model::operation as model;
use headroom_model::points::{Cost, Template};
use headroom_model::profile::{CountedPer, InvocationProfile};
use headroom_model::time::{Instant, Millis};
use std::mem;

impl From<wit::Trigger> for model::Trigger {
    fn from(trigger: wit::Trigger) -> Self {
        match trigger {
            wit::Trigger::Ui => Self::Ui,
            wit::Trigger::WebTrigger => Self::WebTrigger,
            wit::Trigger::Workflow => Self::Workflow,
            wit::Trigger::AdfExport => Self::AdfExport,
            wit::Trigger::JqlFunction => Self::JqlFunction,
            wit::Trigger::Scheduled => Self::Scheduled,
            wit::Trigger::ProductEvent => Self::ProductEvent,
            wit::Trigger::AsyncEvent => Self::AsyncEvent,
        }
    }
}

/// What the limiter reads of an operation. Payload, headers and body it never looks at.
impl From<wit::Operation> for model::Operation {
    fn from(operation: wit::Operation) -> Self {
        match operation {
            wit::Operation::Invoke(invocation) => Self::Invoke(model::Invocation {
                function_key: invocation.function_key,
                payload: String::new(),
                context: model::Context {
                    installation: invocation.context.installation,
                    account: invocation.context.account,
                    environment: invocation.context.environment,
                    trigger: invocation.context.trigger.into(),
                },
            }),
            wit::Operation::Rest(request) => Self::Rest(model::Request {
                tenant: request.tenant,
                method: request.method,
                path: request.path,
                headers: Vec::new(),
                body: None,
            }),
        }
    }
}

/// The verdict on an operation. A token that is none is the verdict.
pub fn quota_check(
    limiter: &Limiter,
    operation: wit::Operation,
    options: wit::CallOptions,
    now: Instant,
) -> wit::Verdict {
    let (options, never) = match core::CallOptions::try_from(options) {
        Ok(options) => (options, None),
        Err(never) => (core::CallOptions::default(), Some(never)),
    };
    let mut verdict = limiter.quota_check(&operation.into(), &options, now);
    if let Some(never) = never {
        verdict.decision = core::Decision::Never(never);
    }
    verdict.into()
}

/// Lets the limiter read an answer. Bodies may be large, so they are lent and not copied.
pub fn lend(answer: &mut wit::Answer, read: impl FnOnce(&model::Answer)) {
    let mut lent = match answer {
        wit::Answer::Response(response) => model::Answer::Response(model::Response {
            status: response.status,
            headers: response.headers.iter().map(|header| model::Header::new(&*header.name, &*header.value)).collect(),
            body: mem::take(&mut response.body),
        }),
        wit::Answer::Resolved(json) => model::Answer::Resolved(mem::take(json)),
        wit::Answer::Rejected(json) => model::Answer::Rejected(mem::take(json)),
    };
    read(&lent);
    match (answer, &mut lent) {
        (wit::Answer::Response(response), model::Answer::Response(lent)) => {
            mem::swap(&mut response.body, &mut lent.body)
        }
        (wit::Answer::Resolved(json), model::Answer::Resolved(lent))
        | (wit::Answer::Rejected(json), model::Answer::Rejected(lent)) => mem::swap(json, lent),
        _ => {}
    }
}

impl TryFrom<wit::CallOptions> for core::CallOptions {
    type Error = core::Never;

    fn try_from(options: wit::CallOptions) -> Result<Self, core::Never> {
        let resume = options.resume_token.map(|token| token.parse()).transpose().map_err(core::Never::CannotResume)?;
        Ok(Self {
            deadline: options.deadline.map(Millis),
            max_attempts: options.max_attempts,
            idempotent: options.idempotent,
            runtime: options.runtime.map(|runtime| match runtime {
                wit::Runtime::Ui => core::Runtime::Ui,
                wit::Runtime::WebTrigger => core::Runtime::WebTrigger,
                wit::Runtime::AsyncEvent => core::Runtime::AsyncEvent,
            }),
            resume,
            priority: match options.priority {
                Some(wit::Priority::Background) => core::Priority::Background,
                Some(wit::Priority::Interactive) | None => core::Priority::Interactive,
            },
            user: options.user,
            retry_unsafe: options.retry_unsafe.unwrap_or_default(),
        })
    }
}

impl From<wit::Config> for Config {
    fn from(config: wit::Config) -> Self {
        Self {
            quota_points: config.quota,
            pool: match config.pool {
                wit::Pool::Global => PoolKind::Global,
                wit::Pool::PerTenant => PoolKind::PerTenant,
            },
            burst: config.burst.map(|rate| BurstRate { per_second: rate.per_second, capacity: rate.capacity }),
            invocations: match config.invocations {
                wit::InvocationProfile::ForgeCurrent => InvocationProfile::ForgeCurrent,
                wit::InvocationProfile::ForgeRfc130 => InvocationProfile::ForgeRfc130,
                wit::InvocationProfile::ForgeSep2026 => InvocationProfile::ForgeSep2026,
            },
            max_attempts: config.max_attempts,
            max_elapsed: Millis(config.max_elapsed),
            jitter: Millis(config.jitter),
            backoff: Millis(config.backoff),
            max_calls: config.max_calls,
            nodes: config.nodes,
            retry_budget: config.retry_budget,
            tenant_cap: config.tenant_cap.map(|cap| Allowance {
                base: cap.base,
                per_user: cap.per_user,
                cap: cap.most,
            }),
            user_cap: config.user_cap,
            windows: config.windows.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<wit::RateWindow> for RateWindow {
    fn from(window: wit::RateWindow) -> Self {
        let per = match window.per {
            wit::CountedPer::App => CountedPer::App,
            wit::CountedPer::Account => CountedPer::Account,
            wit::CountedPer::Environment => CountedPer::Environment,
            wit::CountedPer::Installation => CountedPer::Installation,
            wit::CountedPer::User => CountedPer::User,
        };
        Self { per, limit: window.limit, span: Millis(window.span) }
    }
}

impl From<Config> for wit::Config {
    fn from(config: Config) -> Self {
        Self {
            quota: config.quota_points,
            pool: match config.pool {
                PoolKind::Global => wit::Pool::Global,
                PoolKind::PerTenant => wit::Pool::PerTenant,
            },
            burst: config.burst.map(|rate| wit::BurstRate { per_second: rate.per_second, capacity: rate.capacity }),
            invocations: match config.invocations {
                InvocationProfile::ForgeCurrent => wit::InvocationProfile::ForgeCurrent,
                InvocationProfile::ForgeRfc130 => wit::InvocationProfile::ForgeRfc130,
                InvocationProfile::ForgeSep2026 => wit::InvocationProfile::ForgeSep2026,
            },
            max_attempts: config.max_attempts,
            max_elapsed: config.max_elapsed.0,
            jitter: config.jitter.0,
            backoff: config.backoff.0,
            max_calls: config.max_calls,
            nodes: config.nodes,
            retry_budget: config.retry_budget,
            tenant_cap: config.tenant_cap.map(|cap| {
                let Allowance { base, per_user, cap } = cap;
                wit::Allowance { base, per_user, most: cap }
            }),
            user_cap: config.user_cap,
            // A default has none.
            windows: Vec::new(),
        }
    }
}

impl From<ConfigError> for wit::ConfigError {
    fn from(error: ConfigError) -> Self {
        Self { field: error.field.to_owned(), message: error.to_string() }
    }
}

impl From<core::LimiterKind> for wit::LimiterKind {
    fn from(kind: core::LimiterKind) -> Self {
        match kind {
            core::LimiterKind::PointsQuota => Self::PointsQuota,
            core::LimiterKind::Burst => Self::Burst,
            core::LimiterKind::PerIssueWrite => Self::PerIssueWrite,
            core::LimiterKind::Cost => Self::Cost,
            core::LimiterKind::Concurrency => Self::Concurrency,
            core::LimiterKind::InvocationRate => Self::InvocationRate,
            core::LimiterKind::Egress => Self::Egress,
            core::LimiterKind::StorageRate => Self::StorageRate,
            core::LimiterKind::TokenBucket => Self::TokenBucket,
            core::LimiterKind::TunnelConnections => Self::TunnelConnections,
            core::LimiterKind::HourlyRequests => Self::HourlyRequests,
            core::LimiterKind::Gateway => Self::Gateway,
            core::LimiterKind::Reserve => Self::Reserve,
            core::LimiterKind::FairShare => Self::FairShare,
            core::LimiterKind::Cap => Self::Cap,
            core::LimiterKind::Other(name) => Self::Other(name),
        }
    }
}

impl From<core::Scope> for wit::Scope {
    fn from(scope: core::Scope) -> Self {
        match scope {
            core::Scope::App => Self::App,
            core::Scope::Tenant(tenant) => Self::Tenant(tenant),
            core::Scope::Endpoint { tenant, template, method } => Self::Endpoint(wit::Endpoint {
                tenant,
                template: template.map(Template::text).unwrap_or_default(),
                method: method.name().to_owned(),
            }),
            core::Scope::Issue { tenant, issue } => Self::Issue(wit::Issue { tenant, issue }),
            core::Scope::Installation(installation) => Self::Installation(installation),
            core::Scope::User { installation, account } => Self::User(installation + "/" + &account),
            core::Scope::Account { tenant, account } => Self::User(tenant + "/" + &account),
            core::Scope::Environment(environment) => Self::Environment(environment),
            core::Scope::Call => Self::Call,
        }
    }
}

impl From<core::Limit> for wit::Limit {
    fn from(limit: core::Limit) -> Self {
        Self { kind: limit.kind.into(), scope: limit.scope.into() }
    }
}

impl From<core::Wait> for wit::Wait {
    fn from(wait: core::Wait) -> Self {
        Self { until: wait.until.0, limit: wait.limit.into() }
    }
}

impl From<core::Never> for wit::Never {
    fn from(never: core::Never) -> Self {
        match never {
            core::Never::CostsMoreThanQuota(points) => Self::CostsMoreThanQuota(points),
            core::Never::TooManyCalls(bound) => Self::TooManyCalls(bound),
            core::Never::AttemptsExhausted(bound) => Self::AttemptsExhausted(bound),
            core::Never::DelayNotCredible(delay) => Self::DelayNotCredible(delay.0),
            core::Never::ElapsedExhausted(bound) => Self::ElapsedExhausted(bound.0),
            core::Never::CannotResume(error) => Self::ResumeTokenNotValid(error.to_string()),
        }
    }
}

impl From<core::Verdict> for wit::Verdict {
    fn from(verdict: core::Verdict) -> Self {
        Self {
            decision: match verdict.decision {
                core::Decision::Proceed => wit::Decision::Proceed,
                core::Decision::WaitUntil(wait) => wit::Decision::WaitUntil(wait.into()),
                core::Decision::Never(never) => wit::Decision::Never(never.into()),
            },
            cost: verdict.cost.into(),
            cost_source: match verdict.cost_source {
                core::CostSource::Table => wit::CostSource::Table,
                core::CostSource::Counter => wit::CostSource::Counter,
            },
            points_left: verdict.points_left,
            confidence: verdict.confidence.into(),
            exhausted_at: millis(verdict.exhausted_at),
            beta: verdict.beta.map(Into::into),
        }
    }
}

impl From<Cost> for wit::Cost {
    fn from(cost: Cost) -> Self {
        Self { low: cost.low, likely: cost.likely, high: cost.high }
    }
}

impl From<core::Confidence> for wit::Confidence {
    fn from(confidence: core::Confidence) -> Self {
        match confidence {
            core::Confidence::Reported => Self::Reported,
            core::Confidence::Metered => Self::Metered,
            core::Confidence::Assumed => Self::Assumed,
        }
    }
}

impl From<core::Forecast> for wit::Forecast {
    fn from(forecast: core::Forecast) -> Self {
        Self {
            not_before: millis(forecast.not_before),
            points_left: forecast.points_left,
            confidence: forecast.confidence.into(),
            exhausted_at: millis(forecast.exhausted_at),
            would_refuse: forecast.would_refuse,
        }
    }
}

fn millis(instant: Option<Instant>) -> Option<u64> {
    instant.map(|instant| instant.0)
}

impl From<Status> for wit::Snapshot {
    fn from(status: Status) -> Self {
        Self {
            open_calls: status.open_calls,
            in_flight: status.in_flight,
            pools: status.pools.into_iter().map(Into::into).collect(),
            pauses: status.pauses.into_iter().map(Into::into).collect(),
            unlisted: status.unlisted,
        }
    }
}

impl From<PoolStatus> for wit::PoolStatus {
    fn from(pool: PoolStatus) -> Self {
        Self {
            scope: pool.scope.into(),
            points_left: pool.points_left,
            confidence: pool.confidence.into(),
            resets_at: pool.resets_at.0,
            exhausted_at: millis(pool.exhausted_at),
            beta: pool.beta.map(Into::into),
        }
    }
}

impl From<&Entry> for wit::LogEntry {
    fn from(entry: &Entry) -> Self {
        let event = match &entry.event {
            Event::Begun { cost, .. } => wit::LogEvent::Begun((*cost).into()),
            Event::Waits(wait) => wit::LogEvent::Waits(wait.clone().into()),
            Event::LostItsTurn => wit::LogEvent::LostItsTurn,
            Event::Sent(attempt) => wit::LogEvent::Sent(*attempt),
            Event::Refused(wait) => wit::LogEvent::Refused(wait.clone().into()),
            Event::Error { status } => wit::LogEvent::Error(*status),
            Event::NoAnswer => wit::LogEvent::NoAnswer,
            Event::Answered { points } => wit::LogEvent::Answered(*points),
            Event::BudgetSpent => wit::LogEvent::BudgetSpent,
        };
        Self { at: entry.at.0, event }
    }
}

impl From<state::Saved> for wit::Saved {
    fn from(saved: state::Saved) -> Self {
        Self { bytes: saved.bytes, left_out: saved.left_out }
    }
}

impl From<state::StateError> for wit::StateError {
    fn from(error: state::StateError) -> Self {
        let fault = match error {
            state::StateError::NotAState => wit::StateFault::NotAState,
            state::StateError::NewerVersion(_) => wit::StateFault::NewerVersion,
            state::StateError::TooLarge(_) => wit::StateFault::TooLarge,
            state::StateError::CutOff => wit::StateFault::CutOff,
            state::StateError::Damaged => wit::StateFault::Damaged,
            state::StateError::FromTheFuture(_) => wit::StateFault::FromTheFuture,
            state::StateError::CallsOpen(_) => wit::StateFault::CallsOpen,
        };
        Self { fault, message: error.to_string() }
    }
}
