//! All gates that calls pass: pauses, pools and paces. It plans without taking, and takes what was planned.

use crate::config::Config;
use crate::lane::Lane;
use crate::pace::{LATE, Pace};
use crate::pool::{Fits, Pool, Sent};
use crate::verdict::{Confidence, Limit, LimiterKind, Never, Scope, Wait};
use headroom_model::headers::Points;
use headroom_model::time::{Instant, Millis};
use std::collections::BTreeMap;
use std::mem;

/// What a call holds while it waits and until it is answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hold {
    /// Booked in every pace of its lane.
    slot: Option<Instant>,
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

/// The shared state of all calls.
#[derive(Clone, Debug)]
pub(crate) struct Gates {
    config: Config,
    spread_seed: u64,
    pub(crate) scopes: BTreeMap<Scope, Gate>,
    /// The number of scopes at which idle ones are next forgotten.
    sweep_at: usize,
}

/// What is known of one scope.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gate {
    /// Until then nothing passes, and the limit that says so.
    pub(crate) pause: Option<(Instant, LimiterKind)>,
    pub(crate) pool: Option<Pool>,
    pub(crate) pace: Option<Pace>,
}

/// Fewer scopes than this are not worth sweeping.
const SWEEP_FLOOR: usize = 1_024;

impl Gates {
    pub(crate) fn new(config: Config, spread_seed: u64) -> Self {
        Self { config, spread_seed, scopes: BTreeMap::new(), sweep_at: SWEEP_FLOOR }
    }

    fn pause_of(&self, scope: &Scope) -> Option<&(Instant, LimiterKind)> {
        self.scopes.get(scope)?.pause.as_ref()
    }

    fn pool_of(&self, scope: &Scope) -> Option<&Pool> {
        self.scopes.get(scope)?.pool.as_ref()
    }

    fn pace_of(&self, scope: &Scope) -> Option<&Pace> {
        self.scopes.get(scope)?.pace.as_ref()
    }

    fn gate(&mut self, scope: &Scope) -> &mut Gate {
        self.scopes.entry(scope.clone()).or_default()
    }

    pub(crate) const fn config(&self) -> &Config {
        &self.config
    }

    /// What would happen to a call on this lane that holds nothing, and by itself waits for `own`.
    ///
    /// A wait ends at the first instant that all gates admit together: behind a pause may stand the wall of the hour,
    /// and behind that a pace. It names the limit that holds it up longest.
    pub(crate) fn plan(&self, lane: &Lane, own: Option<&Wait>, now: Instant) -> Plan {
        let mut search = Search { at: now, longest: Millis::ZERO, limit: None };
        let mut is_in_line = true;
        loop {
            let from = search.at;
            if let Some(own) = own {
                search.go_to(own.until, || own.limit.clone());
            }
            for scope in &lane.scopes {
                if let Some((until, kind)) = self.pause_of(scope) {
                    search.go_to(*until, || Limit { kind: kind.clone(), scope: scope.clone() });
                }
            }
            if let Some(scope) = &lane.pool {
                match self.points_fit(scope, lane.cost.likely, search.at, now) {
                    Fits::From(until) => {
                        search.go_to(until, || Limit { kind: LimiterKind::PointsQuota, scope: scope.clone() });
                    }
                    Fits::Never => return Plan::Never(Never::CostsMoreThanQuota(lane.cost.likely)),
                }
            }
            is_in_line &= search.at == from;
            for scope in &lane.paced {
                let until = self.pace_of(scope).map_or(search.at, |pace| pace.earliest(search.at));
                search.go_to(until, || Limit { kind: pace_kind(lane), scope: scope.clone() });
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

    fn points_fit(&self, scope: &Scope, cost: u32, from: Instant, now: Instant) -> Fits {
        match self.pool_of(scope) {
            Some(pool) => pool.earliest(cost, from, now),
            None => self.new_pool(now).earliest(cost, from, now),
        }
    }

    /// Takes what a plan needs that goes or is in line: a slot, and the points for it.
    pub(crate) fn take(&mut self, lane: &Lane, hold: &mut Hold, slot: Instant, now: Instant) {
        for scope in &lane.paced {
            let fresh = Pace::new(scope, &self.config);
            self.gate(scope).pace.get_or_insert(fresh).book(slot, now);
        }
        hold.slot = Some(slot);
        // A slot after the hour is paid from the next hour's points, when its time has come.
        if slot < now.next_hour() {
            self.set_aside(lane, hold, now);
        }
    }

    fn set_aside(&mut self, lane: &Lane, hold: &mut Hold, now: Instant) {
        if let Some(scope) = &lane.pool {
            self.pool(scope, now).reserve(lane.cost.likely, now);
            hold.points = Some(lane.cost.likely);
        }
    }

    /// Whether a call may be sent now in the slot that it holds. Points that it lacks are set aside then.
    pub(crate) fn admit(&mut self, lane: &Lane, hold: &mut Hold, now: Instant) -> bool {
        let is_its_turn = hold.slot.is_some_and(|slot| slot <= now && now.since(slot) <= LATE);
        let is_paused = |scope| self.pause_of(scope).is_some_and(|(until, _)| *until > now);
        if !is_its_turn || lane.scopes.iter().any(is_paused) {
            return false;
        }
        let Some(scope) = &lane.pool else { return true };
        if hold.points.is_some() {
            return self.pool_of(scope).is_some_and(|pool| pool.covers_reserved(now));
        }
        let do_fit = self.points_fit(scope, lane.cost.likely, now, now) == Fits::From(now);
        if do_fit {
            self.set_aside(lane, hold, now);
        }
        do_fit
    }

    fn pool(&mut self, scope: &Scope, now: Instant) -> &mut Pool {
        let fresh = self.new_pool(now);
        self.gate(scope).pool.get_or_insert(fresh)
    }

    pub(crate) fn new_pool(&self, now: Instant) -> Pool {
        Pool::new(self.config.quota_points, now, self.spread_seed, self.config.jitter)
    }

    /// Gives back what is held: the call will not be sent in this slot.
    pub(crate) fn give_back(&mut self, lane: &Lane, hold: &mut Hold, now: Instant) {
        if let Some(slot) = hold.slot.take() {
            for scope in &lane.paced {
                if let Some(pace) = self.scopes.get_mut(scope).and_then(|gate| gate.pace.as_mut()) {
                    pace.unbook(slot);
                }
            }
        }
        if let (Some(points), Some(scope)) = (hold.points.take(), &lane.pool) {
            self.pool(scope, now).release(points, now);
        }
    }

    /// An attempt is sent now, in the slot that it held.
    pub(crate) fn sent(&mut self, lane: &Lane, hold: &mut Hold, now: Instant) -> Option<Sent> {
        hold.slot = None;
        lane.pool.as_ref().map(|scope| self.pool(scope, now).sent(now))
    }

    /// An attempt was answered: its points are spent unless the server refused it.
    pub(crate) fn settle(&mut self, lane: &Lane, hold: &mut Hold, sent: Option<Sent>, heard: Heard<'_>, now: Instant) {
        let (Some(scope), Some(sent)) = (&lane.pool, sent) else { return };
        let mut points = hold.points.take().unwrap_or(0);
        let pool = self.pool(scope, now);
        if heard.was_refused {
            pool.release(mem::take(&mut points), now);
        }
        pool.settle(points, heard.said, sent, now);
    }

    /// An attempt was given up in flight.
    pub(crate) fn lose(&mut self, lane: &Lane, hold: &mut Hold, now: Instant) {
        if let (Some(points), Some(scope)) = (hold.points.take(), &lane.pool) {
            self.pool(scope, now).lose(points, now);
        }
    }

    /// Lets nothing pass in `scope` before `until`. A pause is only ever extended.
    pub(crate) fn pause(&mut self, scope: Scope, until: Instant, kind: LimiterKind, now: Instant) {
        let gate = self.scopes.entry(scope).or_default();
        if kind == LimiterKind::Burst
            && let Some(pace) = &mut gate.pace
        {
            pace.refused(until, now);
        }
        if gate.pause.as_ref().is_none_or(|(before, _)| until > *before) {
            gate.pause = Some((until, kind));
        }
    }

    /// Points left in the lane's pool.
    pub(crate) fn points_left(&self, lane: &Lane, now: Instant) -> Option<(u32, Confidence)> {
        let scope = lane.pool.as_ref()?;
        let assumed = (self.config.quota_points, Confidence::Assumed);
        Some(self.pool_of(scope).map_or(assumed, |pool| pool.points_left(now)))
    }

    /// Forgets scopes that grant no more when new than when remembered, each time their number has doubled.
    pub(crate) fn sweep(&mut self, now: Instant) {
        if self.scopes.len() < self.sweep_at {
            return;
        }
        self.scopes.retain(|_, gate| {
            gate.pause.take_if(|(until, _)| *until <= now);
            gate.pool.take_if(|pool| pool.is_idle(now));
            gate.pace.take_if(|pace| pace.is_idle(now));
            gate.pause.is_some() || gate.pool.is_some() || gate.pace.is_some()
        });
        self.sweep_at = (self.scopes.len() * 2).max(SWEEP_FLOOR);
    }
}

fn pace_kind(lane: &Lane) -> LimiterKind {
    if lane.pool.is_some() { LimiterKind::Burst } else { LimiterKind::InvocationRate }
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
