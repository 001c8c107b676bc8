//! What the rule says to a request, and what it cost.
//!
//! Whoever watches has to decide before the answer is there, so a request is charged what its path lets expect, and
//! corrected by what the answer holds. What the upstream refuses, or never gets, costs nothing, as in the simulator.

use super::Mode;
use super::fields::{self, Beta};
use super::unpack::unpack;
use crate::content::reply::Problem;
use crate::desk::Desk;
use crate::door;
use crate::identity::Identity;
use crate::ledger::{ComingRefusal, Record};
use crate::state::edited;
use headroom_model::operation::{Answer, Header, Operation, Request, Response};
use headroom_model::points::{BASE_POINTS, Catalog, Estimate};
use headroom_model::refusal::TOO_MANY_REQUESTS;
use headroom_model::time::Instant;
use headroom_sim::fault::Met;
use headroom_sim::server::spec::Product;
use headroom_sim::server::{Arrival, Refused, Slot, Verdict};
use hyper::header::HeaderValue;
use std::sync::Arc;

/// A request as it came.
pub(super) struct Asked<'a> {
    pub(super) method: &'a str,
    /// Path and query.
    pub(super) target: &'a str,
    /// Of GraphQL.
    pub(super) document: Option<&'a [u8]>,
    pub(super) is_new_connection: bool,
}

/// What the rule says to a request.
pub(super) struct Judged {
    pub(super) pending: Pending,
    /// What goes back with the answer.
    pub(super) beta: Beta,
    /// The answer, if the upstream is not to be asked.
    pub(super) refusal: Option<Response>,
}

/// A request that is on its way. Dropped, it counts as expected.
#[derive(Debug)]
pub(super) struct Pending {
    desk: Arc<Desk>,
    identity: Identity,
    node: u32,
    is_new_connection: bool,
    operation: Operation,
    method: String,
    target: String,
    expected: Expected,
    at: Instant,
    /// Points that were charged when it came; none if the rule refused it.
    charged: Option<u32>,
    slot: Option<Slot>,
    record: Record,
    is_of_upstream: bool,
    encoding: String,
    is_settled: bool,
}

/// What an answer is expected to hold.
#[derive(Clone, Copy, Debug)]
enum Expected {
    /// So many objects, which it can be counted by.
    Objects { count: u32, points: u32 },
    /// What a GraphQL document asks for.
    Document { count: u32 },
    /// Nothing that is charged by.
    Nothing,
}

impl Expected {
    fn of(asked: &Asked<'_>) -> Self {
        if let Some(document) = asked.document {
            return Self::Document { count: door::objects(document).unwrap_or_default() };
        }
        let Estimate { points, objects, .. } = Catalog::shipped().estimate(asked.method, asked.target, None);
        objects.first().map_or(Self::Nothing, |objects| Self::Objects { count: objects.count, points })
    }

    const fn count(self) -> u32 {
        match self {
            Self::Objects { count, .. } | Self::Document { count } => count,
            Self::Nothing => 0,
        }
    }
}

/// What a request came to.
struct Cost {
    points: u32,
    objects: u32,
    uncounted: Option<String>,
}

/// Asks the rule.
///
/// # Errors
/// If there are more apps or tenants than can be told apart.
pub(super) fn judge(desk: &Arc<Desk>, mode: Mode, identity: Identity, asked: &Asked<'_>) -> Result<Judged, Problem> {
    let expected = Expected::of(asked);
    let request = Request { method: asked.method.to_owned(), ..Request::get(&*identity.tenant, asked.target) };
    let operation = Operation::Rest(Request { body: asked.document.map(<[u8]>::to_vec), ..request });
    let mut state = desk.state();
    // Read under the lock, so that the instants of answers never go back.
    let at = desk.clock.now();
    let node = state.client(&identity)?;
    state.roll.tenant(&identity.app, &identity.tenant)?;
    let sender = identity.sender(node, asked.is_new_connection);
    let arrival = Arrival { operation: &operation, sender, objects: expected.count() };
    let mut record = Record::new(&identity, asked.method, asked.target.split('?').next().unwrap_or_default(), at);
    if mode == Mode::Enforce {
        record.early = state.early(node, &arrival, at);
    }
    let decision = state.server(desk, &identity.app, at)?.answer(&arrival, at);
    record.left = decision.left;
    let beta = beta(desk, &decision.answer, &decision.verdict, at);
    let (mut charged, mut refusal) = (None, None);
    match &decision.verdict {
        Verdict::Admitted { points } => charged = Some(*points),
        Verdict::Refused(refused) if mode == Mode::Shadow => record.coming = Some(coming(refused)),
        Verdict::Refused(refused) => {
            record.refused_by(refused);
            state.promise(node, refused, at);
            refusal = edited(&Met::default(), decision.answer, at);
            record.status = refusal.as_ref().map(|refusal| refusal.status);
        }
        Verdict::NotFound => {}
    }
    drop(state);
    let pending = Pending {
        desk: desk.clone(),
        node,
        is_new_connection: asked.is_new_connection,
        method: asked.method.to_owned(),
        target: asked.target.to_owned(),
        expected,
        at,
        charged,
        slot: decision.holds,
        record,
        is_of_upstream: false,
        encoding: String::new(),
        is_settled: false,
        operation,
        identity,
    };
    Ok(Judged { pending, beta, refusal })
}

impl Pending {
    /// The upstream answered, or somebody for it.
    pub(super) fn answered(&mut self, status: u16, is_of_upstream: bool, encoding: Option<&HeaderValue>) {
        self.record.status = Some(status);
        self.is_of_upstream = is_of_upstream;
        // What is no text is no encoding that is known.
        self.encoding = encoding.map(|encoding| encoding.to_str().unwrap_or("?").to_owned()).unwrap_or_default();
    }

    /// Whether the body of the answer is to be counted.
    pub(super) fn counts_the_body(&self) -> bool {
        matches!(self.expected, Expected::Objects { .. }) && self.record.status.is_some_and(is_success)
    }

    /// The answer has passed.
    pub(super) fn settle(mut self, body: Result<&[u8], &str>) {
        self.finish(body);
    }

    fn finish(&mut self, body: Result<&[u8], &str>) {
        self.is_settled = true;
        let Cost { points, objects, uncounted } = self.cost(body);
        let mut record = std::mem::take(&mut self.record);
        record.objects = objects;
        record.uncounted = uncounted;
        let sender = self.identity.sender(self.node, self.is_new_connection);
        let arrival = Arrival { operation: &self.operation, sender, objects: self.expected.count() };
        let mut state = self.desk.state();
        let now = self.desk.clock.now();
        if let Some(server) = state.apps.get_mut(&self.identity.app) {
            if let Some(charged) = self.charged {
                server.correct(&arrival, points, self.at);
                // Zero is what was charged to who spends no points.
                record.points = if charged == 0 { 0 } else { points };
                record.left = server.left(&self.identity.tenant, now).or(record.left);
            }
            self.slot.iter().for_each(|slot| server.release(*slot));
            let is_near = server.pool(&self.identity.tenant, now).is_some_and(|pool| pool.is_near());
            state.ledger.summary.near_limit += u64::from(record.points > 0 && is_near);
        }
        let record = state.keep(record);
        drop(state);
        self.desk.tell(&record);
    }

    fn cost(&self, body: Result<&[u8], &str>) -> Cost {
        let exactly = |points| Cost { points, objects: 0, uncounted: None };
        let Some(status) = self.record.status else {
            let why = "nobody waited for the answer".to_owned();
            return Cost { uncounted: Some(why), ..self.expected_cost() };
        };
        if !self.is_of_upstream || status == TOO_MANY_REQUESTS {
            return exactly(0);
        }
        if !is_success(status) {
            return exactly(BASE_POINTS);
        }
        match self.expected {
            Expected::Nothing => exactly(BASE_POINTS),
            Expected::Document { .. } => self.expected_cost(),
            Expected::Objects { .. } => self.counted(body).unwrap_or_else(|why| {
                let expected = self.expected_cost();
                Cost { uncounted: Some(why), ..expected }
            }),
        }
    }

    fn counted(&self, body: Result<&[u8], &str>) -> Result<Cost, String> {
        let body = unpack(&self.encoding, body?)?;
        let Estimate { points, objects, counted, .. } = Catalog::shipped().after(&self.method, &self.target, &body);
        if !counted {
            return Err("the answer lacks what was asked for".to_owned());
        }
        let objects = objects.iter().fold(0_u32, |sum, objects| sum.saturating_add(objects.count));
        Ok(Cost { points, objects, uncounted: None })
    }

    fn expected_cost(&self) -> Cost {
        let points = match self.expected {
            Expected::Objects { points, .. } => points,
            Expected::Document { .. } => self.charged.unwrap_or_default(),
            Expected::Nothing => BASE_POINTS,
        };
        Cost { points, objects: self.expected.count(), uncounted: None }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.is_settled {
            self.finish(Err("the answer was cut off"));
        }
    }
}

fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

fn coming(refused: &Refused) -> ComingRefusal {
    let Refused { limit, scope, until, .. } = refused;
    ComingRefusal { limit: limit.name(), scope: scope.to_string(), until: until.to_string() }
}

/// What the rule says, as of a coming one. A refusal within GraphQL says its delay in a body that is not sent.
fn beta(desk: &Desk, answer: &Answer, verdict: &Verdict, now: Instant) -> Beta {
    let spec = &desk.config.spec;
    let Answer::Response(Response { headers, .. }) = answer else { return Beta::new() };
    let mut said = headers.clone();
    let says_delay = headers.iter().any(|header| header.name.eq_ignore_ascii_case("Retry-After"));
    if let Verdict::Refused(refused) = verdict
        && !says_delay
        && refused.promised > now
    {
        said.push(Header::new("Retry-After", refused.promised.since(now).secs_ceil().to_string()));
    }
    let is_points = spec.headers.is_seed() && matches!(spec.product, Product::Confluence | Product::Jira);
    fields::beta(&said, is_points)
}
