//! `/_headroom/` and `/metrics`.

mod support;

use headroom_serve::{Config, Pace, Server};
use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use support::{Client, START};

const PAGE: &str = "/wiki/api/v2/pages/100000";

#[test]
fn the_clock_is_moved_and_every_answer_follows_it() {
    let client = Client::new("quota = { points = 100, always_headers = true }");
    assert_eq!(client.get(PAGE).header("Date"), Some("Mon, 02 Feb 2026 13:00:00 GMT"));
    let to = |text: &str| client.post("/_headroom/clock", &json!({ "to": text }));
    assert_eq!(to("2026-02-02T13:30:00Z").json()["advanced_ms"], 1_800_000);
    let answer = client.get(PAGE);
    assert_eq!(answer.header("Date"), Some("Mon, 02 Feb 2026 13:30:00 GMT"));
    assert_eq!(answer.header("X-RateLimit-Reset"), Some("2026-02-02T14:00:00Z"));
    assert_eq!(to("2026-02-02T13:00:00Z").json()["advanced_ms"], 0, "time never goes back");
    assert_eq!((to("soon").status, to("+12000-01-01T00:00:00Z").status), (400, 400));
    assert_eq!(client.post("/_headroom/clock", &json!({})).status, 400);
}

#[test]
fn usage_is_set_up_and_down_and_a_reset_forgets_it_and_what_was_written() {
    let client = Client::new("quota = { points = 100, scope = 'tenant' }");
    let set = |points: u32| {
        client.post("/_headroom/usage", &json!({ "tenant": "acme", "used_points": points })).json()["left"].clone()
    };
    let ask = || client.send("GET", PAGE, &[("X-Headroom-Tenant", "acme")], None).status;
    assert_eq!((set(99), ask()), (1.into(), 429));
    assert_eq!((set(40), ask()), (60.into(), 200));
    let state = client.get("/_headroom/state").json();
    assert_eq!(
        state["apps"]["app"]["pools"]["acme"],
        json!({ "quota": 100, "left": 58, "reset": "2026-02-02T14:00:00Z", "near_limit": false })
    );
    assert_eq!(state["last_refused"][0]["limit"], "points-quota");
    client.post("/wiki/api/v2/pages", &json!({ "spaceId": "1", "title": "t" }));
    assert_eq!(client.get("/wiki/api/v2/pages/1000000").status, 200);
    assert_eq!(client.post("/_headroom/reset", &json!({})).json()["summary"]["requests"], 0);
    assert_eq!(client.get("/wiki/api/v2/pages/1000000").status, 404);
}

#[test]
fn faults_are_installed_met_and_lifted() {
    let client = Client::new("quota = { points = 100 }");
    let rule = json!({ "name": "down", "on": { "method": "GET" }, "then": { "status": { "code": 503, "retry_after": "5 s" } } });
    assert_eq!(client.post("/_headroom/faults", &rule).json()["faults"], json!(["down"]));
    let answer = client.get(PAGE);
    assert_eq!((answer.status, answer.header("Retry-After")), (503, Some("5")));
    assert_eq!(client.last()["faults"], json!(["down"]));
    assert_eq!(client.send("DELETE", "/_headroom/faults?name=up", &[], None).status, 404);
    assert_eq!(client.send("DELETE", "/_headroom/faults?name=down", &[], None).json()["faults"], json!([]));
    assert_eq!(client.get(PAGE).status, 200);
    assert_eq!(client.post("/_headroom/faults", &json!({ "name": "x", "then": { "sing": 1 } })).status, 400);
    client.post("/_headroom/faults", &json!({ "name": "gone", "then": "drop" }));
    assert!(client.agent.get(format!("{}{PAGE}", client.running.url())).call().is_err(), "the connection breaks");
}

#[test]
fn an_answer_that_a_fault_delays_comes_when_the_clock_says_so() {
    let late = "[[fault]]\nname = 'late'\non = { method = 'GET' }\nthen = { delay = '10 s' }";
    let client = Client::new(&format!("concurrency = {{ most = 1 }}\n{late}"));
    let put = || client.send("PUT", PAGE, &[], Some("{}")).status;
    std::thread::scope(|scope| {
        let late = scope.spawn(|| client.get(PAGE).status);
        while client.get("/_headroom/requests").json()["requests"].as_array().is_none_or(Vec::is_empty) {
            std::thread::yield_now();
        }
        assert_eq!(put(), 429, "the one place is held until the answer is sent");
        client.advance(9_999);
        assert_eq!(put(), 429);
        client.advance(1);
        assert_eq!(late.join().unwrap(), 200);
        assert_eq!(put(), 400);
    });
}

#[test]
fn metrics_count_what_happened() {
    let client = Client::new("quota = { points = 4 }");
    let statuses: Vec<u16> = (0..3).map(|_| client.get(PAGE).status).collect();
    assert_eq!(statuses, [200, 200, 429]);
    let text = client.get("/metrics").body;
    for line in [
        "headroom_requests_total 3",
        "headroom_points_total 4",
        "headroom_over_limit_total{limit=\"points-quota\"} 1",
        "headroom_near_limit_total 1",
        "headroom_remaining{app=\"app\"} 0",
    ] {
        assert!(text.lines().any(|other| other == line), "{line} is not in:\n{text}");
    }
}

#[test]
fn every_request_is_a_line_of_the_stream() {
    let client = Client::new("quota = { points = 100 }");
    let mut stream = TcpStream::connect(client.running.addr()).unwrap();
    stream.write_all(b"GET /_headroom/events HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut lines = BufReader::new(stream).lines().map(|line| line.unwrap());
    assert_eq!(lines.next().as_deref(), Some("HTTP/1.1 200 OK"));
    // The head is there before the stream's first line, so nothing is missed from here on.
    client.get(PAGE);
    let event = lines.find(|line| line.starts_with('{')).unwrap();
    let event: serde_json::Value = serde_json::from_str(&event).unwrap();
    assert_eq!((&event["number"], &event["points"], &event["status"]), (&1.into(), &2.into(), &200.into()));
}

#[test]
fn a_control_token_is_asked_for_and_pages_of_other_origins_change_nothing() {
    let closed =
        Config { control_token: Some("hush".into()), pace: Pace::Manual, start: Some(START), ..Config::default() };
    let client = Client::of(closed);
    assert_eq!(client.get("/_headroom/state").status, 401);
    let state =
        client.agent.get(format!("{}/_headroom/state", client.running.url())).header("Authorization", "Bearer hush");
    assert_eq!(state.call().unwrap().status(), 200);
    assert_eq!(client.get(PAGE).status, 200, "the products have nothing to do with it");
    let open = Client::new("quota = { points = 5 }");
    assert_eq!(open.send("POST", "/_headroom/reset", &[("Origin", "https://evil.example")], Some("{}")).status, 403);
}

#[test]
fn a_port_in_use_and_an_open_address_without_a_token_are_refused_in_one_line() {
    let first = Server::start(Config::default()).unwrap();
    let error = Server::start(Config { address: first.addr(), ..Config::default() }).unwrap_err().to_string();
    assert!(error.contains(&format!("`{}`: the port is in use", first.addr())), "{error}");
    let error =
        Server::start(Config { address: ([0, 0, 0, 0], 0).into(), ..Config::default() }).unwrap_err().to_string();
    assert!(error.contains("`0.0.0.0:0`") && error.contains("control token"), "{error}");
}

#[test]
fn a_server_that_stops_lets_its_port_go() {
    let running = Server::start(Config::default()).unwrap();
    let address = running.addr();
    let mut idle = TcpStream::connect(address).unwrap();
    assert_eq!(running.stop().requests, 0);
    assert_eq!(idle.read(&mut [0]).unwrap_or(0), 0, "an idle connection is closed");
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn who_connects_again_is_told_what_came_meanwhile_and_each_request_once() {
    let client = Client::new("quota = { points = 10_000 }");
    for _ in 0..3 {
        client.get(PAGE);
    }
    let numbers = |answer: support::Answer| {
        let lines = answer.body.lines().filter_map(|line| line.strip_prefix("id: ")).map(str::to_owned);
        lines.collect::<Vec<_>>()
    };
    let sse = ("Accept", "text/event-stream");
    let again = [sse, ("Last-Event-ID", "1")];
    assert_eq!(numbers(client.send("GET", "/_headroom/events?most=2", &again, None)), ["2", "3"]);
    assert_eq!(numbers(client.send("GET", "/_headroom/events?after=2&most=1", &again, None)), ["3"]);
    std::thread::scope(|scope| {
        let all = scope.spawn(|| numbers(client.send("GET", "/_headroom/events?after=0&most=40", &[sse], None)));
        while !all.is_finished() {
            client.get(PAGE);
        }
        let wanted: Vec<_> = (1..=40).map(|number| number.to_string()).collect();
        assert_eq!(all.join().unwrap(), wanted, "kept ones first, then those that come, none twice");
    });
}

#[test]
fn state_tells_windows_and_who_was_refused_and_why_in_pages() {
    let client = Client::new("quota = { points = 9, scope = 'tenant' }\nburst = { per_second = 2 }");
    for tenant in ["a", "b", "c"] {
        for _ in 0..3 {
            client.send("GET", PAGE, &[("X-Headroom-Tenant", tenant)], None);
        }
    }
    let state = client.get("/_headroom/state?app=app&limit=2").json();
    let app = &state["apps"]["app"];
    assert_eq!(app["tenants"]["a"], json!({ "requests": 3, "points": 4, "early": 0, "refused": { "burst": 1 } }));
    assert_eq!(
        app["windows"][0],
        json!({ "limit": "burst", "of": "a", "most": 2, "left": 0, "opens": "2026-02-02T13:00:00.5Z" })
    );
    assert_eq!((app["tenants"].as_object().map(|all| all.len()), &app["next"]), (Some(2), &"b".into()));
    let rest = client.get("/_headroom/state?app=app&limit=2&after=b").json();
    assert_eq!((&rest["apps"]["app"]["pools"]["c"]["left"], &rest["apps"]["app"]["next"]), (&5.into(), &json!(null)));
}

#[test]
fn an_app_is_spoken_to_in_another_dialect_from_one_call_to_the_next_and_keeps_what_it_used() {
    let client = Client::new("quota = { points = 10, always_headers = true }");
    let ask = |app| client.send("GET", PAGE, &[("X-Headroom-App", app)], None);
    assert_eq!(ask("one").header("X-RateLimit-Remaining"), Some("8"));
    let choose = |body| client.post("/_headroom/apps", &body);
    assert_eq!(choose(json!({ "app": "one", "headers": "structured-2026" })).json()["headers"], "structured-2026");
    let told = ask("one");
    assert!(told.header("RateLimit").is_some_and(|text| text.contains("r=6")), "{:?}", told.headers);
    assert_eq!(told.header("X-RateLimit-Remaining"), None);
    assert_eq!(ask("two").header("X-RateLimit-Remaining"), Some("8"), "the other app is spoken to as before");
    client.post("/_headroom/reset", &json!({}));
    assert_eq!(ask("one").header("X-RateLimit-Remaining"), Some("8"), "a reset is one to what the server began with");
}

#[test]
fn an_app_is_given_another_profile_and_meets_its_limits() {
    let client = Client::new("quota = { points = 10 }\ninvocations = { profile = 'forge-rfc130', tells_left = true }");
    let invoke = || {
        let body = json!({ "functionKey": "f", "payload": {}, "context": { "installation": "i", "account": "ann" } });
        client.post("/_forge/invoke", &body).json()["metadata"]["rateLimitProperties"]["rateLimitRemaining"].clone()
    };
    // A user's 1,200 in a minute are fewer than the installation's 5,000; RFC 130 has no such limit but 300 in a second.
    assert_eq!(invoke(), 299);
    client.post("/_headroom/apps", &json!({ "profile": "forge-current" }));
    assert_eq!(invoke(), 1_199);
    assert_eq!(client.get("/_headroom/state").json()["apps"]["app"]["profile"], "forge-current");
}

#[test]
fn metrics_tell_what_a_coming_rule_would_have_refused() {
    let client = Client::new("quota = { points = 100, preview = { points = 3 } }");
    let statuses: Vec<u16> = (0..3).map(|_| client.get(PAGE).status).collect();
    assert_eq!(statuses, [200, 200, 200]);
    let text = client.get("/metrics").body;
    for line in ["headroom_shadow_total 2", "headroom_remaining{app=\"app\"} 94", "headroom_near_limit_total 0"] {
        assert!(text.lines().any(|other| other == line), "{line} is not in:\n{text}");
    }
}
