//! What passes through the proxy is what would have passed without it.

#[path = "support/wire.rs"]
mod wire;

use headroom_serve::{Config, Mode, Proxy, ProxyConfig, Running};
use proptest::prelude::*;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::{LazyLock, Mutex, mpsc};
use wire::{Message, Upstream, answer, chunked, get, send};

fn proxy(upstream: &str) -> Running {
    let config =
        ProxyConfig { serve: Config::default(), upstream: upstream.to_owned(), mode: Mode::Shadow, roots: None };
    Proxy::start(config).unwrap_or_else(|error| panic!("{error}"))
}

/// What the upstream of the property says next.
static NEXT: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static UPSTREAM: LazyLock<(Upstream, Running)> = LazyLock::new(|| {
    let upstream = Upstream::new(|request: &Message, stream: &mut TcpStream| {
        let next = NEXT.lock().unwrap().clone();
        let is_head = request.first.starts_with("HEAD ");
        let end = next.windows(4).position(|at| at == b"\r\n\r\n").map_or(next.len(), |at| at + 4);
        let _ = stream.write_all(if is_head { &next[..end] } else { &next });
    });
    let proxy = proxy(&upstream.url());
    (upstream, proxy)
});

fn any_fields() -> impl Strategy<Value = String> {
    let field = ("X-[A-Za-z0-9-]{1,9}", "[!-~]([ -~]{0,20}[!-~])?|\u{e9}?");
    prop::collection::vec(field, 0..6)
        .prop_map(|fields| fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect())
}

fn any_request() -> impl Strategy<Value = Vec<u8>> {
    let method = "GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|[A-Z]{3,8}";
    let target = "/[a-zA-Z0-9%._~!$&'()*+,;=:@/|{}-]{0,30}(\\?[a-zA-Z0-9%._~=&?/:@|{}-]{0,20})?";
    let body = prop::option::of((any::<bool>(), prop::collection::vec(any::<u8>(), 0..700)));
    (method, target, any_fields(), body).prop_map(|(method, target, fields, body)| {
        let head = format!("{method} {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{fields}", UPSTREAM.0.addr);
        match body {
            None => (head + "\r\n").into_bytes(),
            Some((false, body)) => [format!("{head}Content-Length: {}\r\n\r\n", body.len()).as_bytes(), &body].concat(),
            Some((true, body)) => {
                let chunks: Vec<u8> = body
                    .chunks(90)
                    .flat_map(|chunk| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat())
                    .collect();
                let head = head + "Transfer-Encoding: chunked\r\n\r\n";
                [head.as_bytes(), &chunks, b"0\r\n\r\n"].concat()
            }
        }
    })
}

fn any_answer() -> impl Strategy<Value = Vec<u8>> {
    let status = prop::sample::select(vec![
        "200 OK",
        "201 Created",
        "202 As You Like It",
        "204 No Content",
        "301 Moved Permanently",
        "304 Not Modified",
        "400 Bad Request",
        "404 Not Found",
        "429 Too Many Requests",
        "500 Oh",
        "503 Later",
        "299 Own",
    ]);
    (status, any_fields(), any::<bool>(), prop::collection::vec(any::<u8>(), 0..900)).prop_map(
        |(status, fields, is_chunked, body)| {
            let fields =
                format!("Date: Mon, 02 Feb 2026 13:00:00 GMT\r\nLocation: http://elsewhere.example/\r\n{fields}");
            match status {
                "204 No Content" | "304 Not Modified" => format!("HTTP/1.1 {status}\r\n{fields}\r\n").into_bytes(),
                _ if is_chunked => chunked(status, &fields, &body, ""),
                _ => answer(status, &fields, &body),
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// The slow proxy is none: the same bytes, sent to the upstream itself.
    #[test]
    fn any_request_and_any_answer_pass_as_they_are(request in any_request(), answered in any_answer()) {
        let (upstream, proxy) = &*UPSTREAM;
        *NEXT.lock().unwrap() = answered;
        let direct = send(upstream.addr, &request);
        let through = send(proxy.addr(), &request);
        prop_assert!(direct.is_some());
        prop_assert_eq!(through.map(Message::end_to_end), direct.map(Message::end_to_end));
        let mut seen = upstream.seen.lock().unwrap();
        let [direct, through] = <[Message; 2]>::try_from(std::mem::take(&mut *seen)).expect("two requests");
        // A request without a body and one with an empty body are the same.
        let without_length = |message: Message| {
            let mut message = message.end_to_end();
            let is_empty = message.body.is_empty();
            message.fields.retain(|(name, value)| !(is_empty && name.eq_ignore_ascii_case("content-length") && value == b"0"));
            message
        };
        prop_assert_eq!(without_length(through), without_length(direct));
    }
}

#[test]
fn a_head_has_the_length_of_what_a_get_would_have() {
    let upstream = Upstream::saying("HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n");
    let proxy = proxy(&upstream.url());
    let told = send(proxy.addr(), b"HEAD /wiki HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert_eq!((told.status(), told.field("content-length").as_deref(), told.body.len()), (200, Some("77"), 0));
}

#[test]
fn an_answer_comes_piece_by_piece_as_the_upstream_sends_it() {
    let (next, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let upstream = Upstream::new(move |_: &Message, stream: &mut TcpStream| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
        stream.write_all(format!("{head}3\r\none\r\n").as_bytes()).unwrap();
        // The last piece is sent only after the client has the first.
        wait.lock().unwrap().recv().unwrap();
        stream.write_all(b"3\r\ntwo\r\n0\r\n\r\n").unwrap();
    });
    let proxy = proxy(&upstream.url());
    let mut stream = TcpStream::connect(proxy.addr()).unwrap();
    stream.write_all(b"GET /wiki/api/v2/pages HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    while line.trim_end() != "one" {
        line.clear();
        assert!(reader.read_line(&mut line).unwrap() > 0, "the first piece never came");
    }
    next.send(()).unwrap();
    let mut rest = String::new();
    reader.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "3\r\ntwo\r\n0\r\n\r\n");
}

#[test]
fn a_request_goes_piece_by_piece_as_the_client_sends_it() {
    let (tell, told) = mpsc::channel::<Vec<u8>>();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = proxy(&format!("http://{}", listener.local_addr().unwrap()));
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut all = Vec::new();
        let mut piece = [0; 1_000];
        while !all.ends_with(b"0\r\n\r\n") {
            let read = stream.read(&mut piece).unwrap();
            all.extend(&piece[..read]);
            tell.send(all.clone()).unwrap();
        }
        stream.write_all(&answer("201 Created", "", b"")).unwrap();
    });
    let mut stream = TcpStream::connect(proxy.addr()).unwrap();
    stream.write_all(b"POST /wiki HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n").unwrap();
    assert!(told.iter().any(|all| all.ends_with(b"3\r\none\r\n")), "the first piece waits for the last");
    stream.write_all(b"0\r\n\r\n").unwrap();
    assert_eq!(Message::read(&mut BufReader::new(stream), true).unwrap().status(), 201);
}

#[test]
fn trailers_go_on_to_who_wants_them() {
    let fields = "Trailer: X-Sum\r\n";
    let upstream = Upstream::saying(chunked("200 OK", fields, b"text", "X-Sum: 7\r\n"));
    let proxy = proxy(&upstream.url());
    let told = get(proxy.addr(), "/wiki", "TE: trailers\r\n");
    assert_eq!((told.body.as_slice(), told.trailers.len()), (b"text".as_slice(), 1));
    assert_eq!(upstream.seen()[0].field("te").as_deref(), Some("trailers"));
}

#[test]
fn interim_answers_are_passed_over_and_a_switch_of_protocols_is_none() {
    let interim = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    let upstream = Upstream::saying([interim.as_bytes(), &answer("200 OK", "", b"text")].concat());
    let told = get(proxy(&upstream.url()).addr(), "/wiki", "");
    assert_eq!((told.status(), told.body.as_slice()), (200, b"text".as_slice()));
    let upstream = Upstream::saying("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n");
    assert_eq!(get(proxy(&upstream.url()).addr(), "/wiki", "").status(), 502);
    let upstream = Upstream::saying(answer("200 OK", "", b""));
    let proxy = proxy(&upstream.url());
    assert_eq!(get(proxy.addr(), "/wiki", "Connection: Upgrade\r\nUpgrade: websocket\r\n").status(), 501);
    for request in ["CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"] {
        assert_eq!(send(proxy.addr(), request.as_bytes()).map(|told| told.status()), Some(501), "{request}");
    }
    assert!(upstream.seen().is_empty());
}

#[test]
fn nobody_but_the_upstream_is_ever_asked() {
    let elsewhere = Upstream::saying(answer("200 OK", "", b"elsewhere"));
    let redirect = format!("Location: {}/\r\n", elsewhere.url());
    let upstream = Upstream::saying(answer("302 Found", &redirect, b""));
    let proxy = proxy(&upstream.url());
    let other = elsewhere.addr;
    for request in [
        format!("GET http://{other}/a HTTP/1.1\r\nHost: {other}\r\n\r\n"),
        format!("GET //{other}/a HTTP/1.1\r\nHost: {other}\r\n\r\n"),
        format!("GET /a HTTP/1.1\r\nHost: {other}\r\nX-Forwarded-Host: {other}\r\n\r\n"),
        format!("GET /@{other}/a HTTP/1.0\r\n\r\n"),
    ] {
        let told = send(proxy.addr(), request.as_bytes()).unwrap();
        assert_eq!((told.status(), told.field("location")), (302, Some(elsewhere.url() + "/")), "{request}");
    }
    assert!(elsewhere.seen().is_empty());
    let hosts: Vec<_> = upstream.seen().iter().map(|seen| seen.field("host")).collect();
    assert_eq!(hosts, vec![Some(upstream.addr.to_string()); 4]);
}

#[test]
fn two_lengths_reach_the_upstream_as_one_request_or_not_at_all() {
    let upstream = Upstream::saying(answer("200 OK", "", b""));
    let proxy = proxy(&upstream.url());
    let smuggled = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n\
                    0\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut stream = TcpStream::connect(proxy.addr()).unwrap();
    stream.write_all(smuggled.as_bytes()).unwrap();
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    assert_eq!(text.matches("HTTP/1.1 ").count(), 1, "{text}");
    let doubled = "POST /c HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde";
    assert_eq!(send(proxy.addr(), doubled.as_bytes()).map(|told| told.status()), Some(400));
    let seen: Vec<_> = upstream.seen().into_iter().map(|seen| (seen.first, seen.body.len())).collect();
    assert_eq!(seen, [("POST /a HTTP/1.1".to_owned(), 0)]);
}
