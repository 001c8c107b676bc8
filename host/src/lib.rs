//! Embeds the headroom components in wasmtime.
//!
//! Two worlds, three ways in. [`Limiter`] is for services: shared by any number of tasks, it waits by a [`Clock`], sends by
//! a [`Transport`], and a call whose future is dropped leaves no trace (`docs/embedding.md`). Below it, [`Planner`] only
//! decides: you keep the clock and the sending. [`Client`] is the component that acts by itself: it waits by WASI clocks.
//!
//! | module | holds |
//! | --- | --- |
//! | [`types`] | the vocabulary of `wit/types.wit` |
//! | `component` | bytes to a component of the right world; the shared engine |
//! | `planner`, `client` | instances and their calls |
//! | `limiter` | the handle over a planner |
//! | `clock` | the machine's time, or one that a test moves |
//! | [`transport`] | the way out, and how to link it into a store of your own |
//! | [`observe`] | spans and figures (features `tracing`, `metrics`) |
//! | [`words`] | the names of limits and endings |
//! | [`harness`] | the client inside the simulator's virtual world (feature `harness`) |
//!
//! This crate runs whatever component it is given, as bytes: it depends on neither `headroom-core` nor the guest.
//!
//! ```
//! use headroom_host::{PlannerComponent, Step, types::{CallOptions, Operation, Request}};
//!
//! let file = std::env::var("HEADROOM_PLANNER")?; // written by `cargo xtask build-guest`
//! let planner = PlannerComponent::new(&std::fs::read(file)?)?;
//! let mut planner = planner.instantiate(|config| config.quota = 65_000, 7)?;
//! let page = Operation::Rest(Request {
//!     tenant: "docs".into(),
//!     method: "GET".into(),
//!     path: "/wiki/rest/api/content/123456".into(),
//!     headers: vec![],
//!     body: None,
//! });
//! let now = 1_770_034_800_000;
//! let options = CallOptions { deadline: Some(25_000), ..CallOptions::default() };
//! let call = planner.begin(&page, &options, now)?;
//! assert!(matches!(planner.next(call, now)?, Step::Send(1)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bindings;
mod client;
mod clock;
mod component;
mod error;
#[cfg(feature = "harness")]
pub mod harness;
mod limiter;
pub mod observe;
mod planner;
pub mod transport;
pub mod words;

pub use bindings::planner::exports::headroom::forge::limiter::Step;
pub use bindings::planner::headroom::forge::types;
pub use client::{Caller, Client, ClientComponent, ClientState};
pub use clock::{Clock, ManualClock, SystemClock};
pub use component::engine;
pub use error::Error;
pub use limiter::{Limiter, LimiterBuilder};
pub use planner::{Planner, PlannerCall, PlannerComponent};
pub use transport::Transport;
