//! Client-side code to compare with: what Atlassian's own pages recommend, what people write, and doing nothing.
//!
//! A strategy sees what a program sees: its own operations, the answers as they come, the clock of its node. It reads
//! headers and JSON itself, just as the code that it reproduces does, mistakes included.

mod atlassian_docs;
mod bridge;
mod clip_60s;
mod exponential_full_jitter;
mod fixed_60s;
mod ignore_retry_after;
mod none;
mod rfc130_sample;
mod seen;

pub use atlassian_docs::AtlassianDocs;
pub use bridge::Bridge;
pub use clip_60s::Clip60s;
pub use exponential_full_jitter::ExponentialFullJitter;
pub use fixed_60s::Fixed60s;
pub use ignore_retry_after::IgnoreRetryAfter;
pub use none::NoRetry;
pub use rfc130_sample::Rfc130Sample;

use crate::scenario::Scenario;
use crate::workload::{CallOptions, JobId};
use crate::world::Ending;
use headroom_model::operation::{Answer, AttemptError, Operation};
use headroom_model::time::Instant;

/// What a client does next with a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// Send the next attempt now.
    Send,
    /// Wait until the node's clock shows this, then be asked by [`Strategy::woke`].
    WaitUntil(Instant),
    /// Be through with it.
    Finish(Ending),
}

/// A client's retry code, one instance for each node. `now` is what the node's clock shows.
pub trait Strategy {
    /// The name in reports and traces.
    fn name(&self) -> &str;

    /// A job begins; once more after a crash of the node.
    fn start(&mut self, job: JobId, operation: &Operation, options: &CallOptions, now: Instant) -> Move;

    /// An answer came; the first attempt since the start is number 1.
    fn answered(&mut self, job: JobId, attempt: u32, answer: &Answer, now: Instant) -> Move;

    /// An attempt brought no answer. Most code was not written for it.
    fn failed(&mut self, _job: JobId, _attempt: u32, _error: &AttemptError, _now: Instant) -> Move {
        Move::Finish(Ending::Lost)
    }

    /// A wait is over.
    fn woke(&mut self, job: JobId, now: Instant) -> Move;

    /// What it wants to know again after a crash. Its jobs are started again then, so they are no part of it.
    fn save(&self) -> Option<Vec<u8>> {
        None
    }

    /// Reads what another instance has saved before a crash.
    fn restore(&mut self, _state: &[u8], _now: Instant) {}
}

/// Every built-in strategy, in the order of a report.
pub const NAMES: [&str; 8] = [
    AtlassianDocs::NAME,
    Rfc130Sample::NAME,
    Fixed60s::NAME,
    ExponentialFullJitter::NAME,
    Clip60s::NAME,
    IgnoreRetryAfter::NAME,
    Bridge::NAME,
    NoRetry::NAME,
];

/// The built-in strategy of this name. All its chance comes from `seed`.
#[must_use]
pub fn builtin(name: &str, seed: u64) -> Option<Box<dyn Strategy>> {
    Some(match name {
        AtlassianDocs::NAME => Box::new(AtlassianDocs::new(seed)),
        Rfc130Sample::NAME => Box::new(Rfc130Sample),
        Fixed60s::NAME => Box::new(Fixed60s::default()),
        ExponentialFullJitter::NAME => Box::new(ExponentialFullJitter::new(seed)),
        Clip60s::NAME => Box::new(Clip60s),
        IgnoreRetryAfter::NAME => Box::new(IgnoreRetryAfter),
        Bridge::NAME => Box::new(Bridge::default()),
        NoRetry::NAME => Box::new(NoRetry),
        _ => return None,
    })
}

/// The strategies that were written for this kind of work: the documentation's code retries REST
/// requests, RFC 130's sample invocations.
#[must_use]
pub fn fitting(scenario: &Scenario) -> [&'static str; 2] {
    let is_invocation = scenario.works().next().is_some_and(|work| work.invoke.is_some());
    [if is_invocation { Rfc130Sample::NAME } else { AtlassianDocs::NAME }, NoRetry::NAME]
}

#[cfg(test)]
mod tests;
