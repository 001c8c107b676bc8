//! From a plan to the wire: booking a slot, joining the line, giving back.

use super::{Gates, Hold, Known, Sent, crowded, pace_kind};
use crate::lane::{Lane, MOST_SCOPES, OWNER};
use crate::pace::{LATE, Pace};
use crate::scope::Part;
use crate::verdict::Wait;
use headroom_model::time::Instant;
use std::mem;

/// Whether a call may be sent.
#[derive(Debug)]
pub(crate) enum Admission {
    Now,
    /// Its turn has come in the narrow paces that it waited for, and it stands in its tenant's line now.
    InLine(Wait),
    /// It has to be planned anew.
    No,
}

impl Gates {
    /// Takes what a plan needs that goes or is in line: a slot, and the points for it.
    ///
    /// Who waits for an endpoint or an issue joins the tenant's line when that turn has come, and who waits for a user's
    /// window the installation's. Booked ahead, it would hold up all other calls there.
    pub(crate) fn take(&mut self, lane: &Lane, hold: &mut Hold, slot: Instant, now: Instant) {
        (hold.slot, hold.booked) = (Some(slot), Default::default());
        let known = lane.known(&self.scopes);
        for (place, booked) in hold.booked.iter_mut().enumerate().filter(|_| lane.is_paced) {
            let (Some(kind), Some(id)) = (lane.kind(place), known[place]) else { continue };
            let Some(gate) = self.scopes.get_mut(id) else { continue };
            let pace = match gate.pace {
                None => {
                    gate.pace = Pace::before_refusal(kind, &self.config, self.spread_seed);
                    gate.pace.as_mut()
                }
                Some(_) if matches!(kind, Part::Endpoint(..)) => gate.learned_pace(now),
                Some(_) => gate.pace.as_mut(),
            };
            let is_early =
                |pace: &Pace| joins_last(lane, place, pace) && !pace.leaves_no_hole(slot, lane.priority, now);
            if let Some(pace) = pace.filter(|pace| !is_early(pace)) {
                pace.book(slot, lane.priority, now);
                *booked = Some(slot);
            }
        }
        // A slot after the hour is paid from the next hour's points, when its time has come.
        if slot < now.next_hour() {
            self.set_aside(lane, hold, now);
        }
    }

    /// Whether a call may be sent now in the slot that it holds. Points that it lacks are set aside then.
    pub(crate) fn admit(&mut self, lane: &Lane, hold: &mut Hold, now: Instant) -> Admission {
        let is_its_turn = hold.slot.is_some_and(|slot| slot <= now && now.since(slot) <= LATE);
        let known = self.known(lane);
        if !is_its_turn || !lets_pass(lane, hold, &known, now) || !self.are_points_there(lane, hold, &known, now) {
            return Admission::No;
        }
        if hold.points.is_none() {
            self.set_aside(lane, hold, now);
        }
        self.join_line(lane, hold, now).map_or(Admission::Now, Admission::InLine)
    }

    /// Books a slot for one that has none in a pace that it comes into last. None: its turn is now. Where a wider one lets
    /// it go later, it joins the next when it has come that far.
    fn join_line(&mut self, lane: &Lane, hold: &mut Hold, now: Instant) -> Option<Wait> {
        let known = lane.known(&self.scopes);
        for (place, id) in known.into_iter().enumerate().take(OWNER + 1) {
            let Some(id) = id.filter(|_| lane.is_paced && hold.booked[place].is_none()) else { continue };
            let pace = self.scopes.get_mut(id).and_then(|gate| gate.pace.as_mut());
            let Some(pace) = pace.filter(|pace| joins_last(lane, place, pace)) else { continue };
            let until = pace.earliest(now, lane.priority, now);
            pace.book(until, lane.priority, now);
            (hold.booked[place], hold.slot) = (Some(until), Some(until));
            if until > now {
                self.move_windows(lane, hold, until, now);
                return Some(Wait { until, limit: self.limit(pace_kind(lane, place), id) });
            }
        }
        None
    }

    /// The line lets a call go later than its turn in windows was: it counts there when it is sent.
    fn move_windows(&mut self, lane: &Lane, hold: &mut Hold, to: Instant, now: Instant) {
        for (id, booked) in lane.known(&self.scopes).into_iter().zip(&mut hold.booked) {
            let gate = id.and_then(|id| self.scopes.get_mut(id));
            if let (Some(Pace::Windows(windows)), Some(slot)) = (gate.and_then(|gate| gate.pace.as_mut()), booked) {
                windows.iter_mut().for_each(|window| window.rebook(*slot, to, now));
                *slot = to;
            }
        }
    }

    /// Gives back what is held: the call will not be sent in this slot.
    pub(crate) fn give_back(&mut self, lane: &Lane, hold: &mut Hold, now: Instant) {
        let booked = mem::take(&mut hold.booked);
        if booked.iter().any(Option::is_some) {
            self.unbook(lane, booked);
        }
        hold.slot = None;
        self.look_no_more(lane, hold, now);
        self.release(lane, hold, now);
    }

    fn unbook(&mut self, lane: &Lane, booked: [Option<Instant>; MOST_SCOPES]) {
        for (id, slot) in lane.known(&self.scopes).into_iter().zip(booked) {
            let gate = id.and_then(|id| self.scopes.get_mut(id));
            if let (Some(pace), Some(slot)) = (gate.and_then(|gate| gate.pace.as_mut()), slot) {
                pace.unbook(slot, lane.priority);
            }
        }
    }

    /// An attempt is sent now, in the slot that it held.
    pub(crate) fn sent(&mut self, lane: &Lane, hold: &mut Hold, now: Instant) -> Sent {
        (hold.slot, hold.booked) = Default::default();
        self.count_in_flight(lane, |in_flight| in_flight.saturating_add(1));
        self.charge(lane, hold, now)
    }

    /// Of an attempt on its way something became known, or nothing ever will.
    pub(super) fn arrived(&mut self, lane: &Lane) {
        self.count_in_flight(lane, |in_flight| in_flight.saturating_sub(1));
    }

    fn count_in_flight(&mut self, lane: &Lane, count: impl Fn(u32) -> u32) {
        if let Some(gate) = lane.id(OWNER).and_then(|id| self.scopes.get_mut(id)) {
            gate.in_flight = count(gate.in_flight);
        }
    }
}

/// Whether calls come into a pace only when their turn in the narrower ones has come: nobody fills the hole before a
/// booking in a tenant's line, nor in a sliding window.
fn joins_last(lane: &Lane, place: usize, pace: &Pace) -> bool {
    lane.line() == Some(place) || (place <= OWNER && pace.is_sliding())
}

/// Whether nothing but points can keep a call from being sent whose turn it is.
fn lets_pass(lane: &Lane, hold: &Hold, known: &Known<'_>, now: Instant) -> bool {
    let is_open = |place: usize| {
        let Some((_, gate)) = known[place] else { return true };
        let keeps_pace = match (&gate.pace, hold.booked[place]) {
            (Some(pace), Some(slot)) => pace.holds(slot, lane.priority),
            (Some(pace), None) => !lane.is_paced || joins_last(lane, place, pace),
            (None, _) => true,
        };
        keeps_pace && !gate.is_paused(now)
    };
    (0..MOST_SCOPES).all(is_open) && crowded(known, now).is_none()
}
