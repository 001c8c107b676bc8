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
//! | what the app granted and tenants had | who asks for how much now |
//! | what people ask for, what 64 costs were learned from | costs whose last sample is older |
//!
//! Two things are kept on the careful side only. Of a sliding window in which calls were booked at more than
//! [`GRAINS`] instants, each booking counts up to 1/64 of the window longer than it has to. And in two memories that
//! are merged, each figure is the one that grants less.
//!
//! | module | holds |
//! | --- | --- |
//! | `name` | scopes by name |
//! | `parts` | what is known of one, and how two such are joined |
//! | `room` | which scopes find room |
//! | `windows` | bookings, for windows of the same profile or another |
//! | `codec`, `read`, `write` | the bytes |

mod codec;
mod name;
mod parts;
mod read;
mod room;
#[cfg(test)]
mod slow;
mod windows;
mod write;

use crate::crowd::Crowd;
use crate::verdict::LimiterKind;
use headroom_model::time::{Instant, Millis};
use std::fmt;

pub(crate) use codec::{kind_of, kind_parts};
pub(crate) use name::{Label, Name, Texts};
pub(crate) use parts::{
    Belief, Booked, BucketState, CostState, Costs, Hour, PoolState, ShadowState, Spent, entry, runs,
};
use parts::{Windows, join_costs, join_windows};
pub(crate) use room::{Room, Row, in_order, nth_highest};
pub(crate) use windows::recall_windows;

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
    /// How many scopes found no room, the narrowest and those that bind the shortest first. Their pauses go to their
    /// tenant or installation; apart from that they count as new when restored, so only while this is zero nothing
    /// more is granted.
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
    pub(crate) scopes: Vec<(Name, Record)>,
}

/// Until when nothing passes, and by which limit.
type Pause = (Instant, LimiterKind);

/// What is known of one scope. What is empty decides like nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) pause: Option<Pause>,
    pub(crate) pool: Option<PoolState>,
    pub(crate) cap: Option<PoolState>,
    pub(crate) shadow: Option<ShadowState>,
    pub(crate) bucket: Option<BucketState>,
    pub(crate) windows: Windows,
    pub(crate) crowd: Option<Crowd>,
    pub(crate) users: u32,
    /// Of the budget of retries.
    pub(crate) taken: u32,
    /// What a tenant had of the pool over all, and in which hour.
    pub(crate) share: Spent,
    pub(crate) costs: Costs,
}

impl Record {
    pub(crate) fn is_empty(&self) -> bool {
        self.users == 0 && self.knows_only_users()
    }

    /// Whether it is empty apart from them: the app tells how many there are, so that alone is no knowledge.
    pub(crate) fn knows_only_users(&self) -> bool {
        let Self { pause, pool, cap, shadow, bucket, windows, crowd, users: _, taken, share, costs } = self;
        let is_idle = pause.is_none() && pool.is_none() && cap.is_none() && shadow.is_none() && bucket.is_none();
        let is_told_nothing = windows.is_empty() && crowd.is_none() && costs.is_empty();
        is_idle && is_told_nothing && *taken == 0 && *share == Spent::default()
    }

    /// Takes in what another record says.
    #[inline(never)]
    fn join(&mut self, other: Self) {
        self.pause(other.pause);
        self.pool = PoolState::join_known(self.pool, other.pool);
        self.cap = PoolState::join_known(self.cap, other.cap);
        self.shadow = either(self.shadow, other.shadow, ShadowState::join);
        self.bucket = either(self.bucket.take(), other.bucket, BucketState::join);
        join_windows(&mut self.windows, other.windows);
        self.crowd = either(self.crowd, other.crowd, Crowd::join);
        // More users are granted more.
        self.users = self.users.min(other.users);
        self.taken = self.taken.max(other.taken);
        self.share = self.share.join(other.share);
        join_costs(&mut self.costs, other.costs);
    }

    fn pause(&mut self, other: Option<Pause>) {
        let longer = |a, b| if pause_key(&a) < pause_key(&b) { b } else { a };
        self.pause = either(self.pause.take(), other, longer);
    }
}

/// Pauses in order of their length; the kind settles it between equal ones.
fn pause_key((until, kind): &Pause) -> (Instant, (u8, &str)) {
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
    pub(crate) fn write(&self) -> Saved {
        let records = |place, see: &mut dyn FnMut(&Record)| {
            self.scopes.get(place as usize).iter().for_each(|(_, record)| see(record));
        };
        let mut room = Room::new(self.at, &records);
        for (place, (name, record)) in (0..).zip(&self.scopes) {
            room.add(name.label(), place, record);
        }
        room.write()
    }

    /// The more careful of the two in every figure. Who does not know a scope takes it for untouched.
    pub(crate) fn join(self, other: Self) -> Self {
        let mut scopes = Vec::new();
        let mut join = |name, mut record: Record, other| {
            record.join(other);
            if !record.is_empty() {
                scopes.push((name, record));
            }
        };
        let mut theirs = other.scopes.into_iter().peekable();
        for (name, record) in self.scopes {
            while let Some((before, other)) = theirs.next_if(|(other, _)| *other < name) {
                join(before, Record::default(), other);
            }
            let same = theirs.next_if(|(other, _)| *other == name);
            join(name, record, same.map(|(_, other)| other).unwrap_or_default());
        }
        theirs.for_each(|(name, other)| join(name, Record::default(), other));
        Self { at: self.at.max(other.at), scopes }
    }
}

/// A text cut to what is kept of it.
pub(crate) fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_TEXT)).unwrap_or_default()
}
