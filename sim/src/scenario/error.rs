//! What is wrong with a scenario's text, and where.

use crate::nearest::nearest;
use std::fmt;
use std::ops::Range;

/// What is wrong with a scenario: one lowercase line with the place, the offending text and the next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError {
    file: String,
    line: usize,
    column: usize,
    message: String,
}

impl ScenarioError {
    /// The line in the text, from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// The column in characters, from 1.
    #[must_use]
    pub const fn column(&self) -> usize {
        self.column
    }

    /// What is wrong with the text at `span`, in bytes; a span that lies outside is the beginning.
    pub(super) fn new(file: &str, text: &str, span: &Range<usize>, message: String) -> Self {
        let before = text.get(..span.start).unwrap_or("");
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        Self { file: file.to_owned(), line, column, message }
    }

    /// The same from the TOML reader, with the text at the place and the nearest key that exists.
    pub(super) fn from_toml(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let span = error.span().unwrap_or(0..0);
        let what = one_line(error.message());
        let excerpt = excerpt(text, &span);
        let message = if let Some((kind, names)) = unknown(&what) {
            no_such(kind, names[0], &names[1..])
        } else if what.starts_with("missing field ") {
            format!("{what}: add it")
        } else if let Some((_, wanted)) = what.split_once(", expected ").filter(|_| what.starts_with("invalid type")) {
            format!("`{excerpt}` does not fit: use {wanted}")
        } else if what.starts_with('`') || what.contains(": ") {
            what
        } else {
            format!("{what}, at `{excerpt}`: correct this line")
        };
        Self::new(file, text, &span, message)
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

impl std::error::Error for ScenarioError {}

/// What does not exist, a key or a value, its name and those that do.
fn unknown(what: &str) -> Option<(&'static str, Vec<&str>)> {
    let (kind, rest) = match what.strip_prefix("unknown field ") {
        Some(rest) => ("key", rest),
        None => ("value", what.strip_prefix("unknown variant ")?),
    };
    let names = backticked(rest);
    (names.len() > 1).then_some((kind, names))
}

fn no_such(kind: &str, word: &str, known: &[&str]) -> String {
    let short = super::check::short(word);
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("unknown {kind} `{short}`: did you mean `{near}`?"),
        None => format!("unknown {kind} `{short}`: use one of `{}`", known.join("`, `")),
    }
}

/// The words between backticks.
fn backticked(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ")
}

/// The text at the place, or the line it stands on where that is nothing; not more than a person wants to read.
fn excerpt(text: &str, span: &Range<usize>) -> String {
    const MOST: usize = 40;
    let at = text.get(span.clone()).and_then(|at| at.lines().next()).map_or("", str::trim);
    let line = || {
        let begin = text.get(..span.start).map_or(0, |before| before.rfind('\n').map_or(0, |end| end + 1));
        text[begin..].lines().next().map_or("", str::trim)
    };
    let found = if at.is_empty() { line() } else { at };
    let short: String = found.chars().take(MOST).map(printable).collect();
    if found.chars().count() > MOST { format!("{short}…") } else { short }
}

/// A character that neither breaks the line nor ends the quotation.
pub(super) fn printable(c: char) -> char {
    if c.is_control() || c == '`' { ' ' } else { c }
}
