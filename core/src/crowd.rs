//! How many requests may be on their way at once, where the server refused for that.

use headroom_model::time::{Instant, Millis};

/// A bound on the number in flight: halved by a refusal, raised by time without one, and forgotten at last.
///
/// No server publishes the number, and none counts for us who else is in there, so it can only be felt out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Crowd {
    pub(crate) most: u32,
    /// When the bound may change again: the end of the pause after a refusal.
    pub(crate) settled_at: Instant,
}

/// So long without a refusal admits one more.
const RAISE_AFTER: Millis = Millis::from_secs(10);

/// So long without a refusal and the bound is no more.
const FORGET_AFTER: Millis = Millis::from_secs(600);

impl Crowd {
    /// Who finds no room asks again so much later: nobody knows when an answer comes. Short beside most requests.
    pub(crate) const ASK_AGAIN_AFTER: Millis = Millis(200);

    /// The bound after a refusal that pauses until `until`, while so many others were on their way.
    ///
    /// Refusals that come during the pause are of the same event and change nothing.
    pub(crate) fn after_refusal(before: Option<Self>, in_flight: u32, until: Instant, now: Instant) -> Self {
        match before {
            Some(before) if now < before.settled_at => Self { settled_at: before.settled_at.max(until), ..before },
            _ => Self { most: (in_flight / 2).max(1), settled_at: until },
        }
    }

    /// The narrower of two bounds, for as long as either holds.
    pub(crate) fn join(self, other: Self) -> Self {
        Self { most: self.most.min(other.most), settled_at: self.settled_at.max(other.settled_at) }
    }

    /// Whether one more may be sent beside so many.
    pub(crate) fn admits(self, in_flight: u32, now: Instant) -> bool {
        self.is_over(now) || in_flight < self.most_at(now)
    }

    fn most_at(self, now: Instant) -> u32 {
        let raises = now.since(self.settled_at).0 / RAISE_AFTER.0;
        self.most.saturating_add(u32::try_from(raises).unwrap_or(u32::MAX))
    }

    /// Whether it bounds nothing any more.
    pub(crate) fn is_over(self, now: Instant) -> bool {
        now.since(self.settled_at) >= FORGET_AFTER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_what_was_on_its_way_may_be_and_one_more_every_ten_seconds() {
        let now = Instant(1_000_000);
        let until = now + Millis(500);
        let crowd = Crowd::after_refusal(None, 9, until, now);
        assert!(crowd.admits(3, now) && !crowd.admits(4, now));
        let same_event = Crowd::after_refusal(Some(crowd), 2, until, now + Millis(499));
        assert_eq!(same_event, crowd, "one event halves once");
        assert!(crowd.admits(4, until + RAISE_AFTER) && !crowd.admits(5, until + RAISE_AFTER));
        let again = Crowd::after_refusal(Some(crowd), 0, until, until);
        assert!(again.admits(0, until) && !again.admits(1, until), "one may always be on its way");
        assert!(again.admits(u32::MAX, until + FORGET_AFTER));
    }
}
