//! Jira's burst limit: a token bucket for each tenant, path template and method, shared by all apps and tokens.
//!
//! Source: Jira's page of 2026-08-12, "Burst API Rate Limit Thresholds". Capacities are not published: one second's
//! worth, unless the scenario says otherwise [?].

use crate::server::arrival::{Facts, Target};
use crate::server::counter::Counter;
use crate::server::door::{Door, Key};
use crate::server::verdict::{Limit, Scope};
use headroom_model::facts::jira_per_second;
use headroom_model::operation::Method;

/// A capacity of its own holds for all buckets.
pub(super) fn door(capacity: Option<u32>) -> Door {
    // The template of the door carries the capacity to those that are made of it; 0 stands for one second's worth.
    let template = Counter::bucket(capacity.unwrap_or(0), 1);
    Door::new(Limit::Burst, template, by_endpoint, endpoint).with_fresh(bucket)
}

fn bucket(template: &Counter, facts: &Facts<'_>) -> Counter {
    let path = match facts.route.and_then(|route| route.template) {
        Some(template) => template.text(),
        None => facts.request().map(|request| shape(&request.path)).unwrap_or_default(),
    };
    let per_second = jira_per_second(method(facts.method).name(), &path);
    let capacity = if template.limit() == 0 { per_second } else { template.limit() };
    Counter::bucket(capacity, per_second)
}

fn by_endpoint(facts: &Facts<'_>) -> Option<Key> {
    if !matches!(facts.target, Target::Product | Target::Graphql) {
        return None;
    }
    let method = method(facts.method) as u8;
    Some(match facts.route.and_then(|route| route.template) {
        Some(template) => Key::Endpoint(facts.tenant, method, template),
        None => Key::Path(facts.tenant, method, shape(&facts.request()?.path)),
    })
}

/// What HTTP does not know is taken for a GET elsewhere, and so here.
const fn method(method: Method) -> Method {
    match method {
        Method::Other => Method::Get,
        known => known,
    }
}

fn endpoint(facts: &Facts<'_>) -> Scope {
    facts.request().map_or(Scope::App, Scope::endpoint)
}

/// Segments longer than this are cut: a path that no template names is a key, and keys are bounded.
const LONGEST: usize = 64;

/// A path that no template names, with `{}` for every segment that holds a digit: an id, a key or a version.
fn shape(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let segments = path.split('/').filter(|segment| !segment.is_empty()).take(24);
    let named = segments.map(|segment| match segment.bytes().any(|byte| byte.is_ascii_digit()) {
        true => "{}",
        false => segment.get(..LONGEST).unwrap_or(segment),
    });
    named.fold(String::new(), |shape, segment| shape + "/" + segment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use headroom_model::points::Template;

    #[test]
    fn paths_that_differ_by_an_id_have_one_shape() {
        assert_eq!(
            shape("/rest/servicedeskapi/servicedesk/17/customer?start=5"),
            "/rest/servicedeskapi/servicedesk/{}/customer"
        );
        assert_eq!(shape("//a//KEY-1/"), "/a/{}");
        assert!(Template::of("GET", "/rest/api/3/issue/KEY-1").is_some());
    }
}
