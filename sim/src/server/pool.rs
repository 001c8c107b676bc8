//! The hourly points: one pool for the app with all its copies, or one for each tenant; reset at the UTC hour, a hard
//! wall unless a switch says otherwise, nothing carried over.
//!
//! Source: Confluence rate limiting page of 2025-12-12. What the thread of RFC 130 proposes instead (2026-04), a share
//! of the quota every 15 s, is a bucket that holds one hour's points.

use super::arrival::Facts;
use super::counter::{Bucket, Counter};
use super::door::{Door, Key, Stops, Whose};
use super::spec::{PreviewSpec, QuotaScope, QuotaSpec, Switches, share};
use super::verdict::{Limit, Scope};
use headroom_model::quota::is_near_limit;
use headroom_model::time::{HOUR, Instant, Millis};
use std::collections::VecDeque;

/// The pools of one quota.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    door: Door,
    scope: QuotaScope,
    quota: u32,
    forgiveness: u32,
    refill: Option<Millis>,
    changes: VecDeque<(Instant, u32)>,
}

/// What a pool tells about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolState {
    /// What spends the same points.
    pub scope: QuotaScope,
    /// Points of each hour.
    pub quota: u32,
    /// Points that are left.
    pub left: u32,
    /// When it is full again, or gets its next share.
    pub reset: Instant,
    /// How long until an empty one is full: `w` of its policy.
    pub window: Millis,
}

impl PoolState {
    /// Whether less than a fifth is left.
    #[must_use]
    pub fn is_near(&self) -> bool {
        is_near_limit(self.left, self.quota)
    }
}

impl Pool {
    pub(super) fn new(spec: &QuotaSpec, switches: &Switches, start: Instant) -> Self {
        let changes = spec.changes.iter().map(|change| (start + change.after.get(), change.points.get()));
        let mut changes: Vec<_> = changes.collect();
        changes.sort_by_key(|(at, _)| *at);
        let forgiveness = switches.forgiveness.map_or(0, |percent| percent.get());
        let refill = spec.refill.map(|every| every.get());
        let mut pool = Self::of(spec.points_per_hour(), spec.scope(), refill, forgiveness);
        pool.changes = changes.into();
        let used = spec.used_points.map_or(0, |points| points.get());
        pool.door.use_before(used, start);
        pool
    }

    pub(super) fn preview(spec: &PreviewSpec) -> Self {
        Self::of(spec.points.get(), spec.scope, None, 0)
    }

    fn of(quota: u32, scope: QuotaScope, refill: Option<Millis>, forgiveness: u32) -> Self {
        let wall = wall(quota, forgiveness);
        let counter = refill.map_or(Counter::fixed(wall, HOUR), |every| {
            Counter::Bucket(Bucket::stepped(wall, share(quota, every, HOUR), every))
        });
        let (whose, stops): (Whose, Stops) = match scope {
            QuotaScope::Global => (|facts| facts.spends_points.then_some(Key::All), |_| Scope::App),
            QuotaScope::Tenant => (|facts| facts.spends_points.then_some(Key::One(facts.tenant)), super::doors::tenant),
        };
        let door = Door::new(Limit::PointsQuota, counter, whose, stops).of_points();
        Self { door, scope, quota, forgiveness, refill, changes: VecDeque::new() }
    }

    /// Applies the changes that are due.
    pub(super) fn advance(&mut self, now: Instant) {
        while let Some((_, quota)) = self.changes.pop_front_if(|(at, _)| *at <= now) {
            self.quota = quota;
            self.door.set_limit(wall(quota, self.forgiveness));
        }
    }

    /// The door, to forget pools that nobody has drawn on in this hour; none where the quota is to change, for a bucket
    /// that grows is not full.
    pub(super) fn swept(&mut self) -> Option<&mut Door> {
        self.changes.is_empty().then_some(&mut self.door)
    }

    pub(super) fn counter(&self, place: usize) -> Option<&Counter> {
        self.door.counter(place)
    }

    pub(super) fn place(&mut self, facts: &Facts<'_>) -> Option<usize> {
        self.door.place(facts)
    }

    /// Whether there are so many points.
    ///
    /// # Errors
    /// When there are not: with the first instant at which there will be, the changes that are to come included.
    pub(super) fn check(&mut self, place: usize, points: u32, now: Instant) -> Result<(), Instant> {
        self.door.check(place, points, now).map_err(|_| self.first(place, points, now))
    }

    /// The first instant from `from` on at which there are so many points, if nothing else comes. A change can give and
    /// take, so this is not always the end of a refusal at an earlier instant.
    pub(super) fn first(&self, place: usize, points: u32, from: Instant) -> Instant {
        let Some(mut counter) = self.door.counter(place).cloned() else { return from };
        let mut changes = self.changes.iter().peekable();
        let mut at = from;
        // Each turn but the first passes a change, or comes to the end that the one before named.
        for _ in 0..=2 * self.changes.len() + 1 {
            while let Some((_, quota)) = changes.next_if(|(change, _)| *change <= at) {
                counter.set_limit(wall(*quota, self.forgiveness));
            }
            let Err(until) = counter.check(points, at) else { return at };
            at = changes.peek().map_or(until, |(change, _)| until.min(*change));
        }
        at
    }

    pub(super) fn take(&mut self, place: usize, points: u32, now: Instant) {
        self.door.take(place, points, now);
    }

    pub(super) fn correct(&mut self, place: usize, from: u32, to: u32, at: Instant) {
        self.door.correct(place, from, to, at);
    }

    pub(super) fn scope(&self, facts: &Facts<'_>) -> Scope {
        self.door.scope(facts)
    }

    pub(super) fn state(&self, place: usize, now: Instant) -> Option<PoolState> {
        self.door.counter(place).map(|counter| self.state_of(counter, now))
    }

    /// So many points of a tenant's pool are spent at `now`, whatever was spent before.
    pub(super) fn set_used(&mut self, tenant: u32, used: u32, now: Instant) {
        let key = match self.scope {
            QuotaScope::Global => Key::All,
            QuotaScope::Tenant => Key::One(tenant),
        };
        let mut counter = Self::of(self.quota, self.scope, self.refill, self.forgiveness).door.counter_of(&key).clone();
        counter.take(used, now);
        self.door.set_counter(key, counter);
    }

    /// The pool of a tenant, be it known or not.
    pub(super) fn state_for(&self, tenant: Option<u32>, now: Instant) -> PoolState {
        let key = match (self.scope, tenant) {
            (QuotaScope::Global, _) => Key::All,
            (QuotaScope::Tenant, tenant) => Key::One(tenant.unwrap_or(u32::MAX)),
        };
        self.state_of(self.door.counter_of(&key), now)
    }

    fn state_of(&self, counter: &Counter, now: Instant) -> PoolState {
        // What is forgiven is not told: beyond the quota nothing is left.
        let forgiven = wall(self.quota, self.forgiveness) - self.quota;
        let reset = match self.refill {
            Some(every) => Instant(now.0 - now.0 % every.0) + every,
            None => now.next_hour(),
        };
        let left = counter.left(now).saturating_sub(forgiven);
        PoolState { scope: self.scope, quota: self.quota, left, reset, window: HOUR }
    }
}

/// Up to where points are admitted.
fn wall(quota: u32, forgiveness: u32) -> u32 {
    let forgiven = u64::from(quota) * u64::from(forgiveness) / 100;
    quota.saturating_add(u32::try_from(forgiven).unwrap_or(u32::MAX))
}
