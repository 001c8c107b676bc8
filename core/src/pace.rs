//! The pace of one scope, known before any refusal: a bucket for a tenant, windows for invocations.

use crate::bucket::Bucket;
use crate::config::Config;
use crate::lane::counted_per;
use crate::verdict::Scope;
use crate::window::Window;
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
    /// The untouched pace of a scope under `config`.
    pub(crate) fn new(scope: &Scope, config: &Config) -> Self {
        match (scope, config.burst) {
            (Scope::Tenant(_), Some(rate)) => Self::Bucket(Bucket::new(rate)),
            _ => {
                let rules = config.invocations.rules().iter().copied();
                Self::Windows(rules.filter(|rule| Some(rule.per) == counted_per(scope)).map(Window::new).collect())
            }
        }
    }

    /// The first instant from `from` on that every limit of the scope admits.
    pub(crate) fn earliest(&self, from: Instant) -> Instant {
        match self {
            Self::Bucket(bucket) => bucket.earliest(from),
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

    /// Books `slot`, an instant that `earliest` gave.
    pub(crate) fn book(&mut self, slot: Instant, now: Instant) {
        match self {
            Self::Bucket(bucket) => bucket.book(slot, now),
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

    /// Gives a slot back that was not used.
    pub(crate) fn unbook(&mut self, slot: Instant) {
        match self {
            Self::Bucket(bucket) => bucket.unbook(slot),
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
