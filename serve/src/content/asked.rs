//! A request, taken apart.

use super::reply::Problem;
use headroom_model::operation::Method;
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// A request to a product's API.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) method: Method,
    /// Before which relative links stand, as in `http://localhost:8080`.
    pub(crate) base: &'a str,
    /// The path as it was sent.
    pub(crate) path: &'a str,
    pub(crate) segments: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: &'a [u8],
}

impl<'a> Asked<'a> {
    /// Of a path that may begin with `/ex/{product}/{cloudId}`, where Confluence's `/wiki` may be left out.
    pub(crate) fn new(method: Method, base: &'a str, target: &'a str, body: &'a [u8]) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let mut segments: Vec<_> = path.split('/').filter(|text| !text.is_empty()).map(decoded).collect();
        if segments.len() >= 3 && segments[0] == "ex" {
            let is_confluence = segments[1] == "confluence";
            segments.drain(..3);
            if is_confluence && segments.first().is_none_or(|first| first != "wiki") {
                segments.insert(0, "wiki".to_owned());
            }
        }
        let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Self { method, base, path, segments, query, body }
    }

    pub(crate) fn parts(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }

    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All values of a name, one after the other, or joined by commas in one.
    pub(crate) fn all<'b>(&'b self, name: &'b str) -> impl Iterator<Item = &'b str> {
        let values = self.query.iter().filter(move |(key, _)| key == name);
        values.flat_map(|(_, value)| value.split(',')).filter(|value| !value.is_empty())
    }

    /// Whether objects that are neither archived nor deleted are asked for: all of this server's are such.
    pub(crate) fn wants_current(&self) -> bool {
        let mut wanted = self.all("status").peekable();
        wanted.peek().is_none() || wanted.any(|status| status == "current" || status == "any")
    }

    /// A number of the query.
    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>, Problem> {
        let read = |text: &str| {
            text.parse().map_err(|_| Problem::bad(format!("`{name}` is `{}`: use a whole number", short(text))))
        };
        self.param(name).map(read).transpose()
    }

    /// The body as a JSON object.
    pub(crate) fn json(&self) -> Result<Value, Problem> {
        let value: Value =
            serde_json::from_slice(self.body).map_err(|error| Problem::bad(format!("the body is no JSON: {error}")))?;
        if value.is_object() { Ok(value) } else { Err(Problem::bad("the body is no JSON object".to_owned())) }
    }

    /// The same target with other values in the query.
    pub(crate) fn target_with(&self, values: &[(&str, &str)]) -> String {
        let others = self.query.iter().filter(|(key, _)| values.iter().all(|(name, _)| name != key));
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(others).extend_pairs(values);
        format!("{}?{}", self.path, query.finish())
    }
}

/// The text at a JSON pointer.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

/// A value in one line and short enough to be read.
pub(crate) fn short(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_debug).collect()
}
