//! All gates that calls pass: pauses, pools and paces. It plans without taking, and takes what was planned.

use crate::config::Config;
use crate::lane::{Lane, MOST_SCOPES};
use crate::pace::{LATE, Pace};
use crate::pool::{Fits, Pool, Sent};
use crate::scope::{Part, Scope};
use crate::scopes::{ScopeId, Scopes};
use crate::verdict::{Confidence, Limit, LimiterKind, Never, Wait};
use headroom_model::headers::Points;
use headroom_model::operation::Operation;
use headroom_model::time::{Instant, Millis};
use std::mem;

/// What a call holds while it waits and until it is answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hold {
    /// Its turn.
    slot: Option<Instant>,
    /// What is booked in the pace of each scope of its lane. A refusal may have given one a pace since.
    booked: [Option<Instant>; MOST_SCOPES],
    /// Points set aside.
    points: Option<u32>,
}

/// What would happen to a call now.
#[derive(Debug)]
pub(crate) enum Plan {
    Go,
    /// Its turn comes then: nothing but paces stand in the way, and the slot can be booked.
    InLine(Wait),
    /// Until then everyone waits, and nothing is booked.
    Wait(Wait),
    Never(Never),
}

/// Whether a call may be sent.
#[derive(Debug)]
pub(crate) enum Admission {
    Now,
    /// Its turn has come in the narrow paces that it waited for, and it stands in its tenant's line now.
    InLine(Wait),
    /// It has to be planned anew.
    No,
}

/// The shared state of all calls.
#[derive(Clone, Debug)]
pub(crate) struct Gates {
    config: Config,
    spread_seed: u64,
    scopes: Scopes<Gate>,
    /// The number of scopes at which idle ones are next forgotten.
    sweep_at: usize,
}

/// What is known of one scope. What few scopes have is boxed.
#[derive(Clone, Debug, Default)]
struct Gate {
    pause: Option<Box<Pause>>,
    pool: Option<Box<Pool>>,
    pace: Option<Pace>,
}

/// Until then nothing passes, and the limit that says so.
#[derive(Clone, Debug)]
struct Pause {
    until: Instant,
    kind: LimiterKind,
}

/// The scopes of a lane of which something is known, each in its place.
type Known<'g> = [Option<(ScopeId, &'g Gate)>; MOST_SCOPES];

/// Fewer scopes than this are not worth sweeping.
const SWEEP_FLOOR: usize = 1_024;

impl Gates {
    pub(crate) fn new(config: Config, spread_seed: u64) -> Self {
        Self { config, spread_seed, scopes: Scopes::new(spread_seed), sweep_at: SWEEP_FLOOR }
    }

    pub(crate) const fn config(&self) -> &Config {
        &self.config
    }

    /// The lane of an operation, and nothing is remembered for it.
    pub(crate) fn lane(&self, operation: &Operation) -> Lane {
        Lane::of(operation, &self.config, |key| self.scopes.find(key))
    }

    /// The lane of a call that is opened: what it is under stays known until it is [closed](Self::close).
    pub(crate) fn open(&mut self, operation: &Operation) -> Lane {
        let Self { config, scopes, .. } = self;
        let lane = Lane::of(operation, config, |key| Some(scopes.intern(key)));
        lane.ids().for_each(|id| scopes.hold(id));
        lane
    }

    pub(crate) fn close(&mut self, lane: &Lane) {
        lane.ids().for_each(|id| self.scopes.let_go(id));
    }

    fn known(&self, lane: &Lane) -> Known<'_> {
        lane.known(&self.scopes).map(|id| Some((id?, self.scopes.get(id?)?)))
    }

    /// What would happen to a call on this lane that holds nothing, and by itself waits for `own`.
    ///
    /// A wait ends at the first instant that all gates admit together: behind a pause may stand the wall of the hour,
    /// and behind that a pace. It names the limit that holds it up longest.
    pub(crate) fn plan(&self, lane: &Lane, own: Option<&Wait>, now: Instant) -> Plan {
        let known = self.known(lane);
        let mut search = Search { at: now, longest: Millis::ZERO, limit: None };
        let mut is_in_line = true;
        loop {
            let from = search.at;
            if let Some(own) = own {
                search.go_to(own.until, || own.limit.clone());
            }
            for (id, gate) in known.iter().flatten() {
                if let Some(pause) = &gate.pause {
                    search.go_to(pause.until, || self.limit(pause.kind.clone(), *id));
                }
            }
            if let Some((id, pool)) = Self::pool_of(lane, &known) {
                match self.points_fit(pool, lane.cost.likely, search.at, now) {
                    Fits::From(until) => search.go_to(until, || self.limit(LimiterKind::PointsQuota, id)),
                    Fits::Never => return Plan::Never(Never::CostsMoreThanQuota(lane.cost.likely)),
                }
            }
            is_in_line &= search.at == from;
            for (place, (id, gate)) in known.iter().enumerate().filter_map(|(place, known)| Some((place, (*known)?))) {
                if let Some(pace) = gate.pace.as_ref().filter(|_| lane.is_paced) {
                    search.go_to(pace.earliest(search.at), || self.limit(pace_kind(lane, place), id));
                }
            }
            if search.at == from {
                break;
            }
        }
        match search.limit.map(|limit| Wait { until: search.at, limit }) {
            None => Plan::Go,
            Some(wait) if is_in_line => Plan::InLine(wait),
            Some(wait) => Plan::Wait(wait),
        }
    }

    fn limit(&self, kind: LimiterKind, id: ScopeId) -> Limit {
        Limit { kind, scope: self.scopes.name(id) }
    }

    /// The scope of a lane's pool, and what is known of the pool.
    fn pool_of<'g>(lane: &Lane, known: &Known<'g>) -> Option<(ScopeId, Option<&'g Pool>)> {
        // Of a tenant that is not known, only "never" can be said.
        let known = known.get(lane.pool()?).copied().flatten();
        Some(known.map_or((ScopeId::APP, None), |(id, gate)| (id, gate.pool.as_deref())))
    }

    fn points_fit(&self, pool: Option<&Pool>, cost: u32, from: Instant, now: Instant) -> Fits {
        match pool {
            Some(pool) => pool.earliest(cost, from, now),
            None => self.new_pool(now).earliest(cost, from, now),
        }
    }

    /// Takes what a plan needs that goes or is in line: a slot, and the points for it.
    ///
    /// Who waits for an endpoint or an issue joins the tenant's line when that turn has come. In a bucket nobody fills
    /// the hole before a booking: booked ahead, it would hold up the tenant's other calls.
    pub(crate) fn take(&mut self, lane: &Lane, hold: &mut Hold, slot: Instant, now: Instant) {
        *hold = Hold { slot: Some(slot), ..Hold::default() };
        let known = lane.known(&self.scopes);
        for (place, booked) in hold.booked.iter_mut().enumerate().filter(|_| lane.is_paced) {
            let (Some(kind), Some(id)) = (lane.kind(place), known[place]) else { continue };
            let Some(gate) = self.scopes.get_mut(id) else { continue };
            let pace = match gate.pace {
                None => {
                    gate.pace = Pace::before_refusal(kind, &self.config);
                    gate.pace.as_mut()
                }
                Some(_) if matches!(kind, Part::Endpoint(..)) => gate.learned_pace(now),
                Some(_) => gate.pace.as_mut(),
            };
            let is_line = lane.line() == Some(place);
            if let Some(pace) = pace.filter(|pace| !is_line || pace.earliest(now) == slot) {
                pace.book(slot, now);
                *booked = Some(slot);
            }
        }
        // A slot after the hour is paid from the next hour's points, when its time has come.
        if slot < now.next_hour() {
            self.set_aside(lane, hold, now);
        }
    }

    fn set_aside(&mut self, lane: &Lane, hold: &mut Hold, now: Instant) {
        if let Some(pool) = self.pool(lane, now) {
            pool.reserve(lane.cost.likely, now);
            hold.points = Some(lane.cost.likely);
        }
    }

    /// Whether a call may be sent now in the slot that it holds. Points that it lacks are set aside then.
    pub(crate) fn admit(&mut self, lane: &Lane, hold: &mut Hold, now: Instant) -> Admission {
        let is_its_turn = hold.slot.is_some_and(|slot| slot <= now && now.since(slot) <= LATE);
        let known = self.known(lane);
        let lets_pass = |place: usize| {
            let may_book = hold.booked[place].is_some() || !lane.is_paced || lane.line() == Some(place);
            known[place].is_none_or(|(_, gate)| !gate.is_paused(now) && (may_book || gate.pace.is_none()))
        };
        if !is_its_turn || !(0..MOST_SCOPES).all(lets_pass) {
            return Admission::No;
        }
        if let Some((_, pool)) = Self::pool_of(lane, &known) {
            let do_fit = match hold.points {
                Some(_) => pool.is_some_and(|pool| pool.covers_reserved(now)),
                None => self.points_fit(pool, lane.cost.likely, now, now) == Fits::From(now),
            };
            if !do_fit {
                return Admission::No;
            }
            if hold.points.is_none() {
                self.set_aside(lane, hold, now);
            }
        }
        self.join_line(lane, hold, now).map_or(Admission::Now, Admission::InLine)
    }

    /// Books a slot in the tenant's pace for one that has none there. None: its turn is now.
    fn join_line(&mut self, lane: &Lane, hold: &mut Hold, now: Instant) -> Option<Wait> {
        let place = lane.line()?;
        let (id, booked) = (lane.id(place)?, hold.booked.get_mut(place)?);
        let pace = self.scopes.get_mut(id)?.pace.as_mut().filter(|_| booked.is_none())?;
        let until = pace.earliest(now);
        pace.book(until, now);
        (*booked, hold.slot) = (Some(until), Some(until));
        (until > now).then(|| Wait { until, limit: self.limit(pace_kind(lane, place), id) })
    }

    /// The pool that a lane spends from, untouched if nothing is known of it.
    fn pool(&mut self, lane: &Lane, now: Instant) -> Option<&mut Pool> {
        let id = lane.id(lane.pool()?)?;
        let Self { config, spread_seed, scopes, .. } = self;
        let fresh = || Box::new(Pool::new(config.quota_points, now, *spread_seed, config.jitter));
        Some(scopes.get_mut(id)?.pool.get_or_insert_with(fresh))
    }

    fn new_pool(&self, now: Instant) -> Pool {
        Pool::new(self.config.quota_points, now, self.spread_seed, self.config.jitter)
    }

    /// Gives back what is held: the call will not be sent in this slot.
    pub(crate) fn give_back(&mut self, lane: &Lane, hold: &mut Hold, now: Instant) {
        let Hold { booked, points, .. } = mem::take(hold);
        for (id, slot) in lane.known(&self.scopes).into_iter().zip(booked) {
            let gate = id.and_then(|id| self.scopes.get_mut(id));
            if let (Some(pace), Some(slot)) = (gate.and_then(|gate| gate.pace.as_mut()), slot) {
                pace.unbook(slot);
            }
        }
        if let Some(points) = points
            && let Some(pool) = self.pool(lane, now)
        {
            pool.release(points, now);
        }
    }

    /// An attempt is sent now, in the slot that it held.
    pub(crate) fn sent(&mut self, lane: &Lane, hold: &mut Hold, now: Instant) -> Option<Sent> {
        (hold.slot, hold.booked) = Default::default();
        self.pool(lane, now).map(|pool| pool.sent(now))
    }

    /// An attempt was answered: its points are spent unless the server refused it.
    pub(crate) fn settle(&mut self, lane: &Lane, hold: &mut Hold, sent: Sent, heard: Heard<'_>, now: Instant) {
        let mut points = hold.points.take().unwrap_or(0);
        let Some(pool) = self.pool(lane, now) else { return };
        if heard.was_refused {
            pool.release(mem::take(&mut points), now);
        }
        pool.settle(points, heard.said, sent, now);
    }

    /// An attempt was given up in flight.
    pub(crate) fn lose(&mut self, lane: &Lane, hold: &mut Hold, now: Instant) {
        if let Some(points) = hold.points.take()
            && let Some(pool) = self.pool(lane, now)
        {
            pool.lose(points, now);
        }
    }

    /// Lets nothing pass in a scope before `until`, and names the scope. A pause is only ever extended. A burst teaches
    /// the scope its pace, of `rate` per second if the server named it.
    pub(crate) fn pause(
        &mut self,
        lane: &Lane,
        place: usize,
        until: Instant,
        kind: LimiterKind,
        rate: Option<u32>,
        now: Instant,
    ) -> Scope {
        let id = lane.intern(place, &mut self.scopes);
        if let Some(gate) = self.scopes.get_mut(id) {
            if kind == LimiterKind::Burst {
                let learn = || Pace::after_burst(lane.kind(place)?, &self.config, rate);
                gate.pace = gate.pace.take().or_else(learn);
                if let Some(pace) = &mut gate.pace {
                    pace.refused(until, now);
                }
            }
            if gate.pause.as_ref().is_none_or(|before| until > before.until) {
                gate.pause = Some(Box::new(Pause { until, kind }));
            }
        }
        self.scopes.name(id)
    }

    /// Points left in the lane's pool.
    pub(crate) fn points_left(&self, lane: &Lane, now: Instant) -> Option<(u32, Confidence)> {
        let (_, pool) = Self::pool_of(lane, &self.known(lane))?;
        let assumed = (self.config.quota_points, Confidence::Assumed);
        Some(pool.map_or(assumed, |pool| pool.points_left(now)))
    }

    /// Forgets scopes that grant no more when new than when remembered, each time their number has doubled.
    pub(crate) fn sweep(&mut self, now: Instant) {
        if self.scopes.len() < self.sweep_at {
            return;
        }
        self.scopes.retain(|gate| {
            gate.pause.take_if(|pause| pause.until <= now);
            gate.pool.take_if(|pool| pool.is_idle(now));
            gate.pace.take_if(|pace| pace.is_idle(now));
            gate.pause.is_some() || gate.pool.is_some() || gate.pace.is_some()
        });
        self.sweep_at = (self.scopes.len() * 2).max(SWEEP_FLOOR);
    }
}

impl Gate {
    fn is_paused(&self, now: Instant) -> bool {
        self.pause.as_ref().is_some_and(|pause| pause.until > now)
    }

    /// The pace that the scope has of a refusal, until that has passed.
    fn learned_pace(&mut self, now: Instant) -> Option<&mut Pace> {
        self.pace.take_if(|pace| pace.is_idle(now));
        self.pace.as_mut()
    }
}

fn pace_kind(lane: &Lane, place: usize) -> LimiterKind {
    match lane.kind(place) {
        Some(Part::Issue(())) => LimiterKind::PerIssueWrite,
        Some(Part::Tenant(()) | Part::Endpoint(..)) => LimiterKind::Burst,
        _ => LimiterKind::InvocationRate,
    }
}

/// The way to the first instant that all gates admit.
struct Search {
    at: Instant,
    /// The longest step so far, and the limit that asked for it.
    longest: Millis,
    limit: Option<Limit>,
}

impl Search {
    fn go_to(&mut self, until: Instant, limit: impl FnOnce() -> Limit) {
        let step = until.since(self.at);
        if step > self.longest {
            (self.longest, self.limit) = (step, Some(limit()));
        }
        self.at = self.at.max(until);
    }
}

/// What an answer said of the pool.
#[derive(Clone, Copy)]
pub(crate) struct Heard<'a> {
    pub(crate) said: &'a Points,
    pub(crate) was_refused: bool,
}
