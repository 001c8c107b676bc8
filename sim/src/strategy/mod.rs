//! Client-side code to compare with: what Atlassian's own pages recommend, and doing nothing.
//!
//! A strategy sees what a program sees: its own operations, the answers as they come, the clock. It reads headers
//! and JSON itself, just as the sample that it reproduces does, mistakes included.

mod atlassian_docs;
mod none;
mod rfc130_sample;

pub use atlassian_docs::AtlassianDocs;
pub use none::NoRetry;
pub use rfc130_sample::Rfc130Sample;

use crate::scenario::{Scenario, Work};
use crate::workload::JobId;
use crate::world::Ending;
use headroom_model::operation::{Answer, Operation};
use headroom_model::time::Instant;

/// What a client does next with a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// Send the next attempt now.
    Send,
    /// Wait, then be asked by [`Strategy::woke`].
    WaitUntil(Instant),
    /// Be through with it.
    Finish(Ending),
}

/// A client's retry code.
pub trait Strategy {
    /// The name in reports and traces.
    fn name(&self) -> &str;

    /// A job begins.
    fn start(&mut self, job: JobId, operation: &Operation, now: Instant) -> Move;

    /// An answer came; the first attempt is number 1.
    fn answered(&mut self, job: JobId, attempt: u32, answer: &Answer, now: Instant) -> Move;

    /// A wait is over.
    fn woke(&mut self, job: JobId, now: Instant) -> Move;
}

/// Every built-in strategy, in the order of a report.
pub const NAMES: [&str; 3] = [AtlassianDocs::NAME, Rfc130Sample::NAME, NoRetry::NAME];

/// The built-in strategy of this name. All its chance comes from `seed`.
#[must_use]
pub fn builtin(name: &str, seed: u64) -> Option<Box<dyn Strategy>> {
    match name {
        AtlassianDocs::NAME => Some(Box::new(AtlassianDocs::new(seed))),
        Rfc130Sample::NAME => Some(Box::new(Rfc130Sample)),
        NoRetry::NAME => Some(Box::new(NoRetry)),
        _ => None,
    }
}

/// The strategies that were written for this kind of work: the documentation's code retries REST
/// requests, RFC 130's sample invocations.
#[must_use]
pub const fn fitting(scenario: &Scenario) -> [&'static str; 2] {
    match scenario.work {
        Work::Pages { .. } => [AtlassianDocs::NAME, NoRetry::NAME],
        Work::Invocations { .. } => [Rfc130Sample::NAME, NoRetry::NAME],
    }
}
