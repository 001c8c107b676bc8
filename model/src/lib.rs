//! Facts about Atlassian's rate limits, without any decision.
#![warn(missing_docs)]

pub mod operation;
pub mod profile;
pub mod rng;
pub mod time;
