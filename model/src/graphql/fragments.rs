//! What must hold of a document's fragments before they are followed: each is there, and none contains itself.

use super::document::{Document, MOST_DEPTH, Selected, Selection};
use super::error::quoted;
use std::collections::BTreeMap;

/// A byte of the document and what is wrong there.
type Wrong = (usize, String);

/// Looks at every spread of the document once.
pub(super) fn check(document: &Document) -> Result<(), Wrong> {
    let mut states = BTreeMap::new();
    let search = Search { document };
    for (name, fragment) in &document.fragments {
        search.follow(name, fragment.at, &mut states, 0)?;
    }
    document.operations.iter().try_for_each(|operation| search.spreads(&operation.selections, &mut |_, _| Ok(())))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Done,
}

struct Search<'d> {
    document: &'d Document,
}

impl<'d> Search<'d> {
    fn follow(
        &self,
        name: &'d str,
        at: usize,
        states: &mut BTreeMap<&'d str, State>,
        depth: usize,
    ) -> Result<(), Wrong> {
        match states.get(name) {
            Some(State::Done) => return Ok(()),
            Some(State::Open) => {
                return Err((at, format!("fragment {} contains itself: break the circle", quoted(name))));
            }
            None if depth > MOST_DEPTH => {
                return Err((at, format!("fragments nested deeper than {MOST_DEPTH} levels: spread fewer")));
            }
            None => states.insert(name, State::Open),
        };
        if let Some(fragment) = self.document.fragments.get(name) {
            self.spreads(&fragment.selections, &mut |name, at| self.follow(name, at, states, depth + 1))?;
        }
        states.insert(name, State::Done);
        Ok(())
    }

    /// Calls `each` with the name and place of every spread, at any depth.
    fn spreads(
        &self,
        selections: &'d [Selection],
        each: &mut dyn FnMut(&'d str, usize) -> Result<(), Wrong>,
    ) -> Result<(), Wrong> {
        for selection in selections {
            match &selection.what {
                Selected::Spread(name) if !self.document.fragments.contains_key(name) => {
                    let message = format!("fragment {} is not defined: add it to the document", quoted(name));
                    return Err((selection.at, message));
                }
                Selected::Spread(name) => each(name, selection.at)?,
                Selected::Field(field) => self.spreads(&field.selections, each)?,
                Selected::Inline { selections, .. } => self.spreads(selections, each)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Document::read(text).unwrap_err().to_string()
    }

    #[test]
    fn a_fragment_that_contains_itself_is_refused_where_the_circle_closes() {
        assert_eq!(
            error("{ ...A }\nfragment A on Page { id ...A }"),
            "invalid GraphQL at line 2, column 25: fragment `A` contains itself: break the circle"
        );
        let two = "fragment A on Page { parent { ...B } } fragment B on Page { parent { ...A } } { ...A }";
        assert!(error(two).contains("fragment `A` contains itself"));
    }

    #[test]
    fn a_fragment_that_is_missing_is_refused_wherever_it_is_spread() {
        let want = "fragment `Gone` is not defined: add it to the document";
        assert!(error("{ page { ...Gone } }").ends_with(want));
        assert!(error("{ page { id } } fragment A on Page { ...Gone }").ends_with(want));
    }

    #[test]
    fn a_long_chain_of_fragments_is_refused_and_overflows_nothing() {
        let chain = |length: usize| {
            let links = (0..length).rev().map(|at| format!("fragment F{at:05} on T {{ ...F{:05} }} ", at + 1));
            links.collect::<String>() + &format!("fragment F{length:05} on T {{ id }} {{ ...F00000 }}")
        };
        assert!(Document::read(&chain(MOST_DEPTH)).is_ok());
        assert!(error(&chain(10_000)).contains("fragments nested deeper than 100 levels"));
    }
}
