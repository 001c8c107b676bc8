//! Calls on their way: out to the server, through what can go wrong, and back.

use super::queue::{Delivery, Life, Told, What};
use super::{Event, World};
use crate::fault::{Call, Fate, Met, answered};
use crate::server::{Arrival, Decision, Limit, Refused, Scope, Sender, Verdict};
use crate::trace::{Row, Status};
use crate::workload::{Draw, JobId};
use headroom_model::operation::{Answer, AttemptError, Operation};
use headroom_model::properties::Rejection;
use headroom_model::time::Millis;

/// A call at the server's door.
#[derive(Clone, Copy)]
pub(super) struct Sent<'a> {
    pub(super) node: u32,
    pub(super) job: JobId,
    pub(super) draw: Draw,
    pub(super) operation: &'a Operation,
    pub(super) is_new_connection: bool,
}

impl World {
    /// Sends an attempt of a job, the first attempt being 1. What comes of it will be an [`Event::Answer`], unless the
    /// node crashes before.
    pub fn send(&mut self, job: JobId, attempt: u32) {
        let node = self.jobs.get(job.0 as usize).map_or(0, |known| known.node);
        let broken = match self.promises.is_any_open(self.now) {
            true => self.promises.broken(node, self.scopes(node, job), self.now),
            false => None,
        };
        self.tally.report.sent += 1;
        let row = Row { node: Some(node), event: "send", job: Some(job), attempt: Some(attempt), ..Row::default() };
        match broken {
            Some((scope, promised)) => {
                let promised_ms = self.trace.since_start(promised).0;
                let detail = format_args!("early scope={scope} promised_ms={promised_ms}");
                let row = Row { detail: Some(detail), ..row };
                self.tally.early(self.now, || self.trace.line(self.now, &row));
                self.trace.row(self.now, &row);
            }
            None => self.trace.row(self.now, &row),
        }
        let is_kept_alive = self.workload.line(job).spec.keep_alive;
        let known = &mut self.nodes[node as usize];
        let (life, is_new_connection) = (known.life, known.connect(is_kept_alive));
        let arrival = What::Arrival { node, job, attempt, life, is_new_connection };
        self.queue.push(self.now + self.scenario.way_out(), arrival);
    }

    /// What a call that is about to be sent falls under.
    fn scopes(&self, node: u32, job: JobId) -> Vec<Scope> {
        let (operation, account) = (self.workload.operation(job), self.workload.options(job).user);
        let mut sender = self.workload.line(job).spec.sender(node, account.as_deref());
        let known = &self.nodes[node as usize];
        sender.is_new_connection = !self.workload.line(job).spec.keep_alive || known.connections <= known.in_flight;
        Scope::of_arrival(&Arrival { operation: &operation, sender, objects: 1 })
    }

    /// A call reaches the server, or what stands before it.
    pub(super) fn arrive(&mut self, call: &Sent<'_>, attempt: u32, life: Life) {
        let Sent { node, job, operation, .. } = *call;
        let row = Row { node: Some(node), job: Some(job), attempt: Some(attempt), ..Row::default() };
        let mut met = self.meet(call);
        for name in met.iter().flat_map(|met| &met.names) {
            let detail = format_args!("{name}");
            self.trace.row(self.now, &Row { event: "fault", detail: Some(detail), ..row });
        }
        let fate = met.as_mut().map(|met| std::mem::take(&mut met.fate)).unwrap_or_default();
        let is_duplicate = met.as_ref().is_some_and(|met| met.is_duplicate);
        let mut told = match fate {
            Fate::Served => self.serve(call, is_duplicate, &row),
            Fate::Reset => {
                let served = self.serve(call, is_duplicate, &row);
                Told { result: Err(broken("reset before the answer came")), promise: None, ..served }
            }
            Fate::Answered { status, headers, body } => {
                self.tally.report.failed += 1;
                Told::only(Ok(answered(operation, status, &headers, &body, self.now)))
            }
            Fate::Dropped => Told::only(Err(broken("closed before the request was through"))),
        };
        self.tally.report.failed += u64::from(told.result.is_err());
        if let (Some(met), Ok(answer)) = (&met, &mut told.result) {
            met.edit(answer);
        }
        // A client that was not shown the server's words was promised nothing.
        if met.as_ref().is_some_and(Met::is_worded_otherwise) {
            told.promise = None;
        }
        let late = met.map_or(Millis::ZERO, |met| met.late);
        let delivery = Delivery { node, job, attempt, life, told };
        self.queue.push(self.now + self.scenario.way_back() + late, What::Delivery(Box::new(delivery)));
    }

    /// What came of a call reaches its client. None where the node has crashed since.
    pub(super) fn hear(&mut self, delivery: Delivery) -> Option<Event> {
        let Delivery { node, job, attempt, life, told: Told { result, promise, holds } } = delivery;
        self.door.release(holds);
        let known = &mut self.nodes[node as usize];
        if known.life != life {
            return None;
        }
        known.disconnect(self.workload.line(job).spec.keep_alive, result.is_err());
        if let Some((scope, promised)) = promise {
            self.promises.hear(node, scope, promised);
        }
        let (event, status) = match &result {
            Ok(answer) => ("answer", self.trace.is_on().then(|| status(answer))),
            Err(_) => ("fail", None),
        };
        let row = Row { node: Some(node), event, job: Some(job), attempt: Some(attempt), status, ..Row::default() };
        self.trace.row(self.now, &row);
        Some(Event::Answer { node, job, attempt, result })
    }

    fn meet(&mut self, call: &Sent<'_>) -> Option<Met> {
        self.faults.meet(&Call {
            work: self.workload.line_index(call.job),
            tenant: self.workload.tenant(call.draw.tenant),
            node: call.node,
            operation: call.operation,
            at: self.now.since(self.scenario.start),
        })
    }

    /// The server gets a call, perhaps twice; then nobody waits for the second answer.
    fn serve(&mut self, call: &Sent<'_>, is_duplicate: bool, row: &Row<'_>) -> Told {
        let told = self.decide(call, row);
        if is_duplicate {
            let second = self.decide(&Sent { is_new_connection: false, ..*call }, row);
            self.door.release(second.holds);
        }
        told
    }

    fn decide(&mut self, call: &Sent<'_>, row: &Row<'_>) -> Told {
        let Sent { node, job, draw, operation, is_new_connection } = *call;
        self.tally.arrived(draw.tenant, self.now);
        let account = self.workload.options(job).user;
        let sender = self.workload.line(job).spec.sender(node, account.as_deref());
        let sender = Sender { is_new_connection, ..sender };
        let arrival = Arrival { operation, sender, objects: draw.objects };
        let Decision { answer, verdict, left, holds } = self.door.answer(&arrival, self.now);
        let status = self.trace.is_on().then(|| status(&answer));
        let row = Row { status, left, ..*row };
        let promise = match verdict {
            Verdict::Admitted { points } => {
                let is_again = std::mem::replace(&mut self.jobs[job.0 as usize].is_served, true);
                self.tally.admitted(draw.tenant, points, is_again, left, self.now);
                self.trace.row(self.now, &Row { event: "admit", points: Some(points), ..row });
                None
            }
            Verdict::NotFound => {
                self.tally.report.failed += 1;
                self.trace.row(self.now, &Row { event: "unknown", ..row });
                None
            }
            Verdict::Refused(refused) => {
                self.refuse(call, &refused, &row);
                Some((refused.scope, refused.promised))
            }
        };
        Told { result: Ok(answer), promise, holds }
    }

    fn refuse(&mut self, call: &Sent<'_>, refused: &Refused, row: &Row<'_>) {
        self.tally.refused(refused.limit, row.left, self.now);
        match refused.limit {
            Limit::PointsQuota => self.jobs[call.job.0 as usize].is_denied = true,
            // What was refused is no connection that can be kept.
            Limit::TunnelConnections => {
                let kept = u32::from(self.workload.line(call.job).spec.keep_alive);
                let connections = &mut self.nodes[call.node as usize].connections;
                *connections = connections.saturating_sub(kept);
            }
            _ => {}
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
