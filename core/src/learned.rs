//! What endpoints cost in fact, learned from the fall of the server's own counter.

use crate::state::nth_highest;
use crate::verdict::CostSource;
use headroom_model::operation::Method;
use headroom_model::points::{Cost, Template};

/// What a cost is learned for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) template: Option<Template>,
    pub(crate) method: Method,
    /// What the table takes for likely: a page of 250 costs other than one of 25.
    pub(crate) likely: u32,
}

/// The last samples of no more than `MOST` keys; the key that had none for longest goes first.
///
/// A sample is an upper bound: siblings may have spent as well. Three in a row above the table raise a cost, since
/// siblings hardly come between each time: to the lowest of them, or to the highest where the answers themselves prove it.
/// Only a server that charges less than the objects it returned lowers one:
/// pages that come back short look cheap too, and the next one may be full.
#[derive(Clone, Debug, Default)]
pub(crate) struct Learned<const MOST: usize = 512> {
    /// By key, in order.
    endpoints: Vec<(Key, Endpoint)>,
    /// How many samples were taken in.
    turn: u64,
}

/// So many samples in a row raise a cost.
const RAISE_AFTER: usize = 3;

/// So many in a row lower it.
const LOWER_AFTER: usize = 8;

#[derive(Clone, Copy, Debug, Default)]
struct Endpoint {
    last: Samples,
    /// The turn of the newest.
    touched: u64,
}

/// The newest first. What is not there yet is a fall by nothing of which nothing is known: it proves nothing.
pub(crate) type Samples = [Sample; LOWER_AFTER];

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) fall: u16,
    pub(crate) counted: Option<u16>,
}

/// So many keys are saved, those with the newest samples.
const MOST_SAVED: usize = 64;

/// The turn at which a restored memory goes on: no process comes that far.
const RESTORED_AT: u64 = 1 << 40;

impl<const MOST: usize> Learned<MOST> {
    /// The counter fell by `fall` over a call, whose body comes to `counted` points by the rule, if that is known.
    ///
    /// No template stands for many endpoints: they have nothing in common that could be learned.
    pub(crate) fn sample(&mut self, key: Key, fall: u32, counted: Option<u32>) {
        if key.template.is_none() {
            return;
        }
        if self.endpoints.len() >= MOST && self.place(key).is_err() {
            let oldest = self.endpoints.iter().map(|(_, endpoint)| endpoint.touched).min();
            self.endpoints.retain(|(_, endpoint)| Some(endpoint.touched) != oldest);
        }
        let place = self.place(key).unwrap_or_else(|place| {
            self.endpoints.insert(place, (key, Endpoint::default()));
            place
        });
        self.turn = self.turn.saturating_add(1);
        let Some((_, Endpoint { last, touched })) = self.endpoints.get_mut(place) else { return };
        last.rotate_right(1);
        last[0] = Sample { fall: small(fall), counted: counted.map(small) };
        *touched = self.turn;
    }

    /// The keys with the newest samples, and how many others were taken in since.
    pub(crate) fn save(&self) -> impl Iterator<Item = (Key, u64, &Samples)> {
        let turns: Vec<u64> = self.endpoints.iter().map(|(_, endpoint)| endpoint.touched).collect();
        let oldest = nth_highest(&turns, MOST_SAVED);
        let saved = self.endpoints.iter().filter(move |(_, endpoint)| endpoint.touched >= oldest).take(MOST_SAVED);
        saved.map(|(key, Endpoint { last, touched })| (*key, self.turn.saturating_sub(*touched), last))
    }

    /// Takes in what was saved of a key, before any sample is taken in.
    pub(crate) fn restore(&mut self, key: Key, ago: u64, last: Samples) {
        self.turn = RESTORED_AT;
        if let Err(place) = self.place(key)
            && self.endpoints.len() < MOST
        {
            self.endpoints.insert(place, (key, Endpoint { last, touched: RESTORED_AT.saturating_sub(ago) }));
        }
    }

    /// Where a key stands, or belongs.
    fn place(&self, key: Key) -> Result<usize, usize> {
        self.endpoints.binary_search_by_key(&key, |(key, _)| *key)
    }

    /// What a call of `key` costs, which costs `table` by the table.
    pub(crate) fn cost(&self, key: Key, table: Cost) -> (Cost, CostSource) {
        let learned = self
            .place(key)
            .ok()
            .and_then(|place| self.endpoints.get(place))
            .and_then(|(_, known)| known.raised(table).or_else(|| known.lowered(table)));
        learned.map_or((table, CostSource::Table), |cost| (cost, CostSource::Counter))
    }
}

impl Sample {
    /// The one that proves less of a low cost and more of a high one.
    pub(crate) fn join(self, other: Self) -> Self {
        Self { fall: self.fall.max(other.fall), counted: self.counted.min(other.counted) }
    }
}

impl Endpoint {
    fn raised(&self, table: Cost) -> Option<Cost> {
        let last = &self.last[..RAISE_AFTER];
        let (lowest, highest) = range(last);
        let is_proven = last.iter().all(|Sample { fall, counted }| *counted == Some(*fall));
        let likely = if is_proven { highest } else { lowest };
        (lowest > table.likely).then(|| Cost { low: table.low.min(lowest), likely, high: table.high.max(highest) })
    }

    fn lowered(&self, table: Cost) -> Option<Cost> {
        let is_below = |Sample { fall, counted }: &Sample| counted.is_some_and(|counted| *fall < counted);
        let (low, likely) = range(&self.last);
        let is_lower = self.last.iter().all(is_below) && likely < table.likely;
        is_lower.then(|| Cost { low, likely, high: table.high.max(likely) })
    }
}

/// The lowest fall and the highest.
fn range(samples: &[Sample]) -> (u32, u32) {
    let falls = || samples.iter().map(|sample| u32::from(sample.fall));
    (falls().min().unwrap_or(0), falls().max().unwrap_or(0))
}

/// Saturates, which is careful both ways: too little is raised, and nothing is lowered.
fn small(points: u32) -> u16 {
    u16::try_from(points).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn key(template: &str, likely: u32) -> Key {
        Key { template: Template::of("GET", template), method: Method::Get, likely }
    }

    fn pages(likely: u32) -> Key {
        key("/wiki/api/v2/pages", likely)
    }

    fn any_table() -> impl Strategy<Value = Cost> {
        [0_u32..40, 0..40, 0..40].prop_map(|mut points| {
            points.sort_unstable();
            Cost { low: points[0], likely: points[1], high: points[2] }
        })
    }

    /// It keeps all that it was ever told of each key, the key with the newest sample last.
    #[derive(Default)]
    struct Slow(Vec<(Key, Samples)>);

    type Samples = Vec<(u32, Option<u32>)>;

    impl Slow {
        fn sample(&mut self, key: Key, fall: u32, counted: Option<u32>, most: usize) {
            let at = self.0.iter().position(|(known, _)| *known == key);
            let (_, mut samples) = at.map_or((key, vec![]), |at| self.0.remove(at));
            samples.push((fall, counted));
            self.0.push((key, samples));
            if self.0.len() > most {
                self.0.remove(0);
            }
        }

        fn cost(&self, key: Key, table: Cost) -> (Cost, CostSource) {
            let samples = self.0.iter().find(|(known, _)| *known == key).map_or(&[][..], |(_, samples)| samples);
            let newest: Vec<_> = samples.iter().rev().take(3).collect();
            if newest.len() == 3 && newest.iter().all(|(fall, _)| *fall > table.likely) {
                let falls = newest.iter().map(|(fall, _)| *fall);
                let (least, most) = (falls.clone().min().unwrap(), falls.max().unwrap());
                let likely = if newest.iter().all(|(fall, counted)| *counted == Some(*fall)) { most } else { least };
                return (Cost { likely, high: most.max(table.high), ..table }, CostSource::Counter);
            }
            let newest: Vec<_> = samples.iter().rev().take(8).collect();
            let breaks_the_rule = newest.iter().all(|(fall, counted)| counted.is_some_and(|counted| *fall < counted));
            if newest.len() == 8 && breaks_the_rule {
                let mut falls: Vec<u32> = newest.iter().map(|(fall, _)| *fall).collect();
                falls.sort_unstable();
                if falls[7] < table.likely {
                    return (Cost { low: falls[0], likely: falls[7], ..table }, CostSource::Counter);
                }
            }
            (table, CostSource::Table)
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn it_tells_what_a_list_of_all_samples_tells(
            table in any_table(),
            steps in vec((0_usize..4, 0_u32..42, prop::option::weighted(0.97, 0_u32..50)), 1..100),
        ) {
            let (mut learned, mut slow) = (Learned::<3>::default(), Slow::default());
            let keys = [pages(2), pages(3), Key { method: Method::Post, ..pages(2) }, key("/rest/api/3/search/jql", 2)];
            for (which, fall, counted) in steps {
                // Some endpoints are flat, some are dear.
                let (fall, counted) = match which {
                    0 | 1 => (fall / 4, counted.map(|counted| counted + 5)),
                    2 => (fall + 20, counted),
                    _ => (fall, counted),
                };
                learned.sample(keys[which], fall, counted);
                slow.sample(keys[which], fall, counted, 3);
                for key in keys {
                    let (cost, source) = learned.cost(key, table);
                    prop_assert_eq!((cost, source), slow.cost(key, table));
                    prop_assert!(cost.low <= cost.likely && cost.likely <= cost.high, "{cost:?}");
                }
            }
        }

        #[test]
        fn who_follows_the_rule_is_never_lowered_whatever_siblings_spend(
            table in any_table(),
            answers in vec((1_u32..60, prop_oneof![3 => Just(0), 2 => 0_u32..9, 1 => any::<u32>()]), 1..40),
        ) {
            let mut learned = Learned::<512>::default();
            for (counted, siblings) in answers {
                learned.sample(pages(table.likely), counted.saturating_add(siblings), Some(counted));
                let (cost, _) = learned.cost(pages(table.likely), table);
                prop_assert!(cost.low >= table.low && cost.likely >= table.likely && cost.high >= table.high);
            }
        }

        #[test]
        fn a_flat_cost_is_known_after_eight_clean_samples(
            table in any_table(),
            flat in 1_u32..60,
            before in vec((0_u32..90, prop::option::of(0_u32..90)), 0..20),
            more in vec(1_u32..99, 8),
        ) {
            let mut learned = Learned::<512>::default();
            for (fall, counted) in before {
                learned.sample(pages(table.likely), fall, counted);
            }
            for more in more {
                learned.sample(pages(table.likely), flat, Some(flat + more));
            }
            prop_assert_eq!(learned.cost(pages(table.likely), table).0.likely, flat);
        }

        #[test]
        fn noise_in_fewer_than_three_samples_in_a_row_raises_nothing(
            table in any_table(),
            noise in vec((1_u32..3, 1_u32..70_000, 0_u32..41, prop::option::of(0_u32..90_000)), 1..20),
        ) {
            let mut learned = Learned::<512>::default();
            for (noisy, above, clean, counted) in noise {
                let falls = (0..noisy).map(|n| table.likely + above + n).chain([clean % (table.likely + 1)]);
                for fall in falls {
                    learned.sample(pages(table.likely), fall, counted);
                    let (cost, _) = learned.cost(pages(table.likely), table);
                    prop_assert!(cost.likely <= table.likely && cost.high <= table.high, "{cost:?}");
                }
            }
        }
    }

    #[test]
    fn it_stays_bounded_and_forgets_what_had_no_sample_for_longest() {
        let mut learned = Learned::<512>::default();
        for likely in 0..2_000 {
            (0..3).for_each(|_| learned.sample(pages(likely), u32::MAX, Some(u32::MAX)));
            (0..3).for_each(|_| learned.sample(pages(0), 5, None));
            assert!(learned.endpoints.len() <= 512);
        }
        let source = |likely| learned.cost(pages(likely), Cost::exactly(likely)).1;
        assert_eq!((source(0), source(1_488)), (CostSource::Counter, CostSource::Table));
        assert!((1_489..2_000).all(|likely| source(likely) == CostSource::Counter));
    }

    #[test]
    fn nothing_is_learned_of_what_no_template_names() {
        let (mut learned, unknown) = (Learned::<512>::default(), key("/x", 2));
        (0..8).for_each(|_| learned.sample(unknown, 9, Some(10)));
        assert_eq!(learned.cost(unknown, Cost::exactly(2)), (Cost::exactly(2), CostSource::Table));
        assert!(learned.endpoints.is_empty());
    }
}
