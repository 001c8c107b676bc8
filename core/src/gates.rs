//! All gates that calls pass: pauses, pools and paces. It plans without taking, and takes what was planned.

use crate::config::Config;
use crate::lane::Lane;
use crate::pace::Pace;
use crate::pool::{Fits, Pool};
use crate::verdict::{Confidence, Limit, LimiterKind, Never, Scope, Wait};
use headroom_model::headers::RateLimit;
use headroom_model::time::{Instant, Millis};
use std::collections::BTreeMap;

/// What a call holds while it waits and until it is answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hold {
    slots: Vec<(Scope, Instant)>,
    /// Points set aside.
    points: Option<u32>,
}

/// What would happen to a call now.
#[derive(Debug)]
pub(crate) enum Plan {
    Go,
    /// Wait; having booked the slot of this scope, if any.
    Wait(Wait, Option<Scope>),
    Never(Never),
}

/// The shared state of all calls.
#[derive(Clone, Debug)]
pub(crate) struct Gates {
    config: Config,
    spread_seed: u64,
    pauses: BTreeMap<Scope, (Instant, LimiterKind)>,
    pools: BTreeMap<Scope, Pool>,
    paces: BTreeMap<Scope, Pace>,
    /// The number of scopes at which idle ones are next forgotten.
    sweep_at: usize,
}

/// A slot not used this long after its time is booked anew: sent late, it would meet the slots of others.
const LATE: Millis = Millis::from_secs(1);

/// Fewer scopes than this are not worth sweeping.
const SWEEP_FLOOR: usize = 1_024;

impl Gates {
    pub(crate) fn new(config: Config, spread_seed: u64) -> Self {
        let (pauses, pools, paces) = Default::default();
        Self { config, spread_seed, pauses, pools, paces, sweep_at: SWEEP_FLOOR }
    }

    pub(crate) const fn config(&self) -> &Config {
        &self.config
    }

    /// What would happen to a call on this lane that holds `hold`.
    pub(crate) fn plan(&self, lane: &Lane, hold: &Hold, now: Instant) -> Plan {
        if let Some(wait) = self.paused(lane, now) {
            return Plan::Wait(wait, None);
        }
        if let Some(plan) = self.plan_points(lane, hold, now) {
            return plan;
        }
        let unheld = lane.paced.iter().filter(|scope| !hold.slots.iter().any(|(held, _)| held == *scope));
        let slots = unheld.map(|scope| (self.paces.get(scope).map_or(now, |pace| pace.earliest(now)), scope));
        // The last of equals: `max_by_key` prefers it, and the widest scope stands last.
        match slots.max_by_key(|(slot, _)| *slot) {
            Some((until, scope)) if until > now => {
                let kind = if lane.pool.is_some() { LimiterKind::Burst } else { LimiterKind::InvocationRate };
                Plan::Wait(Wait { until, limit: Limit { kind, scope: scope.clone() } }, Some(scope.clone()))
            }
            _ => Plan::Go,
        }
    }

    fn paused(&self, lane: &Lane, now: Instant) -> Option<Wait> {
        let paused = lane.scopes.iter().filter_map(|scope| Some((scope, self.pauses.get(scope)?)));
        let (scope, (until, kind)) = paused.max_by_key(|(_, (until, _))| *until)?;
        let limit = Limit { kind: kind.clone(), scope: scope.clone() };
        (*until > now).then_some(Wait { until: *until, limit })
    }

    /// The plan if points stand in the way.
    fn plan_points(&self, lane: &Lane, hold: &Hold, now: Instant) -> Option<Plan> {
        let scope = lane.pool.as_ref()?;
        let cost = lane.cost.likely;
        let fresh;
        let pool = match self.pools.get(scope) {
            Some(pool) => pool,
            None => {
                fresh = self.new_pool(now);
                &fresh
            }
        };
        if hold.points.is_some() && pool.covers_reserved(now) {
            return None;
        }
        match pool.earliest(cost, now) {
            Fits::From(until) if until > now => {
                let limit = Limit { kind: LimiterKind::PointsQuota, scope: scope.clone() };
                Some(Plan::Wait(Wait { until, limit }, None))
            }
            Fits::From(_) => None,
            Fits::Never => Some(Plan::Never(Never::CostsMoreThanQuota(cost))),
        }
    }

    /// Plans and takes: books the slots and sets the points aside that the plan needs. A plan that neither goes
    /// nor books gives back all that was held.
    pub(crate) fn take(&mut self, lane: &Lane, hold: &mut Hold, now: Instant) -> Plan {
        if hold.slots.iter().any(|(_, slot)| now.since(*slot) > LATE) {
            self.give_back(lane, hold, now);
        }
        let plan = self.plan(lane, hold, now);
        match &plan {
            Plan::Go => {
                for scope in &lane.paced {
                    if !hold.slots.iter().any(|(held, _)| held == scope) {
                        self.book(scope, now, hold, now);
                    }
                }
                self.set_aside(lane, hold, now);
            }
            Plan::Wait(wait, Some(scope)) => {
                self.book(scope, wait.until, hold, now);
                // A slot after the hour is paid from the next hour's points, when its time has come.
                if wait.until < now.next_hour() {
                    self.set_aside(lane, hold, now);
                }
            }
            Plan::Wait(_, None) | Plan::Never(_) => self.give_back(lane, hold, now),
        }
        plan
    }

    fn book(&mut self, scope: &Scope, slot: Instant, hold: &mut Hold, now: Instant) {
        let pace = self.paces.entry(scope.clone()).or_insert_with(|| Pace::new(scope, &self.config));
        pace.book(slot, now);
        hold.slots.push((scope.clone(), slot));
    }

    fn set_aside(&mut self, lane: &Lane, hold: &mut Hold, now: Instant) {
        if hold.points.is_none()
            && let Some(scope) = &lane.pool
        {
            let cost = lane.cost.likely;
            self.pool(scope, now).reserve(cost, now);
            hold.points = Some(cost);
        }
    }

    fn pool(&mut self, scope: &Scope, now: Instant) -> &mut Pool {
        let fresh = self.new_pool(now);
        self.pools.entry(scope.clone()).or_insert(fresh)
    }

    fn new_pool(&self, now: Instant) -> Pool {
        Pool::new(self.config.quota_points, now, self.spread_seed, self.config.jitter)
    }

    /// Gives back what is held: the call will not be sent in these slots.
    pub(crate) fn give_back(&mut self, lane: &Lane, hold: &mut Hold, now: Instant) {
        for (scope, slot) in hold.slots.drain(..) {
            if let Some(pace) = self.paces.get_mut(&scope) {
                pace.unbook(slot);
            }
        }
        self.refund(lane, hold, now);
    }

    fn refund(&mut self, lane: &Lane, hold: &mut Hold, now: Instant) {
        if let (Some(points), Some(scope)) = (hold.points.take(), &lane.pool) {
            self.pool(scope, now).release(points, now);
        }
    }

    /// An attempt was answered, or not: its slots are used up, its points spent unless the server refused it.
    pub(crate) fn settle(&mut self, lane: &Lane, hold: &mut Hold, was_refused: bool, heard: Heard<'_>, now: Instant) {
        hold.slots.clear();
        if was_refused {
            self.refund(lane, hold, now);
        }
        if let Some(scope) = &lane.pool {
            let points = hold.points.take().unwrap_or(0);
            let pool = self.pool(scope, now);
            pool.settle(points, now);
            pool.hear(heard.said, points, heard.sent, now);
        }
    }

    /// Lets nothing pass in `scope` before `until`. A pause is only ever extended.
    pub(crate) fn pause(&mut self, scope: Scope, until: Instant, kind: LimiterKind) {
        let pause = self.pauses.entry(scope).or_insert((until, kind.clone()));
        if until > pause.0 {
            *pause = (until, kind);
        }
    }

    /// Points left in the lane's pool.
    pub(crate) fn points_left(&self, lane: &Lane, now: Instant) -> Option<(u32, Confidence)> {
        let scope = lane.pool.as_ref()?;
        let assumed = (self.config.quota_points, Confidence::Assumed);
        Some(self.pools.get(scope).map_or(assumed, |pool| pool.points_left(now)))
    }

    /// Forgets scopes that grant no more when new than when remembered, each time their number has doubled.
    pub(crate) fn sweep(&mut self, now: Instant) {
        let scopes = |gates: &Self| gates.pauses.len() + gates.pools.len() + gates.paces.len();
        if scopes(self) < self.sweep_at {
            return;
        }
        self.pauses.retain(|_, (until, _)| *until > now);
        self.pools.retain(|_, pool| !pool.is_idle(now));
        self.paces.retain(|_, pace| !pace.is_idle(now));
        self.sweep_at = (scopes(self) * 2).max(SWEEP_FLOOR);
    }
}

/// What an answer said of the pool, and when its request was sent.
#[derive(Clone, Copy)]
pub(crate) struct Heard<'a> {
    pub(crate) said: &'a RateLimit,
    pub(crate) sent: Instant,
}
