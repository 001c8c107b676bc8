//! A memory from bytes in the form of `codec`, and nothing from any others.

use super::codec::{MAGIC, VERSION, kind_of, scope_of, sum};
use super::{BucketState, Hour, Learned, MAX_BYTES, Memory, PoolState, Record, StateError};
use crate::config::BurstRate;
use crate::doubt::Doubt;
use crate::verdict::Scope;
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

    /// The lowest bits of a byte that has no others.
    fn flags<const N: usize>(&mut self) -> Option<[bool; N]> {
        let byte = self.byte().filter(|byte| byte >> N == 0)?;
        Some(std::array::from_fn(|bit| byte >> bit & 1 == 1))
    }

    fn state(&mut self) -> Option<Memory> {
        self.at = Instant(self.number()?);
        let (mut scopes, mut last) = (Vec::<(Scope, Record)>::new(), String::new());
        while !self.bytes.is_empty() {
            let kind = self.byte()?;
            let shared = self.number()?.try_into().ok()?;
            let name = [last.get(..shared)?, self.text()?].concat();
            let scope = scope_of(kind, name.clone())?;
            if scopes.last().is_some_and(|(before, _)| *before >= scope) {
                return None;
            }
            scopes.push((scope, self.record()?));
            last = name;
        }
        Some(Memory { at: self.at, scopes })
    }

    fn record(&mut self) -> Option<Record> {
        let mut record = Record::default();
        let [has_pause, has_pool, has_bucket, has_windows] = self.flags()?;
        if has_pause {
            let until = self.instant()?;
            let kind = self.byte()?;
            record.pause = Some((until, kind_of(kind, self.text()?.to_owned())?));
        }
        if has_pool {
            record.pool = Some(self.pool()?);
        }
        if has_bucket {
            record.bucket = Some(self.bucket()?);
        }
        if has_windows {
            for _ in 0..self.number()? {
                let [is_sliding] = self.flags()?;
                let key = (is_sliding, Millis(self.number()?));
                record.windows.push((key, self.booked()?));
            }
        }
        let is_ordered = record.windows.is_sorted_by(|(a, _), (b, _)| a < b);
        Some(record).filter(|_| is_ordered)
    }

    fn pool(&mut self) -> Option<PoolState> {
        let [has_before, has_doubt] = self.flags()?;
        let hours = (self.at.0 / HOUR.0).checked_sub(self.number()?)?;
        let hour = self.hour()?;
        let before = if has_before { Some(self.hour()?) } else { None };
        let left_before = self.option()?;
        let mut doubt = Doubt::NONE;
        if has_doubt {
            doubt = Doubt { young: self.small()?, old: self.small()?, ages_at: self.instant()? };
        }
        Some(PoolState { window: Instant(hours * HOUR.0), hour, before, left_before, doubt })
    }

    fn hour(&mut self) -> Option<Hour> {
        let (reported_left, spent, limit) = (self.option()?, self.option()?, self.option()?);
        let [by_quota] = self.flags()?;
        Some(Hour { reported_left, spent, limit, by_quota })
    }

    fn bucket(&mut self) -> Option<BucketState> {
        let [is_empty, has_learned] = self.flags()?;
        let (from, missing) = (self.instant()?, self.number()?);
        let empty_until = if is_empty { Some(self.instant()?) } else { None };
        let mut learned = None;
        if has_learned {
            let rate = BurstRate { per_second: self.small()?, capacity: self.small()? };
            let settled_at = self.instant()?;
            // Time is counted in parts of the rate.
            learned = Some(Learned { rate, settled_at }).filter(|_| rate.per_second > 0 && rate.capacity > 0);
            learned?;
        }
        Some(BucketState { from, missing, empty_until, learned })
    }

    fn booked(&mut self) -> Option<Vec<(Instant, u32)>> {
        let mut booked = Vec::<(Instant, u32)>::new();
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::write::encode;

    #[test]
    fn a_rate_of_nothing_is_damage() {
        let learned = |per_second| Learned { rate: BurstRate { per_second, capacity: 1 }, settled_at: Instant(7) };
        for per_second in [0, 1] {
            let bucket =
                BucketState { from: Instant(7), missing: 1, empty_until: None, learned: Some(learned(per_second)) };
            let record = Record { bucket: Some(bucket), ..Record::default() };
            let memory = Memory { at: Instant(9), scopes: vec![(Scope::Tenant("t".into()), record)] };
            let want = if per_second == 0 { Err(StateError::Damaged) } else { Ok(memory.clone()) };
            assert_eq!(decode(&encode(&memory)), want);
        }
    }
}
