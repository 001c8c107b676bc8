//! Memory: a restored limiter decides as the saved one, two memories grant no more than either, garbage is refused.

use crate::deeds::{Deed, any_deeds, any_frank_config, any_small_config, live, operations, tell};
use crate::world::{NOON, invocation, page, response};
use headroom_core::config::{BurstRate, PoolKind};
use headroom_core::state::{self, MAX_BYTES, Saved, StateError};
use headroom_core::verdict::{CallOptions, Decision, LimiterKind, Priority, Step, Verdict};
use headroom_core::{Config, Limiter};
use headroom_model::operation::{Answer, Header, Operation, Trigger};
use headroom_model::profile::InvocationProfile;
use headroom_model::time::{HOUR, Instant, Millis};
use proptest::prelude::*;

const SEED: u64 = 7;

fn fresh(config: &Config) -> Limiter {
    Limiter::new(config.clone(), SEED).unwrap()
}

fn restored(config: &Config, saved: &Saved, now: Instant) -> Limiter {
    let mut limiter = fresh(config);
    limiter.restore(&saved.bytes, now).unwrap();
    limiter
}

/// What was lived through, saved a little later.
fn lived(config: &Config, deeds: &[Deed], after: Millis) -> (Limiter, Saved, Instant) {
    let (mut limiter, mut now) = (fresh(config), NOON + Millis(3_400_000));
    live(&mut limiter, deeds, &mut now);
    now += after;
    let saved = limiter.save(now);
    assert_eq!(saved.left_out, 0);
    (limiter, saved, now)
}

/// What a call of this priority would hear.
fn verdict(limiter: &Limiter, operation: &Operation, priority: Priority, now: Instant) -> Verdict {
    let options = CallOptions { priority, user: Some("a".into()), ..CallOptions::default() };
    limiter.quota_check(operation, &options, now)
}

/// From when on it would be sent: the end of time for never.
fn earliest(verdict: &Verdict, now: Instant) -> Instant {
    match &verdict.decision {
        Decision::Proceed => now,
        Decision::WaitUntil(wait) => wait.until,
        Decision::Never(_) => Instant(u64::MAX),
    }
}

/// Spans after which to ask; an hour that is not asked for begins between them.
fn later() -> [Millis; 7] {
    [Millis(0), Millis(40), Millis::from_secs(7), Millis::from_secs(70), Millis(1_111_111), HOUR, HOUR.times(2)]
}

/// All that one may ask, and when.
fn questions(now: Instant) -> impl Iterator<Item = (Operation, Priority, Instant)> {
    let at = later().into_iter().map(move |after| now + after);
    let who = |at| [Priority::Interactive, Priority::Background].map(|priority| (priority, at));
    at.flat_map(who).flat_map(|(priority, at)| operations().into_iter().map(move |operation| (operation, priority, at)))
}

/// `limiter` grants no more than `other`, now and at some later instants.
fn grants_no_more(limiter: &Limiter, other: &Limiter, now: Instant) {
    grants_no_more_before(Instant(u64::MAX), limiter, other, now);
}

/// The same at instants before `end`.
fn grants_no_more_before(end: Instant, limiter: &Limiter, other: &Limiter, now: Instant) {
    for (operation, priority, at) in questions(now).filter(|(.., at)| *at < end) {
        let [this, that] = [limiter, other].map(|limiter| verdict(limiter, &operation, priority, at));
        let said =
            || format!("{operation:?}, {priority:?} at {at}: {this:?}\nis more than {that:?}\n{limiter:?}\n{other:?}");
        // Who meets the wall behind his share is let in with the hour, and not spread after it.
        let (from, until) = (earliest(&this, at), earliest(&that, at));
        let is_spread = is_about_open_calls(&this) && until.hour_start() == from;
        // What holds it up last need not be what does so longest.
        let at_last = || verdict(other, &operation, priority, Instant(until.0 - 1));
        let is_held_by_others = || is_about_open_calls(&that) || is_about_open_calls(&at_last());
        assert!(from >= until || is_spread || is_held_by_others(), "{}", said());
        assert!(this.points_left <= that.points_left && this.cost.likely >= that.cost.likely, "{}", said());
    }
}

/// Who is on his way and who asks for how much, is not saved; and of whom more is known that he had, less is kept for him.
fn is_about_open_calls(verdict: &Verdict) -> bool {
    let Decision::WaitUntil(wait) = &verdict.decision else { return false };
    matches!(wait.limit.kind, LimiterKind::FairShare | LimiterKind::Concurrency)
}

fn any_after() -> impl Strategy<Value = Millis> {
    prop_oneof![0_u64..50, 0_u64..100_000, 0_u64..8_000_000].prop_map(Millis)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_restored_limiter_decides_as_the_one_that_was_saved(
        config in any_frank_config(),
        deeds in any_deeds(30, 0),
        after in any_after(),
        later in any_deeds(20, 10),
    ) {
        let (mut saved, bytes, now) = lived(&config, &deeds, after);
        let mut restored = restored(&config, &bytes, now);
        let (mut now, mut same) = (now, now);
        prop_assert_eq!(live(&mut restored, &later, &mut now), live(&mut saved, &later, &mut same));
    }

    /// Calls that are open may have been sent, by one who was not away.
    #[test]
    fn open_calls_count_as_taken(
        config in any_small_config(),
        deeds in any_deeds(30, 40),
        after in any_after(),
    ) {
        // Who asks for how much is not saved, nor what is on its way when an hour begins, of which nodes think that it is
        // on its way elsewhere, too.
        let config = Config { nodes: 1, pool: PoolKind::PerTenant, ..config };
        let (saved, bytes, now) = lived(&config, &deeds, after);
        let restored = restored(&config, &bytes, now);
        // What is in doubt ends with its hour, or half a minute later; what an open call holds does not.
        let in_doubt_until = now.next_hour().max(now + Millis::from_secs(30));
        grants_no_more_before(in_doubt_until, &restored, &saved, now);
    }

    #[test]
    fn two_memories_grant_no_more_than_either_whatever_the_configuration(
        (config, other, then) in (any_small_config(), any_small_config(), any_small_config()),
        common in any_deeds(10, 10),
        (a, b) in (any_deeds(20, 20), any_deeds(20, 20)),
        (after_a, after_b) in (any_after(), any_after()),
    ) {
        // All but the app's own windows: what one window saw says too little of another.
        let without = |config| Config { windows: vec![], ..config };
        let is_kept = !config.windows.is_empty();
        let (other, then) = if is_kept { (config.clone(), config.clone()) } else { (without(other), without(then)) };
        let with_common = |deeds: &[Deed]| [&common[..], deeds].concat();
        let a_deeds = a;
        let (_, a, at_a) = lived(&config, &with_common(&a_deeds), after_a);
        let (_, b, at_b) = lived(&other, &with_common(&b), after_b);
        let now = at_a.max(at_b);
        let merged = restored(&then, &state::merge(&a.bytes, &b.bytes, now).unwrap(), now);
        let (alone_a, alone_b) = (restored(&then, &a, now), restored(&then, &b, now));
        grants_no_more(&merged, &alone_a, now);
        grants_no_more(&merged, &alone_b, now);
        let mut both = alone_a.clone();
        both.restore(&b.bytes, now).unwrap();
        // Who knows nothing, or only what the app told, takes in all.
        let mut told = fresh(&config);
        with_common(&a_deeds).iter().for_each(|deed| tell(&mut told, deed));
        if alone_a.save(now) != told.save(now) {
            grants_no_more(&both, &alone_a, now);
            grants_no_more(&both, &alone_b, now);
        }
    }

    #[test]
    fn neither_the_order_of_merging_matters_nor_merging_again(
        config in any_frank_config(),
        (a, b, c) in (any_deeds(15, 20), any_deeds(15, 20), any_deeds(15, 20)),
        after in (any_after(), any_after(), any_after()),
    ) {
        let saved = |deeds: &[Deed], after| lived(&config, deeds, after).1.bytes;
        let (a, b, c) = (saved(&a, after.0), saved(&b, after.1), saved(&c, after.2));
        let merge = |a: &[u8], b: &[u8]| state::merge(a, b, Instant(u64::MAX)).unwrap().bytes;
        prop_assert_eq!(merge(&a, &a), &a[..]);
        prop_assert_eq!(merge(&a, &b), merge(&b, &a));
        prop_assert_eq!(merge(&merge(&a, &b), &c), merge(&a, &merge(&b, &c)));
        prop_assert_eq!(merge(&merge(&a, &b), &b), merge(&a, &b));
    }

    #[test]
    fn what_is_not_what_was_saved_is_an_error_and_changes_nothing(
        config in any_frank_config(),
        deeds in any_deeds(12, 20),
        garbage: Vec<u8>,
        (at, bit) in (any::<prop::sample::Index>(), 0_u8..8),
    ) {
        let (_, Saved { bytes, .. }, now) = lived(&config, &deeds, Millis(0));
        let mut flipped = bytes.clone();
        *at.get_mut(&mut flipped) ^= 1 << bit;
        let mut limiter = restored(&config, &Saved { bytes: bytes.clone(), left_out: 0 }, now);
        let before = format!("{limiter:?}");
        let longer = [&bytes[..], &[0]].concat();
        let in_front = [&bytes[..at.index(bytes.len())], &garbage].concat();
        for wrong in [&garbage, &flipped, &bytes[..at.index(bytes.len())], &longer, &in_front] {
            if wrong != bytes {
                prop_assert!(limiter.restore(wrong, now).is_err());
                prop_assert!(state::merge(&bytes, wrong, now).is_err() && state::merge(wrong, &bytes, now).is_err());
            }
        }
        prop_assert_eq!(format!("{limiter:?}"), before);
    }

    /// What somebody made up, sum and all: it may be taken in, and then the limiter goes on.
    #[test]
    fn a_forged_state_never_breaks_the_limiter(
        config in any_frank_config(),
        deeds in any_deeds(12, 20),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        later in any_deeds(12, 20),
    ) {
        let (_, Saved { mut bytes, .. }, now) = lived(&config, &deeds, Millis(0));
        let whole = bytes.len() - 4;
        for (at, byte) in edits {
            *at.get_mut(&mut bytes[..whole]) = byte;
        }
        let sum = bytes[..whole]
            .iter().fold(0x811c_9dc5_u32, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
        bytes[whole..].copy_from_slice(&sum.to_le_bytes());
        let mut limiter = fresh(&config);
        if limiter.restore(&bytes, now).is_ok() {
            live(&mut limiter, &later, &mut { now });
            let again = limiter.save(now);
            prop_assert!(state::merge(&again.bytes, &bytes, Instant(u64::MAX)).is_ok());
        }
    }
}

/// A minute in which each tenant sends a page read and invokes a function of its installation in each of the rounds.
fn busy(tenants: usize, rounds: u64, profile: InvocationProfile) -> (Limiter, Instant) {
    let config = Config { invocations: profile, pool: PoolKind::PerTenant, ..Config::default() };
    let (mut limiter, mut now) = (fresh(&config), NOON);
    let id = |n: usize| format!("{n:08x}-1dc1-4f04-9b0c-2e6a7c2b9c55");
    for n in 0..rounds as usize {
        now += Millis(59_999 / rounds);
        for tenant in 0..tenants {
            let installation = format!("ari:cloud:ecosystem::installation/{}", id(tenant));
            let account = format!("712020:{}", id(n % 3));
            let invoked = invocation(&installation, Some(&account), "production", Trigger::Ui);
            let said = response(200, vec![Header::new("X-RateLimit-Remaining", "4321")]);
            for (operation, answer) in [(page(&id(tenant)), said), (invoked, Answer::Resolved("1".into()))] {
                let call = limiter.begin(&operation, &CallOptions::default(), now).unwrap();
                assert_eq!(limiter.next(call, now), Step::Send(1));
                limiter.on_response(call, &answer, now);
                limiter.end(call);
            }
        }
    }
    (limiter, now)
}

#[test]
fn a_hundred_busy_tenants_fit_into_64_kib_and_of_more_the_widest_scopes_are_kept() {
    for profile in InvocationProfile::ALL {
        let (limiter, now) = busy(100, 120, profile);
        let saved = limiter.save(now);
        println!("{}: {} bytes for 100 tenants", profile.name(), saved.bytes.len());
        assert!(saved.bytes.len() <= MAX_BYTES && saved.left_out == 0, "{} bytes", saved.bytes.len());
    }
    // A tenth of what its windows admit or nearly all: grains bound it.
    let (one, now) = busy(1, 5_900, InvocationProfile::ForgeRfc130);
    let bytes = one.save(now).bytes.len();
    assert!(bytes <= MAX_BYTES / 100, "{bytes} bytes for one tenant");
    let (limiter, now) = busy(1_500, 8, InvocationProfile::ForgeCurrent);
    let saved = limiter.save(now);
    assert!(saved.bytes.len() <= MAX_BYTES && saved.bytes.len() > MAX_BYTES * 4 / 5, "{} bytes", saved.bytes.len());
    let known = format!("{:?}", restored(&Config::default(), &saved, now));
    assert!(saved.left_out > 1_000 && known.contains("Environment(") && !known.contains("User("));
    let long = limiter_at(&page(&"t".repeat(5_000)));
    assert_eq!(long.save(NOON).left_out, 1, "a name that would take the room of many");
}

/// After one call.
fn limiter_at(operation: &Operation) -> Limiter {
    let mut limiter = fresh(&Config { pool: PoolKind::PerTenant, ..Config::default() });
    let call = limiter.begin(operation, &CallOptions::default(), NOON).unwrap();
    assert_eq!(limiter.next(call, NOON), Step::Send(1));
    limiter.end(call);
    limiter
}

#[test]
fn an_error_says_what_is_wrong() {
    let Saved { bytes, .. } = limiter_at(&page("t")).save(NOON);
    let fails = |bytes: &[u8], now| fresh(&Config::default()).restore(bytes, now).unwrap_err();
    let mut newer = bytes.clone();
    newer[4] = 9;
    assert_eq!(fails(&newer, NOON), StateError::NewerVersion(9));
    assert_eq!(fails(b"", NOON), StateError::NotAState);
    assert_eq!(fails(&bytes[..bytes.len() - 1], NOON), StateError::CutOff);
    assert_eq!(fails(&[&bytes[..], b"?"].concat(), NOON), StateError::Damaged);
    assert_eq!(fails(&[&bytes[..], &[0; MAX_BYTES]].concat(), NOON), StateError::TooLarge(bytes.len() + MAX_BYTES));
    let long_ago = Instant(NOON.0 - 600_001);
    assert_eq!(fails(&bytes, long_ago), StateError::FromTheFuture(NOON));
    let (mut behind, now) =
        (fresh(&Config { pool: PoolKind::PerTenant, ..Config::default() }), Instant(NOON.0 - 600_000));
    behind.restore(&bytes, now).unwrap();
    assert_eq!(behind.save(now).bytes, bytes, "clocks may differ; the later one counts");
    let mut busy = fresh(&Config::default());
    busy.begin(&page("t"), &CallOptions::default(), NOON).unwrap();
    let error = busy.restore(&bytes, NOON).unwrap_err();
    assert_eq!(error.to_string(), "`1` calls are open: end them, or restore before the first");
}

#[test]
fn what_is_spent_and_learned_survives_another_configuration() {
    let burst = Some(BurstRate { per_second: 20, capacity: 20 });
    let tenth = Config { quota_points: 100, burst, ..Config::default() };
    let mut limiter = fresh(&Config { quota_points: 1_000, burst, ..Config::default() });
    let refusal = vec![Header::new("Retry-After", "5"), Header::new("RateLimit-Reason", "jira-burst-based")];
    for answer in [response(200, vec![]), response(429, refusal)] {
        let call = limiter.begin(&page("t"), &CallOptions::default(), NOON).unwrap();
        assert_eq!(limiter.next(call, NOON), Step::Send(1));
        limiter.on_response(call, &answer, NOON);
        limiter.end(call);
    }
    let later = NOON + Millis::from_secs(9);
    let restored = restored(&tenth, &limiter.save(NOON), NOON);
    let ask = |limiter: &Limiter, now| verdict(limiter, &page("t"), Priority::Interactive, now);
    assert_eq!(ask(&restored, later).points_left, Some(98), "of the new quota");
    assert!(earliest(&ask(&restored, NOON), NOON) >= NOON + Millis::from_secs(5), "the pause holds");
    let slots = |mut limiter: Limiter| {
        let begin = |_| limiter.begin(&page("t"), &CallOptions::default(), later).is_ok();
        assert!((0..40).all(begin));
        earliest(&ask(&limiter, later), later).since(later)
    };
    assert!(slots(restored) > slots(fresh(&tenth)), "so does the lower rate");
}

/// A state of version 2: whoever changes the form reads this one still, or raises the version.
#[test]
fn what_was_saved_once_is_read_for_good() {
    let hex = "6864726d022d80ace5f1c13302000174000006160000010001000200020200dfd4030201000000000000dfd40308000001000155fdf771";
    let Saved { bytes, .. } = limiter_at(&page("t")).save(NOON);
    assert_eq!(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>(), hex);
}

/// One of version 1, saved after a burst of an endpoint was refused: its rates were whole requests per second.
#[test]
fn rates_that_an_older_version_saved_are_understood() {
    let hex = "6864726d016c80ace5f1c1330000000000020e0000010001000200020000dfd403020100000000000001000000000002000174000004\
               080000010001040100001f474554202f77696b692f726573742f6170692f636f6e74656e742f7b69647d059f4e0100079f4ee8079f4e\
               0a029f4e14043f7c3701";
    let bytes = (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap());
    let old = Saved { bytes: bytes.collect(), left_out: 0 };
    let config = Config { burst: Some(BurstRate { per_second: 20, capacity: 4 }), ..Config::default() };
    let mut lived = fresh(&config);
    let call = lived.begin(&page("t"), &CallOptions::default(), NOON).unwrap();
    assert_eq!(lived.next(call, NOON), Step::Send(1));
    let refusal = vec![Header::new("Retry-After", "5"), Header::new("RateLimit-Reason", "jira-burst-based")];
    lived.on_response(call, &response(429, refusal), NOON);
    lived.end(call);
    let mut both = [lived, restored(&config, &old, NOON)];
    assert_eq!(both[1].save(NOON), both[0].save(NOON));
    for n in 0..20 {
        let at = NOON + Millis(5_000 + 30 * n);
        let slots = both.each_mut().map(|limiter| {
            let call = limiter.begin(&page("t"), &CallOptions::default(), at).unwrap();
            limiter.next(call, at)
        });
        assert_eq!(slots[0], slots[1]);
    }
}
