//! Who may take of a pool over all tenants that does not last for all who ask.

use super::{Gates, Hold, Known};
use crate::census::{self, Census};
use crate::config::PoolKind;
use crate::demand::{Generation, first_near};
use crate::lane::{Lane, OWNER};
use crate::pool::{Pool, last_call};
use crate::scopes::ScopeId;
use crate::shares::{Share, Standing};
use crate::verdict::Priority;
use headroom_model::time::Instant;

/// How the pool was shared when that was last looked at. Looking at all tenants for each call would be slow, so shares
/// may be out of date by a quantum: a 256th of what there is to share.
#[derive(Clone, Debug, Default)]
pub(super) struct Fair {
    /// What all tenants spent in this hour.
    census: Census,
    /// What all open calls ask for, in points.
    open: u64,
    standing: Option<(Instant, Standing)>,
    /// By how much demands have changed since, and by how much they may.
    changed: u64,
    quantum: u64,
}

/// See [`Fair`].
const QUANTA: u64 = 256;

impl Gates {
    /// The points of a call that is open and not answered count as asked for.
    pub(crate) fn ask(&mut self, lane: &Lane, hold: &mut Hold, now: Instant) {
        let cost = lane.cost.likely;
        if hold.asked == 0 && self.shares(lane) {
            hold.asked = cost;
            self.fair.open += u64::from(cost);
            self.change_share(lane, now, |share| share.open = share.open.saturating_add(cost));
            self.fair.changed += u64::from(cost);
        }
        self.look_again(now);
    }

    /// They do no longer.
    pub(crate) fn ask_no_more(&mut self, lane: &Lane, hold: &mut Hold, now: Instant) {
        let asked = std::mem::take(&mut hold.asked);
        if asked > 0 {
            self.fair.open = self.fair.open.saturating_sub(asked.into());
            self.change_share(lane, now, |share| share.open = share.open.saturating_sub(asked));
            self.fair.changed += u64::from(asked);
        }
        // Nobody asks: it lasts for all. No standing outlives that, so that none has to be remembered.
        if self.fair.open == 0 {
            self.fair.standing = None;
        }
    }

    /// Whether a call of a lane takes nothing that other tenants are owed, as things would stand if it were begun. At the
    /// end of the hour nothing is owed any more: a rest of a share that none of its tenant's calls fits into is not lost.
    pub(super) fn is_fair(&self, lane: &Lane, known: &Known<'_>, hold: &Hold, now: Instant) -> bool {
        if !self.shares(lane) || now >= last_call(now.next_hour()) {
            return true;
        }
        let Some(pool) = self.scopes.get(ScopeId::APP).and_then(|app| app.pool.as_ref()) else { return true };
        let more = lane.cost.likely - hold.asked.min(lane.cost.likely);
        let share = known[OWNER].map_or(Share::default(), |(_, gate)| gate.share);
        let owed_to_others = self.owed_to_others(lane, share, more, now);
        owed_to_others.is_none_or(|owed| u64::from(pool.points_left(now).0) >= owed + u64::from(lane.cost.likely))
    }

    /// The first instant from `from` on, in the hour of `now`, at which a call of a lane takes nothing that other tenants
    /// are expected to ask for, where its own has more than is fair. Siblings are taken to have tenants as ours, each with
    /// its part of the pool.
    pub(super) fn expected_from(
        &self,
        lane: &Lane,
        known: &Known<'_>,
        pool: &Pool,
        from: Instant,
        now: Instant,
    ) -> Instant {
        let (cost, end) = (lane.cost.likely, now.next_hour());
        let share = known[OWNER].map_or(Share::default(), |(_, gate)| gate.share);
        let Fair { census, .. } = &self.fair;
        if !self.shares(lane) || from >= last_call(end) || census.others(share.spent_at(now), now) == 0 {
            return from;
        }
        let part = |points: u32| points / self.config.nodes.max(1);
        let left = part(pool.left_unreserved_at(now));
        let room = part(pool.points_left(now).0).checked_sub(cost);
        // People are told apart: what runs in the background does not take what is theirs.
        let given = if lane.priority == Priority::Interactive { share.people_at(now) } else { share.given(now) };
        let given = u64::from(given) + u64::from(cost);
        let metered = |at: Instant| pool.metered_for(at).min(at.since(at.hour_start()));
        // What others went on with so far; none if it takes nothing of theirs.
        let taken_from = |at: Instant| {
            let passed = metered(at);
            let outlook = census.outlook(share.spent_at(now), left, at, passed)?;
            let went_on = |spent| Generation::of_points(spent, pool.mean_cost(), passed);
            let kept = |spent| went_on(spent).reserve(1, end.since(at));
            let own = match outlook.share {
                census::Share::Level(level) => level,
                census::Share::Rest { points, small, many } => points.saturating_sub(kept(small).into()) / many,
            };
            let is_room = || room.is_some_and(|room| kept(outlook.spent_by_others) <= room);
            (given > own && !is_room()).then(|| went_on(outlook.spent_by_others))
        };
        let Some(seen) = taken_from(from) else { return from };
        let begun = Instant(from.0.saturating_sub(metered(from).0));
        let near = seen.solved(room.unwrap_or(0), 1, Some(begun), end);
        Instant(first_near(near.0, from.0, last_call(end).0, |at| taken_from(Instant(at)).is_none()))
    }

    /// Whether a call of a lane is within its tenant's share, though others may have set aside what it needs: calls that
    /// wait in a line beyond the share of theirs give way.
    pub(super) fn is_owed(&self, lane: &Lane, known: &Known<'_>, hold: &Hold, now: Instant) -> bool {
        let pool = self.scopes.get(ScopeId::APP).and_then(|app| app.pool.as_ref());
        let is_unsent = |pool: &Pool| pool.earliest_unsent(lane.cost.likely, lane.priority, now) == Some(now);
        pool.is_some_and(|pool| is_unsent(pool)) && self.is_within_share(lane, known, hold, now)
    }

    /// Whether a call of a lane is within its tenant's share of a pool that does not last for all.
    pub(super) fn is_within_share(&self, lane: &Lane, known: &Known<'_>, hold: &Hold, now: Instant) -> bool {
        if !self.shares(lane) {
            return false;
        }
        let cost = lane.cost.likely;
        let share = known[OWNER].map_or(Share::default(), |(_, gate)| gate.share);
        let more = cost - hold.asked.min(cost);
        let Some((level, _)) = self.level(lane, share, more, now) else { return false };
        let given = share.given(now).saturating_add(if hold.points.is_some() { 0 } else { cost });
        given <= level
    }

    /// What other tenants are owed if the lane's, with this share, asks for so many points more; none if there is
    /// enough for all.
    fn owed_to_others(&self, lane: &Lane, share: Share, more: u32, now: Instant) -> Option<u64> {
        self.level(lane, share, more, now).map(|(_, owed)| owed)
    }

    /// The level of all shares if the lane's tenant asks for so much more, and what others are owed then.
    fn level(&self, lane: &Lane, share: Share, more: u32, now: Instant) -> Option<(u32, u64)> {
        let left = self.scopes.get(ScopeId::APP)?.pool.as_ref()?.left_unreserved_at(now);
        if self.fair.open + u64::from(more) <= u64::from(left) {
            return None;
        }
        let &Fair { standing, changed, quantum, .. } = &self.fair;
        let kept = standing.filter(|(window, _)| *window == now.hour_start() && changed + u64::from(more) < quantum);
        let beside = |Standing { level, owed }, own: Share| (level, owed.saturating_sub(own.owed(level, now).into()));
        if let Some((_, standing)) = kept {
            return Some(beside(standing, share));
        }
        let (owner, own) = (lane.id(OWNER), share.with(more));
        let others = self.all_shares().filter(|(id, _)| Some(*id) != owner).map(|(_, share)| share);
        Some(beside(Standing::of(left, others.chain([own]), now)?, own))
    }

    /// Looks at all tenants again if there is not enough for all, and too much has changed since the last time.
    pub(crate) fn look_again(&mut self, now: Instant) {
        let pool = self.scopes.get(ScopeId::APP).and_then(|app| app.pool.as_ref());
        let Some(left) = pool.map(|pool| pool.left_unreserved_at(now)) else { return };
        if self.fair.open <= u64::from(left) {
            self.fair.standing = None;
            return;
        }
        let &Fair { standing, changed, quantum, .. } = &self.fair;
        if standing.is_none_or(|(window, _)| window != now.hour_start() || changed >= quantum) {
            let standing = Standing::of(left, self.all_shares().map(|(_, share)| share), now);
            self.fair.standing = standing.map(|standing| (now.hour_start(), standing));
            (self.fair.changed, self.fair.quantum) = (0, u64::from(left) / QUANTA);
        }
    }

    /// Changes the share of a lane's tenant, and with it what all are owed.
    pub(super) fn change_share(&mut self, lane: &Lane, now: Instant, change: impl FnOnce(&mut Share)) {
        if !self.shares(lane) {
            return;
        }
        let Some(gate) = lane.id(OWNER).and_then(|id| self.scopes.get_mut(id)) else { return };
        let spent = gate.share.spent_at(now);
        match &mut self.fair.standing {
            Some((_, standing)) => {
                let before = gate.share.owed(standing.level, now);
                change(&mut gate.share);
                let after = gate.share.owed(standing.level, now);
                standing.owed = (standing.owed + u64::from(after)).saturating_sub(before.into());
            }
            None => change(&mut gate.share),
        }
        self.fair.census.change(spent, gate.share.spent_at(now), now);
    }

    /// A tenant is known again that had spent something.
    pub(super) fn recall_share(&mut self, share: Share, at: Instant) {
        self.fair.census.change(0, share.spent_at(at), at);
    }

    fn all_shares(&self) -> impl Iterator<Item = (ScopeId, Share)> + Clone {
        self.scopes.iter().map(|(id, gate)| (id, gate.share))
    }

    /// Whether the pool of a lane is one over all tenants.
    const fn shares(&self, lane: &Lane) -> bool {
        lane.pool().is_some() && matches!(self.config.pool, PoolKind::Global)
    }
}
