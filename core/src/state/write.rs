//! A memory as bytes, in the form of `codec`.

use super::codec::{MAGIC, VERSION, kind_parts, sum};
use super::{Belief, Booked, BucketState, Costs, Hour, Label, Pause, PoolState, Record, ShadowState};
use crate::crowd::Crowd;
use crate::demand::Demand;
use crate::doubt::Doubt;
use crate::rate::Rate;
use crate::sampler::{Figure, Sampler};
use headroom_model::time::{HOUR, Instant, Millis};

/// Bytes of a state beside its body and the length of that.
pub(super) const FRAME: usize = MAGIC.len() + size_of_val(&VERSION) + size_of::<u32>();

/// A state of this body.
pub(super) fn framed(body: &[u8]) -> Vec<u8> {
    let mut all = Writer { at: Instant(0), bytes: [MAGIC, &[VERSION]].concat() };
    all.text(body);
    let sum = sum(&all.bytes);
    all.bytes.extend(sum.to_le_bytes());
    all.bytes
}

/// How many bytes both have in common at their beginning.
pub(super) fn shared(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

pub(super) struct Writer {
    at: Instant,
    pub(super) bytes: Vec<u8>,
}

impl Writer {
    pub(super) const fn new(at: Instant) -> Self {
        Self { at, bytes: Vec::new() }
    }

    /// How many bytes it has, which it has no more.
    pub(super) fn take_len(&mut self) -> usize {
        let len = self.bytes.len();
        self.bytes.clear();
        len
    }

    fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub(super) fn number(&mut self, mut number: u64) {
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

    pub(super) fn text(&mut self, text: &[u8]) {
        self.number(text.len() as u64);
        self.bytes.extend(text);
    }

    /// The label of a scope behind the one of another.
    pub(super) fn label(&mut self, label: Label<'_>, before: Label<'_>) {
        self.byte(label.kind);
        self.text_after(label.outer, before.outer);
        self.text_after(label.inner, before.inner);
    }

    /// Without the whole characters that it shares with the text before.
    fn text_after(&mut self, text: &[u8], before: &[u8]) {
        let mut shared = shared(text, before);
        while text.get(shared).is_some_and(|byte| byte & 0xC0 == 0x80) {
            shared -= 1;
        }
        self.number(shared as u64);
        self.text(text.get(shared..).unwrap_or_default());
    }

    fn option(&mut self, number: Option<u32>) {
        self.number(number.map_or(0, |number| u64::from(number) + 1));
    }

    fn flags(&mut self, flags: &[bool]) {
        self.number(flags.iter().rev().fold(0, |flags, flag| flags << 1 | u64::from(*flag)));
    }

    /// A record, and instead of its own pause this one.
    pub(super) fn record(&mut self, record: &Record, pause: Option<&Pause>) {
        let Record { pause: _, pool, cap, shadow, bucket, windows, crowd, users, taken, share, costs } = record;
        self.flags(&[
            pause.is_some(),
            pool.is_some(),
            bucket.is_some(),
            !windows.is_empty(),
            share.points > 0,
            cap.is_some(),
            shadow.is_some(),
            crowd.is_some(),
            *users > 0,
            *taken > 0,
            !costs.is_empty(),
        ]);
        if let Some((until, kind)) = pause {
            let (kind, text) = kind_parts(kind);
            self.instant(*until);
            self.byte(kind);
            self.text(text.as_bytes());
        }
        pool.iter().chain(cap).for_each(|pool| self.pool(pool));
        if let Some(ShadowState { quota, would_refuse, pool }) = shadow {
            self.small(*quota);
            self.small(*would_refuse);
            self.pool(pool);
        }
        bucket.iter().for_each(|bucket| self.bucket(bucket));
        if !windows.is_empty() {
            self.number(windows.len() as u64);
            windows.iter().for_each(|((is_sliding, span), booked)| self.window(*is_sliding, *span, booked));
        }
        if let Some(Crowd { most, settled_at }) = crowd {
            self.small(*most);
            self.instant(*settled_at);
        }
        [users, taken].into_iter().filter(|number| **number > 0).for_each(|number| self.small(*number));
        if share.points > 0 {
            self.hour_of(share.window);
            self.small(share.points);
            self.small(share.people);
        }
        if !costs.is_empty() {
            self.costs(costs);
        }
    }

    fn small(&mut self, number: u32) {
        self.number(number.into());
    }

    /// An hour that is not after the one of the state.
    fn hour_of(&mut self, window: Instant) {
        self.number((self.at.0 / HOUR.0).saturating_sub(window.0 / HOUR.0));
    }

    fn pool(&mut self, pool: &PoolState) {
        let PoolState { window, hour, before, left_before, peaks, doubt, people, spending, was_far, sampler } = pool;
        let demands = [people, spending].map(|demand| (demand, *demand != Demand::default()));
        let has_sampler = *sampler != Sampler::default();
        let has_doubt = *doubt != Doubt::NONE;
        self.flags(&[before.is_some(), has_doubt, demands[0].1, demands[1].1, has_sampler, *was_far]);
        self.hour_of(*window);
        self.hour(hour);
        before.iter().for_each(|hour| self.hour(hour));
        self.option(*left_before);
        peaks.iter().for_each(|peak| self.small(*peak));
        if has_doubt {
            self.small(doubt.young);
            self.small(doubt.old);
            self.instant(doubt.ages_at);
        }
        for (demand, _) in demands.into_iter().filter(|(_, is_any)| *is_any) {
            let (numbers, since) = demand.numbers();
            numbers.into_iter().for_each(|number| self.number(number));
            self.instant(since);
        }
        if has_sampler {
            self.sampler(sampler);
        }
    }

    fn hour(&mut self, hour: &Hour) {
        self.option(hour.reported_left);
        self.option(hour.spent);
        self.option(hour.limit);
        self.flags(&[hour.by_quota]);
    }

    fn sampler(&mut self, sampler: &Sampler) {
        self.flags(&[sampler.last.is_some()]);
        self.instant(sampler.sure_from);
        if let Some(Figure { limit, remaining, resets_at, sent_at }) = sampler.last {
            self.option(limit);
            self.small(remaining);
            self.instant(resets_at);
            self.instant(sent_at);
        }
    }

    fn bucket(&mut self, bucket: &BucketState) {
        let BucketState { from, missing, empty_until, booked, learned, told } = bucket;
        self.flags(&[empty_until.is_some(), learned.is_some(), told.is_some(), !booked.is_empty()]);
        self.instant(*from);
        self.number(*missing);
        empty_until.iter().for_each(|until| self.instant(*until));
        if let Some(Belief { rate, settled_at }) = learned {
            self.rate(rate);
            self.instant(*settled_at);
        }
        told.iter().for_each(|told| self.rate(told));
        if !booked.is_empty() {
            self.booked(booked);
        }
    }

    fn rate(&mut self, rate: &Rate) {
        self.small(rate.per_kilosecond);
        self.small(rate.capacity);
    }

    fn window(&mut self, is_sliding: bool, span: Millis, booked: &Booked) {
        self.flags(&[is_sliding]);
        self.number(span.0);
        self.booked(booked);
    }

    fn booked(&mut self, booked: &Booked) {
        self.number(booked.len() as u64);
        let mut last = None;
        for (slot, count) in booked {
            match last {
                None => self.instant(*slot),
                Some(last) => self.number(slot.since(last).0),
            }
            self.small(*count);
            last = Some(*slot);
        }
    }

    fn costs(&mut self, costs: &Costs) {
        self.number(costs.len() as u64);
        for (likely, cost) in costs {
            self.small(*likely);
            self.number(cost.ago);
            for sample in cost.last {
                self.small(sample.fall.into());
                self.option(sample.counted.map(u32::from));
            }
        }
    }
}
