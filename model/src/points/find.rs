//! Finds the template that a target is of. Nothing is allocated.

use super::table::{Method, NONE, Node, Row, Shape, Table};
use std::cmp::Ordering;

/// A target with more segments than this is of no template.
const MOST_SEGMENTS: usize = 24;

/// A request's target, taken apart: its segments, without empty ones, and its query.
pub(super) struct Target<'a> {
    segments: [&'a str; MOST_SEGMENTS],
    count: usize,
    /// What stands behind the `?`.
    pub(super) query: &'a str,
}

impl<'a> Target<'a> {
    /// Scheme and host, a leading `/ex/{product}/{cloudId}` and whatever follows a `#` are passed over.
    pub(super) fn of(target: &'a str) -> Self {
        let end_of = |text: &str, is_end: fn(u8) -> bool| text.bytes().position(is_end).unwrap_or(text.len());
        let (path, rest) = target.split_at(end_of(target, |byte| matches!(byte, b'?' | b'#')));
        let query = rest.strip_prefix('?').map_or("", |query| &query[..end_of(query, |byte| byte == b'#')]);
        let host = path.strip_prefix("https://").or_else(|| path.strip_prefix("http://"));
        let path = host.map_or(path, |host| host.split_once('/').map_or("", |(_, path)| path));
        let mut this = Self { segments: [""; MOST_SEGMENTS], count: 0, query };
        let mut rest = path;
        while !rest.is_empty() {
            let (segment, after) = rest.split_at(end_of(rest, |byte| byte == b'/'));
            rest = after.get(1..).unwrap_or_default();
            if segment.is_empty() {
                continue;
            }
            let Some(place) = this.segments.get_mut(this.count) else {
                this.count = 0;
                break;
            };
            *place = segment;
            this.count += 1;
        }
        this
    }

    /// Its segments; none of a target that is too long for any template.
    pub(super) fn segments(&self) -> &[&'a str] {
        match &self.segments[..self.count] {
            ["ex", _, _, rest @ ..] => rest,
            all => all,
        }
    }

    /// The values of a query parameter.
    pub(super) fn values(&self, name: &str) -> impl Iterator<Item = &'a str> {
        let value = move |pair: &'a str| match pair.strip_prefix(name)? {
            "" => Some(""),
            rest => rest.strip_prefix('='),
        };
        self.query.split('&').filter_map(value)
    }
}

impl Table<'_> {
    /// The place of the node where a path ends that has a row for this method, or for any. Where several
    /// templates match, the one that is literal earliest wins.
    pub(super) fn find(&self, segments: &[&str], method: Option<Method>) -> Option<usize> {
        self.descend(0, segments, method)
    }

    fn descend(&self, place: usize, segments: &[&str], method: Option<Method>) -> Option<usize> {
        let node = self.nodes.get(place)?;
        let Some((segment, rest)) = segments.split_first() else {
            let is_row = match method {
                Some(method) => self.row(place, method).is_some(),
                None => node.get != NONE || !self.rows_of(place).is_empty(),
            };
            return is_row.then_some(place);
        };
        let first = usize::from(node.first);
        let children = self.nodes.get(first..first + usize::from(node.children))?;
        let (parameter, literal) = match children.split_last() {
            Some((last, before)) if self.bytes(last.segment).first() == Some(&b'{') => {
                (Some(first + before.len()), before)
            }
            _ => (None, children),
        };
        // Most differ in their first bytes: a loop is faster than a call.
        let order = |child: &Node| {
            let by_length = usize::from(child.segment.len).cmp(&segment.len());
            by_length.then_with(|| self.bytes(child.segment).iter().cmp(segment.as_bytes()))
        };
        let is_same = |child: &Node| compare(self.text(child.segment), segment, true) == Ordering::Equal;
        let named = match segment.as_bytes().contains(&b'%') {
            true => literal.iter().position(is_same),
            false => literal.binary_search_by(order).ok(),
        };
        let found = named.and_then(|at| self.descend(first + at, rest, method));
        found.or_else(|| self.descend(parameter?, rest, method))
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
    pub(super) fn unnamed(&self, segments: &[&str]) -> Option<u8> {
        let is_id = |segment: &&&str| segment.bytes().any(|byte| byte.is_ascii_digit());
        let name = match segments {
            [.., name, id] if is_id(&id) => name,
            [.., name] => name,
            [] => return None,
        };
        let is_escaped = name.contains('%');
        let rule = self.rules.iter().find(|rule| compare(self.text(rule.segment), name, is_escaped) == Ordering::Equal);
        rule.map(|rule| rule.kind)
    }
}

/// Compares a name with a segment, in which bytes may be escaped as `%41`.
fn compare(name: &str, segment: &str, is_escaped: bool) -> Ordering {
    if is_escaped { name.bytes().cmp(decoded(segment)) } else { name.cmp(segment) }
}

fn decoded(segment: &str) -> impl Iterator<Item = u8> {
    let mut rest = segment.as_bytes();
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
