//! The limits through HTTP are those of the simulator, and who keeps to what it is told is left in peace.

mod support;

use headroom_model::operation::{Answer, Operation, Request};
use headroom_model::points::price_after;
use headroom_model::time::Instant;
use headroom_sim::server::{Arrival, Auth, Sender, Server, Verdict};
use proptest::prelude::*;
use support::{Client, START};

const SPECS: [&str; 4] = [
    "quota = { points = 60, always_headers = true }\nburst = { per_second = 3, capacity = 6 }",
    "headers = 'structured-2026'\nproduct = 'jira'\nquota = { points = 90, scope = 'tenant' }\nper_issue_writes = true",
    "headers = 'both'\nquota = { points = 100, preview = { points = 30 } }\nburst = { guarded = { per_second = 1, capacity = 2 } }",
    "product = 'bitbucket'\nrequests = { per_hour = 12 }",
];

/// Method, target, body, and how many objects the answer holds.
const CALLS: [(&str, &str, Option<&str>, u32); 34] = [
    ("GET", "/wiki/api/v2/pages/100007", None, 1),
    ("GET", "/wiki/api/v2/pages?limit=12", None, 12),
    ("GET", "/wiki/api/v2/spaces", None, 10),
    ("GET", "/wiki/api/v2/spaces/3/permissions", None, 5),
    ("GET", "/rest/api/3/group/member?groupId=group-2&maxResults=8", None, 8),
    ("GET", "/wiki/rest/api/content?limit=3&start=999", None, 1),
    ("GET", "/wiki/rest/api/group/group-2/membersByGroupId", None, 10),
    ("GET", "/wiki/rest/api/search?cql=space%3DS3&limit=4", None, 4),
    ("GET", "/wiki/rest/api/content/7", None, 0),
    ("GET", "/wiki/no/such/path", None, 0),
    ("GET", "/ex/jira/11-22/rest/api/3/issue/20003", None, 1),
    ("POST", "/rest/api/3/search/jql", Some("{\"jql\":\"project = P1\",\"maxResults\":5}"), 5),
    ("GET", "/rest/api/2/project", None, 5),
    ("PUT", "/rest/api/3/issue/P3-20002", Some("{\"fields\":{\"summary\":\"x\"}}"), 0),
    ("GET", "/wiki/rest/api/content/100007/label", None, 2),
    ("GET", "/wiki/rest/api/content/100007/version", None, 1),
    ("GET", "/wiki/rest/api/content/100007/history", None, 1),
    ("GET", "/wiki/rest/api/content/100007/child/attachment", None, 1),
    ("GET", "/wiki/rest/api/content/100007/child/page", None, 0),
    ("GET", "/wiki/rest/api/content/100007/restriction", None, 2),
    ("GET", "/wiki/rest/api/space/S3/content/page?limit=9", None, 9),
    ("GET", "/wiki/rest/api/user/memberof?accountId=user-1", None, 1),
    ("GET", "/wiki/rest/api/group/by-name?name=group+2", None, 1),
    ("GET", "/wiki/api/v2/pages/100007/versions", None, 1),
    ("GET", "/wiki/api/v2/spaces?keys=S2,S4", None, 2),
    ("GET", "/rest/api/3/field", None, 15),
    ("GET", "/rest/api/3/priority", None, 5),
    ("GET", "/rest/api/3/issue/20003/transitions", None, 3),
    ("GET", "/rest/api/3/user/search?query=user+4", None, 11),
    ("GET", "/rest/api/3/group/bulk", None, 5),
    ("GET", "/rest/api/3/issue/createmeta/P1/issuetypes", None, 3),
    ("GET", "/2.0/repositories/acme/repo-7/deployments_config/environments/test/variables", None, 0),
    ("GET", "/2.0/repositories/team?pagelen=7", None, 7),
    ("POST", "/graphql", Some("{\"query\":\"{ pages(first: 4) { nodes { id } } }\"}"), 4),
];

/// Those of them that find nothing.
const MISSING: [&str; 2] = ["/wiki/rest/api/content/7", "/wiki/no/such/path"];

fn objects_charged(method: &str, target: &str, body: &str) -> Option<u32> {
    price_after(method, target, body.as_bytes()).ok().map(|cost| cost.likely)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// The slow server is the simulator's, asked without HTTP.
    #[test]
    fn http_answers_as_the_simulator_does(
        spec in 0..SPECS.len(),
        steps in prop::collection::vec((0..CALLS.len(), 0_usize..3, prop_oneof![Just(0_u64), 0_u64..3_000, Just(1_900_000)]), 1..40),
    ) {
        let client = Client::new(SPECS[spec]);
        let mut server = Server::new(&toml::from_str(SPECS[spec]).unwrap(), START, 7);
        let mut now = START;
        for (call, tenant, wait) in steps {
            let ((method, target, body, objects), tenant) = (CALLS[call], ["a", "b", "c"][tenant]);
            if wait > 0 {
                client.advance(wait);
                now = Instant(now.0 + wait);
            }
            let told = client.send(method, target, &[("X-Headroom-Tenant", tenant), ("X-Headroom-Account", "ann")], body);
            let operation = Operation::Rest(Request {
                method: method.into(),
                body: body.filter(|_| target == "/graphql").map(|body| body.as_bytes().to_vec()),
                ..Request::get(tenant, target)
            });
            let auth = Auth::App { copy: 0 };
            let sender = Sender { node: 0, account: Some("ann"), auth, is_frontend: false, is_new_connection: false };
            let decision = server.answer(&Arrival { operation: &operation, sender, objects }, now);
            let Answer::Response(wanted) = &decision.answer else { panic!("a REST call has a response") };
            let is_admitted = matches!(decision.verdict, Verdict::Admitted { .. });
            if is_admitted {
                let status = match method { _ if MISSING.contains(&target) => 404, "PUT" => 204, _ => 200 };
                prop_assert_eq!(told.status, status, "{} {}", target, told.body);
            } else {
                prop_assert_eq!((told.status, told.body.as_bytes()), (wanted.status, wanted.body.as_slice()));
            }
            for header in wanted.headers.iter().filter(|header| !is_admitted || header.name != "Content-Type") {
                prop_assert_eq!(told.header(&header.name), Some(header.value.as_str()), "{}", header.name);
            }
            let known = |name: &str| wanted.headers.iter().any(|header| header.name.eq_ignore_ascii_case(name));
            let more = told.headers.iter().find(|(name, _)| {
                !known(name) && !["content-length", "content-type", "link", "connection"].contains(&name.as_str())
            });
            prop_assert_eq!(more, None);
        }
    }

    /// The slow way is a server for each app that only one client asks.
    #[test]
    fn an_app_is_answered_as_if_no_other_were_there_and_whichever_of_its_copies_asks(
        spec in 0..3_usize, steps in prop::collection::vec((0..2_usize, 0..3_u32, 0..CALLS.len(), 0_u64..2_000), 1..40),
    ) {
        let together = Client::new(SPECS[spec]);
        let alone = [Client::new(SPECS[spec]), Client::new(SPECS[spec])];
        for (app, copy, call, wait) in steps {
            let (method, target, body, _) = CALLS[call];
            [&together, &alone[0], &alone[1]].into_iter().for_each(|client| client.advance(wait));
            let copy = copy.to_string();
            let fields = [("X-Headroom-App", ["one", "two"][app]), ("X-Headroom-Copy", copy.as_str())];
            let told = together.send(method, target, &fields, body);
            let wanted = alone[app].send(method, target, &[], body);
            let told_limits = |answer: &support::Answer| {
                let fields = answer.headers.iter().filter(|(name, _)| name != "link" && name != "content-length");
                (answer.status, fields.cloned().collect::<Vec<_>>())
            };
            prop_assert_eq!(told_limits(&told), told_limits(&wanted), "{} {}", target, told.body);
        }
    }

    /// A client that keeps to `Retry-After` is never early, and never refused again by the limit that it waited for.
    #[test]
    fn who_waits_as_told_is_not_refused_again_for_that_reason(
        spec in 0..2_usize, calls in prop::collection::vec(0..CALLS.len(), 1..60),
    ) {
        let client = Client::new(SPECS[spec]);
        for call in calls {
            let (method, target, body, _) = CALLS[call];
            let mut waited: Vec<String> = Vec::new();
            loop {
                let told = client.send(method, target, &[], body);
                let last = client.last();
                prop_assert!(last["early"].is_null(), "{}", last);
                let Some(limit) = last["limit"].as_str() else { break };
                prop_assert!(!waited.iter().any(|other| other == limit), "{} again after {:?}", limit, waited);
                let secs = told.header("Retry-After").map(|secs| secs.parse::<u64>().unwrap());
                // A refusal within GraphQL tells its delay in the body.
                let secs = secs.or_else(|| told.json().pointer("/errors/0/extensions/retryAfter")?.as_u64());
                client.advance(secs.expect("every refusal here names a delay") * 1_000);
                waited.push(limit.to_owned());
            }
        }
        prop_assert_eq!(client.running.stop().early, 0);
    }
}

#[test]
fn what_is_charged_is_what_a_client_counts_in_the_body() {
    let client = Client::new("quota = { points = 60_000 }");
    // The model's tables have no rows for Bitbucket, which counts requests and no points.
    let counted = |target: &str| !target.starts_with("/graphql") && !target.starts_with("/2.0");
    for (method, target, body, objects) in CALLS.into_iter().filter(|(_, target, ..)| counted(target)) {
        let told = client.send(method, target, &[], body);
        let last = client.last();
        assert_eq!(last["objects"], objects, "{target}: {}", told.body);
        if told.status == 200 {
            assert_eq!(last["points"].as_u64(), objects_charged(method, target, &told.body).map(u64::from), "{target}");
        } else {
            assert_eq!(last["points"], 1, "{target}: what finds nothing costs the request");
        }
    }
}

#[test]
fn a_client_that_does_not_wait_is_reported_with_how_much_too_early_it_was() {
    let client = Client::new("quota = { points = 3 }");
    assert_eq!(client.get("/wiki/api/v2/pages/100000").status, 200);
    assert_eq!(client.get("/wiki/api/v2/pages/100000").header("Retry-After"), Some("3600"));
    client.advance(3_599_000);
    assert_eq!(client.get("/wiki/api/v2/pages/100000").status, 429);
    let report = client.get("/_headroom/early").json();
    assert_eq!((&report["early"], &report["first"][0]["early"]["too_early_ms"]), (&1.into(), &1_000.into()));
    client.advance(1_000);
    assert_eq!(client.get("/wiki/api/v2/pages/100000").status, 200);
    let summary = client.running.stop();
    assert_eq!((summary.early, summary.refused, summary.by_limit["points-quota"]), (1, 2, 2));
}

#[test]
fn copies_of_an_app_share_its_points_and_another_app_has_its_own() {
    let client = Client::new("quota = { points = 3 }");
    let ask = |app, copy| {
        let fields = [("X-Headroom-App", app), ("X-Headroom-Copy", copy)];
        client.send("GET", "/wiki/api/v2/pages/100000", &fields, None).status
    };
    assert_eq!((ask("one", "0"), ask("one", "1"), ask("two", "0")), (200, 429, 200));
    let token = client.send("GET", "/wiki/api/v2/pages/100000", &[("X-Headroom-App", "one")], None);
    assert_eq!(token.status, 429);
}

#[test]
fn forge_functions_and_web_triggers_are_refused_in_their_own_words() {
    let client = Client::new("invocations = { formula = { base = 2, per_user = 0, users = 0 }, tells_left = true }");
    let body = serde_json::json!({ "functionKey": "f", "payload": {}, "context": { "installation": "i" } });
    let first = client.post("/_forge/invoke", &body);
    assert_eq!(
        (first.status, &first.json()["metadata"]["rateLimitProperties"]["rateLimitRemaining"]),
        (200, &1.into())
    );
    assert_eq!(client.post("/_forge/invoke", &body).status, 200);
    let refused = client.post("/_forge/invoke", &body);
    assert_eq!((refused.status, &refused.json()["rateLimitProperties"]["rateLimitRemaining"]), (429, &0.into()));
    let fields = [("X-Headroom-Tenant", "other")];
    let ask = || client.send("GET", "/x1/hook", &fields, None);
    assert_eq!((ask().status, ask().status), (200, 200));
    assert!(ask().header("rateLimitReset").is_some());
}
