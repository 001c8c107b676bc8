//! What `docs/serve.md` shows is what the server answers. `BLESS=1` writes what is so now.

mod support;

use headroom_model::time::Instant;
use headroom_serve::{Config, Pace};
use std::path::Path;
use support::Client;

/// A line such as `curl -X DELETE -H 'Name: value' -d '{}' $URL/path`, sent.
fn run(client: &Client, command: &str) -> String {
    let words = split(command.strip_prefix("$ curl ").expect("only curl is shown"));
    let (mut method, mut fields, mut body, mut target) = (None, Vec::new(), None, None);
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match word {
            "-X" => method = words.next(),
            "-d" => body = words.next(),
            "-H" => fields.extend(words.next().and_then(|field| field.split_once(": "))),
            other => target = other.strip_prefix("$URL"),
        }
    }
    let method = method.unwrap_or(if body.is_some() { "POST" } else { "GET" });
    client.send(method, target.unwrap_or_else(|| panic!("{command}")), &fields, body).body
}

/// Words as a shell takes them, of which only single quotes are used.
fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (place, piece) in line.split('\'').enumerate() {
        if place % 2 == 1 {
            words.push(piece.to_owned());
        } else {
            words.extend(piece.split_whitespace().map(str::to_owned));
        }
    }
    words
}

#[test]
fn every_curl_of_the_page_is_answered_as_it_shows() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/serve.md");
    let shown = std::fs::read_to_string(&file).expect("the page is there");
    let start = Instant::parse_iso("2026-02-02T12:20:00Z");
    let client = Client::of(Config { pace: Pace::Manual, start, ..Config::default() });
    let (mut now, mut is_console, mut commands) = (String::new(), false, 0);
    for line in shown.lines() {
        if line.starts_with("```") {
            is_console = line == "```console";
        } else if is_console && !line.starts_with("$ ") {
            continue;
        }
        now += line;
        now.push('\n');
        if is_console && line.starts_with("$ ") {
            now += run(&client, line).trim_end();
            now.push('\n');
            commands += 1;
        }
    }
    if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&file, &now).expect("the page can be written");
    }
    assert!(commands > 9, "the page shows {commands} commands");
    let differing = shown.lines().zip(now.lines()).find(|(shown, now)| shown != now);
    assert!(shown == now, "docs/serve.md is not of today, first at {differing:?}: look, then run with BLESS=1");
}
