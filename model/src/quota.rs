//! Hourly points quotas: tiers and editions.
//!
//! Source of all figures: Confluence rate limiting page of 2025-12-12, "Rate limit quotas by tiers".

use std::fmt;

/// Points per hour of Tier 1, one pool for an app over all its tenants: "Tier 1 – Global Pool".
pub const TIER_1_POINTS: u32 = 65_000;

/// No tenant of Tier 2 has more points per hour than this: "capped at 500,000 points per hour for Standard, Premium,
/// and Enterprise editions".
pub const TIER_2_CAP_POINTS: u32 = 500_000;

/// Where the figures of this module are from.
pub const SOURCE: &str = "Confluence rate limiting page, 2025-12-12";

/// Less than this share of the quota left counts as near the limit, in percent: `X-RateLimit-NearLimit`.
pub const NEAR_LIMIT_PERCENT: u32 = 20;

/// Whether so many points left of `quota` count as near the limit.
#[must_use]
pub fn is_near_limit(remaining: u32, quota: u32) -> bool {
    u64::from(remaining) * 100 < u64::from(quota) * u64::from(NEAR_LIMIT_PERCENT)
}

/// The edition that a tenant pays for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edition {
    /// No points for users.
    Free,
    /// 10 points for each user.
    Standard,
    /// 20 points for each user.
    Premium,
    /// 30 points for each user.
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
    formula: Formula,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Formula {
    base: u32,
    /// Points for each user, and how many there are.
    per_user: Option<(u32, u64)>,
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
        let (base, per_user) = match self {
            Self::Global => (TIER_1_POINTS, None),
            Self::PerTenant { edition: Edition::Free, .. } => (65_000, None),
            Self::PerTenant { edition: Edition::Standard, users } => (100_000, Some((10, users))),
            Self::PerTenant { edition: Edition::Premium, users } => (130_000, Some((20, users))),
            Self::PerTenant { edition: Edition::Enterprise, users } => (150_000, Some((30, users))),
        };
        let for_users = per_user.map_or(0, |(each, users)| users.saturating_mul(u64::from(each)));
        let points = u64::from(base).saturating_add(for_users);
        let capped = points.min(u64::from(TIER_2_CAP_POINTS));
        Quota {
            points_per_hour: u32::try_from(capped).unwrap_or(TIER_2_CAP_POINTS),
            is_capped: points > capped,
            formula: Formula { base, per_user },
        }
    }
}

/// The formula with its figures put in, the cap included where it binds.
impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Formula { base, per_user } = self.formula;
        write!(f, "{base}")?;
        if let Some((each, users)) = per_user {
            write!(f, " + {each} × {users} users")?;
        }
        if self.is_capped { write!(f, ", at most {TIER_2_CAP_POINTS}") } else { Ok(()) }
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
        assert!(!is_near_limit(13_000, TIER_1_POINTS));
        assert!(is_near_limit(12_999, TIER_1_POINTS));
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
                prop_assert!(many.points_per_hour <= TIER_2_CAP_POINTS);
            }
        }
    }
}
