//! Windows of invocations as calendars, in which each call books the slot it will be sent in.

use crate::state::{GRAINS, runs};
use headroom_model::profile::{WindowRule, WindowShape};
use headroom_model::time::{Instant, Millis};
use std::collections::VecDeque;

/// The bookings under one rule. It holds no more than the rule admits in one window and what is booked ahead of now.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    rule: WindowRule,
    booked: Booked,
}

#[derive(Clone, Debug)]
enum Booked {
    /// How many lie in each window, by its beginning, in order. A window with room left takes bookings in any order, so
    /// that one who has booked far ahead stands in nobody's way.
    Fixed(Vec<(Instant, u32)>),
    /// Each booking, in order. New ones only go behind the last: a hole that a cancelled call left is not filled, since
    /// every booking within a span around it would have to be counted again.
    Sliding(VecDeque<Instant>),
}

impl Window {
    pub(crate) const fn new(rule: WindowRule) -> Self {
        let booked = match rule.shape {
            WindowShape::Fixed => Booked::Fixed(Vec::new()),
            WindowShape::Sliding => Booked::Sliding(VecDeque::new()),
        };
        Self { rule, booked }
    }

    /// The first instant from `from` on that the rule admits beside all that is booked.
    pub(crate) fn earliest(&self, from: Instant) -> Instant {
        match &self.booked {
            Booked::Fixed(booked) => {
                let is_full = |at| {
                    let place = booked.binary_search_by_key(&self.window_start(at), |(start, _)| *start);
                    place.is_ok_and(|place| booked[place].1 >= self.rule.limit)
                };
                let mut at = from;
                // At the end of time the next window begins where this one does.
                while is_full(at) && self.leaves_at(at) > at {
                    at = self.leaves_at(at);
                }
                at
            }
            Booked::Sliding(booked) => {
                // A window admits one more as soon as the booking that lies `limit` places before has left it.
                let from = booked.back().map_or(from, |last| from.max(*last));
                let blocking = booked.len().checked_sub(self.rule.limit as usize).and_then(|at| booked.get(at));
                blocking.map_or(from, |blocking| from.max(self.leaves_at(*blocking)))
            }
        }
    }

    fn window_start(&self, at: Instant) -> Instant {
        Instant(at.0 - at.0 % self.rule.span.0)
    }

    /// When a booking no longer counts.
    fn leaves_at(&self, slot: Instant) -> Instant {
        match self.rule.shape {
            WindowShape::Sliding => slot + self.rule.span,
            WindowShape::Fixed => self.window_start(slot) + self.rule.span,
        }
    }

    /// Books `slot`, an instant that `earliest` gave.
    pub(crate) fn book(&mut self, slot: Instant, now: Instant) {
        self.forget(now);
        let start = self.window_start(slot);
        match &mut self.booked {
            Booked::Fixed(booked) => match booked.binary_search_by_key(&start, |(start, _)| *start) {
                Ok(place) => booked[place].1 += 1,
                Err(place) => booked.insert(place, (start, 1)),
            },
            Booked::Sliding(booked) => booked.push_back(slot),
        }
    }

    /// Gives a slot back that was not used. Later slots stay where they are: they only have more room.
    pub(crate) fn unbook(&mut self, slot: Instant) {
        let start = self.window_start(slot);
        match &mut self.booked {
            Booked::Fixed(booked) => {
                if let Ok(place) = booked.binary_search_by_key(&start, |(start, _)| *start) {
                    booked[place].1 -= 1;
                    if booked[place].1 == 0 {
                        booked.remove(place);
                    }
                }
            }
            Booked::Sliding(booked) => {
                if let Ok(at) = booked.binary_search(&slot) {
                    booked.remove(at);
                }
            }
        }
    }

    /// Moves a booking to a later instant, whatever else is booked there: [`holds`](Self::holds) tells whether it may stay.
    pub(crate) fn rebook(&mut self, slot: Instant, to: Instant, now: Instant) {
        self.unbook(slot);
        self.book(to, now);
        if let Booked::Sliding(booked) = &mut self.booked {
            let mut at = booked.len() - 1;
            while at > 0 && booked[at - 1] > booked[at] {
                booked.swap(at - 1, at);
                at -= 1;
            }
        }
    }

    /// Whether a booking still keeps to the rule: one before it may have moved since.
    pub(crate) fn holds(&self, slot: Instant) -> bool {
        match &self.booked {
            Booked::Fixed(booked) => {
                let place = booked.binary_search_by_key(&self.window_start(slot), |(start, _)| *start);
                place.is_ok_and(|place| booked[place].1 <= self.rule.limit)
            }
            Booked::Sliding(booked) => {
                let last = booked.partition_point(|other| *other <= slot).checked_sub(1 + self.rule.limit as usize);
                last.and_then(|last| booked.get(last)).is_none_or(|blocking| self.leaves_at(*blocking) <= slot)
            }
        }
    }

    fn forget(&mut self, now: Instant) {
        while self.first().is_some_and(|slot| self.leaves_at(slot) <= now) {
            match &mut self.booked {
                Booked::Fixed(booked) => drop(booked.remove(0)),
                Booked::Sliding(booked) => drop(booked.pop_front()),
            }
        }
    }

    fn first(&self) -> Option<Instant> {
        match &self.booked {
            Booked::Fixed(booked) => booked.first().map(|(start, _)| *start),
            Booked::Sliding(booked) => booked.front().copied(),
        }
    }

    pub(crate) const fn is_sliding(&self) -> bool {
        matches!(self.rule.shape, WindowShape::Sliding)
    }

    /// Which bookings it keeps apart, so that another one of the same key may take them over.
    pub(crate) const fn key(&self) -> (bool, Millis) {
        (self.is_sliding(), self.rule.span)
    }

    /// How many bookings lie at each instant, as far as they count after `at`.
    ///
    /// Of many instants in a sliding window, each is moved to the end of its grain, a 64th of the window, but not
    /// beyond `at`: then it counts longer than it has to, and nobody waits for it now.
    pub(crate) fn save(&self, at: Instant) -> Vec<(Instant, u32)> {
        let counts = |slot: &Instant| self.leaves_at(*slot) > at;
        match &self.booked {
            Booked::Fixed(booked) => {
                booked.iter().filter(|(start, _)| counts(start)).map(|(start, n)| (*start, *n)).collect()
            }
            Booked::Sliding(booked) => {
                let slots = || booked.iter().copied().filter(counts);
                let exact = runs(slots());
                if exact.len() <= GRAINS {
                    return exact;
                }
                let grain = self.rule.span.0.div_ceil(GRAINS as u64).max(1);
                let end = |slot: Instant| Instant(slot.0.div_ceil(grain).saturating_mul(grain));
                runs(slots().map(|slot| if slot <= at { end(slot).min(at) } else { end(slot) }))
            }
        }
    }

    /// Takes in what was saved, into an untouched window. Of a sliding one only the last bookings matter, as many as
    /// it admits.
    pub(crate) fn restore(&mut self, saved: &[(Instant, u32)]) {
        for (slot, count) in saved.iter().rev() {
            let start = self.window_start(*slot);
            match &mut self.booked {
                Booked::Fixed(booked) => match booked.first_mut() {
                    Some((first, in_it)) if *first == start => {
                        *in_it = in_it.saturating_add(*count).min(self.rule.limit);
                    }
                    _ => booked.insert(0, (start, self.rule.limit.min(*count))),
                },
                Booked::Sliding(booked) => {
                    let room = (self.rule.limit as usize).saturating_sub(booked.len());
                    (0..room.min(*count as usize)).for_each(|_| booked.push_front(*slot));
                }
            }
        }
    }

    /// Whether forgetting the window would grant nothing.
    pub(crate) fn is_idle(&self, now: Instant) -> bool {
        let last = match &self.booked {
            Booked::Fixed(booked) => booked.last().map(|(start, _)| *start),
            Booked::Sliding(booked) => booked.back().copied(),
        };
        last.is_none_or(|slot| self.leaves_at(slot) <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use headroom_model::profile::CountedPer;
    use proptest::prelude::*;

    /// The slow, obvious rule: it keeps every timestamp and counts.
    fn conforms(rule: WindowRule, slots: &[Instant]) -> bool {
        let is_in_window_of = |first: Instant, slot: Instant| match rule.shape {
            WindowShape::Sliding => (first..first + rule.span).contains(&slot),
            WindowShape::Fixed => slot.0 / rule.span.0 == first.0 / rule.span.0,
        };
        let count = |first| slots.iter().filter(|slot| is_in_window_of(first, **slot)).count();
        slots.iter().all(|first| count(*first) as u64 <= u64::from(rule.limit))
    }

    fn with(slots: &[Instant], slot: Instant) -> Vec<Instant> {
        slots.iter().copied().chain([slot]).collect()
    }

    fn any_rule() -> impl Strategy<Value = WindowRule> {
        let shape = prop_oneof![Just(WindowShape::Fixed), Just(WindowShape::Sliding)];
        (1_u32..6, 1_u64..30, shape).prop_map(|(limit, span, shape)| WindowRule {
            per: CountedPer::Installation,
            limit,
            span: Millis(span),
            shape,
        })
    }

    proptest! {
        #[test]
        fn slots_are_exactly_those_of_the_slow_rule(
            rule in any_rule(),
            gaps in proptest::collection::vec(0_u64..12, 1..60),
        ) {
            let (mut window, mut now, mut slots) = (Window::new(rule), Instant(1_000), Vec::<Instant>::new());
            for gap in gaps {
                now += Millis(gap);
                let slot = window.earliest(now);
                window.book(slot, now);
                let slow = (now.0..).map(Instant).find(|at| conforms(rule, &with(&slots, *at)));
                prop_assert_eq!(Some(slot), slow, "after {:?}", &slots);
                slots.push(slot);
            }
        }

        #[test]
        fn giving_slots_back_never_grants_too_much(
            rule in any_rule(),
            steps in proptest::collection::vec((0_u64..8, any::<Option<prop::sample::Index>>()), 1..60),
        ) {
            let (mut window, mut now, mut slots) = (Window::new(rule), Instant(1_000), Vec::<Instant>::new());
            for (gap, give_back) in steps {
                now += Millis(gap);
                slots.sort_unstable();
                let future = slots.partition_point(|slot| *slot <= now);
                match give_back.filter(|_| future < slots.len()) {
                    Some(index) => {
                        window.unbook(slots.remove(future + index.index(slots.len() - future)));
                    }
                    None => {
                        let slot = window.earliest(now);
                        window.book(slot, now);
                        slots.push(slot);
                    }
                }
                prop_assert!(conforms(rule, &slots), "{slots:?}");
            }
        }

        /// Booking ahead, as another limit asks for, leaves the room before it to others.
        #[test]
        fn a_fixed_window_has_room_before_what_is_booked_ahead(ahead in 1_u64..100, limit in 1_u32..9) {
            let per = CountedPer::Installation;
            let rule = WindowRule { per, limit, span: Millis(10), shape: WindowShape::Fixed };
            let mut window = Window::new(rule);
            for _ in 0..limit {
                window.book(Instant(1_000 + 10 * ahead), Instant(1_000));
            }
            prop_assert_eq!(window.earliest(Instant(1_000)), Instant(1_000));
            prop_assert_eq!(window.earliest(Instant(1_005 + 10 * ahead)), Instant(1_010 + 10 * ahead));
        }
    }
}
