//! What became of a call, as a person or a script reads it.

use super::Args;
use crate::explain::duration;
use crate::failure::Failure;
use crate::table::number;
use anyhow::anyhow;
use headroom_host::types::{
    Answer, AttemptError, Deferral, Ending, FailureCause, Limit, LimiterKind, LogEntry, LogEvent, Never, Outcome,
    Refusal, Response, Scope, Wait,
};
use headroom_host::words;
use headroom_model::time::{Instant, Millis};
use serde_json::{Value, json};
use std::io::Write;

/// Prints what came back; what is no success is the failure.
pub fn outcome(args: &Args, outcome: &Outcome, now: u64) -> Result<(), Failure> {
    if args.explain {
        for entry in &outcome.log {
            eprintln!("{}  {}", Instant(entry.at), happened(entry));
        }
    }
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", document(outcome, now))?;
    } else if let Some(response) = response(&outcome.ending) {
        if args.include {
            write!(out, "HTTP/1.1 {}\r\n", response.status)?;
            for header in &response.headers {
                write!(out, "{}: {}\r\n", header.name, header.value)?;
            }
            write!(out, "\r\n")?;
        }
        out.write_all(&response.body)?;
    }
    out.flush()?;
    unanswered(&outcome.ending, now).map_or(Ok(()), |why| Err(Failure::Run(anyhow!(why))))
}

fn response(ending: &Ending) -> Option<&Response> {
    let answer = match ending {
        Ending::Success(answer) | Ending::Failed(FailureCause::Answer(answer)) => Some(answer),
        Ending::Refused(Refusal { answer, .. }) => answer.as_ref(),
        Ending::Deferred(_) | Ending::Failed(_) => None,
    };
    match answer {
        Some(Answer::Response(response)) => Some(response),
        _ => None,
    }
}

/// Why there is no success, in one line.
fn unanswered(ending: &Ending, now: u64) -> Option<String> {
    match ending {
        Ending::Success(_) => None,
        Ending::Deferred(Deferral { not_before, limit, .. }) => {
            let wait = duration(Millis(not_before.saturating_sub(now)));
            let (at, by) = (Instant(*not_before), by(limit));
            Some(format!("deferred by {by}: come again at `{at}`, that is in {wait}, or allow a longer --deadline"))
        }
        Ending::Refused(Refusal { why, .. }) => Some(format!("refused: {}", given_up(why))),
        Ending::Failed(FailureCause::Answer(_)) => {
            let status = response(ending).map_or(0, |response| response.status);
            Some(format!("answered with status `{status}`, which has nothing to do with limits"))
        }
        Ending::Failed(FailureCause::Attempt(AttemptError::TimedOut)) => Some("no answer in time".to_owned()),
        Ending::Failed(FailureCause::Attempt(AttemptError::Connection(why) | AttemptError::Other(why))) => {
            Some(format!("no answer: {why}"))
        }
        Ending::Failed(FailureCause::Other(why)) => Some(why.clone()),
    }
}

/// What a limit is and whose.
fn by(limit: &Limit) -> String {
    let kind = match &limit.kind {
        LimiterKind::Other(name) if name.is_empty() => "a limit that is not named",
        LimiterKind::Other(name) => name,
        kind => words::kind(kind),
    };
    match &limit.scope {
        Scope::App => format!("{kind} of the app"),
        Scope::Call => format!("{kind} of this call alone"),
        Scope::Endpoint(endpoint) => {
            format!("{kind} of {} {} on `{}`", endpoint.method, endpoint.template, endpoint.tenant)
        }
        Scope::Issue(issue) => format!("{kind} of issue `{}` on `{}`", issue.issue, issue.tenant),
        Scope::Tenant(name) | Scope::Installation(name) | Scope::User(name) | Scope::Environment(name) => {
            format!("{kind} of {} `{name}`", words::scope(&limit.scope))
        }
        Scope::Other(name) => format!("{kind} of {name}"),
    }
}

fn given_up(why: &Never) -> String {
    match why {
        Never::CostsMoreThanQuota(points) => {
            format!("it costs more than a whole pool of `{points}` points: ask for less, or raise --quota")
        }
        Never::AttemptsExhausted(most) => {
            format!("`{most}` attempts were refused: come later, or allow more with --max-attempts")
        }
        Never::DelayNotCredible(delay) => {
            format!("the server named a delay of `{delay}` ms, which no known limit can mean: ask it again later")
        }
        Never::Other(text) | Never::ResumeTokenNotValid(text) => text.clone(),
        Never::TooManyCalls(_) | Never::ElapsedExhausted(_) => words::never(why).replace('-', " "),
    }
}

fn happened(entry: &LogEntry) -> String {
    match &entry.event {
        LogEvent::Begun(cost) if cost.low == cost.high => format!("begun, costs {} points", number(cost.likely.into())),
        LogEvent::Begun(cost) => {
            let [low, likely, high] = [cost.low, cost.likely, cost.high].map(|points| number(points.into()));
            format!("begun, costs {likely} points, between {low} and {high}")
        }
        LogEvent::Waits(Wait { until, limit }) => format!("waits until {} by {}", Instant(*until), by(limit)),
        LogEvent::LostItsTurn => "lost its turn".to_owned(),
        LogEvent::Sent(attempt) => format!("attempt {attempt} sent"),
        LogEvent::Refused(Wait { until, limit }) => format!("refused by {} until {}", by(limit), Instant(*until)),
        LogEvent::Error(Some(status)) => format!("answered with status {status}"),
        LogEvent::Error(None) => "answered with an error".to_owned(),
        LogEvent::NoAnswer => "no answer".to_owned(),
        LogEvent::Answered(points) => format!("answered for {} points", number((*points).into())),
        LogEvent::BudgetSpent => "not retried: too much was retried of late".to_owned(),
        LogEvent::Other(text) => text.clone(),
    }
}

fn document(outcome: &Outcome, now: u64) -> Value {
    let mut document = json!({
        "ending": words::ending(&outcome.ending),
        "attempts": outcome.attempts,
        "why": unanswered(&outcome.ending, now),
        "log": outcome
            .log
            .iter()
            .map(|entry| json!({ "at": Instant(entry.at).to_string(), "event": happened(entry) }))
            .collect::<Vec<_>>(),
    });
    if let Some(response) = response(&outcome.ending) {
        document["status"] = response.status.into();
        document["headers"] = response.headers.iter().map(|header| json!([header.name, header.value])).collect();
        document["body"] = String::from_utf8_lossy(&response.body).into();
    }
    if let Ending::Deferred(deferral) = &outcome.ending {
        document["not_before"] = Instant(deferral.not_before).to_string().into();
        document["wait_ms"] = deferral.not_before.saturating_sub(now).into();
        document["limit"] = words::kind(&deferral.limit.kind).into();
        document["scope"] = words::scope(&deferral.limit.scope).into();
        document["resume_token"] = deferral.resume_token.as_str().into();
    }
    document
}
