//! The OpenAPI document is true: `cargo xtask test` tries it with Schemathesis, this file with its own examples.

mod support;

use headroom_serve::{Config, Pace};
use serde_json::Value;
use std::collections::BTreeMap;
use support::{Client, START};

const PAGE: &str = "/wiki/api/v2/pages/100000";

/// Method, path, and what the document says of it.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let all = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().expect("methods");
        methods.iter().map(move |(method, operation)| (method.to_uppercase(), path.clone(), operation.clone()))
    });
    all.collect()
}

/// The bodies that the document gives as examples; one that is empty where it takes none.
fn bodies(operation: &Value) -> Vec<Option<String>> {
    let examples = operation.pointer("/requestBody/content/application~1json/examples").and_then(Value::as_object);
    examples.map_or(vec![None], |all| all.values().map(|example| Some(example["value"].to_string())).collect())
}

#[test]
fn every_route_answers_as_documented() {
    let client = Client::new("quota = { points = 60_000 }");
    assert_eq!(client.get(PAGE).status, 200);
    let document = client.get("/_headroom/openapi.json").json();
    for (method, path, operation) in operations(&document) {
        let target = if path.ends_with("/events") { format!("{path}?after=0&most=1") } else { path.clone() };
        for body in bodies(&operation) {
            let redirects = operation["responses"].get("308").is_some();
            let answer =
                if redirects { client.once(&target) } else { client.send(&method, &target, &[], body.as_deref()) };
            let (documented, wanted) =
                operation["responses"].as_object().and_then(|all| all.iter().next()).expect("one");
            assert_eq!(&answer.status.to_string(), documented, "{method} {path}: {}", answer.body);
            let kinds = wanted["content"].as_object().expect("a kind of content");
            let kind = answer.header("Content-Type").and_then(|kind| kind.split(';').next()).expect("a kind");
            assert!(kinds.contains_key(kind), "{method} {path} answers {kind}");
        }
    }
}

#[test]
fn a_method_that_is_not_documented_is_refused_with_those_that_are() {
    let client = Client::new("quota = { points = 60_000 }");
    let mut methods: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (method, path, _) in operations(&client.get("/_headroom/openapi.json").json()) {
        methods.entry(path).or_default().push(method);
    }
    for (path, known) in methods {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            if known.iter().any(|known| known == method) {
                continue;
            }
            let answer = client.send(method, &path, &[], None);
            let mut told: Vec<_> = answer.header("Allow").unwrap_or_default().split(", ").map(str::to_owned).collect();
            told.sort_unstable();
            let mut wanted = known.clone();
            wanted.sort_unstable();
            assert_eq!((answer.status, told), (405, wanted), "{method} {path}");
        }
    }
}

#[test]
fn who_has_no_token_gets_what_the_document_calls_open_and_nothing_else() {
    let config =
        Config { control_token: Some("hush".into()), pace: Pace::Manual, start: Some(START), ..Config::default() };
    let client = Client::of(config);
    let mut closed = 0;
    for (method, path, operation) in operations(&client.get("/_headroom/openapi.json").json()) {
        let is_open = operation["security"].as_array().is_some_and(Vec::is_empty);
        let answer = if is_open { client.once(&path) } else { client.send(&method, &path, &[], Some("{}")) };
        assert_eq!(answer.status == 401, !is_open, "{method} {path}");
        assert_eq!(answer.header("WWW-Authenticate").is_some(), !is_open, "{method} {path}");
        closed += u32::from(!is_open);
    }
    assert!(closed > 5);
}

#[test]
fn what_the_document_forbids_is_refused_in_one_line_with_the_next_step() {
    let client = Client::new("quota = { points = 60_000 }");
    for (path, body, said) in [
        ("/_headroom/clock", r#"{"to":"soon"}"#, "`soon` is no RFC 3339: write as"),
        ("/_headroom/clock", r#"{"advance":"5"}"#, "`5` has no unit"),
        ("/_headroom/clock", r#"{"advance":null,"to":"2026-02-02T14:00:00Z"}"#, "null"),
        ("/_headroom/clock", "{}", "send `advance` or `to`"),
        ("/_headroom/clock", "x", "the body is no JSON"),
        ("/_headroom/usage", r#"{"used_points":-1}"#, "`-1` is out of range: use 0 to 10000000"),
        ("/_headroom/usage", r#"{"used_points":1.5}"#, "1.5"),
        ("/_headroom/usage", r#"{"used_points":1,"tenant":""}"#, "the name `` is empty or too long"),
        ("/_headroom/apps", r#"{"app":"a"}"#, "send `headers`, `profile` or `product`"),
        ("/_headroom/apps", r#"{"headers":"seed"}"#, "`seed`"),
        ("/_headroom/faults", r#"{"name":"x","on":{"work":"w"},"then":"drop"}"#, "`work` meets nothing here"),
    ] {
        let answer = client.send("POST", path, &[], Some(body));
        let message = answer.json()["message"].as_str().map(str::to_owned).expect("a message");
        assert!(answer.status == 400 && message.contains(said), "{path} {body}: {message}");
    }
    for (target, status) in [
        ("/_headroom/state?limit=0", 400),
        ("/_headroom/state?limit=1001", 400),
        ("/_headroom/state?page=1", 400),
        ("/_headroom/state?app=nobody", 404),
        ("/_headroom/events?most=0", 400),
        ("/_headroom/early?x", 400),
        ("/_headroom/nothing", 404),
    ] {
        assert_eq!(client.get(target).status, status, "{target}");
    }
    let long = format!(r#"{{"to":"{}"}}"#, "x".repeat(70_000));
    assert_eq!(client.send("POST", "/_headroom/clock", &[], Some(&long)).status, 413);
}
