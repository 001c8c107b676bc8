//! Calls that wait for the next hour and look again in this one, for what others have set aside.

use super::Pool;
use headroom_model::time::{Instant, Millis};

/// So long points that are set aside are left alone: a round trip and a little more.
const LOOK_AGAIN_AFTER: Millis = Millis(200);

/// The most that one pool's calls look again in a second, where no pace bounds it: that takes about a millisecond of it.
const MOST_LOOKS: u32 = 1_000;

impl Pool {
    /// When one more call may look again that waits for it. One after the other and no faster than they could be sent, so
    /// that looking costs as little among 100,000 as sending does.
    pub(crate) fn wait_to_look(&mut self, now: Instant) -> Instant {
        let per_second = self.terms.per_second.clamp(1, MOST_LOOKS);
        let before_it = Millis(1_000 * u64::from(self.looking) * u64::from(self.terms.nodes) / u64::from(per_second));
        self.looking += 1;
        now + LOOK_AGAIN_AFTER + before_it
    }

    /// A call looks again, or waits no more.
    pub(crate) fn look(&mut self) {
        self.looking = self.looking.saturating_sub(1);
    }
}
