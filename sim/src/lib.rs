//! A deterministic Atlassian: the server's truth, virtual time, and clients to compare with.
//!
//! | module | answers |
//! | --- | --- |
//! | [`scenario`], [`workload`] | who asks what of which server, as a TOML file; the operations of each job |
//! | [`server`] | who is admitted, what it costs, how a refusal is worded |
//! | [`world`], [`trace`] | virtual time: events, nodes and their clocks, early retries, one line per event |
//! | [`strategy`], [`mod@run`] | the retry code of Atlassian's own pages, and a driver for it |
//! | [`oracle`] | how fast the best client could have been |
//! | [`report`] | what a run amounts to |
//! | [`fault`] | what goes wrong between client and server |
//! | [`nearest`] | the name a person probably meant |
//!
//! This crate never sees `headroom-core`: client and server share facts, not decisions, so that one misunderstanding
//! cannot pass its own test. There is no clock, environment, thread or randomness: the same scenario and seed give the
//! same trace, byte for byte.
//!
//! ```
//! use headroom_sim::{Scenario, run, strategy};
//!
//! let scenario = Scenario::builtin("rush").expect("it comes with the crate");
//! let mut sample = |_node| strategy::builtin("rfc130-sample", 1).expect("it comes with the crate");
//! let report = run(&scenario, &mut sample, 1, None)?;
//! assert_eq!(report.done + report.lost, 7_000);
//! assert!(report.lost > 5_000, "three tries are not enough for anyone at the back of the queue");
//! # Ok::<(), headroom_sim::RunError>(())
//! ```

pub mod fault;
pub mod nearest;
pub mod oracle;
pub mod report;
pub mod run;
pub mod scenario;
pub mod server;
pub mod strategy;
pub mod trace;
pub mod value;
pub mod workload;
pub mod world;

pub use report::Report;
pub use run::run;
pub use scenario::{Scenario, ScenarioError};
pub use workload::{CallOptions, JobId, Workload};
pub use world::{Ending, Event, Promises, RunError, TimerId, World};
