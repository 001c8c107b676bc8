//! Counts the objects that a request asks for, before its answer is there.

use super::find::Target;
use super::table::{MOST_OBJECTS, Method, Returns, Shape, Table};

/// Objects of one kind in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Their kind.
    pub(super) kind: u8,
    /// How many, at least.
    pub(super) low: u32,
    /// Most probably.
    pub(super) likely: u32,
    /// At most.
    pub(super) high: u32,
    /// Where in each object of the first line they are; in the first line, where in the answer.
    pub(super) list: u8,
    /// Whether nothing but a list is meant there.
    pub(super) is_list: bool,
}

impl Line {
    /// A line about objects that are known.
    pub(super) const fn exactly(kind: u8, count: u32) -> Self {
        Self { kind, low: count, likely: count, high: count, list: 0, is_list: false }
    }
}

/// What a method means for the price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    /// HEAD and OPTIONS: no object is returned.
    NoBody,
    /// A method that rows are about. An unknown one is taken for a read, which costs more.
    Of(Method),
}

impl Verb {
    /// Reads a method, in any case.
    pub(super) fn of(method: &str) -> Self {
        let is = |name: &str| name.eq_ignore_ascii_case(method);
        let all = [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete];
        match all.into_iter().find(|method| is(method.name())) {
            Some(method) => Self::Of(method),
            None if is("HEAD") || is("OPTIONS") => Self::NoBody,
            None => Self::Of(Method::Get),
        }
    }
}

/// What a price rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Basis {
    /// A row: which of the tables, and its place there.
    Row(usize, usize),
    /// A write costs the base.
    Write,
    /// What has no body costs the base.
    NoBody,
    /// A read that no template names.
    Unnamed,
}

/// Gives the lines of a request, that of its own objects first; says what they rest on. Of several tables, the first
/// that has a row wins. `objects` is how many objects of its own there are, if that is known.
pub(super) fn reckon(
    tables: &[Table<'_>],
    verb: Verb,
    target: &Target<'_>,
    objects: Option<u32>,
    mut each: impl FnMut(Line),
) -> Basis {
    let Verb::Of(method) = verb else { return Basis::NoBody };
    for (at, table) in tables.iter().enumerate() {
        let row = table.find(target, Some(method)).and_then(|node| table.row(node, method));
        if let Some((row, shape)) = row.and_then(|row| Some((row, table.shape(row)?))) {
            lines(table, shape, method, target, objects, each);
            return Basis::Row(at, row);
        }
    }
    if method != Method::Get {
        return Basis::Write;
    }
    let kind = tables.iter().find_map(|table| table.unnamed(target.segments())).unwrap_or(0);
    each(Line::exactly(kind, objects.unwrap_or(1).min(MOST_OBJECTS)));
    Basis::Unnamed
}

#[cfg(feature = "full")]
/// The template of a target, whatever its method: which of the tables, and the place of its node.
pub(super) fn template(tables: &[Table<'_>], verb: Verb, target: &Target<'_>) -> Option<(usize, usize)> {
    let method = if let Verb::Of(method) = verb { Some(method) } else { None };
    let find = |method| tables.iter().enumerate().find_map(|(at, table)| Some((at, table.find(target, method)?)));
    method.and_then(|method| find(Some(method))).or_else(|| find(None))
}

fn lines(
    table: &Table<'_>,
    shape: Shape,
    method: Method,
    target: &Target<'_>,
    objects: Option<u32>,
    mut each: impl FnMut(Line),
) {
    let main = own(table, shape, method, target, objects);
    if shape.returns == Returns::Nothing {
        return;
    }
    each(main);
    if target.query.is_empty() {
        return;
    }
    let first = usize::from(shape.expansion);
    let expansions = table.expansions.get(first..first + usize::from(shape.expansions)).unwrap_or_default();
    // Most expansions of a template are asked for by one parameter, which most queries have once or not at all.
    let (mut by, mut first, mut others) = (None, None, false);
    for expansion in expansions {
        let values = || target.values(table.name_bytes(expansion.by));
        if by != Some(expansion.by) {
            let mut values = values();
            (by, first) = (Some(expansion.by), values.next());
            others = first.is_some() && values.next().is_some();
        }
        let name = table.name_bytes(expansion.name);
        let is_asked = |value| is_asked(name, value);
        if !(first.is_some_and(is_asked) || others && values().any(is_asked)) {
            continue;
        }
        // A single object is there in each; a list may be empty.
        let (low, count) = if expansion.count == 0 { (1, 1) } else { (0, u32::from(expansion.count)) };
        let times = |objects: u32, count: u32| (objects * count).min(MOST_OBJECTS);
        each(Line {
            kind: expansion.kind,
            low: times(main.low, low),
            likely: times(main.likely, count),
            high: times(main.high, count),
            list: expansion.list,
            is_list: false,
        });
    }
}

fn own(table: &Table<'_>, shape: Shape, method: Method, target: &Target<'_>, objects: Option<u32>) -> Line {
    let (count, most) = (u32::from(shape.count), u32::from(shape.most));
    let by = table.name_bytes(shape.by);
    let asked = if by.is_empty() { None } else { target.values(by).find_map(whole) };
    let (low, likely, high) = match (objects.map(|objects| objects.min(MOST_OBJECTS)), shape.returns) {
        (Some(objects), _) => (objects, objects, objects),
        (None, Returns::One) => (1, 1, 1),
        (None, Returns::Nothing) => (0, 0, 0),
        (None, Returns::Page | Returns::Whole) => match asked {
            Some(asked) => (0, asked.min(most), asked.min(most)),
            // The body of a POST can ask for more, and it is not looked at.
            None if shape.returns == Returns::Whole || method == Method::Post => (0, count, most),
            None => (0, count, count),
        },
    };
    let is_list =
        matches!(shape.returns, Returns::Page | Returns::Whole) && !table.name_bytes(shape.list).contains(&b'*');
    Line { kind: shape.kind, low, likely, high, list: shape.list, is_list }
}

/// A whole number; more than there is room for is as much as there is.
fn whole(value: &[u8]) -> Option<u32> {
    let with = |number: u32, digit: &u8| number.saturating_mul(10).saturating_add((digit - b'0').into());
    let is_number = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    is_number.then(|| value.iter().fold(0, with))
}

/// Whether a value of the query asks for an expansion, or for something inside it: `expand=space.homepage` brings the
/// space.
fn is_asked(name: &[u8], value: &[u8]) -> bool {
    if name.is_empty() {
        return value == b"true";
    }
    let mut rest = value;
    loop {
        // Many libraries escape the comma as `%2C`.
        rest = rest.strip_prefix(b"2C").or(rest.strip_prefix(b"2c")).unwrap_or(rest);
        let Some((part, after)) = rest.split_at_checked(name.len()) else { return false };
        if part == name && matches!(after, [] | [b'.' | b',' | b'%', ..]) {
            return true;
        }
        // A comma in the last bytes leaves no room for the name.
        let Some(end) = rest.iter().take(after.len()).position(|byte| matches!(byte, b',' | b'%')) else {
            return false;
        };
        rest = rest.get(end + 1..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Takes all parts of the value apart first.
    fn is_asked_slowly(name: &str, value: &str) -> bool {
        let unescaped =
            value.split([',', '%']).map(|part| part.strip_prefix("2C").or(part.strip_prefix("2c")).unwrap_or(part));
        let begins = |part: &str| part == name || part.starts_with(&format!("{name}."));
        if name.is_empty() { value == "true" } else { unescaped.into_iter().any(begins) }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn a_value_asks_for_what_one_of_its_parts_begins_with(
            name in "[ab]{0,3}(\\.[ab])?",
            value in "(true|[ab]{0,3}|[ab,%.c]{0,6}|%2[Cc]|2C){0,5}",
        ) {
            prop_assert_eq!(is_asked(name.as_bytes(), value.as_bytes()), is_asked_slowly(&name, &value));
        }

        #[test]
        fn a_number_that_has_no_room_is_the_largest(value in "[0-9]{0,12}|[0-9a-]{0,4}|4294967[0-9]{3}") {
            let number = value.bytes().all(|byte| byte.is_ascii_digit()).then(|| value.parse().unwrap_or(u32::MAX));
            prop_assert_eq!(whole(value.as_bytes()), number.filter(|_| !value.is_empty()));
        }
    }
}
