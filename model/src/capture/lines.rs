//! Heads written line by line: what `curl -i`, `curl -v`, `wget -S` and HTTPie print, browsers copy, and logs hold.

use super::names::{are_headers, is_known, is_telling, is_token, status};
use super::object::add;
use super::quotes::is_quote;
use super::reader::members;
use super::{Capture, CaptureError, CapturedRequest, Form, MAX_HEAD_BYTES, push, response};
use crate::operation::Header;
use std::borrow::Cow;

/// What was found.
pub(super) enum Found {
    /// A head, and the body after it.
    Response(Capture),
    /// No head; another form may begin at this byte or after it.
    Nothing(usize),
}

/// Reads a head and the body after it.
pub(super) fn read(bytes: &[u8]) -> Result<Found, CaptureError> {
    let mut lines = Lines { bytes, at: 0 };
    let mut head = Head::default();
    let mut body: Cow<'_, [u8]> = Cow::Borrowed(&[]);
    loop {
        let start = lines.at;
        let Some(raw) = lines.next() else { break };
        if lines.at > MAX_HEAD_BYTES {
            let too_long = CaptureError::TooLong { what: "bytes of head", limit: MAX_HEAD_BYTES };
            return if head.is_response() { Err(too_long) } else { Ok(Found::Nothing(0)) };
        }
        let text = clean(raw, start)?;
        let (mut side, line) = side_of(&text);
        // A response behind `>` is a quotation in a mail or a forum.
        head.is_quotation |= matches!(side, Side::Request) && line.starts_with("HTTP/");
        if head.is_quotation && matches!(side, Side::Request) {
            side = Side::Response;
        }
        match side {
            Side::Info => {}
            Side::Request => head.take_request_line(line),
            Side::Response if !line.trim().is_empty() => {
                if !head.is_response() && status(line).is_none() && opens_brackets(line) {
                    return Ok(Found::Nothing(start));
                }
                head.take(line)?;
            }
            Side::Response if head.is_response() && !another_head_follows(lines, head.status.is_some()) => {
                body = rest(lines, raw.starts_with(b"<"));
                break;
            }
            Side::Response => head.is_request = false,
        }
    }
    if !head.is_response() {
        return Ok(Found::Nothing(0));
    }
    let form = if head.is_http { Form::Http } else { Form::Headers };
    let request = head.request();
    Ok(Found::Response(Capture { request, ..response(form, head.status, head.headers, &body) }))
}

/// Lines that end with CRLF, LF or a lone CR.
#[derive(Clone, Copy)]
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    /// A line longer than a head may be is cut: whoever reads it sees by its place that it is too long.
    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        let rest = &rest[..rest.len().min(MAX_HEAD_BYTES + 1)];
        let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(rest.len());
        let ending = if rest[end..].starts_with(b"\r\n") { 2 } else { 1 };
        self.at += end + ending;
        Some(&rest[..end])
    }
}

/// The line as text without the colours of a terminal.
fn clean(raw: &[u8], start: usize) -> Result<Cow<'_, str>, CaptureError> {
    const ESCAPE: u8 = 0x1B;
    let is_binary = |byte: &u8| byte.is_ascii_control() && !matches!(*byte, b'\t' | ESCAPE);
    if let Some(place) = raw.iter().position(is_binary) {
        return Err(CaptureError::Binary { offset: start + place });
    }
    let text = String::from_utf8_lossy(raw);
    if !raw.contains(&ESCAPE) {
        return Ok(text);
    }
    let after_colour = |part: &'_ str| part.split_once('m').map_or_else(String::new, |(_, after)| after.to_owned());
    let mut parts = text.split('\u{1B}');
    let first = parts.next().unwrap_or_default().to_owned();
    Ok(Cow::Owned(parts.fold(first, |line, part| line + &after_colour(part))))
}

enum Side {
    Request,
    Response,
    /// What a tool says about itself.
    Info,
}

/// Whose line it is, and the line without the signs of `curl -v`, of Java's wire logs and of Python's `http.client`.
fn side_of(line: &str) -> (Side, &str) {
    let is_meter =
        ["--:--:--", "% Total", "Dload  Upload"].iter().any(|part| line.contains(part)) && field(line).is_none();
    let is_data = line.ends_with("data]") && (line.starts_with("{ [") || line.starts_with("} ["));
    if line.starts_with("* ") || is_meter || is_data {
        return (Side::Info, "");
    }
    if let Some(line) = line.strip_prefix('>').filter(|rest| rest.is_empty() || rest.starts_with(' ')) {
        return (Side::Request, line.trim());
    }
    let wire = line.split_once("http-outgoing-").and_then(|(_, after)| after.split_once(" << ")).map(|(_, line)| line);
    if let Some(line) = wire.or_else(|| line.strip_prefix("header: ")) {
        return (Side::Response, line.trim_matches('"'));
    }
    match line.strip_prefix('<').filter(|rest| rest.is_empty() || rest.starts_with(' ')) {
        Some(line) => (Side::Response, line.get(1..).unwrap_or_default()),
        None => (Side::Response, line),
    }
}

fn opens_brackets(line: &str) -> bool {
    let line = without_log_prefix(line);
    field(line).is_none_or(|(name, _)| !is_known(name))
        && (line.starts_with(['{', '[', '(']) || line.ends_with(['{', '[', '(']))
}

/// Whether another head comes after a blank line: with a status line, or, if there was none so far, with fields.
fn another_head_follows(lines: Lines<'_>, has_status: bool) -> bool {
    for raw in lines.take_while(|raw| raw.len() <= MAX_HEAD_BYTES).take(MAX_LINES_BETWEEN) {
        let Ok(text) = clean(raw, 0) else { return false };
        let (side, line) = side_of(&text);
        match side {
            Side::Response if !line.trim().is_empty() => {
                let line = line.trim();
                return line.starts_with("HTTP/") && status(line).is_some()
                    || !has_status && field(line).is_some_and(|(name, _)| is_telling(name));
            }
            _ => {}
        }
    }
    false
}

/// `curl -v` says a few lines between two heads.
const MAX_LINES_BETWEEN: usize = 64;

/// The body; that of `curl -v` without what curl says in between.
fn rest(lines: Lines<'_>, is_verbose: bool) -> Cow<'_, [u8]> {
    let body = lines.bytes.get(lines.at..).unwrap_or_default();
    if !is_verbose {
        return Cow::Borrowed(body);
    }
    let is_said =
        |line: &[u8]| line.starts_with(b"* ") || line.starts_with(b"{ [") && line.trim_ascii_end().ends_with(b"data]");
    let mut kept = Vec::new();
    for line in body.split_inclusive(|&byte| byte == b'\n').filter(|line| !is_said(line)) {
        kept.extend_from_slice(line);
    }
    // It also says so right behind a body that does not end its line.
    const LEFT: &[u8] = b"* Connection #";
    const LEFT_BYTES: usize = 200;
    let tail = kept.len().saturating_sub(LEFT_BYTES);
    if let Some(at) = kept[tail..].windows(LEFT.len()).position(|part| part == LEFT) {
        kept.truncate(tail + at);
    }
    Cow::Owned(kept)
}

#[derive(Default)]
struct Head {
    status: Option<u16>,
    is_http: bool,
    headers: Vec<Header>,
    /// How far the first field is indented: what is deeper goes on with the value before it.
    indent: usize,
    /// Whether we are among the fields of a request.
    is_request: bool,
    /// Whether each line stands behind `>`.
    is_quotation: bool,
    method: Option<String>,
    target: Option<String>,
    host: Option<String>,
    /// The label of a browser whose value stands on the next line.
    label: String,
}

impl Head {
    fn is_response(&self) -> bool {
        self.is_http || are_headers(&self.headers) || (self.status.is_some() && !self.headers.is_empty())
    }

    fn take(&mut self, line: &str) -> Result<(), CaptureError> {
        let indent = line.len() - line.trim_start().len();
        let line = if self.is_http && field(line.trim()).is_some() { line.trim() } else { without_log_prefix(line) };
        let in_quotes = line.strip_prefix("reply: '").unwrap_or(line);
        if let (true, Some(status)) = (in_quotes.starts_with("HTTP/"), status(in_quotes)) {
            (self.status, self.is_http, self.is_request) = (Some(status), true, false);
            self.headers.clear();
            return Ok(());
        }
        if self.is_request {
            self.take_request_line(line);
            self.is_request = !line.to_ascii_lowercase().starts_with("response headers");
            return Ok(());
        }
        let goes_on = indent > self.indent && (self.is_http || !begins_field(line));
        let is_split = |last: &&mut Header| last.value.is_empty() && !self.is_http && is_value(line);
        if let Some(last) = self.headers.last_mut().filter(|last| goes_on || is_split(last)) {
            last.value.push_str(if last.value.is_empty() { "" } else { " " });
            last.value.push_str(line);
            return Ok(());
        }
        self.indent = if self.headers.is_empty() { indent } else { self.indent };
        self.take_fields(line)
    }

    fn take_fields(&mut self, line: &str) -> Result<(), CaptureError> {
        // Below a status line nothing is left to guess.
        if self.is_http {
            return field(line).map_or(Ok(()), |(name, value)| push(&mut self.headers, name, value));
        }
        let label = std::mem::take(&mut self.label);
        let line = if label.is_empty() { line } else { &format!("{label} {line}") };
        let lower = line.to_ascii_lowercase();
        if ["status code:", "request url:", "request method:"].contains(&&*lower) {
            lower.clone_into(&mut self.label);
        } else if lower.starts_with("request headers") || request_line(line).is_some() {
            self.is_request = true;
            self.take_request_line(line);
        } else if let Some(status) = status(line) {
            self.status = self.status.or(Some(status));
        } else if lower.starts_with("request url:") || lower.starts_with("request method:") {
            self.take_request_line(line);
        } else if line.starts_with(is_quote) || holds_several(line) {
            let mut found = (None, std::mem::take(&mut self.headers));
            for (name, value) in members(line)? {
                add(&mut found, &name, &value)?;
            }
            self.status = self.status.or(found.0);
            self.headers = found.1;
        } else if let Some((name, value)) = field(line).filter(|_| !is_url(line)) {
            push(&mut self.headers, name, without_quotes(value))?;
        } else if is_telling(line) || !self.headers.is_empty() && is_known(line) {
            // The value comes on the next line.
            push(&mut self.headers, line, "")?;
        }
        Ok(())
    }

    fn take_request_line(&mut self, line: &str) {
        if let Some((method, target)) = request_line(line) {
            (self.method, self.target, self.host) = (Some(method.to_owned()), Some(target.to_owned()), None);
        } else if let Some((name, value)) = line.split_once(':') {
            match name.to_ascii_lowercase().as_str() {
                "host" => self.host = Some(value.trim().to_owned()),
                "request url" => self.target = Some(value.trim().to_owned()),
                "request method" => self.method = Some(value.trim().to_owned()),
                _ => {}
            }
        }
    }

    fn request(&self) -> Option<CapturedRequest> {
        let target = self.target.as_deref()?;
        let host = self.host.as_deref().filter(|_| target.starts_with('/'));
        let url = host.map_or_else(|| target.to_owned(), |host| format!("https://{host}{target}"));
        Some(CapturedRequest { method: self.method.clone(), url })
    }
}

/// Whether a line can be the value of the field on the line before: browsers copy them as two lines.
fn is_value(line: &str) -> bool {
    (field(line).is_none() || is_url(line)) && (line.len() == 3 || status(line).is_none())
}

/// `https:` names no field.
fn is_url(line: &str) -> bool {
    line.split_once(':').is_some_and(|(_, after)| after.starts_with("//"))
}

/// Whether a field begins here, however far the line is indented.
fn begins_field(line: &str) -> bool {
    line.starts_with(is_quote) || field(line).is_some_and(|(name, _)| is_telling(name))
}

/// `GET /path HTTP/1.1`
fn request_line(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split_ascii_whitespace();
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    let is_method = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
    (is_method && version.starts_with("HTTP/")).then_some((method, target))
}

/// `Name: value`
fn field(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    Some((name.trim_end(), value.trim())).filter(|(name, _)| is_token(name))
}

/// A value without the quotes and the comma that JavaScript puts around it. Double quotes alone may be its own.
fn without_quotes(value: &str) -> &str {
    let inner = value.strip_suffix(',').unwrap_or(value);
    let between = |quote: char| inner.strip_prefix(quote).and_then(|inner| inner.strip_suffix(quote));
    between('\'').or_else(|| between('"').filter(|_| inner.len() < value.len())).unwrap_or(value)
}

/// Whether fields stand side by side: `Retry-After=5; X-RateLimit-Limit=100`, `Retry-After: 5, X-RateLimit-Limit: 100`.
fn holds_several(line: &str) -> bool {
    let name =
        |part: &str| part.trim_start().find([':', '=', ' ']).map_or("", |end| &part.trim_start()[..end]).to_owned();
    let is_pair = field(line).is_none() && line.contains('=');
    is_known(&name(line))
        && (is_pair
            || line.split([',', ';']).skip(1).any(|part| is_telling(&name(part)) && field(part.trim()).is_some()))
}

/// What was logged, without the timestamp and the level before it. What stands alone on its line was logged itself.
fn without_log_prefix(line: &str) -> &str {
    const LEVELS: &[&str] = &["TRACE", "DEBUG", "INFO", "WARN", "WARNING", "ERROR"];
    let mut rest = line.trim();
    while let Some((word, after)) = rest.split_once(' ') {
        let inner = word.trim_matches(['[', ']', ':']);
        let is_stamp = inner.len() > 4
            && inner.starts_with(|c: char| c.is_ascii_digit())
            && inner.bytes().all(|b| b.is_ascii_digit() || b"-:.,+TZ/".contains(&b));
        if !is_stamp && !LEVELS.contains(&inner) {
            break;
        }
        rest = after.trim_start();
    }
    rest
}
