//! `/_headroom/`: what the server knows, and what a test may change.
//!
//! | request | does |
//! | --- | --- |
//! | `GET /_headroom/state` | clock, counts, and each app's pool |
//! | `GET /_headroom/requests` | the last 100 requests |
//! | `GET /_headroom/early` | the first 100 calls that came before an instant that they had been told |
//! | `GET /_headroom/events` | each request as it comes, as NDJSON, or as SSE to who accepts `text/event-stream` |
//! | `POST /_headroom/clock` | `{ "advance": "5 min" }` or `{ "to": "2026-02-02T13:00:00Z" }` |
//! | `POST /_headroom/usage` | `{ "app": "app", "tenant": "acme", "used_points": 64000 }` |
//! | `GET`, `POST`, `DELETE /_headroom/faults` | names of the rules; one more, as JSON of a scenario's `[[fault]]`; none, or without that of `?name=` |
//! | `POST /_headroom/reset` | all as at the start, but for the clock |
//! | `GET /metrics` | counters for Prometheus |

use crate::content::reply::Problem;
use crate::desk::{Desk, plain};
use crate::http::{Body, written};
use crate::metrics;
use bytes::Bytes;
use headroom_model::operation::{Header, Response as Answered};
use headroom_model::time::Instant;
use headroom_sim::scenario::{self, FaultSpec};
use headroom_sim::value::{Span, Whole};
use http_body_util::BodyExt;
use http_body_util::channel::Channel;
use hyper::Response;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, ORIGIN};
use hyper::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

/// Fault rules that there can be.
const MOST_RULES: usize = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockBody {
    advance: Option<Span<0, 3_153_600_000_000>>,
    to: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UsageBody {
    app: Option<String>,
    tenant: Option<String>,
    used_points: Whole<0, 10_000_000>,
}

/// Answers what is asked of the server itself.
pub(crate) fn answer(desk: &Arc<Desk>, stop: watch::Receiver<bool>, head: &Parts, body: &[u8]) -> Response<Body> {
    let answered = match allowed(desk, head) {
        Ok(()) if (head.method.as_str(), head.uri.path()) == ("GET", "/_headroom/events") => {
            return events(desk, stop, head);
        }
        Ok(()) => of(desk, head, body),
        Err(problem) => Err(problem),
    };
    written(answered.unwrap_or_else(|problem| plain(&problem, desk.clock.now())))
}

fn of(desk: &Desk, head: &Parts, body: &[u8]) -> Result<Answered, Problem> {
    let path = head.uri.path();
    let value = match (head.method.as_str(), path.strip_prefix("/_headroom").unwrap_or(path)) {
        ("GET", "/metrics") => return Ok(text(desk, metrics::CONTENT_TYPE, metrics::text(desk))),
        ("GET", "/state") => state(desk),
        ("GET", "/requests") => json!({ "requests": desk.state().ledger.recent }),
        ("GET", "/early") => {
            let state = desk.state();
            json!({ "early": state.ledger.summary.early, "first": state.ledger.early })
        }
        ("POST", "/clock") => clock(desk, read(body)?)?,
        ("POST", "/usage") => usage(desk, read(body)?)?,
        ("GET", "/faults") => rules(desk),
        ("POST", "/faults") => {
            let rule = rule(body)?;
            let mut all = desk.state().rules.clone();
            if all.len() >= MOST_RULES {
                return Err(bad(format!(
                    "more than {MOST_RULES} rules: lift some with DELETE /_headroom/faults?name="
                )));
            }
            all.push(rule);
            desk.set_rules(all);
            rules(desk)
        }
        ("DELETE", "/faults") => {
            lift(desk, head.uri.query().unwrap_or_default())?;
            rules(desk)
        }
        ("POST", "/reset") => {
            desk.reset();
            state(desk)
        }
        (_, "/state" | "/requests" | "/early" | "/clock" | "/usage" | "/faults" | "/reset") => {
            return Err(Problem {
                status: 405,
                message: format!("`{path}` has no such method: see the documentation"),
            });
        }
        _ => {
            return Err(Problem {
                status: 404,
                message: "there is nothing here: begin with GET /_headroom/state".to_owned(),
            });
        }
    };
    Ok(text(desk, "application/json", value.to_string()))
}

/// The token, if there is one. Without one, a page of another origin in a browser on this machine is kept out: it cannot
/// send a request that changes something without naming its origin.
fn allowed(desk: &Desk, head: &Parts) -> Result<(), Problem> {
    let given = head.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
    match &desk.config.control_token {
        Some(token) if !is_same(given, format!("Bearer {token}").as_bytes()) => {
            Err(Problem { status: 401, message: "send the control token as `Authorization: Bearer`".to_owned() })
        }
        None if head.headers.contains_key(ORIGIN) && head.method != hyper::Method::GET => Err(Problem {
            status: 403,
            message: "a web page may not change this server without a control token".to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Looks at all bytes in any case, so that the time it takes does not tell how many are right.
fn is_same(given: &[u8], wanted: &[u8]) -> bool {
    let differences = given.iter().zip(wanted).fold(0, |all, (a, b)| all | (a ^ b));
    given.len() == wanted.len() && differences == 0
}

fn state(desk: &Desk) -> Value {
    let now = desk.clock.now();
    let state = desk.state();
    let last = state.ledger.recent.iter().rev();
    let refused: Vec<_> = last.filter(|record| record.limit.is_some()).take(20).collect();
    let apps: serde_json::Map<String, Value> = state
        .apps
        .iter()
        .map(|(app, server)| {
            let pools = state.tenants_of(app).filter_map(|tenant| {
                let pool = server.pool(tenant, now)?;
                let reset = pool.reset.to_string();
                Some((
                    tenant.to_owned(),
                    json!({ "quota": pool.quota, "left": pool.left, "reset": reset, "near_limit": pool.is_near() }),
                ))
            });
            // A page of them: there can be 100,000.
            (app.clone(), json!({ "pools": pools.take(100).collect::<serde_json::Map<_, _>>() }))
        })
        .collect();
    json!({ "now": now.to_string(), "summary": state.ledger.summary, "apps": apps, "last_refused": refused })
}

fn clock(desk: &Desk, body: ClockBody) -> Result<Value, Problem> {
    let by = match (body.advance, body.to) {
        (Some(span), None) => span.get(),
        (None, Some(to)) => {
            let until = Instant::parse_iso(&to)
                .ok_or_else(|| bad(format!("`{}` is no RFC 3339", crate::content::asked::short(&to))))?;
            until.since(desk.clock.now())
        }
        _ => return Err(bad("send `advance` or `to`".to_owned())),
    };
    if (desk.clock.now() + by).0 > LATEST.0 {
        return Err(bad("the clock ends with the year 9999".to_owned()));
    }
    desk.clock.advance(by);
    Ok(json!({ "now": desk.clock.now().to_string(), "advanced_ms": by.0 }))
}

/// 9999-12-31T23:00:00Z, an hour before the last instant that HTTP can write.
const LATEST: Instant = Instant(253_402_297_200_000);

fn usage(desk: &Desk, body: UsageBody) -> Result<Value, Problem> {
    let identity = &desk.config.identity;
    let app = body.app.or_else(|| identity.app.clone()).unwrap_or_else(|| "app".to_owned());
    let tenant = body.tenant.or_else(|| identity.tenant.clone()).unwrap_or_else(|| "tenant".to_owned());
    let mut state = desk.state();
    let now = desk.clock.now();
    state.learn(&app, &tenant)?;
    let server = state.server(desk, &app, now)?;
    server
        .set_used(&tenant, body.used_points.get(), now)
        .ok_or_else(|| bad("this server counts no points".to_owned()))?;
    Ok(json!({ "app": app, "tenant": tenant, "left": server.left(&tenant, now) }))
}

fn rules(desk: &Desk) -> Value {
    let names: Vec<String> = desk.state().rules.iter().map(|rule| rule.name.get_ref().clone()).collect();
    json!({ "faults": names })
}

/// Read as the TOML that it is in a scenario, so that the same things are allowed and errors say the same.
fn rule(body: &[u8]) -> Result<FaultSpec, Problem> {
    let text = toml::to_string(&read::<Value>(body)?).map_err(|error| bad(format!("this is no rule: {error}")))?;
    scenario::read("rule", &text).map_err(|error| bad(error.to_string()))
}

fn lift(desk: &Desk, query: &str) -> Result<(), Problem> {
    let named = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "name").map(|(_, name)| name);
    let mut rules = desk.state().rules.clone();
    let before = rules.len();
    rules.retain(|rule| named.as_ref().is_some_and(|name| rule.name.get_ref() != name));
    if let Some(name) = named.filter(|_| rules.len() == before) {
        let message = format!("no rule is called `{}`: see GET /_headroom/faults", crate::content::asked::short(&name));
        return Err(Problem { status: 404, message });
    }
    desk.set_rules(rules);
    Ok(())
}

fn events(desk: &Arc<Desk>, mut stop: watch::Receiver<bool>, head: &Parts) -> Response<Body> {
    let accepts = head.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    let is_sse = accepts.is_some_and(|accept| accept.contains("text/event-stream"));
    let mut lines = desk.events.subscribe();
    let (mut sender, body) = Channel::<Bytes>::new(16);
    tokio::spawn(async move {
        loop {
            let line = tokio::select! {
                line = lines.recv() => line,
                _ = stop.wait_for(|stop| *stop) => return,
            };
            let line = match line {
                Ok(line) => line,
                Err(RecvError::Lagged(missed)) => json!({ "missed": missed }).to_string(),
                Err(RecvError::Closed) => return,
            };
            let line = if is_sse { format!("data: {line}\n\n") } else { format!("{line}\n") };
            if sender.send_data(line.into()).await.is_err() {
                return;
            }
        }
    });
    let mut response = Response::new(body.boxed());
    let kind = if is_sse { "text/event-stream" } else { "application/x-ndjson" };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| bad(format!("the body does not fit: {error}")))
}

fn bad(message: String) -> Problem {
    Problem::bad(message)
}

fn text(desk: &Desk, kind: &str, body: String) -> Answered {
    let date = Header::new("Date", desk.clock.now().to_http_date());
    Answered { status: 200, headers: vec![date, Header::new("Content-Type", kind)], body: body.into_bytes() }
}
