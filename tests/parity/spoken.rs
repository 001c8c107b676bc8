//! What the core says, in the words of the WIT. Written anew and not shared with the guest, whose slips it is to show.

use headroom_core::log::{Entry, Event};
use headroom_core::resume::requeue_after;
use headroom_core::verdict::{Ending, Limit, LimiterKind as Kind, Never, Outcome, Scope, Step, Wait};
use headroom_host::Step as WitStep;
use headroom_host::harness::convert::to_wit;
use headroom_host::types::{self as wit, AttemptError, LimiterKind as WitKind, Never as WitNever, Scope as WitScope};
use headroom_model::operation::Answer;
use headroom_model::time::Instant;

/// A step at `now` of a call for which `last` came back, with all that happened to it.
pub fn step(step: Step, log: &[Entry], last: Option<&Result<Answer, AttemptError>>, now: Instant) -> WitStep {
    match step {
        Step::Send(attempt) => WitStep::Send(attempt),
        Step::WaitUntil(Wait { until, limit: told }) => {
            WitStep::WaitUntil(wit::Wait { until: until.0, limit: limit(told) })
        }
        Step::AwaitingAnswer => WitStep::AwaitingAnswer,
        Step::Done(done) => WitStep::Done(outcome(done, log.iter().map(entry).collect(), last, now)),
    }
}

fn entry(Entry { at, event }: &Entry) -> wit::LogEntry {
    let wait = |Wait { until, limit: told }: &Wait| wit::Wait { until: until.0, limit: limit(told.clone()) };
    let event = match event {
        Event::Begun { cost, .. } => {
            wit::LogEvent::Begun(wit::Cost { low: cost.low, likely: cost.likely, high: cost.high })
        }
        Event::Waits(until) => wit::LogEvent::Waits(wait(until)),
        Event::LostItsTurn => wit::LogEvent::LostItsTurn,
        Event::Sent(attempt) => wit::LogEvent::Sent(*attempt),
        Event::Refused(until) => wit::LogEvent::Refused(wait(until)),
        Event::Error { status } => wit::LogEvent::Error(*status),
        Event::NoAnswer => wit::LogEvent::NoAnswer,
        Event::Answered { points } => wit::LogEvent::Answered(*points),
        Event::BudgetSpent => wit::LogEvent::BudgetSpent,
    };
    wit::LogEntry { at: at.0, event }
}

fn outcome(
    outcome: Outcome,
    log: Vec<wit::LogEntry>,
    last: Option<&Result<Answer, AttemptError>>,
    now: Instant,
) -> wit::Outcome {
    let Outcome { ending, attempts, resume } = outcome;
    let answer = last.and_then(|last| last.as_ref().ok()).cloned().map(to_wit);
    let ending = match ending {
        Ending::Success => wit::Ending::Success(answer.expect("a success was answered")),
        Ending::Deferred(Wait { until, limit: told }) => wit::Ending::Deferred(wit::Deferral {
            not_before: until.0,
            limit: limit(told),
            resume_token: resume.expect("a deferred call can be resumed").to_string(),
            requeue_after: requeue_after(until, now).0,
        }),
        Ending::Refused(why) => wit::Ending::Refused(wit::Refusal { why: never(why), answer }),
        Ending::Failed => wit::Ending::Failed(match (answer, last) {
            (Some(answer), _) => wit::FailureCause::Answer(answer),
            (None, Some(Err(error))) => wit::FailureCause::Attempt(error.clone()),
            (None, _) => panic!("a call failed before it was sent"),
        }),
    };
    wit::Outcome { ending, attempts, log }
}

fn limit(Limit { kind, scope: counted }: Limit) -> wit::Limit {
    let kind = match kind {
        Kind::PointsQuota => WitKind::PointsQuota,
        Kind::Burst => WitKind::Burst,
        Kind::PerIssueWrite => WitKind::PerIssueWrite,
        Kind::Cost => WitKind::Cost,
        Kind::Concurrency => WitKind::Concurrency,
        Kind::InvocationRate => WitKind::InvocationRate,
        Kind::Egress => WitKind::Egress,
        Kind::StorageRate => WitKind::StorageRate,
        Kind::TokenBucket => WitKind::TokenBucket,
        Kind::TunnelConnections => WitKind::TunnelConnections,
        Kind::HourlyRequests => WitKind::HourlyRequests,
        Kind::Gateway => WitKind::Gateway,
        Kind::Reserve => WitKind::Reserve,
        Kind::FairShare => WitKind::FairShare,
        Kind::Cap => WitKind::Cap,
        Kind::Other(name) => WitKind::Other(name),
    };
    wit::Limit { kind, scope: scope(counted) }
}

fn scope(scope: Scope) -> WitScope {
    match scope {
        Scope::App => WitScope::App,
        Scope::Tenant(tenant) => WitScope::Tenant(tenant),
        Scope::Endpoint { tenant, template, method } => {
            let template = template.map(|template| template.text()).unwrap_or_default();
            WitScope::Endpoint(wit::Endpoint { tenant, template, method: method.name().to_owned() })
        }
        Scope::Issue { tenant, issue } => WitScope::Issue(wit::Issue { tenant, issue }),
        Scope::Installation(installation) => WitScope::Installation(installation),
        Scope::User { installation, account } => WitScope::User(format!("{installation}/{account}")),
        Scope::Account { tenant, account } => WitScope::User(format!("{tenant}/{account}")),
        Scope::Environment(environment) => WitScope::Environment(environment),
        Scope::Call => WitScope::Call,
    }
}

fn never(never: Never) -> WitNever {
    match never {
        Never::CostsMoreThanQuota(points) => WitNever::CostsMoreThanQuota(points),
        Never::TooManyCalls(most) => WitNever::TooManyCalls(most),
        Never::AttemptsExhausted(most) => WitNever::AttemptsExhausted(most),
        Never::DelayNotCredible(delay) => WitNever::DelayNotCredible(delay.0),
        Never::ElapsedExhausted(most) => WitNever::ElapsedExhausted(most.0),
        Never::CannotResume(error) => WitNever::ResumeTokenNotValid(error.to_string()),
    }
}
