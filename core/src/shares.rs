//! Max-min fair shares of one pool among tenants: water-filling.
//!
//! As long as the pool lasts for all who ask, nobody is held up. From then on a call may take what is left beside what
//! other tenants are still owed of their shares. So nothing is left unspent, and who floods takes from himself.

use crate::state::Spent;
use crate::verdict::Priority;
use headroom_model::time::Instant;

/// What one tenant had and asks for in an hour, in points.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Share {
    window: Instant,
    spent: u32,
    /// The part of `spent` that people waited for.
    people: u32,
    /// Of calls that hold a slot or are on their way.
    pub(crate) reserved: u32,
    /// Of all calls that are open and not answered, those reserved included.
    pub(crate) open: u32,
}

impl Share {
    /// The share of one that has spent so much, and asks for nothing.
    pub(crate) const fn of_spent(Spent { window, points, people }: Spent) -> Self {
        Self { window, spent: points, people, reserved: 0, open: 0 }
    }

    /// What was spent in the hour of `at`; nothing in no hour if nothing was.
    pub(crate) fn save(&self, at: Instant) -> Spent {
        match self.spent_at(at) {
            0 => Spent::default(),
            points => Spent { window: self.window, points, people: self.people },
        }
    }

    /// Asked for so much more.
    pub(crate) fn with(self, more: u32) -> Self {
        Self { open: self.open.saturating_add(more), ..self }
    }

    pub(crate) fn spend(&mut self, points: u32, priority: Priority, now: Instant) {
        let by_people = if priority == Priority::Interactive { points } else { 0 };
        self.people = self.people_at(now).saturating_add(by_people);
        self.spent = self.spent_at(now).saturating_add(points);
        self.window = self.window.max(now.hour_start());
    }

    pub(crate) fn spent_at(&self, now: Instant) -> u32 {
        if now.hour_start() > self.window { 0 } else { self.spent }
    }

    /// The part of it that people waited for.
    pub(crate) fn people_at(&self, now: Instant) -> u32 {
        if now.hour_start() > self.window { 0 } else { self.people }
    }

    pub(crate) fn demand(&self, now: Instant) -> u32 {
        self.spent_at(now).saturating_add(self.open)
    }

    /// What it had, and what is set aside for it.
    pub(crate) fn given(&self, now: Instant) -> u32 {
        self.spent_at(now).saturating_add(self.reserved)
    }

    /// What it is still owed where everyone has up to `level`.
    pub(crate) fn owed(&self, level: u32, now: Instant) -> u32 {
        self.demand(now).min(level).saturating_sub(self.given(now))
    }

    pub(crate) fn is_idle(&self, now: Instant) -> bool {
        self.demand(now) == 0
    }
}

/// How a pool is shared that does not last for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Everyone has up to so many points.
    pub(crate) level: u32,
    /// What all tenants together are still owed.
    pub(crate) owed: u64,
}

impl Standing {
    /// How things stand among `tenants` with so many points left for new calls and those that hold some; none if the
    /// points last for all.
    pub(crate) fn of(left: u32, tenants: impl Iterator<Item = Share> + Clone, now: Instant) -> Option<Self> {
        let spent: u64 = tenants.clone().map(|share| u64::from(share.spent_at(now))).sum();
        let level = level(u64::from(left).saturating_add(spent), tenants.clone().map(|share| share.demand(now)))?;
        Some(Self { level, owed: tenants.map(|share| u64::from(share.owed(level, now))).sum() })
    }
}

/// The highest level at which all shares together are no more than `capacity`; none if all demands are.
///
/// By bisection: at most 33 passes over the demands, nothing sorted or kept.
fn level(capacity: u64, demands: impl Iterator<Item = u32> + Clone) -> Option<u32> {
    let fits = |level: u32| {
        let mut shares = demands.clone().map(|demand| u64::from(demand.min(level)));
        shares.try_fold(0_u64, u64::checked_add).is_some_and(|sum| sum <= capacity)
    };
    if fits(u32::MAX) {
        return None;
    }
    // The lower bound fits: it gives nothing. The upper one does not: it gives all.
    let (mut low, mut high) = (0, u32::MAX);
    while high - low > 1 {
        let middle = low.midpoint(high);
        if fits(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// Fills tenant by tenant, the smallest demand first, each with an equal part of what is left.
    fn level_by_sorting(capacity: u64, demands: &[u32]) -> Option<u32> {
        let mut sorted = demands.to_vec();
        sorted.sort_unstable();
        let mut left = capacity;
        for (at, demand) in sorted.iter().enumerate() {
            let part = left / (sorted.len() - at) as u64;
            if u64::from(*demand) > part {
                return Some(u32::try_from(part).expect("it is less than a demand"));
            }
            left -= u64::from(*demand);
        }
        None
    }

    fn any_demand() -> impl Strategy<Value = u32> {
        prop_oneof![4 => 0_u32..50, 2 => 0_u32..2_000, 1 => any::<u32>(), 1 => Just(u32::MAX)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn bisection_finds_the_level_of_sorting(
            demands in vec(any_demand(), 0..30),
            capacity in prop_oneof![4 => 0_u64..2_000, 2 => 0..u64::from(u32::MAX) * 30, 1 => any::<u64>()],
        ) {
            prop_assert_eq!(level(capacity, demands.iter().copied()), level_by_sorting(capacity, &demands));
        }

        /// What is owed is never more than what is left.
        #[test]
        fn what_is_left_covers_what_is_owed(
            tenants in vec((0_u32..50, 0_u32..50, 0_u32..50), 1..9),
            left in 0_u32..300,
        ) {
            let now = Instant(0);
            let share = |(spent, reserved, waiting): &(u32, u32, u32)| Share {
                window: now, spent: *spent, people: 0, reserved: *reserved, open: reserved + waiting,
            };
            let reserved: u32 = tenants.iter().map(|tenant| tenant.1).sum();
            if let Some(standing) = Standing::of(left + reserved, tenants.iter().map(share), now) {
                let over: u32 = tenants.iter().map(share)
                    .map(|share| (share.spent + share.reserved).saturating_sub(standing.level)).sum();
                prop_assert!(standing.owed <= u64::from(left + over), "{standing:?}");
            }
        }
    }

    #[test]
    fn the_level_of_a_few_is_known() {
        assert_eq!(level(120, [1_000, 50, 10].into_iter()), Some(60));
        assert_eq!(level(0, [].into_iter()), None);
        assert_eq!(level(0, [1].into_iter()), Some(0));
        assert_eq!(level(u64::from(u32::MAX) - 1, [u32::MAX].into_iter()), Some(u32::MAX - 1));
    }
}
