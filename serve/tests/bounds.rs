//! Each bound of the port does what it says, and the server goes on.

mod support;
#[path = "support/wire.rs"]
mod wire;

use headroom_serve::{Bounds, Config, Pace};
use serde_json::json;
use std::io::{BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use support::{Client, START};
use wire::{Message, send};

const SOON: Duration = Duration::from_millis(30);
const GET: &[u8] = b"GET /wiki/api/v2/spaces/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n\r\n";

fn client(bounds: Bounds) -> Client {
    Client::of(Config { pace: Pace::Manual, start: Some(START), bounds, ..Config::default() })
}

/// All that comes back for these bytes until the server closes.
fn until_closed(client: &Client, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(client.running.addr()).unwrap();
    stream.write_all(bytes).unwrap();
    let mut text = Vec::new();
    // It may close before it has read all.
    let _ = stream.read_to_end(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

fn answers(client: &Client) -> bool {
    send(client.running.addr(), GET).is_some_and(|told| told.status() == 200)
}

#[test]
fn a_head_that_never_ends_is_given_up() {
    let client = client(Bounds { head_time: SOON, ..Bounds::default() });
    for begin in ["", "GET /wiki HTT", "GET /wiki HTTP/1.1\r\nHost: x\r\nA: b"] {
        // There is no request yet that could be answered.
        assert_eq!(until_closed(&client, begin.as_bytes()), "");
        assert!(answers(&client));
    }
    let kept = until_closed(&client, GET);
    assert_eq!(kept.matches("HTTP/1.1 200").count(), 1, "and so is a connection that says no more: {kept}");
}

#[test]
fn a_body_that_never_ends_is_408() {
    let client = client(Bounds { body_time: SOON, ..Bounds::default() });
    for framing in ["Content-Length: 9\r\n\r\n{}", "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"] {
        let request = format!("POST /rest/api/3/issue HTTP/1.1\r\nHost: x\r\n{framing}");
        assert!(until_closed(&client, request.as_bytes()).starts_with("HTTP/1.1 408 "), "{framing}");
        assert!(answers(&client));
    }
}

#[test]
fn a_body_that_is_longer_than_allowed_is_413_however_it_is_framed() {
    let client = client(Bounds { body_bytes: 10, ..Bounds::default() });
    for (framing, status) in [
        ("Content-Length: 10\r\n\r\n{        }", 400),
        ("Content-Length: 11\r\n\r\n", 413),
        ("Transfer-Encoding: chunked\r\n\r\nb\r\n{         }\r\n0\r\n\r\n", 413),
        // A number that no length can be is too large a field to hyper.
        ("Content-Length: 18446744073709551615\r\n\r\n", 431),
        ("Content-Length: 18446744073709551613\r\n\r\n", 413),
    ] {
        let request = format!("POST /rest/api/3/issue HTTP/1.1\r\nHost: x\r\n{framing}");
        assert_eq!(
            send(client.running.addr(), request.as_bytes()).map(|told| told.status()),
            Some(status),
            "{framing}"
        );
        assert!(answers(&client));
    }
}

#[test]
fn a_head_that_is_longer_than_allowed_is_431() {
    let client = client(Bounds { head_bytes: 8_192, head_fields: 3, ..Bounds::default() });
    let long = "x".repeat(40_000);
    for request in [
        format!("GET /{long}"),
        format!("GET / HTTP/1.1\r\nA: {long}"),
        "GET / HTTP/1.1\r\nA: b\r\nC: d\r\nE: f\r\nG: h\r\n\r\n".to_owned(),
    ] {
        assert!(until_closed(&client, request.as_bytes()).starts_with("HTTP/1.1 431 "));
        assert!(answers(&client));
    }
}

#[test]
fn who_reads_nothing_loses_the_connection_and_its_place_to_others() {
    let client = client(Bounds { connections: 1, write_time: SOON, ..Bounds::default() });
    let mut slow = TcpStream::connect(client.running.addr()).unwrap();
    let many = String::from_utf8_lossy(GET).replace("spaces/1", "pages?limit=250").repeat(100);
    slow.set_nonblocking(true).unwrap();
    // More than fits into the buffers of both sides: what does not go out is not sent.
    for _ in 0..40 {
        let _ = slow.write(many.as_bytes());
    }
    assert!(answers(&client), "there is one place, and the slow reader had it");
}

#[test]
fn a_connection_more_than_allowed_waits_for_its_place() {
    let client = client(Bounds { connections: 1, ..Bounds::default() });
    let first = TcpStream::connect(client.running.addr()).unwrap();
    let mut first = BufReader::new(first);
    let mut ask = || {
        first.get_mut().write_all(GET).unwrap();
        Message::read(&mut first, true).unwrap().status()
    };
    assert_eq!(ask(), 200);
    let mut second = TcpStream::connect(client.running.addr()).unwrap();
    second.write_all(GET).unwrap();
    // The server does much else meanwhile.
    for _ in 0..200 {
        assert_eq!(ask(), 200);
    }
    second.set_nonblocking(true).unwrap();
    assert_eq!(second.peek(&mut [0]).map_err(|error| error.kind()), Err(ErrorKind::WouldBlock));
    second.set_nonblocking(false).unwrap();
    drop(first);
    assert_eq!(Message::read(&mut BufReader::new(second), true).unwrap().status(), 200);
}

#[test]
fn what_is_written_is_bounded_and_then_507_in_the_products_words() {
    let client = client(Bounds { written_bytes: 1, ..Bounds::default() });
    let write = || client.post("/wiki/api/v2/pages", &json!({ "spaceId": "1", "title": "t" }));
    assert_eq!(write().status, 200);
    let full = write();
    assert_eq!((full.status, &full.json()["errors"][0]["status"]), (507, &507.into()));
    client.post("/_headroom/reset", &json!({}));
    assert_eq!(write().status, 200);
}

#[test]
fn two_lengths_are_one_request_or_none() {
    let client = client(Bounds::default());
    let framed = |fields: &str, body: &str| {
        let inner = "GET /wiki/api/v2/spaces/1 HTTP/1.1\r\nHost: x\r\n\r\n";
        until_closed(&client, format!("POST /wiki/no HTTP/1.1\r\nHost: x\r\n{fields}\r\n{body}{inner}").as_bytes())
    };
    for (fields, body, first) in [
        ("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n", "HTTP/1.1 404 "),
        ("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n", "HTTP/1.1 404 "),
        ("Content-Length: 1\r\nContent-Length: 2\r\n", "ab", "HTTP/1.1 400 "),
        ("Content-Length: 1, 2\r\n", "ab", "HTTP/1.1 400 "),
        ("Content-Length: +1\r\n", "a", "HTTP/1.1 400 "),
        ("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n", "HTTP/1.1 400 "),
        ("Transfer-Encoding : chunked\r\n", "0\r\n\r\n", "HTTP/1.1 400 "),
    ] {
        let text = framed(fields, body);
        assert!(text.starts_with(first) && text.matches("HTTP/1.1 ").count() == 1, "{fields}: {text}");
        assert!(answers(&client));
    }
}

#[test]
fn bytes_that_are_no_text_are_400_or_no_such_path() {
    let client = client(Bounds::default());
    for (request, status) in [
        (&b"GET /wiki/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n"[..], 400),
        (b"GET /wiki/%ff%fe?limit=%ff HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        (b"GET /wiki HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\r\n\r\n", 400),
        (b"G\xc3T /wiki HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"POST /rest/api/3/issue HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{\"a\":\"\xff\"}", 400),
        (b"GET /wiki HTTP/1.1\r\nHost: x\r\nA\x00: b\r\n\r\n", 400),
    ] {
        let told = send(client.running.addr(), request).map(|told| told.status());
        assert_eq!(told, Some(status), "{}", String::from_utf8_lossy(request));
        assert!(answers(&client));
    }
}
