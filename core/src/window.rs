//! Windows of invocations as calendars, in which each call books the slot it will be sent in.

use headroom_model::profile::{WindowRule, WindowShape};
use headroom_model::time::Instant;
use std::collections::VecDeque;

/// The bookings under one rule, in order. It holds no more than the rule admits in one window and what is
/// booked ahead of now.
#[derive(Clone, Debug)]
pub(crate) struct Window {
    rule: WindowRule,
    slots: VecDeque<Instant>,
}

impl Window {
    pub(crate) const fn new(rule: WindowRule) -> Self {
        Self { rule, slots: VecDeque::new() }
    }

    /// The first instant from `from` on that the rule admits, after all that is booked.
    ///
    /// Both shapes ask only of the booking that lies `limit` places before: a window admits one more as soon
    /// as that one has left it.
    pub(crate) fn earliest(&self, from: Instant) -> Instant {
        let from = self.slots.back().map_or(from, |last| from.max(*last));
        let limit = self.rule.limit as usize;
        match self.slots.len().checked_sub(limit).and_then(|at| self.slots.get(at)) {
            Some(blocking) => from.max(self.leaves_at(*blocking)),
            None => from,
        }
    }

    /// When a booking no longer counts.
    fn leaves_at(&self, slot: Instant) -> Instant {
        let span = self.rule.span;
        match self.rule.shape {
            WindowShape::Sliding => slot + span,
            WindowShape::Fixed => Instant(slot.0 - slot.0 % span.0) + span,
        }
    }

    /// Books `slot`, an instant that `earliest` gave.
    pub(crate) fn book(&mut self, slot: Instant, now: Instant) {
        self.forget(now);
        self.slots.push_back(slot);
    }

    /// Gives a slot back that was not used. Later slots stay where they are: they only have more room.
    pub(crate) fn unbook(&mut self, slot: Instant) {
        let after = self.slots.partition_point(|booked| *booked <= slot);
        if after > 0 && self.slots[after - 1] == slot {
            self.slots.remove(after - 1);
        }
    }

    fn forget(&mut self, now: Instant) {
        while self.slots.front().is_some_and(|slot| self.leaves_at(*slot) <= now) {
            self.slots.pop_front();
        }
    }

    /// Whether forgetting the window would grant nothing.
    pub(crate) fn is_idle(&self, now: Instant) -> bool {
        self.slots.back().is_none_or(|slot| self.leaves_at(*slot) <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use headroom_model::profile::CountedPer;
    use headroom_model::time::Millis;
    use proptest::prelude::*;

    /// The slow, obvious window: it keeps every timestamp and counts.
    fn admits(rule: WindowRule, sent: &[Instant], at: Instant) -> bool {
        let in_window = |slot: &&Instant| match rule.shape {
            WindowShape::Sliding => slot.0 + rule.span.0 > at.0,
            WindowShape::Fixed => slot.0 / rule.span.0 == at.0 / rule.span.0,
        };
        (sent.iter().filter(in_window).count() as u64) < u64::from(rule.limit)
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
        fn slots_are_exactly_those_of_the_slow_window(
            rule in any_rule(),
            gaps in proptest::collection::vec(0_u64..12, 1..60),
        ) {
            let (mut window, mut now, mut sent) = (Window::new(rule), Instant(1_000), Vec::<Instant>::new());
            for gap in gaps {
                now += Millis(gap);
                let slot = window.earliest(now);
                window.book(slot, now);
                let first = sent.last().map_or(now, |last| now.max(*last));
                let slow = (first.0..).map(Instant).find(|at| admits(rule, &sent, *at));
                prop_assert_eq!(Some(slot), slow, "after {:?}", &sent);
                sent.push(slot);
            }
        }

        #[test]
        fn giving_slots_back_never_grants_too_much(
            rule in any_rule(),
            steps in proptest::collection::vec((0_u64..8, any::<Option<prop::sample::Index>>()), 1..60),
        ) {
            let (mut window, mut now, mut sent) = (Window::new(rule), Instant(1_000), Vec::<Instant>::new());
            for (gap, give_back) in steps {
                now += Millis(gap);
                let future = sent.partition_point(|slot| *slot <= now);
                match give_back.filter(|_| future < sent.len()) {
                    Some(index) => {
                        window.unbook(sent.remove(future + index.index(sent.len() - future)));
                    }
                    None => {
                        let slot = window.earliest(now);
                        window.book(slot, now);
                        sent.push(slot);
                    }
                }
            }
            for (at, slot) in sent.iter().enumerate() {
                prop_assert!(admits(rule, &sent[..at], *slot), "{slot} in {sent:?}");
            }
        }
    }
}
