//! Finds the template that a target is of. Nothing is allocated.

use super::table::{Method, NONE, Node, Row, Shape, Table};
use std::cmp::Ordering;

/// A target with more segments than this is of no template.
const MOST_SEGMENTS: usize = 24;

/// A request's target, taken apart: its segments, without empty ones, and its query. They are bytes, for each cut
/// through a text asks anew whether it splits a character.
pub(super) struct Target<'a> {
    segments: [&'a [u8]; MOST_SEGMENTS],
    /// How many there are, those for which there is no room included.
    count: usize,
    /// Whether bytes of a segment may be escaped as `%41`.
    is_escaped: bool,
    /// What stands behind the `?`.
    pub(super) query: &'a [u8],
}

impl<'a> Target<'a> {
    /// Scheme and host, a leading `/ex/{product}/{cloudId}` and whatever follows a `#` are passed over.
    pub(super) fn of(target: &'a str) -> Self {
        let target = target.as_bytes();
        let host = target.strip_prefix(b"https://").or_else(|| target.strip_prefix(b"http://"));
        let path = host.map_or(target, |host| until(host, |byte| matches!(byte, b'/' | b'?' | b'#')).1);
        let mut this = Self { segments: [&[]; MOST_SEGMENTS], count: 0, is_escaped: false, query: &[] };
        let (mut start, mut end) = (0, path.len());
        for (at, byte) in path.iter().enumerate() {
            match byte {
                b'/' => {
                    this.push(path.get(start..at).unwrap_or_default());
                    start = at + 1;
                }
                b'%' => this.is_escaped = true,
                b'?' | b'#' => {
                    end = at;
                    break;
                }
                _ => {}
            }
        }
        this.push(path.get(start..end).unwrap_or_default());
        if let Some([b'?', query @ ..]) = path.get(end..) {
            this.query = until(query, |byte| *byte == b'#').0;
        }
        this
    }

    fn push(&mut self, segment: &'a [u8]) {
        if !segment.is_empty() {
            if let Some(place) = self.segments.get_mut(self.count) {
                *place = segment;
            }
            self.count += 1;
        }
    }

    /// Its segments; none of a target that is too long for any template.
    pub(super) fn segments(&self) -> &[&'a [u8]] {
        match self.segments.get(..self.count).unwrap_or_default() {
            [b"ex", _, _, rest @ ..] => rest,
            all => all,
        }
    }

    /// The values of a query parameter.
    pub(super) fn values(&self, name: &[u8]) -> impl Iterator<Item = &'a [u8]> {
        let value = move |pair: &'a [u8]| match pair.strip_prefix(name)? {
            [] => Some(&[][..]),
            [b'=', value @ ..] => Some(value),
            _ => None,
        };
        self.query.split(|byte| *byte == b'&').filter_map(value)
    }
}

/// Splits a text before the first such byte.
fn until(text: &[u8], is_end: impl FnMut(&u8) -> bool) -> (&[u8], &[u8]) {
    text.split_at_checked(text.iter().position(is_end).unwrap_or(text.len())).unwrap_or((text, &[]))
}

impl Table<'_> {
    /// The place of the node where a path ends that has a row for this method, or for any. Where several
    /// templates match, the one that is literal earliest wins.
    pub(super) fn find(&self, target: &Target<'_>, method: Option<Method>) -> Option<usize> {
        self.descend(0, target.segments(), target.is_escaped, method)
    }

    fn descend(
        &self,
        mut place: usize,
        mut segments: &[&[u8]],
        is_escaped: bool,
        method: Option<Method>,
    ) -> Option<usize> {
        while let Some((segment, rest)) = segments.split_first() {
            let node = self.nodes.get(place)?;
            let first = usize::from(node.first);
            let children = self.nodes.get(first..first + usize::from(node.children))?;
            let (parameter, literal) = match children.split_last() {
                Some((last, before)) if self.bytes(last.segment).first() == Some(&b'{') => {
                    (Some(first + before.len()), before)
                }
                _ => (None, children),
            };
            let named = self.named(literal, segment, is_escaped).map(|at| first + at);
            // Mostly there is but one way to go on.
            if let (Some(named), Some(_)) = (named, parameter)
                && let Some(found) = self.descend(named, rest, is_escaped, method)
            {
                return Some(found);
            }
            (place, segments) = (parameter.or(named)?, rest);
        }
        let is_row = match method {
            Some(method) => self.row(place, method).is_some(),
            None => self.nodes.get(place)?.get != NONE || !self.rows_of(place).is_empty(),
        };
        is_row.then_some(place)
    }

    /// Which of these literal nodes a segment is of.
    fn named(&self, literal: &[Node], segment: &[u8], is_escaped: bool) -> Option<usize> {
        if is_escaped && segment.contains(&b'%') {
            return literal
                .iter()
                .position(|child| compare(self.bytes(child.segment), segment, true) == Ordering::Equal);
        }
        // Most differ in their first bytes: a loop is faster than a call.
        let order = |child: &Node| {
            let by_length = usize::from(child.segment.len).cmp(&segment.len());
            by_length.then_with(|| self.bytes(child.segment).iter().cmp(segment))
        };
        literal.binary_search_by(order).ok()
    }

    /// The rows for other methods than GET of the path that ends at a node. They stand in the order of their nodes.
    fn rows_of(&self, place: usize) -> &[Row] {
        let first = self.rows.partition_point(|row| usize::from(row.node) < place);
        let rows = self.rows.get(first..).unwrap_or_default();
        let count = rows.iter().take_while(|row| usize::from(row.node) == place).count();
        &rows[..count]
    }

    /// The row of the path that ends at a node, for a method: the place of the node for GET, behind all nodes for others.
    pub(super) fn row(&self, place: usize, method: Method) -> Option<usize> {
        if method == Method::Get {
            return self.nodes.get(place).filter(|node| node.get != NONE).map(|_| place);
        }
        let at = self.rows.binary_search_by_key(&(place, method), |row| (row.node.into(), row.method)).ok()?;
        Some(self.nodes.len() + at)
    }

    /// The node where the path of a row ends.
    pub(super) fn node(&self, row: usize) -> Option<usize> {
        match row.checked_sub(self.nodes.len()) {
            Some(at) => self.rows.get(at).map(|row| row.node.into()),
            None => Some(row),
        }
    }

    /// What a row returns.
    pub(super) fn shape(&self, row: usize) -> Option<Shape> {
        let get = self.nodes.get(row).map(|node| node.get);
        let shape = get.or_else(|| Some(self.rows.get(row.checked_sub(self.nodes.len())?)?.shape))?;
        self.shapes.get(usize::from(shape)).copied()
    }

    /// The template that ends at a node, as in `/rest/api/{version}/issue/{issueIdOrKey}`.
    pub(super) fn template(&self, place: usize) -> String {
        let Some(node) = self.nodes.get(place).filter(|_| place > 0) else { return String::new() };
        // Nodes stand level by level: the parent is the last whose children begin here or before.
        let parent = self.nodes.partition_point(|node| usize::from(node.first) <= place).saturating_sub(1);
        self.template(parent) + "/" + self.text(node.segment)
    }

    /// The kind of what a path returns that no template names: by its last segment, or, where that looks like an
    /// id, by the one before.
    pub(super) fn unnamed(&self, segments: &[&[u8]]) -> Option<u8> {
        let is_id = |segment: &&&[u8]| segment.iter().any(u8::is_ascii_digit);
        let name = match segments {
            [.., name, id] if is_id(&id) => name,
            [.., name] => name,
            [] => return None,
        };
        let is_escaped = name.contains(&b'%');
        let rule =
            self.rules.iter().find(|rule| compare(self.bytes(rule.segment), name, is_escaped) == Ordering::Equal);
        rule.map(|rule| rule.kind)
    }
}

/// Compares a name with a segment, in which bytes may be escaped as `%41`.
fn compare(name: &[u8], segment: &[u8], is_escaped: bool) -> Ordering {
    if is_escaped { name.iter().copied().cmp(decoded(segment)) } else { name.cmp(segment) }
}

fn decoded(segment: &[u8]) -> impl Iterator<Item = u8> {
    let mut rest = segment;
    std::iter::from_fn(move || {
        let (first, after) = rest.split_first()?;
        let digit = |at: usize| char::from(*after.get(at)?).to_digit(16);
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                rest = &after[2..];
                u8::try_from(high * 16 + low).ok()
            }
            _ => {
                rest = after;
                Some(*first)
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Takes a target apart in one step after the other: segments and query.
    fn slow(target: &str) -> (Vec<&str>, &str) {
        let (target, _) = target.split_once('#').unwrap_or((target, ""));
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let host = path.strip_prefix("https://").or(path.strip_prefix("http://"));
        let path = host.map_or(path, |host| host.split_once('/').map_or("", |(_, path)| path));
        let all: Vec<_> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        match &all[..] {
            too_many if too_many.len() > MOST_SEGMENTS => (vec![], query),
            ["ex", _, _, rest @ ..] => (rest.to_vec(), query),
            _ => (all, query),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn a_target_is_its_segments_and_its_query(
            host in "(https?://?[a-z]{0,3})?",
            path in "(/ex/[a-z]/1)?(/{0,2}[a-zß%.]{0,3}){0,6}|(/a){22,27}",
            rest in "[?#&=/ab]{0,9}",
        ) {
            let text = host + &path + &rest;
            let (target, (segments, query)) = (Target::of(&text), slow(&text));
            let bytes: Vec<_> = segments.iter().map(|segment| segment.as_bytes()).collect();
            prop_assert_eq!((target.segments(), target.query), (&bytes[..], query.as_bytes()), "{}", &text);
            prop_assert!(target.is_escaped || segments.iter().all(|segment| !segment.contains('%')));
            let of_a = |pair: &str| (pair == "a").then(String::new).or(pair.strip_prefix("a=").map(str::to_owned));
            let values: Vec<_> = query.split('&').filter_map(of_a).collect();
            prop_assert!(target.values(b"a").eq(values.iter().map(String::as_bytes)));
        }
    }
}
