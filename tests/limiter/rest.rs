//! REST requests to servers on loopback: what goes out, what comes back, and what becomes of everything else.

use crate::observed::told;
use crate::{limiter, page, request};
use futures::future::FutureExt;
use headroom_host::Transport;
use headroom_host::transport::rest::{RestBuilder, RestTransport};
use headroom_host::types::{Answer, AttemptError, CallOptions, Decision, Ending, Header, Operation, Request, Response};
use headroom_model::time::Instant;
use headroom_serve::{Config, Pace, Server};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A server that says one thing to everybody, and keeps what it was asked. It ends with the process.
struct Saying {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

fn saying(answer: impl Into<Vec<u8>>) -> Saying {
    let (answer, asked) = (answer.into(), Arc::<Mutex<Vec<String>>>::default());
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it has one"));
    let all = asked.clone();
    thread::spawn(move || {
        for stream in listener.incoming().filter_map(Result::ok) {
            answer_one(stream, &answer, &all);
        }
    });
    Saying { url, asked }
}

/// Reads one request and answers it; nothing to say is said for ever.
fn answer_one(mut stream: TcpStream, answer: &[u8], asked: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    let mut head = String::new();
    while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).expect("the body follows");
    asked.lock().expect("no panic").push(head + &String::from_utf8(body).expect("text"));
    if answer.is_empty() {
        // Until the client has had enough.
        let _ = reader.read(&mut [0]);
    } else {
        let _ = stream.write_all(answer).and_then(|()| stream.shutdown(Shutdown::Both));
    }
}

fn sent(transport: RestBuilder, operation: Operation) -> Result<Answer, AttemptError> {
    let transport = transport.build().expect("a client");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("tokio runs here");
    runtime.block_on(transport.send(operation, 1))
}

fn at(url: &str) -> RestBuilder {
    RestTransport::at(url)
}

const GONE: &str = "HTTP/1.1 404 Not Found\r\nConnection: close\r\n";

#[test]
fn a_request_goes_out_whole_and_its_answer_comes_back_whole() {
    let mut answer = format!("{GONE}X-Odd: caf\u{e9}\r\nX-Odd: twice\r\n\r\nnothing here").into_bytes();
    let odd = answer.windows(2).position(|two| two == "\u{e9}".as_bytes()).expect("it is there");
    answer.splice(odd..odd + 2, [0xe9]);
    let server = saying(answer);
    let header = |name: &str, value: &str| Header { name: name.to_owned(), value: value.to_owned() };
    let operation = Operation::Rest(Request {
        tenant: "docs".to_owned(),
        method: "post".to_owned(),
        path: "/wiki/rest/api/content?a=b%20c".to_owned(),
        headers: vec![
            header("X-One", "1"),
            header("x-one", "2"),
            header("Host", "elsewhere"),
            header("Accept-Encoding", "br"),
        ],
        body: Some(b"{\"title\":\"t\"}".to_vec()),
    });
    let transport = at(&server.url).authorization(|tenant| {
        let value = format!("Bearer for-{tenant}");
        async { Ok(value) }
    });
    let Ok(Answer::Response(response)) = sent(transport, operation) else { panic!("it answers") };
    let odd: Vec<_> =
        response.headers.iter().filter(|header| header.name == "x-odd").map(|header| &*header.value).collect();
    assert_eq!((response.status, odd, &response.body[..]), (404, vec!["caf\u{fffd}", "twice"], &b"nothing here"[..]));
    let asked = server.asked.lock().expect("no panic")[0].to_ascii_lowercase();
    assert!(
        asked.starts_with("post /wiki/rest/api/content?a=b%20c http/1.1\r\n") && asked.ends_with("{\"title\":\"t\"}")
    );
    for line in ["x-one: 1\r\n", "x-one: 2\r\n", "authorization: bearer for-docs\r\n", "accept-encoding: gzip\r\n"] {
        assert!(asked.contains(line), "{line} {asked}");
    }
    assert!(!asked.contains("elsewhere"), "{asked}");
}

#[test]
fn credentials_stay_with_their_server() {
    let elsewhere = saying(format!("{GONE}\r\n"));
    let redirect = format!("HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: {}/x\r\n\r\n", elsewhere.url);
    let server = saying(redirect);
    let bearer = |url: &str| at(url).authorization(|_| async { Ok("Bearer hush".to_owned()) });
    let Ok(Answer::Response(Response { status, .. })) = sent(bearer(&server.url), page()) else { panic!("it answers") };
    assert_eq!((status, elsewhere.asked.lock().expect("no panic").len()), (302, 0), "the redirect is the answer");
    let turning = saying("HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: /x\r\n\r\n");
    let Ok(Answer::Response(Response { status, .. })) = sent(bearer(&turning.url), page()) else {
        panic!("it answers")
    };
    let asked = turning.asked.lock().expect("no panic");
    assert_eq!((status, asked.len()), (302, 6), "within a server five are followed");
    assert!(asked.iter().all(|head| head.contains("Bearer hush")));

    let base = format!("{}/ex/confluence/mine", server.url);
    for path in
        ["", "wiki", "@evil.example/x", ".evil.example/", ":1/x", "/../yours/x", "\\evil.example", "//../../yours"]
    {
        let Err(AttemptError::Other(said)) = sent(bearer(&base), request("GET", path)) else {
            panic!("`{path}` is sent")
        };
        assert!(said.ends_with("is no path of this server: begin it with `/`"), "{said}");
    }
    assert_eq!(server.asked.lock().expect("no panic").len(), 1);
}

#[test]
fn each_failure_is_told_as_what_it_is() {
    let text = |sent: Result<Answer, AttemptError>| match sent {
        Err(AttemptError::Other(said)) => said,
        other => panic!("{other:?}"),
    };
    // Nobody listens on a port that was just given back.
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("it has one");
    let refused = sent(at(&format!("http://{free}")), page());
    let Err(AttemptError::Connection(said)) = &refused else { panic!("{refused:?}") };
    assert!(said.to_lowercase().contains("refused") && !said.contains("content/1"), "{said}");
    let silent = saying("");
    assert_eq!(sent(at(&silent.url).timeout(Duration::from_millis(1)), page()), Err(AttemptError::TimedOut));
    let cut = saying("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort");
    assert!(matches!(sent(at(&cut.url), page()), Err(AttemptError::Connection(_) | AttemptError::Other(_))));

    let long = saying("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nnine byte");
    let endless = saying("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nnine byte");
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let in_parts = saying(format!("{head}5\r\nnine \r\n4\r\nbyte\r\n0\r\n\r\n"));
    for url in [&long.url, &endless.url, &in_parts.url] {
        assert!(sent(at(url).most_body_bytes(9), page()).is_ok());
        assert_eq!(text(sent(at(url).most_body_bytes(8), page())), "the body is longer than `8` bytes: allow more");
    }
    let nowhere = RestTransport::builder(|tenant| (tenant == "known").then(|| "http://x".to_owned()));
    assert_eq!(text(sent(nowhere, page())), "no address is known for tenant `docs`");
    for base in ["acme", "http://user:secret@acme", "http://", "http://acme?x"] {
        let said = text(sent(at(base), page()));
        assert!(said.starts_with("the address of tenant `docs` is none") && !said.contains("secret"), "{said}");
    }
    let expired = at(&long.url).authorization(|_| async { Err("the token of `docs` has expired".to_owned()) });
    assert_eq!(text(sent(expired, page())), "the token of `docs` has expired");
    assert_eq!(text(sent(at(&long.url), request("BAD METHOD", "/x"))), "`BAD METHOD` is no method");
}

#[test]
fn a_compressed_body_is_decoded_and_bounded_by_what_it_decodes_to() {
    // `printf '%0100d' 0 | gzip -9n`: a hundred zeros.
    const ZEROS: [u8; 24] = [
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x33, 0x30, 0xa0, 0x3d, 0x00, 0x00, 0x77, 0x60,
        0xa4, 0x53, 0x64, 0x00, 0x00, 0x00,
    ];
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", ZEROS.len());
    let server = saying([head.as_bytes(), &ZEROS].concat());
    let Ok(Answer::Response(response)) = sent(at(&server.url).most_body_bytes(100), page()) else {
        panic!("it answers")
    };
    assert_eq!(response.body, [b'0'; 100]);
    assert!(sent(at(&server.url).most_body_bytes(99), page()).is_err());
}

#[test]
fn a_limiter_over_http_stops_where_the_simulated_server_would_refuse() {
    let config = Config::read("test.toml", "[server]\nquota = { points = 4 }\n").expect("a config");
    let start = Some(Instant(crate::START));
    let server = Server::start(Config { pace: Pace::Manual, start, seed: 7, ..config }).expect("a free port");
    let bearer = at(&server.url()).authorization(|_| async { Ok("Bearer t".to_owned()) }).build().expect("a client");
    let (limiter, _) = limiter(|builder| builder.configure(|config| config.quota = 4).transport(bearer));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("tokio runs here");
    let options = CallOptions { deadline: Some(0), ..CallOptions::default() };
    let page = || request("GET", "/wiki/api/v2/pages/100000");
    let call = || runtime.block_on(limiter.invoke_with_retry(page(), options.clone())).expect("no trap");
    for _ in 0..2 {
        assert!(matches!(call().ending, Ending::Success(_)));
    }
    let deferred = call();
    let Ending::Deferred(deferral) = deferred.ending else { panic!("{deferred:?}") };
    assert_eq!((deferred.attempts, deferral.not_before), (0, crate::START + 3_600_000));
    let verdict = limiter.quota_check(&page(), &options).expect("no trap");
    assert!(matches!(verdict.decision, Decision::WaitUntil(_)), "{verdict:?}");
}

#[test]
fn the_span_of_an_attempt_says_to_which_server_it_went() {
    let server = saying(format!("{GONE}\r\n"));
    let (limiter, _) = limiter(|builder| builder.transport(at(&server.url).build().expect("a client")));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("tokio runs here");
    let lines = told(|| {
        let ended = runtime.block_on(limiter.invoke_with_retry(page(), CallOptions::default()));
        assert!(matches!(ended.expect("no trap").ending, Ending::Failed(_)));
    });
    let wanted = "http.response.status_code=404 otel.kind=client";
    let attempt = lines.iter().find(|line| line.contains(wanted)).unwrap_or_else(|| panic!("{lines:?}"));
    assert!(attempt.contains("server.address=127.0.0.1"), "{attempt}");
}

#[test]
fn a_function_is_not_sent_over_http() {
    use headroom_host::types::{Context, Invocation, Trigger};
    let context =
        Context { installation: String::new(), account: None, environment: String::new(), trigger: Trigger::Ui };
    let invocation = Invocation { function_key: "getText".to_owned(), payload: "{}".to_owned(), context };
    let transport = at("http://127.0.0.1:1").build().expect("a client");
    let sent = transport.send(Operation::Invoke(invocation), 1).now_or_never().expect("nothing is sent");
    assert_eq!(sent, Err(AttemptError::Other("`getText` is a function: send it by a `Registry`".to_owned())));
}
