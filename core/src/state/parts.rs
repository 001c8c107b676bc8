//! The parts of a record, and how two of them are joined: in each figure the more careful one counts, so that the
//! order does not matter and nothing counts twice.

use crate::config::BurstRate;
use crate::doubt::Doubt;
use headroom_model::time::{HOUR, Instant, Millis};

/// Bookings of one scope: for each window, by whether it slides and by its span, how many lie at each instant. For a
/// fixed window that is its beginning. All in order.
pub(crate) type Windows = Vec<((bool, Millis), Vec<(Instant, u32)>)>;

/// A pool, apart from the configured quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PoolState {
    /// The hour that `hour` is about.
    pub(crate) window: Instant,
    pub(crate) hour: Hour,
    /// The hour before, if what was left then is not known without the quota.
    pub(crate) before: Option<Hour>,
    /// What was left when the hour before ended.
    pub(crate) left_before: Option<u32>,
    pub(crate) doubt: Doubt,
}

/// The ledger of an hour. A quota by the server replaces the configured one, a figure by the server the meter; in a
/// joined one both may hold, since one of the two did not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hour {
    pub(crate) reported_left: Option<u32>,
    /// What was spent where no figure was heard.
    pub(crate) spent: Option<u32>,
    pub(crate) limit: Option<u32>,
    /// Whether the configured quota holds.
    pub(crate) by_quota: bool,
}

impl Hour {
    pub(crate) const UNTOUCHED: Self = Self { reported_left: None, spent: Some(0), limit: None, by_quota: true };

    fn join(self, other: Self) -> Self {
        Self {
            reported_left: least(self.reported_left, other.reported_left),
            spent: self.spent.max(other.spent),
            limit: least(self.limit, other.limit),
            by_quota: self.by_quota || other.by_quota,
        }
    }

    /// The same for a limiter with this quota: nothing is left open by it.
    pub(crate) fn under(self, quota: u32) -> Self {
        let limit = self.limit.map(|limit| if self.by_quota { limit.min(quota) } else { limit });
        let metered = self.spent.map(|spent| limit.unwrap_or(quota).saturating_sub(spent));
        Self { reported_left: self.reported_left.and(least(self.reported_left, metered)), limit, ..self }
    }
}

impl PoolState {
    /// Nothing known of the hour or the one before.
    const fn unknown(window: Instant) -> Self {
        let (hour, before) = (Hour::UNTOUCHED, Some(Hour::UNTOUCHED));
        Self { window, hour, before, left_before: None, doubt: Doubt::NONE }
    }

    /// Who knows of no pool takes it for untouched.
    pub(super) fn join(a: Option<Self>, b: Option<Self>) -> Option<Self> {
        let window = a.or(b)?.window.max(b.or(a)?.window);
        let unknown = Self::unknown(window);
        let (a, b) = (a.map_or(unknown, |a| a.at(window)), b.map_or(unknown, |b| b.at(window)));
        Some(Self {
            window,
            hour: a.hour.join(b.hour),
            before: super::either(a.before, b.before, Hour::join),
            left_before: least(a.left_before, b.left_before),
            doubt: a.doubt.join(b.doubt),
        })
    }

    /// The same in the hour from `window` on, which is not before its own.
    fn at(self, window: Instant) -> Self {
        match window.since(self.window) {
            Millis::ZERO => self,
            HOUR => Self { before: Some(self.hour), doubt: self.doubt, ..Self::unknown(window) },
            _ => Self { doubt: self.doubt, ..Self::unknown(window) },
        }
    }
}

/// A bucket, apart from its configured rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BucketState {
    /// The instant of `missing`.
    pub(crate) from: Instant,
    /// By how much it is not full, in thousandths of a token.
    pub(crate) missing: u64,
    /// Without a whole token until then.
    pub(crate) empty_until: Option<Instant>,
    pub(crate) learned: Option<Learned>,
}

/// What refusals have taught.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Learned {
    pub(crate) rate: BurstRate,
    /// When that may change again.
    pub(crate) settled_at: Instant,
}

impl BucketState {
    pub(super) fn join(self, other: Self) -> Self {
        Self {
            from: self.from.max(other.from),
            missing: self.missing.max(other.missing),
            empty_until: self.empty_until.max(other.empty_until),
            learned: super::either(self.learned, other.learned, |a, b| Learned {
                rate: BurstRate {
                    per_second: a.rate.per_second.min(b.rate.per_second),
                    capacity: a.rate.capacity.min(b.rate.capacity),
                },
                settled_at: a.settled_at.max(b.settled_at),
            }),
        }
    }
}

pub(super) fn least(a: Option<u32>, b: Option<u32>) -> Option<u32> {
    super::either(a, b, u32::min)
}

/// The value of `key` in a list in order, a new one if there is none.
pub(super) fn entry<K: Ord, V: Default>(list: &mut Vec<(K, V)>, key: K) -> &mut V {
    let at = match list.binary_search_by(|(other, _)| other.cmp(&key)) {
        Ok(at) => at,
        Err(at) => {
            list.insert(at, (key, V::default()));
            at
        }
    };
    &mut list[at].1
}

/// Of all that either counts, the higher count.
pub(super) fn join_windows(all: &mut Windows, other: Windows) {
    for (key, booked) in other {
        let slots = entry(all, key);
        for (slot, count) in booked {
            let most = entry(slots, slot);
            *most = count.max(*most);
        }
    }
}
