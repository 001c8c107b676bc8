//! How long people waited: every wait is counted, by its milliseconds.

use std::collections::BTreeMap;

/// Longer waits count as this long: nobody waits at a screen for an hour.
const LONGEST_MS: u64 = 3_600_000;

/// A histogram; it holds at most one entry for each millisecond of an hour.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waits {
    counts: BTreeMap<u64, u64>,
    total: u64,
}

impl Waits {
    pub(crate) fn add(&mut self, ms: u64) {
        *self.counts.entry(ms.min(LONGEST_MS)).or_default() += 1;
        self.total += 1;
    }

    /// The least wait that so many of 100 do not exceed; none if nobody waited.
    pub(crate) fn percentile(&self, of_100: u64) -> Option<u64> {
        let wanted = (self.total * of_100).div_ceil(100);
        let mut sum = 0;
        let found = self.counts.iter().find(|(_, count)| {
            sum += **count;
            sum >= wanted
        });
        found.map(|(ms, _)| *ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn a_percentile_is_the_one_of_the_sorted_list(
            mut waits in prop::collection::vec(0_u64..50, 0..300), of in 1_u64..=100
        ) {
            let mut counted = Waits::default();
            waits.iter().for_each(|ms| counted.add(*ms));
            waits.sort_unstable();
            let want = waits.get((waits.len() as u64 * of).div_ceil(100).saturating_sub(1) as usize).copied();
            prop_assert_eq!(counted.percentile(of), want);
        }
    }
}
