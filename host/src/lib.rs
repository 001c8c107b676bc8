//! Embeds the headroom components in wasmtime.
//!
//! Two worlds, three ways in. [`Limiter`] is for services: shared by any number of tasks, it waits by a [`Clock`], sends by
//! a [`Transport`], and a call whose future is dropped leaves no trace (`docs/embedding.md`). Below it, [`Planner`] only
//! decides: you keep the clock and the sending. [`Client`] is the component that acts by itself: it waits by WASI clocks.
//!
//! | module | holds |
//! | --- | --- |
//! | [`types`] | the vocabulary of `wit/types.wit` |
//! | `component`, `cache` | bytes, files or [`bundled`](#components) components to machine code of the right world |
//! | `engine`, `builder` | [`Engines`]: what they are compiled for, pools, ticks; the builder with its defaults |
//! | `limits` | [`Limits`] of an instance and their defaults |
//! | `planner`, `client` | instances and their calls |
//! | `tenants` | [`Tenants`]: an instance for each, or one for all |
//! | `limiter` | the handle over a planner |
//! | `clock` | the machine's time, or one that a test moves |
//! | [`transport`] | the way out, and how to link it into a store of your own |
//! | [`observe`] | spans and figures (features `tracing`, `metrics`) |
//! | [`words`] | the names of limits and endings |
//! | [`harness`] | the client inside the simulator's virtual world (feature `harness`) |
//!
//! # Components
//! They come as bytes ([`PlannerComponent::new`]), as a file ([`PlannerComponent::from_file`]) or within this crate:
//! with the feature `bundled`, `bundled::PLANNER` and `bundled::CLIENT` are those that `cargo xtask build-guest` made,
//! or those in the directory `HEADROOM_COMPONENTS`. A component is compiled once, for the [`Engines`] it is given to,
//! and instantiated as often as there is room; [`EngineBuilder::cache`] keeps the machine code for the next process.
//!
//! # When a component goes wrong
//! A guest that loops, grows beyond its [`Limits`], traps or answers nonsense is [`Error::Trap`] with its [`Cause`].
//! That instance is over, and each further call to it is [`Error::Stopped`]; all others go on. Nothing here panics for
//! what a component does, and no lock is held while one runs.
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
mod builder;
#[cfg(feature = "bundled")]
pub mod bundled;
mod cache;
mod client;
mod clock;
mod component;
mod engine;
mod error;
#[cfg(feature = "harness")]
pub mod harness;
mod limiter;
mod limits;
pub mod observe;
mod planner;
mod tenants;
pub mod transport;
mod watch;
pub mod words;

pub use bindings::planner::exports::headroom::forge::limiter::Step;
pub use bindings::planner::headroom::forge::types;
pub use builder::{Allocation, EngineBuilder, Ticks};
pub use client::{Caller, Client, ClientComponent, ClientState};
pub use clock::{Clock, ManualClock, SystemClock};
pub use component::{Origin, read_component};
pub use engine::Engines;
pub use error::{Cause, Error};
pub use limiter::{Limiter, LimiterBuilder};
pub use limits::{Exceeded, Guard, Limits, Resource};
pub use planner::{Planner, PlannerCall, PlannerComponent};
pub use tenants::Tenants;
pub use transport::Transport;

/// Components are shared between threads, and instances move from one to another.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    const fn moved<T: Send>() {}
    shared::<Engines>();
    shared::<PlannerComponent>();
    shared::<ClientComponent>();
    shared::<Error>();
    moved::<Planner>();
    moved::<Client>();
    moved::<Tenants>();
};
