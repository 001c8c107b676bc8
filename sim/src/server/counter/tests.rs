//! Each fast counter against a slow and obvious one that keeps every timestamp, and the law of exact refusals.

use super::*;
use proptest::prelude::*;

/// What a counter is made of, for both of them.
#[derive(Clone, Copy, Debug)]
enum Made {
    Even { capacity: u32, per_second: u32 },
    Stepped { capacity: u32, fill: u32, period: u64 },
    Fixed { limit: u32, span: u64 },
    Sliding { limit: u32, span: u64 },
}

impl Made {
    fn fast(self) -> Counter {
        match self {
            Self::Even { capacity, per_second } => Counter::bucket(capacity, per_second),
            Self::Stepped { capacity, fill, period } => {
                Counter::Bucket(Bucket::stepped(capacity, fill, Millis(period)))
            }
            Self::Fixed { limit, span } => Counter::fixed(limit, Millis(span)),
            Self::Sliding { limit, span } => Counter::sliding(limit, Millis(span)),
        }
    }

    /// What is left at `now`, reckoned anew from all that was ever taken.
    fn left(self, taken: &[(u64, u32)], now: u64) -> u32 {
        let sum = |is_inside: &dyn Fn(u64) -> bool| -> u32 {
            taken.iter().filter(|(at, _)| is_inside(*at)).map(|(_, amount)| amount).sum()
        };
        match self {
            Self::Fixed { limit, span } => limit - sum(&|at| at / span == now / span),
            Self::Sliding { limit, span } => limit - sum(&|at| at + span > now),
            Self::Even { capacity, per_second } => bucket(capacity, 1_000, 1, per_second, taken, now),
            Self::Stepped { capacity, fill, period } => bucket(capacity, 1, period, fill, taken, now),
        }
    }

    const fn limit(self) -> u32 {
        match self {
            Self::Even { capacity, .. } | Self::Stepped { capacity, .. } => capacity,
            Self::Fixed { limit, .. } | Self::Sliding { limit, .. } => limit,
        }
    }
}

/// Walks through every millisecond since the first token was taken.
fn bucket(capacity: u32, token: u64, period: u64, fill: u32, taken: &[(u64, u32)], now: u64) -> u32 {
    let most = u64::from(capacity) * token;
    let mut units = most;
    let mut left = taken.iter().peekable();
    for ms in taken.first().map_or(now, |(at, _)| *at)..=now {
        if ms % period == 0 {
            units = (units + u64::from(fill)).min(most);
        }
        while let Some((_, amount)) = left.next_if(|(at, _)| *at == ms) {
            units -= u64::from(*amount) * token;
        }
    }
    u32::try_from(units / token).unwrap()
}

fn any_made() -> impl Strategy<Value = Made> {
    prop_oneof![
        (1_u32..6, 1_u32..1_500).prop_map(|(capacity, per_second)| Made::Even { capacity, per_second }),
        (1_u32..6, 1_u32..4, 1_u64..40).prop_map(|(capacity, fill, period)| Made::Stepped { capacity, fill, period }),
        (1_u32..9, 1_u64..60).prop_map(|(limit, span)| Made::Fixed { limit, span }),
        (1_u32..9, 1_u64..60).prop_map(|(limit, span)| Made::Sliding { limit, span }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn every_counter_is_its_slow_reference_and_its_refusals_are_exact(
        made in any_made(), start in 0_u64..100, steps in prop::collection::vec((0_u64..25, 1_u32..5), 1..40)
    ) {
        let mut fast = made.fast();
        let mut taken = Vec::new();
        let mut now = start;
        for (wait, amount) in steps {
            now += wait;
            let left = made.left(&taken, now);
            prop_assert_eq!(fast.left(Instant(now)), left);
            match fast.check(amount, Instant(now)) {
                Ok(()) => {
                    prop_assert!(amount <= left);
                    fast.take(amount, Instant(now));
                    taken.push((now, amount));
                }
                Err(NEVER) => prop_assert!(amount > made.limit()),
                Err(until) => {
                    prop_assert!(amount > left && until > Instant(now));
                    prop_assert!(fast.clone().check(amount, Instant(until.0 - 1)).is_err());
                    prop_assert!(fast.clone().check(amount, until).is_ok());
                    prop_assert!(made.left(&taken, until.0 - 1) < amount && made.left(&taken, until.0) >= amount);
                }
            }
        }
    }

    #[test]
    fn time_going_backwards_brings_nothing_back(made in any_made(), now in 5_000_u64..6_000, back in 1_u64..5_000) {
        let mut counter = made.fast();
        counter.take(made.limit(), Instant(now));
        prop_assert!(counter.check(1, Instant(now - back)).is_err());
        prop_assert_eq!(counter.left(Instant(now - back)), 0);
    }

    #[test]
    fn what_is_taken_beyond_the_limit_never_leaves_less_than_nothing(made in any_made(), amount: u32) {
        let mut counter = made.fast();
        counter.take(amount, Instant(7));
        counter.take(amount, Instant(7));
        prop_assert_eq!(counter.left(Instant(7)), made.limit().saturating_sub(amount.saturating_mul(2)));
    }
}

#[test]
fn a_full_bucket_of_100_admits_200_in_its_first_second() {
    let mut bucket = Counter::bucket(100, 100);
    let mut admitted = 0;
    for ms in 5_000..=6_000 {
        while bucket.check(1, Instant(ms)).is_ok() {
            bucket.take(1, Instant(ms));
            admitted += 1;
        }
    }
    assert_eq!(admitted, 200);
}

#[test]
fn nothing_is_carried_over_into_the_next_hour() {
    let mut hour = Counter::fixed(10, headroom_model::time::HOUR);
    let now = Instant(360_000_005);
    hour.take(4, now);
    assert_eq!((hour.left(now), hour.left(now.next_hour())), (6, 10), "not 16");
}

#[test]
fn a_limit_that_is_changed_counts_what_was_taken_before() {
    for mut counter in [Counter::fixed(10, Millis(1_000)), Counter::sliding(10, Millis(1_000)), Counter::bucket(10, 1)]
    {
        counter.take(8, Instant(50));
        counter.set_limit(9);
        let left = counter.left(Instant(50));
        assert!(left <= 2, "{counter:?}");
        counter.set_limit(4);
        assert!(counter.check(5, Instant(50)) == Err(NEVER) && counter.left(Instant(50)) <= 2, "{counter:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// The slow reference never learned the wrong figure.
    #[test]
    fn what_is_corrected_counts_as_if_it_had_been_right_from_the_first(
        limit in 40_u32..60, span in 1_u64..60, is_sliding: bool,
        steps in prop::collection::vec((0_u64..25, 1_u32..5, 0_u32..5, 0_u64..40), 1..8),
    ) {
        let made = if is_sliding { Made::Sliding { limit, span } } else { Made::Fixed { limit, span } };
        let (mut fast, mut taken, mut open) = (made.fast(), Vec::new(), Vec::new());
        let mut now = 0;
        for (wait, from, to, later) in steps {
            now += wait;
            fast.take(from, Instant(now));
            taken.push((now, to));
            open.push((now + later, from, to, now));
            // Answers come in any order, and some when what they correct is over.
            open.sort_unstable();
            while let Some((_, from, to, at)) = open.first().copied().filter(|(due, ..)| *due <= now) {
                fast.correct(from, to, Instant(at));
                open.remove(0);
            }
        }
        now += 40;
        for (_, from, to, at) in open {
            fast.correct(from, to, Instant(at));
        }
        prop_assert_eq!(fast.left(Instant(now)), made.left(&taken, now));
    }

    #[test]
    fn a_bucket_that_is_never_full_nor_empty_is_corrected_exactly(
        period in 1_u64..40, from in 0_u32..50, to in 0_u32..50, before in 100_u32..150, later in 0_u64..200,
    ) {
        let made = Made::Stepped { capacity: 400, fill: 1, period };
        let mut fast = made.fast();
        fast.take(before + 100, Instant(1_000));
        fast.take(from, Instant(1_000));
        fast.correct(from, to, Instant(1_000));
        prop_assert_eq!(fast.left(Instant(1_000 + later)), made.left(&[(1_000, before + 100), (1_000, to)], 1_000 + later));
    }
}
