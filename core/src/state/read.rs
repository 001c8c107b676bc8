//! A memory from bytes in the form of `codec`, and nothing from any others.

use super::codec::{MAGIC, VERSION, kind_of, sum};
use super::{
    Belief, Booked, BucketState, CostState, Costs, Hour, MAX_BYTES, Memory, Name, PoolState, Record, ShadowState,
    StateError,
};
use crate::config::BurstRate;
use crate::crowd::Crowd;
use crate::demand::Demand;
use crate::doubt::Doubt;
use crate::learned::Samples;
use crate::sampler::{Figure, Sampler};
use alloc::string::String;
use alloc::vec::Vec;
use headroom_model::time::{HOUR, Instant, Millis};

pub(super) fn decode(bytes: &[u8]) -> Result<Memory, StateError> {
    let mut head = Reader { at: Instant(0), bytes };
    if head.take(MAGIC.len()) != Some(MAGIC) {
        return Err(StateError::NotAState);
    }
    match head.byte().ok_or(StateError::CutOff)? {
        VERSION => {}
        0 => return Err(StateError::Damaged),
        newer => return Err(StateError::NewerVersion(newer)),
    }
    if bytes.len() > MAX_BYTES {
        return Err(StateError::TooLarge(bytes.len()));
    }
    let length = head.number().and_then(|length| usize::try_from(length).ok()).ok_or(StateError::CutOff)?;
    let mut body = Reader { at: Instant(0), bytes: head.take(length).ok_or(StateError::CutOff)? };
    let Some((summed, [])) = head.bytes.split_first_chunk() else {
        return Err(if head.bytes.len() < size_of::<u32>() { StateError::CutOff } else { StateError::Damaged });
    };
    let is_whole = sum(&bytes[..bytes.len() - head.bytes.len()]) == u32::from_le_bytes(*summed);
    Some(&mut body).filter(|_| is_whole).and_then(|body| body.state()).ok_or(StateError::Damaged)
}

struct Reader<'a> {
    at: Instant,
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(len)?;
        self.bytes = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn small(&mut self) -> Option<u32> {
        self.number()?.try_into().ok()
    }

    fn instant(&mut self) -> Option<Instant> {
        let zigzag = self.number()?;
        let past = (zigzag >> 1) ^ (zigzag & 1).wrapping_neg();
        Some(Instant(self.at.0.wrapping_sub(past)))
    }

    fn text(&mut self) -> Option<&'a str> {
        let len = self.number()?.try_into().ok()?;
        str::from_utf8(self.take(len)?).ok()
    }

    fn option(&mut self) -> Option<Option<u32>> {
        match self.number()? {
            0 => Some(None),
            more => u32::try_from(more - 1).ok().map(Some),
        }
    }

    /// The lowest bits of a number that has no others.
    fn flags<const N: usize>(&mut self) -> Option<[bool; N]> {
        let flags = self.number().filter(|flags| flags >> N == 0)?;
        Some(core::array::from_fn(|bit| flags >> bit & 1 == 1))
    }

    fn text_after(&mut self, before: &str) -> Option<String> {
        let shared = self.number()?.try_into().ok()?;
        Some([before.get(..shared)?, self.text()?].concat())
    }

    fn state(&mut self) -> Option<Memory> {
        self.at = Instant(self.number()?);
        let mut scopes = Vec::<(Name, Record)>::new();
        while !self.bytes.is_empty() {
            let kind = self.byte().filter(|kind| *kind < Name::KINDS)?;
            let before = scopes.last().map(|(name, _)| name);
            let (outer, inner) = before.map_or(("", ""), |name| (&name.outer, &name.inner));
            let name = Name { kind, outer: self.text_after(outer)?, inner: self.text_after(inner)? };
            if before.is_some_and(|before| *before >= name) {
                return None;
            }
            scopes.push((name, self.record()?));
        }
        Some(Memory { at: self.at, scopes })
    }

    fn record(&mut self) -> Option<Record> {
        let mut record = Record::default();
        let [pause, pool, bucket, windows, share, cap, shadow, crowd, users, taken, costs] = self.flags()?;
        if pause {
            let until = self.instant()?;
            let kind = self.byte()?;
            record.pause = Some((until, kind_of(kind, self.text()?)?));
        }
        for (is_there, pool) in [(pool, &mut record.pool), (cap, &mut record.cap)] {
            *pool = if is_there { Some(self.pool()?) } else { None };
        }
        if shadow {
            record.shadow = Some(ShadowState { quota: self.small()?, would_refuse: self.small()?, pool: self.pool()? });
        }
        if bucket {
            record.bucket = Some(self.bucket()?);
        }
        if windows {
            for _ in 0..self.number()? {
                let [is_sliding] = self.flags()?;
                let key = (is_sliding, Millis(self.number()?));
                record.windows.push((key, self.booked()?));
            }
        }
        if crowd {
            record.crowd = Some(Crowd { most: self.small()?, settled_at: self.instant()? });
        }
        for (is_there, number) in [(users, &mut record.users), (taken, &mut record.taken)] {
            *number = if is_there { self.small()? } else { 0 };
        }
        if share {
            record.share = (self.hour_of()?, self.small()?);
        }
        if costs {
            record.costs = self.costs()?;
        }
        let is_ordered = record.windows.is_sorted_by(|(a, _), (b, _)| a < b);
        Some(record).filter(|_| is_ordered)
    }

    fn hour_of(&mut self) -> Option<Instant> {
        let hours = (self.at.0 / HOUR.0).checked_sub(self.number()?)?;
        Some(Instant(hours * HOUR.0))
    }

    fn pool(&mut self) -> Option<PoolState> {
        let [has_before, has_doubt, has_people, has_spending, has_sampler, was_far] = self.flags()?;
        let (window, hour) = (self.hour_of()?, self.hour()?);
        let before = if has_before { Some(self.hour()?) } else { None };
        let (left_before, peaks) = (self.option()?, [self.small()?, self.small()?, self.small()?]);
        let mut doubt = Doubt::NONE;
        if has_doubt {
            let (young, old, ages_at) = (self.small()?, self.small()?, self.instant()?);
            // None is held longer, and one for good would close the pool for good.
            doubt = Doubt { young, old, ages_at: ages_at.min(self.at + Doubt::SPAN) };
        }
        let people = if has_people { self.demand()? } else { Demand::default() };
        let spending = if has_spending { self.demand()? } else { Demand::default() };
        let sampler = if has_sampler { self.sampler()? } else { Sampler::default() };
        Some(PoolState { window, hour, before, left_before, peaks, doubt, people, spending, was_far, sampler })
    }

    fn hour(&mut self) -> Option<Hour> {
        let (reported_left, spent, limit) = (self.option()?, self.option()?, self.option()?);
        let [by_quota] = self.flags()?;
        Some(Hour { reported_left, spent, limit, by_quota })
    }

    fn demand(&mut self) -> Option<Demand> {
        let mut numbers = [0; 6];
        for number in &mut numbers {
            *number = self.number()?;
        }
        Some(Demand::of_numbers(numbers, self.instant()?))
    }

    fn sampler(&mut self) -> Option<Sampler> {
        let [has_last] = self.flags()?;
        let mut sampler = Sampler::default();
        sampler.sure_from = self.instant()?;
        if has_last {
            let (limit, remaining) = (self.option()?, self.small()?);
            sampler.last = Some(Figure { limit, remaining, resets_at: self.instant()?, sent_at: self.instant()? });
        }
        Some(sampler)
    }

    fn bucket(&mut self) -> Option<BucketState> {
        let [is_empty, has_learned, has_told, has_booked] = self.flags()?;
        let (from, missing) = (self.instant()?, self.number()?);
        let empty_until = if is_empty { Some(self.instant()?) } else { None };
        let mut learned = None;
        if has_learned {
            learned = Some(Belief { rate: self.rate()?, settled_at: self.instant()? });
        }
        let told = if has_told { Some(self.rate()?) } else { None };
        let booked = if has_booked { self.booked()? } else { Booked::new() };
        Some(BucketState { from, missing, empty_until, booked, learned, told })
    }

    /// Time is counted in parts of the rate: it is not nothing.
    fn rate(&mut self) -> Option<BurstRate> {
        let rate = BurstRate { per_second: self.small()?, capacity: self.small()? };
        (rate.per_second > 0 && rate.capacity > 0).then_some(rate)
    }

    fn booked(&mut self) -> Option<Booked> {
        let mut booked = Booked::new();
        for _ in 0..self.number()? {
            let slot = match booked.last() {
                None => self.instant()?,
                Some((last, _)) => Instant(last.0.checked_add(self.number()?)?),
            };
            if booked.last().is_some_and(|(last, _)| *last >= slot) {
                return None;
            }
            booked.push((slot, self.small()?));
        }
        Some(booked)
    }

    fn costs(&mut self) -> Option<Costs> {
        let mut costs = Costs::new();
        for _ in 0..self.number()? {
            let (likely, ago) = (self.small()?, self.number()?);
            let mut last = Samples::default();
            for sample in &mut last {
                sample.fall = self.small()?.try_into().ok()?;
                sample.counted = match self.option()? {
                    Some(counted) => Some(counted.try_into().ok()?),
                    None => None,
                };
            }
            costs.push((likely, CostState { ago, last }));
        }
        let is_ordered = costs.is_sorted_by(|(a, _), (b, _)| a < b);
        Some(costs).filter(|_| is_ordered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::Scope;
    use crate::state::write::encode;

    #[test]
    fn a_rate_of_nothing_is_damage() {
        let (from, missing, empty_until, booked) = (Instant(7), 1, None, Booked::new());
        for (per_second, capacity) in [(0, 1), (1, 0), (1, 1)] {
            let rate = BurstRate { per_second, capacity };
            let learned = Some(Belief { rate, settled_at: Instant(7) });
            let bucket = BucketState { from, missing, empty_until, booked: booked.clone(), learned, told: Some(rate) };
            let record = Record { bucket: Some(bucket), ..Record::default() };
            let memory = Memory { at: Instant(9), scopes: vec![(Name::of(Scope::Tenant("t".into())), record)] };
            let is_rate = per_second > 0 && capacity > 0;
            let want = if is_rate { Ok(memory.clone()) } else { Err(StateError::Damaged) };
            assert_eq!(decode(&encode(&memory)), want);
        }
    }
}
