//! `headroom call` as a person or a script meets it: real requests to servers on loopback, and what is kept between runs.

use headroom_serve::{Config, Pace, Running, Server};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Output};

const AUTHORIZED: [&str; 2] = ["-H", "Authorization: Bearer hush-token"];

fn call(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_headroom"));
    // Loopback is reached without a proxy, whatever this machine has.
    command.env("NO_PROXY", "127.0.0.1").arg("call").args(arguments).output().expect("it runs")
}

/// A file of this test alone, which is not there yet.
fn state(name: &str) -> PathBuf {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    if file.exists() {
        std::fs::remove_file(&file).expect("it is ours");
    }
    file
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

/// One line on standard error and this exit code.
fn said(output: &Output, code: i32) -> &str {
    let error = text(&output.stderr);
    assert_eq!((output.status.code(), error.lines().count()), (Some(code), 1), "{error}");
    error
}

/// A server that stands still.
fn server() -> Running {
    let config = Config::read("test.toml", "[server]\n").expect("a config");
    Server::start(Config { pace: Pace::Manual, seed: 7, ..config }).expect("a free port")
}

fn page(server: &Running) -> String {
    format!("{}/wiki/api/v2/pages/100000", server.url())
}

#[test]
fn an_answer_is_printed_as_curl_prints_it() {
    let server = server();
    let url = page(&server);
    let [plain, head, json, explained] = [&[][..], &["-i"], &["--json"], &["--explain"]].map(|more| {
        let output = call(&[&["GET", &url], &AUTHORIZED[..], more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert!(!text(&output.stderr).contains("hush"), "no secret is printed");
        output
    });
    let body: Value = serde_json::from_slice(&plain.stdout).expect("the body alone");
    assert_eq!((&body["id"], text(&plain.stderr)), (&"100000".into(), ""));
    let (head, after) = text(&head.stdout).split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 200\r\n") && head.contains("\r\ncontent-type: application/json"), "{head}");
    assert_eq!(after.as_bytes(), plain.stdout);
    let document: Value = serde_json::from_slice(&json.stdout).expect("one object");
    assert_eq!((&document["ending"], &document["status"]), (&"success".into(), &200.into()));
    assert_eq!(document["body"].as_str().map(str::as_bytes), Some(&plain.stdout[..]));
    let log: Vec<_> =
        text(&explained.stderr).lines().map(|line| line.split_once("  ").expect("an instant").1).collect();
    assert_eq!(log, ["begun, costs 2 points", "attempt 1 sent", "answered for 2 points"]);
    assert_eq!(server.stop().requests, 4);
}

#[test]
fn what_one_run_was_told_the_next_one_keeps_to_without_sending() {
    let server = server();
    let url = page(&server);
    let state = state("told.state");
    let plain = [&["GET", &url, "--json"], &AUTHORIZED[..]].concat();
    let kept = [&plain[..], &["--state", state.to_str().expect("text")]].concat();
    assert_eq!(call(&kept).status.code(), Some(0), "nothing is known yet");
    refuse(&server);
    for attempts in [1, 0] {
        let output = call(&kept);
        let error = said(&output, 1);
        assert!(error.starts_with("error: deferred by ") && error.contains(": come again at `20"), "{error}");
        let document: Value = serde_json::from_slice(&output.stdout).expect("one object");
        assert_eq!((&document["ending"], &document["attempts"]), (&"deferred".into(), &attempts.into()));
        let wait_ms = document["wait_ms"].as_u64().expect("a wait");
        assert!((500_000..=700_000).contains(&wait_ms), "{wait_ms} ms");
        assert_eq!(requests_of(&server), 2);
    }
    control(&server, "DELETE", "faults?name=busy", "");
    assert_eq!(call(&plain).status.code(), Some(0), "who was told nothing is answered");
    assert_eq!(call(&kept).status.code(), Some(1), "who was told keeps to it");
    assert_eq!(server.stop().requests, 3);
}

/// Refuses every GET, and says when to come again.
fn refuse(server: &Running) {
    let fault = r#"{"name":"busy","on":{"method":"GET"},"then":{"status":{"code":429,"retry_after":"600 s"}}}"#;
    assert_eq!(control(server, "POST", "faults", fault)["faults"][0], "busy");
}

/// What the server's control says; it does not count itself.
fn requests_of(server: &Running) -> u64 {
    let state = control(server, "GET", "state", "");
    state["summary"]["requests"].as_u64().unwrap_or_else(|| panic!("{state}"))
}

fn control(server: &Running, method: &str, what: &str, body: &str) -> Value {
    let mut stream = std::net::TcpStream::connect(server.addr()).expect("it listens");
    let length = body.len();
    let head = format!("{method} /_headroom/{what} HTTP/1.1\r\nHost: {}\r\n", server.addr());
    let kind = "Content-Type: application/json\r\nConnection: close";
    write!(stream, "{head}{kind}\r\nContent-Length: {length}\r\n\r\n{body}").expect("it reads");
    let answer = std::io::read_to_string(stream).expect("text");
    let (_, body) = answer.split_once("\r\n\r\n").expect("a head");
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

#[test]
fn what_another_run_wrote_meanwhile_is_kept_too() {
    let refusing = server();
    let (file, others) = (state("mine.state"), state("others.state"));
    let [path, others_path] = [&file, &others].map(|file| file.to_str().expect("text"));
    let url = page(&refusing);
    let theirs = |state| call(&[&["GET", &url, "--state", state], &AUTHORIZED[..]].concat());
    refuse(&refusing);
    said(&theirs(others_path), 1);
    let sent = requests_of(&refusing);

    // A server during whose answer the other run ends.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it has one");
    let copied = (others.clone(), file.clone());
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a request");
        let head = BufReader::new(stream.try_clone().expect("a second handle")).lines();
        let head: Vec<_> = head.map(|line| line.expect("text")).take_while(|line| !line.is_empty()).collect();
        std::fs::copy(copied.0, copied.1).expect("it can be copied");
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").expect("it reads");
        head
    });
    let mine = call(&["GET", &format!("http://{address}/wiki"), "--state", path]);
    assert_eq!((mine.status.code(), text(&mine.stdout)), (Some(0), "{}"), "{}", text(&mine.stderr));
    assert_eq!(answering.join().expect("no panic")[0], "GET /wiki HTTP/1.1");
    let after = std::fs::read(&file).expect("it was written");
    assert!(after != std::fs::read(&others).expect("it is there"), "ours is in it");
    let error = theirs(path);
    assert!(said(&error, 1).contains("deferred by "), "{}", text(&error.stderr));
    assert_eq!(requests_of(&refusing), sent, "and theirs");
}

#[test]
fn a_damaged_state_stops_the_call_and_is_left_as_it_is() {
    let server = server();
    let file = state("damaged.state");
    for damaged in [&b""[..], b"nonsense", &[0; 70_000]] {
        std::fs::write(&file, damaged).expect("a folder to write to");
        let output = call(&["GET", &page(&server), "--state", file.to_str().expect("text")]);
        let error = said(&output, 1);
        assert!(error.starts_with("error: the state `") && error.contains("is left as it is"), "{error}");
        assert_eq!(std::fs::read(&file).expect("it is there"), damaged);
    }
    assert_eq!(server.stop().requests, 0);
}

#[test]
fn without_an_answer_and_with_a_bad_one_the_exit_code_is_1() {
    // Nobody listens on a port that was just given back.
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("it has one");
    let output = call(&["GET", &format!("http://{free}/x"), "--max-attempts", "1"]);
    assert!(said(&output, 1).to_lowercase().contains("connection refused"), "{}", text(&output.stderr));
    let server = server();
    let missing = format!("{}/wiki/api/v2/pages/1", server.url());
    let output = call(&[&["GET", &missing], &AUTHORIZED[..]].concat());
    assert!(said(&output, 1).contains("answered with status `404`"), "{}", text(&output.stderr));
    assert!(!output.stdout.is_empty(), "the body is shown all the same");
}

#[test]
fn a_body_is_sent_as_json_from_text_or_file() {
    let server = server();
    let url = format!("{}/wiki/api/v2/pages", server.url());
    let body = r#"{"spaceId":"1","title":"By headroom","body":{"representation":"storage","value":"<p/>"}}"#;
    let file = state("page.json");
    std::fs::write(&file, body).expect("a folder to write to");
    let from_file = format!("@{}", file.display());
    for (data, title) in [(body.replace("By", "From"), "From headroom"), (from_file, "By headroom")] {
        let output = call(&[&["POST", &url, "-d", &data], &AUTHORIZED[..]].concat());
        let made: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        assert_eq!(made["title"], title, "{} {}", text(&output.stdout), text(&output.stderr));
    }
}

#[test]
fn what_makes_no_sense_is_one_line_and_exit_code_2() {
    let url = "http://127.0.0.1:1/x";
    for (arguments, wanted) in [
        (vec!["GET"], "<URL>"),
        (vec!["GET", "acme"], "`acme` is no address"),
        (vec!["GET", "ftp://acme/x"], "`ftp://acme/x` is no address"),
        (vec!["GET", "http://u:hush-secret@acme/x"], "the address has a user in it"),
        (vec!["GET", url, "-H", "hush-secret"], "a header has no colon"),
        (vec!["GET", url, "-d", "@missing.json"], "cannot read the body `missing.json`: it does not exist"),
        (vec!["GET", url, "--deadline", "soon"], "`soon` is no span"),
        (vec!["GET", url, "--deadline", "1 year"], "`1 year` is no span"),
        (vec!["GET", url, "--quota", "0"], "`quota` is `0`"),
        (vec!["GET", url, "--pool", "mine"], "`mine`"),
        (vec!["GET", url, "--state", "missing/x.state"], "cannot write the state `missing/x.state`: it does not exist"),
        (vec!["GET", url, "--component", "missing.wasm"], "cannot read the component `missing.wasm`"),
    ] {
        let output = call(&arguments);
        let error = said(&output, 2);
        assert!(error.contains(wanted) && !error.contains("hush"), "{error}");
    }
}
