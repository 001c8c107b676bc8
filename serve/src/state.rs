//! What changes from request to request: faults, content, limits, promises.

use crate::config::Config;
use crate::content::asked::Asked;
use crate::content::reply::{Problem, Reply};
use crate::content::site::Site;
use crate::desk::{Desk, Handled, plain};
use crate::door::{Ask, Call, Door};
use crate::identity::Identity;
use crate::ledger::{Early, Ledger, Record};
use crate::roll::{MOST_NAMES, Roll, crowded};
use headroom_model::operation::{Answer, Header, Invocation, Operation, Response};
use headroom_model::time::Instant;
use headroom_sim::Promises;
use headroom_sim::fault::{self, Fate, Faults, Met};
use headroom_sim::scenario::FaultSpec;
use headroom_sim::server::{Arrival, Decision, Refused, Scope, Server, ServerSpec, Verdict};
use std::collections::BTreeMap;

/// Apps that there can be: each has limits of its own.
const MOST_APPS: usize = 1_000;
/// Fewer promises than this are not worth sweeping.
const SWEEP_FLOOR: usize = 1_024;

/// What changes.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) apps: BTreeMap<String, Server>,
    /// Of apps that were given others than the config's.
    pub(crate) specs: BTreeMap<String, ServerSpec>,
    /// Tenants that were written to.
    sites: BTreeMap<String, Site>,
    pub(crate) roll: Roll,
    empty: Site,
    clients: BTreeMap<(String, u32, Option<String>), u32>,
    written: usize,
    promises: Promises,
    sweep_at: usize,
    pub(crate) rules: Vec<FaultSpec>,
    pub(crate) faults: Faults,
    pub(crate) ledger: Ledger,
}

impl State {
    pub(crate) fn new(rules: &[FaultSpec], seed: u64) -> Self {
        Self {
            apps: BTreeMap::new(),
            specs: BTreeMap::new(),
            sites: BTreeMap::new(),
            roll: Roll::default(),
            empty: Site::default(),
            clients: BTreeMap::new(),
            written: 0,
            promises: Promises::default(),
            sweep_at: SWEEP_FLOOR,
            rules: rules.to_vec(),
            faults: Faults::of_rules(rules, seed),
            ledger: Ledger::default(),
        }
    }

    /// Does what is asked, and tells what to remember of it.
    pub(crate) fn handle(
        &mut self,
        desk: &Desk,
        call: &Call<'_>,
        asked: &Asked<'_>,
        now: Instant,
    ) -> (Handled, Record) {
        let who = call.identity;
        let mut record = Record::new(who, call.method, asked.path, now);
        let mut handled = Handled { response: None, at: now, held: Vec::new(), app: who.app.clone() };
        match self.answer(desk, call, asked, now, &mut record, &mut handled) {
            Ok(response) => handled.response = response,
            Err(problem) => handled.response = Some(plain(&problem, now)),
        }
        record.status = handled.response.as_ref().map(|response| response.status);
        (handled, record)
    }

    /// Remembers a request, and gives it its number.
    pub(crate) fn keep(&mut self, record: Record) -> Record {
        self.roll.note(&record);
        self.ledger.keep(record)
    }

    fn answer(
        &mut self,
        desk: &Desk,
        call: &Call<'_>,
        asked: &Asked<'_>,
        now: Instant,
        record: &mut Record,
        handled: &mut Handled,
    ) -> Result<Option<Response>, Problem> {
        let who = call.identity;
        let door = Door::of(asked).ok_or_else(nowhere)?;
        let node = self.client(who)?;
        let site = self.sites.get(&who.tenant).unwrap_or(&self.empty);
        let Ask { operation, objects, reply } = door.ask(site, call, asked)?;
        self.learn_names(who, &operation)?;
        let at = now.since(desk.clock.start());
        let meeting = fault::Call { work: usize::MAX, tenant: &who.tenant, node: who.copy, operation: &operation, at };
        let met = self.faults.meet(&meeting).unwrap_or_default();
        record.faults.clone_from(&met.names);
        handled.at = now + met.late;
        match &met.fate {
            Fate::Dropped => return Ok(None),
            Fate::Answered { status, headers, body } => {
                let answer = fault::answered(&operation, *status, headers, body, now);
                return Ok(edited(&met, answer, now));
            }
            Fate::Served | Fate::Reset => {}
        }
        let arrival = Arrival { operation: &operation, sender: who.sender(node, call.is_new_connection), objects };
        record.early = self.early(node, &arrival, now);
        let server = self.server(desk, &who.app, now)?;
        let decision = server.answer(&arrival, now);
        handled.held.extend(decision.holds);
        if met.is_duplicate {
            handled.held.extend(server.answer(&arrival, now).holds);
        }
        self.note(&decision, node, now, &met, record);
        record.objects = objects;
        let Decision { answer, verdict, .. } = decision;
        let answer = match (verdict, reply) {
            (Verdict::Admitted { .. }, Some(reply)) => self.fulfil(desk, call, door, answer, reply),
            _ => answer,
        };
        Ok(if matches!(met.fate, Fate::Reset) { None } else { edited(&met, answer, now) })
    }

    /// What is remembered of a decision.
    fn note(&mut self, decision: &Decision, node: u32, now: Instant, met: &Met, record: &mut Record) {
        record.left = decision.left;
        match &decision.verdict {
            Verdict::Admitted { points } => {
                record.points = *points;
                let says =
                    |name: &str| headers(&decision.answer).iter().any(|header| header.name.eq_ignore_ascii_case(name));
                self.ledger.summary.shadow += u64::from(says("Beta-Retry-After"));
                let app = self.apps.get(&record.app).and_then(|server| server.pool(&record.tenant, now));
                self.ledger.summary.near_limit += u64::from(*points > 0 && app.is_some_and(|pool| pool.is_near()));
            }
            Verdict::Refused(refused) => {
                record.refused_by(refused);
                let is_heard = matches!(met.fate, Fate::Served) && !met.is_worded_otherwise();
                if is_heard {
                    self.promise(node, refused, now);
                }
            }
            Verdict::NotFound => {}
        }
    }

    /// The answer of the limits with the content in it, and what is written by it.
    fn fulfil(&mut self, desk: &Desk, call: &Call<'_>, door: Door, answer: Answer, reply: Reply) -> Answer {
        let Answer::Response(mut response) = answer else { return answer };
        let mut reply = reply;
        if let Some(change) = reply.change.take() {
            if self.written < desk.config.bounds.written_bytes {
                self.written += self.sites.entry(call.identity.tenant.clone()).or_default().apply(change);
            } else if let Door::Product(api) = door {
                reply = Reply::problem(api, &Problem::full());
            }
        }
        response.headers.retain(|header| !header.name.eq_ignore_ascii_case("Content-Type"));
        response.headers.push(Header::new("Content-Type", reply.kind));
        response.headers.extend(reply.headers.into_iter().map(|(name, value)| Header::new(name, value)));
        Answer::Response(Response { status: reply.status, headers: response.headers, body: reply.body })
    }

    /// The limits of an app, which begin with its first call.
    pub(crate) fn server(&mut self, desk: &Desk, app: &str, now: Instant) -> Result<&mut Server, Problem> {
        if !self.apps.contains_key(app) && self.apps.len() >= MOST_APPS {
            return Err(crowded("apps", MOST_APPS));
        }
        let Config { spec, seed, .. } = &desk.config;
        let spec = self.specs.get(app).unwrap_or(spec);
        let start = desk.clock.start().min(now);
        Ok(self.apps.entry(app.to_owned()).or_insert_with(|| Server::new(spec, start, *seed)))
    }

    /// Keeps the names that an app's limits are to know within bounds.
    fn learn_names(&mut self, who: &Identity, operation: &Operation) -> Result<(), Problem> {
        self.roll.tenant(&who.app, &who.tenant)?;
        let Operation::Invoke(Invocation { context, .. }) = operation else { return Ok(()) };
        let names = [Some(&context.installation), Some(&context.environment), context.account.as_ref()];
        names.into_iter().flatten().try_for_each(|name| self.roll.other(&who.app, name))
    }

    /// The promise to this client that an arrival breaks.
    pub(crate) fn early(&self, node: u32, arrival: &Arrival<'_>, now: Instant) -> Option<Early> {
        if !self.promises.is_any_open(now) {
            return None;
        }
        let (scope, promised) = self.promises.broken(node, Scope::of_arrival(arrival), now)?;
        Some(Early::new(&scope, promised, now))
    }

    /// A client hears of a refusal.
    pub(crate) fn promise(&mut self, node: u32, refused: &Refused, now: Instant) {
        if refused.promised > now {
            self.promises.hear(node, refused.scope.clone(), refused.promised);
            self.sweep(now);
        }
    }

    /// The number of the client: a copy of an app, for an account.
    pub(crate) fn client(&mut self, who: &Identity) -> Result<u32, Problem> {
        let key = (who.app.clone(), who.copy, who.account.clone());
        if !self.clients.contains_key(&key) && self.clients.len() >= MOST_NAMES {
            return Err(crowded("clients", MOST_NAMES));
        }
        let next = u32::try_from(self.clients.len()).unwrap_or(u32::MAX);
        Ok(*self.clients.entry(key).or_insert(next))
    }

    /// Forgets promises that are kept, each time as many as are left have come.
    fn sweep(&mut self, now: Instant) {
        self.sweep_at -= 1;
        if self.sweep_at == 0 {
            self.sweep_at = self.promises.sweep(now).max(SWEEP_FLOOR);
        }
    }
}

fn headers(answer: &Answer) -> &[Header] {
    if let Answer::Response(response) = answer { &response.headers } else { &[] }
}

/// What goes out over HTTP. An invocation resolves with 200; what it is rejected with names its own status, or none, as
/// the bridge's own error.
pub(crate) fn edited(met: &Met, mut answer: Answer, now: Instant) -> Option<Response> {
    met.edit(&mut answer);
    let (status, body) = match answer {
        Answer::Response(response) => return Some(response),
        Answer::Resolved(body) => (200, body),
        Answer::Rejected(body) => {
            let error: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
            let status = error["status"].as_u64().and_then(|status| u16::try_from(status).ok());
            (status.unwrap_or(429), body)
        }
    };
    let headers = vec![Header::new("Date", now.to_http_date()), Header::new("Content-Type", "application/json")];
    Some(Response { status, headers, body: body.into_bytes() })
}

fn nowhere() -> Problem {
    let known = "/wiki, /rest/api, /ex/confluence/{cloudId}, /ex/jira/{cloudId}, /2.0, /graphql, /gateway/api/graphql, \
                 /x1/{id}, /_forge/invoke, /_headroom/";
    Problem { status: 404, message: format!("no product has this path: this server knows {known}") }
}
