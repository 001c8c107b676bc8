//! Writes to one Jira issue: 20 in 2 s and 100 in 30 s, both at once. Source: Jira's page of 2026-03-05.

use crate::server::arrival::Facts;
use crate::server::counter::Counter;
use crate::server::door::{Door, Key};
use crate::server::verdict::{Limit, Scope};
use headroom_model::profile::ISSUE_WRITES;

pub(super) fn doors() -> impl Iterator<Item = Door> {
    ISSUE_WRITES.iter().map(|rule| {
        // The model has them as sliding windows, which is also what a client must reckon with.
        Door::new(Limit::IssueWrites, Counter::sliding(rule.limit, rule.span), by_issue, issue)
    })
}

fn by_issue(facts: &Facts<'_>) -> Option<Key> {
    let issue = facts.route.as_ref()?.issue.filter(|_| facts.method.is_write())?;
    Some(Key::Named(facts.tenant, issue.to_owned()))
}

fn issue(facts: &Facts<'_>) -> Scope {
    facts.request().and_then(Scope::issue).unwrap_or(Scope::App)
}
