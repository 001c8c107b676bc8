//! The client's brain, sans-I/O: what to send now, what to wait for, what to defer.
//!
//! A [`Limiter`] holds what one app knows. For each operation the caller [begins](Limiter::begin) a call, asks
//! [`next`](Limiter::next) what to do, and reports what came back. It reads no clock and draws no number of its
//! own: `now` and the seed are arguments, so every decision can be replayed.
//!
//! | module | holds |
//! | --- | --- |
//! | [`config`], [`verdict`] | what goes in, what comes out |
//! | `limiter` | calls as state machines |
//! | `lane` | which limits an operation is under |
//! | `gates` | pauses, pools and paces together: plan, then take |
//! | `scope`, `scopes` | what limits count together, and what is known of each |
//! | `pool`, `doubt` | the ledger of an hour's points |
//! | `pace`, `bucket`, `window` | calendars in which calls book their slot |
//! | `rate` | one node's part of a burst rate |
//! | `schedule` | when to come again after a refusal |
//! | [`state`] | what outlives the process |
//!
//! ```
//! use headroom_core::{Config, Limiter, verdict::{CallOptions, Ending, Step}};
//! use headroom_model::operation::{Answer, Operation, Request, Response};
//! use headroom_model::time::Instant;
//!
//! let mut limiter = Limiter::new(Config::default(), 7)?;
//! let page = Operation::Rest(Request::get("docs", "/wiki/rest/api/content/123456"));
//! let now = Instant::parse_iso("2026-02-02T12:20:00Z").unwrap();
//! let call = limiter.begin(&page, &CallOptions::default(), now).unwrap();
//! assert_eq!(limiter.next(call, now), Step::Send(1));
//! limiter.on_response(call, &Answer::Response(Response { status: 200, headers: vec![], body: vec![] }), now);
//! let Step::Done(outcome) = limiter.next(call, now) else { panic!("it was answered") };
//! assert_eq!(outcome.ending, Ending::Success);
//! limiter.end(call);
//! # Ok::<(), headroom_core::config::ConfigError>(())
//! ```

mod bucket;
mod budget;
mod census;
pub mod config;
mod crowd;
mod demand;
mod doubt;
mod gates;
mod lane;
mod learned;
mod limiter;
pub mod log;
mod pace;
mod pool;
mod rate;
pub mod resume;
mod sampler;
mod schedule;
mod scope;
mod scopes;
mod shadow;
mod shares;
pub mod state;
pub mod verdict;
mod window;

pub use config::Config;
pub use limiter::{CallId, Limiter, PoolStatus, Status};
