//! What the members of an object mean: a HAR entry, a client's response or error, a Forge error, GraphQL, headers.

use super::names::{self, is_token, status as status_in};
use super::tree::Tree;
use super::{Capture, CaptureError, CapturedRequest, Form, push, response};
use crate::operation::{Answer, Header};
use crate::properties::{RateLimitProperties, Rejection};
use crate::time::{Instant, Millis};
use base64::Engine;
use std::borrow::Cow;

/// Reads a value; none if it is nothing that we know. `status` is what the text before it says.
pub(super) fn read(tree: &Tree<'_>, status: Option<u16>) -> Result<Option<Capture>, CaptureError> {
    if let Some(Tree::List(entries)) = tree.get("log").and_then(|log| log.get("entries")) {
        return telling_entry(entries).map_or(Ok(None), read_har_entry);
    }
    if tree.get("startedDateTime").is_some() {
        return read_har_entry(tree);
    }
    // The response inside an error says more than the error around it.
    if let Some(inner) = tree.get("response").filter(|inner| is_response(inner)) {
        let request = request_of(tree).or_else(|| request_of(inner));
        return Ok(read_response(inner, Form::ResponseObject, status)?.map(|capture| Capture { request, ..capture }));
    }
    if let Some(capture) = read_invocation(tree, |json| {
        Rejection::read(json).properties.is_some() || RateLimitProperties::read_resolved(json).is_some()
    }) {
        return Ok(Some(capture));
    }
    if is_response(tree) {
        let request = request_of(tree);
        return Ok(read_response(tree, Form::ResponseObject, status)?.map(|capture| Capture { request, ..capture }));
    }
    if is_graphql(tree) {
        let body = tree.to_json().to_string();
        let headers = vec![Header::new("Content-Type", "application/json")];
        return Ok(Some(response(Form::GraphQl, Some(status.unwrap_or(200)), headers, body.as_bytes())));
    }
    if let Some((found, headers)) = headers_of(tree)?.filter(|(_, headers)| names::are_headers(headers)) {
        return Ok(Some(response(Form::Headers, found.or(status), headers, &[])));
    }
    Ok(read_invocation(tree, |_| {
        ["error", "metadata", "message", "stack", "status", "statusCode"].iter().any(|name| tree.get(name).is_some())
    }))
}

/// The entry that a person asks about: the last refused, else the last that failed, else the last.
fn telling_entry<'t, 'a>(entries: &'t [Tree<'a>]) -> Option<&'t Tree<'a>> {
    let status = |entry: &Tree<'_>| entry.get("response").and_then(status_of).unwrap_or(0);
    let last = |wanted: fn(u16) -> bool| entries.iter().rev().find(|entry| wanted(status(entry)));
    last(|status| status == crate::refusal::TOO_MANY_REQUESTS)
        .or_else(|| last(|status| status >= 400))
        .or(entries.last())
}

/// An entry of a HAR file. Its `time` is in milliseconds. Source: HAR 1.2 specification, read 2026-11.
fn read_har_entry(entry: &Tree<'_>) -> Result<Option<Capture>, CaptureError> {
    let Some(inner) = entry.get("response") else { return Ok(None) };
    let started = entry.get("startedDateTime").and_then(Tree::scalar).and_then(Instant::parse_iso);
    let took_ms = entry.get("time").and_then(Tree::scalar).and_then(|ms| ms.parse::<f64>().ok()).unwrap_or(0.0);
    // A float that is negative, too large or no number becomes the nearest integer, or 0.
    let time = started.map(|started| started + Millis(took_ms.round() as u64));
    let capture = read_response(inner, Form::Har, None)?;
    Ok(capture.map(|capture| Capture { request: request_of(entry), time, ..capture }))
}

fn is_response(tree: &Tree<'_>) -> bool {
    let has_headers = matches!(tree.get("headers"), Some(Tree::Object(_) | Tree::List(_)));
    has_headers
        || (status_of(tree).is_some() && ["body", "data", "content"].iter().any(|name| tree.get(name).is_some()))
}

fn read_response(tree: &Tree<'_>, form: Form, status: Option<u16>) -> Result<Option<Capture>, CaptureError> {
    let (found, headers) = tree.get("headers").map(headers_of).transpose()?.flatten().unwrap_or_default();
    let body = body_of(tree);
    Ok(Some(response(form, status_of(tree).or(found).or(status), headers, &body)))
}

/// An error or a value of an invocation. A value has a body and none of what an error has.
fn read_invocation(tree: &Tree<'_>, is_one: impl Fn(&str) -> bool) -> Option<Capture> {
    let Tree::Object(_) = tree else { return None };
    let json = tree.to_json().to_string();
    if !is_one(&json) {
        return None;
    }
    let is_error =
        ["error", "status", "statusCode", "message", "name", "stack"].iter().any(|name| tree.get(name).is_some());
    let is_value = !is_error && tree.get("body").is_some();
    let answer = if is_value { Answer::Resolved(json) } else { Answer::Rejected(json) };
    let (request, time) = (None, None);
    Some(Capture { answer, request, form: Form::Invocation, assumed_status: false, time, dropped_body_bytes: 0 })
}

/// Source: GraphQL specification, section "Response Format", read 2026-11: `data`, `errors`, `extensions`, no others.
fn is_graphql(tree: &Tree<'_>) -> bool {
    let Tree::Object(members) = tree else { return false };
    let is_known = |name: &str| ["data", "errors", "extensions"].contains(&name);
    let has_one = matches!(tree.get("errors"), Some(Tree::List(_))) || tree.get("data").is_some();
    has_one && members.iter().all(|(name, _)| is_known(name))
}

fn status_of(tree: &Tree<'_>) -> Option<u16> {
    ["status", "statusCode", "status_code", "code"].iter().find_map(|name| status_in(tree.get(name)?.scalar()?))
}

fn request_of(tree: &Tree<'_>) -> Option<CapturedRequest> {
    [tree.get("request"), tree.get("config"), Some(tree)].into_iter().flatten().find_map(|place| {
        let text = |name: &str| place.get(name).and_then(Tree::scalar).map(str::to_owned);
        let url = text("url")?;
        // axios splits what it was asked for into two parts.
        let base = text("baseURL").filter(|_| !url.contains("://")).unwrap_or_default();
        let url = if base.is_empty() {
            url
        } else {
            format!("{}/{}", base.trim_end_matches('/'), url.trim_start_matches('/'))
        };
        Some(CapturedRequest { method: text("method").map(|method| method.to_ascii_uppercase()), url })
    })
}

fn body_of(tree: &Tree<'_>) -> Vec<u8> {
    let content = tree.get("content").filter(|content| content.get("text").is_some());
    let is_base64 = content.and_then(|content| content.get("encoding")).and_then(Tree::scalar) == Some("base64");
    let inner = content.and_then(|content| content.get("text"));
    let inner = inner.or_else(|| ["data", "body", "text", "content"].iter().find_map(|name| tree.get(name)));
    match inner {
        Some(Tree::Text(text)) if is_base64 => {
            base64::engine::general_purpose::STANDARD.decode(text.trim()).unwrap_or_else(|_| text.as_bytes().to_vec())
        }
        Some(tree @ (Tree::Object(_) | Tree::List(_))) => tree.to_json().to_string().into_bytes(),
        other => other.and_then(Tree::scalar).unwrap_or_default().as_bytes().to_vec(),
    }
}

type StatusAndHeaders = (Option<u16>, Vec<Header>);

/// The fields of a set of headers in any notation, and the status where it stands among them.
fn headers_of(tree: &Tree<'_>) -> Result<Option<StatusAndHeaders>, CaptureError> {
    let mut found = StatusAndHeaders::default();
    match tree {
        // `Headers { [Symbol(map)]: {...} }`
        Tree::Object(members) if members.len() == 1 && members[0].0.starts_with('[') => {
            return headers_of(&members[0].1);
        }
        Tree::Object(members) => {
            for (name, value) in members {
                add(&mut found, name, value)?;
            }
        }
        // Name and value in turn, as Node's `rawHeaders`.
        Tree::List(items) if items.len() % 2 == 0 && items.iter().all(|item| matches!(item, Tree::Text(_))) => {
            for pair in items.chunks_exact(2) {
                add(&mut found, pair[0].scalar().unwrap_or_default(), &pair[1])?;
            }
        }
        Tree::List(items) => {
            for item in items {
                let (name, value) = match item {
                    Tree::List(pair) if pair.len() == 2 => (Some(&pair[0]), Some(&pair[1])),
                    item => (item.get("name").or_else(|| item.get("key")), item.get("value")),
                };
                let (Some(name), Some(value)) = (name.and_then(Tree::scalar), value) else { return Ok(None) };
                add(&mut found, name, value)?;
            }
        }
        Tree::Text(_) | Tree::Word(_) => return Ok(None),
    }
    Ok(Some(found))
}

/// Adds a member: a repeated field if its value is a list. Java names the status line `null`.
pub(super) fn add(found: &mut StatusAndHeaders, name: &str, value: &Tree<'_>) -> Result<(), CaptureError> {
    let values = if let Tree::List(items) = value { items } else { std::slice::from_ref(value) };
    for value in values {
        let text = match value {
            Tree::Object(_) | Tree::List(_) => Cow::Owned(value.to_json().to_string()),
            scalar => match scalar.scalar() {
                Some(text) => Cow::Borrowed(text.trim()),
                None => continue,
            },
        };
        match name.to_ascii_lowercase().as_str() {
            ":status" | "status" | "null" => found.0 = found.0.or_else(|| status_in(&text)),
            _ if is_token(name) => push(&mut found.1, name, &text)?,
            _ => {}
        }
    }
    Ok(())
}
