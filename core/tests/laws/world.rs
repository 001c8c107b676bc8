//! Virtual time around one limiter: a driver that is always punctual, a network that is not.

use headroom_core::log::Entry;
use headroom_core::verdict::{CallOptions, Never, Outcome, Step};
use headroom_core::{CallId, Config, Limiter};
use headroom_model::operation::{Answer, Context, Header, Invocation, Operation, Request, Response, Trigger};
use headroom_model::rng::SplitMix64;
use headroom_model::time::{Instant, Millis};
use std::collections::BTreeMap;

/// 2026-02-02T12:00:00Z.
pub const NOON: Instant = Instant(1_770_033_600_000);

/// The other side. It sees requests when they arrive, and may watch what is sent and received.
pub trait Server {
    /// Answers an attempt that arrives now.
    fn answer(&mut self, operation: &Operation, now: Instant) -> Answer;
    /// The client sends.
    fn on_sent(&mut self, _operation: &Operation, _now: Instant) {}
    /// The client learns of an answer.
    fn on_received(&mut self, _answer: &Answer, _now: Instant) {}
}

/// One call as the test wants it.
#[derive(Clone, Debug)]
pub struct Job {
    pub at: Instant,
    pub operation: Operation,
    pub options: CallOptions,
    /// Dropped so long after its beginning, whatever its state then.
    pub cancel_after: Option<Millis>,
}

impl Job {
    pub fn new(at: Instant, operation: Operation) -> Self {
        Self { at, operation, options: CallOptions::default(), cancel_after: None }
    }
}

/// What became of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Track {
    pub sends: Vec<Instant>,
    pub outcome: Option<(Instant, Outcome)>,
    pub never_begun: Option<Never>,
    pub was_cancelled: bool,
    /// As it was when the call was over.
    pub log: Vec<Entry>,
}

/// How the network treats attempts.
#[derive(Clone, Copy, Debug)]
pub struct Network {
    /// The longest way in one direction.
    pub latency: Millis,
    /// Attempts that are lost on the way there or back, in percent.
    pub loss_percent: u64,
    /// When the client gives an attempt up.
    pub timeout: Millis,
}

impl Network {
    pub const fn up_to(latency: u64) -> Self {
        Self { latency: Millis(latency), loss_percent: 0, timeout: Millis(3 * latency + 1) }
    }
}

#[derive(Clone, Debug)]
enum Event {
    Begin,
    Poll,
    /// An attempt reaches the server; its answer travels back, or not.
    Arrive {
        attempt: usize,
        is_answered: bool,
    },
    Receive {
        attempt: usize,
        answer: Answer,
    },
    TimeOut {
        attempt: usize,
    },
    Cancel,
}

pub struct World<S> {
    pub limiter: Limiter,
    pub server: S,
    pub jobs: Vec<Job>,
    pub tracks: Vec<Track>,
    pub most_open: usize,
    ids: Vec<Option<CallId>>,
    network: Network,
    queue: BTreeMap<(Instant, usize), (usize, Event)>,
    scheduled: usize,
    rng: SplitMix64,
}

impl<S: Server> World<S> {
    pub fn new(config: Config, server: S, network: Network, jobs: Vec<Job>, seed: u64) -> Self {
        let mut rng = SplitMix64::new(seed);
        let limiter = Limiter::new(config, rng.next_u64()).unwrap();
        let (tracks, ids) = (vec![Track::default(); jobs.len()], vec![None; jobs.len()]);
        let (queue, scheduled, most_open) = Default::default();
        let mut world = Self { limiter, server, jobs, tracks, most_open, ids, network, queue, scheduled, rng };
        for job in 0..world.jobs.len() {
            world.schedule(world.jobs[job].at, job, Event::Begin);
        }
        world
    }

    fn schedule(&mut self, at: Instant, job: usize, event: Event) {
        self.queue.insert((at, self.scheduled), (job, event));
        self.scheduled += 1;
    }

    pub fn run(&mut self) {
        self.run_until(Instant(u64::MAX));
    }

    /// Lets everything happen that is due before `end`.
    pub fn run_until(&mut self, end: Instant) {
        while let Some(entry) = self.queue.first_entry().filter(|entry| entry.key().0 < end) {
            let ((now, _), (job, event)) = entry.remove_entry();
            self.happen(job, event, now);
            self.most_open = self.most_open.max(self.limiter.open_calls());
        }
    }

    /// Whether any attempt is on its way.
    pub fn is_any_in_flight(&self) -> bool {
        self.queue.values().any(|(_, event)| !matches!(event, Event::Begin | Event::Poll | Event::Cancel))
    }

    fn happen(&mut self, job: usize, event: Event, now: Instant) {
        let is_current = |attempt| self.ids[job].is_some() && self.tracks[job].sends.len() == attempt;
        match event {
            Event::Begin => self.begin(job, now),
            Event::Poll => self.poll(job, now),
            Event::Arrive { attempt, is_answered } => {
                let answer = self.server.answer(&self.jobs[job].operation, now);
                if is_answered {
                    let back = now + self.rng.span_up_to(self.network.latency);
                    self.schedule(back, job, Event::Receive { attempt, answer });
                }
            }
            Event::Receive { attempt, answer } if is_current(attempt) => {
                self.server.on_received(&answer, now);
                self.limiter.on_response(self.ids[job].unwrap(), &answer, now);
                self.poll(job, now);
            }
            Event::TimeOut { attempt } if is_current(attempt) => {
                self.limiter.on_failure(self.ids[job].unwrap(), now);
                self.poll(job, now);
            }
            Event::Receive { .. } | Event::TimeOut { .. } => {}
            Event::Cancel => {
                if let Some(id) = self.ids[job].take() {
                    // The limiter hears of the time from its other calls only; a cancellation names none.
                    self.limiter.end(id);
                    self.tracks[job].was_cancelled = true;
                }
            }
        }
    }

    fn begin(&mut self, job: usize, now: Instant) {
        let Job { operation, options, cancel_after, .. } = self.jobs[job].clone();
        match self.limiter.begin(&operation, &options, now) {
            Ok(id) => self.ids[job] = Some(id),
            Err(never) => self.tracks[job].never_begun = Some(never),
        }
        if let Some(after) = cancel_after {
            self.schedule(now + after, job, Event::Cancel);
        }
        self.poll(job, now);
    }

    fn poll(&mut self, job: usize, now: Instant) {
        let Some(id) = self.ids[job] else { return };
        match self.limiter.next(id, now) {
            Step::Send(attempt) => {
                self.tracks[job].sends.push(now);
                assert_eq!(attempt as usize, self.tracks[job].sends.len(), "attempts are counted from 1 on");
                self.send(job, attempt as usize, now);
            }
            Step::WaitUntil(wait) => {
                assert!(wait.until > now, "a wait ends after now");
                self.schedule(wait.until, job, Event::Poll);
            }
            Step::AwaitingAnswer => {}
            Step::Done(outcome) => {
                assert_eq!(outcome.attempts as usize, self.tracks[job].sends.len());
                self.tracks[job].outcome = Some((now, outcome));
                self.tracks[job].log = self.limiter.log(id).to_vec();
                self.limiter.end(id);
                self.ids[job] = None;
            }
        }
    }

    fn send(&mut self, job: usize, attempt: usize, now: Instant) {
        self.server.on_sent(&self.jobs[job].operation, now);
        let there = now + self.rng.span_up_to(self.network.latency);
        let is_lost = self.rng.up_to(99) < self.network.loss_percent;
        let does_arrive = !is_lost || self.rng.up_to(1) == 0;
        if does_arrive {
            self.schedule(there, job, Event::Arrive { attempt, is_answered: !is_lost });
        }
        if is_lost {
            self.schedule(now + self.network.timeout, job, Event::TimeOut { attempt });
        }
    }
}

pub fn get(tenant: &str, path: &str) -> Operation {
    Operation::Rest(Request::get(tenant, path))
}

pub fn request(tenant: &str, method: &str, path: &str) -> Operation {
    Operation::Rest(Request { method: method.into(), ..Request::get(tenant, path) })
}

/// A page read: 2 points.
pub fn page(tenant: &str) -> Operation {
    get(tenant, "/wiki/rest/api/content/1")
}

pub fn invocation(installation: &str, account: Option<&str>, environment: &str, trigger: Trigger) -> Operation {
    let context = Context {
        installation: installation.into(),
        account: account.map(Into::into),
        environment: environment.into(),
        trigger,
    };
    Operation::Invoke(Invocation { function_key: "f".into(), payload: "{}".into(), context })
}

pub fn response(status: u16, headers: Vec<Header>) -> Answer {
    Answer::Response(Response { status, headers, body: Vec::new() })
}

/// Answers everything with success and says nothing more.
pub struct Silent;

impl Server for Silent {
    fn answer(&mut self, operation: &Operation, _now: Instant) -> Answer {
        match operation {
            Operation::Rest(_) => response(200, Vec::new()),
            Operation::Invoke(_) => Answer::Resolved("{}".into()),
        }
    }
}

/// What a server tells of the pool over all tenants that ends with this hour.
pub fn figures(quota: u32, left: u32, now: Instant) -> Vec<Header> {
    told("", quota, left, now)
}

/// The same of the coming rule.
pub fn beta_figures(quota: u32, left: u32, now: Instant) -> Vec<Header> {
    told("Beta-", quota, left, now)
}

fn told(side: &str, quota: u32, left: u32, now: Instant) -> Vec<Header> {
    let secs = now.next_hour().since(now).secs_ceil();
    vec![
        Header::new(format!("{side}RateLimit-Policy"), format!(r#""global-app-quota";q={quota};w=3600"#)),
        Header::new(format!("{side}RateLimit"), format!(r#""global-app-quota";r={left};t={secs}"#)),
    ]
}
