//! A memory from bytes in the form of `codec`, and nothing from any others.

use super::codec::{FIRST, MAGIC, VERSION, kind_of, sum};
use super::{
    Belief, Booked, BucketState, CostState, Costs, Hour, MAX_BYTES, Memory, Name, PoolState, Record, ShadowState,
    Spent, StateError,
};
use crate::crowd::Crowd;
use crate::demand::Demand;
use crate::doubt::Doubt;
use crate::learned::Samples;
use crate::rate::Rate;
use crate::sampler::{Figure, Sampler};
use headroom_model::time::{HOUR, Instant, Millis};

pub(super) fn decode(bytes: &[u8]) -> Result<Memory, StateError> {
    let mut head = Reader::of(bytes);
    if head.take(MAGIC.len()) != MAGIC {
        return Err(StateError::NotAState);
    }
    let version = match head.byte() {
        _ if head.is_damaged => return Err(StateError::CutOff),
        version @ 1..=VERSION => version,
        0 => return Err(StateError::Damaged),
        newer => return Err(StateError::NewerVersion(newer)),
    };
    if bytes.len() > MAX_BYTES {
        return Err(StateError::TooLarge(bytes.len()));
    }
    let length = usize::try_from(head.number()).unwrap_or(usize::MAX);
    let mut body = Reader { version, ..Reader::of(head.take(length)) };
    if head.is_damaged {
        return Err(StateError::CutOff);
    }
    let Some((summed, [])) = head.bytes.split_first_chunk() else {
        return Err(if head.bytes.len() < size_of::<u32>() { StateError::CutOff } else { StateError::Damaged });
    };
    if sum(&bytes[..bytes.len() - head.bytes.len()]) != u32::from_le_bytes(*summed) {
        return Err(StateError::Damaged);
    }
    let state = body.state();
    if body.is_damaged { Err(StateError::Damaged) } else { Ok(state) }
}

/// Reads on where nothing is left or something is wrong, and remembers that: zeros then, which no one must believe.
/// That is half the code of asking after each number.
struct Reader<'a> {
    at: Instant,
    bytes: &'a [u8],
    is_damaged: bool,
    version: u8,
}

impl<'a> Reader<'a> {
    const fn of(bytes: &'a [u8]) -> Self {
        Self { at: Instant(0), bytes, is_damaged: false, version: VERSION }
    }

    /// By how much rates, and what buckets lack, are larger than what is written.
    const fn rate_scale(&self) -> u32 {
        if self.version == FIRST { 1_000 } else { 1 }
    }

    /// Nothing is read from here on.
    #[inline(never)]
    fn fail(&mut self) {
        self.is_damaged = true;
        self.bytes = &[];
    }

    fn fail_unless(&mut self, is_right: bool) {
        if !is_right {
            self.fail();
        }
    }

    #[inline(never)]
    fn take(&mut self, len: usize) -> &'a [u8] {
        let Some((taken, rest)) = self.bytes.split_at_checked(len) else {
            self.fail();
            return &[];
        };
        self.bytes = rest;
        taken
    }

    fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or_default()
    }

    #[inline(never)]
    fn number(&mut self) -> u64 {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte();
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return number;
            }
        }
        self.fail();
        0
    }

    /// A number that is not more than this.
    #[inline(never)]
    fn up_to(&mut self, most: u64) -> u64 {
        let number = self.number();
        self.fail_unless(number <= most);
        if number <= most { number } else { 0 }
    }

    fn small(&mut self) -> u32 {
        self.up_to(u32::MAX.into()) as u32
    }

    /// How many bytes or entries follow: never more than there are bytes.
    fn count(&mut self) -> usize {
        let left = self.bytes.len() as u64;
        self.up_to(left) as usize
    }

    #[inline(never)]
    fn instant(&mut self) -> Instant {
        let zigzag = self.number();
        let past = (zigzag >> 1) ^ (zigzag & 1).wrapping_neg();
        Instant(self.at.0.wrapping_sub(past))
    }

    #[inline(never)]
    fn text(&mut self) -> &'a str {
        let len = self.count();
        str::from_utf8(self.take(len)).unwrap_or_else(|_| {
            self.fail();
            ""
        })
    }

    /// One more than the number, or nothing; it is not more than this.
    #[inline(never)]
    fn option(&mut self, most: u32) -> Option<u32> {
        let number = self.up_to(u64::from(most) + 1).checked_sub(1)?;
        Some(number as u32)
    }

    /// The lowest bits of a number that has no others.
    fn flags<const N: usize>(&mut self) -> [bool; N] {
        let flags = self.up_to((1 << N) - 1);
        std::array::from_fn(|bit| flags >> bit & 1 == 1)
    }

    #[inline(never)]
    fn text_after(&mut self, before: &str) -> String {
        let shared = usize::try_from(self.number()).ok().and_then(|shared| before.get(..shared));
        self.fail_unless(shared.is_some());
        [shared.unwrap_or_default(), self.text()].concat()
    }

    fn state(&mut self) -> Memory {
        self.at = Instant(self.number());
        let mut scopes = Vec::<(Name, Record)>::new();
        while !self.bytes.is_empty() {
            let kind = self.byte();
            let before = scopes.last().map(|(name, _)| name);
            let (outer, inner) = before.map_or(("", ""), |name| (&name.outer, &name.inner));
            let name = Name { kind, outer: self.text_after(outer), inner: self.text_after(inner) };
            self.fail_unless(kind < Name::KINDS && before.is_none_or(|before| *before < name));
            scopes.push((name, self.record()));
        }
        Memory { at: self.at, scopes }
    }

    fn record(&mut self) -> Record {
        let [pause, pool, bucket, windows, share, cap, shadow, crowd, users, taken, costs] = self.flags();
        let mut record = Record::default();
        if pause {
            let (until, kind) = (self.instant(), self.byte());
            record.pause = kind_of(kind, self.text()).map(|kind| (until, kind));
            self.fail_unless(record.pause.is_some());
        }
        for (is_there, into) in [(pool, &mut record.pool), (cap, &mut record.cap)] {
            *into = is_there.then(|| self.pool());
        }
        record.shadow =
            shadow.then(|| ShadowState { quota: self.small(), would_refuse: self.small(), pool: self.pool() });
        record.bucket = bucket.then(|| self.bucket());
        if windows {
            for _ in 0..self.count() {
                let [is_sliding] = self.flags();
                record.windows.push(((is_sliding, Millis(self.number())), self.booked()));
            }
        }
        record.crowd = crowd.then(|| Crowd { most: self.small(), settled_at: self.instant() });
        for (is_there, number) in [(users, &mut record.users), (taken, &mut record.taken)] {
            if is_there {
                *number = self.small();
            }
        }
        if share {
            let (window, points) = (self.hour_of(), self.small());
            let people = if self.version == FIRST { 0 } else { self.small() };
            record.share = Spent { window, points, people };
        }
        if costs {
            record.costs = self.costs();
        }
        self.fail_unless(record.windows.is_sorted_by(|(a, _), (b, _)| a < b));
        record
    }

    fn hour_of(&mut self) -> Instant {
        let hours = self.at.0 / HOUR.0;
        Instant((hours - self.up_to(hours)) * HOUR.0)
    }

    #[inline(never)]
    fn pool(&mut self) -> PoolState {
        let [has_before, has_doubt, has_people, has_spending, has_sampler, was_far] = self.flags();
        let (window, hour) = (self.hour_of(), self.hour());
        let before = has_before.then(|| self.hour());
        let (left_before, peaks) = (self.option(u32::MAX), [self.small(), self.small(), self.small()]);
        let mut doubt = Doubt::NONE;
        if has_doubt {
            let (young, old, ages_at) = (self.small(), self.small(), self.instant());
            // None is held longer, and one for good would close the pool for good.
            doubt = Doubt { young, old, ages_at: ages_at.min(self.at + Doubt::SPAN) };
        }
        let [people, spending] =
            [has_people, has_spending].map(|is_there| if is_there { self.demand() } else { Demand::default() });
        let sampler = if has_sampler { self.sampler() } else { Sampler::default() };
        PoolState { window, hour, before, left_before, peaks, doubt, people, spending, was_far, sampler }
    }

    #[inline(never)]
    fn hour(&mut self) -> Hour {
        let [reported_left, spent, limit] = [(); 3].map(|()| self.option(u32::MAX));
        let [by_quota] = self.flags();
        Hour { reported_left, spent, limit, by_quota }
    }

    fn demand(&mut self) -> Demand {
        let numbers = [(); 6].map(|()| self.number());
        Demand::of_numbers(numbers, self.instant())
    }

    fn sampler(&mut self) -> Sampler {
        let [has_last] = self.flags();
        let mut sampler = Sampler::default();
        sampler.sure_from = self.instant();
        if has_last {
            let (limit, remaining) = (self.option(u32::MAX), self.small());
            sampler.last = Some(Figure { limit, remaining, resets_at: self.instant(), sent_at: self.instant() });
        }
        sampler
    }

    fn bucket(&mut self) -> BucketState {
        let [is_empty, has_learned, has_told, has_booked] = self.flags();
        let (from, missing) = (self.instant(), self.number().saturating_mul(self.rate_scale().into()));
        let empty_until = is_empty.then(|| self.instant());
        let learned = has_learned.then(|| Belief { rate: self.rate(), settled_at: self.instant() });
        let told = has_told.then(|| self.rate());
        let booked = if has_booked { self.booked() } else { Booked::new() };
        BucketState { from, missing, empty_until, booked, learned, told }
    }

    /// Time is counted in parts of the rate: it is not nothing.
    #[inline(never)]
    fn rate(&mut self) -> Rate {
        let rate = Rate { per_kilosecond: self.small().saturating_mul(self.rate_scale()), capacity: self.small() };
        self.fail_unless(rate.per_kilosecond > 0 && rate.capacity > 0);
        rate
    }

    #[inline(never)]
    fn booked(&mut self) -> Booked {
        let mut booked = Booked::new();
        for _ in 0..self.count() {
            let slot = match booked.last() {
                None => self.instant(),
                // Two in one place are wrong, and so is a place after the end of time.
                Some((Instant(last), _)) => {
                    let most = u64::MAX - last;
                    let later = self.up_to(most);
                    self.fail_unless(later > 0);
                    Instant(last + later)
                }
            };
            booked.push((slot, self.small()));
        }
        booked
    }

    fn costs(&mut self) -> Costs {
        let mut costs = Costs::new();
        for _ in 0..self.count() {
            let (likely, ago) = (self.small(), self.number());
            let mut last = Samples::default();
            for sample in &mut last {
                sample.fall = self.up_to(u16::MAX.into()) as u16;
                sample.counted = self.option(u16::MAX.into()).map(|counted| counted as u16);
            }
            costs.push((likely, CostState { ago, last }));
        }
        self.fail_unless(costs.is_sorted_by(|(a, _), (b, _)| a < b));
        costs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::Scope;

    #[test]
    fn a_rate_of_nothing_is_damage() {
        let (from, missing, empty_until, booked) = (Instant(7), 1, None, Booked::new());
        for (per_kilosecond, capacity) in [(0, 1), (1, 0), (1, 1)] {
            let rate = Rate { per_kilosecond, capacity };
            let learned = Some(Belief { rate, settled_at: Instant(7) });
            let bucket = BucketState { from, missing, empty_until, booked: booked.clone(), learned, told: Some(rate) };
            let record = Record { bucket: Some(bucket), ..Record::default() };
            let memory = Memory { at: Instant(9), scopes: vec![(Name::of(Scope::Tenant("t".into())), record)] };
            let is_rate = per_kilosecond > 0 && capacity > 0;
            let want = if is_rate { Ok(memory.clone()) } else { Err(StateError::Damaged) };
            assert_eq!(decode(&memory.write().bytes), want);
        }
    }
}
