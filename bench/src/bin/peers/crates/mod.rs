//! Clients in Rust, on tokio's paused clock: it jumps to the next timer when nothing is left to do, and the course with it.

mod backon;
mod governor;
mod reqwest_retry;
mod throttle_net;

use crate::course::{Course, Step, Told};
use anyhow::{Context, Result, ensure};
use futures::future::LocalBoxFuture;
use headroom_model::operation::{Request, Response};
use headroom_model::time::{Instant as Epoch, Millis};
use headroom_sim::JobId;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::task::LocalSet;
use tokio::time::Instant;

/// A client: does a call to its end, and says whether it came to something.
pub type Client = Box<dyn Fn(Request) -> LocalBoxFuture<'static, bool>>;
/// Makes the client of one of so many nodes.
pub type Make = fn(Server, u32) -> Client;

/// The clients, each made in the ways of [`MADE`](crate::run::MADE).
pub const ALL: [(&str, [Make; 3]); 4] = [
    ("backon", [backon::raw, backon::best, backon::invoked]),
    ("governor", [governor::raw, governor::best, governor::invoked]),
    ("reqwest-retry", [reqwest_retry::raw, reqwest_retry::best, reqwest_retry::invoked]),
    ("throttle-net", [throttle_net::raw, throttle_net::best, throttle_net::invoked]),
];

/// Whom clients send to.
#[derive(Clone)]
pub struct Server(Arc<Shared>);

struct Shared {
    /// When it began, on tokio's clock and on all clocks.
    begun: (Instant, Epoch),
    inbox: Mutex<Inbox>,
    is_asked: Notify,
}

#[derive(Default)]
struct Inbox {
    did: Vec<Did>,
    awaited: BTreeMap<JobId, oneshot::Sender<Response>>,
}

/// What clients did.
enum Did {
    Send(JobId),
    Finish(JobId, bool),
}

impl Server {
    fn new(start: Epoch) -> Self {
        let begun = (Instant::now(), start);
        Self(Arc::new(Shared { begun, inbox: Mutex::default(), is_asked: Notify::default() }))
    }

    /// One attempt.
    pub async fn send(&self, request: &Request) -> Response {
        let (tell, told) = oneshot::channel();
        let job = job_of(request);
        self.inbox().awaited.insert(job, tell);
        self.tell(Did::Send(job));
        match told.await {
            Ok(response) => response,
            // Nobody waits for what comes after the end.
            Err(_) => std::future::pending().await,
        }
    }

    /// Waits until clients have done something, or for this instant: time goes on when they can do no more.
    async fn until(&self, instant: Instant) {
        tokio::select! {
            biased;
            () = self.0.is_asked.notified() => {}
            () = tokio::time::sleep_until(instant) => {}
        }
    }

    fn tell(&self, did: Did) {
        self.inbox().did.push(did);
        self.0.is_asked.notify_one();
    }

    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.0.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An attempt that was refused, as an error for those who want one.
#[derive(Debug)]
pub struct Refused(pub Response);

/// The answer, or an error where it is a refusal.
pub async fn answer(server: &Server, request: &Request) -> Result<(), Refused> {
    let response = server.send(request).await;
    if response.status < 400 { Ok(()) } else { Err(Refused(response)) }
}

impl Refused {
    /// Whether a limit refused it.
    pub fn is_limit(&self) -> bool {
        self.0.status == 429
    }

    /// `Retry-After` as Atlassian's page of 2025-12-12 has it, in seconds; a second where it says nothing.
    pub fn retry_after(&self) -> Duration {
        Duration::from_secs(self.number("retry-after").unwrap_or(1))
    }

    /// To the instant that a web trigger names in `rateLimitReset`, epoch milliseconds (RFC 130 of 2026-04-14); a second
    /// where it names none.
    pub fn until_reset(&self, server: &Server) -> Duration {
        let (base, start) = server.0.begun;
        let reset = self.number("rateLimitReset").map(|ms| Duration::from_millis(ms.saturating_sub(start.0)));
        reset.map_or(Duration::from_secs(1), |reset| reset.saturating_sub(base.elapsed()))
    }

    fn number(&self, name: &str) -> Option<u64> {
        let mut headers = self.0.headers.iter();
        headers.find(|header| header.name.eq_ignore_ascii_case(name))?.value.parse().ok()
    }
}

fn job_of(request: &Request) -> JobId {
    let header = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case("x-request-id"));
    JobId(header.and_then(|header| header.value.parse().ok()).unwrap_or(u32::MAX))
}

/// Runs a client to the end of its course. Whoever panics crashed, and all that is open is lost with it.
pub fn run(course: &mut Course, make: Make, nodes: u32) -> Result<Vec<String>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    let local = LocalSet::new();
    let ran = catch_unwind(AssertUnwindSafe(|| local.block_on(&runtime, drive(course, make, nodes))));
    ran.unwrap_or_else(|_| {
        course.cut("it panicked");
        while !matches!(course.next(None), Step::End) {}
        Ok(vec!["it panicked".to_owned()])
    })
}

async fn drive(course: &mut Course, make: Make, nodes: u32) -> Result<Vec<String>> {
    let server = Server::new(course.now());
    let (base, start) = server.0.begun;
    let mut clients: BTreeMap<u32, Client> = BTreeMap::new();
    loop {
        let elapsed = u64::try_from(base.elapsed().as_millis()).context("a run has an end")?;
        let now = start + Millis(elapsed);
        match course.next(Some(now)) {
            Step::End => return Ok(Vec::new()),
            Step::Told(Told::Start { node, job, request }) => {
                let client = clients.entry(node).or_insert_with(|| make(server.clone(), nodes));
                let (call, server) = (client(request), server.clone());
                tokio::task::spawn_local(async move {
                    let is_done = call.await;
                    server.tell(Did::Finish(job, is_done));
                });
            }
            Step::Told(Told::Answer { job, response }) => {
                let awaited = server.inbox().awaited.remove(&job);
                // Whoever gave up meanwhile does not listen any more.
                let _ = awaited.map(|awaited| awaited.send(response));
            }
            // Only now does the course show what tokio's clock shows, and what they did counts from here.
            Step::Time => {
                let did = std::mem::take(&mut server.inbox().did);
                if did.is_empty() {
                    let next = course.next_at().context("nothing would happen any more")?;
                    server.until(base + Duration::from_millis(next.since(start).0)).await;
                }
                for did in did {
                    ensure!(course.now() == now, "tokio's clock has left the course behind");
                    match did {
                        Did::Send(job) => course.send(job),
                        Did::Finish(job, is_done) => course.finish(job, is_done),
                    }
                }
            }
        }
    }
}
