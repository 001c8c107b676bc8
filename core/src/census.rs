//! What tenants spent in an hour, and what they will if they go on like that.
//!
//! A tenant that begins the hour with a flood would have spent the pool before others can ask for their share of it. So
//! what they are expected to ask for is kept for them, as long as they take no more than is fair: water-filling, with
//! what each has spent so far for its demand, and with as much of the pool as of the hour is over.

use headroom_model::time::{HOUR, Instant, Millis};

/// How many tenants spent how much in one hour, by size, so that nobody has to look at all of them.
#[derive(Clone, Debug)]
pub(crate) struct Census {
    window: Instant,
    all: Size,
    sizes: [Size; SIZES],
}

/// Tenants of about the same size.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    tenants: u64,
    points: u64,
}

/// Two for each doubling of 32 bits.
const SIZES: usize = 64;

/// What one tenant has to leave to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outlook {
    /// What is fair for all.
    pub(crate) share: Share,
    /// What others have spent that are expected to go on, as far as that is fair.
    pub(crate) spent_by_others: u64,
}

/// Up to where a tenant takes what is its own, whatever others go on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    /// It goes on with less than is fair: up to so many points.
    Level(u64),
    /// It is one of so `many` that ask for more. They share these `points` less what the others still ask for, of which
    /// they have spent `small`.
    Rest { points: u64, small: u64, many: u64 },
}

/// What was seen for a shorter time lets nothing expect: a few calls would be taken for a flood.
const LEAST: Millis = Millis::from_secs(60);

impl Default for Census {
    fn default() -> Self {
        Self { window: Instant(0), all: Size::default(), sizes: [Size::default(); SIZES] }
    }
}

impl Census {
    /// A tenant that had spent `before` points of the hour of `now` has spent `after` of them.
    pub(crate) fn change(&mut self, before: u32, after: u32, now: Instant) {
        if now.hour_start() > self.window {
            *self = Self { window: now.hour_start(), ..Self::default() };
        }
        for (spent, act) in [(before, Size::leave as fn(&mut Size, u32)), (after, Size::join)] {
            if let Some(size) = self.sizes.get_mut(size_of(spent)).filter(|_| spent > 0) {
                act(size, spent);
                act(&mut self.all, spent);
            }
        }
    }

    /// What was spent in the hour of `now` by others than one that spent so much.
    pub(crate) fn others(&self, spent: u32, now: Instant) -> u64 {
        if now.hour_start() > self.window { 0 } else { self.all.points.saturating_sub(spent.into()) }
    }

    /// What one that spent so much has to leave to others where so many points are `left` at `at` in the hour of `now`, and
    /// all that was spent was so in the time `passed` before it; none if the pool lasts for all who go on, and in the first
    /// minute.
    pub(crate) fn outlook(&self, spent: u32, left: u32, at: Instant, passed: Millis) -> Option<Outlook> {
        if passed < LEAST {
            return None;
        }
        let passed = u128::from(passed.min(HOUR).0);
        let rest = u128::from(at.next_hour().since(at).0);
        let capacity = u128::from(left) + u128::from(self.all.points);
        let fair = u64::try_from(capacity * passed / (passed + rest)).unwrap_or(u64::MAX);
        if self.all.points <= fair {
            return None;
        }
        let (pace, small) = self.fill(fair);
        let level = u64::try_from(u128::from(pace) * (passed + rest) / passed).unwrap_or(u64::MAX);
        let own = Some(size_of(spent)).filter(|_| spent > 0);
        let others = |(at, size): (usize, &Size)| {
            let mut size = *size;
            if Some(at) == own {
                size.leave(spent);
            }
            if at < small {
                return size.points;
            }
            let more = u128::from(size.tenants.saturating_mul(level).saturating_sub(size.points)) * passed / rest;
            u64::try_from(more).unwrap_or(u64::MAX)
        };
        let known = self.sizes.iter().enumerate().filter(|(_, size)| size.tenants > 0);
        let spent_by_others = known.map(others).fold(0, u64::saturating_add);
        let share = if own.is_none_or(|own| own < small) { Share::Level(level) } else { self.rest(left, small) };
        Some(Outlook { share, spent_by_others })
    }

    /// What those share that are not of the sizes below `small`.
    fn rest(&self, left: u32, small: usize) -> Share {
        let large = self.sizes.iter().skip(small);
        let (many, spent) = large.fold((0, 0), |(many, spent), size| (many + size.tenants, spent + size.points));
        Share::Rest { points: u64::from(left) + spent, small: self.all.points.saturating_sub(spent), many: many.max(1) }
    }

    /// How far each tenant is filled by so many points, fewer than all have, and how many sizes are below that. Within a
    /// size all are taken to be equal.
    fn fill(&self, mut points: u64) -> (u64, usize) {
        let mut tenants = self.all.tenants;
        for (at, size) in self.sizes.iter().enumerate().filter(|(_, size)| size.tenants > 0) {
            let level = points / tenants.max(1);
            if size.points > level.saturating_mul(size.tenants) {
                return (level, at);
            }
            points = points.saturating_sub(size.points);
            tenants -= size.tenants;
        }
        (points, SIZES)
    }
}

impl Size {
    fn join(&mut self, spent: u32) {
        self.tenants += 1;
        self.points += u64::from(spent);
    }

    fn leave(&mut self, spent: u32) {
        self.tenants = self.tenants.saturating_sub(1);
        self.points = self.points.saturating_sub(spent.into());
    }
}

/// The size of so many points, from 1 on.
const fn size_of(points: u32) -> usize {
    let digits = u32::BITS - points.leading_zeros();
    let half = if digits >= 2 { points >> (digits - 2) & 1 } else { 0 };
    (digits.saturating_sub(1) * 2 + half) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    const NOON: Instant = Instant(1_770_033_600_000);

    fn census(spent: &[u32]) -> Census {
        let mut census = Census::default();
        spent.iter().for_each(|spent| census.change(0, *spent, NOON));
        census
    }

    /// Fills all tenants up, the smallest first.
    fn filled_one_by_one(points: u64, spent: &[u32]) -> u64 {
        let mut sorted = spent.to_vec();
        sorted.sort_unstable();
        let mut left = points;
        for (at, spent) in sorted.iter().enumerate() {
            let part = left / (sorted.len() - at) as u64;
            if u64::from(*spent) > part {
                return part;
            }
            left -= u64::from(*spent);
        }
        left
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        /// Within a size the largest is less than half as large again as the smallest, and so is the error.
        #[test]
        fn the_level_is_that_of_water_filling_but_for_the_size(
            spent in vec(prop_oneof![1_u32..50, 1_u32..100_000], 1..40),
            percent in 0_u64..100,
        ) {
            let all: u64 = spent.iter().copied().map(u64::from).sum();
            let points = all * percent / 100;
            let (level, _) = census(&spent).fill(points);
            let exact = filled_one_by_one(points, &spent);
            prop_assert!(level <= exact + exact / 2 + 1 && exact <= level + level / 2 + 1, "{level}, {exact}");
        }

        /// However tenants come to what they spent, the census is the same.
        #[test]
        fn a_census_knows_no_way_only_where_it_led(
            steps in vec((0_usize..5, 0_u32..1_000), 0..50),
            left in 0_u32..10_000,
            minutes in 0_u64..59,
        ) {
            let (mut spent, mut walked) = ([0_u32; 5], Census::default());
            for (tenant, points) in steps {
                let before = spent[tenant];
                spent[tenant] += points;
                walked.change(before, spent[tenant], NOON);
            }
            let at = NOON + Millis::from_secs(60 * minutes);
            let own = spent[0];
            let of = |census: &Census| census.outlook(own, left, at, at.since(NOON));
            prop_assert_eq!(of(&walked), of(&census(&spent)));
            prop_assert_eq!(walked.others(own, at), spent[1..].iter().copied().map(u64::from).sum::<u64>());
        }
    }

    #[test]
    fn a_flood_leaves_to_others_what_they_go_on_with() {
        let mut spent = vec![10; 199];
        spent.push(30_000);
        let minutes = |n: u64| Millis::from_secs(60 * n);
        let outlook = census(&spent).outlook(30_000, 33_010, NOON + minutes(6), minutes(6)).expect("too few for all");
        // 65,000 less ten times 1,990.
        let share = Share::Rest { points: 63_010, small: 1_990, many: 1 };
        assert_eq!(outlook, Outlook { share, spent_by_others: 1_990 });
        let quiet = census(&spent).outlook(10, 33_010, NOON + minutes(6), minutes(6)).expect("too few for all");
        assert_eq!(quiet.share, Share::Level(45_100), "what it leaves");
        assert_eq!(census(&[100, 100]).outlook(100, 64_800, NOON + minutes(6), minutes(6)), None);
    }

    #[test]
    fn two_that_flood_leave_each_other_half() {
        let at = NOON + Millis::from_secs(600);
        let outlook = census(&[30_000, 20_000]).outlook(30_000, 15_000, at, at.since(NOON));
        // Some twelve thousand more, up to 32,496, in five sixths of the hour.
        let share = Share::Rest { points: 65_000, small: 0, many: 2 };
        assert_eq!(outlook, Some(Outlook { share, spent_by_others: 2_499 }));
    }
}
