use super::Priority::{Background, Interactive};
use super::booked::Line;
use super::*;
use crate::config::BurstRate;
use proptest::prelude::*;

/// Its bookings, in whatever form it keeps them.
fn line(bucket: &Bucket) -> Line {
    *bucket.booked.clone().into_line(bucket.full_at())
}

/// Books the earliest slot from `now` on.
fn book(bucket: &mut Bucket, priority: Priority, now: Instant) -> Instant {
    let slot = bucket.earliest(now, priority, now);
    bucket.book(slot, priority, now);
    slot
}

fn rate(per_second: u32, capacity: u32) -> Rate {
    Rate { per_kilosecond: per_second * 1_000, capacity }
}

fn bucket(per_second: u32, capacity: u32) -> Bucket {
    Bucket::new(rate(per_second, capacity), Stagger::NONE)
}

/// The slow, obvious bucket: it counts tokens in millionths and moves millisecond by millisecond.
fn conforms(rate: Rate, sends: &[Instant]) -> bool {
    let full = u64::from(rate.capacity) * 1_000_000;
    let (mut tokens, mut at) = (full, 0);
    sends.iter().all(|send| {
        while at < send.0 {
            at += 1;
            tokens = (tokens + u64::from(rate.per_kilosecond)).min(full);
        }
        let admitted = tokens >= 1_000_000;
        tokens = tokens.saturating_sub(1_000_000);
        admitted
    })
}

/// Of some node of some fleet.
fn staggers() -> impl Strategy<Value = Stagger> {
    (1_u32..9, 1_u32..20, any::<u64>())
        .prop_map(|(capacity, nodes, seed)| Stagger::of(BurstRate { per_second: 1, capacity }, nodes, seed))
}

proptest! {
    #[test]
    fn slots_are_the_earliest_that_the_slow_bucket_admits(
        per_kilosecond in 100_u32..400_000,
        capacity in 1_u32..5,
        gaps in proptest::collection::vec(0_u64..40, 1..40),
    ) {
        let rate = Rate { per_kilosecond, capacity };
        let (mut bucket, mut now, mut sends) = (Bucket::new(rate, Stagger::NONE), Instant(0), Vec::new());
        for gap in gaps {
            now += Millis(gap);
            let slot = book(&mut bucket, Interactive, now);
            if slot > now && sends.last().is_none_or(|last| *last < slot) {
                let early: Vec<_> = sends.iter().copied().chain([Instant(slot.0 - 1)]).collect();
                prop_assert!(!conforms(rate, &early), "{slot} is later than needed after {sends:?}");
            }
            sends.push(slot);
        }
        prop_assert!(conforms(rate, &sends), "{sends:?}");
    }

    #[test]
    fn giving_slots_back_never_grants_too_much(
        per_kilosecond in 1_000_u32..400_000,
        capacity in 1_u32..5,
        steps in proptest::collection::vec((0_u64..20, any::<Option<prop::sample::Index>>()), 1..60),
    ) {
        let rate = Rate { per_kilosecond, capacity };
        let (mut bucket, mut now, mut sends) = (Bucket::new(rate, Stagger::NONE), Instant(0), Vec::<Instant>::new());
        for (gap, give_back) in steps {
            now += Millis(gap);
            sends.sort_unstable();
            let future = sends.partition_point(|slot| *slot <= now);
            match give_back.filter(|_| future < sends.len()) {
                Some(index) => {
                    let slot = sends.remove(future + index.index(sends.len() - future));
                    bucket.unbook(slot, Interactive);
                }
                None => sends.push(book(&mut bucket, Interactive, now)),
            }
        }
        sends.sort_unstable();
        prop_assert!(conforms(rate, &sends), "{sends:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// So that forgetting an idle bucket grants nothing.
    #[test]
    fn an_idle_bucket_gives_the_slots_of_a_new_one(
        per_kilosecond in 1_000_u32..400_000,
        capacity in 1_u32..5,
        stagger in staggers(),
        steps in proptest::collection::vec((0_u64..30_000, 0_u8..4), 1..40),
        after in proptest::collection::vec(0_u64..500, 1..20),
    ) {
        let told = Rate { per_kilosecond, capacity };
        let (mut kept, mut now) = (Bucket::new(told, stagger), Instant(0));
        for (gap, act) in steps {
            now += Millis(gap);
            match act {
                0 => kept.refused(now + Millis(gap / 2), now),
                1 => drop(book(&mut kept, Background, now)),
                _ => drop(book(&mut kept, Interactive, now)),
            }
        }
        while !kept.is_idle(now) {
            now += Millis(1_000);
        }
        let mut new = Bucket::new(told, stagger);
        for gap in after {
            now += Millis(gap);
            prop_assert_eq!(book(&mut kept, Background, now), book(&mut new, Background, now));
        }
    }
}

#[test]
fn after_a_refusal_one_call_goes_at_its_instant_and_the_others_at_half_the_rate() {
    let mut bucket = bucket(20, 5);
    for _ in 0..7 {
        book(&mut bucket, Interactive, Instant(10_000));
    }
    bucket.refused(Instant(12_000), Instant(10_500));
    bucket.refused(Instant(11_900), Instant(10_600));
    let slots = [(); 3].map(|()| book(&mut bucket, Interactive, Instant(11_000)).0);
    assert_eq!(slots, [12_000, 12_100, 12_200]);
    bucket.unbook(Instant(10_050), Interactive);
    let next = book(&mut bucket, Interactive, Instant(11_000));
    assert_eq!(next, Instant(12_300), "what was void already gives nothing back");
}

#[test]
fn time_without_a_refusal_brings_the_rate_back_to_what_was_told_and_no_further() {
    let told = rate(20, 4);
    let mut bucket = Bucket::new(told, Stagger::NONE);
    bucket.refused(Instant(1_000), Instant(1_000));
    let mut rates = Vec::new();
    for secs in (0..120).step_by(5) {
        let now = Instant(1_000) + Millis::from_secs(secs);
        book(&mut bucket, Interactive, now);
        rates.push(bucket.rate.per_kilosecond / 1_000);
    }
    assert_eq!((rates[0], rates[1], rates[2], rates[4]), (10, 10, 12, 14));
    assert_eq!(bucket.rate, told);
}

#[test]
fn giving_all_slots_back_in_any_order_leaves_no_trace() {
    let mut bucket = bucket(10, 2);
    let mut slots: Vec<_> = (0..5).map(|n| book(&mut bucket, Interactive, Instant(10 + n))).collect();
    for at in [1, 0, 1, 1, 0] {
        bucket.unbook(slots.remove(at), Interactive);
    }
    assert_eq!((bucket.full_at(), line(&bucket).slots.len()), (0, 0));
}

/// Callers as the limiter has them: each books a slot, asks at its turn whether it still holds it, and sends.
struct Callers {
    bucket: Bucket,
    now: Instant,
    /// How late each of them wakes.
    late: Millis,
    waiting: Vec<(Instant, Priority)>,
    /// The slots of those that were sent.
    sends: Vec<Instant>,
}

impl Callers {
    fn new(rate: Rate, late: u64) -> Self {
        let (waiting, sends) = Default::default();
        Self { bucket: Bucket::new(rate, Stagger::NONE), now: Instant(0), late: Millis(late), waiting, sends }
    }

    fn begin(&mut self, priority: Priority) -> Instant {
        let slot = book(&mut self.bucket, priority, self.now);
        self.waiting.push((slot, priority));
        slot
    }

    fn give_back(&mut self, which: prop::sample::Index) {
        if !self.waiting.is_empty() {
            let (slot, priority) = self.waiting.remove(which.index(self.waiting.len()));
            self.bucket.unbook(slot, priority);
        }
    }

    /// Time passes, and who wakes meanwhile acts.
    fn pass(&mut self, gap: u64) {
        let until = self.now + Millis(gap);
        let first = |waiting: &[(Instant, Priority)]| (0..waiting.len()).min_by_key(|at| waiting[*at].0);
        while let Some(at) = first(&self.waiting).filter(|at| self.waiting[*at].0 + self.late <= until) {
            let (slot, priority) = self.waiting.remove(at);
            self.now = self.now.max(slot + self.late);
            if self.bucket.holds(slot, priority) {
                self.sends.push(slot);
            } else {
                self.bucket.unbook(slot, priority);
                self.begin(priority);
            }
        }
        self.now = until;
    }

    fn pass_until_all_are_sent(&mut self) {
        while !self.waiting.is_empty() {
            self.pass(1_000);
        }
        self.sends.sort_unstable();
    }

    fn end_of_line(&self) -> Instant {
        self.bucket.earliest(self.now, Background, self.now)
    }

    fn displaced_ahead(&self) -> usize {
        self.ahead(line(&self.bucket).displaced)
    }

    fn ahead(&self, slots: impl IntoIterator<Item = Instant>) -> usize {
        slots.into_iter().filter(|slot| *slot > self.now).count()
    }
}

fn rates() -> impl Strategy<Value = Rate> {
    (1_000_u32..400_000, 1_u32..6).prop_map(|(per_kilosecond, capacity)| Rate { per_kilosecond, capacity })
}

fn priorities() -> impl Strategy<Value = Priority> {
    prop_oneof![Just(Interactive), Just(Background), Just(Background)]
}

fn gaps() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 0_u64..40, 0_u64..400]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn whoever_takes_over_or_gives_back_what_is_sent_never_exceeds_the_slow_bucket(
        rate in rates(),
        stagger in staggers(),
        late in prop_oneof![Just(0), 0..=LATE.0],
        steps in proptest::collection::vec((gaps(), priorities(), any::<Option<prop::sample::Index>>()), 1..60),
    ) {
        let mut callers = Callers { bucket: Bucket::new(rate, stagger), ..Callers::new(rate, late) };
        for (gap, priority, give_back) in steps {
            callers.pass(gap);
            match give_back {
                Some(which) => callers.give_back(which),
                None => {
                    let (end, displaced) = (callers.end_of_line(), callers.displaced_ahead());
                    let slot = callers.begin(priority);
                    prop_assert!(slot <= end && (priority == Interactive || slot == end));
                    prop_assert!(slot < end || callers.displaced_ahead() == displaced, "displaced for nothing");
                }
            }
            let later = callers.now + Millis(gap);
            let slot = callers.bucket.earliest(later, priority, callers.now);
            prop_assert!(slot >= later && callers.bucket.earliest(slot, priority, callers.now) == slot, "asked later");
            let mut recounted = callers.bucket.clone();
            recounted.booked.count_anew();
            prop_assert_eq!(recounted.full_at(), callers.bucket.full_at());
            let known = callers.ahead(line(&callers.bucket).slots) + callers.displaced_ahead();
            prop_assert_eq!(known, callers.ahead(callers.waiting.iter().map(|(slot, _)| *slot)), "each is known once");
        }
        callers.pass_until_all_are_sent();
        prop_assert!(conforms(rate, &callers.sends), "{:?}", callers.sends);
    }

    /// If nothing is given back. Compared with a bucket for people alone that holds one token, and so with their own
    /// bucket if background work emptied it just before.
    #[test]
    fn people_wait_one_slot_longer_than_among_themselves_and_in_order(
        rate in rates(), late in 0..=LATE.0, steps in proptest::collection::vec((gaps(), priorities()), 1..60),
    ) {
        let spacing = Millis(1_000_000_u64.div_ceil(rate.per_kilosecond.into()));
        let (mut callers, mut alone) = (Callers::new(rate, late), Bucket::new(rate, Stagger::NONE));
        let mut alone_of_one = Instant(0);
        let mut last = Instant(0);
        for (gap, priority) in steps {
            callers.pass(gap);
            let slot = callers.begin(priority);
            if priority == Interactive {
                alone_of_one = callers.now.max(alone_of_one);
                let own = book(&mut alone, Interactive, callers.now);
                prop_assert!(slot >= last && slot >= own && slot >= callers.now);
                prop_assert!(slot <= alone_of_one + spacing, "{slot} instead of {alone_of_one}");
                prop_assert!(slot <= own + spacing.times(rate.capacity.into()), "{slot} instead of {own}");
                (last, alone_of_one) = (slot, alone_of_one + spacing);
            }
        }
    }

    /// If nothing is given back and all are punctual.
    #[test]
    fn taking_over_wastes_nothing(
        rate in rates(), steps in proptest::collection::vec((gaps(), priorities()), 1..60),
    ) {
        let (mut two_classes, mut one_class) = (Callers::new(rate, 0), Callers::new(rate, 0));
        for (gap, priority) in steps {
            for (callers, priority) in [(&mut two_classes, priority), (&mut one_class, Background)] {
                callers.pass(gap);
                callers.begin(priority);
            }
        }
        two_classes.pass_until_all_are_sent();
        one_class.pass_until_all_are_sent();
        prop_assert_eq!(two_classes.sends, one_class.sends);
    }

    #[test]
    fn background_work_by_itself_waits_as_people_by_themselves(
        rate in rates(),
        steps in proptest::collection::vec((gaps(), 0_u8..8, any::<Option<prop::sample::Index>>()), 1..60),
    ) {
        let (mut people, mut background) = (Callers::new(rate, 0), Callers::new(rate, 0));
        for (gap, act, give_back) in steps {
            for (callers, priority) in [(&mut people, Interactive), (&mut background, Background)] {
                callers.now += Millis(gap);
                match (act, give_back) {
                    (0, _) => callers.bucket.refused(callers.now + Millis(gap), callers.now),
                    (_, Some(which)) => callers.give_back(which),
                    _ => drop(callers.begin(priority)),
                }
            }
            let slots = |callers: &Callers| callers.waiting.iter().map(|(slot, _)| *slot).collect::<Vec<_>>();
            prop_assert_eq!(slots(&people), slots(&background));
        }
    }
}

#[test]
fn a_person_does_not_wait_for_what_was_booked_ahead() {
    let mut callers = Callers::new(rate(100, 1), 0);
    for _ in 0..4_000 {
        callers.begin(Background);
    }
    callers.pass(5);
    let slots = [(); 3].map(|()| callers.begin(Interactive).0);
    assert_eq!(slots, [10, 20, 30]);
    callers.pass(10);
    assert_eq!(callers.waiting.iter().map(|(slot, _)| slot.0).max(), Some(40_000), "the first of them queued anew");
    callers.pass_until_all_are_sent();
    assert_eq!((callers.sends.len(), callers.sends[4_002]), (4_003, Instant(40_020)));
}

#[test]
fn a_slot_that_was_taken_over_in_vain_goes_back() {
    let mut bucket = bucket(10, 1);
    let slots = [(); 3].map(|()| book(&mut bucket, Background, Instant(0)));
    let taken = book(&mut bucket, Interactive, Instant(50));
    assert_eq!((taken, bucket.holds(slots[1], Background)), (slots[1], false));
    bucket.unbook(taken, Interactive);
    assert!(bucket.holds(slots[1], Background) && line(&bucket).displaced.is_empty());
    assert_eq!(bucket.earliest(Instant(50), Background, Instant(50)), Instant(300), "the line is as long as before");
}

#[test]
fn after_a_refusal_nobody_holds_a_slot_before_its_end() {
    let mut bucket = bucket(10, 1);
    let slots = [(); 5].map(|()| book(&mut bucket, Background, Instant(0)));
    book(&mut bucket, Interactive, Instant(50));
    book(&mut bucket, Interactive, Instant(50));
    bucket.refused(Instant(200), Instant(60));
    assert_eq!(slots.map(|slot| bucket.holds(slot, Background)), [false, false, false, true, true]);
    assert_eq!(line(&bucket).displaced, [slots[2]]);
    bucket.unbook(slots[1], Background);
    assert_eq!(
        (line(&bucket).slots.len(), line(&bucket).full_at.is_none()),
        (3, true),
        "what was void gives nothing back"
    );
}

#[test]
fn nothing_is_kept_of_calls_that_never_came() {
    let mut bucket = bucket(10, 1);
    for priority in [Background, Background, Background, Interactive] {
        book(&mut bucket, priority, Instant(0));
    }
    let Line { slots, background, displaced, .. } = line(&bucket);
    assert_eq!((slots.len(), background.len(), displaced.len()), (3, 2, 1));
    book(&mut bucket, Interactive, Instant(10_000));
    assert!(matches!(bucket.booked, Booked::One(slot, Interactive) if slot == Instant(10_000)));
}
