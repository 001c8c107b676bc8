//! Each refusal of `tests/vectors/explain.toml`, given once to each client: when does it come again?
//!
//! The first attempt of the only job is answered with that head, the second by a server that refuses nothing. What the
//! head says is what `headroom explain` reads, and that is held to what people typed by `cli/tests/vectors.rs`.

use crate::run::{self, OURS};
use anyhow::{Context, Result, ensure};
use headroom_model::capture;
use headroom_model::explain::{Limited, Question, explain};
use headroom_model::headers::{Dialect, Signals};
use headroom_model::operation::{Answer, Response};
use headroom_model::refusal::WaitSource;
use headroom_model::time::{Instant, Millis};
use headroom_sim::Scenario;
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Later than a tenth of the wait and this is late.
const SLACK: Millis = Millis::from_secs(60);
/// As in [`scenario_of`].
const ROUND_TRIP: Millis = Millis::from_secs(2);
/// Where no instant is told, whoever is not back by then is late.
const LONG: Millis = Millis::from_secs(3_600);

/// How a client took a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Verdict {
    Right,
    Early,
    Late,
    Lost,
    Crash,
}

/// A client and all heads.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tortured {
    pub client: String,
    pub setting: String,
    /// By the head's name; how long it waited, if it came again.
    pub heads: Vec<(String, Verdict, Option<u64>)>,
}

impl Tortured {
    /// How many heads it took so.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.heads.iter().filter(|(_, as_, _)| *as_ == verdict).count()
    }
}

/// A refusal, and how long it says to wait.
pub struct Head {
    pub name: String,
    pub wait: Option<Millis>,
    scenario: Scenario,
}

#[derive(Deserialize)]
struct Vectors {
    vector: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    args: Vec<String>,
    #[serde(default)]
    stdin: String,
}

/// All refusals that come over HTTP with a status that says so.
pub fn heads() -> Result<Vec<Head>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/explain.toml");
    let text = std::fs::read_to_string(&path).context("cannot read the vectors")?;
    let vectors: Vectors = toml::from_str(&text)?;
    let heads: Result<Vec<Option<Head>>> = vectors.vector.iter().map(Vector::head).collect();
    Ok(heads?.into_iter().flatten().collect())
}

impl Vector {
    fn head(&self) -> Result<Option<Head>> {
        let Ok(capture) = capture::read(self.stdin.as_bytes()) else { return Ok(None) };
        let Answer::Response(response) = &capture.answer else { return Ok(None) };
        let told = self.args.iter().position(|word| word == "--now").and_then(|at| self.args.get(at + 1));
        let now = told.and_then(|now| Instant::parse_iso(now)).or(Signals::read(&response.headers).date);
        let now = now.with_context(|| format!("vector `{}` says nothing of the time", self.name))?;
        let question = Question { answer: &capture.answer, url: None, now, dialect: Dialect::Auto };
        let found = explain(&question);
        let is_named = !matches!(found.wait_source, WaitSource::Window | WaitSource::None);
        let wait = found.wait.filter(|_| is_named);
        if response.status < 400 || (found.limited != Limited::Now && wait.is_none()) {
            return Ok(None);
        }
        let text = scenario_of(response, now);
        let scenario = Scenario::parse(&self.name, &text)?;
        Ok(Some(Head { name: self.name.clone(), wait, scenario }))
    }
}

/// One call that meets this head at `now`, and nothing after it. It may be sent almost a second late: some clients put
/// even the first off for a moment.
fn scenario_of(response: &Response, now: Instant) -> String {
    let start = Instant(now.0.saturating_sub(ROUND_TRIP.0));
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let mut headers = String::new();
    for header in &response.headers {
        let _ = write!(headers, "{{ name = {}, value = {} }}, ", quoted(&header.name), quoted(&header.value));
    }
    let (status, body) = (response.status, quoted(&String::from_utf8_lossy(&response.body)));
    format!(
        "name = \"head\"\nabout = \"One refusal.\"\nstart = \"{start}\"\nspan = \"48 h\"\nround_trip = \"2 s\"\n\
         [server]\nquota = {{ points = 65_000 }}\n[[work]]\nname = \"call\"\ntenant = \"docs\"\n\
         request = \"GET /wiki/rest/api/content/{{n}}\"\ncount = 1\narrive = \"at_once\"\n\
         [[fault]]\nname = \"head\"\non = {{ before = \"1999 ms\" }}\n\
         then = {{ refuse = {{ status = {status}, headers = [{headers}], body = {body} }} }}\n"
    )
}

/// A trace in memory.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Gives all heads to a client.
pub fn torture(heads: &[Head], client: &str, setting: &str) -> Result<Tortured> {
    let judged = heads.iter().map(|head| {
        let trace = Kept::default();
        let outcome = run::run(&head.scenario, client, setting, Some(Box::new(trace.clone())))?;
        let trace = trace.0.lock().unwrap_or_else(PoisonError::into_inner);
        let trace = String::from_utf8_lossy(&trace);
        let met = trace.lines().filter(|line| line.split('\t').nth(3) == Some("fault")).count();
        ensure!(met == 1, "`{client}`, {setting}, met `{}` {met} times", head.name);
        let second = second_send(&trace);
        let verdict = match second {
            _ if !outcome.crashes.is_empty() => Verdict::Crash,
            None => Verdict::Lost,
            Some(at) => judge(Millis(at), head.wait),
        };
        Ok((head.name.clone(), verdict, second))
    });
    let heads: Result<_> = judged.collect();
    let setting = if client == OURS { "default" } else { setting };
    Ok(Tortured { client: client.to_owned(), setting: setting.to_owned(), heads: heads? })
}

/// When the second attempt was sent, in milliseconds since the head was there.
fn second_send(trace: &str) -> Option<u64> {
    let sends = trace.lines().filter(|line| line.split('\t').nth(3) == Some("send"));
    let at: u64 = sends.skip(1).find_map(|line| line.split('\t').next()?.parse().ok())?;
    Some(at.saturating_sub(ROUND_TRIP.0))
}

fn judge(at: Millis, wait: Option<Millis>) -> Verdict {
    match wait {
        Some(wait) if at < wait => Verdict::Early,
        Some(wait) if at > wait + Millis(wait.0 / 10) + SLACK => Verdict::Late,
        None if at > LONG => Verdict::Late,
        _ => Verdict::Right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_before_the_instant_is_early_and_a_tenth_and_a_minute_after_it_is_still_right() {
        let wait = Some(Millis::from_secs(600));
        let at = |secs| judge(Millis::from_secs(secs), wait);
        assert_eq!(
            [at(599), at(600), at(720), at(721)],
            [Verdict::Early, Verdict::Right, Verdict::Right, Verdict::Late]
        );
        assert_eq!([0, 3_600, 3_601].map(|secs| judge(Millis::from_secs(secs), None))[2], Verdict::Late);
    }
}
