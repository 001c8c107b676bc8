//! Forge invocations: the windows of a profile or of a proposal, the bridge's own limiter, and how long a run may take.
//!
//! Sources: RFC 130, 2026-04-14; Forge's page on invocations, 2026-09; package `@forge/bridge`, read 2026-11.

use crate::server::arrival::Facts;
use crate::server::counter::{Bucket, Counter};
use crate::server::door::{Door, Key, Stops, Whose};
use crate::server::spec::{InvocationSpec, share};
use crate::server::verdict::{Limit, Scope};
use headroom_model::facts;
use headroom_model::operation::Trigger;
use headroom_model::profile::{CountedPer, InvocationProfile, WindowRule, WindowShape};
use headroom_model::time::Millis;

const MINUTE: Millis = Millis::from_secs(60);

pub(super) fn doors(spec: &InvocationSpec) -> Vec<Door> {
    let mut doors = if spec.formula.is_some() { proposed(spec) } else { published(spec.profile.into()) };
    if spec.bridge {
        // Whether it slides is not published: what keeps to a sliding window keeps to a fixed one as well.
        let window =
            Counter::sliding(facts::BRIDGE_CALLS.value, Millis::from_secs(facts::BRIDGE_WINDOW_SECS.value.into()));
        doors.push(Door::new(Limit::Bridge, window, by_browser, user));
    }
    doors
}

fn published(profile: InvocationProfile) -> Vec<Door> {
    profile.rules().iter().map(|rule| door(rule.per, counter(rule))).collect()
}

const fn counter(rule: &WindowRule) -> Counter {
    match rule.shape {
        WindowShape::Fixed => Counter::fixed(rule.limit, rule.span),
        WindowShape::Sliding => Counter::sliding(rule.limit, rule.span),
    }
}

/// `base + users × per-user` for each installation and minute, with a cap for each user that a compromised account
/// cannot pass; refilled in shares, or in a fixed minute where the thread leaves it open.
fn proposed(spec: &InvocationSpec) -> Vec<Door> {
    let counter = |limit: u32| match spec.refill {
        Some(every) => {
            let fill = share(limit, every.get(), MINUTE);
            Counter::Bucket(Bucket::stepped(limit, fill, every.get()))
        }
        None => Counter::fixed(limit, MINUTE),
    };
    let tenants = spec.formula.as_ref().map(|formula| door(CountedPer::Installation, counter(formula.granted())));
    let users = spec.per_user_cap.map(|cap| door(CountedPer::User, counter(cap.get())));
    tenants.into_iter().chain(users).collect()
}

fn door(per: CountedPer, counter: Counter) -> Door {
    let (whose, stops): (Whose, Stops) = match per {
        CountedPer::User => (by_user, user),
        CountedPer::Environment => (by_environment, environment),
        // Requests are no invocations: no profile has them.
        CountedPer::Installation | CountedPer::Issue | CountedPer::App | CountedPer::Account => {
            (by_installation, installation)
        }
    };
    Door::new(Limit::InvocationRate, counter, whose, stops)
}

/// How long a run may take before the platform stops it. Source: Forge's page on invocations, 2026-09; 900 s is what
/// async consumers and scheduled triggers may ask for.
pub(in crate::server) const fn run_limit(trigger: Trigger) -> Millis {
    Millis::from_secs(match trigger {
        Trigger::WebTrigger => facts::WEB_TRIGGER_RUN_SECS.value,
        Trigger::AsyncEvent | Trigger::Scheduled => facts::LONG_RUN_SECS.value,
        _ => facts::RESOLVER_RUN_SECS.value,
    } as u64)
}

fn is_limited(facts: &Facts<'_>) -> bool {
    facts.context().is_some_and(|context| context.trigger.is_rate_limited())
}

fn by_installation(facts: &Facts<'_>) -> Option<Key> {
    is_limited(facts).then_some(Key::One(facts.tenant))
}

fn by_user(facts: &Facts<'_>) -> Option<Key> {
    facts.account.filter(|_| is_limited(facts)).map(|account| Key::Two(facts.tenant, account))
}

fn by_environment(facts: &Facts<'_>) -> Option<Key> {
    let context = facts.context().filter(|context| context.trigger.is_rate_limited())?;
    Some(Key::Named(0, context.environment.clone()))
}

/// The limiter runs in the page: each browser has its own.
fn by_browser(facts: &Facts<'_>) -> Option<Key> {
    let is_of_a_page = facts.arrival.sender.is_frontend && facts.context().is_some();
    is_of_a_page.then_some(Key::Two(facts.tenant, facts.arrival.sender.node))
}

fn installation(facts: &Facts<'_>) -> Scope {
    Scope::Installation(facts.context().map(|context| context.installation.clone()).unwrap_or_default())
}

fn user(facts: &Facts<'_>) -> Scope {
    let account = facts.context().and_then(|context| context.account.clone());
    match (installation(facts), account) {
        (Scope::Installation(installation), Some(account)) => Scope::User { installation, account },
        (installation, _) => installation,
    }
}

fn environment(facts: &Facts<'_>) -> Scope {
    Scope::Environment(facts.context().map(|context| context.environment.clone()).unwrap_or_default())
}
