//! `/_headroom/` and `/metrics`: what the server knows, and what a test may change.
//!
//! `openapi.json` beside this file describes every route; the server hands it out, and a test holds it to [`ROUTES`].
//!
//! | module | holds |
//! | --- | --- |
//! | `state` | what the server knows, in pages |
//! | `change` | clock, usage, faults, apps, reset |
//! | `events` | the stream of requests |
//! | `page` | the live page |
//! | `query` | what stands behind `?` |

mod change;
mod events;
mod page;
mod query;
mod state;

use crate::content::asked::short;
use crate::content::reply::Problem;
use crate::desk::{Desk, plain};
use crate::http::{Body, written};
use crate::metrics;
use headroom_model::operation::{Header, Response as Answered};
use hyper::Response;
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderValue, ORIGIN};
use hyper::http::request::Parts;
use serde_json::Value;
use std::sync::Arc;
use tokio::sync::watch;

/// Bytes of a body: a fault rule with an answer of its own, and then some.
const MOST_BODY: usize = 64 << 10;

/// What is asked.
struct Ask<'a> {
    desk: &'a Arc<Desk>,
    stop: &'a watch::Receiver<bool>,
    headers: &'a HeaderMap,
    query: &'a str,
    body: &'a [u8],
}

/// A method at a path.
struct Route {
    method: &'static str,
    path: &'static str,
    run: Run,
}

/// Who answers.
#[derive(Clone, Copy)]
enum Run {
    /// To anyone: what is the same on every machine.
    Open(fn(&Ask<'_>) -> Result<Answered, Problem>),
    /// To who has the token.
    Text(fn(&Ask<'_>) -> Result<Answered, Problem>),
    Json(fn(&Ask<'_>) -> Result<Value, Problem>),
    Stream(fn(&Ask<'_>) -> Result<Response<Body>, Problem>),
}

/// Everything that there is.
const ROUTES: [Route; 18] = [
    route("GET", "/metrics", Run::Text(counters)),
    route("GET", "/_headroom", Run::Open(page::moved)),
    route("GET", "/_headroom/", Run::Open(page::html)),
    route("GET", "/_headroom/page.css", Run::Open(page::css)),
    route("GET", "/_headroom/page.js", Run::Open(page::js)),
    route("GET", "/_headroom/chart.js", Run::Open(page::chart)),
    route("GET", "/_headroom/openapi.json", Run::Open(openapi)),
    route("GET", "/_headroom/state", Run::Json(state::state)),
    route("GET", "/_headroom/requests", Run::Json(state::requests)),
    route("GET", "/_headroom/early", Run::Json(state::early)),
    route("GET", "/_headroom/events", Run::Stream(events::events)),
    route("POST", "/_headroom/clock", Run::Json(change::clock)),
    route("POST", "/_headroom/usage", Run::Json(change::usage)),
    route("POST", "/_headroom/apps", Run::Json(change::app)),
    route("GET", "/_headroom/faults", Run::Json(change::faults)),
    route("POST", "/_headroom/faults", Run::Json(change::install)),
    route("DELETE", "/_headroom/faults", Run::Json(change::lift)),
    route("POST", "/_headroom/reset", Run::Json(change::reset)),
];

const fn route(method: &'static str, path: &'static str, run: Run) -> Route {
    Route { method, path, run }
}

/// Answers what is asked of the server itself.
pub(crate) fn answer(desk: &Arc<Desk>, stop: &watch::Receiver<bool>, head: &Parts, body: &[u8]) -> Response<Body> {
    let (method, path) = (head.method.as_str(), head.uri.path());
    let here: Vec<&Route> = ROUTES.iter().filter(|route| route.path == path).collect();
    let Some(route) = here.iter().find(|route| route.method == method) else {
        return nowhere(desk, head, &here);
    };
    let ask = Ask { desk, stop, headers: &head.headers, query: head.uri.query().unwrap_or_default(), body };
    let answered = match route.run {
        Run::Open(run) => run(&ask),
        Run::Text(run) => allowed(desk, head).and_then(|()| run(&ask)),
        Run::Json(run) => {
            let value = allowed(desk, head).and_then(|()| small(body)).and_then(|()| run(&ask));
            value.map(|value| text(desk, "application/json", value.to_string()))
        }
        Run::Stream(run) => match allowed(desk, head).and_then(|()| run(&ask)) {
            Ok(stream) => return stream,
            Err(problem) => Err(problem),
        },
    };
    written(answered.unwrap_or_else(|problem| refused(desk, &problem)))
}

/// No such method, or no such path.
fn nowhere(desk: &Desk, head: &Parts, here: &[&Route]) -> Response<Body> {
    let methods: Vec<&str> = here.iter().map(|route| route.method).collect();
    let (path, methods) = (short(head.uri.path()), methods.join(", "));
    let problem = match (allowed(desk, head), methods.as_str()) {
        (Err(problem), _) => problem,
        (Ok(()), "") => {
            Problem { status: 404, message: "there is nothing here: begin with GET /_headroom/state".to_owned() }
        }
        (Ok(()), methods) => Problem { status: 405, message: format!("`{path}` takes {methods} only") },
    };
    let mut answer = refused(desk, &problem);
    if problem.status == 405 {
        answer.headers.push(Header::new("Allow", methods));
    }
    written(answer)
}

fn refused(desk: &Desk, problem: &Problem) -> Answered {
    let mut answer = plain(problem, desk.clock.now());
    if problem.status == 401 {
        answer.headers.push(Header::new("WWW-Authenticate", "Bearer"));
    }
    answer
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

fn small(body: &[u8]) -> Result<(), Problem> {
    let message = || format!("the body is longer than {MOST_BODY} bytes");
    if body.len() > MOST_BODY { Err(Problem { status: 413, message: message() }) } else { Ok(()) }
}

fn counters(ask: &Ask<'_>) -> Result<Answered, Problem> {
    Ok(text(ask.desk, metrics::CONTENT_TYPE, metrics::text(ask.desk)))
}

/// The same document whoever asks: tools read it before they have a token.
fn openapi(ask: &Ask<'_>) -> Result<Answered, Problem> {
    Ok(text(ask.desk, "application/json", include_str!("openapi.json").to_owned()))
}

fn text(desk: &Desk, kind: &str, body: String) -> Answered {
    let date = Header::new("Date", desk.clock.now().to_http_date());
    // What a browser keeps is old when it is asked for again.
    let fresh = Header::new("Cache-Control", "no-store");
    Answered { status: 200, headers: vec![date, fresh, Header::new("Content-Type", kind)], body: body.into_bytes() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_document_has_every_route_and_no_other() {
        let document: Value = serde_json::from_str(include_str!("openapi.json")).unwrap();
        let paths = document["paths"].as_object().unwrap();
        let documented: BTreeSet<(String, String)> = paths
            .iter()
            .flat_map(|(path, methods)| {
                methods.as_object().unwrap().keys().map(move |method| (method.to_uppercase(), path.clone()))
            })
            .collect();
        let routes = ROUTES.iter().map(|route| (route.method.to_owned(), route.path.to_owned()));
        assert_eq!(documented, routes.collect::<BTreeSet<_>>());
        for route in ROUTES {
            let security = &paths[route.path][route.method.to_lowercase()]["security"];
            let is_open = security.as_array().is_some_and(Vec::is_empty);
            assert_eq!(is_open, matches!(route.run, Run::Open(_)), "{}", route.path);
        }
    }
}
