//! How a limiter works, with the range of every field.

use headroom_model::allowance::Allowance;
use headroom_model::facts;
use headroom_model::profile::{CountedPer, InvocationProfile, WindowRule, WindowShape};
use headroom_model::time::{HOUR, Millis};
use std::fmt;

/// Which pool of points holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolKind {
    /// Tier 1: one pool over all tenants.
    Global,
    /// Tier 2: one pool for each tenant.
    PerTenant,
}

/// A token bucket on the REST requests of one tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BurstRate {
    /// Tokens that come back each second: 1 to 1,000.
    pub per_second: u32,
    /// Tokens that a rested bucket holds: 1 to 100,000.
    pub capacity: u32,
}

impl BurstRate {
    /// The highest rate.
    pub(crate) const MOST_PER_SECOND: u32 = 1_000;

    /// The rate assumed where nothing is known: what Jira documents for GET and each endpoint of a tenant; Confluence
    /// publishes no number. The capacity is unpublished: one second's worth is the careful assumption.
    pub const ASSUMED: Self =
        Self { per_second: facts::JIRA_GET_PER_SECOND.value, capacity: facts::BURST_CAPACITY.value };
}

/// A limit that the app keeps to beside the published ones: at most so many within any span of that length, wherever it
/// begins. Who keeps to it keeps to the same limit in fixed windows, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateWindow {
    /// What is counted together.
    pub per: CountedPer,
    /// The most within the span: 1 to 100,000.
    pub limit: u32,
    /// The span's length: one second to one day.
    pub span: Millis,
}

impl RateWindow {
    /// The part that one of so many nodes keeps to. Where they are more than the limit, each has one in several spans.
    pub(crate) fn rule(self, nodes: u32) -> WindowRule {
        let Self { per, limit, span } = self;
        let spans = nodes.div_ceil(limit.max(1)).max(1);
        WindowRule {
            per,
            limit: (limit / nodes.max(1)).max(1),
            span: span.times(spans.into()),
            shape: WindowShape::Sliding,
        }
    }
}

/// How a limiter works; see [`Config::default`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Points per hour in each pool.
    pub quota_points: u32,
    /// Which pool holds.
    pub pool: PoolKind,
    /// The pace that REST requests of one tenant are held to; none: no pace at all.
    pub burst: Option<BurstRate>,
    /// The invocation limits that hold.
    pub invocations: InvocationProfile,
    /// Attempts for each call unless it says otherwise.
    pub max_attempts: u32,
    /// The longest that any call waits altogether unless it says otherwise.
    pub max_elapsed: Millis,
    /// The most that a wait ends after the instant the server named.
    pub jitter: Millis,
    /// The first wait where the server names none; it doubles with each attempt.
    pub backoff: Millis,
    /// Calls that may be open at once.
    pub max_calls: u32,
    /// How many instances like this one share the quota, the burst rates and `windows`, this one included.
    pub nodes: u32,
    /// Retries for which no instant was promised, beyond a tenth of what succeeds: per tenant or installation.
    pub retry_budget: u32,
    /// The points that the app itself grants each tenant per hour; none: no bound but the pool's.
    pub tenant_cap: Option<Allowance>,
    /// The points that the app itself grants each user of a tenant per hour; none: no bound of his own.
    pub user_cap: Option<u32>,
    /// Further limits, 8 at most: an account's hour elsewhere, a tunnel, the invocations of one user.
    pub windows: Vec<RateWindow>,
}

/// Tier 1 with 65,000 points, `forge-rfc130`, the assumed burst rate, 5 attempts, a day of patience, up to a
/// second of jitter, backoff from a second on, 100,000 open calls, one node, 100 retries on credit, no caps, no windows.
impl Default for Config {
    fn default() -> Self {
        Self {
            quota_points: facts::TIER_1_POINTS.value,
            pool: PoolKind::Global,
            burst: Some(BurstRate::ASSUMED),
            invocations: InvocationProfile::ForgeRfc130,
            max_attempts: 5,
            max_elapsed: HOUR.times(24),
            jitter: Millis::from_secs(1),
            backoff: Millis::from_secs(1),
            max_calls: 100_000,
            nodes: 1,
            retry_budget: 100,
            tenant_cap: None,
            user_cap: None,
            windows: Vec::new(),
        }
    }
}

/// A field that is out of its range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The field's name as in the WIT.
    pub field: &'static str,
    /// What it was.
    pub value: u64,
    /// The least it may be.
    pub min: u64,
    /// The most it may be.
    pub max: u64,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, value, min, max } = self;
        write!(f, "`{field}` is `{value}`: choose a value from {min} to {max}")
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Checks every field.
    ///
    /// # Errors
    /// The first field that is out of its range.
    pub fn check(&self) -> Result<(), ConfigError> {
        const MOST_POINTS: u64 = 10_000_000;
        let burst = self.burst.unwrap_or(BurstRate::ASSUMED);
        let tenant_cap = self.tenant_cap.unwrap_or(Allowance::fixed(1));
        let ranges = [
            ("quota", u64::from(self.quota_points), 1, MOST_POINTS),
            ("burst.per-second", u64::from(burst.per_second), 1, BurstRate::MOST_PER_SECOND.into()),
            ("burst.capacity", u64::from(burst.capacity), 1, 100_000),
            ("max-attempts", u64::from(self.max_attempts), 1, 100),
            ("max-elapsed", self.max_elapsed.0, 0, HOUR.times(24 * 30).0),
            ("jitter", self.jitter.0, 0, HOUR.0),
            ("backoff", self.backoff.0, 1, HOUR.0),
            ("max-calls", u64::from(self.max_calls), 1, 1_000_000),
            ("nodes", u64::from(self.nodes), 1, 10_000),
            ("retry-budget", u64::from(self.retry_budget), 0, 100_000),
            ("tenant-cap.base", u64::from(tenant_cap.base), 1, MOST_POINTS),
            ("tenant-cap.per-user", u64::from(tenant_cap.per_user), 0, MOST_POINTS),
            ("tenant-cap.most", u64::from(tenant_cap.cap.unwrap_or(1)), 1, MOST_POINTS),
            ("user-cap", u64::from(self.user_cap.unwrap_or(1)), 1, MOST_POINTS),
            ("windows", self.windows.len() as u64, 0, 8),
        ];
        check(&ranges)?;
        const DAY: Millis = HOUR.times(24);
        self.windows.iter().try_for_each(|RateWindow { limit, span, .. }| {
            check(&[("windows.limit", u64::from(*limit), 1, 100_000), ("windows.span", span.0, 1_000, DAY.0)])
        })
    }

    /// Whether anything is counted for the user of a request.
    pub(crate) fn knows_accounts(&self) -> bool {
        self.user_cap.is_some() || self.windows.iter().any(|window| window.per == CountedPer::Account)
    }
}

/// The first field that is out of its range, of which each has a name, a value, and its bounds.
fn check(ranges: &[(&'static str, u64, u64, u64)]) -> Result<(), ConfigError> {
    let out = ranges.iter().find(|(_, value, min, max)| !(min..=max).contains(&value));
    out.map_or(Ok(()), |&(field, value, min, max)| Err(ConfigError { field, value, min, max }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_in_range_and_what_is_not_is_named_with_its_range() {
        assert_eq!(Config::default().check(), Ok(()));
        let error = Config { max_attempts: 0, ..Config::default() }.check().unwrap_err();
        assert_eq!(error.to_string(), "`max-attempts` is `0`: choose a value from 1 to 100");
        let burst = Some(BurstRate { per_second: 1_001, capacity: 1 });
        assert_eq!(Config { burst, ..Config::default() }.check().unwrap_err().field, "burst.per-second");
    }
}
