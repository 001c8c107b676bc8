//! A server on loopback with a clock by hand, and a client.
#![allow(dead_code, reason = "each test file uses a part of it")]

use headroom_model::time::Instant;
use headroom_serve::{Config, Pace, Running, Server};
use serde_json::{Value, json};
use ureq::Agent;

/// 2026-02-02T13:00:00Z.
pub const START: Instant = Instant(1_770_037_200_000);

pub struct Client {
    pub running: Running,
    pub agent: Agent,
}

pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    fn of(mut response: ureq::http::Response<ureq::Body>) -> Self {
        let text = |value: &ureq::http::HeaderValue| value.to_str().expect("text").to_owned();
        let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let status = response.status().as_u16();
        Self { status, headers, body: response.body_mut().read_to_string().expect("a body of text") }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

impl Client {
    /// `spec` is `[server]` of a config file, with what may follow it.
    pub fn new(spec: &str) -> Self {
        let config = Config::read("test.toml", &format!("[server]\n{spec}")).unwrap_or_else(|error| panic!("{error}"));
        Self::of(Config { pace: Pace::Manual, start: Some(START), seed: 7, ..config })
    }

    pub fn of(config: Config) -> Self {
        Self::around(Server::start(config).expect("a port of this machine is free"))
    }

    /// Of a server that runs.
    pub fn around(running: Running) -> Self {
        let agent = Agent::config_builder().http_status_as_error(false).build().into();
        Self { running, agent }
    }

    pub fn send(&self, method: &str, path: &str, fields: &[(&str, &str)], body: Option<&str>) -> Answer {
        let url = if path.starts_with("http://") { path.to_owned() } else { format!("{}{path}", self.running.url()) };
        let mut request = ureq::http::Request::builder().method(method).uri(url).header("Authorization", "Bearer t");
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let sent = match body {
            Some(body) => self.agent.run(request.body(body.to_owned()).expect("a request")),
            None => self.agent.run(request.body(()).expect("a request")),
        };
        Answer::of(sent.unwrap_or_else(|error| panic!("{method} {path}: {error}")))
    }

    /// A GET without a token that follows no redirect.
    pub fn once(&self, path: &str) -> Answer {
        let agent: Agent = Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
        Answer::of(agent.get(format!("{}{path}", self.running.url())).call().expect("an answer"))
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None)
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[("Content-Type", "application/json")], Some(&body.to_string()))
    }

    pub fn advance(&self, ms: u64) {
        let answer = self.post("/_headroom/clock", &json!({ "advance": format!("{ms} ms") }));
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    /// What the server says of the last request.
    pub fn last(&self) -> Value {
        self.get("/_headroom/requests").json()["requests"]
            .as_array()
            .and_then(|all| all.last())
            .cloned()
            .unwrap_or_default()
    }
}
