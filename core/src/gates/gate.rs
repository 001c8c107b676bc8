//! What is known of one scope.

use crate::budget::Budget;
use crate::crowd::Crowd;
use crate::pace::Pace;
use crate::pool::Pool;
use crate::shadow::Shadow;
use crate::shares::Share;
use crate::state::{kind_of, kind_parts};
use crate::verdict::LimiterKind;
use headroom_model::time::Instant;

/// What is known of one scope. There are many of them, so what few have is boxed.
#[derive(Clone, Debug, Default)]
pub(super) struct Gate {
    pub(super) pause: Pause,
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
    /// What the server called the limit that pauses.
    pub(super) reason: Option<Box<str>>,
}

/// Until then nothing passes, and the number of the limit that says so. What the server called a limit that has no
/// number of its own is known of few scopes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pause {
    pub(super) until: Instant,
    kind: u8,
}

impl Gate {
    pub(super) fn is_paused(&self, now: Instant) -> bool {
        self.pause.until > now
    }

    /// Lets nothing pass before `until`. A pause is only ever extended.
    pub(super) fn pause(&mut self, until: Instant, kind: &LimiterKind) {
        if until <= self.pause.until {
            return;
        }
        let (kind, reason) = kind_parts(kind);
        self.pause = Pause { until, kind };
        if !reason.is_empty() {
            self.rare().reason = Some(reason.into());
        } else if let Some(rare) = &mut self.rare {
            rare.reason = None;
        }
    }

    /// The limit that pauses.
    pub(super) fn paused_by(&self) -> LimiterKind {
        let reason = self.rare.as_ref().and_then(|rare| rare.reason.as_deref()).unwrap_or_default();
        kind_of(self.pause.kind, reason).unwrap_or(LimiterKind::Other(String::new()))
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
        let is_paused = self.is_paused(now);
        if let Some(rare) = self.rare.as_mut().filter(|_| !is_paused) {
            rare.reason = None;
        }
        self.pool.take_if(|pool| pool.is_idle(now));
        self.pace.take_if(|pace| pace.is_idle(now));
        self.rare.take_if(|rare| !rare.is_kept(now));
        let Self { pause: _, pool, pace, in_flight, share, budget, rare } = self;
        is_paused
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
        let Self { shadow, cap, crowd, users, reason } = self;
        shadow.is_some() || cap.is_some() || crowd.is_some() || *users > 0 || reason.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_has_the_name_that_the_limit_of_the_latest_end_was_given() {
        let (mut gate, now) = (Gate::default(), Instant(3));
        let other = |text: &str| LimiterKind::Other(text.into());
        for (until, kind, paused_by) in [
            (5, other("a"), other("a")),
            (5, LimiterKind::Burst, other("a")),
            (4, other("b"), other("a")),
            (6, LimiterKind::Burst, LimiterKind::Burst),
            (7, other(""), other("")),
            (8, other("c"), other("c")),
        ] {
            gate.pause(Instant(until), &kind);
            assert_eq!(gate.paused_by(), paused_by, "{until}");
            assert!(gate.is_kept(now) && gate.is_paused(Instant(until.max(5) - 1)));
        }
        assert!(!gate.is_paused(Instant(8)) && !gate.is_kept(Instant(8)), "nothing is left of it");
    }

    #[test]
    fn a_gate_takes_no_more_than_two_lines_of_the_processors_cache() {
        assert!(size_of::<Gate>() <= 128);
    }
}
