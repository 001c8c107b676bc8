//! What Forge limits: invocations and their delivery, storage, egress.

use super::{Count, DAY_MS, FormulaSpec};
use crate::value::{Span, Whole};
use headroom_model::profile::InvocationProfile;
use serde::{Deserialize, Serialize};

/// Forge functions: `[server.invocations]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InvocationSpec {
    /// Whose limits: `"forge-current"`, `"forge-rfc130"` (default), `"forge-2026-09"`.
    pub profile: ProfileName,
    /// A proposal: instead of the profile, `base + users × per_user` for each installation and minute.
    pub formula: Option<FormulaSpec>,
    /// A proposal, with `formula`: the most that one user may invoke in a minute.
    pub per_user_cap: Option<Count>,
    /// A proposal, with `formula`: a share of the minute this often, instead of a window. Proposed: `"15 s"`.
    pub refill: Option<Span<1_000, 60_000>>,
    /// Whether an invocation that is admitted tells what is left, as with `invoke`'s option `rateLimitProperties`.
    pub tells_left: bool,
    /// Whether calls from a browser pass the bridge's own limiter: 500 in 25 s.
    pub bridge: bool,
    /// `[server.invocations.delivery]`: events, which come late and are never refused.
    pub delivery: DeliverySpec,
}

/// A published set of invocation limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProfileName {
    /// In force when RFC 130 was published.
    #[serde(rename = "forge-current")]
    ForgeCurrent,
    /// What RFC 130 proposes.
    #[default]
    #[serde(rename = "forge-rfc130")]
    ForgeRfc130,
    /// What the documentation of September 2026 says.
    #[serde(rename = "forge-2026-09")]
    ForgeSep2026,
}

impl From<ProfileName> for InvocationProfile {
    fn from(name: ProfileName) -> Self {
        match name {
            ProfileName::ForgeCurrent => Self::ForgeCurrent,
            ProfileName::ForgeRfc130 => Self::ForgeRfc130,
            ProfileName::ForgeSep2026 => Self::ForgeSep2026,
        }
    }
}

/// How the platform delivers product events and async events. How late it is nobody publishes [?].
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeliverySpec {
    /// Events that it delivers to one installation in a minute, one after the other. Default: 500 (Forge's page on async
    /// events, the most that one installation may push in a minute).
    pub per_minute: Option<Whole<1, 60_000>>,
    /// How late it is with each event at least.
    pub delay: Option<Span<0, DAY_MS>>,
    /// An event that cannot be delivered within this is dropped. Default: 24 h (Forge's page on the API of async events).
    pub retention: Option<Span<1_000, DAY_MS>>,
}

/// Requests to Forge's key-value store: `[server.storage]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StorageSpec {
    /// Requests of one installation in a second. Default: 1,000 (Forge's page on the store, 2025-12-01).
    pub per_second: Option<Count>,
}

/// Requests of Forge functions to other hosts: `[server.egress]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EgressSpec {
    /// Requests of the app in a minute. Default: 50,000 (Forge's page on limits, read 2026-11).
    pub per_minute: Option<Count>,
}
