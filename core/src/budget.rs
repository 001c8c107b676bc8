//! The budget of blind retries: those at an instant that nobody promised.

/// A token bucket without time. A retry after an error or after no answer takes a token, a success gives a tenth of
/// one back. So a server that fails for long is asked little more than once for each call, whatever each call may do.
///
/// It counts what was taken: an untouched one is the default and needs no memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Budget {
    /// In thousandths of a token.
    pub(crate) taken: u32,
}

const TOKEN: u32 = 1_000;

/// What a success gives back.
const TENTH: u32 = TOKEN / 10;

impl Budget {
    /// Takes a token for a retry, if one of `capacity` tokens is left.
    pub(crate) fn take(&mut self, capacity: u32) -> bool {
        let taken = self.taken.checked_add(TOKEN).filter(|taken| *taken <= capacity.saturating_mul(TOKEN));
        self.taken = taken.unwrap_or(self.taken);
        taken.is_some()
    }

    /// A call succeeded.
    pub(crate) const fn success(&mut self) {
        self.taken = self.taken.saturating_sub(TENTH);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_is_a_few_bytes_and_takes_any_capacity() {
        assert!(size_of::<Budget>() <= 8);
        let mut budget = Budget::default();
        assert!(!budget.take(0));
        assert_eq!(budget, Budget::default(), "what was refused took nothing");
        let mut worn = Budget { taken: u32::MAX };
        assert!(!worn.take(u32::MAX), "at the end of the numbers it says no");
        assert!(Budget::default().take(u32::MAX / 1_000 + 1), "a capacity of more thousandths than there are numbers");
        worn.success();
        assert_eq!(worn.taken, u32::MAX - 100);
    }

    #[test]
    fn with_a_smaller_capacity_what_was_taken_stays_taken() {
        let mut budget = Budget::default();
        assert!((0..5).all(|_| budget.take(5)));
        (0..20).for_each(|_| budget.success());
        assert!(!budget.take(3), "3 of 3 are taken");
        assert!(budget.take(4));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        /// The slow, obvious budget has a pile of tenths, full at first.
        #[test]
        fn blind_retries_are_no_more_than_the_capacity_and_a_tenth_of_the_successes(
            capacity in prop_oneof![0_u32..6, Just(100_000)],
            asks in proptest::collection::vec(prop::bool::weighted(0.3), 0..200),
        ) {
            let (mut budget, mut tenths) = (Budget::default(), capacity * 10);
            let (mut retries, mut successes) = (0, 0);
            for is_retry in asks {
                if is_retry {
                    let has_token = tenths >= 10;
                    prop_assert_eq!(budget.take(capacity), has_token);
                    tenths -= if has_token { 10 } else { 0 };
                    retries += u32::from(has_token);
                } else {
                    budget.success();
                    tenths = (tenths + 1).min(capacity * 10);
                    successes += 1;
                }
                prop_assert!(retries <= capacity + successes / 10);
            }
        }
    }
}
