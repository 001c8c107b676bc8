//! What is known of one scope.

use crate::budget::Budget;
use crate::crowd::Crowd;
use crate::pace::Pace;
use crate::pool::Pool;
use crate::shadow::Shadow;
use crate::shares::Share;
use crate::verdict::LimiterKind;
use headroom_model::time::Instant;

/// What is known of one scope. There are many of them, so what few have is boxed.
#[derive(Clone, Debug, Default)]
pub(super) struct Gate {
    pub(super) pause: Option<Pause>,
    /// The server's pool of points.
    pub(super) pool: Option<Box<Pool>>,
    pub(super) pace: Option<Pace>,
    /// How many are on their way.
    pub(super) in_flight: u32,
    /// What a tenant had and asks for of the pool over all.
    pub(super) share: Share,
    /// Retries for which no instant was promised.
    pub(super) budget: Budget,
    pub(super) rare: Option<Box<Rare>>,
}

/// What is known of few scopes.
#[derive(Clone, Debug, Default)]
pub(super) struct Rare {
    /// The pool of points under the coming rule.
    pub(super) shadow: Option<Box<Shadow>>,
    /// What the app itself grants of the pool.
    pub(super) cap: Option<Box<Pool>>,
    /// How many may be on their way at once.
    pub(super) crowd: Option<Crowd>,
    /// How many users a tenant has, as far as the app told.
    pub(super) users: u32,
}

/// Until then nothing passes, and the limit that says so.
#[derive(Clone, Debug)]
pub(super) struct Pause {
    pub(super) until: Instant,
    /// Boxed: it is asked for only by who has to wait.
    pub(super) kind: Box<LimiterKind>,
}

impl Gate {
    pub(super) fn is_paused(&self, now: Instant) -> bool {
        self.pause.as_ref().is_some_and(|pause| pause.until > now)
    }

    pub(super) fn shadow(&self) -> Option<&Shadow> {
        self.rare.as_ref()?.shadow.as_deref()
    }

    pub(super) fn cap(&self) -> Option<&Pool> {
        self.rare.as_ref()?.cap.as_deref()
    }

    pub(super) fn crowd(&self) -> Option<Crowd> {
        self.rare.as_ref()?.crowd
    }

    pub(super) fn users(&self) -> u32 {
        self.rare.as_ref().map_or(0, |rare| rare.users)
    }

    /// What few scopes have, for one that has it from now on.
    pub(super) fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
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
        self.pace.take_if(|pace| pace.is_idle(now));
        self.rare.take_if(|rare| !rare.is_kept(now));
        let Self { pause, pool, pace, in_flight, share, budget, rare } = self;
        pause.is_some()
            || pool.is_some()
            || pace.is_some()
            || *in_flight > 0
            || !share.is_idle(now)
            || *budget != Budget::default()
            || rare.is_some()
    }
}

impl Rare {
    /// As [`Gate::is_kept`].
    pub(super) fn is_kept(&mut self, now: Instant) -> bool {
        self.shadow.take_if(|shadow| shadow.pool.is_idle(now));
        self.cap.take_if(|cap| cap.is_idle(now));
        self.crowd.take_if(|crowd| crowd.is_over(now));
        let Self { shadow, cap, crowd, users } = self;
        shadow.is_some() || cap.is_some() || crowd.is_some() || *users > 0
    }
}
