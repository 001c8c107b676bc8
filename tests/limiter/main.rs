//! The handle for services: shared, dropped at any point, with transports that misbehave, and in time that a test moves.
//!
//! | module | holds |
//! | --- | --- |
//! | `cancel` | thousands of calls, dropped wherever they stand |
//! | `hostile` | transports, clocks and saved states that are not what they should be |
//! | `observed` | spans and figures |
//! | `rest` | REST requests to servers on loopback |

mod cancel;
mod hostile;
mod observed;
mod rest;

use headroom_host::types::{Answer, Header, Operation, Request, Response};
use headroom_host::{Limiter, LimiterBuilder, ManualClock, PlannerComponent};
use headroom_tests::component;
use std::sync::OnceLock;

/// 2026-04-14T10:00:00Z: the hour of all pools has just begun.
const START: u64 = 1_776_160_800_000;

/// Compiled once for all tests.
fn compiled() -> &'static PlannerComponent {
    static COMPILED: OnceLock<PlannerComponent> = OnceLock::new();
    COMPILED.get_or_init(|| PlannerComponent::new(&component("planner")).expect("it compiles"))
}

/// A limiter whose waits end where the server said, and its clock.
fn limiter(make: impl FnOnce(LimiterBuilder<'static>) -> LimiterBuilder<'static>) -> (Limiter, ManualClock) {
    let clock = ManualClock::at(START);
    let builder = Limiter::builder(compiled()).configure(|config| config.jitter = 0).seed(7).clock(clock.clone());
    (make(builder).build().expect("it is in range"), clock)
}

fn request(method: &str, path: &str) -> Operation {
    Operation::Rest(Request {
        tenant: "docs".to_owned(),
        method: method.to_owned(),
        path: path.to_owned(),
        headers: Vec::new(),
        body: None,
    })
}

/// Two points.
fn page() -> Operation {
    request("GET", "/wiki/rest/api/content/1")
}

fn response(status: u16, headers: &[(&str, &str)]) -> Answer {
    let headers = headers.iter().map(|(name, value)| Header { name: (*name).into(), value: (*value).into() });
    Answer::Response(Response { status, headers: headers.collect(), body: b"{}".to_vec() })
}
