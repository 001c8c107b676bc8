//! The pace of one scope: a bucket for a tenant, and for an endpoint once it was refused; windows for invocations, for the
//! writes to an issue, and where the app asks for some of its own.

use crate::bucket::Bucket;
use crate::config::{BurstRate, Config};
use crate::lane::counted_per;
use crate::rate::{Rate, Stagger};
use crate::scope::Part;
use crate::verdict::Priority;
use crate::window::Window;
use headroom_model::facts;
use headroom_model::points::Template;
use headroom_model::profile::{ISSUE_WRITES, WindowRule};
use headroom_model::time::{Instant, Millis};

/// How late a call may use the slot it booked. Timers are late by some milliseconds, and a call that had to book anew for
/// that would come to the end of the line each time. It counts at its slot, so calls that are sent late meet those of
/// the next slots: who is punctual keeps to every limit exactly. After that long, slots are booked anew, and a token
/// that was not given back by then counts as used.
pub(crate) const LATE: Millis = Millis::from_secs(1);

/// A calendar in which calls book the slot that they will be sent in.
#[derive(Clone, Debug)]
pub(crate) enum Pace {
    Bucket(Bucket),
    Windows(Vec<Window>),
}

impl Pace {
    /// The untouched pace of a scope, where one holds before any refusal. The seed staggers it among its siblings.
    pub(crate) fn before_refusal(kind: Part<()>, config: &Config, seed: u64) -> Option<Self> {
        let published = match (kind, config.burst) {
            (Part::Tenant(()), Some(whole)) => {
                let stagger = Stagger::of(whole, config.nodes, seed);
                return Some(Self::Bucket(Bucket::new(Rate::part_of(whole, config.nodes), stagger)));
            }
            // Without pacing before a refusal, an issue has none either.
            (Part::Issue(()), Some(_)) => ISSUE_WRITES,
            _ => config.invocations.rules(),
        };
        let mut windows = Vec::new();
        let mut add = |rule: WindowRule| {
            if Some(rule.per) == counted_per(kind) {
                windows.push(Window::new(rule));
            }
        };
        published.iter().for_each(|rule| add(*rule));
        config.windows.iter().for_each(|window| add(window.rule(config.nodes)));
        (!windows.is_empty()).then_some(Self::Windows(windows))
    }

    /// The untouched pace of a scope that was refused for a burst. An endpoint has one from then on, of the rate that the
    /// server named, else the documented one; and no more than its tenant's, which it was held to before.
    pub(crate) fn after_burst(kind: Part<()>, config: &Config, seed: u64, named: Option<u32>) -> Option<Self> {
        let Part::Endpoint(template, method) = kind else { return Self::before_refusal(kind, config, seed) };
        let documented = || facts::jira_per_second(method.name(), &template.map(Template::text).unwrap_or_default());
        let per_second = named.unwrap_or_else(documented).clamp(1, BurstRate::MOST_PER_SECOND);
        Self::of_endpoint(Rate::part_of(BurstRate { per_second, capacity: per_second }, config.nodes), config)
    }

    /// The untouched pace of an endpoint, of this node's part of a rate. Without pacing of requests nothing is learned
    /// either: the pause is all. Its tenant's pace is staggered already; two might never agree on an instant.
    pub(crate) fn of_endpoint(part: Rate, config: &Config) -> Option<Self> {
        let of_tenant = Rate::part_of(config.burst?, config.nodes);
        Some(Self::Bucket(Bucket::new(part.slower(of_tenant), Stagger::NONE)))
    }

    /// The first instant from `from` on that every limit of the scope admits, asked at `now`. In windows all calls are
    /// equal: they count what people do.
    pub(crate) fn earliest(&self, from: Instant, priority: Priority, now: Instant) -> Instant {
        match self {
            Self::Bucket(bucket) => bucket.earliest(from, priority, now),
            Self::Windows(windows) => {
                // A later instant may fall into a window that an earlier one did not: repeat until all agree.
                let all_after = |from| windows.iter().fold(from, |at, window| window.earliest(at));
                let mut at = from;
                loop {
                    match all_after(at) {
                        agreed if agreed == at => return at,
                        later => at = later,
                    }
                }
            }
        }
    }

    /// Whether a hole before a booking stays one.
    pub(crate) fn is_sliding(&self) -> bool {
        matches!(self, Self::Windows(windows) if windows.iter().any(Window::is_sliding))
    }

    /// Whether booking `slot`, an instant that `earliest` gave, leaves no hole before it.
    pub(crate) fn leaves_no_hole(&self, slot: Instant, priority: Priority, now: Instant) -> bool {
        match self {
            Self::Bucket(bucket) => bucket.leaves_no_hole(slot, priority, now),
            Self::Windows(_) => self.earliest(now, priority, now) == slot,
        }
    }

    /// Books `slot`, an instant that `earliest` gave.
    pub(crate) fn book(&mut self, slot: Instant, priority: Priority, now: Instant) {
        match self {
            Self::Bucket(bucket) => bucket.book(slot, priority, now),
            Self::Windows(windows) => windows.iter_mut().for_each(|window| window.book(slot, now)),
        }
    }

    /// The server refused, and names `until`. A bucket learns from it; a window is as published, and paused until it
    /// admits again.
    pub(crate) fn refused(&mut self, until: Instant, now: Instant) {
        if let Self::Bucket(bucket) = self {
            bucket.refused(until, now);
        }
    }

    /// Whether a call still holds the slot that it booked. If not, it gives the slot back and books anew.
    pub(crate) fn holds(&self, slot: Instant, priority: Priority) -> bool {
        match self {
            Self::Bucket(bucket) => bucket.holds(slot, priority),
            Self::Windows(windows) => windows.iter().all(|window| window.holds(slot)),
        }
    }

    /// Gives a slot back that was not used.
    pub(crate) fn unbook(&mut self, slot: Instant, priority: Priority) {
        match self {
            Self::Bucket(bucket) => bucket.unbook(slot, priority),
            Self::Windows(windows) => windows.iter_mut().for_each(|window| window.unbook(slot)),
        }
    }

    /// Whether forgetting the pace would grant nothing.
    pub(crate) fn is_idle(&self, now: Instant) -> bool {
        match self {
            Self::Bucket(bucket) => bucket.is_idle(now),
            Self::Windows(windows) => windows.iter().all(|window| window.is_idle(now)),
        }
    }
}
