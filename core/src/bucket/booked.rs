//! The slots of a bucket that are booked and can still be given back.

use crate::verdict::Priority;
use headroom_model::time::Instant;
use std::collections::VecDeque;

/// The bookings of a bucket. Most have one at a time, which needs no memory of its own.
#[derive(Clone, Debug, Default)]
pub(super) enum Booked {
    #[default]
    None,
    One(Instant, Priority),
    Many(Box<Line>),
}

/// Any number of bookings, each list in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pub(super) slots: VecDeque<Instant>,
    /// Those that background calls hold.
    pub(super) background: VecDeque<Instant>,
    /// Slots that were taken over, once for each background call that does not know it yet. Calls that booked the same
    /// instant are not told apart: who asks first was displaced.
    pub(super) displaced: VecDeque<Instant>,
    /// When the bucket would be full again after all of them, scaled; none if it has to be counted anew.
    pub(super) full_at: Option<u128>,
}

impl Booked {
    /// These slots, which nobody gives back any longer.
    pub(super) fn of(slots: VecDeque<Instant>) -> Self {
        if slots.is_empty() { Self::None } else { Self::Many(Box::new(Line { slots, ..Line::default() })) }
    }

    /// As a line, after which the bucket would be full again at `full_at`.
    pub(super) fn into_line(self, full_at: u128) -> Box<Line> {
        let one = match self {
            Self::Many(line) => return line,
            Self::One(slot, priority) => Some((slot, priority)),
            Self::None => None,
        };
        let slots: VecDeque<_> = one.map(|(slot, _)| slot).into_iter().collect();
        let background = one.filter(|(_, priority)| *priority == Priority::Background).map(|(slot, _)| slot);
        let background = background.into_iter().collect();
        Box::new(Line { slots, background, displaced: VecDeque::new(), full_at: Some(full_at) })
    }

    /// The first slot from `from` on that a background call holds. A slot whose time has come may be used already.
    pub(super) fn to_take_over(&self, from: Instant, now: Instant) -> Option<Instant> {
        let is_too_early = |slot: &Instant| *slot < from || *slot <= now;
        match self {
            Self::One(slot, Priority::Background) => Some(*slot).filter(|slot| !is_too_early(slot)),
            Self::Many(line) => line.background.get(line.background.partition_point(is_too_early)).copied(),
            Self::None | Self::One(..) => None,
        }
    }

    /// Whether a background call still holds the slot that it booked.
    pub(super) fn is_held_in_background(&self, slot: Instant) -> bool {
        let is_in = |slots: &VecDeque<Instant>| slots.binary_search(&slot).is_ok();
        match self {
            Self::None => false,
            Self::One(booked, priority) => *booked == slot && *priority == Priority::Background,
            Self::Many(line) => is_in(&line.background) && !is_in(&line.displaced),
        }
    }

    /// A slot was not used. One that an interactive call took over goes back to the background call.
    pub(super) fn give_back(&mut self, slot: Instant, priority: Priority) {
        match self {
            Self::One(booked, by) if *booked == slot && *by == priority => *self = Self::None,
            Self::None | Self::One(..) => {}
            Self::Many(line) => line.give_back(slot, priority),
        }
    }

    /// Takes out the first slot if it is used, and what else is known of it.
    pub(super) fn take_first_used(&mut self, is_used: impl Fn(Instant) -> bool) -> Option<Instant> {
        let line = match self {
            Self::None => return None,
            Self::One(slot, _) => {
                let first = Some(*slot).filter(|slot| is_used(*slot))?;
                *self = Self::None;
                return Some(first);
            }
            Self::Many(line) => line,
        };
        for slots in [&mut line.background, &mut line.displaced] {
            while slots.pop_front_if(|slot| is_used(*slot)).is_some() {}
        }
        let first = line.slots.pop_front_if(|slot| is_used(*slot));
        self.shrink();
        first
    }

    /// Forgets those before `until`.
    pub(super) fn keep_from(&mut self, until: Instant) {
        match self {
            Self::One(slot, _) if *slot < until => *self = Self::None,
            Self::None | Self::One(..) => {}
            Self::Many(line) => {
                for slots in [&mut line.slots, &mut line.background, &mut line.displaced] {
                    slots.retain(|slot| *slot >= until);
                }
                self.shrink();
            }
        }
        self.count_anew();
    }

    /// The count after them is no longer right.
    pub(super) fn count_anew(&mut self) {
        if let Self::Many(line) = self {
            line.full_at = None;
        }
    }

    fn shrink(&mut self) {
        let is_empty = |Line { slots, background, displaced, .. }: &Line| {
            slots.is_empty() && background.is_empty() && displaced.is_empty()
        };
        if matches!(self, Self::Many(line) if is_empty(line)) {
            *self = Self::None;
        }
    }
}

impl Line {
    /// Books a slot, after which the bucket would be full again at `full_after` if none comes behind it. One that is
    /// not free is taken over from a background call.
    pub(super) fn book(&mut self, slot: Instant, priority: Priority, is_free: bool, full_after: u128) {
        match priority {
            Priority::Background => insert(&mut self.background, slot),
            Priority::Interactive if !is_free && remove(&mut self.background, slot) => {
                return insert(&mut self.displaced, slot);
            }
            Priority::Interactive => {}
        }
        // Behind a hole it may come before others; then all behind it have to be counted again.
        let is_last = self.slots.back().is_none_or(|last| *last <= slot);
        self.full_at = is_last.then_some(full_after);
        insert(&mut self.slots, slot);
    }

    fn give_back(&mut self, slot: Instant, priority: Priority) {
        let was_taken_over = remove(&mut self.displaced, slot);
        match priority {
            Priority::Interactive if was_taken_over => insert(&mut self.background, slot),
            Priority::Background if was_taken_over || !remove(&mut self.background, slot) => {}
            _ if remove(&mut self.slots, slot) => self.full_at = None,
            _ => {}
        }
    }
}

fn insert(sorted: &mut VecDeque<Instant>, slot: Instant) {
    sorted.insert(sorted.partition_point(|other| *other <= slot), slot);
}

/// Whether there was one.
fn remove(sorted: &mut VecDeque<Instant>, slot: Instant) -> bool {
    sorted.binary_search(&slot).is_ok_and(|at| sorted.remove(at).is_some())
}

#[cfg(test)]
mod tests {
    use super::super::Bucket;
    use super::*;
    use crate::rate::{Rate, Stagger};
    use headroom_model::time::Millis;
    use proptest::prelude::*;
    use std::mem;

    /// The same bucket with its bookings as a line.
    fn in_line(mut bucket: Bucket) -> Bucket {
        let full_at = bucket.full_at();
        bucket.booked = Booked::Many(mem::take(&mut bucket.booked).into_line(full_at));
        bucket
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn one_booking_counts_as_a_line_of_one(
            per_kilosecond in 100_u32..40_000,
            capacity in 1_u32..3,
            steps in proptest::collection::vec((0_u64..900, 0_u8..8, any::<prop::sample::Index>()), 1..30),
        ) {
            let mut short = Bucket::new(Rate { per_kilosecond, capacity }, Stagger::NONE);
            let (mut long, mut now, mut held) = (in_line(short.clone()), Instant(0), Vec::new());
            for (gap, act, which) in steps {
                now += Millis(gap);
                let priority = if act % 2 == 0 { Priority::Interactive } else { Priority::Background };
                match act {
                    0 => [&mut short, &mut long].map(|bucket| bucket.refused(now + Millis(gap / 2), now)),
                    1..4 if !held.is_empty() => {
                        let (slot, priority) = held.swap_remove(which.index(held.len()));
                        [&mut short, &mut long].map(|bucket| bucket.unbook(slot, priority))
                    }
                    _ => {
                        let slot = short.earliest(now, priority, now);
                        held.push((slot, priority));
                        [&mut short, &mut long].map(|bucket| bucket.book(slot, priority, now))
                    }
                };
                long = in_line(long);
                prop_assert_eq!(short.full_at(), long.full_at());
                prop_assert!(held.iter().all(|(slot, by)| short.holds(*slot, *by) == long.holds(*slot, *by)));
                for priority in [Priority::Interactive, Priority::Background] {
                    let from = now + Millis(gap / 3);
                    prop_assert_eq!(short.earliest(from, priority, now), long.earliest(from, priority, now));
                }
            }
        }
    }
}
