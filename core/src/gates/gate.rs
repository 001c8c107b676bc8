//! What is known of one scope.

use crate::budget::Budget;
use crate::crowd::Crowd;
use crate::pace::Pace;
use crate::pool::Pool;
use crate::shadow::Shadow;
use crate::shares::Share;
use crate::verdict::LimiterKind;
use headroom_model::time::Instant;

/// What is known of one scope. What few scopes have is boxed.
#[derive(Clone, Debug, Default)]
pub(super) struct Gate {
    pub(super) pause: Option<Box<Pause>>,
    /// The server's pool of points.
    pub(super) pool: Option<Box<Pool>>,
    /// The same under the coming rule.
    pub(super) shadow: Option<Box<Shadow>>,
    /// What the app itself grants of it.
    pub(super) cap: Option<Box<Pool>>,
    pub(super) pace: Option<Pace>,
    /// How many may be on their way at once.
    pub(super) crowd: Option<Crowd>,
    /// How many are.
    pub(super) in_flight: u32,
    /// How many users a tenant has, as far as the app told.
    pub(super) users: u32,
    /// What a tenant had and asks for of the pool over all.
    pub(super) share: Share,
    /// Retries for which no instant was promised.
    pub(super) budget: Budget,
}

/// Until then nothing passes, and the limit that says so.
#[derive(Clone, Debug)]
pub(super) struct Pause {
    pub(super) until: Instant,
    pub(super) kind: LimiterKind,
}

impl Gate {
    pub(super) fn is_paused(&self, now: Instant) -> bool {
        self.pause.as_ref().is_some_and(|pause| pause.until > now)
    }

    /// The pace that the scope has of a refusal, until that has passed.
    pub(super) fn learned_pace(&mut self, now: Instant) -> Option<&mut Pace> {
        self.pace.take_if(|pace| pace.is_idle(now));
        self.pace.as_mut()
    }

    /// Forgets what grants no more when new than when remembered; says whether anything is left.
    pub(super) fn is_kept(&mut self, now: Instant) -> bool {
        self.pause.take_if(|pause| pause.until <= now);
        self.pool.take_if(|pool| pool.is_idle(now));
        self.shadow.take_if(|shadow| shadow.pool.is_idle(now));
        self.cap.take_if(|cap| cap.is_idle(now));
        self.pace.take_if(|pace| pace.is_idle(now));
        self.crowd.take_if(|crowd| crowd.is_over(now));
        let Self { pause, pool, shadow, cap, pace, crowd, in_flight, users, share, budget } = self;
        pause.is_some()
            || pool.is_some()
            || shadow.is_some()
            || cap.is_some()
            || pace.is_some()
            || crowd.is_some()
            || *in_flight > 0
            || *users > 0
            || !share.is_idle(now)
            || *budget != Budget::default()
    }
}
