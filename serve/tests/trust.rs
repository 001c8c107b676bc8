//! Whom the proxy trusts, and how long it waits.

mod support;
#[path = "support/wire.rs"]
mod wire;

use headroom_serve::{Bounds, Config, Mode, Proxy, ProxyConfig, Running};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned, crypto};
use wire::{Upstream, answer, get, send};

fn proxy(upstream: &str, roots: Option<String>, bounds: Bounds) -> Running {
    let serve = Config { bounds, ..Config::default() };
    let config = ProxyConfig { serve, upstream: upstream.to_owned(), mode: Mode::Shadow, roots };
    Proxy::start(config).unwrap_or_else(|error| panic!("{error}"))
}

/// An upstream with a certificate for `localhost`, and the authority that signed it, as PEM.
fn signed() -> (SocketAddr, String) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().filter_map(Result::ok) {
            let connection = ServerConnection::new(config.clone()).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            // Who does not trust us goes away here.
            if stream.read(&mut [0; 4_096]).is_ok_and(|read| read > 0) {
                let _ = stream.write_all(&answer("200 OK", "Connection: close\r\n", b"secure"));
            }
        }
    });
    (addr, authority.pem())
}

#[test]
fn only_a_certificate_of_a_known_authority_for_that_name_is_trusted() {
    let (addr, authority) = signed();
    let named = format!("https://localhost:{}", addr.port());
    let told = get(proxy(&named, Some(authority.clone()), Bounds::default()).addr(), "/wiki", "");
    assert_eq!((told.status(), told.body.as_slice()), (200, b"secure".as_slice()));
    let other = signed().1;
    // Another authority, those of this machine if it has any, and another name.
    for (url, roots) in [(named.clone(), Some(other)), (named, None), (format!("https://{addr}"), Some(authority))] {
        let config = ProxyConfig { serve: Config::default(), upstream: url.clone(), mode: Mode::Enforce, roots };
        let Ok(proxy) = Proxy::start(config) else { continue };
        let told = get(proxy.addr(), "/wiki", "Authorization: Bearer hush\r\n");
        let text = String::from_utf8(told.body.clone()).unwrap();
        assert_eq!(told.status(), 502, "{text}");
        assert!(text.contains(&format!("`{url}` does not answer: invalid peer certificate")), "{text}");
    }
}

#[test]
fn an_upstream_that_is_silent_is_given_up_and_a_client_that_is_too() {
    let soon = Duration::from_millis(30);
    let silent = Upstream::new(|_: &wire::Message, _: &mut TcpStream| std::thread::park());
    let bounds = Bounds { answer_time: soon, ..Bounds::default() };
    assert_eq!(get(proxy(&silent.url(), None, bounds).addr(), "/wiki", "").status(), 504);
    let bounds = Bounds { body_time: soon, ..Bounds::default() };
    let slow = b"POST /wiki HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nslow";
    assert_eq!(send(proxy(&silent.url(), None, bounds).addr(), slow).map(|told| told.status()), Some(408));
}

#[test]
fn a_client_that_stops_within_its_body_is_told_so_and_its_slot_is_free() {
    let silent = Upstream::new(|_: &wire::Message, _: &mut TcpStream| std::thread::park());
    let proxy = proxy(&silent.url(), None, Bounds::default());
    let mut stream = TcpStream::connect(proxy.addr()).unwrap();
    stream.write_all(b"POST /wiki HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nshort").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 400 "), "{text}");
    assert_eq!(proxy.stop().requests, 1);
}
