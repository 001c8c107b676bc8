//! What people paste, read back into the answer that it was: what `curl` printed, headers out of a log, a HAR file, an
//! error as JSON or as a console prints it. The form is told by the content, never by the name of a file.
//!
//! ```
//! use headroom_model::capture::{Form, read};
//! use headroom_model::operation::Answer;
//!
//! let capture = read(b"{'Retry-After': '5', 'RateLimit-Reason': 'jira-burst-based'}").unwrap();
//! let Answer::Response(response) = capture.answer else { panic!("headers belong to a response") };
//! assert_eq!((response.status, response.headers.len()), (429, 2));
//! assert_eq!((capture.form, capture.assumed_status), (Form::Headers, true));
//! ```

mod error;
mod lines;
mod names;
mod object;
mod quotes;
mod reader;
mod tree;

pub use error::CaptureError;

use crate::operation::{Answer, Header, Response};
use crate::refusal::{self, TOO_MANY_REQUESTS};
use crate::time::Instant;

/// The longest head that is read, in bytes, with whatever stands before it.
pub const MAX_HEAD_BYTES: usize = 64 * 1_024;
/// The most header fields that are read.
pub const MAX_HEADERS: usize = 256;
/// The longest body that is kept, in bytes.
pub const MAX_BODY_BYTES: usize = 1_024 * 1_024;
/// The most values that a JSON document, such as a HAR file, may have.
pub const MAX_VALUES: usize = 1_000_000;
/// How deep values may lie in each other.
pub const MAX_DEPTH: usize = 100;

/// What was pasted, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// The answer.
    pub answer: Answer,
    /// The request that it answers, where the paste shows it.
    pub request: Option<CapturedRequest>,
    /// What kind of paste it is.
    pub form: Form,
    /// Whether the status is not in the paste but was inferred: 429 if the headers speak of a refusal, else 200.
    pub assumed_status: bool,
    /// When the response arrived, by the clock of whoever recorded it. Only a HAR file tells.
    pub time: Option<Instant>,
    /// How many bytes of the body were dropped, all after the first [`MAX_BODY_BYTES`].
    pub dropped_body_bytes: usize,
}

/// The request as far as a paste shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapturedRequest {
    /// The method as written. A printed `Response` of `fetch` has the URL alone.
    pub method: Option<String>,
    /// The URL; only path and query where the host is not told. `https` is taken for granted.
    pub url: String,
}

/// The kinds of paste.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// An HTTP response with its status line.
    Http,
    /// Headers, in whatever notation.
    Headers,
    /// An entry of a HAR file.
    Har,
    /// A response object, or an error that holds one, of an HTTP client.
    ResponseObject,
    /// An error or a value of a Forge invocation.
    Invocation,
    /// The body of a GraphQL answer.
    GraphQl,
    /// The text of a refusal alone, which gives its sender away.
    Page,
}

/// Reads a paste.
///
/// Of several heads (`100 Continue`, a proxy's, redirects) the last counts; of a HAR file the last entry with status
/// 429, else the last with an error, else the last. A body is kept as it is printed, by then no longer chunked.
///
/// # Errors
/// [`CaptureError`] says what stood there instead of an answer, or which bound was passed. The bounds keep memory small
/// whatever comes in.
pub fn read(bytes: &[u8]) -> Result<Capture, CaptureError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if bytes.trim_ascii().is_empty() {
        return Err(CaptureError::Empty);
    }
    if reader::begins_as_json(bytes) {
        let text = text(bytes, 0)?;
        return object::read(&reader::read_json(&text)?, None)?.ok_or_else(|| unrecognised(bytes));
    }
    let begin = match lines::read(bytes)? {
        lines::Found::Response(capture) => return Ok(capture),
        lines::Found::Nothing(begin) => begin,
    };
    let (before, text) = (text(&bytes[..begin], 0)?, text(&bytes[begin..], begin)?);
    // Few brackets open anything that we know; each try is bounded by the rest of the text, so the tries are, too.
    const TRIES: usize = 8;
    for start in reader::openings(&text).take(TRIES) {
        let status = before.lines().chain(text[..start].lines()).find_map(names::status);
        if let Some(capture) = object::read(&reader::read(&text[start..])?, status)? {
            return Ok(capture);
        }
    }
    // A page that only one server writes says enough without its head.
    if refusal::is_a_known_page(bytes) {
        return Ok(Capture {
            assumed_status: true,
            ..response(Form::Page, Some(TOO_MANY_REQUESTS), Vec::new(), bytes)
        });
    }
    Err(unrecognised(bytes))
}

/// The bytes as text; `start` is their place in the paste.
fn text(bytes: &[u8], start: usize) -> Result<std::borrow::Cow<'_, str>, CaptureError> {
    match bytes.iter().position(|&byte| byte == 0) {
        Some(offset) => Err(CaptureError::Binary { offset: start + offset }),
        None => Ok(String::from_utf8_lossy(bytes)),
    }
}

fn unrecognised(bytes: &[u8]) -> CaptureError {
    const SHOWN_BYTES: usize = 200;
    const SHOWN_CHARS: usize = 40;
    let start = bytes.trim_ascii_start();
    let start = String::from_utf8_lossy(&start[..start.len().min(SHOWN_BYTES)]);
    let line = start.lines().next().unwrap_or_default().trim();
    let mut found: String = line.chars().filter(|char| !char.is_control()).take(SHOWN_CHARS).collect();
    if line.chars().count() > SHOWN_CHARS {
        found.push('…');
    }
    CaptureError::Unrecognised { found }
}

/// A response out of its parts: the status inferred where there is none, the body cut.
fn response(form: Form, status: Option<u16>, headers: Vec<Header>, body: &[u8]) -> Capture {
    let kept = &body[..body.len().min(MAX_BODY_BYTES)];
    let status_or_guess = status.unwrap_or_else(|| if speak_of_a_refusal(&headers) { TOO_MANY_REQUESTS } else { 200 });
    Capture {
        answer: Answer::Response(Response { status: status_or_guess, headers, body: kept.to_vec() }),
        request: None,
        form,
        assumed_status: status.is_none(),
        time: None,
        dropped_body_bytes: body.len() - kept.len(),
    }
}

/// Whether headers without a status are those of a refusal. `Retry-After` and `RateLimit-Reason` come with one
/// (Confluence rate limiting page of 2025-12-12), and so do the marks of the tunnel and of Forge's proxy; but Data Center sends `Retry-After: 0` with successes, beside the
/// rate at which its bucket fills (its documentation, read 2026-11).
fn speak_of_a_refusal(headers: &[Header]) -> bool {
    let value = |name: &str| headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(|h| &*h.value);
    let is_success = value("X-RateLimit-FillRate").is_some() && value("Retry-After") == Some("0");
    const MARKS: [&str; 4] = ["Retry-After", "RateLimit-Reason", "Ngrok-Error-Code", "forge-proxy-error"];
    !is_success && MARKS.iter().any(|mark| value(mark).is_some())
}

/// Adds a field, up to the bound.
fn push(headers: &mut Vec<Header>, name: &str, value: &str) -> Result<(), CaptureError> {
    if headers.len() == MAX_HEADERS {
        return Err(CaptureError::TooLong { what: "header fields", limit: MAX_HEADERS });
    }
    headers.push(Header::new(name, value));
    Ok(())
}
