//! What happened to one call, and why: to be printed when somebody asks where the time went.

use crate::verdict::Wait;
use headroom_model::points::Cost;
use headroom_model::time::Instant;
use std::fmt;

/// One thing that happened to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Instant,
    /// What.
    pub event: Event,
}

/// What can happen to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It was opened; so much was thought that it costs, and so many attempts were sent by an earlier process.
    Begun {
        /// What it was thought to cost.
        cost: Cost,
        /// Attempts before it was resumed.
        attempts: u32,
    },
    /// It waits.
    Waits(Wait),
    /// Its turn passed, or was taken by a call that a person waits for.
    LostItsTurn,
    /// This attempt was sent.
    Sent(u32),
    /// A limit refused the attempt; nothing of that limit's is sent before the instant.
    Refused(Wait),
    /// The answer is an error that is no limit.
    Error {
        /// Its HTTP status, where it has one.
        status: Option<u16>,
    },
    /// No answer came.
    NoAnswer,
    /// The answer is a success. So many points are counted for it.
    Answered {
        /// Points.
        points: u32,
    },
    /// It would have been retried, but too much was retried of late.
    BudgetSpent,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.at)?;
        match &self.event {
            Event::Begun { cost, attempts: 0 } => write!(f, "begun: {}", Points(cost.likely)),
            Event::Begun { cost, attempts } => {
                write!(f, "resumed after {attempts} attempts: {}", Points(cost.likely))
            }
            Event::Waits(wait) => write!(f, "waits until {}: {}", wait.until, wait.limit),
            Event::LostItsTurn => f.write_str("lost its turn"),
            Event::Sent(attempt) => write!(f, "attempt {attempt} sent"),
            Event::Refused(wait) => write!(f, "refused, again from {}: {}", wait.until, wait.limit),
            Event::Error { status: Some(status) } => write!(f, "error {status}"),
            Event::Error { status: None } => f.write_str("error"),
            Event::NoAnswer => f.write_str("no answer"),
            Event::Answered { points } => write!(f, "answered: {}", Points(*points)),
            Event::BudgetSpent => f.write_str("not retried: the retry budget is spent"),
        }
    }
}

struct Points(u32);

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} point{}", self.0, if self.0 == 1 { "" } else { "s" })
    }
}

/// The log of one call: how it began, and what happened last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Vec<Entry>);

impl Log {
    /// The most entries that are kept.
    pub(crate) const MOST: usize = 32;

    /// Adds an entry. If there are too many, the oldest but the first goes.
    pub(crate) fn add(&mut self, at: Instant, event: Event) {
        if self.0.is_empty() {
            self.0.reserve_exact(4);
        }
        if self.0.len() == Self::MOST {
            self.0.remove(1);
        }
        self.0.push(Entry { at, event });
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_entry_and_the_last_ones_are_kept() {
        let mut log = Log::default();
        for attempt in 0..100 {
            log.add(Instant(attempt.into()), Event::Sent(attempt));
        }
        let kept: Vec<_> = log.entries().iter().map(|entry| entry.at.0).collect();
        assert_eq!(kept[0], 0);
        assert_eq!(kept[1..], (69..100).collect::<Vec<u64>>()[..]);
    }
}
