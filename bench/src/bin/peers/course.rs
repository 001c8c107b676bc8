//! A run of a scenario whose client has a control flow of its own: it is told of events, and sends and ends when it likes.
//!
//! Whoever drives it moves the client's clock to [`Course::now`], tells the client what happens and hands over what it did.
//! A client that never ends is cut: at the [`HORIZON`], and when it has sent [`ATTEMPTS`] times as often as there are
//! jobs. What is open then, or comes later, is lost.

use anyhow::{Result, ensure};
use headroom_model::operation::{Answer, Header, Invocation, Operation, Request, Response, Trigger};
use headroom_model::time::{Instant, Millis};
use headroom_sim::trace::Sink;
use headroom_sim::{Ending, Event, JobId, Report, Scenario, TimerId, World};
use std::collections::BTreeSet;

/// Virtual time after which nobody is waited for.
pub const HORIZON: Millis = Millis::from_secs(48 * 3_600);
/// Attempts for each job, on average, after which a client is cut.
pub const ATTEMPTS: u64 = 30;
/// Attempts that every client has, however few jobs there are.
const LEAST: u64 = 1_000;

/// What a client hears of.
#[derive(Debug)]
pub enum Told {
    /// A job for it.
    Start { node: u32, job: JobId, request: Request },
    /// What came of its attempt; every answer in these scenarios is a response.
    Answer { job: JobId, response: Response },
}

/// What is next.
#[derive(Debug)]
pub enum Step {
    /// The client hears of this, now.
    Told(Told),
    /// The instant that was asked for has come, and all that happens until then has happened.
    Time,
    /// Every job has ended.
    End,
}

/// What came of a run.
#[derive(Debug)]
pub struct Ran {
    pub report: Report,
    /// Why the client was cut, if it was.
    pub cut: Option<&'static str>,
}

/// A run in progress.
pub struct Course {
    world: World,
    horizon: Instant,
    most: u64,
    sent: u64,
    cut: Option<&'static str>,
    open: BTreeSet<JobId>,
    attempts: Vec<u32>,
    /// The last alarm that was set, if it has not rung; those before it ring in vain.
    alarm: Option<(Instant, TimerId)>,
}

impl Course {
    /// A run at its start.
    pub fn new(scenario: &Scenario, client: &str, trace: Option<Sink>) -> Self {
        let world = World::new(scenario, client, 1, trace);
        let jobs = world.workload().jobs();
        let mut course = Self {
            horizon: scenario.start + HORIZON,
            most: ATTEMPTS * u64::from(jobs) + LEAST,
            sent: 0,
            cut: None,
            open: BTreeSet::new(),
            attempts: vec![0; jobs as usize],
            alarm: None,
            world,
        };
        course.world.sleep_until(0, course.horizon);
        course
    }

    /// What all clocks show.
    pub fn now(&self) -> Instant {
        self.world.now()
    }

    /// When anything happens next, be it of concern to the client or not.
    pub fn next_at(&self) -> Option<Instant> {
        self.world.next_at()
    }

    /// Goes on to what the client hears of next, at `until` at the latest.
    pub fn next(&mut self, until: Option<Instant>) -> Step {
        loop {
            let is_due = |until: Instant| until <= self.now() && self.next_at().is_none_or(|at| at > until);
            match until {
                Some(until) if is_due(until) => return Step::Time,
                Some(until) if self.alarm.is_none_or(|(alarm, _)| until < alarm) => {
                    self.alarm = Some((until.max(self.now()), self.world.sleep_until(0, until)));
                }
                _ => {}
            }
            match self.world.next_event() {
                None => return Step::End,
                Some(Event::Start { node, job }) if self.cut.is_none() => {
                    self.open.insert(job);
                    if let Some(request) = over_http(job, self.world.workload().operation(job)) {
                        return Step::Told(Told::Start { node, job, request });
                    }
                    self.finish(job, false);
                }
                Some(Event::Start { job, .. }) => self.world.finish(job, Ending::Lost),
                Some(Event::Answer { job, result: Ok(Answer::Response(response)), .. }) if self.cut.is_none() => {
                    return Step::Told(Told::Answer { job, response });
                }
                Some(Event::Wake { timer, .. }) => {
                    if self.now() >= self.horizon {
                        self.cut("48 hours were over");
                    }
                    if self.alarm.is_some_and(|(_, alarm)| alarm == timer) {
                        self.alarm = None;
                        // Whatever was to happen before it has happened.
                        if until.is_some_and(|until| until <= self.now()) {
                            return Step::Time;
                        }
                    }
                }
                Some(_) => {}
            }
        }
    }

    /// The client sends the next attempt of a job.
    pub fn send(&mut self, job: JobId) {
        if !self.open.contains(&job) {
            return;
        }
        self.sent += 1;
        self.attempts[job.0 as usize] += 1;
        self.world.send(job, self.attempts[job.0 as usize]);
        if self.sent >= self.most {
            self.cut("it had sent 30 times as often as there are jobs");
        }
    }

    /// The client is through with a job.
    pub fn finish(&mut self, job: JobId, is_done: bool) {
        if self.open.remove(&job) {
            self.world.finish(job, if is_done { Ending::Done } else { Ending::Lost });
        }
    }

    /// Nobody waits for the client any more.
    pub fn cut(&mut self, why: &'static str) {
        self.cut.get_or_insert(why);
        for job in std::mem::take(&mut self.open) {
            self.world.finish(job, Ending::Lost);
        }
    }

    /// The figures, after [`Step::End`].
    pub fn report(self) -> Result<Ran> {
        let (jobs, cut) = (self.world.workload().jobs(), self.cut);
        let report = self.world.report()?;
        let ended = report.done + report.lost + report.deferred + report.unstarted;
        ensure!(ended == jobs, "`{}` ended {ended} of {jobs} jobs", report.strategy);
        Ok(Ran { report, cut })
    }
}

/// The request that a client of HTTP makes of a job, if there is one: a web trigger is called at its address.
fn over_http(job: JobId, operation: Operation) -> Option<Request> {
    match operation {
        Operation::Rest(request) => Some(request),
        Operation::Invoke(Invocation { function_key, context, .. }) => {
            (context.trigger == Trigger::WebTrigger).then(|| Request {
                method: "POST".to_owned(),
                headers: vec![Header::new("X-Request-Id", job.0.to_string())],
                ..Request::get(context.installation, format!("/x1/{function_key}"))
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use headroom_model::operation::Context;

    #[test]
    fn a_web_trigger_is_posted_to_and_no_other_function_has_an_address() {
        let invoke = |trigger| {
            let context =
                Context { installation: "docs".into(), account: None, environment: "production".into(), trigger };
            Operation::Invoke(Invocation { function_key: "getText".into(), payload: "{}".into(), context })
        };
        let request = over_http(JobId(7), invoke(Trigger::WebTrigger)).unwrap();
        assert_eq!((&*request.method, &*request.path), ("POST", "/x1/getText"));
        assert_eq!(request.headers, [Header::new("X-Request-Id", "7")]);
        assert_eq!(over_http(JobId(7), invoke(Trigger::Ui)), None);
    }
}
