//! A memory as bytes, in the form of `codec`.

use super::codec::{MAGIC, VERSION, kind_parts, scope_parts, sum};
use super::{BucketState, Hour, Learned, Memory, PoolState, Record};
use crate::doubt::Doubt;
use headroom_model::time::{HOUR, Instant, Millis};

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
