//! Limits over seconds, and on a single issue.

/// What this project does with rates that hold for one endpoint.
const LEARNED: &str = "the client's pace for an endpoint, once it was refused";

/// What this project does with the limits on one issue.
const ISSUE_USAGE: &str = "the client's pace for writes to one issue";

facts! {
    "burst and per-issue limits",
    "A token bucket on the requests of one tenant, of a rate and capacity that the scenario chooses. Jira's real buckets are \
     one for each path and method; Confluence's are unknown. The limit on writes to one issue is not modelled yet.";

    JIRA_GET_PER_SECOND: u32 = 100, "requests/s", Documented by JIRA_PAGE,
        "Rate of a bucket for GET: one for each tenant, path and method, shared by all apps and tokens.",
        "the client's first pace, for all requests of a tenant; in scenario `page-sync`";
    JIRA_POST_PER_SECOND: u32 = 100, "requests/s", Documented by JIRA_PAGE,
        "The same for POST.",
        LEARNED;
    JIRA_PUT_PER_SECOND: u32 = 50, "requests/s", Documented by JIRA_PAGE,
        "The same for PUT.",
        LEARNED;
    JIRA_DELETE_PER_SECOND: u32 = 50, "requests/s", Documented by JIRA_PAGE,
        "The same for DELETE.",
        LEARNED;
    BURST_CAPACITY: u32 = 100, "requests", Assumed by DESIGN,
        "What a rested bucket holds. Nobody publishes it: one second's worth is the careful choice.",
        "the client's first pace; in scenario `page-sync`";
    ISSUE_WRITES_SHORT: u32 = 20, "writes", Documented by JIRA_PAGE,
        "Writes to one issue in the short window, reason `jira-per-issue-on-write`.",
        ISSUE_USAGE;
    ISSUE_WRITES_SHORT_SECS: u32 = 2, "s", Documented by JIRA_PAGE,
        "The short window of writes to one issue.",
        ISSUE_USAGE;
    ISSUE_WRITES_LONG: u32 = 100, "writes", Documented by JIRA_PAGE,
        "Writes to one issue in the long window; both windows hold.",
        ISSUE_USAGE;
    ISSUE_WRITES_LONG_SECS: u32 = 30, "s", Documented by JIRA_PAGE,
        "The long window of writes to one issue.",
        ISSUE_USAGE;
}

/// An endpoint whose bucket has a rate of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointRate {
    /// The method, in capitals.
    pub method: &'static str,
    /// The path as the page writes it, with names in braces for what varies.
    pub path: &'static str,
    /// Requests per second that come back.
    pub per_second: u32,
}

const fn rate(method: &'static str, path: &'static str, per_second: u32) -> EndpointRate {
    EndpointRate { method, path, per_second }
}

/// Rates that replace those of the method, in the order of the page; some of its paths look like Confluence's. Source:
/// Jira Cloud rate limiting page, 2026-08-12, "Burst API Rate Limit Thresholds".
pub const JIRA_ENDPOINT_RATES: &[EndpointRate] = &[
    rate("GET", "/api/content/{id}/state", 400),
    rate("GET", "/rest/api/group/by-id", 400),
    rate("GET", "/api/{version}/pages/{id}/descendants", 300),
    rate("GET", "/servicedeskapi/servicedesk/{servicedeskid}/customer", 5),
    rate("GET", "/api/{version}/issuetype/{issuetypeid}/properties/{propertykey}", 300),
    rate("GET", "/api/{version}/issuesecurityschemes/{schemeid}", 200),
    rate("GET", "/api/{version}/issuesecurityschemes/{id}", 200),
    rate("GET", "/api/analytics/content/{contentid}/views", 200),
    rate("GET", "/api/user/email", 200),
    rate("GET", "/api/{version}/issuetype/{issuetypeid}/properties", 200),
    rate("GET", "/api/{version}/attachment/thumbnail/{id}", 200),
    rate("GET", "/api/{version}/component", 200),
    rate("GET", "/api/{version}/project/{projectidorkey}/role/{id}", 200),
    rate("GET", "/api/content/{id}/child/attachment", 200),
    rate("GET", "/api/search/user", 200),
    rate("GET", "/api/{version}/issue/{issueidorkey}/changelog", 200),
    rate("GET", "/api/{version}/attachment/content/{id}", 300),
    rate("GET", "/api/{version}/issue/{issueidorkey}", 150),
    rate("GET", "/api/{version}/user", 150),
    rate("POST", "/api/{version}/search/approximate-count", 150),
    rate("POST", "/api/{version}/expression/evaluate", 150),
    rate("POST", "/gira/{version}", 150),
    rate("POST", "/api/{version}/permissionscheme/{schemeid}/permission", 100),
    rate("POST", "/security/{version}/bulk", 100),
    rate("PUT", "/api/relation/{relationname}/from/{sourcetype}/{sourcekey}/to/{targettype}/{targetkey}", 300),
    rate("PUT", "/api/{version}/component/{id}", 500),
    rate("DELETE", "/api/content/{id}", 500),
    rate("DELETE", "/api/{version}/custom-content/{id}", 300),
    rate("DELETE", "/api/relation/{relationname}/from/{sourcetype}/{sourcekey}/to/{targettype}/{targetkey}", 200),
    rate("DELETE", "/devinfo/{version}/repository/{repositoryid}", 200),
    rate("DELETE", "/builds/{version}/bulkbyproperties", 100),
];

/// The documented rate of the bucket for a path template and method, per second: that of the endpoint, else that of the
/// method. Methods of which nothing is published count as PUT, the slowest.
#[must_use]
pub fn jira_per_second(method: &str, template: &str) -> u32 {
    let is_one = |rate: &&EndpointRate| rate.method == method && is_same(rate.path, template);
    let by_method = || match method {
        "GET" => JIRA_GET_PER_SECOND.value,
        "POST" => JIRA_POST_PER_SECOND.value,
        "DELETE" => JIRA_DELETE_PER_SECOND.value,
        _ => JIRA_PUT_PER_SECOND.value,
    };
    JIRA_ENDPOINT_RATES.iter().find(is_one).map_or_else(by_method, |rate| rate.per_second)
}

/// The page writes its paths in lowercase, most without what products begin theirs with, and names what varies in its own words.
fn is_same(path: &str, template: &str) -> bool {
    fn segments(path: &str) -> impl Iterator<Item = &str> {
        path.split('/').filter(|segment| !matches!(*segment, "" | "rest" | "wiki"))
    }
    let is_same = |(a, b): (&str, &str)| (a.starts_with('{') && b.starts_with('{')) || a.eq_ignore_ascii_case(b);
    segments(path).count() == segments(template).count() && segments(path).zip(segments(template)).all(is_same)
}

/// The facts of this group and a row for each endpoint.
#[cfg(feature = "full")]
pub(super) fn all_rows() -> Vec<super::Row> {
    let endpoints = JIRA_ENDPOINT_RATES.iter().map(|rate| {
        let words = rate.path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let id = ["jira", rate.method].into_iter().chain(words).collect::<Vec<_>>().join("-").to_ascii_lowercase();
        super::Row {
            id,
            group: GROUP.name.into(),
            value: rate.per_second.into(),
            unit: "requests/s".into(),
            what: format!("Rate of the bucket for {} `{}`.", rate.method, rate.path).into(),
            source: super::sources::JIRA_PAGE.clone(),
            confidence: super::Confidence::Documented,
            usage: LEARNED.into(),
        }
    });
    rows().into_iter().chain(endpoints).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_of_its_own_rate_is_found_by_its_template() {
        for (method, template, per_second) in [
            ("GET", "/rest/api/{version}/issue/{issueIdOrKey}", 150),
            ("GET", "/rest/api/{version}/issue/{issueIdOrKey}/comment", 100),
            ("GET", "/rest/servicedeskapi/servicedesk/{serviceDeskId}/customer", 5),
            ("PUT", "/rest/api/{version}/component/{id}", 500),
            ("PUT", "/rest/api/{version}/issue/{issueIdOrKey}", 50),
            ("PATCH", "", 50),
        ] {
            assert_eq!(jira_per_second(method, template), per_second, "{method} {template}");
        }
    }
}
