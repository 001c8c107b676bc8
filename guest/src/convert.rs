//! Types of the WIT to those of model and core, and back: one `From` for each, field by field.

use crate::headroom::forge::types as wit;
use headroom_core::config::{BurstRate, Config, ConfigError, PoolKind};
use headroom_core::resume::requeue_after;
use headroom_core::verdict as core;
use headroom_model::operation as model;
use headroom_model::points::Template;
use headroom_model::profile::InvocationProfile;
use headroom_model::time::{Instant, Millis};

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

/// What the limiter reads of an operation. Payload, headers and body are not copied: it never looks at them.
impl From<&wit::Operation> for model::Operation {
    fn from(operation: &wit::Operation) -> Self {
        match operation {
            wit::Operation::Invoke(invocation) => Self::Invoke(model::Invocation {
                function_key: invocation.function_key.clone(),
                payload: String::new(),
                context: model::Context {
                    installation: invocation.context.installation.clone(),
                    account: invocation.context.account.clone(),
                    environment: invocation.context.environment.clone(),
                    trigger: invocation.context.trigger.into(),
                },
            }),
            wit::Operation::Rest(request) => Self::Rest(model::Request {
                tenant: request.tenant.clone(),
                method: request.method.clone(),
                path: request.path.clone(),
                headers: Vec::new(),
                body: None,
            }),
        }
    }
}

/// What the limiter reads of an answer. The body of a response is not copied: it never looks at it.
impl From<&wit::Answer> for model::Answer {
    fn from(answer: &wit::Answer) -> Self {
        match answer {
            wit::Answer::Response(response) => {
                let headers = response.headers.iter();
                Self::Response(model::Response {
                    status: response.status,
                    headers: headers.map(|header| model::Header::new(&*header.name, &*header.value)).collect(),
                    body: Vec::new(),
                })
            }
            wit::Answer::Resolved(json) => Self::Resolved(json.clone()),
            wit::Answer::Rejected(json) => Self::Rejected(json.clone()),
        }
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
        }
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
            cost: wit::Cost { low: verdict.cost.low, likely: verdict.cost.likely, high: verdict.cost.high },
            points_left: verdict.points_left,
            confidence: match verdict.confidence {
                core::Confidence::Reported => wit::Confidence::Reported,
                core::Confidence::Metered => wit::Confidence::Metered,
                core::Confidence::Assumed => wit::Confidence::Assumed,
            },
        }
    }
}

/// The last thing that came back for a call; the limiter read it, the caller gets it.
#[derive(Clone, Default)]
pub enum Last {
    #[default]
    Nothing,
    Answer(wit::Answer),
    Error(wit::AttemptError),
}

impl Last {
    /// The outcome at `now` of a call that ended so, with what came back last.
    pub fn into_outcome(self, outcome: core::Outcome, now: Instant) -> wit::Outcome {
        let attempts = outcome.attempts;
        let resume_token = outcome.resume.map(|resume| resume.to_string()).unwrap_or_default();
        match (outcome.ending, self) {
            (core::Ending::Success, Self::Answer(answer)) => wit::Outcome::Success(wit::Success { answer, attempts }),
            (core::Ending::Deferred(wait), _) => {
                let core::Wait { until, limit } = wait;
                wit::Outcome::Deferred(wit::Deferral {
                    not_before: until.0,
                    limit: limit.into(),
                    attempts,
                    resume_token,
                    requeue_after: requeue_after(until, now).0,
                })
            }
            (core::Ending::Refused(never), last) => {
                let answer = if let Self::Answer(answer) = last { Some(answer) } else { None };
                wit::Outcome::Refused(wit::Refusal { why: never.into(), answer, attempts })
            }
            (core::Ending::Success | core::Ending::Failed, last) => {
                let cause = match last {
                    Self::Answer(answer) => wit::FailureCause::Answer(answer),
                    Self::Error(error) => wit::FailureCause::Attempt(error),
                    Self::Nothing => wit::FailureCause::Other("the call was ended before it was sent".to_owned()),
                };
                wit::Outcome::Failed(wit::Failure { cause, attempts })
            }
        }
    }
}
