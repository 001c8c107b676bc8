//! Max-min fair shares of one pool among tenants: water-filling.

/// How many points each tenant may have at most: those who want less have all they want.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// All demands fit.
    All,
    /// What is not enough for all is level at this height.
    At(u32),
}

impl Level {
    /// What a tenant has of `demand`.
    pub(crate) fn share(self, demand: u32) -> u32 {
        match self {
            Self::All => demand,
            Self::At(level) => demand.min(level),
        }
    }

    /// Whether a tenant that was given so much may have a call of `cost` points as well.
    pub(crate) fn admits(self, given: u32, cost: u32) -> bool {
        given.checked_add(cost).is_some_and(|sum| self.share(sum) == sum)
    }
}

/// The highest level at which all shares together are no more than `capacity`.
///
/// By bisection: at most 33 passes over the demands, nothing sorted or kept.
pub(crate) fn level(capacity: u64, demands: impl Iterator<Item = u32> + Clone) -> Level {
    let fits = |level: Level| {
        let mut shares = demands.clone().map(|demand| u64::from(level.share(demand)));
        shares.try_fold(0_u64, u64::checked_add).is_some_and(|sum| sum <= capacity)
    };
    if fits(Level::All) {
        return Level::All;
    }
    // The lower bound fits: it gives nothing. The upper one does not: it gives all.
    let (mut low, mut high) = (0, u32::MAX);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        match fits(Level::At(middle)) {
            true => low = middle,
            false => high = middle,
        }
    }
    Level::At(low)
}

/// The level as of not long ago, so that not every call has to look at all tenants.
///
/// A change of demands by so many points moves no share by more. So as long as all changes together are below the
/// quantum, each share is within the quantum of the exact one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shares {
    /// In points; 0 keeps nothing.
    quantum: u32,
    /// What demands changed by since the level was computed, up and down alike.
    changed: u32,
    level: Option<Level>,
}

impl Shares {
    pub(crate) const fn new(quantum: u32) -> Self {
        Self { quantum, changed: 0, level: None }
    }

    /// A tenant came or went, or wants more or less, by so many points. A change of the capacity counts alike.
    pub(crate) const fn demand_changed(&mut self, by: u32) {
        self.changed = self.changed.saturating_add(by);
    }

    /// The level: computed anew if demands have changed by the quantum.
    pub(crate) fn level(&mut self, capacity: u64, demands: impl Iterator<Item = u32> + Clone) -> Level {
        if let Some(level) = self.level.filter(|_| self.changed < self.quantum) {
            return level;
        }
        self.changed = 0;
        *self.level.insert(level(capacity, demands))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    /// Fills tenant by tenant, the smallest demand first, each with an equal part of what is left.
    fn level_by_sorting(capacity: u64, demands: &[u32]) -> Level {
        let mut sorted = demands.to_vec();
        sorted.sort_unstable();
        let mut left = capacity;
        for (at, demand) in sorted.iter().enumerate() {
            let part = left / (sorted.len() - at) as u64;
            if u64::from(*demand) > part {
                return Level::At(u32::try_from(part).expect("it is less than a demand"));
            }
            left -= u64::from(*demand);
        }
        Level::All
    }

    /// What the wall leaves of `queues` served in turns: each turn adds `quantum` to what a queue may spend. The slow
    /// oracle: deficit round robin, Shreedhar and Varghese 1995.
    fn given_in_turns(mut left: u32, quantum: u32, queues: &[Vec<u32>]) -> Vec<u32> {
        let mut queues: Vec<VecDeque<u32>> = queues.iter().map(|costs| costs.iter().copied().collect()).collect();
        let (mut given, mut deficit) = (vec![0; queues.len()], vec![0; queues.len()]);
        while queues.iter().any(|queue| !queue.is_empty()) {
            for (at, queue) in queues.iter_mut().enumerate() {
                deficit[at] += quantum;
                while let Some(cost) = queue.front().copied().filter(|cost| *cost <= deficit[at]) {
                    if cost > left {
                        return given;
                    }
                    queue.pop_front();
                    deficit[at] -= cost;
                    given[at] += cost;
                    left -= cost;
                }
            }
        }
        given
    }

    /// What tenants get that ask in the order of `turns`, so many times in a row, and then one after the other until
    /// they get no more.
    fn given_by_level(level: Level, mut left: u32, queues: &[Vec<u32>], turns: &[Turn]) -> Vec<u32> {
        let tenants = queues.len();
        let calls: usize = queues.iter().map(Vec::len).sum();
        let (mut given, mut next) = (vec![0; tenants], vec![0; tenants]);
        let in_disorder = turns.iter().flat_map(|(turn, times)| vec![turn.index(tenants); *times]);
        for at in in_disorder.chain((0..calls).flat_map(|_| 0..tenants)) {
            let Some(cost) = queues[at].get(next[at]) else { continue };
            if *cost <= left && level.admits(given[at], *cost) {
                next[at] += 1;
                given[at] += cost;
                left -= cost;
            }
        }
        given
    }

    type Turn = (prop::sample::Index, usize);

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

        #[test]
        fn a_share_of_not_long_ago_is_within_the_quantum_of_the_exact_one(
            quantum in 0_u32..40,
            capacity in 0_u64..400,
            mut demands in vec(0_u32..90, 1..8),
            changes in vec((any::<prop::sample::Index>(), 0_u32..100, any::<bool>()), 0..40),
        ) {
            let (mut shares, mut capacity) = (Shares::new(quantum), capacity);
            for (which, to, is_small) in changes {
                let before = which.index(demands.len() + 1);
                match demands.get_mut(before) {
                    Some(demand) => {
                        let to = if is_small { *demand + to / 20 } else { to };
                        shares.demand_changed(demand.abs_diff(to));
                        *demand = to;
                    }
                    None => {
                        let to = capacity.saturating_sub(u64::from(to / 10));
                        shares.demand_changed(u32::try_from(capacity - to).unwrap_or(u32::MAX));
                        capacity = to;
                    }
                }
                let (kept, exact) =
                    (shares.level(capacity, demands.iter().copied()), level_by_sorting(capacity, &demands));
                for demand in &demands {
                    let apart = kept.share(*demand).abs_diff(exact.share(*demand));
                    prop_assert!(apart == 0 || apart < quantum, "{kept:?} for {exact:?} of {demands:?}");
                }
                if let (Level::At(kept), Level::At(exact)) = (kept, exact) {
                    prop_assert!(kept == exact || kept.abs_diff(exact) < quantum);
                }
            }
        }

        /// By a level that is as old as it may be.
        #[test]
        fn giving_by_level_stays_as_near_to_water_filling_as_giving_in_turns(
            capacity in 0_u32..300,
            queues in vec(vec(prop_oneof![1_u32..9, Just(8)], 0..25), 1..9),
            before in vec(0_u32..6, 9),
            above in 0_u32..12,
            turns in vec((any::<prop::sample::Index>(), 1_usize..25), 0..20),
        ) {
            let dearest = queues.iter().flatten().copied().max().unwrap_or(1);
            let quantum = dearest + above;
            let demands: Vec<u32> = queues.iter().map(|costs| costs.iter().sum()).collect();
            let mut shares = Shares::new(quantum);
            let demands_before = demands.iter().zip(&before).map(|(demand, more)| demand + more);
            shares.level(capacity.into(), demands_before);
            before.iter().take(demands.len()).for_each(|more| shares.demand_changed(*more));
            let kept = shares.level(capacity.into(), demands.iter().copied());

            let exact = level_by_sorting(capacity.into(), &demands);
            let by_level = given_by_level(kept, capacity, &queues, &turns);
            let in_turns = given_in_turns(capacity, quantum, &queues);
            for (at, demand) in demands.iter().enumerate() {
                let fair = exact.share(*demand);
                prop_assert!(by_level[at].abs_diff(fair) < quantum + dearest, "{by_level:?} by {exact:?}");
                prop_assert!(in_turns[at].abs_diff(fair) < quantum + dearest, "{in_turns:?} by {exact:?}");
            }
            prop_assert!(by_level.iter().sum::<u32>() <= capacity);
        }
    }

    #[test]
    fn the_level_of_a_few_is_known() {
        assert_eq!(level(120, [1_000, 50, 10].into_iter()), Level::At(60));
        assert_eq!(level(0, [].into_iter()), Level::All);
        assert_eq!(level(0, [1].into_iter()), Level::At(0));
        assert_eq!(level(u64::from(u32::MAX) - 1, [u32::MAX].into_iter()), Level::At(u32::MAX - 1));
        assert!(Level::At(5).admits(3, 2) && !Level::At(5).admits(3, 3));
        assert!(!Level::All.admits(u32::MAX, 1), "no demand is as large as that");
    }

    #[test]
    fn the_level_is_computed_anew_only_after_a_quantum_of_changes() {
        let mut shares = Shares::new(10);
        let mut level_of = |by, demand: u32| {
            shares.demand_changed(by);
            shares.level(30, [demand, 100].into_iter())
        };
        let levels = [(0, 10), (6, 4), (3, 1), (1, 0), (9, 9), (u32::MAX, 15)].map(|(by, demand)| level_of(by, demand));
        assert_eq!(levels, [20, 20, 20, 30, 30, 15].map(Level::At));
    }
}
