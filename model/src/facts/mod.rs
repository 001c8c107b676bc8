//! Every figure that the project rests on, once, with its source, its date and how sure it is.
//!
//! A fact is a constant, so code that needs the number takes it from here: `facts::TIER_1_POINTS.value`. With the
//! feature `full`, [`all`] lists them as rows for `headroom sources`, and [`fidelity::document`] writes them up as
//! `docs/fidelity.md`, together with what the sources leave open ([`doubts`]). Constants that nobody uses cost nothing
//! in a component.
//!
//! ```
//! use headroom_model::facts;
//! assert_eq!(facts::TIER_1_POINTS.value, 65_000);
//! assert_eq!(facts::TIER_1_POINTS.source.to_string(), "Confluence rate limiting page, 2025-12-12");
//! ```

pub(crate) mod source;
pub mod sources;
#[macro_use]
mod table;
mod burst;
mod elsewhere;
mod field;
mod forge;
mod headers;
mod points;
mod proposals;
mod retry;

#[cfg(feature = "full")]
pub mod doubts;
#[cfg(feature = "full")]
pub mod fidelity;
#[cfg(feature = "full")]
mod prices;
#[cfg(feature = "full")]
mod row;

pub use burst::*;
pub use elsewhere::*;
pub use field::*;
pub use forge::*;
pub use headers::*;
pub use points::*;
#[cfg(feature = "full")]
pub use prices::prices;
pub use proposals::*;
pub use retry::*;
#[cfg(feature = "full")]
pub use row::{Row, all};
pub use source::{Confidence, Source};

/// What [`Fact::usage`] says of a figure that no code uses yet.
pub const NOT_YET: &str = "not modelled yet";

/// What [`Fact::usage`] says of a figure that a source has only for illustration: tests may take it as a case.
pub const EXAMPLE: &str = "an example";

/// A figure and what is known about it.
#[derive(Clone, Copy, Debug)]
pub struct Fact<T = u32> {
    /// The figure, a whole number.
    pub value: T,
    /// What it counts.
    pub unit: &'static str,
    /// What it means, in one line.
    pub what: &'static str,
    /// Who says so.
    pub source: &'static Source,
    /// How sure it is.
    pub confidence: Confidence,
    /// What this project does with it: [`NOT_YET`] if nothing, [`EXAMPLE`] if there is nothing to do.
    pub usage: &'static str,
}

/// Facts about one thing, under one heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its heading.
    pub name: &'static str,
    /// What of it is modelled here, and how faithfully.
    pub about: &'static str,
}
