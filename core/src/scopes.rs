//! What is known of each scope: a hash table that keeps the order in which scopes came, so that runs can be repeated.

use crate::scope::{Scope, ScopeRef};
use std::hash::{Hash, Hasher};

/// A table from scopes to `V`. Asking allocates nothing and compares one name, however many scopes there are.
///
/// Places in `index` are taken by linear probing, and half of them stay empty. Nothing is removed one by one.
#[derive(Clone)]
pub(crate) struct Scopes<V> {
    /// In the order in which they came. Boxed: growing moves no values and leaves no room for values.
    entries: Vec<Box<Entry<V>>>,
    /// A power of two of places; 0 is empty, else the hash's upper half and the place in `entries`, counted from 1.
    index: Vec<(u32, u32)>,
    /// Hashes depend on it, so that nobody can choose names that share a place.
    seed: u64,
}

#[derive(Clone)]
struct Entry<V> {
    scope: Scope,
    value: V,
}

/// The fewest places.
const PLACES: usize = 16;

impl<V: Default> Scopes<V> {
    pub(crate) fn new(seed: u64) -> Self {
        Self { entries: Vec::new(), index: vec![(0, 0); PLACES], seed }
    }

    pub(crate) const fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn get(&self, scope: ScopeRef<'_>) -> Option<&V> {
        let entry = self.entries.get(self.find(scope).ok()?)?;
        Some(&entry.value)
    }

    pub(crate) fn get_mut(&mut self, scope: ScopeRef<'_>) -> Option<&mut V> {
        let at = self.find(scope).ok()?;
        Some(&mut self.entries.get_mut(at)?.value)
    }

    /// What is known of `scope`, from now on if nothing was.
    pub(crate) fn entry(&mut self, scope: ScopeRef<'_>) -> &mut V {
        let at = match self.find(scope) {
            Ok(at) => at,
            Err(place) => {
                self.entries.push(Box::new(Entry { scope: scope.owned(), value: V::default() }));
                self.index[place] = (upper(self.hash(scope)), u32::try_from(self.entries.len()).unwrap_or(u32::MAX));
                if self.entries.len() * 2 > self.index.len() {
                    self.rebuild();
                }
                self.entries.len() - 1
            }
        };
        &mut self.entries[at].value
    }

    /// Forgets those for which `is_kept` says false.
    pub(crate) fn retain(&mut self, mut is_kept: impl FnMut(&mut V) -> bool) {
        self.entries.retain_mut(|entry| is_kept(&mut entry.value));
        self.entries.shrink_to_fit();
        self.rebuild();
    }

    /// Its place in `entries`, or the empty place in `index` where it belongs.
    fn find(&self, scope: ScopeRef<'_>) -> Result<usize, usize> {
        let hash = self.hash(scope);
        let last = self.index.len() - 1;
        let mut place = hash as usize & last;
        loop {
            let (tag, at) = self.index[place];
            let Some(at) = (at as usize).checked_sub(1) else { return Err(place) };
            if tag == upper(hash) && self.entries[at].scope.borrowed() == scope {
                return Ok(at);
            }
            place = (place + 1) & last;
        }
    }

    fn rebuild(&mut self) {
        let places = (self.entries.len() * 4).next_power_of_two().max(PLACES);
        self.index = vec![(0, 0); places];
        for (at, entry) in (1..).zip(&self.entries) {
            let hash = self.hash(entry.scope.borrowed());
            let mut place = hash as usize & (places - 1);
            while self.index[place].1 != 0 {
                place = (place + 1) & (places - 1);
            }
            self.index[place] = (upper(hash), at);
        }
    }

    fn hash(&self, scope: ScopeRef<'_>) -> u64 {
        let mut folded = Folded(self.seed);
        scope.hash(&mut folded);
        folded.finish()
    }
}

impl<V: std::fmt::Debug> std::fmt::Debug for Scopes<V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.entries.iter().map(|entry| (&entry.scope, &entry.value))).finish()
    }
}

const fn upper(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// Folds eight bytes at a time: the two halves of a product of 128 bits, as in wyhash (W. Yi, public domain).
struct Folded(u64);

impl Folded {
    const fn fold(&mut self, word: u64) {
        let product = (self.0 ^ word ^ 0xA076_1D64_78BD_642F) as u128 * 0xE703_7ED1_A0B4_28DB;
        self.0 = product as u64 ^ (product >> 64) as u64;
    }
}

impl Hasher for Folded {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        for word in words {
            self.fold(u64::from_le_bytes(*word));
        }
        self.fold(rest.iter().fold(rest.len() as u64, |word, byte| word << 8 | u64::from(*byte)));
    }

    fn write_u8(&mut self, byte: u8) {
        self.fold(byte.into());
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        /// The slow, obvious table is a list.
        #[test]
        fn it_knows_what_a_list_knows(
            steps in proptest::collection::vec(("[a-c]{0,9}", 0_u8..12), 1..80),
            seed: u64,
        ) {
            let (mut fast, mut slow) = (Scopes::<u32>::new(seed), Vec::<(String, u32)>::new());
            for (n, (name, act)) in (1_u32..).zip(&steps) {
                let scope = ScopeRef::Tenant(name);
                let known = slow.iter().position(|(known, _)| known == name);
                prop_assert_eq!(fast.get(scope).copied(), known.map(|at| slow[at].1));
                match act {
                    0 => {
                        fast.retain(|value| *value % 3 == 0);
                        slow.retain(|(_, value)| *value % 3 == 0);
                    }
                    _ => {
                        *fast.entry(scope) += n;
                        match known {
                            Some(at) => slow[at].1 += n,
                            None => slow.push((name.clone(), n)),
                        }
                    }
                }
                let all: Vec<_> = fast.entries.iter().map(|entry| (entry.scope.clone(), entry.value)).collect();
                let want: Vec<_> = slow.iter().map(|(name, value)| (Scope::Tenant(name.clone()), *value)).collect();
                prop_assert_eq!(all, want, "in the order in which they came");
            }
        }
    }

    #[test]
    fn names_spread_over_all_places() {
        let mut scopes = Scopes::<u32>::new(1);
        for n in 0..10_000 {
            scopes.entry(ScopeRef::Tenant(&format!("tenant-{n}")));
        }
        let longest = scopes.index.split(|(_, at)| *at == 0).map(<[_]>::len).max();
        assert!(longest < Some(40), "{longest:?} places in a row are taken");
    }
}
