//! What the limiter says: limits by name, verdicts, steps, outcomes. Decisions are values, not errors.

use crate::resume::{Resume, ResumeError};
pub use crate::scope::Scope;
use headroom_model::facts;
use headroom_model::points::Cost;
use headroom_model::time::{Instant, Millis};
use std::fmt;

/// Which kind of limit is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LimiterKind {
    /// The hourly points quota.
    PointsQuota,
    /// A limit over seconds on REST requests.
    Burst,
    /// Writes to one Jira issue.
    PerIssueWrite,
    /// The cost of API-token traffic within an hour.
    Cost,
    /// Requests at the same time.
    Concurrency,
    /// A rate of Forge invocations.
    InvocationRate,
    /// Requests of a Forge function to the network.
    Egress,
    /// Operations of Forge's storage.
    StorageRate,
    /// A token bucket, as Data Center has it.
    TokenBucket,
    /// Connections through a tunnel.
    TunnelConnections,
    /// Requests within an hour.
    HourlyRequests,
    /// The gateway's own, of which nothing is published.
    Gateway,
    /// What is kept of the points for calls that a person waits for.
    Reserve,
    /// A pool that does not last for all: what is left of it, other tenants are owed.
    FairShare,
    /// What the app itself grants a tenant or a user.
    Cap,
    /// What the server called it; empty if it said nothing.
    Other(String),
}

/// One limit, named well enough to act on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Its kind.
    pub kind: LimiterKind,
    /// What it counts together.
    pub scope: Scope,
}

/// An instant before which nothing may be sent, and the limit that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The first instant at which to ask again.
    pub until: Instant,
    /// The limit that binds.
    pub limit: Limit,
}

/// Why something can never succeed by waiting. Not to be confused with [`Wait`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Never {
    /// The call costs more than a whole pool holds: this many points.
    CostsMoreThanQuota(u32),
    /// So many calls are open already.
    TooManyCalls(u32),
    /// So many attempts were refused.
    AttemptsExhausted(u32),
    /// The server named a delay that no known limit can mean.
    DelayNotCredible(Millis),
    /// The call was begun longer ago than any call may wait altogether, and was deferred since.
    ElapsedExhausted(Millis),
    /// The call was to be resumed by a token that is none, or not of this operation.
    CannotResume(ResumeError),
}

/// What to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Send now.
    Proceed,
    /// Ask again then.
    WaitUntil(Wait),
    /// Do not send at all.
    Never(Never),
}

/// Where a figure of points left comes from, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confidence {
    /// The server said so in this window.
    Reported,
    /// Counted by ourselves in this window.
    Metered,
    /// Nothing was sent or heard in this window.
    Assumed,
}

/// How the cost of an operation is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CostSource {
    /// From the table of prices.
    Table,
    /// From how far the server's own counter fell for such calls.
    Counter,
}

/// The answer to "may I?".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What to do now.
    pub decision: Decision,
    /// What the operation would cost.
    pub cost: Cost,
    /// How that is known.
    pub cost_source: CostSource,
    /// Points left for new calls; none for invocations.
    pub points_left: Option<u32>,
    /// How that is known.
    pub confidence: Confidence,
    /// When the pool runs dry within this hour, if points go on to be spent as they were of late.
    pub exhausted_at: Option<Instant>,
    /// The same under the coming rule, where the server has told of one.
    pub beta: Option<Forecast>,
}

/// What the coming rule would say, by the `Beta-` fields of what was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// When the operation could be sent under it; none: never.
    pub not_before: Option<Instant>,
    /// Points left for new calls.
    pub points_left: u32,
    /// How that is known.
    pub confidence: Confidence,
    /// When its pool runs dry within this hour.
    pub exhausted_at: Option<Instant>,
    /// How many of the attempts that were sent since the server told of it would have been refused.
    pub would_refuse: u32,
}

/// What to do next for a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send this attempt now.
    Send(u32),
    /// Nothing before this instant; then ask again.
    WaitUntil(Wait),
    /// An attempt is on its way: report its result first.
    AwaitingAnswer,
    /// The call is over.
    Done(Outcome),
}

/// What became of a call. The answer itself stays with the caller: the limiter only reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub ending: Ending,
    /// How many attempts were sent, those before it was resumed included.
    pub attempts: u32,
    /// With it the call can be resumed, if it was deferred.
    pub resume: Option<Resume>,
}

impl Outcome {
    /// The outcome of a call that was ended before it was sent.
    #[must_use]
    pub const fn failed() -> Self {
        Self { ending: Ending::Failed, attempts: 0, resume: None }
    }
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Answered; the last answer is the result.
    Success,
    /// Not within the deadline, but from this instant on.
    Deferred(Wait),
    /// Given up because of limits.
    Refused(Never),
    /// Failed for a reason that is no limit; the last answer or attempt error says which.
    Failed,
}

/// Who waits for a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// A person, unless said otherwise: goes before all background work of its tenant.
    #[default]
    Interactive,
    /// Nobody: a sync or a report. It may be overtaken, and leaves to people what they are likely to need.
    Background,
}

/// Wishes for one call; where a field is none, the configuration's value holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallOptions {
    /// How long the caller can wait for the outcome.
    pub deadline: Option<Millis>,
    /// The most attempts; 0 counts as 1.
    pub max_attempts: Option<u32>,
    /// Whether sending it twice does no harm.
    pub idempotent: Option<bool>,
    /// Where the caller runs: it has no longer than that. With a deadline besides, the shorter one counts.
    pub runtime: Option<Runtime>,
    /// The deferred call that this one resumes. Its attempts count.
    pub resume: Option<Resume>,
    /// Who waits for it.
    pub priority: Priority,
    /// The account for which a request is sent; it counts against that user's cap. An invocation has its own.
    pub user: Option<String>,
    /// Whether an error that tells when to come again is retried even if sending twice may do harm.
    pub retry_unsafe: bool,
}

/// What calls a function of a Forge app, and so how long that may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runtime {
    /// A resolver of the UI.
    Ui,
    /// A web trigger.
    WebTrigger,
    /// A consumer of async events, or a scheduled trigger.
    AsyncEvent,
}

impl Runtime {
    /// How long it may run at most. Source: Forge's page on platform quotas, as in [`facts`].
    #[must_use]
    pub const fn longest(self) -> Millis {
        let secs = match self {
            Self::Ui => facts::RESOLVER_RUN_SECS.value,
            Self::WebTrigger => facts::WEB_TRIGGER_RUN_SECS.value,
            Self::AsyncEvent => facts::LONG_RUN_SECS.value,
        };
        Millis::from_secs(secs as u64)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, scope } = self;
        if *scope == Scope::Call { write!(f, "{kind}") } else { write!(f, "{kind} of {scope}") }
    }
}

impl fmt::Display for LimiterKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PointsQuota => "hourly points",
            Self::Burst => "burst rate",
            Self::PerIssueWrite => "writes",
            Self::Cost => "cost limit",
            Self::Concurrency => "requests at the same time",
            Self::InvocationRate => "invocation rate",
            Self::Egress => "egress limit",
            Self::StorageRate => "storage rate",
            Self::TokenBucket => "token bucket",
            Self::TunnelConnections => "tunnel connections",
            Self::HourlyRequests => "requests per hour",
            Self::Gateway => "gateway limit",
            Self::Reserve => "points kept for people",
            Self::FairShare => "fair share of the points",
            Self::Cap => "cap of this app",
            Self::Other(name) if name.is_empty() => "a limit without a name",
            Self::Other(name) => name,
        })
    }
}
