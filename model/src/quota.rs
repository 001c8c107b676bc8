//! Hourly points quotas: tiers and editions, who shares a pool, whose requests spend points.
//!
//! The figures and their sources are in [`crate::facts`].

use crate::allowance::{Allowance, Granted};
use crate::facts::{self, Source};
use std::fmt;

/// Where the rules of this module are from.
pub static SOURCE: &Source = &facts::sources::CONFLUENCE_PAGE;

/// Whether so many points left of `quota` count as near the limit: `X-RateLimit-NearLimit`.
#[must_use]
pub fn is_near_limit(remaining: u32, quota: u32) -> bool {
    u64::from(remaining) * 100 < u64::from(quota) * u64::from(facts::NEAR_LIMIT_PERCENT.value)
}

/// The edition that a tenant pays for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edition {
    /// No points for users.
    Free,
    /// A base and some points for each user.
    Standard,
    /// More of both.
    Premium,
    /// Most of both.
    Enterprise,
}

/// How many points per hour a pool holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Tier 1: one pool over all tenants of an app, and over all copies of it.
    Global,
    /// Tier 2: a pool for each tenant.
    PerTenant {
        /// What the tenant pays for.
        edition: Edition,
        /// How many users it has.
        users: u64,
    },
}

/// A quota with its reckoning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Points of each UTC hour.
    pub points_per_hour: u32,
    /// Whether the formula gave more than the cap.
    pub is_capped: bool,
    allowance: Allowance,
    users: u64,
}

impl Tier {
    /// The quota of a pool. Any number of users is taken; the cap holds it in bounds.
    ///
    /// ```
    /// use headroom_model::quota::{Edition, Tier};
    /// let tier = Tier::PerTenant { edition: Edition::Standard, users: 2_000 };
    /// assert_eq!(tier.quota().points_per_hour, 120_000);
    /// assert_eq!(tier.quota().to_string(), "100000 + 10 × 2000 users");
    /// ```
    #[must_use]
    pub fn quota(self) -> Quota {
        let (allowance, users) = match self {
            Self::Global => (Allowance::fixed(facts::TIER_1_POINTS.value), 0),
            // A user of an edition for which users count for nothing is left out of the reckoning.
            Self::PerTenant { edition: Edition::Free, .. } => (Edition::Free.allowance(), 0),
            Self::PerTenant { edition, users } => (edition.allowance(), users),
        };
        let Granted { amount, is_capped } = allowance.granted(users);
        Quota { points_per_hour: amount, is_capped, allowance, users }
    }

    /// The pool that a request on `tenant` is charged to. `cluster` is what all copies of the app have in common, the
    /// app's own id where it has none: Atlassian treats copies as one app (announcement of 2025-12-12).
    ///
    /// ```
    /// use headroom_model::quota::{Edition, Tier};
    ///
    /// // Two copies of one app, each deployed for a customer of its own, share the pool of Tier 1 ...
    /// assert_eq!(Tier::Global.pool("exporter", "acme"), Tier::Global.pool("exporter", "globex"));
    /// assert_ne!(Tier::Global.pool("exporter", "acme"), Tier::Global.pool("importer", "acme"));
    /// // ... and on Tier 2 that of each tenant.
    /// let tier = Tier::PerTenant { edition: Edition::Free, users: 10 };
    /// assert_ne!(tier.pool("exporter", "acme"), tier.pool("exporter", "globex"));
    /// ```
    #[must_use]
    pub fn pool(self, cluster: &str, tenant: &str) -> PoolKey {
        let scope = match self {
            Self::Global => PoolScope::AllTenants,
            Self::PerTenant { .. } => PoolScope::Tenant(tenant.to_owned()),
        };
        PoolKey { cluster: cluster.to_owned(), scope }
    }
}

impl Edition {
    const fn allowance(self) -> Allowance {
        let (base, per_user) = match self {
            Self::Free => return Allowance::fixed(facts::TIER_2_FREE_POINTS.value),
            Self::Standard => (facts::TIER_2_STANDARD_BASE.value, facts::TIER_2_STANDARD_PER_USER.value),
            Self::Premium => (facts::TIER_2_PREMIUM_BASE.value, facts::TIER_2_PREMIUM_PER_USER.value),
            Self::Enterprise => (facts::TIER_2_ENTERPRISE_BASE.value, facts::TIER_2_ENTERPRISE_PER_USER.value),
        };
        Allowance { base, per_user, cap: Some(facts::TIER_2_CAP_POINTS.value) }
    }
}

/// Which pool: requests with the same key spend the same points.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PoolKey {
    /// The app, or what stands for all its copies.
    pub cluster: String,
    /// Whose requests the pool counts.
    pub scope: PoolScope,
}

/// Whose requests a pool counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PoolScope {
    /// Tier 1: those on every tenant.
    AllTenants,
    /// Tier 2: those on this tenant.
    Tenant(String),
}

/// How a request proves who sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// A Forge app's back end, as itself or for a user.
    Forge,
    /// A Connect app.
    Connect,
    /// OAuth 2.0 (3LO).
    OAuth,
    /// A user's API token.
    ApiToken,
    /// The page of a Forge app in the browser, through the bridge.
    Bridge,
}

/// Which requests spend points. The default counts calls from the bridge: sources contradict each other on them, and
/// to count what is free wastes points, while to miss what counts runs into the wall.
///
/// ```
/// use headroom_model::quota::{Authentication, Counting};
/// assert!(Counting::default().spends_points(Authentication::Forge));
/// assert!(!Counting::default().spends_points(Authentication::ApiToken), "burst limits alone hold API tokens");
/// assert!(Counting::default().spends_points(Authentication::Bridge));
/// assert!(!Counting { bridge_calls: false }.spends_points(Authentication::Bridge));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counting {
    /// Whether calls from the browser bridge count.
    pub bridge_calls: bool,
}

impl Default for Counting {
    fn default() -> Self {
        Self { bridge_calls: facts::BRIDGE_CALL_COUNTS.value != 0 }
    }
}

impl Counting {
    /// Whether such a request spends points. Source: announcement of 2025-12-12, "Tiered rate limits" and "API token
    /// rate limits".
    #[must_use]
    pub const fn spends_points(self, authentication: Authentication) -> bool {
        match authentication {
            Authentication::Forge | Authentication::Connect | Authentication::OAuth => true,
            Authentication::ApiToken => facts::POINTS_UNDER_API_TOKENS.value != 0,
            Authentication::Bridge => self.bridge_calls,
        }
    }
}

/// The formula with its figures put in, the cap included where it binds.
impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Allowance { base, per_user, cap } = self.allowance;
        write!(f, "{base}")?;
        if per_user > 0 {
            write!(f, " + {per_user} × {} users", self.users)?;
        }
        match cap {
            Some(cap) if self.is_capped => write!(f, ", at most {cap}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quota(edition: Edition, users: u64) -> Quota {
        Tier::PerTenant { edition, users }.quota()
    }

    #[test]
    fn near_means_strictly_less_than_a_fifth() {
        assert!(!is_near_limit(13_000, 65_000));
        assert!(is_near_limit(12_999, 65_000));
        assert!(!is_near_limit(0, 0), "no quota has no share");
    }

    #[test]
    fn the_worked_examples_of_the_documentation_hold() {
        let standard = quota(Edition::Standard, 2_000);
        assert_eq!((standard.points_per_hour, standard.is_capped), (120_000, false));
        let enterprise = quota(Edition::Enterprise, 15_000);
        assert_eq!((enterprise.points_per_hour, enterprise.is_capped), (500_000, true));
        assert_eq!(enterprise.to_string(), "150000 + 30 × 15000 users, at most 500000");
        assert_eq!(Tier::Global.quota().points_per_hour, 65_000);
        assert_eq!(quota(Edition::Free, 9_999), quota(Edition::Free, 0), "users count for nothing");
    }

    #[test]
    fn what_reaches_the_cap_exactly_is_not_capped() {
        assert!(!quota(Edition::Standard, 40_000).is_capped);
        assert!(quota(Edition::Standard, 40_001).is_capped);
    }

    proptest! {
        #[test]
        fn more_users_never_mean_fewer_points_and_nobody_passes_the_cap(users: u64, more: u64) {
            for edition in [Edition::Free, Edition::Standard, Edition::Premium, Edition::Enterprise] {
                let (few, many) = (quota(edition, users), quota(edition, users.saturating_add(more)));
                prop_assert!(few.points_per_hour <= many.points_per_hour);
                prop_assert!(many.points_per_hour <= 500_000);
            }
        }

        #[test]
        fn tier_1_has_one_pool_for_a_cluster_and_tier_2_one_for_each_of_its_tenants(
            app in "[ab]", other in "[ab]", tenant in "[xy]", elsewhere in "[xy]"
        ) {
            let per_tenant = Tier::PerTenant { edition: Edition::Premium, users: 1 };
            let shares = |tier: Tier| tier.pool(&app, &tenant) == tier.pool(&other, &elsewhere);
            prop_assert_eq!(shares(Tier::Global), app == other);
            prop_assert_eq!(shares(per_tenant), app == other && tenant == elsewhere);
        }
    }
}
