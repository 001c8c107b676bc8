//! `headroom serve` as a program: what it prints, how it ends, and what it refuses.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_headroom"));
    program.arg("serve").env_remove("HEADROOM_CONTROL_TOKEN");
    program
}

fn get(url: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).expect("it listens");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\nConnection: close\r\n\r\n")
        .expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

#[cfg(unix)]
#[test]
fn it_prints_its_address_serves_a_scenario_and_sums_up_when_it_is_terminated() {
    let mut child = program()
        .args(["page-sync", "--port", "0", "--clock", "manual", "--print-url"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map(|line| line.expect("text"));
    let url = lines.next().expect("the address");
    let answer = get(&url, "/wiki/api/v2/pages/100000");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("x-ratelimit-remaining: 44998\r\n"), "{answer}");
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("there is kill");
    assert!(killed.success() && child.wait().expect("it ends").success());
    assert_eq!(lines.collect::<Vec<_>>(), ["1 requests, 1 admitted for 2 points, 0 refused, 0 earlier than told"]);
}

#[test]
fn what_makes_no_sense_is_one_line_and_exit_code_2() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("it has one").port().to_string();
    for (arguments, said) in [
        (vec!["--port", &port], format!("`127.0.0.1:{port}`: the port is in use")),
        (vec!["--port", "0", "--listen", "0.0.0.0"], "`0.0.0.0:0` can be reached by others".to_owned()),
        (vec!["nothing-of-this-name"], "`nothing-of-this-name`".to_owned()),
        (vec!["missing.toml"], "`missing.toml`: it does not exist".to_owned()),
        (vec!["--clock", "x0"], "`x0` is no clock".to_owned()),
        (vec!["--start", "soon"], "`soon` is no time".to_owned()),
        (vec!["--port", "0", "--ready-fd", "0"], "`0`".to_owned()),
        (vec!["--port", "0", "--ready-fd", "999"], "`--ready-fd 999` cannot be written".to_owned()),
    ] {
        let output = program().args(&arguments).output().expect("it runs");
        let error = String::from_utf8(output.stderr).expect("text");
        assert_eq!((output.status.code(), error.lines().count()), (Some(2), 1), "{arguments:?}: {error}");
        assert!(error.contains(&said), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn it_writes_its_address_to_a_descriptor_when_it_listens() {
    let script = "exec \"$0\" serve --port 0 --ready-fd 3 3>&1 >/dev/null";
    let mut child = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_headroom")])
        .env_remove("HEADROOM_CONTROL_TOKEN")
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut url = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut url).expect("text");
    let answer = get(url.trim_end(), "/_headroom/state");
    child.kill().and_then(|()| child.wait()).expect("it ends");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{url}: {answer}");
}
