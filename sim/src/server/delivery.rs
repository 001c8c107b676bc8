//! Events that the platform delivers itself: late, never refused to the app, dropped after the retention.
//!
//! Sources: RFC 130, 2026-04-14 (scheduled triggers are not limited by invocation rates; events are retried and arrive
//! eventually); Forge's page on the API of async events, read 2026-11 (24 h). How fast a backlog drains is not published:
//! the default is the 500 events in a minute that one installation may push.

use super::door::Names;
use super::spec::DeliverySpec;
use headroom_model::facts;
use headroom_model::operation::{Context, Trigger};
use headroom_model::time::{Instant, Millis};
use std::collections::BTreeMap;

/// The platform's queues, one for each installation.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    per_minute: u64,
    delay: Millis,
    retention: Millis,
    /// When the next event of an installation can be delivered, in events per minute times milliseconds: exact for rates
    /// that do not divide a minute.
    next: BTreeMap<u32, u128>,
}

impl Delivery {
    pub(super) fn new(spec: &DeliverySpec) -> Self {
        let DeliverySpec { per_minute, delay, retention } = spec;
        let day = Millis::from_secs(facts::ASYNC_RETENTION_SECS.value.into());
        Self {
            per_minute: per_minute.map_or(facts::ASYNC_EVENTS_PER_MINUTE.value, |rate| rate.get()).into(),
            delay: delay.map_or(Millis::ZERO, |delay| delay.get()),
            retention: retention.map_or(day, |span| span.get()),
            next: BTreeMap::new(),
        }
    }

    /// When an event that comes at `now` reaches the app; none if it is dropped. What a user leads comes at once.
    pub(super) fn deliver(&mut self, context: &Context, names: &mut Names, now: Instant) -> Option<Instant> {
        if !matches!(context.trigger, Trigger::ProductEvent | Trigger::AsyncEvent) {
            return Some(now);
        }
        let rate = u128::from(self.per_minute);
        let ready = u128::from((now + self.delay).0) * rate;
        let next = self.next.entry(names.number(&context.installation)).or_default();
        let turn = ready.max(*next);
        let at = Instant(u64::try_from(turn.div_ceil(rate)).unwrap_or(u64::MAX));
        if at.since(now) > self.retention {
            return None;
        }
        *next = turn + 60_000;
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(trigger: Trigger) -> Context {
        Context { installation: "i".into(), account: None, environment: "production".into(), trigger }
    }

    #[test]
    fn events_come_one_after_the_other_and_scheduled_triggers_at_once() {
        let (mut queue, mut names) = (Delivery::new(&DeliverySpec::default()), Names::default());
        let mut deliver = |trigger, now| queue.deliver(&event(trigger), &mut names, Instant(now));
        let at: Vec<_> = (0..3).map(|_| deliver(Trigger::AsyncEvent, 1_000)).collect();
        assert_eq!(at, [1_000, 1_120, 1_240].map(|ms| Some(Instant(ms))), "500 in a minute");
        assert_eq!(deliver(Trigger::Scheduled, 1_000), Some(Instant(1_000)));
        assert_eq!(deliver(Trigger::ProductEvent, 9_000), Some(Instant(9_000)), "a queue that drained");
    }

    proptest! {
        /// The slow queue keeps every delivery and counts those of the last minute.
        #[test]
        fn no_minute_delivers_more_than_its_rate_in_order_and_what_is_late_is_dropped(
            per_minute in 1_u32..400, delay in 0_u64..3_000, waits in prop::collection::vec(0_u64..900, 1..150)
        ) {
            let text = format!("per_minute = {per_minute}\ndelay = \"{delay} ms\"\nretention = \"20 s\"");
            let (mut queue, mut names) = (Delivery::new(&toml::from_str(&text).unwrap()), Names::default());
            let (mut now, mut delivered) = (0, Vec::new());
            for wait in waits {
                now += wait;
                let Some(at) = queue.deliver(&event(Trigger::AsyncEvent), &mut names, Instant(now)) else { continue };
                prop_assert!(at.0 >= now + delay && at.0 <= now + 20_000);
                prop_assert!(delivered.last().is_none_or(|last| *last <= at.0));
                delivered.push(at.0);
                let within = delivered.iter().filter(|other| **other + 60_000 > at.0 + 1).count();
                prop_assert!(within <= per_minute as usize + 1);
            }
        }
    }
}
