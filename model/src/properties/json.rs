//! JSON as far as the limits of an invocation need it: whole numbers, texts, and members whose names are known.
//!
//! `serde_json::Value` does the same and brings its maps along, which weigh more in the component.

use super::is_known;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// A value; of what is passed over nothing but that it was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Json {
    Number(u64),
    Text(String),
    /// In the order of the names; of a name that stands twice the last.
    Object(Vec<(String, Json)>),
    Other,
}

/// No server spells so many names in one object that are known.
const MOST_MEMBERS: usize = 256;

impl Json {
    /// The member of an object.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        self.members()?.iter().find_map(|(known, value)| (known == name).then_some(value))
    }

    /// The members of an object.
    pub(super) fn members(&self) -> Option<&[(String, Self)]> {
        if let Self::Object(members) = self { Some(members) } else { None }
    }

    /// A text.
    pub(super) fn as_str(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything)
    }
}

struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members: Vec<(String, Json)> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value()?;
            if !is_known(&name) {
                continue;
            }
            match members.binary_search_by(|(before, _)| before.cmp(&name)) {
                Ok(at) => members[at].1 = value,
                Err(at) if members.len() < MOST_MEMBERS => members.insert(at, (name, value)),
                Err(_) => {}
            }
        }
        Ok(Json::Object(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        while seq.next_element::<Json>()?.is_some() {}
        Ok(Json::Other)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Number(number))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Other)
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    /// What a value read in full says.
    fn of_value(value: &Value) -> Json {
        match value {
            Value::Number(number) => number.as_u64().map_or(Json::Other, Json::Number),
            Value::String(text) => Json::Text(text.clone()),
            Value::Object(object) => {
                let known = object.iter().filter(|(name, _)| is_known(name));
                Json::Object(known.map(|(name, value)| (name.clone(), of_value(value))).collect())
            }
            _ => Json::Other,
        }
    }

    fn json() -> impl Strategy<Value = String> {
        let number = prop_oneof!["-?[0-9]{1,21}", "-?[0-9]\\.[0-9]{1,3}", "[1-9][eE][-+]?[0-9]"];
        let leaf = prop_oneof![number, "\"(é|\\\\u00e9|\\\\n|[a-z ]){0,5}\"", "null|true|false|nul|01|\"", "[ \n]?7 "];
        leaf.prop_recursive(6, 60, 5, |inner| {
            let member = ("status|err\\\\u006fr|X-RateLimit-[LR]imit|code|x", inner.clone())
                .prop_map(|(name, value)| format!("\"{name}\": {value}"));
            let members = prop::collection::vec(member, 0..5).prop_map(|members| format!("{{{}}}", members.join(",")));
            let list = prop::collection::vec(inner, 0..3).prop_map(|list| format!("[{}]", list.join(",")));
            prop_oneof![4 => members, 1 => list]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn what_is_kept_is_what_the_whole_value_says(text in json()) {
            let whole = serde_json::from_str::<Value>(&text).ok();
            prop_assert_eq!(serde_json::from_str::<Json>(&text).ok(), whole.as_ref().map(of_value), "{}", text);
        }
    }

    #[test]
    fn depth_and_length_do_no_harm() {
        let deep = r#"{"error":"#.repeat(100_000) + "1" + &"}".repeat(100_000);
        assert!(serde_json::from_str::<Json>(&deep).is_err());
        // So many spellings of one known name.
        let spelled = |bits: u32| {
            let letters = "statuscode".chars().zip(0..);
            let cased =
                letters.map(|(letter, bit)| if bits >> bit & 1 == 1 { letter.to_ascii_uppercase() } else { letter });
            format!("\"{}\":1", cased.collect::<String>())
        };
        let members: Vec<_> = (0..1_024).map(spelled).collect();
        let long: Json = serde_json::from_str(&format!("{{{}}}", members.join(","))).unwrap();
        assert_eq!(long.members().map(<[_]>::len), Some(MOST_MEMBERS));
    }
}
