//! Texts with holes that every job fills differently.

use crate::nearest::nearest;
use headroom_model::operation::Method;
use serde::de::{self, Deserialize, Deserializer};
use std::fmt::Write;

/// What can stand between braces.
const HOLES: [&str; 2] = ["n", "user"];

/// A text in which `{n}` is the number of the job's item and `{user}` the number of its user. Other braces, as JSON has
/// them, are left alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Number,
    User,
}

impl Template {
    /// Reads a text.
    ///
    /// # Errors
    /// On a word between braces that is no hole.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some((at, word)) = next_hole(rest) {
            if at > 0 {
                pieces.push(Piece::Text(rest[..at].to_owned()));
            }
            pieces.push(match word {
                "n" => Piece::Number,
                "user" => Piece::User,
                _ => return Err(no_hole(word)),
            });
            rest = &rest[at + word.len() + 2..];
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self { pieces })
    }

    /// The text for this item and user.
    #[must_use]
    pub fn fill(&self, number: u64, user: u32) -> String {
        let mut out = String::with_capacity(64);
        for piece in &self.pieces {
            // Writing to a string cannot fail.
            let _ = match piece {
                Piece::Text(text) => out.write_str(text),
                Piece::Number => write!(out, "{number}"),
                Piece::User => write!(out, "{user}"),
            };
        }
        out
    }
}

/// The next `{word}` of letters: where it begins, and the word.
fn next_hole(text: &str) -> Option<(usize, &str)> {
    text.match_indices('{').find_map(|(at, _)| {
        let word = text[at + 1..].split_once('}')?.0;
        let is_word = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
        is_word.then_some((at, word))
    })
}

fn no_hole(word: &str) -> String {
    let next = match nearest(word, HOLES) {
        Some(near) => format!("did you mean `{{{near}}}`?"),
        None => "use `{n}` or `{user}`".to_owned(),
    };
    format!("unknown placeholder `{{{word}}}`: {next}")
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// A request line without its protocol: `GET /wiki/rest/api/content/{n}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestLine {
    /// The method.
    pub method: Method,
    /// Path and query.
    pub target: Template,
}

impl<'de> Deserialize<'de> for RequestLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (method, target) = text.split_once(' ').unwrap_or(("", ""));
        let method = Method::of(method);
        if method == Method::Other || !target.starts_with('/') || target.chars().any(|c| c.is_control() || c == ' ') {
            let short: String = text.chars().take(40).map(super::error::printable).collect();
            let next = "use a method and a path, such as \"GET /wiki/rest/api/content/{n}\"";
            return Err(de::Error::custom(format!("`{short}` is no request: {next}")));
        }
        Template::read(target).map(|target| Self { method, target }).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_filled_and_json_is_left_alone() {
        let template = Template::read(r#"{"id":{n},"of":"u{user}","deep":{}}"#).unwrap();
        assert_eq!(template.fill(7, 3), r#"{"id":7,"of":"u3","deep":{}}"#);
        assert_eq!(Template::read("").unwrap().fill(1, 1), "");
    }

    #[test]
    fn a_word_that_is_no_hole_is_told_the_nearest() {
        assert_eq!(Template::read("/{usr}").unwrap_err(), "unknown placeholder `{usr}`: did you mean `{user}`?");
    }
}
