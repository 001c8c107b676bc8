//! Hourly points quotas.

/// Points per hour of Tier 1, one pool for an app over all its tenants.
///
/// Source: Confluence rate limiting page of 2025-12-12, "Tier 1 – Global Pool"; announcement of the points model.
pub const TIER_1_POINTS: u32 = 65_000;

/// Less than this share of the quota left counts as near the limit, in percent.
///
/// Source: Confluence rate limiting page of 2025-12-12, `X-RateLimit-NearLimit`.
pub const NEAR_LIMIT_PERCENT: u32 = 20;

/// Whether so many points left of `quota` count as near the limit.
#[must_use]
pub fn is_near_limit(remaining: u32, quota: u32) -> bool {
    u64::from(remaining) * 100 < u64::from(quota) * u64::from(NEAR_LIMIT_PERCENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_means_strictly_less_than_a_fifth() {
        assert!(!is_near_limit(13_000, TIER_1_POINTS));
        assert!(is_near_limit(12_999, TIER_1_POINTS));
        assert!(!is_near_limit(0, 0), "no quota has no share");
    }
}
