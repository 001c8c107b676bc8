//! The server as its clients see it.

mod claims;
mod laws;
mod others;
mod proposals;
mod switches;
mod windows;
mod words;

use super::*;
use headroom_model::headers::Signals;
use headroom_model::operation::{Answer, Header, Invocation, Operation, Request, Response};
use headroom_model::refusal::{self, Limiter, Meaning, Origin};

/// 2026-02-02T13:00:00Z: the beginning of every window that has one.
const NOW: Instant = Instant(1_770_037_200_000);

fn server(spec: &str) -> Server {
    Server::new(&toml::from_str(spec).unwrap_or_else(|error| panic!("{spec}: {error}")), NOW, 7)
}

fn rest(method: &str, path: &str) -> Operation {
    Operation::Rest(Request { method: method.into(), ..Request::get("acme", path) })
}

fn page() -> Operation {
    rest("GET", "/wiki/api/v2/pages/7")
}

fn of_tenant(tenant: &str) -> Operation {
    Operation::Rest(Request::get(tenant, "/wiki/api/v2/pages/7"))
}

fn invocation(trigger: Trigger, installation: &str, account: &str) -> Operation {
    let context = Context {
        installation: installation.into(),
        account: Some(account.into()),
        environment: "production".into(),
        trigger,
    };
    Operation::Invoke(Invocation { function_key: "f".into(), payload: "{}".into(), context })
}

fn after(ms: u64) -> Instant {
    Instant(NOW.0 + ms)
}

fn ask(server: &mut Server, operation: &Operation, now: Instant) -> Decision {
    server.answer(&Arrival::of_app(operation), now)
}

fn points(decision: &Decision) -> Option<u32> {
    if let Verdict::Admitted { points } = decision.verdict { Some(points) } else { None }
}

fn refused(decision: &Decision) -> &Refused {
    match &decision.verdict {
        Verdict::Refused(refused) => refused,
        other => panic!("not refused: {other:?}"),
    }
}

fn response(decision: &Decision) -> &Response {
    match &decision.answer {
        Answer::Response(response) => response,
        other => panic!("not a response: {other:?}"),
    }
}

fn signals(decision: &Decision) -> Signals {
    Signals::read(&response(decision).headers)
}

fn header<'a>(decision: &'a Decision, name: &str) -> Option<&'a str> {
    let found = response(decision).headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
    found.map(|header| header.value.as_str())
}

/// Who refused and which limit, as a client reads it.
fn read(decision: &Decision) -> (Origin, Limiter) {
    let reading = match &decision.answer {
        Answer::Response(response) => {
            let signals = Signals::read(&response.headers);
            let reading = refusal::read_response(response, &signals, Default::default());
            refusal::read_graphql(response, &signals, reading)
        }
        other => refusal::read(other),
    };
    match reading.meaning {
        Meaning::Refused(refusal) => (refusal.origin, refusal.limiter),
        other => panic!("a client reads {other:?} from {:?}", decision.answer),
    }
}
