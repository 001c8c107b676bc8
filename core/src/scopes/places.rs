//! Numbered places for values, in chunks: growing moves few values and leaves room for few.

/// Places for values. What stands next to each other lies next to each other, one step away.
#[derive(Clone, Debug)]
pub(super) struct Places<T> {
    /// One without any value is empty and takes no memory.
    chunks: Vec<Vec<Option<T>>>,
    /// One more than the last place.
    len: usize,
}

/// Places of a chunk.
const CHUNK: usize = 64;

impl<T> Places<T> {
    pub(super) const fn new() -> Self {
        Self { chunks: Vec::new(), len: 0 }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) fn get(&self, place: usize) -> Option<&T> {
        self.chunks.get(place / CHUNK)?.get(place % CHUNK)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        self.chunks.get_mut(place / CHUNK)?.get_mut(place % CHUNK)?.as_mut()
    }

    /// Puts a value into a free place, or the first one behind all.
    pub(super) fn put(&mut self, place: usize, value: T) {
        let (chunk, at) = (place / CHUNK, place % CHUNK);
        self.len = self.len.max(place + 1);
        if self.chunks.len() <= chunk {
            self.chunks.resize_with(chunk + 1, Vec::new);
        }
        let chunk = &mut self.chunks[chunk];
        if chunk.len() <= at {
            chunk.resize_with(at + 1, || None);
        }
        chunk[at] = Some(value);
    }

    pub(super) fn clear(&mut self, place: usize) {
        if let Some(place) = self.chunks.get_mut(place / CHUNK).and_then(|chunk| chunk.get_mut(place % CHUNK)) {
            *place = None;
        }
    }

    /// All values, in the order of their places.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &T)> + Clone {
        (0..self.len).filter_map(|place| Some((place, self.get(place)?)))
    }

    /// Gives back memory that no value needs. The places behind the last value are no more.
    pub(super) fn shrink(&mut self) {
        self.len = self.iter().last().map_or(0, |(last, _)| last + 1);
        self.chunks.truncate(self.len.div_ceil(CHUNK));
        for chunk in &mut self.chunks {
            if chunk.iter().all(Option::is_none) {
                *chunk = Vec::new();
            }
        }
        self.chunks.shrink_to(self.chunks.len() * 2);
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
        fn it_holds_what_a_map_holds(steps in proptest::collection::vec((0_u8..16, 0_usize..CHUNK * 4), 1..60)) {
            let (mut fast, mut slow) = (Places::new(), BTreeMap::new());
            for (act, place) in steps {
                match act {
                    0 => fast.shrink(),
                    1..8 => {
                        fast.clear(place);
                        slow.remove(&place);
                    }
                    _ => {
                        fast.put(place, act);
                        slow.insert(place, act);
                    }
                }
                prop_assert!(fast.iter().eq(slow.iter().map(|(place, value)| (*place, value))));
                prop_assert!(slow.iter().all(|(place, value)| fast.get(*place) == Some(value)));
                prop_assert_eq!(fast.get(place), slow.get(&place));
                let end = slow.last_key_value().map_or(0, |(last, _)| last + 1);
                prop_assert!(fast.len() >= end && (act > 0 || fast.len() == end));
                prop_assert!(act > 0 || fast.chunks.len() == end.div_ceil(CHUNK));
                prop_assert!(act > 0 || fast.chunks.iter().all(|chunk| chunk.is_empty() || chunk.iter().any(Option::is_some)));
            }
        }
    }
}
