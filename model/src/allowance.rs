//! What a tenant may have by the number of its users: `base + users × per-user`.
//!
//! Atlassian's Tier 2 is of this form, with a cap ([`crate::quota`]). In the thread of RFC 130 (2026-04-14) those who
//! commented ask for the same form on invocations per tenant and minute, enforced for the tenant and not for its users;
//! they name neither numbers nor a cap, so both are the caller's.

use crate::profile::{CountedPer, WindowRule, WindowShape};
use crate::time::Millis;

/// A base and a share for each user.
///
/// ```
/// use headroom_model::allowance::{Allowance, Granted};
///
/// let wish = Allowance { base: 1_000, per_user: 2, cap: None };
/// assert_eq!(wish.granted(10), Granted { amount: 1_020, is_capped: false });
/// assert_eq!(wish.granted(10_000).amount, 21_000, "it grows with the tenant");
///
/// let capped = Allowance { cap: Some(7_000), ..wish };
/// assert_eq!(capped.granted(10_000), Granted { amount: 7_000, is_capped: true });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// What a tenant has without users.
    pub base: u32,
    /// What each user adds.
    pub per_user: u32,
    /// The most that it grows to; none: no bound but `u32::MAX`.
    pub cap: Option<u32>,
}

/// What an [`Allowance`] comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted {
    /// How much.
    pub amount: u32,
    /// Whether the formula gave more than the cap.
    pub is_capped: bool,
}

impl Allowance {
    /// An allowance for which users count for nothing.
    #[must_use]
    pub const fn fixed(base: u32) -> Self {
        Self { base, per_user: 0, cap: None }
    }

    /// What so many users make of it. Any number is taken.
    #[must_use]
    pub fn granted(self, users: u64) -> Granted {
        let sum = users.saturating_mul(u64::from(self.per_user)).saturating_add(u64::from(self.base));
        let amount = u32::try_from(sum).unwrap_or(u32::MAX);
        match self.cap {
            Some(cap) if sum > u64::from(cap) => Granted { amount: cap, is_capped: true },
            _ => Granted { amount, is_capped: false },
        }
    }

    /// The policy that the thread of RFC 130 asks for: so many invocations of one installation in each minute. The
    /// thread leaves open how the minute moves.
    ///
    /// ```
    /// use headroom_model::allowance::Allowance;
    /// use headroom_model::profile::WindowShape;
    ///
    /// let rule = Allowance { base: 1_000, per_user: 2, cap: None }.per_minute(3_000, WindowShape::Fixed);
    /// assert_eq!((rule.limit, rule.span.0), (7_000, 60_000));
    /// ```
    #[must_use]
    pub fn per_minute(self, users: u64, shape: WindowShape) -> WindowRule {
        WindowRule {
            per: CountedPer::Installation,
            limit: self.granted(users).amount,
            span: Millis::from_secs(60),
            shape,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn any_allowance()(base: u32, per_user: u32, cap: Option<u32>) -> Allowance {
            Allowance { base, per_user, cap }
        }
    }

    proptest! {
        #[test]
        fn it_is_the_formula_held_by_the_cap(allowance in any_allowance(), users: u64) {
            let Granted { amount, is_capped } = allowance.granted(users);
            let formula = u128::from(allowance.base) + u128::from(users) * u128::from(allowance.per_user);
            let bound = allowance.cap.unwrap_or(u32::MAX);
            prop_assert_eq!(u128::from(amount), formula.min(u128::from(bound)));
            prop_assert_eq!(is_capped, allowance.cap.is_some_and(|cap| formula > u128::from(cap)));
        }

        #[test]
        fn more_users_never_mean_less(allowance in any_allowance(), users: u64, more: u64) {
            prop_assert!(allowance.granted(users).amount <= allowance.granted(users.saturating_add(more)).amount);
        }
    }
}
