//! What is known of each scope: a table of scopes, each named by a small number as long as it is known.

mod name;
mod places;

use crate::scope::{Part, Scope};
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use name::Name;
use places::Places;
use std::hash::{BuildHasher, Hasher};

/// Names a scope while it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ScopeId(u32);

impl ScopeId {
    /// All REST traffic of the app. It is always known.
    pub(crate) const APP: Self = Self(0);

    pub(crate) const fn place(self) -> usize {
        self.0 as usize
    }

    pub(crate) fn at(place: usize) -> Self {
        Self(u32::try_from(place).unwrap_or(u32::MAX))
    }
}

/// A scope as it is asked for: its name within another. Asking allocates nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key<'a> {
    pub(crate) within: ScopeId,
    pub(crate) part: Part<&'a str>,
}

/// A table from scopes to `V`.
///
/// Scopes are kept in places that do not move, so their order depends on what was asked in which order, and never on a
/// hash: runs can be repeated. Who [holds](Self::hold) a scope, or has one within it, keeps it known.
///
/// Most scopes have none within, and most others one: that is asked for before the index.
#[derive(Clone)]
pub(crate) struct Scopes<V> {
    places: Places<Entry<V>>,
    free: Vec<ScopeId>,
    index: HashTable<ScopeId>,
    /// Seeded, so that nobody can choose names that meet.
    hasher: FixedState,
}

#[derive(Clone)]
struct Entry<V> {
    within: ScopeId,
    kind: Part<()>,
    /// Empty if its kind has none.
    name: Name,
    holds: u32,
    /// How many scopes are known that lie within it, and the one that came last. That one may be another by now.
    inner: u32,
    newest: ScopeId,
    value: V,
}

impl<V: Default> Entry<V> {
    fn new(key: Key<'_>) -> Self {
        let Key { within, part } = key;
        let (kind, name) = (part.map(|_| ()), Name::of(part.name().unwrap_or(&"")));
        Self { within, kind, name, holds: 0, inner: 0, newest: ScopeId::APP, value: V::default() }
    }
}

impl<V> Entry<V> {
    /// Its key, taken apart as [`Key::parts`] does.
    fn parts(&self) -> (ScopeId, Part<()>, &[u8]) {
        (self.within, self.kind, self.name.bytes())
    }
}

impl Key<'_> {
    fn parts(&self) -> (ScopeId, Part<()>, &[u8]) {
        (self.within, self.part.map(|_| ()), self.part.name().map_or(&[], |name| name.as_bytes()))
    }
}

impl<V: Default> Scopes<V> {
    pub(crate) fn new(seed: u64) -> Self {
        let mut places = Places::new();
        places.put(ScopeId::APP.place(), Entry::new(Key { within: ScopeId::APP, part: Part::App }));
        Self { places, free: Vec::new(), index: HashTable::new(), hasher: FixedState::with_seed(seed) }
    }

    /// How many are known.
    pub(crate) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    pub(crate) fn find(&self, key: Key<'_>) -> Option<ScopeId> {
        let within = self.entry(key.within)?;
        if within.inner == 0 {
            return None;
        }
        let newest = Some(within.newest).filter(|id| self.is(*id, key));
        newest.or_else(|| self.index.find(hash_of(&self.hasher, key.parts()), |id| self.is(*id, key)).copied())
    }

    /// The scope's id, known from now on if it was not.
    pub(crate) fn intern(&mut self, key: Key<'_>) -> ScopeId {
        if let Some(id) = self.find(key) {
            return id;
        }
        let id = self.free.pop().unwrap_or(ScopeId::at(self.places.len()));
        self.places.put(id.place(), Entry::new(key));
        if let Some(within) = self.entry_mut(key.within) {
            within.inner = within.inner.saturating_add(1);
            within.newest = id;
        }
        self.add_to_index(id);
        id
    }

    fn add_to_index(&mut self, id: ScopeId) {
        let Self { places, index, hasher, .. } = self;
        let hash = |id: &ScopeId| {
            let entry = places.get(id.place());
            entry.map_or(0, |entry| hash_of(hasher, entry.parts()))
        };
        index.insert_unique(hash(&id), id, hash);
    }

    pub(crate) fn hold(&mut self, id: ScopeId) {
        if let Some(entry) = self.entry_mut(id) {
            entry.holds = entry.holds.saturating_add(1);
        }
    }

    pub(crate) fn let_go(&mut self, id: ScopeId) {
        if let Some(entry) = self.entry_mut(id) {
            entry.holds = entry.holds.saturating_sub(1);
        }
    }

    pub(crate) fn get(&self, id: ScopeId) -> Option<&V> {
        self.entry(id).map(|entry| &entry.value)
    }

    pub(crate) fn get_mut(&mut self, id: ScopeId) -> Option<&mut V> {
        self.entry_mut(id).map(|entry| &mut entry.value)
    }

    /// All scopes that are known, in the order of their places.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ScopeId, &V)> + Clone {
        self.places.iter().map(|(place, entry)| (ScopeId::at(place), &entry.value))
    }

    /// What its full name is of: its kind, the name of what it lies in, and its own.
    pub(crate) fn parts(&self, id: ScopeId) -> (Part<()>, &[u8], &[u8]) {
        let name = |id| self.entry(id).map(|entry| entry.name.bytes()).unwrap_or_default();
        self.entry(id).map_or((Part::App, &[], &[]), |entry| (entry.kind, name(entry.within), entry.name.bytes()))
    }

    /// Its full name.
    pub(crate) fn name(&self, id: ScopeId) -> Scope {
        let Some(entry) = self.entry(id) else { return Scope::App };
        let name = || entry.name.to_string();
        let within = || self.entry(entry.within).map(|within| within.name.to_string()).unwrap_or_default();
        match entry.kind {
            Part::App => Scope::App,
            Part::Tenant(()) => Scope::Tenant(name()),
            Part::Endpoint(template, method) => Scope::Endpoint { tenant: within(), template, method },
            Part::Issue(()) => Scope::Issue { tenant: within(), issue: name() },
            Part::Account(()) => Scope::Account { tenant: within(), account: name() },
            Part::Installation(()) => Scope::Installation(name()),
            Part::User(()) => Scope::User { installation: within(), account: name() },
            Part::Environment(()) => Scope::Environment(name()),
        }
    }

    /// Forgets those for which `is_kept` says false, unless somebody holds them. The app stays.
    pub(crate) fn retain(&mut self, mut is_kept: impl FnMut(&mut V) -> bool) {
        // First those that lie within others: who has nothing within any more may go, too.
        for is_inner in [true, false] {
            for place in 1..self.places.len() {
                let Some(entry) = self.places.get_mut(place) else { continue };
                let (within, is_now) = (entry.within, (entry.within != ScopeId::APP) == is_inner);
                if is_now && !is_kept(&mut entry.value) && entry.holds == 0 && entry.inner == 0 {
                    self.places.clear(place);
                    self.free.push(ScopeId::at(place));
                    if let Some(within) = self.entry_mut(within) {
                        within.inner = within.inner.saturating_sub(1);
                    }
                }
            }
        }
        self.places.shrink();
        self.free.retain(|id| id.place() < self.places.len());
        self.index = HashTable::with_capacity(self.len());
        let ids: Vec<_> = self.iter().map(|(id, _)| id).skip(1).collect();
        ids.into_iter().for_each(|id| self.add_to_index(id));
    }

    fn is(&self, id: ScopeId, key: Key<'_>) -> bool {
        let (within, kind, name) = key.parts();
        // No name lies at no real address, which the C library's comparison takes very long to look at.
        let is_name = |other: &[u8]| name.len() == other.len() && (name.is_empty() || name == other);
        self.entry(id).is_some_and(|entry| entry.within == within && entry.kind == kind && is_name(entry.name.bytes()))
    }

    fn entry(&self, id: ScopeId) -> Option<&Entry<V>> {
        self.places.get(id.place())
    }

    fn entry_mut(&mut self, id: ScopeId) -> Option<&mut Entry<V>> {
        self.places.get_mut(id.place())
    }
}

fn hash_of(hasher: &FixedState, (within, kind, name): (ScopeId, Part<()>, &[u8])) -> u64 {
    let mut hasher = hasher.build_hasher();
    hasher.write_u64(u64::from(within.0) << 32 | u64::from(kind.number()));
    hasher.write(name);
    hasher.finish()
}

impl<V: std::fmt::Debug + Default> std::fmt::Debug for Scopes<V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter().map(|(id, value)| (self.name(id), value))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tenant(name: &str) -> Key<'_> {
        Key { within: ScopeId::APP, part: Part::Tenant(name) }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        /// The slow, obvious table is a list of full names.
        #[test]
        fn it_knows_what_a_list_knows(
            steps in proptest::collection::vec(("[a-c]{0,3}", proptest::option::of("[a-c]{0,2}"), 0_u8..12), 1..80),
            seed: u64,
        ) {
            let mut fast = Scopes::<u32>::new(seed);
            let mut slow = Vec::<((String, Option<String>), u32)>::new();
            for (n, (name, issue, act)) in (1_u32..).zip(&steps) {
                if *act == 0 {
                    fast.retain(|value| *value % 3 == 0);
                    let is_issue_kept: Vec<_> = slow.iter().filter(|((_, issue), value)| issue.is_some() && value % 3 == 0)
                        .map(|((name, _), _)| name.clone()).collect();
                    slow.retain(|((name, issue), value)| {
                        value % 3 == 0 || issue.is_none() && is_issue_kept.contains(name)
                    });
                } else {
                    let mut id = fast.intern(tenant(name));
                    let mut want = vec![(name.clone(), None)];
                    if let Some(issue) = issue {
                        id = fast.intern(Key { within: id, part: Part::Issue(issue) });
                        want.push((name.clone(), Some(issue.clone())));
                    }
                    *fast.get_mut(id).unwrap() += n;
                    for name in &want {
                        if !slow.iter().any(|(known, _)| known == name) {
                            slow.push((name.clone(), 0));
                        }
                    }
                    let last = want.last().unwrap();
                    slow.iter_mut().find(|(known, _)| known == last).unwrap().1 += n;
                }
                let mut all: Vec<_> = fast.iter().skip(1).map(|(id, value)| (fast.name(id), *value)).collect();
                let mut want: Vec<_> = slow.iter().map(|((tenant, issue), value)| {
                    let tenant = tenant.clone();
                    let scope = match issue.clone() {
                        Some(issue) => Scope::Issue { tenant, issue },
                        None => Scope::Tenant(tenant),
                    };
                    (scope, *value)
                }).collect();
                all.sort_unstable();
                want.sort_unstable();
                prop_assert_eq!(&all, &want);
                prop_assert_eq!(fast.len(), slow.len() + 1);
                for (id, _) in fast.iter().skip(1) {
                    let (within, entry) = (fast.entry(id).unwrap().within, fast.entry(id).unwrap());
                    let name = entry.name.to_string();
                    let part = match entry.kind {
                        Part::Issue(()) => Part::Issue(name.as_str()),
                        _ => Part::Tenant(name.as_str()),
                    };
                    prop_assert_eq!(fast.find(Key { within, part }), Some(id));
                }
            }
        }
    }

    #[test]
    fn one_name_of_two_kinds_names_two_scopes() {
        let mut scopes = Scopes::<u32>::new(1);
        let within = scopes.intern(tenant("t"));
        let issue = scopes.intern(Key { within, part: Part::Issue("7") });
        assert_eq!(scopes.find(Key { within, part: Part::Account("7") }), None);
        assert_ne!(scopes.intern(Key { within, part: Part::Account("7") }), issue);
    }

    #[test]
    fn who_is_held_stays_known_and_keeps_what_it_lies_in() {
        let mut scopes = Scopes::<u32>::new(1);
        let outer = scopes.intern(tenant("t"));
        let inner = scopes.intern(Key { within: outer, part: Part::Issue("KEY-1") });
        scopes.hold(inner);
        scopes.retain(|_| false);
        assert_eq!((scopes.find(tenant("t")), scopes.len()), (Some(outer), 3));
        scopes.let_go(inner);
        scopes.retain(|_| false);
        assert_eq!((scopes.find(tenant("t")), scopes.len()), (None, 1));
    }
}
