//! What the benchmarks share: one app, installed by many tenants, of each of which the limiter has heard something.

use headroom_core::verdict::CallOptions;
use headroom_core::{Config, Limiter};
use headroom_host::types as wit;
use headroom_model::operation::{Answer, Header, Operation, Request, Response};
use headroom_model::time::Instant;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::Duration;

/// 2026-02-02T12:00:00Z.
pub const NOON: Instant = Instant(1_770_033_600_000);

/// As long as a cloud id, and alike in its beginning.
#[must_use]
pub fn tenant(n: usize) -> String {
    format!("6fb21d8e-0a5c-4c37-9d11-{n:012x}")
}

/// One operation for each tenant.
#[must_use]
pub fn operations(tenants: usize) -> Vec<Operation> {
    (0..tenants)
        .map(|n| Operation::Rest(Request::get(tenant(n), "/rest/api/3/issue/KEY-1234?fields=summary")))
        .collect()
}

/// The same for a component. An embedder hands its operation over and makes it first: the copies are not the limiter's.
///
/// # Panics
/// If it is an invocation; the benchmarks make REST requests.
#[must_use]
pub fn to_wit(operation: &Operation) -> wit::Operation {
    let Operation::Rest(Request { tenant, method, path, .. }) = operation else { panic!("not a REST request") };
    let (tenant, method, path) = (tenant.clone(), method.clone(), path.clone());
    wit::Operation::Rest(wit::Request { tenant, method, path, headers: Vec::new(), body: None })
}

/// An answer that says nothing but that it went well.
#[must_use]
pub fn success() -> Answer {
    Answer::Response(Response { status: 200, headers: Vec::new(), body: Vec::new() })
}

/// A burst in one endpoint.
#[must_use]
pub fn refusal() -> Answer {
    let headers = vec![Header::new("Retry-After", "1"), Header::new("RateLimit-Reason", "jira-burst-based")];
    Answer::Response(Response { status: 429, headers, body: Vec::new() })
}

/// A limiter with points enough for every benchmark.
///
/// # Panics
/// If its quota is out of range.
#[must_use]
pub fn limiter() -> Limiter {
    Limiter::new(Config { quota_points: 10_000_000, ..Config::default() }, 1).expect("in range")
}

/// A limiter that has heard `answer` of every tenant.
#[must_use]
pub fn knowing(operations: &[Operation], answer: &Answer) -> Limiter {
    let mut limiter = limiter();
    for operation in operations {
        call(&mut limiter, operation, answer, NOON);
    }
    limiter
}

/// A call from its reservation to its settlement.
///
/// # Panics
/// If too many calls are open.
pub fn call(limiter: &mut Limiter, operation: &Operation, answer: &Answer, now: Instant) {
    let call = limiter.begin(operation, &CallOptions::default(), now).expect("few calls are open");
    black_box(limiter.next(call, now));
    limiter.on_response(call, answer, now);
    limiter.end(call);
}

/// The median of nine runs, after one that warms up.
pub fn median(mut run: impl FnMut() -> Duration) -> Duration {
    run();
    let mut took: [_; 9] = std::array::from_fn(|_| run());
    took.sort_unstable();
    took[took.len() / 2]
}

/// The component of this world, from where the build puts it, as seen from a program in `<target>/<profile>` or below.
///
/// # Panics
/// If there is none; the message says what to run.
#[must_use]
pub fn component(world: &str) -> Vec<u8> {
    let program = std::env::current_exe().expect("a running program has a path");
    let name = format!("components/headroom-{world}.wasm");
    let places: Vec<PathBuf> = program.ancestors().skip(2).take(2).map(|folder| folder.join(&name)).collect();
    let path = places.iter().find(|path| path.is_file()).or(places.last()).cloned().unwrap_or_default();
    std::fs::read(&path).unwrap_or_else(|_| panic!("there is no `{}`: run `cargo xtask build-guest`", path.display()))
}
