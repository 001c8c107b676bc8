//! The table `[server]` of a scenario: which limits hold, and how refusals are worded.
//!
//! Every limit that is left out does not hold. What is undocumented is a named switch with the documented default.

mod forge;
mod product;
mod quota;

pub use forge::{DeliverySpec, EgressSpec, InvocationSpec, ProfileName, StorageSpec};
pub use product::{
    ApiTokenSpec, BurstSpec, ConcurrencySpec, Endpoints, GatewaySpec, GuardedSpec, RequestsSpec, TunnelSpec,
};
pub use quota::{ChangeSpec, EditionName, FormulaSpec, PreviewSpec, QuotaScope, QuotaSpec};

use crate::value::{Span, Whole};
use headroom_model::time::Millis;
use serde::{Deserialize, Serialize};

/// A day in milliseconds.
const DAY_MS: u64 = 86_400_000;

/// Points of an hour: more than the largest published quota (500,000) by far.
pub type PointsCount = Whole<2, 10_000_000>;
/// Requests, connections or invocations of a window or a second.
pub type Count = Whole<1, 1_000_000>;

/// A simulated server: `[server]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerSpec {
    /// Whose wording: `"confluence"` (default), `"jira"`, `"bitbucket"`, `"github"`, `"data-center"`.
    pub product: Product,
    /// In which words it speaks of limits: `"seed-2025-12"` (default), `"structured-2026"`, `"both"`.
    pub headers: Dialect,
    /// `[server.quota]`: the hourly points.
    pub quota: Option<QuotaSpec>,
    /// `[server.burst]`: requests within seconds.
    pub burst: Option<BurstSpec>,
    /// Whether writes to one issue are limited to 20 in 2 s and 100 in 30 s (Jira's page, 2026-03-05).
    pub per_issue_writes: bool,
    /// `[server.api_token]`: limits of API-token traffic alone.
    pub api_token: Option<ApiTokenSpec>,
    /// `[server.invocations]`: Forge functions.
    pub invocations: Option<InvocationSpec>,
    /// `[server.concurrency]`: requests at the same time.
    pub concurrency: Option<ConcurrencySpec>,
    /// `[server.storage]`: requests to Forge's key-value store.
    pub storage: Option<StorageSpec>,
    /// `[server.egress]`: requests of Forge functions to other hosts.
    pub egress: Option<EgressSpec>,
    /// `[server.tunnel]`: an ngrok tunnel in front of everything.
    pub tunnel: Option<TunnelSpec>,
    /// `[server.requests]`: the limits of Bitbucket, GitHub and Data Center, by the product.
    pub requests: Option<RequestsSpec>,
    /// `[server.gateway]`: refusals that have nothing to do with the client.
    pub gateway: Option<GatewaySpec>,
    /// `[server.switches]`: undocumented behaviour.
    pub switches: Switches,
}

/// Whose wording and defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Product {
    /// Confluence Cloud.
    #[default]
    Confluence,
    /// Jira Cloud.
    Jira,
    /// Bitbucket Cloud.
    Bitbucket,
    /// GitHub.
    Github,
    /// A product on the customer's own machines.
    DataCenter,
}

/// In which words a server speaks of limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Dialect {
    /// `X-RateLimit-*`, about points (Confluence's page of 2025-12-12).
    #[default]
    #[serde(rename = "seed-2025-12")]
    Seed2025_12,
    /// `RateLimit-Policy` and `RateLimit` about points, `X-RateLimit-*` about the burst (Jira's page of 2026-03-05).
    #[serde(rename = "structured-2026")]
    Structured2026,
    /// Both in one response, as seen in the field.
    #[serde(rename = "both")]
    Both,
}

impl Dialect {
    /// Whether it has the structured fields.
    #[must_use]
    pub const fn is_structured(self) -> bool {
        matches!(self, Self::Structured2026 | Self::Both)
    }

    /// Whether it has the words of the seed.
    #[must_use]
    pub const fn is_seed(self) -> bool {
        matches!(self, Self::Seed2025_12 | Self::Both)
    }
}

/// Undocumented behaviour: `[server.switches]`. The defaults are what is documented, or the simplest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Switches {
    /// Per cent of the quota that are admitted beyond it. Default 0: a hard wall.
    pub forgiveness: Option<Whole<0, 100>>,
    /// Whether a refused call that would have spent points spends the base of 1. Default: it costs nothing.
    pub refused_costs: bool,
    /// What `X-RateLimit-*` counts: `"points"` or `"burst"`. Default: points, in the dialect `structured-2026` the burst.
    pub burst_headers: Option<BurstHeaders>,
    /// Past 80 % of use every answer says that nothing is left, while it still admits. Default: the truth.
    pub zero_with_200: bool,
    /// `NearLimit` is always true. Default: below 20 %.
    pub near_limit_always: bool,
    /// How `Retry-After` is written: `"seconds"` (default), `"zero"`, `"http-date"`, `"iso"`, `"absurd"` (2^63 − 1), or
    /// `"missing"`. All were seen.
    pub retry_after: RetryAfterShape,
    /// How `X-RateLimit-Reset` is written: `"iso"` (default), `"iso-minutes"`, `"epoch-seconds"`, `"epoch-ms"`,
    /// `"remaining"` (seconds), or `"missing"`. All were seen.
    pub reset: ResetShape,
    /// Whether the names of all header fields are in lowercase, as HTTP/2 has them. Default: as documented.
    pub lowercase_names: bool,
    /// A call that comes before the instant that its tenant was told extends the refusal by this, at most to an hour from
    /// then. Default: it does not.
    pub escalation: Option<Span<1, 3_600_000>>,
    /// Calls from the browser bridge spend no points. Default: they do (`quota::Counting`).
    pub frontend_exempt: bool,
    /// The most points that one request may cost; what costs more is refused for ever. Default: no such limit, for no
    /// number is published.
    pub max_cost: Option<Whole<1, 10_000_000>>,
}

/// How `Retry-After` is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetryAfterShape {
    /// Whole seconds, rounded up.
    #[default]
    Seconds,
    /// No time at all, on a refusal.
    Zero,
    /// An HTTP date.
    HttpDate,
    /// An ISO timestamp.
    Iso,
    /// 2^63 − 1 seconds.
    Absurd,
    /// Not there.
    Missing,
}

/// How `X-RateLimit-Reset` is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResetShape {
    /// ISO 8601 with seconds.
    #[default]
    Iso,
    /// ISO 8601 without seconds.
    IsoMinutes,
    /// Seconds since the epoch.
    EpochSeconds,
    /// Milliseconds since the epoch.
    EpochMs,
    /// Seconds that remain.
    Remaining,
    /// Not there.
    Missing,
}

/// What `X-RateLimit-*` counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BurstHeaders {
    /// The points of the hour.
    Points,
    /// The bucket of the burst limit.
    Burst,
}

impl ServerSpec {
    /// Whether any limit holds that REST requests meet.
    #[must_use]
    pub const fn has_rest(&self) -> bool {
        let Self { quota, burst, api_token, concurrency, storage, egress, tunnel, requests, gateway, .. } = self;
        let of_products = quota.is_some() || burst.is_some() || self.per_issue_writes || api_token.is_some();
        let of_others = storage.is_some() || egress.is_some() || requests.is_some() || gateway.is_some();
        of_products || of_others || concurrency.is_some() || tunnel.is_some()
    }
}

/// A share of what a window admits, for each of its parts: at least 1.
pub(super) fn share(of: u32, part: Millis, window: Millis) -> u32 {
    let share = u64::from(of).saturating_mul(part.0) / window.0.max(1);
    u32::try_from(share).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ServerSpec, toml::de::Error> {
        toml::from_str(text)
    }

    #[test]
    fn an_empty_table_limits_nothing_and_speaks_as_the_seed() {
        let spec = read("").unwrap();
        assert_eq!(spec, ServerSpec::default());
        assert!(!spec.has_rest() && spec.headers.is_seed() && !spec.headers.is_structured());
    }

    #[test]
    fn a_whole_table_is_read_and_a_wrong_key_is_named_with_its_place() {
        let text = "product = \"jira\"\nheaders = \"both\"\nper_issue_writes = true\n\
                    [quota]\nchanges = [{ after = \"40 min\", points = 100_000 }]\nrefill = \"15 s\"\n\
                    [burst]\nendpoints = \"jira\"\n[invocations]\nprofile = \"forge-2026-09\"\n\
                    [switches]\nescalation = \"10 s\"\nburst_headers = \"burst\"\n";
        let spec = read(text).unwrap();
        assert_eq!(spec.quota.unwrap().changes[0].after.get(), Millis::from_secs(2_400));
        for (wrong, at) in [("[quota]\npoint = 3", "point"), ("[switches]\nforgiveness = 101", "101"), ("x = 1", "x")] {
            let error = read(wrong).unwrap_err();
            assert_eq!(&wrong[error.span().unwrap()], at, "{error}");
        }
    }
}
