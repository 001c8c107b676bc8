//! The slow, obvious way to write a memory: all of it is made, written and cut down until it fits. Tests compare.

use super::codec::{MAGIC, VERSION, sum};
use super::write::Writer;
use super::{MAX_BYTES, MAX_NAME, Memory, Name, Record, Saved, entry};
use std::mem;

impl Memory {
    pub(crate) fn write_slowly(mut self) -> Saved {
        let mut left_out = self.keep(|name, _| name.outer.len() + name.inner.len() <= MAX_NAME);
        let mut bytes = self.encode_slowly();
        while bytes.len() > MAX_BYTES {
            let most = self.scopes.len();
            left_out += self.keep_most((most * MAX_BYTES / bytes.len()).min(most - most.div_ceil(16)));
            bytes = self.encode_slowly();
        }
        Saved { bytes, left_out: u32::try_from(left_out).expect("there are few") }
    }

    /// Keeps the `room` scopes of the highest rank. Says how many it does not keep.
    fn keep_most(&mut self, room: usize) -> usize {
        let mut ranks: Vec<_> =
            self.scopes.iter().map(|(name, record)| record.rank(name.label(), record.pause.as_ref())).collect();
        ranks.sort_unstable_by(|a, b| b.cmp(a));
        let lowest = room.checked_sub(1).map_or(u64::MAX, |last| ranks[last]);
        let mut room_at_lowest = room - ranks.iter().filter(|rank| **rank > lowest).count();
        self.keep(|name, record| {
            let rank = record.rank(name.label(), record.pause.as_ref());
            let finds_room = rank > lowest || (rank == lowest && room_at_lowest > 0);
            room_at_lowest -= usize::from(finds_room && rank == lowest);
            finds_room
        })
    }

    /// Keeps some. The pauses of others stay, for all that they lie in.
    fn keep(&mut self, mut is_kept: impl FnMut(&Name, &Record) -> bool) -> usize {
        let all = mem::take(&mut self.scopes);
        let (kept, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|(name, record)| is_kept(name, record));
        self.scopes = kept;
        let left_out = others.len();
        for (name, record) in others {
            if let (Some(wider), Some(pause)) = (name.label().widened(), record.pause) {
                entry(&mut self.scopes, wider.to_name()).pause(Some(pause));
            }
        }
        left_out
    }

    fn encode_slowly(&self) -> Vec<u8> {
        let mut body = Writer::new(self.at);
        body.number(self.at.0);
        let (mut outer, mut inner) = ("", "");
        for (name, record) in &self.scopes {
            body.number(name.kind.into());
            for (text, before) in [(&name.outer, outer), (&name.inner, inner)] {
                let same = text.chars().zip(before.chars()).take_while(|(a, b)| a == b);
                let shared = same.map(|(a, _)| a.len_utf8()).sum();
                body.number(shared as u64);
                body.text(&text.as_bytes()[shared..]);
            }
            body.record(record, record.pause.as_ref());
            (outer, inner) = (&name.outer, &name.inner);
        }
        let mut all = Writer::new(self.at);
        all.number(body.bytes.len() as u64);
        let mut bytes = [MAGIC, &[VERSION], &all.bytes, &body.bytes].concat();
        let sum = sum(&bytes);
        bytes.extend(sum.to_le_bytes());
        bytes
    }
}
