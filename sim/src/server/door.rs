//! A door: one limit, and a counter for everything that it counts together.

use super::arrival::Facts;
use super::counter::Counter;
use super::verdict::{Limit, Scope};
use headroom_model::points::Template;
use headroom_model::time::Instant;
use std::collections::BTreeMap;

/// Small numbers for names, so that counters are found by numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(BTreeMap<String, u32>);

impl Names {
    /// The number of a name, the same one each time. Allocates only for a name that is new.
    pub(super) fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.0.get(name) {
            return *number;
        }
        // There is no memory for so many names that the number would not fit.
        let number = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0.insert(name.to_owned(), number);
        number
    }

    /// The number of a name that was given one.
    pub(super) fn find(&self, name: &str) -> Option<u32> {
        self.0.get(name).copied()
    }

    /// All names in the order of their numbers.
    pub(super) fn by_number(&self) -> Vec<&str> {
        let mut names = vec![""; self.0.len()];
        for (name, number) in &self.0 {
            names[*number as usize] = name;
        }
        names
    }
}

/// What a counter counts together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    All,
    /// A tenant, an installation, an account.
    One(u32),
    /// An account in an installation, a group of paths of a tenant.
    Two(u32, u32),
    /// A tenant and [`Facts::who`].
    Who(u32, (u32, u32)),
    /// A template and a method of a tenant: the method by its number.
    Endpoint(u32, u8, Template),
    /// A path of a tenant that no template names, with what looks like an id replaced.
    Path(u32, u8, String),
    /// An issue of a tenant, an environment.
    Named(u32, String),
}

/// Whom a door counts together; none of a call that it does not concern.
pub(super) type Whose = for<'a> fn(&Facts<'a>) -> Option<Key>;
/// The same in the words of a refusal.
pub(super) type Stops = for<'a> fn(&Facts<'a>) -> Scope;
/// The counter for a key that is new.
pub(super) type Fresh = for<'a> fn(&Counter, &Facts<'a>) -> Counter;

/// One limit.
#[derive(Clone, Debug)]
pub(super) struct Door {
    pub(super) limit: Limit,
    whose: Whose,
    stops: Stops,
    /// What a new counter is a copy of.
    template: Counter,
    fresh: Fresh,
    /// Whether it counts points and not requests.
    is_of_points: bool,
    places: BTreeMap<Key, usize>,
    counters: Vec<Counter>,
    /// How many counters there are when they are swept.
    sweep_at: usize,
}

/// Fewer counters than this are not worth sweeping.
const SWEEP_FLOOR: usize = 1_024;

impl Door {
    /// A door that counts requests.
    pub(super) const fn new(limit: Limit, template: Counter, whose: Whose, stops: Stops) -> Self {
        Self {
            limit,
            whose,
            stops,
            template,
            fresh: |template, _| template.clone(),
            is_of_points: false,
            places: BTreeMap::new(),
            counters: Vec::new(),
            sweep_at: SWEEP_FLOOR,
        }
    }

    /// It counts points.
    pub(super) fn of_points(self) -> Self {
        Self { is_of_points: true, ..self }
    }

    /// Its counters differ by what they count.
    pub(super) fn with_fresh(self, fresh: Fresh) -> Self {
        Self { fresh, ..self }
    }

    /// The place of the counter that a call falls under; none if the door does not concern it.
    pub(super) fn place(&mut self, facts: &Facts<'_>) -> Option<usize> {
        let key = (self.whose)(facts)?;
        if let Some(place) = self.places.get(&key) {
            return Some(*place);
        }
        let place = self.counters.len();
        self.counters.push((self.fresh)(&self.template, facts));
        self.places.insert(key, place);
        Some(place)
    }

    pub(super) const fn amount(&self, facts: &Facts<'_>) -> u32 {
        if self.is_of_points { facts.price.points } else { 1 }
    }

    pub(super) fn check(&mut self, place: usize, amount: u32, now: Instant) -> Result<(), Instant> {
        self.counters.get_mut(place).map_or(Ok(()), |counter| counter.check(amount, now))
    }

    pub(super) fn take(&mut self, place: usize, amount: u32, now: Instant) {
        if let Some(counter) = self.counters.get_mut(place) {
            counter.take(amount, now);
        }
    }

    /// A call that was admitted at `at` is counted as it turned out, if points are counted here.
    pub(super) fn correct(&mut self, place: usize, from: u32, to: u32, at: Instant) {
        if let Some(counter) = self.counters.get_mut(place).filter(|_| self.is_of_points) {
            counter.correct(from, to, at);
        }
    }

    pub(super) fn counter(&self, place: usize) -> Option<&Counter> {
        self.counters.get(place)
    }

    /// All counters, each with what it counts together.
    pub(super) fn counted(&self) -> impl Iterator<Item = (&Key, &Counter)> {
        self.places.iter().filter_map(|(key, place)| Some((key, self.counters.get(*place)?)))
    }

    /// The counter of a key; the one that it would be given, if it has none yet.
    pub(super) fn counter_of(&self, key: &Key) -> &Counter {
        self.places.get(key).and_then(|place| self.counters.get(*place)).unwrap_or(&self.template)
    }

    pub(super) fn scope(&self, facts: &Facts<'_>) -> Scope {
        (self.stops)(facts)
    }

    /// Another counter for a key, from now on.
    pub(super) fn set_counter(&mut self, key: Key, counter: Counter) {
        if let Some(place) = self.places.get(&key) {
            self.counters[*place] = counter;
            return;
        }
        self.places.insert(key, self.counters.len());
        self.counters.push(counter);
    }

    /// So much was taken of every counter before the first call.
    pub(super) fn use_before(&mut self, amount: u32, now: Instant) {
        self.template.take(amount, now);
    }

    /// Forgets the counters that are as new, each time their number has doubled. Places that were found before are no
    /// longer valid.
    pub(super) fn sweep_if_many(&mut self, now: Instant) {
        if self.counters.len() >= self.sweep_at {
            self.sweep(now);
            self.sweep_at = (self.counters.len() * 2).max(SWEEP_FLOOR);
        }
    }

    /// Forgets the counters that are as new.
    pub(super) fn sweep(&mut self, now: Instant) {
        let mut kept = Vec::new();
        let counters = &self.counters;
        self.places.retain(|_, place| {
            let Some(counter) = counters.get(*place).filter(|counter| !counter.is_idle(now)) else { return false };
            *place = kept.len();
            kept.push(counter.clone());
            true
        });
        self.counters = kept;
    }

    /// How many counters there are.
    #[cfg(test)]
    pub(super) const fn counters(&self) -> usize {
        self.counters.len()
    }

    /// Whether its amounts are points.
    pub(super) const fn is_of_points(&self) -> bool {
        self.is_of_points
    }

    /// Another limit for all counters, from now on.
    pub(super) fn set_limit(&mut self, limit: u32) {
        self.template.set_limit(limit);
        self.counters.iter_mut().for_each(|counter| counter.set_limit(limit));
    }
}
