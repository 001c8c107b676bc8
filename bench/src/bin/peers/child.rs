//! Clients in JavaScript: one process of Node for each run, `bench/clients/run.js`, whose clock is a fake.
//!
//! A question is one line of JSON, `[now, [told, …]]`: `[0, node, job, method, path, [[name, value], …]]` is a job, and
//! `[1, job, status, [[name, value], …], body]` an answer. Its reply is `[timer, [[did, job, why], …]]`: when its next
//! timer is due, if any, and what it did: `s` is sent, `d` done, `l` lost, `c` crashed.

use crate::course::{Course, Step, Told};
use anyhow::{Context, Result, bail};
use headroom_model::operation::Header;
use headroom_model::time::Instant;
use headroom_sim::JobId;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Where the clients lie.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

/// The Node that the lock file names.
pub fn node() -> PathBuf {
    folder().join(format!("node_modules/node/bin/node{}", std::env::consts::EXE_SUFFIX))
}

/// Runs a client to the end of its course. Why its calls crashed is told once for each way.
pub fn run(course: &mut Course, client: &str, setting: &str, nodes: u32) -> Result<Vec<String>> {
    let mut link = Link::new(client, setting, nodes, course.now())?;
    let (mut timer, mut crashes) = (None, Vec::new());
    loop {
        let mut told = match course.next(timer) {
            Step::End => return Ok(crashes),
            Step::Time => Vec::new(),
            Step::Told(told) => vec![told],
        };
        // What happens in one instant is told at once: a question takes longer than an event.
        let now = course.now();
        while course.next_at().is_some_and(|at| at <= now) {
            match course.next(Some(now)) {
                Step::Told(more) => told.push(more),
                Step::Time | Step::End => break,
            }
        }
        let (next, did) = link.ask(now, &told)?;
        timer = next;
        for did in did {
            link.heed(course, &did, &mut crashes)?;
        }
    }
}

/// The process. It ends with its value.
struct Link {
    process: Child,
    questions: BufWriter<ChildStdin>,
    replies: BufReader<ChildStdout>,
}

impl Link {
    fn new(client: &str, setting: &str, nodes: u32, start: Instant) -> Result<Self> {
        let mut command = Command::new(node());
        // Packages warn of what they do not like; how they then behave is what is measured.
        command.args(["--no-warnings", "run.js", client, setting, &nodes.to_string(), &start.0.to_string()]);
        command.current_dir(folder()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut process = command.spawn().context("cannot run Node: run `npm ci` in `bench/clients`")?;
        let questions = BufWriter::new(process.stdin.take().context("no pipe")?);
        let replies = BufReader::new(process.stdout.take().context("no pipe")?);
        Ok(Self { process, questions, replies })
    }

    fn ask(&mut self, now: Instant, told: &[Told]) -> Result<(Option<Instant>, Vec<Value>)> {
        let told: Vec<Value> = told.iter().map(shown).collect();
        serde_json::to_writer(&mut self.questions, &json!([now.0, told]))?;
        self.questions.write_all(b"\n")?;
        self.questions.flush().context("the client has ended")?;
        let mut reply = String::new();
        self.replies.read_line(&mut reply)?;
        let (timer, did): (Option<u64>, Vec<Value>) =
            serde_json::from_str(&reply).with_context(|| format!("the client said `{:.200}`", reply.trim()))?;
        Ok((timer.map(Instant), did))
    }

    fn heed(&self, course: &mut Course, did: &Value, crashes: &mut Vec<String>) -> Result<()> {
        let job = JobId(did[1].as_u64().and_then(|job| u32::try_from(job).ok()).context("no job")?);
        match did[0].as_str() {
            Some("s") => course.send(job),
            Some("d") => course.finish(job, true),
            Some("l") => course.finish(job, false),
            Some("c") => {
                let why = did[2].as_str().unwrap_or("it does not say why").to_owned();
                if !crashes.contains(&why) {
                    crashes.push(why);
                }
                course.finish(job, false);
            }
            _ => bail!("the client did `{did}`, which is nothing"),
        }
        Ok(())
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn shown(told: &Told) -> Value {
    let shown =
        |headers: &[Header]| -> Value { headers.iter().map(|header| json!([header.name, header.value])).collect() };
    match told {
        Told::Start { node, job, request } => {
            json!([0, node, job.0, request.method, request.path, shown(&request.headers)])
        }
        Told::Answer { job, response } => {
            let body = String::from_utf8_lossy(&response.body);
            json!([1, job.0, response.status, shown(&response.headers), body])
        }
    }
}
