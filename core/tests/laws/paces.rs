//! Invocations keep to the published windows, and one flood starves nobody beside it.

use crate::world::{Job, NOON, Network, Server, Silent, World, invocation};
use headroom_core::Config;
use headroom_model::operation::{Answer, Context, Operation, Trigger};
use headroom_model::profile::{CountedPer, InvocationProfile, WindowRule, WindowShape};
use headroom_model::time::{Instant, Millis};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// The slow counter: it keeps every timestamp of everyone.
#[derive(Default)]
struct Counter {
    sent: Vec<(Context, Instant)>,
}

impl Server for Counter {
    fn answer(&mut self, operation: &Operation, now: Instant) -> Answer {
        Silent.answer(operation, now)
    }

    fn on_sent(&mut self, operation: &Operation, now: Instant) {
        let Operation::Invoke(invocation) = operation else { panic!("only invocations here") };
        self.sent.push((invocation.context.clone(), now));
    }
}

impl Counter {
    /// The first window that holds more than a rule admits.
    fn violation(&self, profile: InvocationProfile) -> Option<String> {
        profile.rules().iter().find_map(|rule| {
            let mut scopes = BTreeMap::<_, Vec<Instant>>::new();
            for (context, at) in self.sent.iter().filter(|(context, _)| context.trigger.is_rate_limited()) {
                scopes.entry(counted(context, rule.per)).or_default().push(*at);
            }
            let over = |sends: &Vec<Instant>| {
                let limit = rule.limit as usize;
                sends
                    .iter()
                    .zip(sends.iter().skip(limit))
                    .find(|(first, next)| share_a_window(**first, **next, *rule))
                    .map(|(at, _)| *at)
            };
            scopes.iter().filter(|(scope, _)| scope.is_some()).find_map(|(scope, sends)| {
                Some(format!("{rule:?} of {scope:?} broken in the window that holds {}", over(sends)?))
            })
        })
    }
}

fn counted(context: &Context, per: CountedPer) -> Option<(String, String)> {
    match per {
        CountedPer::User => Some((context.installation.clone(), context.account.clone()?)),
        CountedPer::Installation => Some((context.installation.clone(), String::new())),
        CountedPer::Environment => Some((context.environment.clone(), String::new())),
        CountedPer::Issue | CountedPer::App | CountedPer::Account => None,
    }
}

fn share_a_window(first: Instant, next: Instant, rule: WindowRule) -> bool {
    match rule.shape {
        WindowShape::Fixed => first.0 / rule.span.0 == next.0 / rule.span.0,
        WindowShape::Sliding => next.0 - first.0 < rule.span.0,
    }
}

/// A crowd: so many calls of one user of one installation, spread over so many milliseconds.
#[derive(Clone, Debug)]
struct Crowd {
    installation: &'static str,
    account: Option<&'static str>,
    from: u64,
    calls: usize,
    over: u64,
    cancel_after: Option<u64>,
}

fn any_crowd() -> impl Strategy<Value = Crowd> {
    let account =
        prop_oneof![4 => proptest::sample::select(vec!["a", "b", "c", "d", "f"]).prop_map(Some), 1 => Just(None)];
    // Thousands fill a minute; most cases look at what few of them do at its edges.
    let calls = prop_oneof![60 => 1_usize..60, 3 => 60_usize..1_500, 1 => 1_500_usize..5_000];
    let cancel = proptest::option::weighted(0.3, 0_u64..70_000);
    (proptest::sample::select(vec!["i", "j"]), account, 0_u64..90_000, calls, 0_u64..30_000, cancel).prop_map(
        |(installation, account, from, calls, over, cancel_after)| Crowd {
            installation,
            account,
            from,
            calls,
            over,
            cancel_after,
        },
    )
}

impl Crowd {
    fn jobs(&self) -> impl Iterator<Item = Job> {
        let operation = invocation(self.installation, self.account, "e", Trigger::Ui);
        (0..self.calls).map(move |n| {
            let at = NOON + Millis(self.from + self.over * n as u64 / self.calls as u64);
            // Not all of them at once, and not in their order.
            let cancel_after = self.cancel_after.filter(|_| n % 3 == 0).map(|after| Millis(after * (n as u64 % 7) / 3));
            Job { cancel_after, ..Job::new(at, operation.clone()) }
        })
    }
}

fn rush(profile: InvocationProfile, crowds: &[Crowd], start: Instant) -> World<Counter> {
    let config = Config { invocations: profile, ..Config::default() };
    let shift = |job: Job| Job { at: Instant(job.at.0 - NOON.0 + start.0), ..job };
    let jobs = crowds.iter().flat_map(Crowd::jobs).map(shift).collect();
    let mut world = World::new(config, Counter::default(), Network::up_to(100), jobs, 5);
    world.run();
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn sends_conform_to_the_published_windows(
        profile in proptest::sample::select(&InvocationProfile::ALL[..]),
        crowds in proptest::collection::vec(any_crowd(), 1..8),
        start in 0_u64..60_000,
    ) {
        let world = rush(profile, &crowds, NOON + Millis(start));
        prop_assert_eq!(world.server.violation(profile), None);
        prop_assert!(world.tracks.iter().all(|track| track.was_cancelled || track.outcome.is_some()), "a call never ended");
    }

    /// A user floods; somebody else calls once while the flood is waiting. With `forge-current`, one user cannot
    /// fill an installation's minute, so the other goes at once, or when others let the next minute begin.
    #[test]
    fn one_flooding_user_delays_nobody_else(
        others in prop_oneof![15 => 0_usize..100, 1 => 0_usize..7_000],
        flood in prop_oneof![15 => 1_usize..1_500, 1 => 1_usize..9_000],
        after in 0_u64..50_000,
        is_elsewhere: bool,
    ) {
        let crowd = |account, from, calls| Crowd { installation: "i", account, from, calls, over: 1_000, cancel_after: None };
        // Users that together may fill this minute; the flood of another; and then the one that matters.
        let mut crowds: Vec<_> = ["b", "c", "d", "f", "g", "h"].map(|user| crowd(Some(user), 0, others / 6)).into();
        crowds.push(crowd(Some("a"), 2_000, flood));
        let late = Crowd { installation: if is_elsewhere { "j" } else { "i" }, ..crowd(Some("z"), 4_000 + after, 1) };
        crowds.push(late);
        let world = rush(InvocationProfile::ForgeCurrent, &crowds, NOON);
        let (job, track) = (world.jobs.last().unwrap(), world.tracks.last().unwrap());
        let waited = track.sends[0].since(job.at);
        let minute_is_full = !is_elsewhere && 6 * (others / 6) + flood.min(1_200) >= 5_000;
        let longest = if minute_is_full { Millis(60_000 - job.at.0 % 60_000) } else { Millis(0) };
        prop_assert!(waited <= longest, "waited {} instead of {} at most", waited, longest);
    }
}

/// What a minute admits is used up: no calls wait while there is room.
#[test]
fn a_rush_takes_no_longer_than_the_windows_ask() {
    for (profile, calls, users, minutes) in [
        (InvocationProfile::ForgeCurrent, 12_000, 12, 2),
        (InvocationProfile::ForgeSep2026, 16_000, 20, 2),
        (InvocationProfile::ForgeRfc130, 16_000, 20, 2),
    ] {
        let names: Vec<&'static str> =
            vec!["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t"];
        let crowds: Vec<_> = names[..users]
            .iter()
            .map(|user| Crowd {
                installation: "i",
                account: Some(user),
                from: 0,
                calls: calls / users,
                over: 0,
                cancel_after: None,
            })
            .collect();
        let world = rush(profile, &crowds, NOON);
        assert_eq!(world.server.violation(profile), None);
        let last = world.server.sent.last().unwrap().1;
        assert!(last < NOON + Millis(minutes * 60_000 + 8_000), "{profile:?}: {last}");
    }
}
