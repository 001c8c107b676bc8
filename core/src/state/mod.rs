//! Memory of its own: what a limiter knows, as bytes that outlive the process.
//!
//! A Forge function forgets everything between two invocations. [`Limiter::save`](crate::Limiter::save) writes down
//! what it would miss, [`Limiter::restore`](crate::Limiter::restore) takes it in, and [`merge`] makes one memory of
//! two, for processes that ran side by side. A limiter that was restored decides as the one that was saved.
//!
//! | kept | not kept |
//! | --- | --- |
//! | pauses and their limits | the configuration: the quota and the rates are the new one's |
//! | points spent, left and in doubt | open calls: points they hold count as in doubt, slots they hold as taken |
//! | the level of each bucket, the rate it has learned | chance: jitter is drawn from the new seed |
//! | the bookings of each window | what is idle, since it grants no more than what is new |
//!
//! Two things are kept on the careful side only. Of a sliding window in which calls were booked at more than
//! [`GRAINS`] instants, each booking counts up to 1/64 of the window longer than it has to. And a bucket in two
//! memories that are merged has what it had in the emptier one at the later instant.

mod codec;
mod gates;
mod parts;
mod read;
mod write;

use crate::verdict::{LimiterKind, Scope};
use headroom_model::time::{Instant, Millis};
use std::fmt;

pub(crate) use parts::{BucketState, Hour, Learned, PoolState};
use parts::{Windows, entry, join_windows};

/// The most bytes of a saved state.
pub const MAX_BYTES: usize = 64 * 1_024;

/// The longest name of a scope that is saved, in bytes.
pub const MAX_NAME: usize = 1_024;

/// Instants at which bookings of one sliding window are told apart.
pub const GRAINS: usize = 64;

/// How far the clock of the one who saved may be ahead of ours: as far as clocks are believed to be wrong elsewhere.
pub const AHEAD: Millis = Millis::from_secs(600);

/// The longest text of a limit that nobody knows, in bytes; it is for people.
const MAX_TEXT: usize = 200;

/// What a limiter knows, as bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Saved {
    /// To be kept as they are: at most [`MAX_BYTES`].
    pub bytes: Vec<u8>,
    /// How many scopes found no room, the narrowest and those that bind the shortest first. Restored, they count as
    /// new, so only while this is zero nothing more is granted.
    pub left_out: u32,
}

/// Why bytes were not taken in. The limiter is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateError {
    /// They do not begin as a saved state does.
    NotAState,
    /// They are of a version that this one cannot read.
    NewerVersion(u8),
    /// They are more than any saved state: this many.
    TooLarge(usize),
    /// They end before the state does.
    CutOff,
    /// They are not what was saved.
    Damaged,
    /// They were saved at this instant, more than [`AHEAD`] after now.
    FromTheFuture(Instant),
    /// This many calls are open: what they hold would be lost.
    CallsOpen(usize),
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAState => f.write_str("no saved state: give the bytes of `save`, or begin without"),
            Self::NewerVersion(version) => {
                write!(f, "a state of version `{version}`, and this one reads up to `{}`: update", codec::VERSION)
            }
            Self::TooLarge(len) => write!(f, "`{len}` bytes are more than any state, `{MAX_BYTES}`: begin without"),
            Self::CutOff => f.write_str("the state ends too early: store all of its bytes, or begin without"),
            Self::Damaged => f.write_str("the state is damaged: store its bytes as they are, or begin without"),
            Self::FromTheFuture(at) => {
                write!(f, "saved at `{}` ms, too far ahead of now: check the clocks, or begin without", at.0)
            }
            Self::CallsOpen(calls) => write!(f, "`{calls}` calls are open: end them, or restore before the first"),
        }
    }
}

impl std::error::Error for StateError {}

/// One memory of two. It grants no more than either: what both know is not added up, the more careful figure counts.
///
/// For that reason two processes that spent side by side are better told of each other's points by the server's
/// figures. The order of the two does not matter, nor does merging anything again.
///
/// # Errors
/// As of [`Limiter::restore`](crate::Limiter::restore), for either.
pub fn merge(a: &[u8], b: &[u8], now: Instant) -> Result<Saved, StateError> {
    Ok(Memory::read(a, now)?.join(Memory::read(b, now)?).write())
}

/// What was saved, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Memory {
    /// The latest instant that it knows of.
    pub(crate) at: Instant,
    /// In order, each once.
    pub(crate) scopes: Vec<(Scope, Record)>,
}

/// What is known of one scope. What is empty decides like nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) pause: Option<(Instant, LimiterKind)>,
    pub(crate) pool: Option<PoolState>,
    pub(crate) bucket: Option<BucketState>,
    pub(crate) windows: Windows,
}

impl Record {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Which scopes find room first: the wider ones, and among them those that make a difference the longest.
    fn rank(&self, scope: &Scope) -> u64 {
        let pause = self.pause.as_ref().map(|(until, _)| *until);
        let pool = self.pool.map(|pool| pool.window.next_hour());
        let bucket = self.bucket.map(|bucket| bucket.empty_until.unwrap_or(bucket.from));
        let window = self.windows.iter().filter_map(|(_, booked)| booked.last()).map(|(slot, _)| *slot).max();
        let binds_until = pause.max(pool).max(bucket).max(window).unwrap_or_default();
        codec::width(scope) << 62 | binds_until.0 >> 2
    }

    /// Takes in what another record says.
    #[inline(never)]
    fn join(&mut self, other: Self) {
        let longer = |a, b| if pause_key(&a) < pause_key(&b) { b } else { a };
        self.pause = either(self.pause.take(), other.pause, longer);
        self.pool = PoolState::join(self.pool, other.pool);
        self.bucket = either(self.bucket, other.bucket, BucketState::join);
        join_windows(&mut self.windows, other.windows);
    }
}

/// Pauses in order of their length; the kind settles it between equal ones.
fn pause_key((until, kind): &(Instant, LimiterKind)) -> (Instant, (u8, &str)) {
    (*until, codec::kind_parts(kind))
}

/// What both know by `join`, and what one knows alone as it is.
fn either<T>(a: Option<T>, b: Option<T>, join: impl FnOnce(T, T) -> T) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(join(a, b)),
        (a, b) => a.or(b),
    }
}

impl Memory {
    /// Reads what was saved.
    pub(crate) fn read(bytes: &[u8], now: Instant) -> Result<Self, StateError> {
        let state = read::decode(bytes)?;
        if state.at.since(now) > AHEAD {
            return Err(StateError::FromTheFuture(state.at));
        }
        Ok(state)
    }

    /// Writes as much of it as there is room for.
    pub(crate) fn write(mut self) -> Saved {
        let all = self.scopes.len();
        self.scopes.retain(|(scope, _)| codec::scope_parts(scope).1.len() <= MAX_NAME);
        let mut bytes = write::encode(&self);
        while bytes.len() > MAX_BYTES {
            let most = self.scopes.len();
            self.keep((most * MAX_BYTES / bytes.len()).min(most - most.div_ceil(16)));
            bytes = write::encode(&self);
        }
        Saved { bytes, left_out: u32::try_from(all - self.scopes.len()).unwrap_or(u32::MAX) }
    }

    /// Keeps the `room` scopes of the highest rank.
    fn keep(&mut self, room: usize) {
        let ranks: Vec<u64> = self.scopes.iter().map(|(scope, record)| record.rank(scope)).collect();
        let lowest = nth_highest(&ranks, room);
        let mut room_at_lowest = room - ranks.iter().filter(|rank| **rank > lowest).count();
        let mut ranks = ranks.into_iter();
        self.scopes.retain(|_| {
            let rank = ranks.next().unwrap_or(0);
            let finds_room = rank > lowest || (rank == lowest && room_at_lowest > 0);
            room_at_lowest -= usize::from(finds_room && rank == lowest);
            finds_room
        });
    }

    /// The more careful of the two in every figure. Who does not know a scope takes it for untouched.
    pub(crate) fn join(self, other: Self) -> Self {
        let (at, mut scopes) = (self.at.max(other.at), Vec::new());
        let mut theirs = other.scopes.into_iter().peekable();
        let alone = |(scope, mut record): (Scope, Record)| {
            record.join(Record::default());
            (scope, record)
        };
        for (scope, mut record) in self.scopes {
            while let Some(before) = theirs.next_if(|(other, _)| *other < scope) {
                scopes.push(alone(before));
            }
            record.join(theirs.next_if(|(other, _)| *other == scope).map(|(_, record)| record).unwrap_or_default());
            scopes.push((scope, record));
        }
        scopes.extend(theirs.map(alone));
        Self { at, scopes }
    }
}

/// The highest number that `n` of them reach.
fn nth_highest(numbers: &[u64], n: usize) -> u64 {
    (0..u64::BITS).rev().fold(0, |reached, bit| {
        let higher = reached | 1 << bit;
        let count = numbers.iter().filter(|number| **number >= higher).count();
        if count >= n { higher } else { reached }
    })
}

/// A text cut to what is kept of it.
fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TEXT)]
}
