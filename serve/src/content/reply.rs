//! An answer to be: its body, how many objects it holds, and what it changes.

use super::Api;
use super::site::Change;
use serde_json::{Value, json};

/// What a product answers if nothing refuses.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) kind: &'static str,
    pub(crate) body: Vec<u8>,
    /// Objects in the body: what a read is charged by.
    pub(crate) objects: u32,
    /// Further header fields.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// What is written when the call is admitted.
    pub(crate) change: Option<Change>,
}

impl Reply {
    /// JSON with so many objects in it.
    pub(crate) fn json(value: &Value, objects: usize) -> Self {
        Self {
            status: 200,
            kind: "application/json",
            body: value.to_string().into_bytes(),
            objects: u32::try_from(objects).unwrap_or(u32::MAX),
            headers: Vec::new(),
            change: None,
        }
    }

    /// One object.
    pub(crate) fn one(value: &Value) -> Self {
        Self::json(value, 1)
    }

    /// A write that answers with what it wrote.
    pub(crate) fn written(status: u16, value: &Value, change: Change) -> Self {
        Self { status, change: Some(change), ..Self::json(value, 1) }
    }

    /// A write that answers with nothing.
    pub(crate) fn silent(change: Change) -> Self {
        Self { status: 204, body: Vec::new(), objects: 0, change: Some(change), ..Self::json(&Value::Null, 0) }
    }

    /// The content of a file.
    pub(crate) fn bytes(kind: &'static str, content: &[u8]) -> Self {
        Self { kind, body: content.to_vec(), ..Self::json(&Value::Null, 0) }
    }

    /// Another place to look at.
    pub(crate) fn found_at(target: String) -> Self {
        Self { status: 302, headers: vec![("Location", target)], ..Self::json(&json!({}), 0) }
    }

    /// The same body as the one member of another.
    pub(crate) fn within(self, name: &str) -> Self {
        let body = [b"{\"", name.as_bytes(), b"\":", &self.body, b"}"].concat();
        Self { body, ..self }
    }

    /// An error in the product's format.
    pub(crate) fn problem(api: Api, problem: &Problem) -> Self {
        let Problem { status, message } = problem;
        let body = match api {
            Api::ConfluenceV1 => json!({
                "statusCode": status,
                "data": { "authorized": true, "valid": true, "errors": [], "successful": true },
                "message": message,
            }),
            Api::ConfluenceV2 => json!({ "errors": [{
                "status": status, "code": problem.code(), "title": message, "detail": null,
            }] }),
            Api::Jira => json!({ "errorMessages": [message], "errors": {} }),
            Api::Bitbucket => json!({ "type": "error", "error": { "message": message } }),
        };
        Self { status: *status, ..Self::json(&body, 0) }
    }
}

/// Why a request cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    pub(crate) message: String,
}

impl Problem {
    /// What was sent makes no sense.
    pub(crate) const fn bad(message: String) -> Self {
        Self { status: 400, message }
    }

    /// There is no such object.
    pub(crate) fn missing(what: &str) -> Self {
        Self { status: 404, message: format!("There is no {what} with this id here.") }
    }

    /// The real product may have this path; this server does not.
    pub(crate) fn unknown() -> Self {
        let message = "This server has no such endpoint: headroom serve knows a part of each API.".to_owned();
        Self { status: 404, message }
    }

    /// The bound of what can be written is reached.
    pub(crate) fn full() -> Self {
        let message = "No room is left for writes: start anew with POST /_headroom/reset.".to_owned();
        Self { status: 507, message }
    }

    const fn code(&self) -> &'static str {
        match self.status {
            400 => "INVALID_REQUEST",
            404 => "NOT_FOUND",
            409 => "CONFLICT",
            _ => "UNKNOWN",
        }
    }
}
