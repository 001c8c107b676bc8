//! What to do about it, in plain words.

use super::{Explanation, Limited};
use crate::refusal::{Limiter, Origin, Scope, WaitSource};

/// One or two sentences: what holds, and what to do.
pub(super) fn of(found: &Explanation) -> String {
    match found.limited {
        Limited::Now => format!("{} {}", refused(found), when(found)),
        Limited::Beta => format!(
            "Nothing was refused: go on. The coming rule would have refused this request: {}",
            lower(refused(found))
        ),
        Limited::Soon if !found.enforced => {
            "Under the coming rule less than 20 % would be left of this window: nothing changes today, but plan for it."
                .to_owned()
        }
        Limited::Soon => format!("Less than 20 % is left of {}: slow down what can wait.", window(found.limiter)),
        Limited::No => no(found),
    }
}

fn lower(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

const fn refused(found: &Explanation) -> &'static str {
    match (found.limiter, found.scope) {
        (Limiter::PointsQuota, Scope::App) => {
            "The app has spent its points of this hour, on all tenants together: every request is refused until the hour ends. Hold back all of the app's requests."
        }
        (Limiter::PointsQuota, Scope::Tenant) => {
            "The app has spent its points of this hour on this tenant. Hold back its requests to this tenant; the others are not touched."
        }
        (Limiter::PointsQuota, _) => {
            "The points of this hour are spent; the answer does not say whose. Hold back the requests of this pool until the hour ends."
        }
        (Limiter::Burst, _) => {
            "Too many requests within seconds. Pause this method on this endpoint of this tenant and no more, then send more evenly: the hour's points are not touched."
        }
        (Limiter::PerIssueWrite, _) => {
            "Too many writes to one issue. Pause writes to this issue and no more, and put several changes into one."
        }
        (Limiter::Cost, _) if matches!(found.origin, Origin::AtlassianGraphql) => {
            "This operation costs more than one may. Waiting does not help: ask for fewer objects at a time."
        }
        (Limiter::Cost, _) => {
            "The cost budget of this hour for API-token traffic is spent. It is not the app's points: hold back what uses this token."
        }
        (Limiter::Concurrency, _) => {
            "Too many requests at the same time. Send fewer in parallel; waiting longer between them does not help."
        }
        (Limiter::InvocationRate, _) => {
            "Too many invocations of Forge functions. Pause invocations of this scope; put several calls into one where you can."
        }
        (Limiter::Egress, _) => {
            "The function has made as many network requests as Forge admits. Within the same invocation waiting does not help: split the work over several."
        }
        (Limiter::StorageRate, _) => {
            "Too many storage operations of this installation. Put them into batches, or into a queue that spreads them."
        }
        (Limiter::TokenBucket, _) => {
            "This user's bucket of tokens is empty; it fills again bit by bit. Send at its rate, not faster after the pause."
        }
        (Limiter::TunnelConnections, _) => {
            "The tunnel to the developer's machine refused, not Atlassian: it limits new connections within a minute. Waiting as Atlassian asks for is wrong here; keep connections open (keep-alive), serve static files elsewhere, or use a plan with more."
        }
        (Limiter::HourlyRequests, _) => {
            "The requests of this account within a rolling hour are spent. Other accounts are not touched; ask less often, by webhooks for instance."
        }
        (Limiter::Gateway, _) => {
            "Atlassian's gateway refused, before the product was reached. Nothing is published about its limits: send less from this client."
        }
        (Limiter::Unknown, _) => match found.origin {
            Origin::Unknown => {
                "Refused, and the answer names no limit that is known. Hold back everything that goes the same way."
            }
            _ => "Refused by a limit that is not known. Hold back all requests of the app to this product.",
        },
    }
}

fn when(found: &Explanation) -> String {
    let Some(at) = found.retry_at else {
        if matches!((found.limiter, found.origin), (Limiter::Cost, Origin::AtlassianGraphql) | (Limiter::Egress, _)) {
            return "No time was named, and none would help.".to_owned();
        }
        return "No credible time was named: back off exponentially with jitter, and give up after some attempts."
            .to_owned();
    };
    match found.wait_source {
        WaitSource::Window => format!("No time was named, but the limit's window ends by {at}: not before that."),
        _ => format!("Try again at {at}, never earlier, and spread what waited over some seconds after it."),
    }
}

const fn window(limiter: Limiter) -> &'static str {
    match limiter {
        Limiter::PointsQuota => "the points of this hour",
        Limiter::InvocationRate => "the invocations of this window",
        _ => "this window",
    }
}

fn no(found: &Explanation) -> String {
    found.retry_at.map_or_else(
        || "No limit holds you up.".to_owned(),
        |at| format!("No limit refused: the server failed and asks to come again at {at}. Repeat the request if that does no harm."),
    )
}
