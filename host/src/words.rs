//! The names that `wit/types.wit` gives to limits, results and endings: for labels, logs and people.

use crate::types::{Answer, AttemptError, Ending, LimiterKind, Never, Scope};

/// A kind of limit; `other` whatever the server called it, so that a label is one of few.
#[must_use]
pub const fn kind(kind: &LimiterKind) -> &'static str {
    match kind {
        LimiterKind::PointsQuota => "points-quota",
        LimiterKind::Burst => "burst",
        LimiterKind::PerIssueWrite => "per-issue-write",
        LimiterKind::Cost => "cost",
        LimiterKind::Concurrency => "concurrency",
        LimiterKind::InvocationRate => "invocation-rate",
        LimiterKind::Egress => "egress",
        LimiterKind::StorageRate => "storage-rate",
        LimiterKind::TokenBucket => "token-bucket",
        LimiterKind::TunnelConnections => "tunnel-connections",
        LimiterKind::HourlyRequests => "hourly-requests",
        LimiterKind::Gateway => "gateway",
        LimiterKind::Reserve => "reserve",
        LimiterKind::FairShare => "fair-share",
        LimiterKind::Cap => "cap",
        LimiterKind::Other(_) => "other",
    }
}

/// What a limit counts together, without whose it is.
#[must_use]
pub const fn scope(scope: &Scope) -> &'static str {
    match scope {
        Scope::App => "app",
        Scope::Tenant(_) => "tenant",
        Scope::Endpoint(_) => "endpoint",
        Scope::Issue(_) => "issue",
        Scope::Installation(_) => "installation",
        Scope::User(_) => "user",
        Scope::Environment(_) => "environment",
        Scope::Call => "call",
        Scope::Other(_) => "other",
    }
}

/// How a call ended.
#[must_use]
pub const fn ending(ending: &Ending) -> &'static str {
    match ending {
        Ending::Success(_) => "success",
        Ending::Deferred(_) => "deferred",
        Ending::Refused(_) => "refused",
        Ending::Failed(_) => "failed",
    }
}

/// Why a call was given up.
#[must_use]
pub const fn never(never: &Never) -> &'static str {
    match never {
        Never::CostsMoreThanQuota(_) => "costs-more-than-quota",
        Never::TooManyCalls(_) => "too-many-calls",
        Never::AttemptsExhausted(_) => "attempts-exhausted",
        Never::DelayNotCredible(_) => "delay-not-credible",
        Never::ElapsedExhausted(_) => "elapsed-exhausted",
        Never::ResumeTokenNotValid(_) => "resume-token-not-valid",
        Never::Other(_) => "other",
    }
}

/// What an attempt came to: `answer`, or why there is none.
#[must_use]
pub const fn attempt(sent: &Result<Answer, AttemptError>) -> &'static str {
    match sent {
        Ok(_) => "answer",
        Err(AttemptError::TimedOut) => "timed-out",
        Err(AttemptError::Connection(_)) => "connection",
        Err(AttemptError::Other(_)) => "other",
    }
}
