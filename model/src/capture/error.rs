//! Why a paste could not be read.

use std::fmt;

/// Why a paste could not be read. Each is one line that says what was found and what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CaptureError {
    /// Nothing but white space.
    Empty,
    /// Not text: a control character at this byte, counted from 0 after a byte order mark.
    Binary {
        /// The place of the first.
        offset: usize,
    },
    /// Text, but no response, headers or JSON that is known.
    Unrecognised {
        /// Its beginning.
        found: String,
    },
    /// Begins as JSON and is none.
    Json {
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1; 0 where a line ended too early.
        column: usize,
        /// What is wrong there.
        why: String,
    },
    /// Passes a bound.
    TooLong {
        /// What there is too much of.
        what: &'static str,
        /// How much is read.
        limit: usize,
    },
}

impl fmt::Display for CaptureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str(
                "the input is empty: paste what `curl -i` printed, headers, a HAR entry or an error as JSON",
            ),
            Self::Binary { offset } => {
                write!(f, "not text: a control character at byte `{offset}`; paste text, saved as UTF-8")
            }
            Self::Unrecognised { found } => write!(
                f,
                "`{found}` begins nothing that is known: paste an HTTP response as `curl -i` prints it, headers as \
                 `Name: value`, a HAR entry, or a response or Forge error as JSON"
            ),
            Self::Json { line, column, why } => {
                write!(f, "broken JSON at line `{line}`, column `{column}`: {why}; copy the whole document")
            }
            Self::TooLong { what, limit } => {
                write!(f, "more than `{limit}` {what}: paste the response alone, its head first")
            }
        }
    }
}

impl std::error::Error for CaptureError {}
