//! What the proxy meters is what passed, and what its rule says is what the server of that rule says.

mod support;
#[path = "support/wire.rs"]
mod wire;

use headroom_serve::{Config, Mode, Pace, Proxy, ProxyConfig};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::{Client, START};
use wire::{Upstream, answer, get};

const PAGES: &str = "/wiki/api/v2/pages?limit=250";

fn proxy_of(rule: &str, mode: Mode, upstream: &str, roots: Option<String>) -> Client {
    let config = Config::read("test.toml", &format!("[server]\n{rule}")).unwrap_or_else(|error| panic!("{error}"));
    let serve = Config { pace: Pace::Manual, start: Some(START), seed: 7, ..config };
    let config = ProxyConfig { serve, upstream: upstream.to_owned(), mode, roots };
    Client::around(Proxy::start(config).unwrap_or_else(|error| panic!("{error}")))
}

fn proxy(rule: &str, mode: Mode, upstream: &str) -> Client {
    proxy_of(rule, mode, upstream, None)
}

const RULES: [&str; 4] = [
    "quota = { points = 60 }\nburst = { per_second = 3, capacity = 6 }",
    "headers = 'structured-2026'\nproduct = 'jira'\nquota = { points = 90, scope = 'tenant' }\nper_issue_writes = true",
    "headers = 'both'\nquota = { points = 100, per_user_cap = 70 }\nconcurrency = { most = 2 }",
    "product = 'bitbucket'\nrequests = { per_hour = 12 }",
];

/// Calls whose answers hold what their paths let expect, so that it makes no difference when they are counted.
const EXPECTED: [(&str, &str, Option<&str>); 7] = [
    ("GET", "/wiki/api/v2/pages/100007", None),
    ("GET", "/wiki/api/v2/pages?limit=12", None),
    ("GET", "/rest/api/3/group/member?groupId=group-2&maxResults=8", None),
    ("GET", "/ex/jira/11-22/rest/api/3/issue/20003", None),
    ("PUT", "/rest/api/3/issue/P3-20002", Some("{\"fields\":{\"summary\":\"x\"}}")),
    ("GET", "/2.0/repositories/team/repository-1", None),
    ("POST", "/graphql", Some("{\"query\":\"{ pages(first: 4) { nodes { id } } }\"}")),
];

/// Calls whose answers hold something else.
const UNEXPECTED: [(&str, &str, Option<&str>); 6] = [
    ("GET", "/wiki/api/v2/spaces", None),
    ("GET", "/wiki/rest/api/content?limit=3&start=999", None),
    ("GET", "/wiki/rest/api/content/7", None),
    ("GET", "/wiki/no/such/path", None),
    ("POST", "/rest/api/3/search/jql", Some("{\"jql\":\"project = P1\",\"maxResults\":5}")),
    ("GET", "/wiki/rest/api/group/group-2/membersByGroupId", None),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// The reference has the rule as its own limits, with no proxy before it.
    #[test]
    fn in_both_modes_a_rule_says_what_the_server_of_that_rule_says(
        rule in 0..RULES.len(),
        steps in prop::collection::vec((0..EXPECTED.len(), 0_usize..2, prop_oneof![Just(0_u64), 0_u64..3_000, Just(1_900_000)]), 1..30),
    ) {
        let (reference, upstream) = (Client::new(RULES[rule]), Client::new("quota = { points = 9_000_000 }"));
        let [shadow, enforce] =
            [Mode::Shadow, Mode::Enforce].map(|mode| proxy(RULES[rule], mode, &upstream.running.url()));
        for (call, tenant, wait) in steps {
            let ((method, target, body), tenant) = (EXPECTED[call], ["a", "b"][tenant]);
            if wait > 0 {
                [&reference, &shadow, &enforce].into_iter().for_each(|client| client.advance(wait));
            }
            let fields = [("X-Headroom-Tenant", tenant), ("X-Headroom-Account", "ann")];
            let [wanted, passed, held] =
                [&reference, &shadow, &enforce].map(|client| client.send(method, target, &fields, body));
            let [truth, coming, enforced] = [&reference, &shadow, &enforce].map(Client::last);
            let said = |of: &Value| [of["limit"].clone(), of["scope"].clone(), of["until"].clone()];
            prop_assert_eq!(said(&enforced), said(&truth));
            prop_assert_eq!(said(&coming["coming"]), said(&truth));
            prop_assert_eq!(&enforced["early"], &truth["early"]);
            prop_assert!(passed.status < 300 && coming["limit"].is_null(), "{}", coming);
            if truth["limit"].is_null() {
                let told = |of: &Value| [of["points"].clone(), of["left"].clone(), of["status"].clone()];
                prop_assert_eq!([told(&coming), told(&enforced)], [told(&truth), told(&truth)], "{}", target);
                // GraphQL tells what is left of the upstream's own pool.
                prop_assert!(passed.body == held.body || target == "/graphql");
            } else {
                prop_assert_eq!((held.status, &held.body, &held.headers), (wanted.status, &wanted.body, &wanted.headers));
                prop_assert_eq!(&coming["points"], 0);
            }
        }
        let (truth, coming, enforced) = (reference.running.stop(), shadow.running.stop(), enforce.running.stop());
        prop_assert_eq!((coming.coming.refused, enforced.refused), (truth.refused, truth.refused));
        prop_assert_eq!((coming.coming.by_limit, coming.points), (truth.by_limit, truth.points));
    }

    #[test]
    fn what_an_answer_holds_is_what_is_charged_in_the_end(
        steps in prop::collection::vec((0..UNEXPECTED.len(), any::<bool>()), 1..20),
    ) {
        let rule = "quota = { points = 60_000, scope = 'tenant', per_user_cap = 50_000 }";
        let (reference, upstream) = (Client::new(rule), Client::new("quota = { points = 9_000_000 }"));
        let shadow = proxy(rule, Mode::Shadow, &upstream.running.url());
        for (call, is_packed) in steps {
            let (method, target, body) = UNEXPECTED[call];
            let fields = [("X-Headroom-Account", "ann"), ("Accept-Encoding", if is_packed { "gzip" } else { "identity" })];
            for client in [&reference, &shadow] {
                client.send(method, target, &fields, body);
            }
            let [truth, coming] = [&reference, &shadow].map(Client::last);
            prop_assert_eq!(&coming["points"], &truth["points"], "{}", target);
            prop_assert_eq!(&coming["left"], &truth["left"]);
            prop_assert!(coming["uncounted"].is_null(), "{}", coming);
        }
    }
}

#[test]
fn a_coming_refusal_passes_says_so_in_beta_fields_and_is_told_with_its_time() {
    let upstream =
        Upstream::saying(answer("200 OK", "X-RateLimit-Remaining: 7\r\nRetry-After: 1\r\n", b"{\"id\":\"1\"}"));
    let client = proxy("quota = { points = 3 }", Mode::Shadow, &upstream.url());
    let page = "/wiki/api/v2/pages/1";
    assert_eq!(client.get(page).header("X-Beta-RateLimit-Remaining"), Some("1"));
    client.advance(37 * 60_000);
    let told = client.get(page);
    let fields = ["Beta-Retry-After", "X-Beta-RateLimit-Reason", "X-RateLimit-Remaining", "Retry-After"];
    let said = fields.map(|name| told.header(name));
    let wanted = [Some("1380"), Some("confluence-quota-global-based"), Some("7"), Some("1")];
    assert_eq!((told.status, said), (200, wanted));
    let state = client.get("/_headroom/state").json();
    assert_eq!(
        state["summary"]["coming"],
        json!({ "refused": 1, "by_limit": { "points-quota": 1 }, "first": "2026-02-02T13:37:00Z", "last": "2026-02-02T13:37:00Z" })
    );
    assert_eq!(
        client.running.stop().to_string(),
        "2 requests, 2 admitted for 2 points, 0 refused, 0 earlier than told; under the coming rules 1 would have been \
         refused (points-quota 1), from 2026-02-02T13:37:00Z to 2026-02-02T13:37:00Z"
    );
}

#[test]
fn what_is_enforced_never_reaches_the_upstream() {
    let upstream = Upstream::saying(answer("200 OK", "", b"{\"id\":\"1\"}"));
    let client = proxy("quota = { points = 5 }", Mode::Enforce, &upstream.url());
    let statuses: Vec<_> = (0..4).map(|_| client.get("/wiki/api/v2/pages/1").status).collect();
    assert_eq!((statuses, upstream.seen().len()), (vec![200, 200, 429, 429], 2));
    assert_eq!(client.running.stop().early, 1);
}

#[test]
fn a_tenant_that_nothing_names_is_the_upstreams_site_whatever_the_client_calls_it() {
    // Dearer than the whole quota, so that nobody is asked.
    let client = proxy("quota = { points = 2, scope = 'tenant' }", Mode::Enforce, "http://acme.example");
    assert_eq!(get(client.running.addr(), PAGES, "Authorization: Bearer t\r\n").status(), 429);
    assert_eq!((&client.last()["tenant"], &client.last()["scope"]), (&"acme".into(), &"tenant:acme".into()));
}

#[test]
fn what_cannot_be_counted_costs_what_was_expected_and_says_why() {
    let json = "Content-Type: application/json\r\n";
    let long = format!("{{\"results\":[{}]}}", " ".repeat(9 << 20));
    for (fields, body, why) in [
        (format!("{json}Content-Encoding: zstd\r\n"), "?", "its encoding is none of gzip, deflate, br"),
        (format!("{json}Content-Encoding: gzip\r\n"), "?", "its encoding is broken"),
        ("Content-Type: text/html\r\n".to_owned(), "<html>", "it is no JSON"),
        (json.to_owned(), "{\"no\":\"list\"}", "the answer lacks what was asked for"),
        (json.to_owned(), &long, "it is longer than 8 MiB"),
    ] {
        let upstream = Upstream::saying(answer("200 OK", &fields, body.as_bytes()));
        let client = proxy("quota = { points = 1_000 }", Mode::Shadow, &upstream.url());
        assert_eq!(get(client.running.addr(), PAGES, "Authorization: Bearer t\r\n").body.len(), body.len());
        // A long one is settled beside its end.
        let mut last = client.last();
        while last.is_null() {
            last = client.last();
        }
        assert_eq!((&last["points"], last["uncounted"].as_str()), (&251.into(), Some(why)));
        assert_eq!(client.running.stop().uncounted, 1);
    }
}

#[test]
fn what_the_upstream_refuses_or_never_gets_costs_nothing_and_what_fails_there_the_request() {
    for (status, points) in [("429 Too Many Requests", 0), ("404 Not Found", 1), ("500 Oh", 1), ("302 Found", 1)] {
        let upstream = Upstream::saying(answer(status, "", b"{}"));
        let client = proxy("quota = { points = 1_000 }", Mode::Enforce, &upstream.url());
        get(client.running.addr(), PAGES, "Authorization: Bearer t\r\n");
        let last = client.last();
        assert_eq!((&last["points"], &last["left"]), (&points.into(), &(1_000 - points).into()), "{status}");
    }
    let gone = { std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap() };
    let client =
        proxy("quota = { points = 1_000 }\nconcurrency = { most = 1 }", Mode::Enforce, &format!("http://{gone}"));
    for _ in 0..3 {
        let told = client.get(PAGES);
        let message = told.json()["message"].as_str().unwrap().to_owned();
        assert!(told.status == 502 && message.contains(&format!("`http://{gone}` does not answer")), "{message}");
    }
    assert_eq!((&client.last()["left"], &client.last()["status"]), (&1_000.into(), &502.into()));
}

#[test]
fn paths_that_only_look_like_ours_go_on_and_ours_do_not() {
    let upstream = Upstream::saying(answer("200 OK", "", b"theirs"));
    let client = proxy("quota = {}", Mode::Shadow, &upstream.url());
    for (path, is_theirs) in
        [("/_headroomx", true), ("/metrics", true), ("/_headroom/metrics", false), ("/_headroom/state", false)]
    {
        assert_eq!(client.get(path).body == "theirs", is_theirs, "{path}");
    }
    // Whose it is cannot be told: passed on, and not counted.
    assert_eq!(get(client.running.addr(), "/wiki", "Authorization: Digest x\r\n").body, b"theirs");
    assert_eq!(client.running.stop().requests, 2);
}

/// All that a proxy tells anybody but the client itself, whatever became of the request.
#[test]
fn no_output_has_what_was_secret_in_a_request_or_an_answer() {
    const SECRETS: [&str; 5] = ["hush-token", "hush-cookie", "hush-query", "hush-set", "YW5uOmh1c2g="];
    let fields = "Set-Cookie: s=hush-set\r\nContent-Type: application/json\r\n";
    let upstream = Upstream::saying(answer("200 OK", fields, b"{\"id\":\"1\"}"));
    for (url, mode) in [
        (upstream.url(), Mode::Shadow),
        (upstream.url(), Mode::Enforce),
        ("http://127.0.0.1:1".to_owned(), Mode::Shadow),
    ] {
        let client = proxy("quota = { points = 3 }", mode, &url);
        let mut events = std::net::TcpStream::connect(client.running.addr()).unwrap();
        std::io::Write::write_all(&mut events, b"GET /_headroom/events HTTP/1.0\r\n\r\n").unwrap();
        let mut events = std::io::BufReader::new(events);
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            std::io::BufRead::read_line(&mut events, &mut line).unwrap();
        }
        let mut told = String::new();
        for login in ["Bearer hush-token", "Basic YW5uOmh1c2g=", "Digest hush-token", "Bearer hush-token"] {
            let fields =
                format!("Authorization: {login}\r\nCookie: c=hush-cookie\r\nProxy-Authorization: hush-token\r\n");
            let answer = get(client.running.addr(), "/wiki/api/v2/pages/1?token=hush-query", &fields);
            if answer.status() != 200 {
                told += &format!("{answer:?}{}", String::from_utf8_lossy(&answer.body));
            }
        }
        for path in ["state", "requests", "early", "metrics", "faults"] {
            told += &client.get(&format!("/_headroom/{path}")).body;
        }
        let summary = client.running.stop();
        let mut stream = String::new();
        std::io::Read::read_to_string(&mut events, &mut stream).unwrap();
        let is_coming = mode == Mode::Shadow && url == upstream.url();
        assert_eq!(stream.contains("\"coming\":{\"limit\":\"points-quota\""), is_coming, "{stream}");
        told += &stream;
        told += &format!("{summary} {summary:?}");
        assert!(told.contains("/wiki/api/v2/pages/1\""), "{told}");
        for secret in SECRETS {
            assert!(!told.contains(secret), "{secret} in {told}");
        }
    }
    let seen = upstream.seen();
    assert_eq!(seen[0].field("authorization").as_deref(), Some("Bearer hush-token"), "it passes all the same");
    assert!(seen.iter().all(|seen| seen.field("proxy-authorization").is_none()), "that one was for us");
}
