//! A GraphQL document as far as its cost goes, read within bounds.

use super::error::{InvalidGraphql, quoted};
use super::fragments;
use super::value::{Value, read_value, text};
use apollo_parser::Parser;
use apollo_parser::cst::{self, CstNode};
use std::collections::BTreeMap;

/// Bounds, far above what is sent in practice: no document may cost more than moments to read.
pub(super) const MOST_BYTES: usize = 1 << 20;
const MOST_TOKENS: usize = 200_000;
/// Levels of nesting, as written and, through fragments, as executed.
pub(super) const MOST_DEPTH: usize = 100;

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperationKind {
    /// Reads.
    Query,
    /// Writes.
    Mutation,
    /// Asks for events.
    Subscription,
}

impl OperationKind {
    /// The word of the language.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
        }
    }
}

#[derive(Debug)]
pub(super) struct Document {
    pub operations: Vec<Operation>,
    pub fragments: BTreeMap<String, Fragment>,
}

#[derive(Debug)]
pub(super) struct Operation {
    pub at: usize,
    pub name: Option<String>,
    pub kind: OperationKind,
    pub defaults: BTreeMap<String, Value>,
    pub selections: Vec<Selection>,
}

#[derive(Debug)]
pub(super) struct Fragment {
    pub at: usize,
    pub on: String,
    pub selections: Vec<Selection>,
}

#[derive(Debug)]
pub(super) struct Selection {
    pub at: usize,
    /// `@include` and `@skip`: the selection counts where each value is what is wanted.
    pub conditions: Vec<(bool, Value)>,
    pub what: Selected,
}

#[derive(Debug)]
pub(super) enum Selected {
    Field(Field),
    Spread(String),
    Inline { on: Option<String>, selections: Vec<Selection> },
}

#[derive(Debug)]
pub(super) struct Field {
    /// Its name in the answer: the alias if it has one.
    pub key: String,
    pub name: String,
    pub arguments: Vec<(String, Value)>,
    pub selections: Vec<Selection>,
}

impl Document {
    /// Reads a document. What is no operation and no fragment is passed over.
    pub fn read(text: &str) -> Result<Self, InvalidGraphql> {
        let wrong = |at, message| Err(invalid(text, at, message));
        if text.len() > MOST_BYTES {
            return wrong(0, format!("`{}` bytes are more than {MOST_BYTES}: split the document", text.len()));
        }
        let tree = Parser::new(text).recursion_limit(MOST_DEPTH).token_limit(MOST_TOKENS).parse();
        if let Some(error) = tree.errors().next() {
            return wrong(error.index(), in_our_words(error));
        }
        let mut document = Self { operations: Vec::new(), fragments: BTreeMap::new() };
        for definition in tree.document().definitions() {
            match definition {
                cst::Definition::OperationDefinition(operation) => document.operations.push(read_operation(&operation)),
                cst::Definition::FragmentDefinition(fragment) => {
                    let at = at(&fragment);
                    let name = fragment.fragment_name().and_then(|name| name.name());
                    let name = name.map(|name| name.text().to_string()).unwrap_or_default();
                    let on = condition(fragment.type_condition()).unwrap_or_default();
                    let selections = read_selections(fragment.selection_set());
                    let twice = document.fragments.insert(name.clone(), Fragment { at, on, selections });
                    if twice.is_some() {
                        return wrong(at, format!("fragment {} is defined twice: rename one", quoted(&name)));
                    }
                }
                _ => {}
            }
        }
        fragments::check(&document).map_err(|(at, message)| invalid(text, at, message))?;
        Ok(document)
    }
}

/// An error at a byte of a document.
pub(super) fn invalid(text: &str, at: usize, message: String) -> InvalidGraphql {
    InvalidGraphql::at("GraphQL", text, at, message)
}

/// The parser's message in the words of this project.
fn in_our_words(error: &apollo_parser::Error) -> String {
    let said = error.message();
    if error.is_limit() && said.contains("token") {
        format!("the document has more than {MOST_TOKENS} tokens: split it")
    } else if error.is_limit() {
        format!("nested deeper than {MOST_DEPTH} levels: split the document")
    } else if error.is_eof() {
        format!("the document ends too early: {}", plainly(said))
    } else if error.data().is_empty() {
        plainly(said)
    } else {
        format!("found {}: {}", quoted(error.data()), plainly(said))
    }
}

/// A message without the names of the parser's tokens, and without what was found, which is said already.
fn plainly(said: &str) -> String {
    const TOKENS: [(&str, &str); 3] = [("R_CURLY", "`}`"), ("R_PAREN", "`)`"), ("R_BRACK", "`]`")];
    let said = said.split(", got ").next().unwrap_or_default().trim_end_matches('.');
    let said = said.split_once(" character ").map_or(said, |_| "unexpected character");
    let token = said.strip_prefix("expected ").and_then(|name| TOKENS.iter().find(|(token, _)| *token == name));
    match (token, said.split_at_checked(1)) {
        (Some((_, sign)), _) => format!("expected {sign}"),
        (None, Some((first, rest))) => first.to_ascii_lowercase() + rest,
        (None, None) => said.to_owned(),
    }
}

fn at(node: &impl CstNode) -> usize {
    node.syntax().text_range().start().into()
}

fn condition(condition: Option<cst::TypeCondition>) -> Option<String> {
    text(condition?.named_type()?.name())
}

fn read_operation(operation: &cst::OperationDefinition) -> Operation {
    let kind = match operation.operation_type() {
        Some(kind) if kind.mutation_token().is_some() => OperationKind::Mutation,
        Some(kind) if kind.subscription_token().is_some() => OperationKind::Subscription,
        _ => OperationKind::Query,
    };
    let variables = operation.variable_definitions().into_iter().flat_map(|all| all.variable_definitions());
    let defaults = variables
        .filter_map(|variable| {
            let default = variable.default_value()?.value()?;
            Some((text(variable.variable()?.name())?, read_value(&default)))
        })
        .collect();
    let selections = read_selections(operation.selection_set());
    Operation { at: at(operation), name: text(operation.name()), kind, defaults, selections }
}

fn read_selections(set: Option<cst::SelectionSet>) -> Vec<Selection> {
    set.into_iter().flat_map(|set| set.selections()).filter_map(|selection| read_selection(&selection)).collect()
}

/// None for what has no name, which no document without errors holds.
fn read_selection(selection: &cst::Selection) -> Option<Selection> {
    let (what, directives) = match selection {
        cst::Selection::Field(field) => {
            let name = text(field.name())?;
            let key = field.alias().and_then(|alias| text(alias.name())).unwrap_or_else(|| name.clone());
            let arguments = read_arguments(field.arguments());
            let selections = read_selections(field.selection_set());
            (Selected::Field(Field { key, name, arguments, selections }), field.directives())
        }
        cst::Selection::FragmentSpread(spread) => {
            (Selected::Spread(text(spread.fragment_name()?.name())?), spread.directives())
        }
        cst::Selection::InlineFragment(inline) => {
            let on = condition(inline.type_condition());
            (Selected::Inline { on, selections: read_selections(inline.selection_set()) }, inline.directives())
        }
    };
    let conditions = directives.into_iter().flat_map(|all| all.directives()).filter_map(|directive| {
        let wanted = match text(directive.name())?.as_str() {
            "include" => true,
            "skip" => false,
            _ => return None,
        };
        let (_, value) = read_arguments(directive.arguments()).into_iter().find(|(name, _)| name == "if")?;
        Some((wanted, value))
    });
    Some(Selection { at: at(selection), conditions: conditions.collect(), what })
}

fn read_arguments(arguments: Option<cst::Arguments>) -> Vec<(String, Value)> {
    let arguments = arguments.into_iter().flat_map(|all| all.arguments());
    arguments.filter_map(|argument| Some((text(argument.name())?, read_value(&argument.value()?)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Document::read(text).unwrap_err().to_string()
    }

    #[test]
    fn an_error_names_its_place_and_what_was_found() {
        assert_eq!(
            error("query {\n  page(id: 1) {\n    }\n}"),
            "invalid GraphQL at line 3, column 5: found `}`: expected at least one Selection in Selection Set"
        );
        assert!(error("{ page").starts_with("invalid GraphQL at line 1, column 7: the document ends too early: "));
        assert!(error("{-\n a }").ends_with("line 1, column 2: found `-\\n`: unexpected character"));
        assert!(error("{ a(b: 1").ends_with("line 1, column 9: the document ends too early: expected `)`"));
        assert!(
            error("{ a(b: \"\u{1F600}) }")
                .ends_with("line 1, column 8: found `\\\"\u{1F600}) }`: unterminated string value")
        );
    }

    #[test]
    fn what_is_too_big_is_refused_with_the_bound() {
        assert!(error(&" ".repeat(MOST_BYTES + 1)).contains("`1048577` bytes are more than 1048576"));
        assert!(error(&format!("{{{}}}", " a".repeat(MOST_TOKENS))).contains("more than 200000 tokens"));
        let deep = format!("{}a{}", "{a".repeat(MOST_DEPTH + 1), "}".repeat(MOST_DEPTH + 1));
        assert!(error(&deep).contains("nested deeper than 100 levels"));
        let list = format!("{{ a(b: {}{}) }}", "[".repeat(200_000), "]".repeat(200_000));
        assert!(error(&list).contains("nested deeper than 100 levels"));
    }
}
