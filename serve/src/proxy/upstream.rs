//! The one server that is asked: its address, TLS, what its failures are called.

use super::tee::{Passing, Silent};
use crate::content::asked::short;
use crate::content::reply::Problem;
use hyper::body::Incoming;
use hyper::header::HeaderValue;
use hyper::http::uri::{Authority, PathAndQuery, Scheme};
use hyper::{Request, Response, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::error::Error;
use std::time::Duration;

/// How long a connection may take to be made.
const CONNECT_TIME: Duration = Duration::from_secs(10);
/// How long a connection is kept that nobody uses: less than servers commonly keep theirs, which is a minute or more.
const IDLE_TIME: Duration = Duration::from_secs(20);
/// Header fields of an answer: more than any client reads.
const MOST_FIELDS: usize = 256;

/// The server behind the proxy.
#[derive(Debug)]
pub(super) struct Upstream {
    scheme: Scheme,
    authority: Authority,
    host: HeaderValue,
    client: Client<HttpsConnector<HttpConnector>, Passing>,
}

impl Upstream {
    /// Of an address without a path. `roots` are the only authorities to trust, as PEM.
    ///
    /// # Errors
    /// One line with the next step.
    pub(super) fn new(text: &str, roots: Option<&str>) -> Result<Self, String> {
        // What stands before an `@` is a secret, so the error does not repeat it.
        if text.contains('@') {
            return Err("the upstream has a user in it: leave out all up to `@`, clients send who they are".to_owned());
        }
        let wrong = |why| format!("`{}` is no upstream: {why}, as in `https://acme.atlassian.net`", short(text));
        let uri: Uri = text.parse().map_err(|_| wrong("write an address"))?;
        let parts = uri.into_parts();
        let scheme = parts.scheme.filter(|scheme| [Scheme::HTTP, Scheme::HTTPS].contains(scheme));
        let (Some(scheme), Some(authority)) = (scheme, parts.authority) else {
            return Err(wrong("begin it with `https://` or `http://`"));
        };
        if parts.path_and_query.is_some_and(|path| path.as_str() != "/") {
            return Err(wrong("leave out the path"));
        }
        let host = HeaderValue::from_str(authority.as_str()).map_err(|_| wrong("write its host in ASCII"))?;
        let roots = if scheme == Scheme::HTTPS { trusted(roots)? } else { RootCertStore::empty() };
        Ok(Self { scheme, authority, host, client: client(roots)? })
    }

    /// What `Host` says to it.
    pub(super) const fn host(&self) -> &HeaderValue {
        &self.host
    }

    /// The whole address of a target; none if there can be none.
    pub(super) fn address(&self, target: &PathAndQuery) -> Option<Uri> {
        let uri = Uri::builder().scheme(self.scheme.clone()).authority(self.authority.clone());
        uri.path_and_query(target.clone()).build().ok()
    }

    /// Asks it once.
    ///
    /// # Errors
    /// With what the client is told instead.
    pub(super) async fn ask(&self, request: Request<Passing>, time: Duration) -> Result<Response<Incoming>, Problem> {
        match tokio::time::timeout(time, self.client.request(request)).await {
            Ok(Ok(response)) if response.status().is_informational() => {
                Err(self.problem(502, "it speaks another protocol"))
            }
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(self.failed(&error)),
            Err(_) => Err(self.problem(504, "it took too long")),
        }
    }

    fn failed(&self, error: &(dyn Error + 'static)) -> Problem {
        let (mut chain, mut source) = (vec![error], error.source());
        while let Some(error) = source {
            chain.push(error);
            source = error.source();
        }
        if let Some(silent) = chain.iter().find_map(|error| error.downcast_ref::<Silent>()) {
            return Problem { status: 408, message: silent.to_string() };
        }
        if chain.iter().any(|error| error.downcast_ref().is_some_and(hyper::Error::is_user)) {
            return Problem { status: 400, message: "the body is cut off or no valid chunks".to_owned() };
        }
        self.problem(502, &chain.last().map(|last| last.to_string().to_lowercase()).unwrap_or_default())
    }

    fn problem(&self, status: u16, why: &str) -> Problem {
        let Self { scheme, authority, .. } = self;
        let why: String = why.chars().take(200).collect();
        let message = format!("the upstream `{scheme}://{authority}` does not answer: {why}; see whether it is up");
        let hint = if why.contains("certificate") { ", and name your own authorities in SSL_CERT_FILE" } else { "" };
        Problem { status, message: message + hint }
    }
}

fn client(roots: RootCertStore) -> Result<Client<HttpsConnector<HttpConnector>, Passing>, String> {
    let provider = rustls::crypto::ring::default_provider().into();
    let tls = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let tls = tls.map_err(|error| format!("TLS cannot be set up: {error}; report this"))?;
    let tls = tls.with_root_certificates(roots).with_no_client_auth();
    let mut tcp = HttpConnector::new();
    // The connector above it speaks TLS where the scheme says so.
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT_TIME));
    let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1();
    let mut client = Client::builder(TokioExecutor::new());
    client.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE_TIME);
    client.http1_preserve_header_case(true).http1_max_headers(MOST_FIELDS);
    Ok(client.build(connector.wrap_connector(tcp)))
}

fn trusted(roots: Option<&str>) -> Result<RootCertStore, String> {
    let mut store = RootCertStore::empty();
    let certificates: Vec<CertificateDer<'static>> = match roots {
        Some(pem) => CertificateDer::pem_slice_iter(pem.as_bytes()).filter_map(Result::ok).collect(),
        None => rustls_native_certs::load_native_certs().certs,
    };
    let (added, _) = store.add_parsable_certificates(certificates);
    if added == 0 {
        return Err(
            "no certificate authority is known, so no upstream can be trusted: install ca-certificates, or name \
                    a PEM file in SSL_CERT_FILE"
                .to_owned(),
        );
    }
    Ok(store)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upstream_is_an_address_without_path_and_user_or_an_error_that_keeps_the_secret() {
        let error = |text: &str| Upstream::new(text, None).unwrap_err();
        for wrong in ["", "acme.atlassian.net", "ftp://x", "https://x/wiki", "https://x/?a", "http://"] {
            assert!(error(wrong).contains(&format!("`{wrong}` is no upstream")), "{wrong}: {}", error(wrong));
        }
        assert!(!error("https://me:hush@x").contains("hush"));
        assert!(Upstream::new("https://x", Some("no pem")).unwrap_err().contains("no certificate authority"));
        let upstream = Upstream::new("http://x:81/", None).unwrap();
        assert_eq!(upstream.host(), "x:81");
        let target = PathAndQuery::from_static("//evil.example/a?b=//c");
        assert_eq!(upstream.address(&target).unwrap().authority().unwrap(), "x:81");
    }
}
