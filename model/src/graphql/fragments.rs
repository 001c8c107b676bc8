//! What must hold of a document's fragments before they are followed: each is there, and none contains itself.

use super::document::{Document, MOST_DEPTH, Selected, Selection};
use super::error::quoted;
use std::collections::BTreeMap;

/// A byte of the document and what is wrong there.
type Wrong = (usize, String);

/// Looks at every spread of the document once.
pub(super) fn check(document: &Document) -> Result<(), Wrong> {
    let mut states = BTreeMap::new();
    for (name, fragment) in &document.fragments {
        follow(document, name, fragment.at, &mut states, 0)?;
    }
    document.operations.iter().try_for_each(|operation| spreads(document, &operation.selections).map(drop))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Done,
}

fn follow<'d>(
    document: &'d Document,
    name: &'d str,
    at: usize,
    states: &mut BTreeMap<&'d str, State>,
    depth: usize,
) -> Result<(), Wrong> {
    match states.get(name) {
        Some(State::Done) => return Ok(()),
        Some(State::Open) => return Err((at, format!("fragment {} contains itself: break the circle", quoted(name)))),
        None if depth > MOST_DEPTH => {
            return Err((at, format!("fragments nested deeper than {MOST_DEPTH} levels: spread fewer")));
        }
        None => states.insert(name, State::Open),
    };
    if let Some(fragment) = document.fragments.get(name) {
        for (name, at) in spreads(document, &fragment.selections)? {
            follow(document, name, at, states, depth + 1)?;
        }
    }
    states.insert(name, State::Done);
    Ok(())
}

/// The name and place of every spread, at any depth; it keeps its own list of what is open, since fragments nest within
/// fields and fields within fragments.
fn spreads<'d>(document: &Document, selections: &'d [Selection]) -> Result<Vec<(&'d str, usize)>, Wrong> {
    let mut found = Vec::new();
    let mut open = vec![selections];
    while let Some(selections) = open.pop() {
        for selection in selections {
            match &selection.what {
                Selected::Spread(name) if !document.fragments.contains_key(name) => {
                    let message = format!("fragment {} is not defined: add it to the document", quoted(name));
                    return Err((selection.at, message));
                }
                Selected::Spread(name) => found.push((name.as_str(), selection.at)),
                Selected::Field(field) => open.push(&field.selections),
                Selected::Inline { selections, .. } => open.push(selections),
            }
        }
    }
    Ok(found)
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
        let (open, close) = ("a{".repeat(90), "}".repeat(90));
        let link = |at| format!("fragment G{at} on T {{ {open} ...G{} {close} }} ", at + 1);
        let deep = (0..99).map(link).collect::<String>() + "fragment G99 on T { id } { ...G0 }";
        assert!(Document::read(&deep).is_ok());
    }
}
