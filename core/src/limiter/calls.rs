//! The open calls, each in a place that its id tells.

/// Names an open call of one limiter. Never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CallId(u64);

/// Bits of an id that tell the place: enough for as many calls as a configuration allows. Those above count the calls.
const PLACE_BITS: u32 = 20;

impl CallId {
    const fn place(self) -> usize {
        (self.0 & ((1 << PLACE_BITS) - 1)) as usize
    }
}

/// A table of calls. Its places are used again, so finding one takes as long with many as with few.
#[derive(Clone, Debug)]
pub(super) struct Calls<C> {
    places: Vec<Option<(CallId, Box<C>)>>,
    free: Vec<usize>,
    /// How many were ever opened.
    opened: u64,
}

impl<C> Calls<C> {
    pub(super) const fn new() -> Self {
        Self { places: Vec::new(), free: Vec::new(), opened: 0 }
    }

    /// How many are open.
    pub(super) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    pub(super) fn insert(&mut self, call: C) -> CallId {
        let place = self.free.pop().unwrap_or(self.places.len());
        let id = CallId(self.opened << PLACE_BITS | place as u64);
        self.opened += 1;
        let entry = Some((id, Box::new(call)));
        match self.places.get_mut(place) {
            Some(place) => *place = entry,
            None => self.places.push(entry),
        }
        id
    }

    pub(super) fn get(&self, id: CallId) -> Option<&C> {
        let (at, call) = self.places.get(id.place())?.as_ref()?;
        (*at == id).then_some(call)
    }

    pub(super) fn get_mut(&mut self, id: CallId) -> Option<&mut C> {
        let (at, call) = self.places.get_mut(id.place())?.as_mut()?;
        (*at == id).then_some(call)
    }

    pub(super) fn remove(&mut self, id: CallId) -> Option<Box<C>> {
        let (_, call) = self.places.get_mut(id.place())?.take_if(|(at, _)| *at == id)?;
        self.free.push(id.place());
        Some(call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn it_knows_what_a_map_knows_and_no_id_comes_twice(
            steps in proptest::collection::vec((0_u8..3, any::<prop::sample::Index>()), 1..60),
        ) {
            let (mut fast, mut slow, mut ids) = (Calls::new(), BTreeMap::new(), Vec::new());
            for (act, which) in steps {
                if act == 0 || ids.is_empty() {
                    let id = fast.insert(ids.len());
                    prop_assert!(ids.last().is_none_or(|last| *last < id), "in the order of their beginning");
                    slow.insert(id, ids.len());
                    ids.push(id);
                } else {
                    let id = *which.get(&ids);
                    if let (1, Some(call)) = (act, fast.get_mut(id)) {
                        *call += 100;
                        *slow.get_mut(&id).unwrap() += 100;
                    }
                    if act == 2 {
                        prop_assert_eq!(fast.remove(id).map(|call| *call), slow.remove(&id));
                    }
                }
                prop_assert_eq!(fast.len(), slow.len());
                for id in &ids {
                    prop_assert_eq!(fast.get(*id), slow.get(id));
                }
            }
        }
    }
}
