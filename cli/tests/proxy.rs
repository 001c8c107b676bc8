//! `headroom proxy` as a program: what it prints of what passed, how it ends, and what it refuses.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

fn program(verb: &str) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_headroom"));
    program.arg(verb).env_remove("HEADROOM_CONTROL_TOKEN").stdout(Stdio::piped()).stderr(Stdio::piped());
    program
}

/// A program that listens, and its address.
fn started(command: &mut Command) -> (Child, String, BufReader<std::process::ChildStdout>) {
    let mut child = command.args(["--port", "0", "--print-url"]).spawn().expect("it starts");
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut url = String::new();
    out.read_line(&mut url).expect("the address");
    (child, url.trim().to_owned(), out)
}

fn get(url: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).expect("it listens");
    let head = "Host: x\r\nAuthorization: Bearer hush-token\r\nCookie: c=hush-cookie\r\nConnection: close\r\n";
    write!(stream, "GET {path} HTTP/1.1\r\n{head}\r\n").expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

/// Ends it, and gives the rest of what it printed.
#[cfg(unix)]
fn ended(mut child: Child, mut out: impl Read) -> String {
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("there is kill");
    assert!(killed.success() && child.wait().expect("it ends").success());
    let mut text = String::new();
    out.read_to_string(&mut text).expect("text");
    child.stderr.take().expect("a pipe").read_to_string(&mut text).expect("text");
    text
}

#[cfg(unix)]
#[test]
fn it_sums_up_what_the_coming_rule_would_have_refused_and_prints_no_secret() {
    let (upstream, behind, _out) = started(&mut program("serve"));
    let rules = std::env::temp_dir().join(format!("headroom-proxy-{}.toml", std::process::id()));
    std::fs::write(&rules, "[server]\nquota = { points = 3 }\n").expect("a folder to write to");
    let mut proxy = program("proxy");
    let (child, url, out) = started(proxy.args(["--upstream", &behind, "--rules"]).arg(&rules));
    for _ in 0..2 {
        let answer = get(&url, "/wiki/api/v2/pages/100000?secret=hush-query");
        assert!(
            answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("x-beta-ratelimit-limit: 3\r\n"),
            "{answer}"
        );
    }
    let text = ended(child, out);
    let begin = "2 requests, 2 admitted for 2 points, 0 refused, 0 earlier than told; under the coming rules 1 would have \
                 been refused (points-quota 1), from ";
    assert!(text.starts_with(begin) && text.lines().count() == 1 && !text.contains("hush"), "{text}");
    ended(upstream, std::io::empty());
    std::fs::remove_file(rules).expect("it is there");
}

#[cfg(unix)]
#[test]
fn as_json_what_happened_is_all_that_is_on_standard_output() {
    let mut proxy = program("proxy");
    let mut child =
        proxy.args(["--upstream", "http://127.0.0.1:1", "--port", "0", "--json"]).spawn().expect("it starts");
    let mut errors = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut line = String::new();
    errors.read_line(&mut line).expect("the address");
    let url = line.split(' ').nth(1).expect("an address").to_owned();
    assert!(get(&url, "/wiki").starts_with("HTTP/1.1 502 "), "nobody is there");
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("there is kill");
    assert!(killed.success());
    let output = child.wait_with_output().expect("it ends");
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    assert_eq!((&json["requests"], &json["points"]), (&1.into(), &0.into()));
}

#[test]
fn what_makes_no_sense_is_one_line_and_exit_code_2() {
    for (arguments, said) in [
        (vec![], "--upstream"),
        (vec!["--upstream", "acme"], "`acme` is no upstream"),
        (vec!["--upstream", "http://x", "--mode", "watch"], "`watch` is no mode"),
        (vec!["--upstream", "http://x", "--listen", "0.0.0.0"], "can be reached by others"),
        (vec!["--upstream", "http://x", "--rules", "missing.toml"], "`missing.toml`: it does not exist"),
    ] {
        let output = program("proxy").args(&arguments).output().expect("it runs");
        let error = String::from_utf8(output.stderr).expect("text");
        assert_eq!((output.status.code(), error.lines().count()), (Some(2), 1), "{arguments:?}: {error}");
        assert!(error.contains(said), "{error}");
    }
}
