//! A value as programs print it.

use serde_json::Value;
use std::borrow::Cow;

/// A value as printed, members in their order.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tree<'a> {
    Object(Vec<Member<'a>>),
    List(Vec<Tree<'a>>),
    /// In quotes.
    Text(Cow<'a, str>),
    /// Without quotes: a number, `true`, `null`, or any text.
    Word(&'a str),
}

/// A name and its value.
pub(super) type Member<'a> = (Cow<'a, str>, Tree<'a>);

impl<'a> Tree<'a> {
    /// The member of this name in any case.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The text of what is no object, no list and not nothing.
    pub(super) fn scalar(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Word("null" | "undefined" | "None" | "nil" | "") | Self::Object(_) | Self::List(_) => None,
            Self::Word(word) => Some(word),
        }
    }

    /// The same as JSON. A word that is none of JSON becomes a text.
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Object(members) => {
                Value::Object(members.iter().map(|(name, value)| (name.to_string(), value.to_json())).collect())
            }
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Text(text) => Value::from(text.as_ref()),
            Self::Word("True") => true.into(),
            Self::Word("False") => false.into(),
            Self::Word(word) if self.scalar().is_some() => {
                serde_json::from_str(word).unwrap_or_else(|_| Value::from(*word))
            }
            Self::Word(_) => Value::Null,
        }
    }
}
