//! Whose points a call spends: the server's pool, and what the app itself grants its tenant and its user.

use super::gate::Gate;
use super::{Gates, Heard, Hold, Known, Search, Sent};
use crate::lane::{Lane, OWNER, USER};
use crate::pool::{Charge, Fits, Pool, Terms, last_call};
use crate::scope::Part;
use crate::scopes::ScopeId;
use crate::shadow::Shadow;
use crate::verdict::{Confidence, Forecast, LimiterKind, Never, Priority, Wait};
use headroom_model::headers::Points;
use headroom_model::time::{Instant, Millis};
use std::mem;

/// Where the app itself may have a cap.
const CAPPED: [usize; 2] = [OWNER, USER];

impl Gates {
    /// Goes to the first instant at which the points suffice, as far as one can know at `now`.
    pub(super) fn search_ledgers(
        &self,
        lane: &Lane,
        known: &Known<'_>,
        hold: &Hold,
        search: &mut Search,
        now: Instant,
    ) -> Result<(), Never> {
        let Some(place) = lane.pool() else { return Ok(()) };
        let cost = lane.cost.likely;
        let pool = known[place].and_then(|(id, gate)| Some((id, gate.pool.as_deref()?)));
        match pool {
            Some((id, pool)) => self.search_pool(lane, known, hold, (id, pool), search, now)?,
            None if cost > self.config.quota_points => return Err(Never::CostsMoreThanQuota(cost)),
            None => {}
        }
        for place in CAPPED {
            let users = known[place].map_or(0, |(_, gate)| gate.users());
            let cap = known[place].and_then(|(id, gate)| Some((id, gate.cap()?)));
            if let Some((id, cap)) = cap {
                search.go_to_fit(cap.earliest(cost, search.at, now), cost, || self.limit(LimiterKind::Cap, id))?;
            } else if self.cap(lane.kind(place), users).is_some_and(|cap| cost > cap) {
                return Err(Never::CostsMoreThanQuota(cost));
            }
        }
        Ok(())
    }

    /// The same for the server's pool.
    fn search_pool(
        &self,
        lane: &Lane,
        known: &Known<'_>,
        hold: &Hold,
        (id, pool): (ScopeId, &Pool),
        search: &mut Search,
        now: Instant,
    ) -> Result<(), Never> {
        let (cost, from) = (lane.cost.likely, search.at);
        let is_now = |at: Instant| at.hour_start() == now.hour_start();
        // Within the share of a tenant, what others have set aside is there as well.
        let is_owed = is_now(from) && self.is_within_share(lane, known, hold, now);
        let expected = || self.expected_from(lane, known, pool, from, now);
        let owed_from = is_owed.then(|| pool.earliest_unsent(cost, lane.priority, expected())).flatten();
        // It can go at once, even where it costs more than the quota that was told.
        if owed_from == Some(from) {
            return Ok(());
        }
        let Some(owed) = owed_from else {
            return self.search_beside_all(lane, known, hold, (id, pool), search, now);
        };
        let mut beside_all = search.clone();
        self.search_beside_all(lane, known, hold, (id, pool), &mut beside_all, now)?;
        if owed < beside_all.at {
            search.go_to(owed, || self.limit(LimiterKind::Reserve, id));
        } else {
            *search = beside_all;
        }
        Ok(())
    }

    /// The same for a call that takes nothing of what others have set aside, or are owed or expected to ask for.
    fn search_beside_all(
        &self,
        lane: &Lane,
        known: &Known<'_>,
        hold: &Hold,
        (id, pool): (ScopeId, &Pool),
        search: &mut Search,
        now: Instant,
    ) -> Result<(), Never> {
        let cost = lane.cost.likely;
        let is_now = |at: Instant| at.hour_start() == now.hour_start();
        search.go_to_fit(pool.earliest(cost, search.at, now), cost, || self.limit(LimiterKind::PointsQuota, id))?;
        if is_now(search.at) {
            let until = self.expected_from(lane, known, pool, search.at, now);
            search.go_to(until, || self.limit(LimiterKind::FairShare, id));
        }
        if lane.priority == Priority::Background {
            let until = pool.earliest_beside_people(cost, search.at, now);
            search.go_to(until, || self.limit(LimiterKind::Reserve, id));
        }
        if is_now(search.at) && !self.is_fair(lane, known, hold, now) {
            search.go_to(last_call(now.next_hour()), || self.limit(LimiterKind::FairShare, id));
        }
        Ok(())
    }

    /// Whether a call whose turn it is has its points, or finds them now.
    pub(super) fn are_points_there(&self, lane: &Lane, hold: &Hold, known: &Known<'_>, now: Instant) -> bool {
        let Some(place) = lane.pool() else { return true };
        if hold.points.is_some() {
            let pool = known[place].and_then(|(_, gate)| gate.pool.as_deref());
            let mut caps = CAPPED.into_iter().filter_map(|place| known[place]?.1.cap());
            let is_there = pool.is_some_and(|pool| pool.covers_reserved(now)) || self.is_owed(lane, known, hold, now);
            return is_there && caps.all(|cap| cap.covers_reserved(now));
        }
        let mut search = Search { at: now, longest: Millis::ZERO, limit: None };
        self.search_ledgers(lane, known, hold, &mut search, now).is_ok() && search.at == now
    }

    /// When to look again who waits for the points of the next hour: earlier, if there are enough in this one with those of
    /// calls that may come to less than was set aside for them, or be given up. Nobody can call who waits.
    pub(crate) fn look_before(&mut self, lane: &Lane, hold: &mut Hold, wait: &Wait, now: Instant) -> Option<Instant> {
        let is_for_points = matches!(wait.limit.kind, LimiterKind::PointsQuota | LimiterKind::Cap);
        if !is_for_points || wait.until < now.next_hour() {
            return None;
        }
        let known = self.known(lane);
        let is_hopeless = |(place, known): (usize, &Option<(ScopeId, &Gate)>)| {
            let Some((_, gate)) = known else { return false };
            let pool = gate.pool.as_deref().filter(|_| lane.pool() == Some(place));
            let mut ledgers = pool.into_iter().chain(gate.cap());
            gate.is_paused(now) || ledgers.any(|ledger| ledger.left_unreserved_at(now) < lane.cost.likely)
        };
        if known.iter().enumerate().any(is_hopeless) {
            return None;
        }
        hold.looks = true;
        Some(self.pool_gate(lane, now)?.pool.as_mut()?.wait_to_look(now)).filter(|at| *at < wait.until)
    }

    /// A call looks again, or waits no more.
    pub(super) fn look_no_more(&mut self, lane: &Lane, hold: &mut Hold, now: Instant) {
        if mem::take(&mut hold.looks)
            && let Some(pool) = self.pool_gate(lane, now).and_then(|gate| gate.pool.as_mut())
        {
            pool.look();
        }
    }

    pub(super) fn set_aside(&mut self, lane: &Lane, hold: &mut Hold, now: Instant) {
        let cost = lane.cost.likely;
        if lane.pool().is_some() {
            self.each_ledger(lane, now, |ledger| ledger.reserve(cost, now));
            self.change_share(lane, now, |share| share.reserved = share.reserved.saturating_add(cost));
            hold.points = Some(cost);
        }
    }

    pub(super) fn release(&mut self, lane: &Lane, hold: &mut Hold, now: Instant) {
        if let Some(points) = hold.points.take() {
            self.each_ledger(lane, now, |ledger| ledger.release(points, now));
            self.change_share(lane, now, |share| share.reserved = share.reserved.saturating_sub(points));
        }
    }

    /// An attempt is sent now. What is set aside for it stays so until it is settled.
    pub(super) fn charge(&mut self, lane: &Lane, hold: &Hold, now: Instant) -> Sent {
        let cost = hold.points.unwrap_or(0);
        let Some(gate) = self.pool_gate(lane, now) else { return Sent { pool: None, shadow: None } };
        let pool = gate.pool.as_mut().map(|pool| pool.sent(cost, now));
        let shadow = gate.rare.as_mut().and_then(|rare| rare.shadow.as_mut()?.sent(cost, now));
        Sent { pool, shadow }
    }

    /// An attempt was answered: its points are spent unless the server refused it. Gives how many.
    pub(crate) fn settle(&mut self, lane: &Lane, hold: &mut Hold, sent: Sent, heard: Heard<'_>, now: Instant) -> u32 {
        self.arrived(lane);
        let reserved = hold.points.take().unwrap_or(0);
        let counted = heard.told.or(heard.counted);
        let cost = if heard.was_refused { 0 } else { counted.unwrap_or(reserved) };
        let charge = Charge { reserved, cost, is_sure: heard.was_charged };
        if let (Some(at), Some(gate)) = (sent.pool, self.pool_gate(lane, now)) {
            let sample = gate.pool.as_mut().and_then(|pool| {
                let sample = pool.settle(charge, heard.said, at, now);
                heard.near_limit.into_iter().for_each(|is_near| pool.hear_near_limit(is_near, at));
                sample
            });
            settle_shadow(gate, charge, heard.beta, sent, now);
            if let (Some(fall), Some(key)) = (heard.told.or(sample), lane.learns()) {
                // Siblings spend between any two figures: beside them, a fall proves no cost above the table's.
                let is_proof = self.config.nodes == 1 || heard.told.is_some();
                self.learned.sample(key, if is_proof { fall } else { fall.min(key.likely) }, counted);
            }
        }
        self.spend_own(lane, hold, reserved, cost, now);
        cost
    }

    /// An attempt was given up in flight: the server may have counted it, or may yet.
    pub(crate) fn lose(&mut self, lane: &Lane, hold: &mut Hold, sent: Sent, now: Instant) {
        self.arrived(lane);
        let Some(points) = hold.points.take() else { return };
        if let Some(gate) = self.pool_gate(lane, now) {
            if let (Some(pool), Some(at)) = (&mut gate.pool, sent.pool) {
                pool.lose(points, at, now);
            }
            let shadow = gate.rare.as_mut().and_then(|rare| rare.shadow.as_mut());
            if let (Some(shadow), Some(at)) = (shadow, sent.shadow) {
                shadow.pool.lose(points, at, now);
            }
        }
        self.spend_own(lane, hold, points, points, now);
    }

    /// Spends in the ledgers that the server knows nothing of: what the app grants, and what tenants share.
    fn spend_own(&mut self, lane: &Lane, hold: &mut Hold, reserved: u32, cost: u32, now: Instant) {
        for place in CAPPED {
            if let Some(cap) = self.cap_mut(lane, place, now) {
                cap.spend(reserved, cost, now);
            }
        }
        self.change_share(lane, now, |share| {
            share.reserved = share.reserved.saturating_sub(reserved);
            share.spend(cost, lane.priority, now);
        });
        self.ask_no_more(lane, hold, now);
    }

    /// Takes one retry from the budget of a lane's tenant or installation. False: too much is retried already.
    pub(crate) fn take_retry(&mut self, lane: &Lane) -> bool {
        let capacity = self.config.retry_budget;
        let gate = lane.id(OWNER).and_then(|id| self.scopes.get_mut(id));
        gate.is_none_or(|gate| gate.budget.take(capacity))
    }

    /// A call succeeded: a part of a retry comes back.
    pub(crate) fn succeeded(&mut self, lane: &Lane) {
        if let Some(gate) = lane.id(OWNER).and_then(|id| self.scopes.get_mut(id)) {
            gate.budget.success();
        }
    }

    /// A call is begun; where a person waits for it, that is what the reserve learns from.
    pub(super) fn ask_for_people(&mut self, lane: &Lane, now: Instant) {
        if lane.priority == Priority::Interactive
            && let Some(pool) = self.pool_gate(lane, now).and_then(|gate| gate.pool.as_mut())
        {
            pool.ask_for_people(lane.cost.likely, now);
        }
    }

    /// Points left in the lane's pool.
    pub(crate) fn points_left(&self, lane: &Lane, now: Instant) -> Option<(u32, Confidence)> {
        let pool = self.known_pool(lane)?.and_then(|gate| gate.pool.as_deref());
        Some(pool.map_or((self.config.quota_points, Confidence::Assumed), |pool| pool.points_left(now)))
    }

    /// When the lane's pool runs dry within this hour.
    pub(crate) fn exhausted_at(&self, lane: &Lane, now: Instant) -> Option<Instant> {
        self.known_pool(lane)??.pool.as_ref()?.exhausted_at(now)
    }

    /// What the coming rule would say of the lane.
    pub(crate) fn forecast(&self, lane: &Lane, now: Instant) -> Option<Forecast> {
        let shadow = self.known_pool(lane)??.shadow().filter(|shadow| !shadow.pool.is_idle(now))?;
        Some(shadow.forecast(lane.cost.likely, now))
    }

    fn known_pool(&self, lane: &Lane) -> Option<Option<&Gate>> {
        let place = lane.pool()?;
        Some(lane.id(place).and_then(|id| self.scopes.get(id)))
    }

    /// Tells how many users a tenant has. What the app grants it follows from that.
    pub(crate) fn set_users(&mut self, tenant: &str, users: u32) {
        let key = crate::scopes::Key { within: ScopeId::APP, part: Part::Tenant(tenant) };
        let id = self.scopes.intern(key);
        let cap = self.cap(Some(Part::Tenant(())), users);
        if let Some(gate) = self.scopes.get_mut(id) {
            let rare = gate.rare();
            rare.users = users;
            if let (Some(pool), Some(cap)) = (&mut rare.cap, cap) {
                pool.set_quota(cap);
            }
        }
    }

    /// What the app grants a scope of this kind, with so many users.
    pub(super) fn cap(&self, kind: Option<Part<()>>, users: u32) -> Option<u32> {
        match kind? {
            Part::Tenant(()) => Some(self.config.tenant_cap?.granted(users.into()).amount),
            Part::Account(()) => self.config.user_cap,
            _ => None,
        }
    }

    /// The gate whose pool a lane spends from; the pool is there, untouched if nothing was known of it.
    fn pool_gate(&mut self, lane: &Lane, now: Instant) -> Option<&mut Gate> {
        let id = lane.id(lane.pool()?)?;
        let terms = self.terms(self.config.quota_points);
        let gate = self.scopes.get_mut(id)?;
        if let Some(rare) = &mut gate.rare {
            rare.shadow.take_if(|shadow| shadow.pool.is_idle(now));
        }
        gate.pool.get_or_insert_with(|| Box::new(Pool::new(terms, now)));
        Some(gate)
    }

    fn cap_mut(&mut self, lane: &Lane, place: usize, now: Instant) -> Option<&mut Pool> {
        let (id, kind) = (lane.id(place)?, lane.kind(place));
        // Mostly there is none, whatever the number of users.
        self.cap(kind, 0)?;
        let quota = self.cap(kind, self.scopes.get(id)?.users())?;
        let terms = Terms { nodes: 1, ..self.terms(quota) };
        Some(self.scopes.get_mut(id)?.rare().cap.get_or_insert_with(|| Box::new(Pool::new(terms, now))))
    }

    fn each_ledger(&mut self, lane: &Lane, now: Instant, act: impl Fn(&mut Pool)) {
        if let Some(pool) = self.pool_gate(lane, now).and_then(|gate| gate.pool.as_mut()) {
            act(pool);
        }
        for place in CAPPED {
            if let Some(cap) = self.cap_mut(lane, place, now) {
                act(cap);
            }
        }
    }

    pub(super) fn terms(&self, quota: u32) -> Terms {
        let Self { config, spread_seed, .. } = self;
        let per_second = config.burst.map_or(u32::MAX, |rate| rate.per_second);
        // One that has no siblings and keeps to a pace meets nobody at the hour.
        let is_alone = config.nodes == 1 && config.burst.is_some();
        let spread_max = if is_alone { Millis::ZERO } else { config.jitter };
        Terms { quota, nodes: config.nodes, per_second, spread_seed: *spread_seed, spread_max }
    }
}

/// Takes in what an answer says of the coming rule, the first time as well.
fn settle_shadow(gate: &mut Gate, charge: Charge, said: &Points, sent: Sent, now: Instant) {
    let Some(pool) = &gate.pool else { return };
    if gate.shadow().is_none() && *said == Points::default() {
        return;
    }
    let shadow = gate
        .rare
        .get_or_insert_default()
        .shadow
        .get_or_insert_with(|| Box::new(Shadow::new(pool.fresh(said.limit, now))));
    // What was not sent in its eyes had nothing set aside, and is charged to nobody.
    let unsent = Charge { reserved: 0, cost: 0, is_sure: false };
    let (charge, at) = sent.shadow.map_or_else(|| (unsent, shadow.pool.sent(0, now)), |at| (charge, at));
    shadow.pool.settle(charge, said, at, now);
}

impl Search {
    fn go_to_fit(&mut self, fits: Fits, cost: u32, limit: impl FnOnce() -> crate::verdict::Limit) -> Result<(), Never> {
        match fits {
            Fits::From(until) => {
                self.go_to(until, limit);
                Ok(())
            }
            Fits::Never => Err(Never::CostsMoreThanQuota(cost)),
        }
    }
}
