//! Which scopes find room in a state: the wider ones, and among them those that make a difference the longest.
//!
//! Of 100,000 scopes one in a hundred does. So what decides is a row of each, of 64 bytes or so: its label, its rank and how long
//! its record is. The record itself is looked at as it lies on the stack, and made again for those that are written.
//!
//! How much room there is, is reckoned from how long all scopes together would be, and a name lacks what it shares with
//! the one before: hence all rows are sorted, by a number first, and names are seldom looked at.

use super::name::Label;
use super::write::{FRAME, Writer, framed, shared};
use super::{MAX_BYTES, MAX_NAME, Name, Pause, Record, Saved, pause_key};
use headroom_model::time::Instant;
use std::mem;

/// Shows the record of a scope by its place. It may be made anew for that.
pub(crate) type Records<'a> = &'a dyn Fn(u32, &mut dyn FnMut(&Record));

/// The scopes that are to be written.
pub(crate) struct Room<'a> {
    at: Instant,
    records: Records<'a>,
    rows: Vec<Row<'a>>,
    /// Those of scopes that found no room, which go to wider ones.
    pauses: Vec<Pause>,
    left_out: usize,
    /// Only to see how long things are.
    scratch: Writer,
}

/// What decides whether a scope finds room.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(crate) label: Label<'a>,
    rank: u64,
    /// Where its record is; [`NOWHERE`] if nothing but a pause is known.
    pub(crate) place: u32,
    /// Which of the pauses of others it has; [`NOWHERE`] if none.
    pause: u32,
    /// Bytes of its record.
    len: u32,
    is_paused: bool,
}

const NOWHERE: u32 = u32::MAX;

impl<'a> Room<'a> {
    pub(crate) const fn new(at: Instant, records: Records<'a>) -> Self {
        let scratch = Writer::new(at);
        Self { at, records, rows: Vec::new(), pauses: Vec::new(), left_out: 0, scratch }
    }

    /// Adds a scope, whose record is at `place`.
    pub(crate) fn add(&mut self, label: Label<'a>, place: u32, record: &Record) {
        let mut row = Row::new(label, place);
        row.measure(record, record.pause.as_ref(), &mut self.scratch);
        if label.len() > MAX_NAME { self.leave_out(row) } else { self.rows.push(row) }
    }

    /// Writes as much as there is room for.
    pub(crate) fn write(mut self) -> Saved {
        loop {
            self.sort();
            let len = self.len();
            if len <= MAX_BYTES {
                break;
            }
            let most = self.rows.len();
            self.keep_most((most * MAX_BYTES / len).min(most - most.div_ceil(16)));
        }
        let mut body = Writer::new(self.at);
        body.number(self.at.0);
        let mut before = Label::default();
        for row in &self.rows {
            body.label(row.label, before);
            self.show(*row, &mut |record, pause| body.record(record, pause));
            before = row.label;
        }
        Saved { bytes: framed(&body.bytes), left_out: u32::try_from(self.left_out).unwrap_or(u32::MAX) }
    }

    /// Shows the record of a row, and the pause that it has by now.
    fn show(&self, row: Row<'_>, see: &mut dyn FnMut(&Record, Option<&Pause>)) {
        let of_others = self.pauses.get(row.pause as usize);
        let mut see = |record: &Record| {
            let own = record.pause.as_ref();
            see(record, if own.map(pause_key) < of_others.map(pause_key) { of_others } else { own });
        };
        if row.place == NOWHERE { see(&Record::default()) } else { (self.records)(row.place, &mut see) }
    }

    /// The pause of one that finds no room stays, for all that it lies in.
    fn leave_out(&mut self, row: Row<'a>) {
        self.left_out += 1;
        if let (Some(wider), true) = (row.label.widened(), row.is_paused) {
            let mut pause = None;
            self.show(row, &mut |_, known| pause = known.cloned());
            self.rows.push(Row { pause: self.pauses.len() as u32, ..Row::new(wider, NOWHERE) });
            self.pauses.extend(pause);
        }
    }

    /// By name, each once.
    fn sort(&mut self) {
        let mut rows = in_order(&self.rows);
        if !self.pauses.is_empty() {
            let key = |pause: u32| self.pauses.get(pause as usize).map(pause_key);
            rows.dedup_by(|row, before| {
                let is_same = row.label == before.label;
                if is_same {
                    before.place = before.place.min(row.place);
                    before.pause = if key(before.pause) < key(row.pause) { row.pause } else { before.pause };
                }
                is_same
            });
            let mut scratch = Writer::new(self.at);
            for row in rows.iter_mut().filter(|row| row.pause != NOWHERE) {
                self.show(*row, &mut |record, pause| row.measure(record, pause, &mut scratch));
            }
        }
        self.rows = rows;
    }

    /// How long all rows would be.
    fn len(&mut self) -> usize {
        self.scratch.number(self.at.0);
        let mut body = self.scratch.take_len();
        let mut before = Label::default();
        for row in &self.rows {
            self.scratch.label(row.label, before);
            body += self.scratch.take_len() + row.len as usize;
            before = row.label;
        }
        self.scratch.number(body as u64);
        FRAME + self.scratch.take_len() + body
    }

    /// Keeps the `room` scopes of the highest rank, of equal ones the first.
    fn keep_most(&mut self, room: usize) {
        let ranks: Vec<u64> = self.rows.iter().map(|row| row.rank).collect();
        let lowest = nth_highest(&ranks, room);
        let mut room_at_lowest = room - ranks.iter().filter(|rank| **rank > lowest).count();
        for row in mem::take(&mut self.rows) {
            let is_lowest = row.rank == lowest && room_at_lowest > 0;
            room_at_lowest -= usize::from(is_lowest);
            if row.rank > lowest || is_lowest { self.rows.push(row) } else { self.leave_out(row) }
        }
    }
}

impl<'a> Row<'a> {
    /// Of a scope of which nothing else is known yet.
    pub(crate) const fn new(label: Label<'a>, place: u32) -> Self {
        Self { label, rank: 0, place, pause: NOWHERE, len: 0, is_paused: false }
    }

    #[inline(never)]
    fn measure(&mut self, record: &Record, pause: Option<&Pause>, scratch: &mut Writer) {
        scratch.record(record, pause);
        self.len = scratch.take_len() as u32;
        (self.rank, self.is_paused) = (record.rank(self.label, pause), pause.is_some());
    }
}

impl Record {
    /// Which scopes find room first: the wider ones, and among them those that make a difference the longest.
    pub(super) fn rank(&self, label: Label<'_>, pause: Option<&Pause>) -> u64 {
        let pause = pause.map(|(until, _)| *until);
        let pool = self.pool.iter().chain(&self.cap).map(|pool| pool.window.next_hour()).max();
        let bucket = self.bucket.as_ref().map(|bucket| bucket.empty_until.unwrap_or(bucket.from));
        let window = self.windows.iter().filter_map(|(_, booked)| booked.last()).map(|(slot, _)| *slot).max();
        let binds_until = pause.max(pool).max(bucket).max(window).unwrap_or_default();
        label.width() << 62 | binds_until.0 >> 2
    }
}

/// By name. What names of a kind have in common at their beginning tells nothing: the next bytes as one number settle
/// nearly all.
#[inline(never)]
pub(crate) fn in_order<'a>(rows: &[Row<'a>]) -> Vec<Row<'a>> {
    let mut common: [Option<&[u8]>; Name::KINDS as usize] = Default::default();
    for Row { label: Label { kind, outer, .. }, .. } in rows {
        if let Some(common) = common.get_mut(usize::from(*kind)) {
            let shared = common.map_or(outer.len(), |common| shared(outer, common));
            *common = outer.get(..shared);
        }
    }
    let key = |Label { kind, outer, .. }: Label<'_>| {
        let common = common.get(usize::from(kind)).copied().flatten().unwrap_or_default();
        let (mut key, next) = ([0; 8], outer.get(common.len()..).unwrap_or_default());
        key[0] = kind;
        key[1..].iter_mut().zip(next).for_each(|(byte, next)| *byte = *next);
        u64::from_be_bytes(key)
    };
    let mut keys: Vec<(u64, &Row<'a>)> = rows.iter().map(|row| (key(row.label), row)).collect();
    keys.sort_unstable_by(|(a, row), (b, other)| a.cmp(b).then_with(|| row.label.cmp(&other.label)));
    keys.into_iter().map(|(_, row)| *row).collect()
}

/// The highest number that `n` of them reach.
pub(crate) fn nth_highest(numbers: &[u64], n: usize) -> u64 {
    // Where all agree nothing is to be found out.
    let (all, any) = numbers.iter().fold((u64::MAX, 0), |(all, any), number| (all & number, any | number));
    let bits = u64::BITS - (all ^ any).leading_zeros();
    let common = all.checked_shr(bits).and_then(|common| common.checked_shl(bits)).unwrap_or_default();
    (0..bits).rev().fold(common, |reached, bit| {
        let higher = reached | 1 << bit;
        let count = numbers.iter().filter(|number| **number >= higher).count();
        if count >= n { higher } else { reached }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{BucketState, Memory, entry};
    use crate::verdict::LimiterKind;
    use headroom_model::time::Millis;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// Alike in their beginning, apart within a character, too long together with another, or all of that.
    fn any_text() -> impl Strategy<Value = String> {
        let beginning = prop_oneof![Just(0), Just(8), Just(200), Just(505), Just(1_023), Just(1_030)];
        (beginning, "[a-cé-í\0]{0,3}").prop_map(|(same, end)| ["-".repeat(same), end].concat())
    }

    fn any_name() -> impl Strategy<Value = Name> {
        (0..Name::KINDS, any_text(), any_text()).prop_map(|(kind, outer, inner)| {
            let inner = if (4..8).contains(&kind) { inner } else { String::new() };
            Name { kind, outer: if kind == 0 { String::new() } else { outer }, inner }
        })
    }

    fn any_record() -> impl Strategy<Value = Record> {
        let other = (0_usize..300).prop_map(|len| LimiterKind::Other("x".repeat(len)));
        let kind = prop_oneof![Just(LimiterKind::Burst), Just(LimiterKind::Egress), other];
        let pause = prop::option::of((0_u64..40, kind));
        let bucket = prop::option::of((0_u64..99, prop::option::of(0_u64..99)));
        let booked = vec(1_u64..40, 0..60);
        (pause, bucket, booked, 0_u32..3).prop_map(|(pause, bucket, booked, users)| {
            let at = |after: u64| Instant(1_000_000 + 7 * after);
            let bucket = bucket.map(|(from, empty_until)| BucketState {
                from: at(from),
                missing: 5,
                empty_until: empty_until.map(at),
                booked: Vec::new(),
                learned: None,
                told: None,
            });
            let mut slots = Vec::new();
            booked.into_iter().for_each(|slot| *entry(&mut slots, at(slot)) = 1);
            let windows = if slots.is_empty() { Vec::new() } else { vec![((true, Millis(9)), slots)] };
            Record { pause: pause.map(|(until, kind)| (at(until), kind)), bucket, windows, users, ..Record::default() }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn what_is_written_is_what_cutting_down_all_of_it_would_leave(
            scopes in vec((any_name(), any_record()), 0..1_200),
        ) {
            let rows: Vec<_> = (0..).zip(&scopes).map(|(place, (name, _))| Row::new(name.label(), place)).collect();
            let mut scopes: Vec<_> = in_order(&rows).iter().map(|row| scopes[row.place as usize].clone()).collect();
            scopes.dedup_by(|(name, _), (before, _)| name == before);
            prop_assert!(scopes.is_sorted_by(|(a, _), (b, _)| a < b));
            let memory = Memory { at: Instant(1_000_100), scopes };
            prop_assert_eq!(memory.write(), memory.write_slowly());
        }

        #[test]
        fn the_highest_number_that_some_reach_is_found_without_sorting(
            mut numbers in vec(prop_oneof![0_u64..9, 900_u64..1_000, any::<u64>(), Just(u64::MAX)], 1..9),
            n in any::<prop::sample::Index>(),
        ) {
            let n = n.index(numbers.len());
            let found = nth_highest(&numbers, n + 1);
            numbers.sort_unstable();
            prop_assert_eq!(found, numbers[numbers.len() - 1 - n]);
        }
    }
}
