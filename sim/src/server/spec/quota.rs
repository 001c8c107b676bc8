//! The hourly points, and what is proposed instead.

use super::PointsCount;
use crate::value::{Span, Whole};
use headroom_model::allowance::Allowance;
use headroom_model::quota::{Edition, Tier};
use serde::{Deserialize, Serialize};

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    pub after: Span<0, { 30 * super::DAY_MS }>,
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
