//! Runs a scenario with a client in another process, which is asked one question per line and answers it.
//!
//! ```text
//! remote <SCENARIO[/VARIANT]|FILE.toml> <SEED> <NAME> <TRACE> <BYTES> [native]
//! ```
//!
//! The questions are JSON on standard output, the answers plain words on standard input. The trace is that of
//! `headroom simulate --trace`, so a client in any language can be compared with the native one, byte for byte; the
//! tests of the JavaScript package do. After so many bytes of trace the run is over, for some runs take hours. With
//! `native` nobody is asked: the core decides.
//!
//! | question | answer |
//! | --- | --- |
//! | `begin`: a client of this node, with this configuration and seed | none |
//! | `start`, `answer`, `fail`, `wake`: of a job, at the instant `now` of the node's clock | `send`, `wait T`, `done`, `lost` or `deferred T` |
//! | `save`: the node crashes | the state in base64 |
//! | `restore`: what it saved | none |

use std::cell::RefCell;
use std::fs::{self, File};
use std::io::{self, Write};
use std::process::exit;
use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use headroom_cli::native::{self, Native};
use headroom_model::operation::{Answer, AttemptError, Operation, Trigger};
use headroom_model::rng::SplitMix64;
use headroom_model::time::Instant;
use headroom_sim::scenario::{Counted, Each, Pool, Priority, WindowSpec};
use headroom_sim::strategy::{Move, Strategy};
use headroom_sim::{CallOptions, Ending, JobId, Scenario, run};
use serde_json::{Value, json};

fn main() -> Result<(), String> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let (asked, is_native) = match arguments.split_last() {
        Some((last, others)) if last == "native" => (others, true),
        _ => (&arguments[..], false),
    };
    let [scenario, seed, name, trace, bytes] = asked else {
        return Err("pass a scenario, a seed, the client's name, a file for the trace and its bytes at most".to_owned());
    };
    let scenario = named(scenario).map_or_else(|| read(scenario), Ok)?;
    let seed = seed.parse().map_err(|_| format!("`{seed}` is no seed: pass a whole number"))?;
    let bytes = bytes.parse().map_err(|_| format!("`{bytes}` is no number of bytes: pass a whole number"))?;
    let trace = File::create(trace).map_err(|error| format!("cannot write `{trace}` ({error})"))?;
    let link = Rc::new(RefCell::new(Link { answers: io::stdin().lines() }));
    let mut make = |node| -> Box<dyn Strategy> {
        if is_native {
            return Box::new(Native::new(&scenario, native::NAME, seed, node));
        }
        let node_seed = SplitMix64::new(headroom_sim::run::node_seed(seed, node)).next_u64();
        let begin = json!({ "ask": "begin", "node": node, "seed": node_seed.to_string(), "config": config(&scenario) });
        link.borrow_mut().tell(&begin);
        Box::new(Remote { link: link.clone(), name: name.clone(), node, now: Instant(0) })
    };
    let report = run(&scenario, &mut make, seed, Some(Box::new(Cut { file: trace, left: bytes })));
    report.map(|_| ()).map_err(|error| error.to_string())
}

/// A built-in scenario, or one of its variants after a slash.
fn named(asked: &str) -> Option<Scenario> {
    let (name, variant) = asked.split_once('/').map_or((asked, None), |(name, variant)| (name, Some(variant)));
    let scenario = Scenario::builtin(name)?;
    match variant {
        None => Some(scenario),
        Some(variant) => scenario.variants().into_iter().find_map(|(known, made)| (known == variant).then_some(made)),
    }
}

fn read(file: &str) -> Result<Scenario, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("cannot read `{file}` ({error})"))?;
    Scenario::parse(file, &text).map_err(|error| error.to_string())
}

/// A file that ends the process, and with it the run, once it is long enough.
struct Cut {
    file: File,
    left: usize,
}

impl Write for Cut {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let fits = &bytes[..bytes.len().min(self.left)];
        self.file.write_all(fits)?;
        self.left -= fits.len();
        if self.left == 0 {
            exit(0);
        }
        Ok(fits.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The other process. If it goes away or says what no question allows, there is nothing left to do.
struct Link {
    answers: io::Lines<io::StdinLock<'static>>,
}

impl Link {
    fn tell(&mut self, question: &Value) {
        let mut out = io::stdout().lock();
        writeln!(out, "{question}").and_then(|()| out.flush()).expect("the client listens");
    }

    fn ask(&mut self, question: &Value) -> String {
        self.tell(question);
        self.answers.next().expect("the client answers").expect("its answer can be read")
    }
}

/// The client of one node.
struct Remote {
    link: Rc<RefCell<Link>>,
    name: String,
    node: u32,
    now: Instant,
}

impl Remote {
    /// Adds what every question says, and reads the move.
    fn ask(&mut self, ask: &str, job: JobId, now: Instant, mut question: Value) -> Move {
        self.now = now;
        question["ask"] = ask.into();
        question["node"] = self.node.into();
        question["job"] = job.0.into();
        question["now"] = now.0.into();
        let answer = self.link.borrow_mut().ask(&question);
        let (word, instant) = answer.split_once(' ').unwrap_or((&answer, ""));
        let instant = || Instant(instant.parse().unwrap_or_else(|_| panic!("`{answer}` names no instant")));
        match word {
            "send" => Move::Send,
            "wait" => Move::WaitUntil(instant()),
            "done" => Move::Finish(Ending::Done),
            "lost" => Move::Finish(Ending::Lost),
            "deferred" => Move::Finish(Ending::Deferred(instant())),
            _ => panic!("`{answer}` is no move"),
        }
    }
}

impl Strategy for Remote {
    fn name(&self) -> &str {
        &self.name
    }

    fn start(&mut self, job: JobId, operation: &Operation, options: &CallOptions, now: Instant) -> Move {
        let question = json!({ "operation": of_operation(operation), "options": of_options(options) });
        self.ask("start", job, now, question)
    }

    fn answered(&mut self, job: JobId, _attempt: u32, answer: &Answer, now: Instant) -> Move {
        self.ask("answer", job, now, json!({ "answer": of_answer(answer) }))
    }

    fn failed(&mut self, job: JobId, _attempt: u32, error: &AttemptError, now: Instant) -> Move {
        let is_timeout = matches!(error, AttemptError::TimedOut);
        self.ask("fail", job, now, json!({ "isTimeout": is_timeout }))
    }

    fn woke(&mut self, job: JobId, now: Instant) -> Move {
        self.ask("wake", job, now, json!({}))
    }

    fn save(&self) -> Option<Vec<u8>> {
        let question = json!({ "ask": "save", "node": self.node, "now": self.now.0 });
        STANDARD.decode(self.link.borrow_mut().ask(&question)).ok()
    }

    fn restore(&mut self, state: &[u8], now: Instant) {
        let state = STANDARD.encode(state);
        let question = json!({ "ask": "restore", "node": self.node, "now": now.0, "state": state });
        self.link.borrow_mut().tell(&question);
    }
}

/// What the developer told the client, as options of `createHeadroom`; what he left out is left out.
fn config(scenario: &Scenario) -> Value {
    let client = &scenario.client;
    told(json!({
        "quota": client.quota_points.map(|points| points.get()),
        "pool": client.pool.map(|pool| match pool {
            Pool::Global => "global",
            Pool::PerTenant => "per-tenant",
        }),
        "burst": client.burst.map(|burst| {
            json!({ "perSecond": burst.per_second.get(), "capacity": burst.capacity.get() })
        }),
        "invocations": client.invocations.map(|profile| profile.name().replace("-2026-09", "-sep2026")),
        "nodes": client.nodes.map_or_else(|| sharing(scenario), |nodes| nodes.get()),
        "maxAttempts": client.max_attempts.map(|attempts| attempts.get()),
        "retryBudget": client.retry_budget.map(|budget| budget.get()),
        "tenantCap": client.tenant_cap.map(|cap| {
            let most = cap.most.map(|most| most.get());
            told(json!({ "base": cap.base.get(), "perUser": cap.per_user.get(), "most": most }))
        }),
        "userCap": client.user_cap.map(|points| points.get()),
        "windows": client.windows.as_ref().map(|windows| windows.iter().map(window).collect::<Vec<_>>()),
    }))
}

fn window(WindowSpec { per, limit, span }: &WindowSpec) -> Value {
    let per = match per {
        Counted::App => "app",
        Counted::Account => "account",
        Counted::Environment => "environment",
        Counted::Installation => "installation",
        Counted::User => "user",
    };
    json!({ "per": per, "limit": limit.get(), "span": span.get().0 })
}

/// All of a fleet share the limits, while every stranger believes to be alone.
const fn sharing(scenario: &Scenario) -> u32 {
    match scenario.fleet.each {
        Each::Node => scenario.fleet.nodes.get(),
        Each::User => 1,
    }
}

/// Only the fields of which something was said.
fn told(mut fields: Value) -> Value {
    if let Some(fields) = fields.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    fields
}

fn of_operation(operation: &Operation) -> Value {
    match operation {
        Operation::Rest(request) => {
            json!({ "tenant": request.tenant, "method": request.method, "path": request.path })
        }
        Operation::Invoke(invocation) => {
            let context = &invocation.context;
            let context = json!({
                "installation": context.installation,
                "account": context.account,
                "environment": context.environment,
                "trigger": trigger(context.trigger),
            });
            json!({ "functionKey": invocation.function_key, "context": told(context) })
        }
    }
}

/// The name that the interface has for it.
const fn trigger(trigger: Trigger) -> &'static str {
    match trigger {
        Trigger::Ui => "ui",
        Trigger::WebTrigger => "web-trigger",
        Trigger::Workflow => "workflow",
        Trigger::AdfExport => "adf-export",
        Trigger::JqlFunction => "jql-function",
        Trigger::Scheduled => "scheduled",
        Trigger::ProductEvent => "product-event",
        Trigger::AsyncEvent => "async-event",
    }
}

fn of_options(options: &CallOptions) -> Value {
    told(json!({
        "deadline": options.deadline.map(|deadline| deadline.0),
        "priority": options.priority.map(|priority| match priority {
            Priority::Interactive => "interactive",
            Priority::Background => "background",
        }),
        "user": options.user,
        "idempotent": options.is_idempotent,
        "retryUnsafe": options.may_retry_unsafe,
    }))
}

fn of_answer(answer: &Answer) -> Value {
    match answer {
        Answer::Response(response) => {
            let headers: Vec<_> = response.headers.iter().map(|header| json!([header.name, header.value])).collect();
            json!({ "status": response.status, "headers": headers, "body": STANDARD.encode(&response.body) })
        }
        Answer::Resolved(json) => json!({ "resolved": json }),
        Answer::Rejected(json) => json!({ "rejected": json }),
    }
}
