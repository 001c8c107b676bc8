//! The table `[server]` of a scenario: which limits hold, and how refusals are worded.
//!
//! Every limit that is left out does not hold. What is undocumented is a named switch with the documented default.

use crate::value::{Span, Whole};
use headroom_model::allowance::Allowance;
use headroom_model::profile::InvocationProfile;
use headroom_model::quota::{Edition, Tier};
use headroom_model::time::Millis;
use serde::Deserialize;

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
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

/// The hourly points: `[server.quota]`. Without `points`, `formula` and `edition` it is Tier 1's 65,000.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QuotaSpec {
    /// Points of each UTC hour, 2 to 10,000,000.
    pub points: Option<PointsCount>,
    /// Tier 2 by what the tenant pays for: `"free"`, `"standard"`, `"premium"`, `"enterprise"`.
    pub edition: Option<EditionName>,
    /// Users of each tenant, for `edition`.
    pub users: Option<Whole<0, 10_000_000>>,
    /// A proposal: `base + users × per_user`.
    pub formula: Option<FormulaSpec>,
    /// What spends the same points: `"global"` (default), all tenants; `"tenant"` (default with `edition`), each its own.
    pub scope: Option<QuotaScope>,
    /// Points that others have spent in the hour of the start; of each pool, where there are several.
    pub used_points: Option<Whole<0, 10_000_000>>,
    /// A quota that changes, from so long after the start on.
    pub changes: Vec<ChangeSpec>,
    /// A proposal: the most points that one user may spend in an hour.
    pub per_user_cap: Option<PointsCount>,
    /// A proposal: not anew at the hour, but a share of the quota this often.
    pub refill: Option<Span<1_000, 3_600_000>>,
    /// A proposal: say what is left in every answer, not only past 80 % of use.
    pub always_headers: bool,
    /// A coming rule that refuses nothing yet and is told in `Beta-` fields.
    pub preview: Option<PreviewSpec>,
}

impl QuotaSpec {
    /// Points of each hour at the start.
    #[must_use]
    pub fn points_per_hour(&self) -> u32 {
        let tier = self.edition.map_or(Tier::Global, |edition| Tier::PerTenant {
            edition: edition.into(),
            users: self.users.map_or(0, |users| users.get().into()),
        });
        let by_formula = || self.formula.as_ref().map(FormulaSpec::granted);
        self.points.map(Whole::get).or_else(by_formula).unwrap_or_else(|| tier.quota().points_per_hour)
    }

    /// What spends the same points.
    #[must_use]
    pub fn scope(&self) -> QuotaScope {
        let by_edition = if self.edition.is_some() { QuotaScope::Tenant } else { QuotaScope::Global };
        self.scope.unwrap_or(by_edition)
    }
}

/// What spends the same points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuotaScope {
    /// All tenants and all copies of the app: Tier 1.
    #[default]
    Global,
    /// Each tenant: Tier 2.
    Tenant,
}

/// What a tenant pays for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EditionName {
    /// 65,000.
    Free,
    /// 100,000 + 10 × users.
    Standard,
    /// 130,000 + 20 × users.
    Premium,
    /// 150,000 + 30 × users.
    Enterprise,
}

impl From<EditionName> for Edition {
    fn from(name: EditionName) -> Self {
        match name {
            EditionName::Free => Self::Free,
            EditionName::Standard => Self::Standard,
            EditionName::Premium => Self::Premium,
            EditionName::Enterprise => Self::Enterprise,
        }
    }
}

/// `base + users × per_user`, at most `cap`: the form that the thread of RFC 130 asks for (2026-04).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormulaSpec {
    /// What a tenant has without users.
    pub base: Whole<1, 10_000_000>,
    /// What each user adds.
    pub per_user: Whole<0, 100_000>,
    /// How many users each tenant has.
    pub users: Whole<0, 10_000_000>,
    /// The most that it grows to.
    pub cap: Option<Whole<1, 10_000_000>>,
}

impl FormulaSpec {
    /// What it comes to.
    #[must_use]
    pub fn granted(&self) -> u32 {
        let Self { base, per_user, users, cap } = self;
        let allowance = Allowance { base: base.get(), per_user: per_user.get(), cap: cap.map(Whole::get) };
        allowance.granted(users.get().into()).amount
    }
}

/// A quota that changes: the tenant moved to another edition, or the app to another tier.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeSpec {
    /// So long after the start.
    pub after: Span<0, { 30 * DAY_MS }>,
    /// Points of each hour from then on, those that were spent in this one included.
    pub points: PointsCount,
}

/// A coming rule: counted and told, never enforced.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreviewSpec {
    /// Points of each UTC hour.
    pub points: PointsCount,
    /// What would spend the same points.
    #[serde(default)]
    pub scope: QuotaScope,
}

/// Requests within seconds: `[server.burst]`. Nobody publishes capacities; the defaults are one second's worth [?].
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BurstSpec {
    /// Requests that come back each second, for each tenant. Default 100 (Jira's GET; Confluence publishes none).
    pub per_second: Option<Count>,
    /// Requests that a rested bucket admits. Default: as many as come back in a second.
    pub capacity: Option<Count>,
    /// `"jira"`: instead of one bucket for each tenant, one for each path template and method, at the published rates.
    pub endpoints: Option<Endpoints>,
    /// `[server.burst.guarded]`: further buckets for Confluence's permission, search and admin paths, which it says to
    /// protect more without a number.
    pub guarded: Option<GuardedSpec>,
}

/// Whose table of rates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Endpoints {
    /// Jira's (page of 2026-08-12): GET and POST 100/s, PUT and DELETE 50/s, and some paths with rates of their own.
    Jira,
}

/// A tighter bucket for each tenant and guarded group of paths. No figure is published [?], so both are the scenario's.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardedSpec {
    /// Requests that come back each second.
    pub per_second: Count,
    /// Requests that a rested bucket admits.
    pub capacity: Count,
}

/// Limits of API-token traffic: `[server.api_token]`. It spends no points (announcement of 2025-12-12); the buckets of
/// `[server.burst]` hold it too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiTokenSpec {
    /// The wall `jira-cost-based`: points that one account may spend on one tenant in a UTC hour. Seen: 150,000 to
    /// 600,000 [F].
    pub hourly_cost: Option<PointsCount>,
    /// Requests that come back each second to one account on one tenant.
    pub per_second: Option<Count>,
    /// Requests that its rested bucket admits. Default: as many as come back in a second.
    pub capacity: Option<Count>,
}

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
    /// Whether calls from a browser pass the bridge's own limiter: 500 in 25 s.
    pub bridge: bool,
    /// `[server.invocations.delivery]`: events, which come late and are never refused.
    pub delivery: DeliverySpec,
}

/// A published set of invocation limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
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

/// Requests at the same time: `[server.concurrency]`. The reason was seen in the field, without a number [F].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConcurrencySpec {
    /// The most for each tenant and account, over all nodes.
    pub most: Count,
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

/// A tunnel: `[server.tunnel]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TunnelSpec {
    /// New connections in a minute. Default: 20 (the thread on ngrok).
    pub per_minute: Option<Count>,
}

/// The limits of Bitbucket, GitHub and Data Center: `[server.requests]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestsSpec {
    /// Requests of one account in an hour. Default: Bitbucket 1,000, rolling; GitHub 5,000, in each UTC hour [?].
    pub per_hour: Option<Count>,
    /// The same without a login, for one address. Default: 60.
    pub anonymous_per_hour: Option<Count>,
    /// Data Center: the bucket of one user. Default: 60 (the page's example).
    pub capacity: Option<Count>,
    /// Data Center: tokens that each interval brings. Default: 5 (the same example).
    pub fill: Option<Count>,
    /// Data Center: that interval, in whole seconds. Default: 1.
    pub interval_secs: Option<Whole<1, 3_600>>,
}

/// Refusals that have nothing to do with the client: `[server.gateway]`. Each comes by chance, on average every so many
/// requests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GatewaySpec {
    /// The gateway: 429 with `X-Failure-Category` and no more.
    pub every: Option<Whole<2, 1_000_000>>,
    /// Forge's proxy: 429 with `forge-proxy-error` and no more.
    pub forge_proxy_every: Option<Whole<2, 1_000_000>>,
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
    /// A call that comes before the instant that its tenant was told extends the refusal by this, at most to an hour from
    /// then. Default: it does not.
    pub escalation: Option<Span<1, 3_600_000>>,
    /// Calls from the browser bridge spend no points. Default: they do (`quota::Counting`).
    pub frontend_exempt: bool,
    /// The most points that one request may cost; what costs more is refused for ever. Default: no such limit, for no
    /// number is published.
    pub max_cost: Option<Whole<1, 10_000_000>>,
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
    fn the_quota_is_told_by_points_formula_edition_or_tier_in_this_order() {
        let points = |text: &str| toml::from_str::<QuotaSpec>(text).unwrap().points_per_hour();
        assert_eq!(points(""), 65_000);
        assert_eq!(points("edition = \"standard\"\nusers = 2_000"), 120_000);
        assert_eq!(points("edition = \"enterprise\"\nusers = 15_000"), 500_000);
        assert_eq!(points("formula = { base = 1_000, per_user = 2, users = 3_000 }"), 7_000);
        assert_eq!(points("points = 9\nformula = { base = 1, per_user = 2, users = 3 }"), 9);
        let scope = |text: &str| toml::from_str::<QuotaSpec>(text).unwrap().scope();
        assert_eq!((scope(""), scope("edition = \"free\"")), (QuotaScope::Global, QuotaScope::Tenant));
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
