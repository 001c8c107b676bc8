//! `[fleet]`: who does the work.

use crate::value::{Span, Whole};
use serde::Deserialize;
use serde::de::{self, Deserializer};

/// A span of clocks and pauses: up to a day.
type Pause = Span<0, 86_400_000>;

/// The machines that do the work, or the browsers of the users.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FleetSpec {
    /// How many nodes there are; without meaning where every user is a client.
    pub nodes: Whole<1, 10_000>,
    /// Clocks are wrong by up to this, evenly from too early to too late.
    pub clock_offset: Pause,
    /// Clocks are wrong by so many millionths of the time that passes, every second one too slow.
    pub clock_drift_ppm: Whole<0, 100_000>,
    /// All clocks are set once.
    pub clock_step: Option<StepSpec>,
    /// Nodes crash.
    #[serde(deserialize_with = "crash")]
    pub crash: Option<CrashSpec>,
    /// What a client is.
    pub each: Each,
}

impl Default for FleetSpec {
    fn default() -> Self {
        Self {
            nodes: Whole::of(1),
            clock_offset: Span::of(0),
            clock_drift_ppm: Whole::of(0),
            clock_step: None,
            crash: None,
            each: Each::Node,
        }
    }
}

/// A clock that is set while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepSpec {
    /// From the scenario's start.
    pub after: Pause,
    /// By how much.
    pub by: Pause,
    /// Back instead of forth.
    #[serde(default)]
    pub back: bool,
}

/// Nodes that crash, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrashSpec {
    /// From one crash of a node to its next; the first ones are spread evenly over this span.
    pub every: Span<1_000, 2_592_000_000>,
    /// How long a node is gone; always less than `every`.
    pub down: Span<1, 86_400_000>,
    /// What is left of what the client knew.
    #[serde(default)]
    pub state: StateLeft,
}

/// What a client finds after a crash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StateLeft {
    /// Nothing.
    #[default]
    Lost,
    /// What it saved at the crash.
    Saved,
}

/// What a client is: one instance of a strategy, which hears only its own answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Each {
    /// Every node, for all its jobs.
    #[default]
    Node,
    /// Every user: strangers who do not know of each other.
    User,
}

fn crash<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<CrashSpec>, D::Error> {
    let crash = CrashSpec::deserialize(deserializer)?;
    let (down, every) = (crash.down.get(), crash.every.get());
    if down < every {
        return Ok(Some(crash));
    }
    Err(de::Error::custom(format!("`down` is `{down}` and `every` is `{every}`: make `down` less than `every`")))
}
