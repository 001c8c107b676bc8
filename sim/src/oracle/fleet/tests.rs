//! The bound against exhaustive search.

use super::*;
use headroom_model::profile::WindowShape;
use headroom_model::rng::SplitMix64;

/// What some client can have done by now: calls that remain, as a bit set; and for each limit what it remembers.
type State = (u32, Vec<Vec<u64>>);

/// The optimum by trying everything, one millisecond after the other.
fn optimum(limits: &Limits, calls: &[Class]) -> Millis {
    let fresh = limits.rules.iter().map(fresh).collect();
    let mut states = BTreeSet::<State>::from([((1 << calls.len()) - 1, fresh)]);
    for now in 0.. {
        let mut todo: Vec<State> = states.iter().cloned().collect();
        while let Some(state) = todo.pop() {
            for (at, call) in calls.iter().enumerate().filter(|(_, call)| call.ready.0 <= now) {
                let Some(next) = sent(limits, &state, at, call, now) else { continue };
                if next.0 == 0 {
                    return Millis(now);
                }
                if states.insert(next.clone()) {
                    todo.push(next);
                }
            }
        }
        let step = |(remain, kept): State| {
            let kept = limits.rules.iter().zip(kept).map(|(rule, kept)| tick(rule, kept, now + 1, limits.first.0));
            (remain, kept.collect())
        };
        states = states.into_iter().map(step).collect();
    }
    unreachable!("every call fits every limit alone")
}

fn sent(limits: &Limits, (remain, kept): &State, at: usize, call: &Class, now: u64) -> Option<State> {
    let mut next = (remain & !(1 << at), kept.clone());
    for rule in &limits.sets[call.set] {
        next.1[*rule] = taken(&limits.rules[*rule], &kept[*rule], call.cost, now)?;
    }
    (remain & (1 << at) != 0).then_some(next)
}

/// Points spent, thousandths of tokens, tokens, or instants of calls.
fn fresh(rule: &Rule) -> Vec<u64> {
    match rule {
        Rule::Pool(pool) => vec![pool.used.into()],
        Rule::Burst(burst) => vec![u64::from(burst.capacity) * 1_000],
        Rule::Refill(refill) => vec![refill.capacity.into()],
        Rule::Window(_) => Vec::new(),
    }
}

fn taken(rule: &Rule, kept: &[u64], cost: u32, now: u64) -> Option<Vec<u64>> {
    let cost = u64::from(cost);
    Some(match rule {
        Rule::Pool(pool) => {
            let wall = pool.walls.iter().rfind(|(at, _)| at.0 <= now)?.1;
            vec![Some(kept[0] + cost).filter(|used| *used <= u64::from(wall))?]
        }
        Rule::Burst(_) => vec![kept[0].checked_sub(1_000)?],
        Rule::Refill(refill) => vec![kept[0].checked_sub(if refill.is_of_points { cost } else { 1 })?],
        Rule::Window(window) => {
            let calls = [kept, &[now]].concat();
            Some(calls).filter(|calls| calls.len() <= window.limit as usize)?
        }
    })
}

/// What a limit remembers as it becomes `now`, which is so long after `first`.
fn tick(rule: &Rule, kept: Vec<u64>, now: u64, first: u64) -> Vec<u64> {
    match rule {
        Rule::Pool(pool) if now % pool.window.0 == pool.to_reset.0 % pool.window.0 => vec![0],
        Rule::Pool(_) => kept,
        Rule::Burst(burst) => vec![(kept[0] + u64::from(burst.per_second)).min(u64::from(burst.capacity) * 1_000)],
        Rule::Refill(refill) if (first + now).is_multiple_of(refill.every.0) => {
            vec![(kept[0] + u64::from(refill.fill)).min(refill.capacity.into())]
        }
        Rule::Refill(_) => kept,
        Rule::Window(window) => {
            let is_inside = |at: &u64| match window.shape {
                WindowShape::Sliding => at + window.span.0 > now,
                WindowShape::Fixed => (first + at) / window.span.0 == (first + now) / window.span.0,
            };
            kept.into_iter().filter(is_inside).collect()
        }
    }
}

/// A draw from `low` to `high`.
struct Dice(SplitMix64);

impl Dice {
    fn draw(&mut self, low: u32, high: u32) -> u32 {
        low + u32::try_from(self.0.up_to(u64::from(high - low))).unwrap()
    }

    fn millis(&mut self, low: u32, high: u32) -> Millis {
        Millis(self.draw(low, high).into())
    }

    /// A pool whose wall moves so many times.
    fn pool(&mut self, moves: u32) -> Rule {
        let (window, quota) = (self.draw(2, 9), self.draw(4, 8));
        let mut walls = BTreeMap::from([(Millis::ZERO, quota)]);
        walls.extend((0..moves).map(|_| (self.millis(0, 16), self.draw(4, 8))).collect::<Vec<_>>());
        let to_reset = self.millis(1, window);
        let window = Millis(window.into());
        Rule::Pool(Pool {
            walls: walls.into_iter().collect(),
            used: self.draw(0, quota),
            window,
            to_reset,
            is_quota: true,
        })
    }

    fn burst(&mut self, most: u32) -> Rule {
        Rule::Burst(Burst { capacity: self.draw(1, most), per_second: self.draw(150, 1_200) })
    }

    fn refill(&mut self) -> Rule {
        let (capacity, fill, every) = (self.draw(4, 5), self.draw(1, 3), self.millis(1, 6));
        Rule::Refill(Refill { capacity, fill, every, is_of_points: self.draw(0, 1) == 0 })
    }

    fn window(&mut self) -> Rule {
        let shape = if self.draw(0, 1) == 0 { WindowShape::Fixed } else { WindowShape::Sliding };
        Rule::Window(Window { limit: self.draw(1, 3), span: self.millis(1, 5), shape })
    }

    fn calls(&mut self, most: u32, sets: usize) -> Vec<Class> {
        let mut class =
            || Class { ready: self.millis(0, 6), set: self.draw(0, sets as u32 - 1) as usize, cost: self.draw(1, 4) };
        (0..most).map(|_| class()).collect()
    }
}

/// In how many of so many instances the bound is the optimum. It is never above.
fn equal(instances: u32, seed: u64, mut make: impl FnMut(&mut Dice) -> (Limits, Vec<Class>)) -> u32 {
    let (mut dice, mut equal) = (Dice(SplitMix64::new(seed)), 0);
    for instance in 0..instances {
        let (limits, calls) = make(&mut dice);
        let mut work = BTreeMap::new();
        calls.iter().for_each(|call| *work.entry(*call).or_default() += 1);
        let (bound, best) = (last_admission(&limits, &work), optimum(&limits, &calls));
        assert!(bound <= best, "instance {instance}: {limits:?} {calls:?}: bound {bound:?}, optimum {best:?}");
        equal += u32::from(bound == best);
    }
    println!("seed {seed}: the bound is the optimum in {equal} of {instances} instances");
    equal
}

/// A bound this loose tells nothing.
fn is_mostly(equal: u32, instances: u32) -> bool {
    equal * 10 >= instances * 9
}

#[test]
fn a_pool_behind_a_bucket_is_never_below_the_bound_and_mostly_at_it() {
    let equal = equal(3_000, 20_260_202, |dice| {
        let limits = Limits { rules: vec![dice.pool(0), dice.burst(4)], sets: vec![vec![0, 1]], ..Limits::default() };
        let most = dice.draw(1, 6);
        let mut calls = dice.calls(most, 1);
        calls.iter_mut().for_each(|call| call.ready = Millis::ZERO);
        (limits, calls)
    });
    assert!(is_mostly(equal, 3_000));
}

#[test]
fn a_pool_whose_wall_moves_is_never_below_the_bound_and_mostly_at_it() {
    let equal = equal(4_000, 20_261_122, |dice| {
        let moves = dice.draw(1, 3);
        let limits = Limits {
            rules: vec![dice.pool(moves), dice.burst(3)],
            sets: vec![vec![0, 1], vec![0]],
            ..Limits::default()
        };
        let most = dice.draw(1, 6);
        (limits, dice.calls(most, 2))
    });
    assert!(is_mostly(equal, 4_000));
}

#[test]
fn several_pools_and_buckets_are_never_below_the_bound_and_mostly_at_it() {
    let equal = equal(2_000, 7, |dice| {
        let rules = vec![dice.pool(0), dice.pool(0), dice.burst(3), dice.burst(3)];
        // Each pool or none, behind each bucket or none.
        let one_of = |drawn: usize, first: usize| (drawn < 2).then_some(first + drawn);
        let sets = (0..9).map(|set| one_of(set / 3, 0).into_iter().chain(one_of(set % 3, 2)).collect());
        let limits = Limits { rules, sets: sets.collect(), ..Limits::default() };
        let most = dice.draw(1, 5);
        (limits, dice.calls(most, 9))
    });
    assert!(is_mostly(equal, 2_000));
}

#[test]
fn limits_of_all_kinds_are_never_below_the_bound_and_mostly_at_it() {
    let equal = equal(3_000, 130, |dice| {
        let moves = dice.draw(0, 1);
        let rules = vec![dice.pool(moves), dice.burst(3), dice.refill(), dice.window(), dice.window()];
        let mut set = |_| (0..rules.len()).filter(|_| dice.draw(0, 2) > 0).collect();
        let sets: Vec<_> = (0..2).map(&mut set).collect();
        let limits = Limits { rules, sets, first: Instant(dice.draw(0, 20).into()) };
        let most = dice.draw(1, 5);
        (limits, dice.calls(most, 2))
    });
    assert!(is_mostly(equal, 3_000));
}

#[test]
fn a_wall_that_falls_gives_back_nothing_and_one_that_rises_gives_the_rest() {
    let pool = |walls| Pool { walls, used: 3, window: Millis(100), to_reset: Millis(40), is_quota: true };
    let costs = Costs::from([(1, 1_000)]);
    let demand = Demand { costs: &costs, burst: None };
    let most = |pool: &Pool| [0, 39, 40, 140].map(|at| pool.most(Millis(at), demand).points);
    assert_eq!(most(&pool(vec![(Millis::ZERO, 10)])), [7, 7, 10, 10]);
    assert_eq!(most(&pool(vec![(Millis::ZERO, 10), (Millis(39), 20)])), [17, 17, 20, 20]);
    assert_eq!(most(&pool(vec![(Millis::ZERO, 20), (Millis(39), 10)])), [17, 7, 10, 10]);
    assert_eq!(most(&pool(vec![(Millis::ZERO, 20), (Millis(50), 10)])), [17, 17, 20, 10]);
    // A call a millisecond: 11 of 20 pass before the wall falls to 10.
    let slow = Demand { costs: &costs, burst: Some(Burst { capacity: 1, per_second: 1_000 }) };
    assert_eq!(pool(vec![(Millis::ZERO, 20), (Millis(51), 10)]).most(Millis(40), slow).points, 11);
}
