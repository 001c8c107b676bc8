//! The bookings of windows, for windows of the same profile or another.

use super::parts::{Windows, entry};
use crate::window::Window;
use headroom_model::time::Instant;

/// What was saved of the same windows, and beside it what windows of other profiles saw, as late as it can have been.
/// A window of which nothing was saved counts what the longest one saw.
pub(crate) fn recall_windows(windows: &mut [Window], saved: &Windows, at: Instant) {
    let keys: Vec<_> = windows.iter().map(Window::key).collect();
    let longest = saved.iter().map(|(key, _)| *key).max_by_key(|(_, span)| *span);
    for window in windows {
        let own = window.key();
        let is_saved = saved.iter().any(|(key, _)| *key == own || !keys.contains(key));
        let mut all = Vec::new();
        for (key, booked) in saved {
            let (is_sliding, span) = *key;
            let is_meant = *key == own || !keys.contains(key) || (!is_saved && Some(*key) == longest);
            for (slot, count) in booked.iter().filter(|_| is_meant) {
                let last = Instant((*slot + span).0.saturating_sub(1)).min(at.max(*slot));
                let most = entry(&mut all, if is_sliding || *key == own { *slot } else { last });
                *most = (*count).max(*most);
            }
        }
        window.restore(&all);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::Scope;
    use crate::state::{GRAINS, Memory, Name, Record};
    use headroom_model::profile::{CountedPer, WindowRule, WindowShape};
    use headroom_model::time::Millis;
    use proptest::prelude::*;

    fn any_rule() -> impl Strategy<Value = WindowRule> {
        let shape = prop_oneof![Just(WindowShape::Fixed), Just(WindowShape::Sliding)];
        (1_u32..200, 1_u64..2_000, shape).prop_map(|(limit, span, shape)| WindowRule {
            per: CountedPer::Installation,
            limit,
            span: Millis(span),
            shape,
        })
    }

    fn any_gaps(most: usize) -> impl Strategy<Value = Vec<u64>> {
        proptest::collection::vec(prop_oneof![3 => 0_u64..3, 1 => 0_u64..40], 0..most)
    }

    fn booked(rule: WindowRule, gaps: &[u64], now: &mut Instant) -> Window {
        let mut window = Window::new(rule);
        book(&mut window, gaps, now);
        window
    }

    /// Books at the earliest each, and says when that is.
    fn book(window: &mut Window, gaps: &[u64], now: &mut Instant) -> Vec<Instant> {
        let each = gaps.iter().map(|gap| {
            *now += Millis(*gap);
            let slot = window.earliest(*now);
            window.book(slot, *now);
            slot
        });
        each.collect()
    }

    fn record(window: &Window, at: Instant) -> Record {
        Record { windows: vec![(window.key(), window.save(at))], ..Record::default() }
    }

    /// By way of bytes.
    fn recalled(rule: WindowRule, record: &Record, at: Instant) -> Window {
        let scopes = vec![(Name::of(Scope::Installation("i".into())), record.clone())];
        let read = Memory::read(&Memory { at, scopes }.write().bytes, at).unwrap();
        let mut window = Window::new(rule);
        recall_windows(std::slice::from_mut(&mut window), &read.scopes[0].1.windows, at);
        window
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn a_restored_window_admits_as_the_saved_one_or_up_to_a_grain_later(
            rule in any_rule(),
            before in any_gaps(300),
            after in 0_u64..100,
            later in any_gaps(60),
        ) {
            let mut now = Instant(10_000);
            let mut window = Window::new(rule);
            let mut slots = book(&mut window, &before, &mut now);
            now += Millis(after);
            slots.dedup();
            slots.retain(|slot| *slot + rule.span > now);
            let is_exact = rule.shape == WindowShape::Fixed || slots.len() <= GRAINS;
            let mut restored = recalled(rule, &record(&window, now), now);
            let first = (restored.earliest(now), window.earliest(now));
            prop_assert!(first.0 >= first.1 && first.0.since(first.1).0 <= rule.span.0.div_ceil(GRAINS as u64));
            let (mut same, mut as_saved) = (now, now);
            let (restored, saved) = (book(&mut restored, &later, &mut same), book(&mut window, &later, &mut as_saved));
            prop_assert!(restored.iter().zip(&saved).all(|(restored, saved)| restored >= saved));
            prop_assert!(!is_exact || restored == saved, "{restored:?}, not {saved:?}");
        }

        #[test]
        fn two_windows_merged_admit_no_earlier_than_either(
            (rule, other) in (any_rule(), any_rule()),
            is_same in any::<bool>(),
            (a, b) in (any_gaps(200), any_gaps(200)),
            later in 0_u64..3_000,
        ) {
            let (mut at_a, mut at_b) = (Instant(10_000), Instant(10_000));
            let other = if is_same { rule } else { other };
            let (a, b) = (booked(rule, &a, &mut at_a), booked(other, &b, &mut at_b));
            let (a, b) = (record(&a, at_a), record(&b, at_b));
            let at = at_a.max(at_b);
            let from = at + Millis(later);
            let earliest = |record: &Record| recalled(rule, record, at).earliest(from);
            let mut both = a.clone();
            both.join(b.clone());
            let merged = earliest(&both);
            prop_assert!(merged >= earliest(&a) && merged >= earliest(&b));
        }

        /// A new profile counts what the old one saw, as late as it can have been.
        #[test]
        fn what_another_window_saw_counts(rule in any_rule(), other in any_rule(), gaps in any_gaps(200)) {
            let mut now = Instant(10_000);
            let window = booked(rule, &gaps, &mut now);
            let slots = window.save(now);
            let in_window = |slot: &Instant| match other.shape {
                WindowShape::Sliding => slot.0 + other.span.0 > now.0,
                WindowShape::Fixed => slot.0 / other.span.0 == now.0 / other.span.0,
            };
            let seen: u32 = slots.iter().filter(|(slot, _)| in_window(slot)).map(|(_, count)| count).sum();
            if seen >= other.limit {
                prop_assert!(recalled(other, &record(&window, now), now).earliest(now) > now);
            }
        }
    }
}
