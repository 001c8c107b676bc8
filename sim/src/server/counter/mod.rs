//! Counters: how much of something is admitted, and exactly when there is room again.
//!
//! All of them keep the same laws. What is checked and refused until `t` is refused at `t − 1 ms` and admitted at `t`,
//! if nothing else comes. An instant that goes backwards brings nothing back. Nothing is taken by a check.

mod bucket;
mod fixed;
mod sliding;
#[cfg(test)]
mod tests;

pub use bucket::Bucket;
pub use fixed::Fixed;
pub use sliding::Sliding;

use headroom_model::profile::WindowShape;
use headroom_model::time::{Instant, Millis};

/// The end of a refusal that has none: what asks for more than there ever is.
pub const NEVER: Instant = Instant(u64::MAX);

/// What a counter admits, whatever has been taken of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A bucket of `capacity` that gets so much each second, evenly.
    Even {
        /// Of a full bucket.
        capacity: u32,
        /// What comes back.
        per_second: u32,
    },
    /// A bucket of `capacity` that gets `fill` at every multiple of `every` since the epoch.
    Stepped {
        /// Of a full bucket.
        capacity: u32,
        /// What comes back at once.
        fill: u32,
        /// From one fill to the next.
        every: Millis,
    },
    /// So much in each window.
    Window {
        /// What it admits.
        limit: u32,
        /// Its length.
        span: Millis,
        /// How it moves.
        shape: WindowShape,
    },
}

/// One counter of any shape.
#[derive(Clone, Debug)]
pub enum Counter {
    /// A token bucket.
    Bucket(Bucket),
    /// A window that starts anew at every multiple of its span.
    Fixed(Fixed),
    /// A window that reaches back one span from now.
    Sliding(Sliding),
}

impl Counter {
    /// A full bucket that refills evenly.
    #[must_use]
    pub const fn bucket(capacity: u32, per_second: u32) -> Self {
        Self::Bucket(Bucket::even(capacity, per_second))
    }

    /// An empty fixed window.
    #[must_use]
    pub const fn fixed(limit: u32, span: Millis) -> Self {
        Self::Fixed(Fixed::new(limit, span))
    }

    /// An empty sliding window.
    #[must_use]
    pub const fn sliding(limit: u32, span: Millis) -> Self {
        Self::Sliding(Sliding::new(limit, span))
    }

    /// Whether there is room for so much; takes nothing.
    ///
    /// # Errors
    /// When there is none: with the first instant at which there will be, if nothing else comes; [`NEVER`] if it is
    /// more than there ever is.
    pub fn check(&mut self, amount: u32, now: Instant) -> Result<(), Instant> {
        match self {
            Self::Bucket(bucket) => bucket.check(amount, now),
            Self::Fixed(window) => window.check(amount, now),
            Self::Sliding(window) => window.check(amount, now),
        }
    }

    /// Takes so much, whether there is room or not: what is more than there is counts as all of it.
    pub fn take(&mut self, amount: u32, now: Instant) {
        match self {
            Self::Bucket(bucket) => bucket.take(amount, now),
            Self::Fixed(window) => window.take(amount, now),
            Self::Sliding(window) => window.take(amount, now),
        }
    }

    /// What was taken as `from` at `at` was `to`: from now on all is as if that had been taken. Nothing, where `at` counts
    /// no more. A bucket forgets what it lacked, so one that was empty in between may have more than if it had been right.
    pub fn correct(&mut self, from: u32, to: u32, at: Instant) {
        match self {
            Self::Bucket(bucket) => bucket.correct(from, to, at),
            Self::Fixed(window) => window.correct(from, to, at),
            Self::Sliding(window) => window.correct(from, to, at),
        }
    }

    /// What is left at `now`.
    #[must_use]
    pub fn left(&self, now: Instant) -> u32 {
        match self {
            Self::Bucket(bucket) => bucket.left(now),
            Self::Fixed(window) => window.left(now),
            Self::Sliding(window) => window.left(now),
        }
    }

    /// The most that it ever admits at once.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        match self {
            Self::Bucket(bucket) => bucket.capacity(),
            Self::Fixed(window) => window.limit(),
            Self::Sliding(window) => window.limit(),
        }
    }

    /// What it admits.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        match self {
            Self::Bucket(bucket) => bucket.rule(),
            Self::Fixed(window) => {
                Rule::Window { limit: window.limit(), span: window.span(), shape: WindowShape::Fixed }
            }
            Self::Sliding(window) => {
                Rule::Window { limit: window.limit(), span: window.span(), shape: WindowShape::Sliding }
            }
        }
    }

    /// Whether it is as new at `now`: forgotten and made again, it would answer the same.
    #[must_use]
    pub fn is_idle(&self, now: Instant) -> bool {
        match self {
            Self::Bucket(bucket) => bucket.is_full(now),
            Self::Fixed(window) => window.is_over(now),
            Self::Sliding(window) => window.is_empty(now),
        }
    }

    /// What comes back each second, of a bucket that refills evenly.
    #[must_use]
    pub fn per_second(&self) -> Option<u32> {
        match self {
            Self::Bucket(bucket) => bucket.per_second(),
            Self::Fixed(_) | Self::Sliding(_) => None,
        }
    }

    /// Changes the limit from now on; what was taken stays taken.
    pub fn set_limit(&mut self, limit: u32) {
        match self {
            Self::Bucket(bucket) => bucket.set_capacity(limit),
            Self::Fixed(window) => window.set_limit(limit),
            Self::Sliding(window) => window.set_limit(limit),
        }
    }
}
