//! Calls on their way: out to the server, through what can go wrong, and back.

use super::door::{Arrival, Auth, Sender};
use super::queue::{Delivery, Life, What};
use super::{Event, World};
use crate::fault::{Call, Fate, Met, answered};
use crate::scenario::AuthKind;
use crate::server::{Decision, Limit, Refused, Scope, Verdict};
use crate::trace::{Row, Status};
use crate::workload::{Draw, JobId};
use headroom_model::operation::{Answer, AttemptError, Operation};
use headroom_model::properties::Rejection;
use headroom_model::time::{Instant, Millis};

/// What a refusal says to its client: the scope, and the instant.
type Promise = Option<(Scope, Instant)>;

impl World {
    /// Sends an attempt of a job, the first attempt being 1. What comes of it will be an [`Event::Answer`], unless the
    /// node crashes before.
    pub fn send(&mut self, job: JobId, attempt: u32) {
        let node = self.jobs.get(job.0 as usize).map_or(0, |known| known.node);
        let broken = match self.promises.is_any_open(self.now) {
            true => self.promises.broken(node, &self.workload.operation(job), self.now),
            false => None,
        };
        self.tally.report.sent += 1;
        self.tally.report.early += u64::from(broken.is_some());
        let row = Row { node: Some(node), event: "send", job: Some(job), attempt: Some(attempt), ..Row::default() };
        match broken {
            Some((scope, promised)) => {
                let promised_ms = self.trace.since_start(promised).0;
                let detail = format_args!("early scope={scope} promised_ms={promised_ms}");
                self.trace.row(self.now, &Row { detail: Some(detail), ..row });
            }
            None => self.trace.row(self.now, &row),
        }
        self.nodes[node as usize].in_flight += 1;
        let life = self.nodes[node as usize].life;
        self.queue.push(self.now + self.scenario.way_out(), What::Arrival { node, job, attempt, life });
    }

    /// A call reaches the server, or what stands before it.
    pub(super) fn arrive(&mut self, node: u32, job: JobId, attempt: u32, life: Life) {
        let operation = self.workload.operation(job);
        let draw = self.workload.draw(job);
        let row = Row { node: Some(node), job: Some(job), attempt: Some(attempt), ..Row::default() };
        let mut met = self.meet(node, job, &draw, &operation);
        for name in met.iter().flat_map(|met| &met.names) {
            let detail = format_args!("{name}");
            self.trace.row(self.now, &Row { event: "fault", detail: Some(detail), ..row });
        }
        let fate = met.as_mut().map(|met| std::mem::take(&mut met.fate)).unwrap_or_default();
        let (mut result, promise) = match fate {
            Fate::Served | Fate::Reset => {
                self.tally.arrived(draw.tenant, self.now);
                let (answer, promise) = self.decide(node, job, &draw, &operation, &row);
                if met.as_ref().is_some_and(|met| met.is_duplicate) {
                    self.tally.arrived(draw.tenant, self.now);
                    self.decide(node, job, &draw, &operation, &row);
                }
                match fate {
                    Fate::Reset => (Err(broken("reset before the answer came")), None),
                    _ => (Ok(answer), promise),
                }
            }
            Fate::Answered { status, headers, body } => {
                self.tally.report.failed += 1;
                (Ok(answered(&operation, status, &headers, &body, self.now)), None)
            }
            Fate::Dropped => (Err(broken("closed before the request was through")), None),
        };
        self.tally.report.failed += u64::from(result.is_err());
        // A client that was not shown the server's words was promised nothing.
        let promise = promise.filter(|_| met.as_ref().is_none_or(|met| !met.is_worded_otherwise()));
        if let (Some(met), Ok(answer)) = (&met, &mut result) {
            met.edit(answer);
        }
        let late = met.map_or(Millis::ZERO, |met| met.late);
        let delivery = Delivery { node, job, attempt, life, result, promise };
        self.queue.push(self.now + self.scenario.way_back() + late, What::Delivery(Box::new(delivery)));
    }

    /// What came of a call reaches its client. None where the node has crashed since.
    pub(super) fn hear(&mut self, delivery: Delivery) -> Option<Event> {
        let Delivery { node, job, attempt, life, result, promise } = delivery;
        let known = &mut self.nodes[node as usize];
        if known.life != life {
            return None;
        }
        known.in_flight = known.in_flight.saturating_sub(1);
        if let Some((scope, promised)) = promise {
            self.promises.hear(node, scope, promised);
        }
        let (event, status) = match &result {
            Ok(answer) => ("answer", self.trace.is_on().then(|| status(answer))),
            Err(_) => {
                known.connections = known.connections.saturating_sub(1);
                ("fail", None)
            }
        };
        let row = Row { node: Some(node), event, job: Some(job), attempt: Some(attempt), status, ..Row::default() };
        self.trace.row(self.now, &row);
        Some(Event::Answer { node, job, attempt, result })
    }

    fn meet(&mut self, node: u32, job: JobId, draw: &Draw, operation: &Operation) -> Option<Met> {
        self.faults.meet(&Call {
            work: self.workload.line_index(job),
            tenant: self.workload.tenant(draw.tenant),
            node,
            operation,
            at: self.now.since(self.scenario.start),
        })
    }

    fn decide(
        &mut self,
        node: u32,
        job: JobId,
        draw: &Draw,
        operation: &Operation,
        row: &Row<'_>,
    ) -> (Answer, Promise) {
        let line = self.workload.line(job);
        let account = self.workload.options(job).user;
        let auth = match line.spec.auth {
            AuthKind::App => Auth::App { copy: node },
            AuthKind::ApiToken => Auth::ApiToken,
            AuthKind::Anonymous => Auth::Anonymous,
        };
        let is_new_connection = self.nodes[node as usize].connect(line.spec.keep_alive);
        let sender =
            Sender { node, account: account.as_deref(), auth, is_frontend: line.spec.frontend, is_new_connection };
        let arrival = Arrival { operation, sender, objects: draw.objects };
        let Decision { answer, verdict, left } = self.door.answer(&arrival, self.now);
        let status = self.trace.is_on().then(|| status(&answer));
        let row = Row { status, left, ..*row };
        let promise = match verdict {
            Verdict::Admitted { points } => {
                self.tally.admitted(draw.tenant, points, left, self.now);
                self.trace.row(self.now, &Row { event: "admit", points: Some(points), ..row });
                None
            }
            Verdict::NotFound => {
                self.tally.report.failed += 1;
                self.trace.row(self.now, &Row { event: "unknown", ..row });
                None
            }
            Verdict::Refused(refused) => {
                self.refuse(job, &refused, &row);
                Some((refused.scope, refused.promised))
            }
        };
        (answer, promise)
    }

    fn refuse(&mut self, job: JobId, refused: &Refused, row: &Row<'_>) {
        self.tally.refused(refused.limit, row.left, self.now);
        if refused.limit == Limit::PointsQuota {
            self.jobs[job.0 as usize].is_denied = true;
        }
        let (limit, scope) = (refused.limit.name(), &refused.scope);
        let [until, promised] = [refused.until, refused.promised].map(|at| self.trace.since_start(at).0);
        let detail = format_args!("limit={limit} scope={scope} until_ms={until} promised_ms={promised}");
        self.trace.row(self.now, &Row { event: "refuse", detail: Some(detail), ..*row });
    }
}

fn broken(how: &str) -> AttemptError {
    AttemptError::Connection(format!("the connection was {how}"))
}

fn status(answer: &Answer) -> Status {
    match answer {
        Answer::Response(response) => Status::Http(response.status),
        Answer::Resolved(_) => Status::Resolved,
        Answer::Rejected(json) => Status::Http(Rejection::read(json).status.unwrap_or_default()),
    }
}
