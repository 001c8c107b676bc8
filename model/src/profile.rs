//! Forge invocation limits, as published at different times. The figures and their sources are in [`crate::facts`].

use crate::facts;
use crate::time::Millis;

/// What a window counts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CountedPer {
    /// One user in one installation.
    User,
    /// One installation.
    Installation,
    /// One environment of the app.
    Environment,
    /// Writes to one Jira issue: no invocations, but REST requests.
    Issue,
    /// All REST requests of an app.
    App,
    /// The REST requests for one user of a tenant.
    Account,
}

/// How a window moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowShape {
    /// It starts anew at every multiple of its span since the epoch.
    Fixed,
    /// It always reaches back one span from now: `(now − span, now]`.
    Sliding,
}

/// At most `limit` invocations, or writes, in each window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowRule {
    /// What is counted together.
    pub per: CountedPer,
    /// What a window admits.
    pub limit: u32,
    /// The window's length.
    pub span: Millis,
    /// How it moves.
    pub shape: WindowShape,
}

/// A published set of invocation limits. All rules of a profile hold at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvocationProfile {
    /// The limits in force when RFC 130 was published.
    ForgeCurrent,
    /// The limits RFC 130 proposes.
    ForgeRfc130,
    /// The limits of the platform's documentation in September 2026.
    ForgeSep2026,
}

const SECOND: Millis = Millis::from_secs(1);
const MINUTE: Millis = Millis::from_secs(60);

const fn fixed(per: CountedPer, limit: u32, span: Millis) -> WindowRule {
    WindowRule { per, limit, span, shape: WindowShape::Fixed }
}

const fn sliding(per: CountedPer, limit: u32, span: Millis) -> WindowRule {
    WindowRule { per, limit, span, shape: WindowShape::Sliding }
}

const FORGE_CURRENT: &[WindowRule] = &[
    fixed(CountedPer::User, facts::FORGE_CURRENT_PER_USER.value, MINUTE),
    fixed(CountedPer::Installation, facts::FORGE_CURRENT_PER_INSTALLATION.value, MINUTE),
    fixed(CountedPer::Environment, facts::FORGE_CURRENT_PER_ENVIRONMENT.value, MINUTE),
];

const FORGE_RFC130: &[WindowRule] = &[
    sliding(CountedPer::Installation, facts::FORGE_RFC_130_PER_SECOND.value, SECOND),
    sliding(CountedPer::Installation, facts::FORGE_RFC_130_PER_MINUTE.value, MINUTE),
];

const FORGE_SEP2026: &[WindowRule] = &[
    fixed(CountedPer::User, facts::FORGE_2026_09_PER_USER.value, MINUTE),
    fixed(CountedPer::Installation, facts::FORGE_2026_09_PER_SECOND.value, SECOND),
    fixed(CountedPer::Installation, facts::FORGE_2026_09_PER_MINUTE.value, MINUTE),
];

/// The limits on writes to one Jira issue; both hold. How the windows move is not published: what keeps to sliding ones
/// keeps to fixed ones as well.
pub const ISSUE_WRITES: &[WindowRule] = &[
    sliding(
        CountedPer::Issue,
        facts::ISSUE_WRITES_SHORT.value,
        Millis::from_secs(facts::ISSUE_WRITES_SHORT_SECS.value as u64),
    ),
    sliding(
        CountedPer::Issue,
        facts::ISSUE_WRITES_LONG.value,
        Millis::from_secs(facts::ISSUE_WRITES_LONG_SECS.value as u64),
    ),
];

impl InvocationProfile {
    /// Every profile, the oldest first.
    pub const ALL: [Self; 3] = [Self::ForgeCurrent, Self::ForgeRfc130, Self::ForgeSep2026];

    /// The rules that hold, all at once.
    #[must_use]
    pub const fn rules(self) -> &'static [WindowRule] {
        match self {
            Self::ForgeCurrent => FORGE_CURRENT,
            Self::ForgeRfc130 => FORGE_RFC130,
            Self::ForgeSep2026 => FORGE_SEP2026,
        }
    }

    /// The name used in scenarios and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ForgeCurrent => "forge-current",
            Self::ForgeRfc130 => "forge-rfc130",
            Self::ForgeSep2026 => "forge-2026-09",
        }
    }

    /// The profile of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name() == name)
    }
}
