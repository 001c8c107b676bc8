//! Max-min fair shares: nobody gets more than he asks for, and what is left over goes to those who ask for more.

use super::quotient;

/// What one tenant asked for and got, in points, or in calls where calls cost nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) asked: u64,
    pub(crate) got: u64,
}

/// How much less than its fair share the worst-off tenant got, divided by that share. What is shared is what all got
/// together.
pub(crate) fn unfairness(claims: &[Claim]) -> f64 {
    let level = level(claims);
    let lacks = claims.iter().filter_map(|claim| {
        let share = claim.asked.min(level);
        quotient(share.saturating_sub(claim.got), share)
    });
    lacks.fold(0.0, f64::max)
}

/// The most that anyone gets who asks for more: the greatest whole number with `Σ min(asked, level) ≤ Σ got`.
fn level(claims: &[Claim]) -> u64 {
    let mut asked: Vec<u64> = claims.iter().map(|claim| claim.asked).collect();
    asked.sort_unstable();
    let mut left: u64 = claims.iter().map(|claim| claim.got).sum();
    for (index, claim) in asked.iter().enumerate() {
        let others = (asked.len() - index) as u64;
        if claim.saturating_mul(others) > left {
            return left / others;
        }
        left -= claim;
    }
    asked.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn claims(pairs: &[(u64, u64)]) -> Vec<Claim> {
        pairs.iter().map(|(asked, got)| Claim { asked: *asked, got: *got }).collect()
    }

    #[test]
    fn the_example_of_the_mathematics() {
        // Demands of 1000, 50 and 10 on 120 points: 60, 50, 10.
        assert_eq!(level(&claims(&[(1_000, 100), (50, 10), (10, 10)])), 60);
        assert_eq!(unfairness(&claims(&[(1_000, 60), (50, 50), (10, 10)])), 0.0);
        assert_eq!(unfairness(&claims(&[(1_000, 100), (50, 10), (10, 10)])), 0.8);
        assert_eq!(unfairness(&[]), 0.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        /// The slow level is filled one by one.
        #[test]
        fn the_level_is_the_slow_one(pairs in prop::collection::vec((0_u64..60, 0_u64..40), 0..8)) {
            let claims: Vec<Claim> = pairs.iter().map(|(asked, got)| Claim { asked: asked + got, got: *got }).collect();
            let all: u64 = claims.iter().map(|claim| claim.got).sum();
            let fits = |level: u64| claims.iter().map(|claim| claim.asked.min(level)).sum::<u64>() <= all;
            let highest = claims.iter().map(|claim| claim.asked).max().unwrap_or(0);
            let want = (0..=highest).rev().find(|level| fits(*level)).unwrap_or(0);
            prop_assert_eq!(level(&claims), want);
        }
    }
}
