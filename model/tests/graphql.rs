//! The estimate of GraphQL operations against a slow, obvious count, over generated documents.
#![cfg(feature = "full")]

use headroom_model::graphql::{Variables, estimate, read_variables};
use proptest::prelude::*;
use std::fmt::Write;

/// A selected field. The names are those that the shipped catalog gives each form and price.
#[derive(Clone, Debug)]
struct Node {
    form: Form,
    is_identity: bool,
    children: Vec<Node>,
    /// How the children are written: on the spot, in an inline fragment or in a named one.
    wrapped: u8,
}

#[derive(Clone, Copy, Debug)]
enum Form {
    Scalar,
    One,
    Plain(u32),
    Edges(u32),
    Nodes(u32),
    /// Skipped by a variable that is true.
    Skipped,
    /// An envelope.
    Envelope,
}

impl Node {
    /// Adds one object after the other, as the server would return them.
    fn count(&self) -> u32 {
        let each = if self.is_identity { 2 } else { 1 };
        let (times, each) = match self.form {
            Form::Scalar | Form::Skipped => return 0,
            Form::Envelope => (1, 0),
            Form::One => (1, each),
            Form::Plain(times) | Form::Edges(times) | Form::Nodes(times) => (times, each),
        };
        let mut points = 0;
        for _ in 0..times {
            points += each;
            for child in &self.children {
                points += child.count();
            }
        }
        points
    }
}

/// Writes a document, with or without fragments.
struct Writer {
    has_fragments: bool,
    fragments: String,
    names: u32,
    variables: String,
}

impl Writer {
    fn document(root: &[Node], has_fragments: bool) -> (String, Variables) {
        let mut writer =
            Self { has_fragments, fragments: String::new(), names: 0, variables: "{\"yes\":true".to_owned() };
        let mut body = String::new();
        writer.selections(root, &mut body);
        let variables = read_variables(&(writer.variables + "}")).expect("the variables are JSON");
        (format!("query ($yes: Boolean!) {{ id {body} }}\n{}", writer.fragments), variables)
    }

    fn selections(&mut self, nodes: &[Node], out: &mut String) {
        for node in nodes {
            self.node(node, out);
        }
    }

    fn node(&mut self, node: &Node, out: &mut String) {
        let alias = self.name();
        let (one, many) = if node.is_identity { ("user", "users") } else { ("page", "pages") };
        let mut body = "id ".to_owned();
        self.selections(&node.children, &mut body);
        if self.has_fragments {
            body = self.wrap(node.wrapped, body);
        }
        let text = match node.form {
            Form::Scalar => format!("a{alias}: {one}"),
            Form::One => format!("a{alias}: {one}(id: 1) {{ {body} }}"),
            Form::Skipped => format!("a{alias}: {one} @skip(if: $yes) {{ {body} }}"),
            Form::Envelope => format!("a{alias}: me {{ {body} }}"),
            Form::Plain(times) => format!("a{alias}: {many}(first: {times}) {{ {body} }}"),
            Form::Nodes(times) => format!("a{alias}: {many}(last: {times}) {{ totalCount nodes {{ {body} }} }}"),
            Form::Edges(times) => {
                write!(self.variables, ",\"v{alias}\":{times}").expect("writing to a text");
                format!("a{alias}: {many}(first: $v{alias}) {{ edges {{ cursor n: node {{ {body} }} }} }}")
            }
        };
        out.push_str(&text);
        out.push(' ');
    }

    fn wrap(&mut self, how: u8, body: String) -> String {
        match how {
            0 => body,
            1 => format!("... {{ {body} }}"),
            2 => {
                let name = self.name();
                writeln!(self.fragments, "fragment F{name} on Anything {{ {body} }}").expect("writing to a text");
                format!("...F{name} ...F{name}")
            }
            _ => format!("{body} ... on Anything {{ {body} }}"),
        }
    }

    fn name(&mut self) -> u32 {
        self.names += 1;
        self.names
    }
}

fn any_nodes() -> impl Strategy<Value = Vec<Node>> {
    let form = prop_oneof![
        Just(Form::Scalar),
        Just(Form::One),
        Just(Form::Skipped),
        Just(Form::Envelope),
        (0_u32..4).prop_map(Form::Plain),
        (0_u32..4).prop_map(Form::Edges),
        (0_u32..4).prop_map(Form::Nodes),
    ];
    let node = move |children: BoxedStrategy<Vec<Node>>| {
        (form.clone(), any::<bool>(), 0_u8..4, children).prop_map(|(form, is_identity, wrapped, children)| Node {
            form,
            is_identity,
            children,
            wrapped,
        })
    };
    let leaf = node(Just(Vec::new()).boxed());
    let tree = leaf.prop_recursive(4, 24, 3, move |inner| node(proptest::collection::vec(inner, 0..3).boxed()));
    proptest::collection::vec(tree, 0..4)
}

proptest! {
    #[test]
    fn an_estimate_is_what_a_slow_count_of_every_object_gives(root in any_nodes()) {
        let (document, variables) = Writer::document(&root, true);
        let got = estimate(&document, None, &variables).expect(&document);
        let want = 1 + root.iter().map(Node::count).sum::<u32>();
        prop_assert_eq!((got[0].low, got[0].points, got[0].high), (1, want, want), "{}", document);
        let listed: u32 = got[0].objects.iter().map(|object| object.count * object.points_each).sum();
        prop_assert_eq!(got[0].base + listed, want);
    }

    #[test]
    fn fragments_inlined_by_hand_cost_the_same(root in any_nodes()) {
        let (with, variables) = Writer::document(&root, true);
        let (without, same) = Writer::document(&root, false);
        let cost = |document: &str, variables: &Variables| estimate(document, None, variables).expect(document)[0].points;
        prop_assert_eq!(cost(&with, &variables), cost(&without, &same));
    }

    #[test]
    fn no_text_panics(text in ".*", tokens in proptest::collection::vec("[{}()\\[\\]:$!@|&=\".#\u{e9}]|\\.\\.\\.|[a-z]{1,3}|query|fragment|on|-?[0-9]{1,3}| |\n", 0..60)) {
        let _ = (estimate(&text, None, &Variables::new()), read_variables(&text));
        let _ = estimate(&tokens.concat(), Some("a"), &Variables::new());
    }

    #[test]
    fn no_damaged_document_panics_and_none_costs_less_than_its_base(root in any_nodes(), at in any::<prop::sample::Index>(), with in ".{0,3}", drop in 0_usize..9) {
        let (mut document, variables) = Writer::document(&root, true);
        let start = document.floor_char_boundary(at.index(document.len()));
        let end = document.floor_char_boundary((start + drop).min(document.len()));
        document.replace_range(start..end, &with);
        for got in estimate(&document, None, &variables).unwrap_or_default() {
            prop_assert!(1 == got.low && got.low <= got.points && got.points <= got.high);
        }
    }
}
