//! Reads values as programs print them: JSON, and what consoles make of an object in JavaScript, Python, Ruby, Java or
//! Go. They differ in brackets, quotes and the sign between name and value, so one tolerant reader takes them all.

use super::names::{is_known, is_token};
use super::quotes::{closing, is_quote, unescape};
use super::tree::{Member, Tree};
use super::{CaptureError, MAX_DEPTH, MAX_VALUES};
use serde::de::IgnoredAny;
use std::borrow::Cow;

/// Whether a paste begins as JSON does, so that it has to be JSON to its end. Ruby's `{"name"=>` does not.
pub(super) fn begins_as_json(bytes: &[u8]) -> bool {
    let bytes = bytes.trim_ascii_start();
    let inner = bytes.get(1..).unwrap_or_default().trim_ascii_start();
    match (bytes.first(), inner.first()) {
        (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b'{' | b']')) => true,
        (Some(b'{'), Some(b'"')) => {
            let after_name = inner[1..].splitn(2, |&byte| byte == b'"').nth(1).unwrap_or_default();
            !after_name.trim_ascii_start().starts_with(b"=")
        }
        _ => false,
    }
}

/// Reads a whole document of JSON.
pub(super) fn read_json(text: &str) -> Result<Tree<'_>, CaptureError> {
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| {
        let why = error.to_string();
        let why = why.rsplit_once(" at line ").map_or(&*why, |(why, _)| why).to_owned();
        CaptureError::Json { line: error.line(), column: error.column(), why }
    })?;
    read(text)
}

/// Reads the value that a text begins with. What is cut off is read as far as it goes.
pub(super) fn read(text: &str) -> Result<Tree<'_>, CaptureError> {
    Reader::new(text).value(Place::TOP)
}

/// Reads members without brackets around them, to the end of the text.
pub(super) fn members(text: &str) -> Result<Vec<Member<'_>>, CaptureError> {
    Reader::new(text).members(None)
}

/// Where brackets open in a text.
pub(super) fn openings(text: &str) -> impl Iterator<Item = usize> + '_ {
    text.match_indices(['{', '[', '(']).map(|(start, _)| start)
}

/// Where a value stands, which tells where it ends.
#[derive(Clone, Copy)]
struct Place {
    closer: Option<char>,
    is_list: bool,
}

impl Place {
    const TOP: Self = Self { closer: None, is_list: false };
}

struct Reader<'a> {
    text: &'a str,
    /// Where we are, in bytes.
    at: usize,
    depth: usize,
    values: usize,
    /// Quotes that nothing closes any more, so that nobody looks for their end twice.
    unclosed: Vec<char>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0, depth: 0, values: 0, unclosed: Vec::new() }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip(&mut self, is_skipped: impl Fn(char) -> bool) {
        self.at = self.text.len() - self.rest().trim_start_matches(is_skipped).len();
    }

    fn eat(&mut self, wanted: &str) -> bool {
        let is_here = self.rest().starts_with(wanted);
        self.at += if is_here { wanted.len() } else { 0 };
        is_here
    }

    fn value(&mut self, place: Place) -> Result<Tree<'a>, CaptureError> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(CaptureError::TooLong { what: "values", limit: MAX_VALUES });
        }
        if self.depth == MAX_DEPTH {
            return Err(CaptureError::TooLong { what: "levels of nesting", limit: MAX_DEPTH });
        }
        self.depth += 1;
        self.skip(char::is_whitespace);
        self.skip_constructor();
        let value = match self.peek() {
            Some('{') => self.object('}'),
            Some('[') => self.sequence(']'),
            Some('(') => self.sequence(')'),
            _ => Ok(self.text_or_word(place)),
        };
        self.depth -= 1;
        value
    }

    /// Passes over the name of a class: `Headers {`, `CaseInsensitiveDict({`, `[Object: null prototype] {`.
    fn skip_constructor(&mut self) {
        let rest = self.rest();
        let after_name = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "_.$".contains(c));
        let spaced = after_name.trim_start_matches(' ');
        let tag = spaced.strip_prefix('[').and_then(after_tag);
        let value = match tag.filter(|after| after.starts_with('{')) {
            Some(after) => after,
            None if spaced.starts_with('{') => spaced,
            None if after_name.starts_with(['(', '[']) => after_name,
            None => return,
        };
        self.at = self.text.len() - value.len();
    }

    fn object(&mut self, closer: char) -> Result<Tree<'a>, CaptureError> {
        self.at += 1;
        Ok(Tree::Object(self.members(Some(closer))?))
    }

    fn members(&mut self, closer: Option<char>) -> Result<Vec<Member<'a>>, CaptureError> {
        let mut members = Vec::new();
        loop {
            self.skip(|char| char.is_whitespace() || matches!(char, ',' | ';'));
            match self.peek() {
                None => return Ok(members),
                Some(char) if Some(char) == closer => {
                    self.at += char.len_utf8();
                    return Ok(members);
                }
                Some(char) => match self.name_before_value() {
                    Some((name, _)) => members.push((name, self.value(Place { closer, is_list: false })?)),
                    // `... 3 more items`, comments and the like.
                    None => {
                        self.at += char.len_utf8();
                        self.skip(|char| !matches!(char, ',' | '\n') && Some(char) != closer);
                    }
                },
            }
        }
    }

    /// A list; or an object, if a name and a sign stand after the bracket, as in Go's `map[Retry-After:[5]]`.
    fn sequence(&mut self, closer: char) -> Result<Tree<'a>, CaptureError> {
        let start = self.at;
        self.at += 1;
        self.skip(char::is_whitespace);
        let inner = self.at;
        if self.name_before_value().is_some_and(|(name, _)| is_known(&name) || self.text[inner..].starts_with(is_quote))
        {
            self.at = start;
            return self.object(closer);
        }
        self.at = inner;
        let mut items = Vec::new();
        loop {
            self.skip(|char| char.is_whitespace() || char == ',');
            if self.peek().is_none() || self.eat(closer.encode_utf8(&mut [0; 4])) {
                break;
            }
            let before = self.at;
            items.push(self.value(Place { closer: Some(closer), is_list: true })?);
            // A bracket that closes nothing.
            self.at += if self.at == before { self.peek().map_or(0, char::len_utf8) } else { 0 };
        }
        // `Headers({...})` is what it holds.
        Ok(if closer == ')' && items.len() == 1 { items.remove(0) } else { Tree::List(items) })
    }

    /// The name at this place and the sign after it, if both stand here; else we stay where we are.
    fn name_before_value(&mut self) -> Option<(Cow<'a, str>, &'static str)> {
        let start = self.at;
        let found = self.name().and_then(|name| {
            self.skip(char::is_whitespace);
            let sign = ["=>", ":", "="].into_iter().find(|sign| self.eat(sign))?;
            (!self.rest().starts_with("//")).then_some((name, sign))
        });
        if found.is_none() {
            self.at = start;
        }
        found
    }

    fn name(&mut self) -> Option<Cow<'a, str>> {
        let rest = self.rest();
        if rest.starts_with(is_quote) {
            return self.string();
        }
        let near = rest.bytes().take(MAX_NAME_BYTES);
        let len = match rest.bytes().next()? {
            b'[' => near.into_iter().position(|byte| byte == b']')? + 1,
            first => {
                let pseudo = usize::from(first == b':');
                pseudo + near.skip(pseudo).take_while(|b| b.is_ascii_alphanumeric() || b"-_.$".contains(b)).count()
            }
        };
        self.at += len;
        (len > 0).then_some(Cow::Borrowed(&rest[..len]))
    }

    fn text_or_word(&mut self, place: Place) -> Tree<'a> {
        let start = self.at;
        if let Some(text) = self.string() {
            if self.is_end_of_text() {
                return Tree::Text(text);
            }
            self.at = start;
        }
        let end = self.end_of_word(place, true).or_else(|| self.end_of_word(place, false)).unwrap_or(self.text.len());
        self.at = end;
        Tree::Word(self.text[start..end].trim_end())
    }

    /// Whether what follows ends a text in quotes. A parameter does not: `"global-app-quota";q=65000` is one value.
    fn is_end_of_text(&mut self) -> bool {
        let after = self.rest().trim_start_matches([' ', '\t']);
        match after.chars().next() {
            None | Some(',' | '}' | ']' | ')' | '>' | '\n' | '\r') => true,
            Some(';') => {
                let at = self.at;
                self.at = self.text.len() - after.len() + 1;
                self.skip(char::is_whitespace);
                let is_quoted = self.rest().starts_with(is_quote);
                let is_parameter = !is_quoted && self.name_before_value().is_some_and(|(name, _)| !is_known(&name));
                self.at = at;
                !is_parameter
            }
            Some(_) => false,
        }
    }

    /// Where text without quotes ends: at the line's end, at the bracket, before the next item or member. What stands
    /// in double quotes inside it does not end it; none if such quotes are not closed.
    fn end_of_word(&mut self, place: Place, heeds_quotes: bool) -> Option<usize> {
        let (start, text) = (self.at, self.text);
        let mut is_quoted = false;
        for (offset, char) in text[start..].char_indices() {
            let at = start + offset;
            let ends = match char {
                '\n' | '\r' => return (!is_quoted).then_some(at),
                '"' if heeds_quotes => {
                    is_quoted = !is_quoted;
                    false
                }
                _ if is_quoted => false,
                ',' if place.is_list => !ends_with_weekday(&text[start..at]),
                ',' | ';' if !place.is_list => self.is_before_member(at + 1, char, place),
                _ => Some(char) == place.closer,
            };
            if ends {
                return Some(at);
            }
        }
        (!is_quoted).then_some(text.len())
    }

    fn is_before_member(&mut self, at: usize, separator: char, place: Place) -> bool {
        let before = std::mem::replace(&mut self.at, at);
        self.skip(|char| matches!(char, ' ' | '\t'));
        let next = self.peek();
        let is_quoted = next.is_some_and(is_quote);
        let is_member = match next {
            None | Some('\n' | '\r') => true,
            next if next == place.closer => true,
            _ => self.name_before_value().is_some_and(|(name, sign)| {
                let is_spaced = self.rest().starts_with(' ');
                is_quoted || is_known(&name) || (separator == ',' && sign == ":" && is_spaced && is_token(&name))
            }),
        };
        self.at = before;
        is_member
    }

    /// A text in quotes; none, and we stay, where no quotes open here or nothing closes them.
    fn string(&mut self) -> Option<Cow<'a, str>> {
        let open = self.peek().filter(|char| is_quote(*char) && !self.unclosed.contains(char))?;
        let inner = &self.rest()[open.len_utf8()..];
        let close = closing(open);
        let mut is_escaped = false;
        let len = inner.find(|char| {
            let is_end = char == close && !is_escaped;
            is_escaped = char == '\\' && !is_escaped;
            is_end
        });
        let Some(len) = len else {
            self.unclosed.push(open);
            return None;
        };
        let token = &self.rest()[..open.len_utf8() + len + close.len_utf8()];
        self.at += token.len();
        let inner = &inner[..len];
        Some(if inner.contains('\\') { unescape(token, inner).into() } else { inner.into() })
    }
}

/// Longer than any name of a header or a class.
const MAX_NAME_BYTES: usize = 128;

/// Whether a comma after this belongs to a date such as `Wed, 08 Oct 2025 14:29:13 GMT`.
fn ends_with_weekday(text: &str) -> bool {
    ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "day"].iter().any(|day| text.ends_with(day))
}

/// What follows the bracket that closes a tag such as `[Object: null prototype]`.
fn after_tag(text: &str) -> Option<&str> {
    let after = text.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || " :_.$".contains(c));
    Some(after.strip_prefix(']')?.trim_start_matches(' '))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[ -~éß“”😀\n\t\u{1}]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[ -~é\\\\\"]{0,6}", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    #[test]
    fn consoles_of_all_languages_print_the_same_tree() {
        let want = serde_json::json!({ "status": 429, "ok": false, "url": null, "by": ["it's", "2"] });
        for printed in [
            "{'status': 429, 'ok': False, 'url': None, 'by': [\"it's\", '2']}",
            "Response {\n  status: 429,\n  ok: false,\n  url: undefined,\n  by: [ \"it's\", '2' ]\n}",
            "{\"status\"=>429, \"ok\"=>false, \"url\"=>nil, \"by\"=>[\"it's\", \"2\"]}",
            "[\n  'status' => 429,\n  'ok' => false,\n  'url' => null,\n  'by' => ['it\\'s', '\\x32'],\n]",
        ] {
            assert_eq!(read(printed).unwrap().to_json(), want, "{printed}");
        }
    }

    proptest! {
        #[test]
        fn json_is_read_as_serde_reads_it(value in any_json(), is_pretty in any::<bool>()) {
            let text = if is_pretty { format!("{value:#}") } else { value.to_string() };
            prop_assert_eq!(read_json(&text).unwrap().to_json(), value);
        }
    }
}
