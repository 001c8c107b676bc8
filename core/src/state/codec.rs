//! The bytes: a head, the records in order, and a sum over all of it. Whole numbers are LEB128, instants the
//! difference to the one of the state in zigzag, names lack what they share with the name before.
//!
//! ```text
//! "hdrm" version:u8 length:number { at:number record* } sum:u32
//! record = kind:u8 shared:number name:text which:u8 [pause] [pool] [bucket] [windows]
//! ```

use super::{BucketState, Hour, Learned, MAX_BYTES, Memory, PoolState, Record, StateError};
use crate::config::BurstRate;
use crate::doubt::Doubt;
use crate::verdict::{LimiterKind, Scope};
use headroom_model::time::{HOUR, Instant, Millis};

const MAGIC: &[u8] = b"hdrm";
/// What is written, and the newest that can be read.
pub(super) const VERSION: u8 = 1;

/// The kind of a scope as its number, and its name.
pub(super) fn scope_parts(scope: &Scope) -> (u8, &str) {
    match scope {
        Scope::App => (0, ""),
        Scope::Tenant(name) => (1, name),
        Scope::Installation(name) => (2, name),
        Scope::User(name) => (3, name),
        Scope::Environment(name) => (4, name),
        Scope::Call => (5, ""),
    }
}

fn scope_of(kind: u8, name: String) -> Option<Scope> {
    Some(match kind {
        0 => Scope::App,
        1 => Scope::Tenant(name),
        2 => Scope::Installation(name),
        3 => Scope::User(name),
        4 => Scope::Environment(name),
        5 => Scope::Call,
        _ => return None,
    })
}

/// How much of the traffic a scope covers, from 0 to 3.
pub(super) const fn width(scope: &Scope) -> u64 {
    match scope {
        Scope::App => 3,
        Scope::Environment(_) => 2,
        Scope::Tenant(_) | Scope::Installation(_) => 1,
        Scope::User(_) | Scope::Call => 0,
    }
}

pub(super) fn kind_parts(kind: &LimiterKind) -> (u8, &str) {
    match kind {
        LimiterKind::PointsQuota => (0, ""),
        LimiterKind::Burst => (1, ""),
        LimiterKind::InvocationRate => (2, ""),
        LimiterKind::Other(text) => (3, text),
    }
}

fn kind_of(kind: u8, text: String) -> Option<LimiterKind> {
    Some(match kind {
        0 => LimiterKind::PointsQuota,
        1 => LimiterKind::Burst,
        2 => LimiterKind::InvocationRate,
        3 => LimiterKind::Other(text),
        _ => return None,
    })
}

/// FNV-1a in 32 bits: a change of one byte always changes it.
fn sum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

pub(super) fn encode(state: &Memory) -> Vec<u8> {
    let mut body = Writer { at: state.at, bytes: Vec::new() };
    body.number(state.at.0);
    let mut last = "";
    for (scope, record) in &state.scopes {
        let (kind, name) = scope_parts(scope);
        let shared = name
            .char_indices()
            .zip(last.chars())
            .find(|((_, a), b)| a != b)
            .map_or_else(|| name.len().min(last.len()), |((at, _), _)| at);
        body.byte(kind);
        body.number(shared as u64);
        body.text(&name[shared..]);
        body.record(record);
        last = name;
    }
    let mut all = Writer { at: state.at, bytes: [MAGIC, &[VERSION]].concat() };
    all.number(body.bytes.len() as u64);
    all.bytes.append(&mut body.bytes);
    let sum = sum(&all.bytes);
    all.bytes.extend(sum.to_le_bytes());
    all.bytes
}

struct Writer {
    at: Instant,
    bytes: Vec<u8>,
}

impl Writer {
    fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.byte(number as u8 | 0x80);
            number >>= 7;
        }
        self.byte(number as u8);
    }

    fn instant(&mut self, instant: Instant) {
        let past = self.at.0.wrapping_sub(instant.0) as i64;
        self.number(((past << 1) ^ (past >> 63)) as u64);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes.extend(text.as_bytes());
    }

    fn option(&mut self, number: Option<u32>) {
        self.number(number.map_or(0, |number| u64::from(number) + 1));
    }

    fn record(&mut self, record: &Record) {
        let Record { pause, pool, bucket, windows } = record;
        let which = [pause.is_some(), pool.is_some(), bucket.is_some(), !windows.is_empty()];
        self.flags(&which);
        if let Some((until, kind)) = pause {
            let (kind, text) = kind_parts(kind);
            self.instant(*until);
            self.byte(kind);
            self.text(text);
        }
        if let Some(pool) = pool {
            self.pool(pool);
        }
        if let Some(bucket) = bucket {
            self.bucket(bucket);
        }
        if !windows.is_empty() {
            self.number(windows.len() as u64);
            windows.iter().for_each(|((is_sliding, span), booked)| self.window(*is_sliding, *span, booked));
        }
    }

    fn flags(&mut self, flags: &[bool]) {
        self.byte(flags.iter().rev().fold(0, |byte, flag| byte << 1 | u8::from(*flag)));
    }

    fn pool(&mut self, pool: &PoolState) {
        let PoolState { window, hour, before, left_before, doubt } = pool;
        self.flags(&[before.is_some(), *doubt != Doubt::NONE]);
        self.number((self.at.0 / HOUR.0).saturating_sub(window.0 / HOUR.0));
        self.hour(hour);
        before.iter().for_each(|hour| self.hour(hour));
        self.option(*left_before);
        if *doubt != Doubt::NONE {
            self.number(doubt.young.into());
            self.number(doubt.old.into());
            self.instant(doubt.ages_at);
        }
    }

    fn hour(&mut self, hour: &Hour) {
        self.option(hour.reported_left);
        self.option(hour.spent);
        self.option(hour.limit);
        self.flags(&[hour.by_quota]);
    }

    fn bucket(&mut self, bucket: &BucketState) {
        let BucketState { from, missing, empty_until, learned } = bucket;
        self.flags(&[empty_until.is_some(), learned.is_some()]);
        self.instant(*from);
        self.number(*missing);
        empty_until.iter().for_each(|until| self.instant(*until));
        if let Some(Learned { rate, settled_at }) = learned {
            self.number(rate.per_second.into());
            self.number(rate.capacity.into());
            self.instant(*settled_at);
        }
    }

    fn window(&mut self, is_sliding: bool, span: Millis, booked: &[(Instant, u32)]) {
        self.flags(&[is_sliding]);
        self.number(span.0);
        self.number(booked.len() as u64);
        let mut last = None;
        for (slot, count) in booked {
            match last {
                None => self.instant(*slot),
                Some(last) => self.number(slot.since(last).0),
            }
            self.number((*count).into());
            last = Some(*slot);
        }
    }
}

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
