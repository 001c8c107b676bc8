//! What a hostile guest can do, and what it is called when it did.

use crate::{NOON, page};
use headroom_host::types::{Answer, AttemptError, CallOptions};
use headroom_host::{Cause, Engines, Error, Planner};
use std::sync::atomic::{AtomicBool, Ordering};

/// A cause without its details.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    TooSlow,
    TooMuch,
    Trap,
    Nonsense,
}

impl Kind {
    pub fn of(cause: &Cause) -> Self {
        match cause {
            Cause::TooSlow => Self::TooSlow,
            Cause::TooMuch(_) => Self::TooMuch,
            Cause::Trap(_) => Self::Trap,
            Cause::Nonsense(_) => Self::Nonsense,
            other => panic!("a cause without a test: {other}"),
        }
    }
}

pub struct Attack {
    pub name: &'static str,
    /// The function as the WIT names it.
    pub function: &'static str,
    /// What it does instead.
    pub body: &'static str,
    /// Calls it.
    pub ask: fn(&mut Planner) -> Result<(), Error>,
    pub kind: Kind,
}

impl Attack {
    /// How making the instance ends; one that attacks later is made like any other, without a tick.
    pub fn kind_when_made(&self) -> Option<Kind> {
        let making = ["_initialize", "default-config", "[constructor]limiter"];
        making.contains(&self.function).then_some(self.kind)
    }
}

const CHECK: fn(&mut Planner) -> Result<(), Error> =
    |planner| planner.quota_check(&page(), &CallOptions::default(), NOON).map(drop);

const BEGIN: fn(&mut Planner) -> Result<(), Error> =
    |planner| planner.begin(&page(), &CallOptions::default(), NOON).map(drop);

const RESTORE: fn(&mut Planner) -> Result<(), Error> = |planner| planner.restore(b"saved", NOON).map(drop);

const fn attack(
    name: &'static str,
    function: &'static str,
    body: &'static str,
    ask: fn(&mut Planner) -> Result<(), Error>,
    kind: Kind,
) -> Attack {
    Attack { name, function, body, ask, kind }
}

const LOOP: &str = "(loop (br 0)) (unreachable)";
const CHECK_NAME: &str = "[method]limiter.quota-check";

/// Each is for one function.
pub const ATTACKS: &[Attack] = &[
    attack("loops in a check", CHECK_NAME, LOOP, CHECK, Kind::TooSlow),
    attack("loops when it is made", "_initialize", "(loop (br 0))", CHECK, Kind::TooSlow),
    attack("loops in its configuration", "default-config", LOOP, CHECK, Kind::TooSlow),
    attack("loops in its constructor", "[constructor]limiter", LOOP, CHECK, Kind::TooSlow),
    attack("loops in a destructor", "[dtor]call", "(loop (br 0))", end, Kind::TooSlow),
    attack(
        "grows without end",
        CHECK_NAME,
        "(loop (drop (memory.grow (i32.const 16))) (br 0)) (unreachable)",
        CHECK,
        Kind::TooMuch,
    ),
    attack(
        "grows a table without end",
        CHECK_NAME,
        "(loop (drop (table.grow $table (ref.null func) (i32.const 16))) (br 0)) (unreachable)",
        CHECK,
        Kind::TooMuch,
    ),
    attack("traps", CHECK_NAME, "(unreachable)", CHECK, Kind::Trap),
    attack("divides by zero", CHECK_NAME, "(i32.div_u (i32.const 1) (i32.const 0))", CHECK, Kind::Trap),
    attack("reads beyond its memory", CHECK_NAME, "(i32.load (i32.const -4))", CHECK, Kind::Trap),
    attack("traps when told of an answer", "[method]call.on-response", "(unreachable)", respond, Kind::Trap),
    attack("traps when told of a failure", "[method]call.on-failure", "(unreachable)", fail, Kind::Trap),
    attack("traps when a call goes on", "[method]call.next", "(unreachable)", next, Kind::Trap),
    attack("answers beyond its memory", CHECK_NAME, "(i32.const -8)", CHECK, Kind::Nonsense),
    attack("answers between two words", CHECK_NAME, "(i32.const 1025)", CHECK, Kind::Nonsense),
    attack(
        "answers with a case that is not there",
        CHECK_NAME,
        "(memory.fill (i32.const 3000) (i32.const 255) (i32.const 1000)) (i32.const 3000)",
        CHECK,
        Kind::Nonsense,
    ),
    attack("answers with a step that is not there", "[method]call.next", NO_CASE, next, Kind::Nonsense),
    attack("answers with a handle that is not there", "[method]limiter.begin", "(i32.const 77)", BEGIN, Kind::Nonsense),
    attack(
        "answers with a list beyond its memory",
        "[method]limiter.save",
        "(i32.store (i32.const 3004) (i32.const 0x7fffffff)) (i32.const 3000)",
        |planner| planner.save(NOON).map(drop),
        Kind::Nonsense,
    ),
    attack(
        "answers with a text that is none",
        "[method]limiter.restore",
        "(i32.store8 (i32.const 3000) (i32.const 1)) (i32.store (i32.const 3008) (i32.const 3100))
         (i32.store (i32.const 3012) (i32.const 4)) (i32.store (i32.const 3100) (i32.const -1)) (i32.const 3000)",
        RESTORE,
        Kind::Nonsense,
    ),
];

const NO_CASE: &str = "(memory.fill (i32.const 3000) (i32.const 255) (i32.const 1000)) (i32.const 3000)";

fn end(planner: &mut Planner) -> Result<(), Error> {
    let call = planner.begin(&page(), &CallOptions::default(), NOON)?;
    planner.end(call)
}

fn next(planner: &mut Planner) -> Result<(), Error> {
    let call = planner.begin(&page(), &CallOptions::default(), NOON)?;
    planner.next(call, NOON).map(drop)
}

fn respond(planner: &mut Planner) -> Result<(), Error> {
    let call = planner.begin(&page(), &CallOptions::default(), NOON)?;
    planner.on_response(call, &Answer::Resolved("{}".to_owned()), NOON)
}

fn fail(planner: &mut Planner) -> Result<(), Error> {
    let call = planner.begin(&page(), &CallOptions::default(), NOON)?;
    planner.on_failure(call, &AttemptError::TimedOut, NOON)
}

/// Does `work`. If it only ends by the clock, the engines tick meanwhile, as fast as can be; nothing else runs then.
pub fn ending<R>(engines: &Engines, kind: Option<Kind>, work: impl FnOnce() -> R) -> R {
    if kind != Some(Kind::TooSlow) {
        return work();
    }
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                engines.tick();
                std::hint::spin_loop();
            }
        });
        let result = work();
        done.store(true, Ordering::Relaxed);
        result
    })
}
