//! Where a document is wrong, and how.

use std::fmt;

/// A document or its variables that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidGraphql {
    /// What was read: `GraphQL`, `variables` or `catalog`.
    what: &'static str,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong and what to do, lowercase.
    pub message: String,
}

impl InvalidGraphql {
    /// An error at a byte of `text`.
    pub(super) fn at(what: &'static str, text: &str, index: usize, message: String) -> Self {
        let index = text.floor_char_boundary(index);
        let before = &text[..index];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.matches('\n').count() + 1;
        Self { what, line, column: before[line_start..].chars().count() + 1, message }
    }

    /// An error whose place is known.
    pub(super) const fn placed(what: &'static str, line: usize, column: usize, message: String) -> Self {
        Self { what, line, column, message }
    }
}

impl fmt::Display for InvalidGraphql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid {} at line {}, column {}: {}", self.what, self.line, self.column, self.message)
    }
}

impl std::error::Error for InvalidGraphql {}

/// The beginning of a text on one line: a message stays short whatever it quotes.
pub(super) fn quoted(text: &str) -> String {
    const MOST_CHARS: usize = 40;
    let short: String = text.chars().take(MOST_CHARS).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("`{}{more}`", short.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_counted_in_lines_and_characters_from_one() {
        let at = |index| InvalidGraphql::at("GraphQL", "ü{\n  é}\n", index, String::new());
        assert_eq!((at(0).line, at(0).column), (1, 1));
        assert_eq!((at(2).line, at(2).column), (1, 2));
        assert_eq!((at(8).line, at(8).column), (2, 4));
        assert_eq!((at(99).line, at(99).column), (3, 1));
    }
}
