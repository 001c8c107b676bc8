//! Counts objects in the JSON body of an answer, without keeping any of it.

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// A place to count at.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// Names with dots between, `*` for every name; empty for the value itself. Lists on the way are gone through.
    pub(super) path: String,
    /// Whether only a list is counted there.
    pub(super) is_list: bool,
    /// How many there are: the elements of a list, one of anything else but null; none if the body lacks the place.
    pub(super) count: Option<u32>,
}

/// Counts at all places. Says whether the body is JSON.
pub(super) fn count(body: &[u8], places: &mut [Place]) -> bool {
    let paths: Vec<_> = places.iter().map(|place| place.path.clone()).collect();
    let wanted = paths.iter().enumerate().map(|(at, path)| (path.as_str(), at)).collect();
    // As text, as all other JSON is read: the reader of bytes would be there beside that of text.
    let Ok(body) = std::str::from_utf8(body) else { return false };
    let mut json = serde_json::Deserializer::from_str(body);
    Walk { wanted, places }.deserialize(&mut json).is_ok() && json.end().is_ok()
}

/// What is wanted of a value: what is left of each path, and whose path it is.
struct Walk<'w, 'a> {
    wanted: Vec<(&'a str, usize)>,
    places: &'w mut [Place],
}

impl Walk<'_, '_> {
    /// Adds to those whose path ends here, at a list or at something else.
    fn add(&mut self, more: u32, is_list: bool) {
        for (_, place) in self.wanted.iter().filter(|(path, _)| path.is_empty()) {
            if let Some(place) = self.places.get_mut(*place).filter(|place| is_list || !place.is_list) {
                place.count = Some(place.count.unwrap_or(0).saturating_add(more));
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        self.add(1, false);
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            let inner = self.wanted.iter().filter_map(|(path, place)| {
                let (name, rest) = path.split_once('.').unwrap_or((path, ""));
                (!name.is_empty() && (name == key || name == "*")).then_some((rest, *place))
            });
            let wanted: Vec<_> = inner.collect();
            if wanted.is_empty() {
                map.next_value::<IgnoredAny>()?;
            } else {
                map.next_value_seed(Walk { wanted, places: self.places })?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        self.add(0, true);
        let inner: Vec<_> = self.wanted.iter().filter(|(path, _)| !path.is_empty()).copied().collect();
        loop {
            let more = if inner.is_empty() {
                seq.next_element::<IgnoredAny>()?.is_some()
            } else {
                seq.next_element_seed(Walk { wanted: inner.clone(), places: self.places })?.is_some()
            };
            if !more {
                return Ok(());
            }
            self.add(1, true);
        }
    }

    fn visit_unit<E: Error>(mut self) -> Result<(), E> {
        self.add(0, false);
        Ok(())
    }

    fn visit_bool<E: Error>(mut self, _: bool) -> Result<(), E> {
        self.add(1, false);
        Ok(())
    }

    fn visit_i64<E: Error>(mut self, _: i64) -> Result<(), E> {
        self.add(1, false);
        Ok(())
    }

    fn visit_u64<E: Error>(mut self, _: u64) -> Result<(), E> {
        self.add(1, false);
        Ok(())
    }

    fn visit_f64<E: Error>(mut self, _: f64) -> Result<(), E> {
        self.add(1, false);
        Ok(())
    }

    fn visit_str<E: Error>(mut self, _: &str) -> Result<(), E> {
        self.add(1, false);
        Ok(())
    }
}
