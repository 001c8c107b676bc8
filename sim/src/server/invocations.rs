//! Windows of Forge invocations: fixed or sliding, per user, installation and environment.
//!
//! A call is admitted if every rule of the profile admits it, and only then counted: a refused call costs nothing.
//! RFC 130 does not say whether it does; if refused calls counted, a client that keeps asking would never get in.

use super::Scope;
use headroom_model::operation::Context;
use headroom_model::profile::{CountedPer, InvocationProfile, WindowRule, WindowShape};
use headroom_model::time::{Instant, Millis};
use std::collections::{BTreeMap, VecDeque};

/// All windows of one app's invocations.
#[derive(Clone, Debug)]
pub struct Invocations {
    rules: Vec<WindowRule>,
    windows: BTreeMap<(usize, Scope), Window>,
}

/// Why an invocation was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateRefusal {
    /// The rule that admits again last, of those that refuse.
    pub rule: WindowRule,
    /// Whose window it is.
    pub scope: Scope,
    /// The first instant at which all rules admit, if nothing else comes.
    pub until: Instant,
}

impl Invocations {
    /// Empty windows of this profile.
    #[must_use]
    pub fn new(profile: InvocationProfile) -> Self {
        Self::with_rules(profile.rules().to_vec())
    }

    fn with_rules(rules: Vec<WindowRule>) -> Self {
        Self { rules, windows: BTreeMap::new() }
    }

    /// Counts an invocation if all rules admit it, and says how many more the fullest window admits; none where
    /// nothing limits this kind of trigger.
    ///
    /// # Errors
    /// When a rule refuses; then nothing was counted.
    pub fn admit(&mut self, context: &Context, now: Instant) -> Result<Option<u32>, RateRefusal> {
        if !context.trigger.is_rate_limited() {
            return Ok(None);
        }
        let mut refusal: Option<RateRefusal> = None;
        for (index, rule) in self.rules.iter().enumerate() {
            let Some(scope) = scope(rule.per, context) else { continue };
            let window = self.windows.entry((index, scope.clone())).or_insert_with(|| Window::new(rule.shape));
            if let Err(until) = window.check(rule, now)
                && refusal.as_ref().is_none_or(|last| until > last.until)
            {
                refusal = Some(RateRefusal { rule: *rule, scope, until });
            }
        }
        match refusal {
            Some(refusal) => Err(refusal),
            None => Ok(self.count(context, now)),
        }
    }

    fn count(&mut self, context: &Context, now: Instant) -> Option<u32> {
        let windows = &mut self.windows;
        let left = self.rules.iter().enumerate().filter_map(|(index, rule)| {
            let window = windows.get_mut(&(index, scope(rule.per, context)?))?;
            window.add(now);
            Some(rule.limit.saturating_sub(window.len()))
        });
        left.min()
    }
}

/// Whose window counts this call; none for a call without a user where users are counted.
fn scope(per: CountedPer, context: &Context) -> Option<Scope> {
    let installation = || context.installation.clone();
    Some(match per {
        CountedPer::User => Scope::User { installation: installation(), account: context.account.clone()? },
        CountedPer::Installation => Scope::Installation(installation()),
        CountedPer::Environment => Scope::Environment(context.environment.clone()),
        CountedPer::Issue => return None,
    })
}

#[derive(Clone, Debug)]
enum Window {
    Fixed {
        start: Instant,
        count: u32,
    },
    /// The instants of what was admitted within the last span, the oldest first; never more than the limit.
    Sliding(VecDeque<Instant>),
}

impl Window {
    const fn new(shape: WindowShape) -> Self {
        match shape {
            WindowShape::Fixed => Self::Fixed { start: Instant(0), count: 0 },
            WindowShape::Sliding => Self::Sliding(VecDeque::new()),
        }
    }

    /// Moves the window to `now` and says whether it admits one more.
    fn check(&mut self, rule: &WindowRule, now: Instant) -> Result<(), Instant> {
        match self {
            Self::Fixed { start, count } => {
                let current = Instant(now.0 - now.0 % rule.span.0.max(1));
                if current > *start {
                    (*start, *count) = (current, 0);
                }
                if *count < rule.limit { Ok(()) } else { Err(*start + rule.span) }
            }
            Self::Sliding(admitted) => {
                while admitted.front().is_some_and(|oldest| has_left(*oldest, rule.span, now)) {
                    admitted.pop_front();
                }
                if admitted.len() < rule.limit as usize {
                    return Ok(());
                }
                Err(admitted.front().map_or(now, |oldest| *oldest) + rule.span)
            }
        }
    }

    fn add(&mut self, now: Instant) {
        match self {
            Self::Fixed { count, .. } => *count += 1,
            Self::Sliding(admitted) => admitted.push_back(now),
        }
    }

    fn len(&self) -> u32 {
        match self {
            Self::Fixed { count, .. } => *count,
            Self::Sliding(admitted) => u32::try_from(admitted.len()).unwrap_or(u32::MAX),
        }
    }
}

/// The window is `(now − span, now]`: what was admitted exactly one span ago is outside.
fn has_left(admitted: Instant, span: Millis, now: Instant) -> bool {
    admitted + span <= now
}

#[cfg(test)]
mod tests {
    use super::*;
    use headroom_model::operation::Trigger;
    use proptest::prelude::*;

    fn context(installation: u8, account: Option<u8>) -> Context {
        Context {
            installation: format!("i{installation}"),
            account: account.map(|account| format!("u{account}")),
            environment: "production".into(),
            trigger: Trigger::Ui,
        }
    }

    #[test]
    fn the_301st_in_a_second_waits_until_the_first_is_a_second_old() {
        let mut windows = Invocations::new(InvocationProfile::ForgeRfc130);
        let call = context(1, Some(1));
        for _ in 0..300 {
            assert!(windows.admit(&call, Instant(10_500)).is_ok());
        }
        let refusal = windows.admit(&call, Instant(11_499)).unwrap_err();
        assert_eq!((refusal.rule.limit, refusal.until), (300, Instant(11_500)));
        assert_eq!(windows.admit(&call, Instant(11_500)), Ok(Some(299)));
        assert_eq!(windows.admit(&context(2, Some(1)), Instant(11_499)), Ok(Some(299)), "another installation");
    }

    #[test]
    fn a_scheduled_trigger_is_neither_refused_nor_counted() {
        let mut windows = Invocations::new(InvocationProfile::ForgeRfc130);
        let scheduled = Context { trigger: Trigger::Scheduled, ..context(1, None) };
        for _ in 0..301 {
            assert_eq!(windows.admit(&scheduled, Instant(0)), Ok(None));
        }
        assert_eq!(windows.admit(&context(1, None), Instant(0)), Ok(Some(299)));
    }

    /// The slow windows keep every call that was ever admitted and look at all of them.
    fn slow_admits(rules: &[WindowRule], admitted: &[(Context, Instant)], call: &Context, now: Instant) -> bool {
        rules.iter().all(|rule| {
            let Some(mine) = scope(rule.per, call) else { return true };
            let inside = |at: Instant| match rule.shape {
                WindowShape::Fixed => at.0 / rule.span.0 == now.0 / rule.span.0,
                WindowShape::Sliding => at <= now && at.0 + rule.span.0 > now.0,
            };
            let same =
                admitted.iter().filter(|(other, at)| inside(*at) && scope(rule.per, other).as_ref() == Some(&mine));
            same.count() < rule.limit as usize
        })
    }

    fn any_rule() -> impl Strategy<Value = WindowRule> {
        let per = prop_oneof![Just(CountedPer::User), Just(CountedPer::Installation), Just(CountedPer::Environment)];
        let shape = prop_oneof![Just(WindowShape::Fixed), Just(WindowShape::Sliding)];
        (per, 1_u32..6, 1_u64..60, shape).prop_map(|(per, limit, span, shape)| WindowRule {
            per,
            limit,
            span: Millis(span),
            shape,
        })
    }

    fn any_call() -> impl Strategy<Value = (u64, Context)> {
        (0_u64..12, 0_u8..2, proptest::option::of(0_u8..3)).prop_map(|(wait, i, account)| (wait, context(i, account)))
    }

    proptest! {
        #[test]
        fn the_windows_are_the_slow_ones_and_their_refusals_are_exact(
            rules in prop::collection::vec(any_rule(), 1..4), calls in prop::collection::vec(any_call(), 1..120)
        ) {
            let mut windows = Invocations::with_rules(rules.clone());
            let mut admitted: Vec<(Context, Instant)> = Vec::new();
            let mut now = Instant(1_000);
            for (wait, call) in calls {
                now += Millis(wait);
                let want = slow_admits(&rules, &admitted, &call, now);
                match windows.admit(&call, now) {
                    Ok(_) => {
                        prop_assert!(want);
                        admitted.push((call, now));
                    }
                    Err(refusal) => {
                        prop_assert!(!want && refusal.until > now);
                        prop_assert!(windows.clone().admit(&call, Instant(refusal.until.0 - 1)).is_err());
                        prop_assert!(windows.clone().admit(&call, refusal.until).is_ok());
                        prop_assert!(!slow_admits(&rules, &admitted, &call, Instant(refusal.until.0 - 1)));
                    }
                }
            }
        }
    }
}
