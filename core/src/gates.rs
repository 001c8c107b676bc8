//! All gates that calls pass: pauses, pools and paces. It plans without taking, and takes what was planned.

use crate::config::Config;
use crate::lane::{self, MOST_SCOPES};
use crate::pace::{LATE, Pace};
use crate::pool::{Fits, Pool, Sent};
use crate::scope::ScopeRef;
use crate::scopes::Scopes;
use crate::verdict::{Confidence, Limit, LimiterKind, Never, Wait};
use headroom_model::headers::Points;
use headroom_model::time::{Instant, Millis};
use std::mem;

type Lane<'a> = lane::Lane<ScopeRef<'a>>;

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

/// What is known of one scope.
#[derive(Clone, Debug, Default)]
struct Gate {
    /// Until then nothing passes, and the limit that says so.
    pause: Option<(Instant, LimiterKind)>,
    pool: Option<Pool>,
    pace: Option<Pace>,
}

/// Fewer scopes than this are not worth sweeping.
const SWEEP_FLOOR: usize = 1_024;

impl Gates {
    pub(crate) fn new(config: Config, spread_seed: u64) -> Self {
        Self { config, spread_seed, scopes: Scopes::new(spread_seed), sweep_at: SWEEP_FLOOR }
    }

    /// What is known of the scopes of a lane, each in its place.
    fn known(&self, lane: &Lane<'_>) -> [Option<&Gate>; MOST_SCOPES] {
        lane.scopes.map(|scope| self.scopes.get(scope?))
    }

    pub(crate) const fn config(&self) -> &Config {
        &self.config
    }

    /// What would happen to a call on this lane that holds nothing, and by itself waits for `own`.
    ///
    /// A wait ends at the first instant that all gates admit together: behind a pause may stand the wall of the hour,
    /// and behind that a pace. It names the limit that holds it up longest.
    pub(crate) fn plan(&self, lane: &Lane<'_>, own: Option<&Wait>, now: Instant) -> Plan {
        let known = self.known(lane);
        let gates = || lane.scopes.iter().zip(known).filter_map(|(scope, gate)| Some(((*scope)?, gate?)));
        let mut search = Search { at: now, longest: Millis::ZERO, limit: None };
        let mut is_in_line = true;
        loop {
            let from = search.at;
            if let Some(own) = own {
                search.go_to(own.until, || own.limit.clone());
            }
            for (scope, gate) in gates() {
                if let Some((until, kind)) = &gate.pause {
                    search.go_to(*until, || Limit { kind: kind.clone(), scope: scope.owned() });
                }
            }
            if let Some((scope, pool)) = Self::pool_of(lane, &known) {
                match self.points_fit(pool, lane.cost.likely, search.at, now) {
                    Fits::From(until) => {
                        search.go_to(until, || Limit { kind: LimiterKind::PointsQuota, scope: scope.owned() });
                    }
                    Fits::Never => return Plan::Never(Never::CostsMoreThanQuota(lane.cost.likely)),
                }
            }
            is_in_line &= search.at == from;
            for (scope, gate) in gates().filter(|_| lane.is_paced) {
                let until = gate.pace.as_ref().map_or(search.at, |pace| pace.earliest(search.at));
                search.go_to(until, || Limit { kind: pace_kind(scope), scope: scope.owned() });
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

    /// The scope of a lane's pool, and what is known of the pool.
    fn pool_of<'a, 'g>(
        lane: &Lane<'a>,
        known: &[Option<&'g Gate>; MOST_SCOPES],
    ) -> Option<(ScopeRef<'a>, Option<&'g Pool>)> {
        let gate = known.get(lane.pool?).copied().flatten();
        Some((lane.pool_scope()?, gate.and_then(|gate| gate.pool.as_ref())))
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
    pub(crate) fn take(&mut self, lane: &Lane<'_>, hold: &mut Hold, slot: Instant, now: Instant) {
        *hold = Hold { slot: Some(slot), ..Hold::default() };
        for (scope, booked) in lane.scopes.iter().zip(&mut hold.booked).filter(|_| lane.is_paced) {
            let Some(scope) = *scope else { continue };
            let pace = match Pace::before_refusal(scope, &self.config) {
                Some(fresh) => Some(self.scopes.entry(scope).pace.get_or_insert(fresh)),
                None => self.scopes.get_mut(scope).and_then(|gate| gate.learned_pace(now)),
            };
            if let Some(pace) = pace.filter(|pace| !is_line(scope) || pace.earliest(now) == slot) {
                pace.book(slot, now);
                *booked = Some(slot);
            }
        }
        // A slot after the hour is paid from the next hour's points, when its time has come.
        if slot < now.next_hour() {
            self.set_aside(lane, hold, now);
        }
    }

    fn set_aside(&mut self, lane: &Lane<'_>, hold: &mut Hold, now: Instant) {
        if let Some(pool) = self.pool(lane, now) {
            pool.reserve(lane.cost.likely, now);
            hold.points = Some(lane.cost.likely);
        }
    }

    /// Whether a call may be sent now in the slot that it holds. Points that it lacks are set aside then.
    pub(crate) fn admit(&mut self, lane: &Lane<'_>, hold: &mut Hold, now: Instant) -> Admission {
        let is_its_turn = hold.slot.is_some_and(|slot| slot <= now && now.since(slot) <= LATE);
        let known = self.known(lane);
        let lets_pass = |((scope, gate), booked): ((&Option<ScopeRef<'_>>, &Option<&Gate>), &Option<Instant>)| {
            let may_book = booked.is_some() || !lane.is_paced || scope.is_some_and(is_line);
            gate.is_none_or(|gate| !gate.is_paused(now) && (may_book || gate.pace.is_none()))
        };
        if !is_its_turn || !lane.scopes.iter().zip(&known).zip(&hold.booked).all(lets_pass) {
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
    fn join_line(&mut self, lane: &Lane<'_>, hold: &mut Hold, now: Instant) -> Option<Wait> {
        let at = lane.scopes.iter().position(|scope| scope.is_some_and(is_line))?;
        let (scope, booked) = (lane.scopes.get(at).copied().flatten()?, hold.booked.get_mut(at)?);
        let pace = self.scopes.get_mut(scope)?.pace.as_mut().filter(|_| booked.is_none())?;
        let until = pace.earliest(now);
        pace.book(until, now);
        (*booked, hold.slot) = (Some(until), Some(until));
        (until > now).then(|| Wait { until, limit: Limit { kind: pace_kind(scope), scope: scope.owned() } })
    }

    /// The pool that a lane spends from, untouched if nothing is known of it.
    fn pool(&mut self, lane: &Lane<'_>, now: Instant) -> Option<&mut Pool> {
        let fresh = self.new_pool(now);
        Some(self.scopes.entry(lane.pool_scope()?).pool.get_or_insert(fresh))
    }

    fn new_pool(&self, now: Instant) -> Pool {
        Pool::new(self.config.quota_points, now, self.spread_seed, self.config.jitter)
    }

    /// Gives back what is held: the call will not be sent in this slot.
    pub(crate) fn give_back(&mut self, lane: &Lane<'_>, hold: &mut Hold, now: Instant) {
        let Hold { booked, points, .. } = mem::take(hold);
        for (scope, slot) in lane.scopes.iter().zip(booked) {
            let gate = scope.and_then(|scope| self.scopes.get_mut(scope));
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
    pub(crate) fn sent(&mut self, lane: &Lane<'_>, hold: &mut Hold, now: Instant) -> Option<Sent> {
        (hold.slot, hold.booked) = Default::default();
        self.pool(lane, now).map(|pool| pool.sent(now))
    }

    /// An attempt was answered: its points are spent unless the server refused it.
    pub(crate) fn settle(&mut self, lane: &Lane<'_>, hold: &mut Hold, sent: Sent, heard: Heard<'_>, now: Instant) {
        let mut points = hold.points.take().unwrap_or(0);
        let Some(pool) = self.pool(lane, now) else { return };
        if heard.was_refused {
            pool.release(mem::take(&mut points), now);
        }
        pool.settle(points, heard.said, sent, now);
    }

    /// An attempt was given up in flight.
    pub(crate) fn lose(&mut self, lane: &Lane<'_>, hold: &mut Hold, now: Instant) {
        if let Some(points) = hold.points.take()
            && let Some(pool) = self.pool(lane, now)
        {
            pool.lose(points, now);
        }
    }

    /// Lets nothing pass in `scope` before `until`. A pause is only ever extended. A burst teaches the scope its pace, of
    /// `rate` per second if the server named it.
    pub(crate) fn pause(
        &mut self,
        scope: ScopeRef<'_>,
        until: Instant,
        kind: LimiterKind,
        rate: Option<u32>,
        now: Instant,
    ) {
        let gate = self.scopes.entry(scope);
        if kind == LimiterKind::Burst {
            gate.pace = gate.pace.take().or_else(|| Pace::after_burst(scope, &self.config, rate));
            if let Some(pace) = &mut gate.pace {
                pace.refused(until, now);
            }
        }
        if gate.pause.as_ref().is_none_or(|(before, _)| until > *before) {
            gate.pause = Some((until, kind));
        }
    }

    /// Points left in the lane's pool.
    pub(crate) fn points_left(&self, lane: &Lane<'_>, now: Instant) -> Option<(u32, Confidence)> {
        let gate = self.scopes.get(lane.pool_scope()?);
        let assumed = (self.config.quota_points, Confidence::Assumed);
        Some(gate.and_then(|gate| gate.pool.as_ref()).map_or(assumed, |pool| pool.points_left(now)))
    }

    /// Forgets scopes that grant no more when new than when remembered, each time their number has doubled.
    pub(crate) fn sweep(&mut self, now: Instant) {
        if self.scopes.len() < self.sweep_at {
            return;
        }
        self.scopes.retain(|gate| {
            gate.pause.take_if(|(until, _)| *until <= now);
            gate.pool.take_if(|pool| pool.is_idle(now));
            gate.pace.take_if(|pace| pace.is_idle(now));
            gate.pause.is_some() || gate.pool.is_some() || gate.pace.is_some()
        });
        self.sweep_at = (self.scopes.len() * 2).max(SWEEP_FLOOR);
    }
}

impl Gate {
    fn is_paused(&self, now: Instant) -> bool {
        self.pause.as_ref().is_some_and(|(until, _)| *until > now)
    }

    /// The pace that the scope has of a refusal, until that has passed.
    fn learned_pace(&mut self, now: Instant) -> Option<&mut Pace> {
        self.pace.take_if(|pace| pace.is_idle(now));
        self.pace.as_mut()
    }
}

/// Whether calls that wait for a narrower pace come into this scope's line after that.
const fn is_line(scope: ScopeRef<'_>) -> bool {
    matches!(scope, ScopeRef::Tenant(_))
}

const fn pace_kind(scope: ScopeRef<'_>) -> LimiterKind {
    match scope {
        ScopeRef::Issue { .. } => LimiterKind::PerIssueWrite,
        ScopeRef::Tenant(_) | ScopeRef::Endpoint { .. } => LimiterKind::Burst,
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
