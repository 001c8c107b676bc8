//! The parts of a record, and how two of them are joined: in each figure the more careful one counts, so that the
//! order does not matter and nothing counts twice.

use crate::demand::Demand;
use crate::doubt::Doubt;
use crate::learned::Samples;
use crate::rate::Rate;
use crate::sampler::Sampler;
use headroom_model::time::{HOUR, Instant, Millis};
use std::cmp::Ordering;

/// Bookings of one scope: for each window, by whether it slides and by its span, how many lie at each instant. For a
/// fixed window that is its beginning. All in order.
pub(crate) type Windows = Vec<((bool, Millis), Booked)>;

/// How many bookings lie at each instant, in order.
pub(crate) type Booked = Vec<(Instant, u32)>;

/// The costs of one endpoint, by what the table takes for likely.
pub(crate) type Costs = Vec<(u32, CostState)>;

/// What one cost is learned from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CostState {
    /// How many samples of any cost are newer.
    pub(crate) ago: u64,
    pub(crate) last: Samples,
}

/// Of what there is no sample of.
impl Default for CostState {
    fn default() -> Self {
        Self { ago: u64::MAX, last: Samples::default() }
    }
}

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
    /// The most that was on its way in this hour, in the one before, and in the last in which anything was.
    pub(crate) peaks: [u32; 3],
    pub(crate) doubt: Doubt,
    pub(crate) people: Demand,
    pub(crate) spending: Demand,
    /// Whether the server said in this hour that it is not near its limit.
    pub(crate) was_far: bool,
    pub(crate) sampler: Sampler,
}

/// The pool of the coming rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShadowState {
    pub(crate) quota: u32,
    pub(crate) would_refuse: u32,
    pub(crate) pool: PoolState,
}

impl ShadowState {
    /// It holds nothing up: who knows of none has nothing to say.
    pub(super) fn join(self, other: Self) -> Self {
        Self {
            quota: self.quota.min(other.quota),
            would_refuse: self.would_refuse.max(other.would_refuse),
            pool: self.pool.join(other.pool),
        }
    }
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
    fn unknown(window: Instant) -> Self {
        Self {
            window,
            hour: Hour::UNTOUCHED,
            before: Some(Hour::UNTOUCHED),
            left_before: None,
            peaks: [0; 3],
            doubt: Doubt::NONE,
            people: Demand::default(),
            spending: Demand::default(),
            was_far: false,
            sampler: Sampler::default(),
        }
    }

    /// Who knows of no pool takes it for untouched.
    pub(super) fn join_known(a: Option<Self>, b: Option<Self>) -> Option<Self> {
        let (one, other) = (a.or(b)?, b.or(a)?);
        let unknown = Self::unknown(one.window.max(other.window));
        Some(a.unwrap_or(unknown).join(b.unwrap_or(unknown)))
    }

    pub(super) fn join(self, other: Self) -> Self {
        let window = self.window.max(other.window);
        let (a, b) = (self.at(window), other.at(window));
        Self {
            window,
            hour: a.hour.join(b.hour),
            before: super::either(a.before, b.before, Hour::join),
            left_before: least(a.left_before, b.left_before),
            peaks: std::array::from_fn(|of| a.peaks[of].max(b.peaks[of])),
            doubt: a.doubt.join(b.doubt),
            people: a.people.join(b.people),
            spending: a.spending.join(b.spending),
            was_far: a.was_far || b.was_far,
            sampler: a.sampler.join(b.sampler),
        }
    }

    /// The same in the hour from `window` on, which is not before its own.
    fn at(self, window: Instant) -> Self {
        // However many hours it was ago: then it does not matter in which order memories of several are joined.
        let [.., of_late] = self.peaks;
        let peaks = [0, of_late, of_late];
        let Self { hour, before, left_before, peaks, was_far, .. } = match window.since(self.window) {
            Millis::ZERO => self,
            HOUR => Self { before: Some(self.hour), peaks, ..Self::unknown(window) },
            _ => Self { peaks, ..Self::unknown(window) },
        };
        Self { window, hour, before, left_before, peaks, was_far, ..self }
    }
}

/// A bucket, apart from its configured rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BucketState {
    /// The instant of `missing`.
    pub(crate) from: Instant,
    /// By how much it is not full, in millionths of a token, `booked` not counted.
    pub(crate) missing: u64,
    /// Without a whole token until then.
    pub(crate) empty_until: Option<Instant>,
    /// What was booked since.
    pub(crate) booked: Booked,
    pub(crate) learned: Option<Belief>,
    /// The rate that no configuration tells: an endpoint's.
    pub(crate) told: Option<Rate>,
}

/// What one tenant spent of a pool over all, in the hour from `window` on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    pub(crate) window: Instant,
    pub(crate) points: u32,
    /// The part of them that people waited for.
    pub(crate) people: u32,
}

impl Spent {
    pub(crate) fn join(self, other: Self) -> Self {
        match self.window.cmp(&other.window) {
            Ordering::Less => other,
            Ordering::Greater => self,
            Ordering::Equal => {
                Self { points: self.points.max(other.points), people: self.people.max(other.people), ..self }
            }
        }
    }
}

/// What refusals have taught.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Belief {
    pub(crate) rate: Rate,
    /// When that may change again.
    pub(crate) settled_at: Instant,
}

impl BucketState {
    pub(super) fn join(mut self, other: Self) -> Self {
        join_booked(&mut self.booked, other.booked);
        Self {
            from: self.from.max(other.from),
            missing: self.missing.max(other.missing),
            empty_until: self.empty_until.max(other.empty_until),
            booked: self.booked,
            learned: super::either(self.learned, other.learned, |a, b| Belief {
                rate: a.rate.slower(b.rate),
                settled_at: a.settled_at.max(b.settled_at),
            }),
            told: super::either(self.told, other.told, Rate::slower),
        }
    }
}

pub(super) fn least(a: Option<u32>, b: Option<u32>) -> Option<u32> {
    super::either(a, b, u32::min)
}

/// The value of `key` in a list in order, a new one if there is none.
pub(crate) fn entry<K: Ord, V: Default>(list: &mut Vec<(K, V)>, key: K) -> &mut V {
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
        join_booked(entry(all, key), booked);
    }
}

fn join_booked(all: &mut Booked, other: Booked) {
    for (slot, count) in other {
        let most = entry(all, slot);
        *most = count.max(*most);
    }
}

/// What one alone has learned is believed as far as it is above the table.
pub(super) fn join_costs(all: &mut Costs, other: Costs) {
    let is_alone = |likely: u32| other.iter().all(|(theirs, _)| *theirs != likely);
    for (_, cost) in all.iter_mut().filter(|(likely, _)| is_alone(*likely)) {
        *cost = cost.join(CostState::default());
    }
    for (likely, theirs) in other {
        let cost = entry(all, likely);
        *cost = cost.join(theirs);
    }
}

impl CostState {
    fn join(self, other: Self) -> Self {
        let mut last = self.last;
        last.iter_mut().zip(other.last).for_each(|(sample, theirs)| *sample = sample.join(theirs));
        Self { ago: self.ago.min(other.ago), last }
    }
}

/// How many of the instants, which come in order, are the same.
pub(crate) fn runs(slots: impl Iterator<Item = Instant>) -> Booked {
    let mut runs = Booked::new();
    for slot in slots {
        match runs.last_mut() {
            Some((last, count)) if *last == slot => *count += 1,
            _ => runs.push((slot, 1)),
        }
    }
    runs
}
