//! The wire: what is asked for and what comes back, in the words of `wit/types.wit`.

/// One header field. Names compare without regard to case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The name in any case.
    pub name: String,
    /// The value.
    pub value: String,
}

impl Header {
    /// A field of this name and value.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

/// What made Forge call the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A person in a UI module.
    Ui,
    /// An HTTP request to a web trigger.
    WebTrigger,
    /// A Jira workflow module.
    Workflow,
    /// Confluence's `adfExport`.
    AdfExport,
    /// A JQL function.
    JqlFunction,
    /// A scheduled trigger.
    Scheduled,
    /// A product event.
    ProductEvent,
    /// An async event.
    AsyncEvent,
}

impl Trigger {
    /// Whether invocation limits apply. Source: RFC 130, 2026-04-14, table of invocation types: only those led
    /// by users are limited; scheduled triggers have limits of their own, events are retried by the platform.
    #[must_use]
    pub const fn is_rate_limited(self) -> bool {
        !matches!(self, Self::Scheduled | Self::ProductEvent | Self::AsyncEvent)
    }
}

/// Whose invocation it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// The installation's id.
    pub installation: String,
    /// The person's account id.
    pub account: Option<String>,
    /// The environment's id or name.
    pub environment: String,
    /// The kind of trigger.
    pub trigger: Trigger,
}

/// A call of a Forge function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// The function's key.
    pub function_key: String,
    /// JSON text, never read.
    pub payload: String,
    /// Whose call it is.
    pub context: Context,
}

/// An HTTP method, as far as limits tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// GET.
    Get,
    /// HEAD.
    Head,
    /// OPTIONS.
    Options,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
    /// Any other; all of them together.
    Other,
}

impl Method {
    const NAMED: [Self; 7] = [Self::Get, Self::Head, Self::Options, Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// Reads a method, in any case.
    #[must_use]
    pub fn of(method: &str) -> Self {
        let named = Self::NAMED.into_iter().find(|named| named.name().eq_ignore_ascii_case(method));
        named.unwrap_or(Self::Other)
    }

    /// As HTTP writes it; empty for any other.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Other => "",
        }
    }

    /// Whether limits count it as a write.
    #[must_use]
    pub const fn is_write(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::Patch | Self::Delete)
    }
}

/// A call of a product's REST API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The tenant whose data is asked for.
    pub tenant: String,
    /// The HTTP method in any case.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Header fields, never read.
    pub headers: Vec<Header>,
    /// The body, never read.
    pub body: Option<Vec<u8>>,
}

impl Request {
    /// A GET without headers or body.
    pub fn get(tenant: impl Into<String>, path: impl Into<String>) -> Self {
        Self { tenant: tenant.into(), method: "GET".into(), path: path.into(), headers: Vec::new(), body: None }
    }

    /// Whether it goes to a GraphQL endpoint, such as `/graphql` and `/gateway/api/graphql`: its answer may refuse with
    /// any status.
    #[must_use]
    pub fn is_graphql(&self) -> bool {
        let path = self.path.as_bytes().split(|byte| matches!(byte, b'?' | b'#')).next().unwrap_or_default();
        let end = path.iter().rposition(|byte| *byte != b'/').map_or(0, |last| last + 1);
        path[..end].ends_with(b"/graphql")
    }

    /// Whether sending it twice does no harm, by its method. Source: RFC 9110 section 9.2.2.
    #[must_use]
    pub fn is_idempotent(&self) -> bool {
        ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"].iter().any(|m| m.eq_ignore_ascii_case(&self.method))
    }
}

/// What a caller wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Invoke a Forge function.
    Invoke(Invocation),
    /// Send a REST request.
    Rest(Request),
}

/// An HTTP response as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// All header fields in order.
    pub headers: Vec<Header>,
    /// The body.
    pub body: Vec<u8>,
}

/// The answer to one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// An HTTP response.
    Response(Response),
    /// JSON text of the value an invocation resolved to.
    Resolved(String),
    /// JSON text of the error an invocation was rejected with.
    Rejected(String),
}

/// Why an attempt brought no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptError {
    /// The transport gave up waiting.
    TimedOut,
    /// The connection could not be made or broke.
    Connection(String),
    /// Anything else.
    Other(String),
}
