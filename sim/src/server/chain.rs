//! All limits of a server, one after the other: all are asked, and then all are taken.

use super::arrival::Facts;
use super::chance::Chance;
use super::concurrency::Concurrency;
use super::counter::{Counter, NEVER, Rule};
use super::door::Door;
use super::doors;
use super::escalation::Escalation;
use super::pool::{Pool, PoolState};
use super::spec::ServerSpec;
use super::verdict::{Limit, Refused, Scope, Slot};
use super::wording::{Bucketed, Refusal, Told};
use headroom_model::points::BASE_POINTS;
use headroom_model::time::Instant;
use std::cmp::Reverse;

/// The limits, and where the arrival in hand is counted.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    doors: Vec<Door>,
    pool: Option<Pool>,
    preview: Option<Pool>,
    chance: Option<Chance>,
    concurrency: Option<Concurrency>,
    escalation: Option<Escalation>,
    max_cost: Option<u32>,
    refused_costs: bool,
    open: Open,
}

/// A counter that counts an arrival, for the bound of what any client can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) by: CounterId,
    pub(crate) rule: Limited,
    /// Whether it counts points and not calls.
    pub(crate) is_of_points: bool,
}

/// Which counter of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CounterId {
    /// Of a door, by its place.
    Door(usize, usize),
    /// Of the points quota, by its place.
    Pool(usize),
    /// Of requests at the same time.
    Slots((u32, u32)),
}

/// What a counter admits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limited {
    /// So much over time.
    By(Rule),
    /// So many until their answers are there.
    AtOnce(u32),
}

/// The counters that concern an arrival.
#[derive(Clone, Debug, Default)]
struct Open {
    /// Places of doors, and of counters in them.
    doors: Vec<(usize, usize)>,
    pool: Option<usize>,
    preview: Option<usize>,
    is_over_preview: bool,
}

impl Chain {
    pub(super) fn new(spec: &ServerSpec, start: Instant, seed: u64) -> Self {
        let ServerSpec { quota, switches, gateway, concurrency, .. } = spec;
        Self {
            doors: doors::of(spec),
            pool: quota.as_ref().map(|quota| Pool::new(quota, switches, start)),
            preview: quota.as_ref().and_then(|quota| quota.preview.as_ref()).map(Pool::preview),
            chance: gateway.as_ref().map(|gateway| Chance::new(gateway, seed)),
            concurrency: concurrency.as_ref().map(Concurrency::new),
            escalation: switches.escalation.map(|step| Escalation::new(step.get())),
            max_cost: switches.max_cost.map(|cost| cost.get()),
            refused_costs: switches.refused_costs,
            open: Open::default(),
        }
    }

    /// Applies what changes with time, and forgets what is over.
    pub(super) fn advance(&mut self, now: Instant) {
        self.pool.iter_mut().for_each(|pool| pool.advance(now));
        self.swept().for_each(|door| door.sweep_if_many(now));
    }

    /// Forgets what is over, be it little or much.
    #[cfg(test)]
    pub(super) fn sweep(&mut self, now: Instant) {
        self.swept().for_each(|door| door.sweep(now));
    }

    /// How many counters all limits have together.
    #[cfg(test)]
    pub(super) fn counters(&mut self) -> usize {
        self.swept().map(|door| door.counters()).sum()
    }

    fn swept(&mut self) -> impl Iterator<Item = &mut Door> {
        let pools = self.pool.iter_mut().chain(&mut self.preview).filter_map(Pool::swept);
        self.doors.iter_mut().chain(pools)
    }

    /// Finds the counters that concern an arrival. All that follows is about this one.
    pub(super) fn open(&mut self, facts: &Facts<'_>) {
        self.open.doors.clear();
        for (at, door) in self.doors.iter_mut().enumerate() {
            self.open.doors.extend(door.place(facts).map(|place| (at, place)));
        }
        self.open.pool = self.pool.as_mut().and_then(|pool| pool.place(facts));
        self.open.preview = self.preview.as_mut().and_then(|pool| pool.place(facts));
        self.open.is_over_preview = false;
    }

    /// What counts the arrival in hand.
    pub(super) fn counted(&self, facts: &Facts<'_>) -> Vec<Counted> {
        let doors = self.open.doors.iter().filter_map(|&(at, place)| {
            let door = &self.doors[at];
            let rule = Limited::By(door.counter(place)?.rule());
            Some(Counted { by: CounterId::Door(at, place), rule, is_of_points: door.is_of_points() })
        });
        let pool = self.pool.as_ref().zip(self.open.pool).and_then(|(pool, place)| {
            let rule = Limited::By(pool.counter(place)?.rule());
            Some(Counted { by: CounterId::Pool(place), rule, is_of_points: true })
        });
        let places = self.concurrency.as_ref().and_then(|concurrency| {
            let (Slot(slot), most) = concurrency.slot(facts)?;
            Some(Counted { by: CounterId::Slots(slot), rule: Limited::AtOnce(most), is_of_points: false })
        });
        doors.chain(pool).chain(places).collect()
    }

    /// Asks every limit. The end is the latest of all; the name is the first one's, of two alike the later one's.
    pub(super) fn check(&mut self, facts: &Facts<'_>, now: Instant) -> Option<Refusal> {
        let mut refusals = self.check_others(facts, now);
        for &(at, place) in &self.open.doors {
            let door = &mut self.doors[at];
            if let Err(until) = door.check(place, door.amount(facts), now) {
                let counter = door.counter(place).map(|counter| bucketed(counter, now));
                refusals.push(Refusal { limit: door.limit, scope: door.scope(facts), until, counter });
            }
        }
        let points = facts.price.points;
        if let Some((pool, place)) = self.pool.as_mut().zip(self.open.pool)
            && let Err(until) = pool.check(place, points, now)
        {
            refusals.push(Refusal { limit: Limit::PointsQuota, scope: pool.scope(facts), until, counter: None });
        }
        if let Some((preview, place)) = self.preview.as_mut().zip(self.open.preview) {
            self.open.is_over_preview = preview.check(place, points, now).is_err();
        }
        let until = refusals.iter().map(|refusal| refusal.until).max()?;
        // A change can close the pool before the others open.
        let pool = self.pool.as_ref().zip(self.open.pool);
        let until = pool.map_or(until, |(pool, place)| pool.first(place, points, until));
        let named = refusals.into_iter().min_by_key(|refusal| (refusal.limit, Reverse(refusal.until)))?;
        Some(Refusal { until, ..named })
    }

    /// Asks the limits that are more than counters.
    fn check_others(&mut self, facts: &Facts<'_>, now: Instant) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        let mut refuse = |limit, scope, until| refusals.push(Refusal { limit, scope, until, counter: None });
        if let Some(limit) = self.chance.as_mut().and_then(|chance| chance.refuses(facts)) {
            refuse(limit, Scope::App, now);
        }
        if let Some(request) = facts.request()
            && self.max_cost.is_some_and(|most| facts.spends_points && facts.price.points > most)
        {
            refuse(Limit::MaxCost, Scope::endpoint(request), NEVER);
        }
        if self.concurrency.as_ref().is_some_and(|concurrency| !concurrency.has_room(facts)) {
            refuse(Limit::Concurrency, Scope::account(facts.arrival), now);
        }
        if let Some(told) = self.escalation.as_mut().and_then(|escalation| escalation.early(facts.tenant, now)) {
            refuse(told.limit, told.scope.clone(), told.until);
        }
        refusals
    }

    /// Takes of every limit, after a check that found none to refuse.
    pub(super) fn take(&mut self, facts: &Facts<'_>, now: Instant) -> Option<Slot> {
        for &(at, place) in &self.open.doors {
            let door = &mut self.doors[at];
            door.take(place, door.amount(facts), now);
        }
        for (pool, place) in [(&mut self.pool, self.open.pool), (&mut self.preview, self.open.preview)] {
            if let Some((pool, place)) = pool.as_mut().zip(place) {
                pool.take(place, facts.price.points, now);
            }
        }
        self.concurrency.as_mut().and_then(|concurrency| concurrency.take(facts))
    }

    /// The arrival in hand, admitted at `at` for the price that was expected, cost so many points.
    pub(super) fn correct(&mut self, facts: &Facts<'_>, points: u32, at: Instant) {
        let from = facts.price.points;
        for &(door, place) in &self.open.doors {
            self.doors[door].correct(place, from, points, at);
        }
        for (pool, place) in [(&mut self.pool, self.open.pool), (&mut self.preview, self.open.preview)] {
            if let Some((pool, place)) = pool.as_mut().zip(place) {
                pool.correct(place, from, points, at);
            }
        }
    }

    /// Charges a refused call, if a switch says so.
    pub(super) fn charge_refused(&mut self, now: Instant) {
        if let Some((pool, place)) = self.pool.as_mut().zip(self.open.pool).filter(|_| self.refused_costs) {
            pool.take(place, BASE_POINTS, now);
        }
    }

    /// Remembers what a client was told, if a switch makes it matter.
    pub(super) fn tell(&mut self, facts: &Facts<'_>, refused: &Refused, now: Instant) {
        let Refused { limit, scope, promised, .. } = refused;
        if let Some(escalation) = self.escalation.as_mut().filter(|_| *promised > now) {
            escalation.tell(facts.tenant, *limit, scope, *promised);
        }
    }

    pub(super) fn release(&mut self, slot: Slot) {
        self.concurrency.iter_mut().for_each(|concurrency| concurrency.release(slot));
    }

    /// What there is to tell of the counters that concern the arrival.
    pub(super) fn told(&self, now: Instant) -> Told {
        let state = |pool: &Option<Pool>, place: Option<usize>| pool.as_ref()?.state(place?, now);
        let preview = state(&self.preview, self.open.preview);
        Told {
            now,
            pool: state(&self.pool, self.open.pool),
            preview: preview.map(|preview| (preview, self.open.is_over_preview)),
            burst: self.tightest(&[Limit::Burst], now),
            requests: self.tightest(&[Limit::HourlyRequests, Limit::TokenBucket], now),
            invocations: self.tightest(&[Limit::InvocationRate], now),
        }
    }

    /// Points left to a tenant by its number; one without a number has asked for nothing yet.
    pub(super) fn left(&self, tenant: Option<u32>, now: Instant) -> Option<u32> {
        self.state(tenant, now).map(|pool| pool.left)
    }

    /// The pool of a tenant by its number, as [`Chain::left`].
    pub(super) fn state(&self, tenant: Option<u32>, now: Instant) -> Option<PoolState> {
        self.pool.as_ref().map(|pool| pool.state_for(tenant, now))
    }

    /// All doors but that of the points.
    pub(super) fn doors(&self) -> impl Iterator<Item = &Door> {
        self.doors.iter()
    }

    /// So many points of a tenant's pool are spent; none where no points are counted.
    pub(super) fn set_used(&mut self, tenant: u32, used: u32, now: Instant) -> Option<()> {
        self.pool.as_mut().map(|pool| pool.set_used(tenant, used, now))
    }

    /// Of the counters of these limits that concern the arrival, the one that has least left.
    fn tightest(&self, limits: &[Limit], now: Instant) -> Option<Bucketed> {
        let open = self.open.doors.iter().filter(|(at, _)| limits.contains(&self.doors[*at].limit));
        let counters = open.filter_map(|(at, place)| self.doors[*at].counter(*place));
        counters.map(|counter| bucketed(counter, now)).min_by_key(|state| state.left)
    }
}

fn bucketed(counter: &Counter, now: Instant) -> Bucketed {
    Bucketed { limit: counter.limit(), left: counter.left(now), per_second: counter.per_second() }
}
