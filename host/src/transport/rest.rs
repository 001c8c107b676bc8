//! REST requests by reqwest.

use super::{ATTEMPT_TIMEOUT, LONGEST_BODY_BYTES, Transport};
use crate::observe;
use crate::types::{Answer, AttemptCount, AttemptError, Header, Operation, Request, Response};
use futures::future::{BoxFuture, FutureExt};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, ClientBuilder, Method, redirect, retry};
use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

pub use reqwest::Url;

/// A server of Atlassian's is reached in tenths of a second; one that cannot be is better known soon.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Within one server a moved resource needs one or two.
const MOST_REDIRECTS: usize = 5;

/// Fields that belong to one connection, or to what the client decodes by itself.
const NOT_HANDED_ON: [&str; 6] =
    ["host", "content-length", "connection", "transfer-encoding", "accept-encoding", "expect"];

/// Sends REST requests over HTTP, each exactly once.
///
/// | part | default |
/// | --- | --- |
/// | [`authorization`](RestBuilder::authorization) | none: what the request's own fields say |
/// | [`client`](RestBuilder::client) | one of its own: connects within 10 s, asks for gzip, does not retry, and follows up to 5 redirects within a server, none to another: such a redirect is the answer |
/// | [`timeout`](RestBuilder::timeout) | 60 s from the connection to the end of the body |
/// | [`most_body_bytes`](RestBuilder::most_body_bytes) | 16 MiB, decoded |
///
/// It needs a tokio runtime with input and output enabled, as reqwest does.
#[derive(Clone)]
pub struct RestTransport(Arc<Parts>);

struct Parts {
    base: Base,
    authorization: Option<Authorization>,
    client: Client,
    timeout: Duration,
    most_body_bytes: usize,
}

type Base = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;
type Authorization = Box<dyn Fn(&str) -> BoxFuture<'static, Result<String, String>> + Send + Sync>;

/// Makes a [`RestTransport`].
#[must_use]
pub struct RestBuilder {
    base: Base,
    authorization: Option<Authorization>,
    client: Option<Client>,
    timeout: Duration,
    most_body_bytes: usize,
}

impl RestTransport {
    /// `base` gives a tenant's address, such as `https://acme.atlassian.net` or
    /// `https://api.atlassian.com/ex/confluence/{cloudId}`; none: there is no such tenant, and its requests fail.
    pub fn builder(base: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> RestBuilder {
        RestBuilder {
            base: Box::new(base),
            authorization: None,
            client: None,
            timeout: ATTEMPT_TIMEOUT, // for those who send without a limiter
            most_body_bytes: LONGEST_BODY_BYTES,
        }
    }

    /// As [`RestTransport::builder`], with one address for all tenants.
    pub fn at(base: impl Into<String>) -> RestBuilder {
        let base = base.into();
        Self::builder(move |_| Some(base.clone()))
    }
}

impl RestBuilder {
    /// Gives each request of a tenant its `Authorization`, such as `Bearer …`, unless it has one. It is asked before
    /// each attempt, so it may renew a token. What fails with a text is an attempt that fails with it.
    pub fn authorization<R>(mut self, provider: impl Fn(&str) -> R + Send + Sync + 'static) -> Self
    where
        R: Future<Output = Result<String, String>> + Send + 'static,
    {
        self.authorization = Some(Box::new(move |tenant| provider(tenant).boxed()));
        self
    }

    /// Sends by this client. Redirects, retries and TLS are then its own affair: have it retry nothing.
    pub fn client(mut self, client: Client) -> Self {
        self.client = Some(client);
        self
    }

    /// How long an attempt may take, from the connection to the end of the body.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How long a body may be once it is decoded. A longer one is an attempt that fails.
    pub const fn most_body_bytes(mut self, bytes: usize) -> Self {
        self.most_body_bytes = bytes;
        self
    }

    /// Makes the transport.
    ///
    /// # Errors
    /// With one line if a client cannot be set up on this machine.
    pub fn build(self) -> Result<RestTransport, String> {
        let Self { base, authorization, client, timeout, most_body_bytes } = self;
        let client = client.map_or_else(own_client, Ok)?;
        Ok(RestTransport(Arc::new(Parts { base, authorization, client, timeout, most_body_bytes })))
    }
}

impl Transport for RestTransport {
    fn send(&self, operation: Operation, _: AttemptCount) -> BoxFuture<'static, Result<Answer, AttemptError>> {
        let parts = self.0.clone();
        async move {
            match operation {
                Operation::Rest(request) => parts.send(request).await.map(Answer::Response),
                Operation::Invoke(invocation) => {
                    Err(other(format!("`{}` is a function: send it by a `Registry`", invocation.function_key)))
                }
            }
        }
        .boxed()
    }
}

impl Parts {
    async fn send(&self, request: Request) -> Result<Response, AttemptError> {
        let url = self.address(&request)?;
        observe::server_address(url.host_str().unwrap_or_default());
        let method = Method::from_bytes(request.method.to_ascii_uppercase().as_bytes())
            .map_err(|_| other(format!("`{}` is no method", request.method.escape_debug())))?;
        let mut fields = fields(&request.headers)?;
        if let (Some(provider), false) = (&self.authorization, fields.contains_key(AUTHORIZATION)) {
            let value = provider(&request.tenant).await.map_err(AttemptError::Other)?;
            let value = HeaderValue::from_str(&value);
            let mut value = value.map_err(|_| other("the value for `Authorization` is no header value".to_owned()))?;
            value.set_sensitive(true);
            fields.insert(AUTHORIZATION, value);
        }
        let mut sending = self.client.request(method, url).headers(fields).timeout(self.timeout);
        if let Some(body) = request.body {
            sending = sending.body(body);
        }
        let mut response = sending.send().await.map_err(failed)?;
        let too_long = || other(format!("the body is longer than `{}` bytes: allow more", self.most_body_bytes));
        let longest = u64::try_from(self.most_body_bytes).unwrap_or(u64::MAX);
        if response.content_length().is_some_and(|length| length > longest) {
            return Err(too_long());
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if chunk.len() > self.most_body_bytes - body.len() {
                return Err(too_long());
            }
            body.extend_from_slice(&chunk);
        }
        let headers = response.headers().iter().map(|(name, value)| Header {
            name: name.to_string(),
            value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
        });
        Ok(Response { status: response.status().as_u16(), headers: headers.collect(), body })
    }

    /// The tenant's address with the request's path, which leads nowhere else: a path may come from anybody, and
    /// credentials go with it.
    fn address(&self, Request { tenant, path, .. }: &Request) -> Result<Url, AttemptError> {
        let shown = tenant.escape_debug();
        let base = (self.base)(tenant).ok_or_else(|| other(format!("no address is known for tenant `{shown}`")))?;
        let of_base = Url::parse(&base).ok().filter(|url| {
            url.has_host() && url.username().is_empty() && url.password().is_none() && url.query().is_none()
        });
        let of_base = of_base.ok_or_else(|| {
            other(format!("the address of tenant `{shown}` is none: write it as in `https://acme.atlassian.net`"))
        })?;
        let root = of_base.path().trim_end_matches('/');
        let whole = Url::parse(&format!("{}{path}", base.trim_end_matches('/'))).ok();
        let whole = whole.filter(|url| path.starts_with('/') && url.origin() == of_base.origin());
        let whole = whole.filter(|url| url.path().strip_prefix(root).is_some_and(|rest| rest.starts_with('/')));
        whole.ok_or_else(|| other(format!("`{}` is no path of this server: begin it with `/`", path.escape_debug())))
    }
}

fn fields(headers: &[Header]) -> Result<HeaderMap, AttemptError> {
    let mut fields = HeaderMap::new();
    for Header { name, value } in headers {
        let wrong = || other(format!("the header `{}` cannot be sent", name.escape_debug()));
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
        let mut value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| wrong())?;
        value.set_sensitive(name == AUTHORIZATION);
        if !NOT_HANDED_ON.contains(&name.as_str()) {
            fields.append(name, value);
        }
    }
    Ok(fields)
}

/// A client that sends each request once, and its credentials to nobody else.
fn own_client() -> Result<Client, String> {
    let within = redirect::Policy::custom(|attempt| {
        let is_within = attempt.previous().first().is_some_and(|first| first.origin() == attempt.url().origin());
        if is_within && attempt.previous().len() <= MOST_REDIRECTS { attempt.follow() } else { attempt.stop() }
    });
    let client = Client::builder().connect_timeout(CONNECT_TIMEOUT).redirect(within).retry(retry::never());
    let client = with_tls(client)?.build();
    client.map_err(|error| format!("no HTTP client on this machine: {}", text_of(&error)))
}

#[cfg(not(feature = "reqwest-rustls"))]
fn with_tls(client: ClientBuilder) -> Result<ClientBuilder, String> {
    Ok(client)
}

/// Trusts the certificates of this machine; `SSL_CERT_FILE` names others. Where there are none, only plain HTTP works.
#[cfg(feature = "reqwest-rustls")]
fn with_tls(client: ClientBuilder) -> Result<ClientBuilder, String> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| format!("no TLS on this machine: {error}"))?;
    Ok(client.tls_backend_preconfigured(config.with_root_certificates(roots).with_no_client_auth()))
}

fn failed(error: reqwest::Error) -> AttemptError {
    // An address may have secrets in its query.
    let error = error.without_url();
    if error.is_timeout() {
        AttemptError::TimedOut
    } else if error.is_builder() || error.is_decode() || error.is_redirect() {
        other(text_of(&error))
    } else {
        AttemptError::Connection(text_of(&error))
    }
}

/// An error with what is behind it: reqwest's own text says where it failed and not why.
fn text_of(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

const fn other(text: String) -> AttemptError {
    AttemptError::Other(text)
}
