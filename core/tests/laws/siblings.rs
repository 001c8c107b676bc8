//! Copies of one app that know nothing of each other: together they stop at the wall, and come back spread out.

use crate::world::{NOON, figures, page, response};
use headroom_core::config::BurstRate;
use headroom_core::verdict::{CallOptions, Priority, Step};
use headroom_core::{CallId, Config, Limiter};
use headroom_model::operation::{Answer, Header};
use headroom_model::rng::SplitMix64;
use headroom_model::time::{HOUR, Instant, Millis};
use proptest::prelude::*;
use std::collections::BTreeMap;

const COST: u32 = 2;

/// Nodes with some workers each, who begin a call when the one before is over, and the server that all of them share.
struct Fleet {
    nodes: Vec<Limiter>,
    quota: u32,
    /// It shows figures when less than a fifth is left.
    left: BTreeMap<Instant, u32>,
    /// When a figure was read first.
    shown_at: Option<Instant>,
    refused: Vec<Instant>,
    arrived: Vec<Instant>,
    latency: Millis,
    events: BTreeMap<(Instant, usize), (usize, CallId, Event)>,
    scheduled: usize,
    rng: SplitMix64,
}

enum Event {
    Poll,
    Arrive,
    Answer(Answer),
}

impl Fleet {
    fn new(nodes: usize, workers: usize, quota: u32, latency: Millis, seed: u64) -> Self {
        let config = Config {
            nodes: u32::try_from(nodes).unwrap(),
            quota_points: quota,
            burst: Some(BurstRate { per_second: 100, capacity: 100 }),
            ..Config::default()
        };
        let mut rng = SplitMix64::new(seed);
        let nodes = (0..nodes).map(|_| Limiter::new(config.clone(), rng.next_u64()).unwrap()).collect();
        let (left, shown_at, refused, arrived, events, scheduled) = Default::default();
        let mut fleet = Self { nodes, quota, left, shown_at, refused, arrived, latency, events, scheduled, rng };
        for node in (0..fleet.nodes.len()).flat_map(|node| vec![node; workers]) {
            fleet.begin(node, NOON);
        }
        fleet
    }

    fn schedule(&mut self, at: Instant, node: usize, call: CallId, event: Event) {
        self.events.insert((at, self.scheduled), (node, call, event));
        self.scheduled += 1;
    }

    fn run_until(&mut self, end: Instant) {
        while let Some(entry) = self.events.first_entry().filter(|entry| entry.key().0 < end) {
            let ((now, _), (node, call, event)) = entry.remove_entry();
            match event {
                Event::Poll => self.poll(node, call, now),
                Event::Arrive => {
                    let answer = self.serve(now);
                    let back = now + self.rng.span_up_to(self.latency);
                    self.schedule(back, node, call, Event::Answer(answer));
                }
                Event::Answer(answer) => {
                    let has_figures = matches!(&answer, Answer::Response(response) if !response.headers.is_empty());
                    self.shown_at = self.shown_at.or(has_figures.then_some(now));
                    self.nodes[node].on_response(call, &answer, now);
                    self.poll(node, call, now);
                }
            }
        }
    }

    fn begin(&mut self, node: usize, now: Instant) {
        let call = self.nodes[node].begin(&page("t"), &CallOptions::default(), now).unwrap();
        self.poll(node, call, now);
    }

    fn poll(&mut self, node: usize, call: CallId, now: Instant) {
        match self.nodes[node].next(call, now) {
            Step::Send(_) => {
                let there = now + self.rng.span_up_to(self.latency);
                self.schedule(there, node, call, Event::Arrive);
            }
            Step::WaitUntil(wait) => self.schedule(wait.until, node, call, Event::Poll),
            Step::Done(_) => {
                self.nodes[node].end(call);
                // Who looks at the answer for a moment keeps the world turning.
                let call = self.nodes[node].begin(&page("t"), &CallOptions::default(), now).unwrap();
                self.schedule(now + Millis(1), node, call, Event::Poll);
            }
            Step::AwaitingAnswer => panic!("polled while in flight"),
        }
    }

    fn serve(&mut self, now: Instant) -> Answer {
        self.arrived.push(now);
        let left = self.left.entry(now.hour_start()).or_insert(self.quota);
        let Some(after) = left.checked_sub(COST) else {
            self.refused.push(now);
            let mut headers = figures(self.quota, *left, now);
            headers.push(Header::new("Retry-After", now.next_hour().since(now).secs_ceil().to_string()));
            headers.push(Header::new("RateLimit-Reason", "confluence-quota-global-based"));
            return response(429, headers);
        };
        *left = after;
        let is_shown = after < self.quota / 5;
        response(200, if is_shown { figures(self.quota, after, now) } else { vec![] })
    }
}

proptest! {
    // Each case is an hour of some thousand calls: 2,000 of them take about five seconds.
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Nobody is told of the others but by the server's figure, and that comes late: yet nobody is refused for want of
    /// points, and no more is left than what all of them may have on their way at once.
    #[test]
    fn a_fleet_stops_at_the_wall_without_a_refusal(
        nodes in 1_usize..9,
        workers in 1_usize..5,
        quota in 1_500_u32..3_000,
        latency in prop_oneof![Just(20_u64), 20_u64..400],
        seed: u64,
    ) {
        let mut fleet = Fleet::new(nodes, workers, quota, Millis(latency), seed);
        fleet.run_until(NOON + HOUR);
        prop_assert!(fleet.refused.is_empty(), "{:?}, shown at {:?}", fleet.refused, fleet.shown_at);
        let on_their_way = u32::try_from(nodes * workers).unwrap() * COST;
        prop_assert!(fleet.left[&NOON] <= on_their_way, "{} of {quota} are left", fleet.left[&NOON]);
        prop_assert!(fleet.left[&NOON] < quota / 5 && fleet.shown_at.is_some());
    }
}

/// 50 nodes with 4 workers each. A hundred requests of the 200 that waited could come in a second: the nodes are spread
/// over two, and not all at the hour.
#[test]
fn after_the_wall_a_fleet_comes_back_spread_out() {
    let mut fleet = Fleet::new(50, 4, 20_000, Millis(100), 7);
    fleet.run_until(NOON + HOUR);
    assert!(fleet.refused.is_empty());
    let (nodes, edge) = (fleet.nodes.len(), fleet.arrived.len());
    let opened: Vec<_> = fleet.events.iter().map(|((at, _), (node, ..))| (*node, at.since(NOON + HOUR))).collect();
    let opens = |node: usize| opened.iter().find(|(of, _)| *of == node).unwrap().1;
    let spans: Vec<_> = (0..nodes).map(opens).collect();
    let most = Millis::from_secs(200 * u64::from(COST) / 100);
    assert!(spans.iter().all(|span| *span <= most), "{spans:?}");
    let in_second = |second: u64| spans.iter().filter(|span| span.0 / 1_000 == second).count();
    // Each node has a fiftieth of the burst rate, so two of its four workers are on their way at once.
    for second in 0..2 {
        assert!((15..=35).contains(&in_second(second)), "{} nodes in second {second}", in_second(second));
    }
    fleet.run_until(NOON + HOUR + Millis(10));
    assert!(fleet.arrived.len() - edge <= 8, "{} at once", fleet.arrived.len() - edge);
}

/// What one node sends of so many background calls at each instant, to a server that answers at once.
fn sends_of(mut node: Limiter, wakes: &[(Instant, usize)]) -> Vec<Instant> {
    let options = CallOptions { priority: Priority::Background, ..CallOptions::default() };
    let mut sends = Vec::new();
    let begins = wakes.iter().flat_map(|(at, calls)| vec![*at; *calls]);
    let mut due: BTreeMap<_, _> = begins.enumerate().map(|(call, at)| ((at, call), None)).collect();
    while let Some(((now, which), call)) = due.pop_first() {
        let call = call.unwrap_or_else(|| node.begin(&page("t"), &options, now).unwrap());
        match node.next(call, now) {
            Step::Send(_) => {
                sends.push(now);
                node.on_response(call, &response(200, vec![]), now);
                node.end(call);
            }
            Step::WaitUntil(wait) => drop(due.insert((wait.until, which), Some(call))),
            step => panic!("{step:?}"),
        }
    }
    sends
}

proptest! {
    // Each case is some thousand calls.
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// However many nodes wake together, or one after the other, in a span of x seconds they send no more than a bucket
    /// of the whole rate r admits: b + r · x. Parts are rounded down, so nothing is added for that.
    ///
    /// Where a node's part of b is less than a token, chance places the part of the interval in which each may send.
    /// Then it is b / 2 + r · x in the mean, two calls and a millisecond of r for what is rounded up to whole ones, and
    /// 4 · √nodes for chance. By the distribution of Kuiper's statistic about one case in 10¹¹ exceeds that, and as few
    /// exceed b + r · x where b ≥ 8 · √nodes.
    #[test]
    fn a_fleet_never_sends_more_than_the_shared_burst(
        nodes in prop_oneof![1_u32..60, 1_u32..=1_000],
        per_second in 1_u32..=1_000,
        capacity in prop_oneof![1_u32..50, 1_u32..2_000],
        wakes in proptest::collection::vec((0_u64..40_000, 1_usize..5), 1..4),
        spread in prop_oneof![Just(0_u64), 0_u64..3_000],
        seed: u64,
    ) {
        let burst = Some(BurstRate { per_second, capacity });
        let config = Config { nodes, burst, quota_points: 10_000_000, ..Config::default() };
        let mut rng = SplitMix64::new(seed);
        let mut sends = Vec::new();
        for _ in 0..nodes {
            let node = Limiter::new(config.clone(), rng.next_u64()).unwrap();
            let mut now = NOON;
            let wake = |(gap, calls): &(u64, usize)| {
                now += Millis(*gap);
                (now + rng.span_up_to(Millis(spread)), *calls)
            };
            sends.extend(sends_of(node, &wakes.iter().map(wake).collect::<Vec<_>>()));
        }
        prop_assert_eq!(sends.len(), wakes.iter().map(|(_, calls)| calls * nodes as usize).sum::<usize>());
        sends.sort_unstable();
        let chance = u64::from(4 * (nodes.isqrt() + 1));
        let (at_once, late) =
            if nodes <= capacity { (u64::from(capacity), 0) } else { (u64::from(capacity / 2 + 2) + chance, 1) };
        // What came back before the first of a span, and how many were sent: the fullest span so far ends here.
        let (mut fewest, rate) = (i64::MAX, i64::from(per_second));
        for (sent, at) in (0_i64..).zip(&sends) {
            let back = rate * i64::try_from(at.since(NOON).0).unwrap();
            fewest = fewest.min(1_000 * sent - back);
            let most_in_a_span = 1_000 * (sent + 1) - back - fewest;
            let admitted = i64::try_from(1_000 * at_once).unwrap() + late * rate;
            prop_assert!(most_in_a_span <= admitted, "{most_in_a_span} of {admitted} thousandths at {at}");
        }
    }
}
