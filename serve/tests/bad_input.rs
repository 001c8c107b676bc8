//! Whatever comes in, the right 4xx goes out, and the server goes on.

mod support;

use proptest::prelude::*;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::LazyLock;
use support::Client;

static CLIENT: LazyLock<Client> = LazyLock::new(|| Client::new("quota = { points = 10_000_000 }"));

/// The status of what comes back for these bytes; none if nothing does.
fn raw(bytes: &[u8]) -> Option<u16> {
    let mut stream = TcpStream::connect(CLIENT.running.addr()).unwrap();
    // The server may close before it has read all.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text);
    String::from_utf8_lossy(&text).strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
}

fn goes_on() -> bool {
    CLIENT.get("/wiki/api/v2/spaces/1").status == 200
}

#[test]
fn malformed_requests_get_the_right_4xx_and_the_server_goes_on() {
    // Without an end, so that the server has read all when it gives up, and its answer is not lost.
    let long = "x".repeat(70_000);
    let fields = "A: b\r\n".repeat(200);
    for (request, status) in [
        ("what is this\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab".to_owned(), 400),
        ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n".to_owned(), 400),
        ("POST /graphql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".to_owned(), 400),
        ("POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nshort".to_owned(), 400),
        ("POST /rest/api/3/issue HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n".to_owned(), 413),
        (format!("GET /{long}"), 431),
        (format!("GET / HTTP/1.1\r\nHost: x\r\nA: {long}"), 431),
        (format!("GET / HTTP/1.1\r\nHost: x\r\n{fields}\r\n"), 431),
        ("GET /wiki HTTP/1.1\r\nHost: x\r\nAuthorization: Digest x\r\nConnection: close\r\n\r\n".to_owned(), 400),
        ("GET /%ff%fe/%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_owned(), 404),
        (
            "POST /rest/api/3/issue HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nConnection: close\r\n\r\n{".to_owned(),
            400,
        ),
        ("POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nConnection: close\r\n\r\n{".to_owned(), 400),
        ("POST /_forge/invoke HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}".to_owned(), 400),
        ("PUT /_headroom/clock HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_owned(), 405),
    ] {
        let begin: String = request.chars().take(90).collect();
        assert_eq!(raw(request.as_bytes()), Some(status), "{begin:?}");
        assert!(goes_on());
    }
    let bad_text = b"GET /wiki HTTP/1.1\r\nHost: x\r\nX-Headroom-Tenant: \xff\r\nConnection: close\r\n\r\n";
    assert_eq!(raw(bad_text), Some(400));
}

#[test]
fn a_request_within_another_is_not_answered() {
    let smuggled = "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /_headroom/reset";
    let mut stream = TcpStream::connect(CLIENT.running.addr()).unwrap();
    stream.write_all(smuggled.as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    assert!(text.matches("HTTP/1.1 200").count() == 0, "{text}");
    assert!(goes_on());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_target_method_and_body_gets_an_answer(
        method in "GET|POST|PUT|DELETE|HEAD|PATCH|OPTIONS",
        path in "(/ex/(jira|confluence)/[a-z0-9]{1,4})?/(wiki/rest/api|wiki/api/v2|rest/api/3|2.0|graphql|x1|_forge|_headroom)\
                 (/(content|pages|spaces|search|jql|issue|clock|faults|usage|invoke|repositories|100000|P1-20000|repo-1|child|\
                 attachment|comment|property|restriction|byOperation|read|transitions|worklog|createmeta|pipelines|\
                 environments|variables|[a-z0-9%.-]{0,9})){0,5}\
                 (\\?[a-z]{1,8}=[a-zA-Z0-9%.~=-]{0,20}(&(limit|start|startAt|maxResults|page|pagelen|cursor)=[a-z0-9-]{0,21})?)?",
        body in "(\\{\"(title|jql|query|fields|advance|name)\":[\\[\\]{}\"a-z0-9 ,:]{0,30}\\})|.{0,40}",
    ) {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len()
        );
        let status = raw(request.as_bytes());
        // A stream of events has no end; it is the only answer that is not waited for.
        prop_assert!(status.is_some_and(|status| status < 500), "{:?} for {}", status, request);
    }
}
