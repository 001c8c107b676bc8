//! What a call cost is settled by what came back, and learned from a server that keeps to other prices.

use crate::world::{Job, NOON, Network, Server, World, figures, get, page, request};
use headroom_core::config::BurstRate;
use headroom_core::verdict::{CallOptions, CostSource, Priority, Step};
use headroom_core::{CallId, Config, Limiter};
use headroom_model::operation::{Answer, Header, Operation, Response};
use headroom_model::rng::SplitMix64;
use headroom_model::time::{Instant, Millis};
use proptest::prelude::*;

/// An answer with so many objects in its list.
fn objects(count: u32, headers: Vec<Header>) -> Answer {
    let objects: Vec<_> = (0..count).map(|id| format!(r#"{{"id":"{id}"}}"#)).collect();
    let body = format!(r#"{{"results":[{}],"_links":{{}}}}"#, objects.join(","));
    Answer::Response(Response { status: 200, headers, body: body.into_bytes() })
}

fn list(limit: u32) -> Operation {
    get("t", &format!("/wiki/api/v2/pages?limit={limit}"))
}

/// One point for a request and one for each object: lists come back as full as chance has it. It names no figures.
struct ByObjects {
    charged: u32,
    rng: SplitMix64,
}

impl Server for ByObjects {
    fn answer(&mut self, operation: &Operation, _now: Instant) -> Answer {
        let Operation::Rest(request) = operation else { panic!("only requests cost points") };
        let Some((_, limit)) = request.path.split_once("limit=") else {
            let is_write = request.method == "POST";
            self.charged += if is_write { 1 } else { 2 };
            return objects(0, vec![]);
        };
        let count = u32::try_from(self.rng.up_to(limit.parse().unwrap())).unwrap();
        self.charged += 1 + count;
        objects(count, vec![])
    }
}

fn points_left(limiter: &Limiter, operation: &Operation, now: Instant) -> u32 {
    limiter.quota_check(operation, &CallOptions::default(), now).points_left.unwrap()
}

/// Begins and sends one call, if it may go now.
fn send(limiter: &mut Limiter, operation: &Operation, now: Instant) -> Option<CallId> {
    let call = limiter.begin(operation, &CallOptions::default(), now).unwrap();
    let is_sent = limiter.next(call, now) == Step::Send(1);
    if !is_sent {
        limiter.end(call);
    }
    is_sent.then_some(call)
}

fn answer(limiter: &mut Limiter, call: CallId, answer: &Answer, now: Instant) {
    limiter.on_response(call, answer, now);
    limiter.end(call);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Without a single figure of the server's, our ledger is its own once all is answered: exactly.
    #[test]
    fn lists_are_settled_by_the_objects_that_came_back(
        calls in proptest::collection::vec((0_u64..2_000, 0_usize..5), 1..40),
        seed: u64,
    ) {
        let operations = [list(1), list(8), list(25), page("t"), request("t", "POST", "/wiki/rest/api/content")];
        let mut now = NOON;
        let jobs = calls.iter().map(|(gap, which)| {
            now += Millis(*gap);
            Job::new(now, operations[*which].clone())
        });
        let server = ByObjects { charged: 0, rng: SplitMix64::new(seed) };
        let mut world = World::new(Config::default(), server, Network::up_to(900), jobs.collect(), seed);
        world.run();
        prop_assert_eq!(points_left(&world.limiter, &page("t"), now + Millis(10_000)), 65_000 - world.server.charged);
    }

    /// Whoever came when all points were set aside goes as soon as others have come to less or were dropped: while anybody
    /// waits for the next hour, this one has no points for him.
    #[test]
    fn points_that_others_leave_go_to_those_who_wait_in_the_same_hour(
        limit in 1_u32..25,
        jobs in 2_usize..120,
        quota in 60_u32..600,
        latency in 0_u64..900,
        dropped in proptest::collection::vec(0_u64..2_000, 0..5),
        background: bool,
        seed: u64,
    ) {
        let config = Config { quota_points: quota, burst: Some(BurstRate { per_second: 10, capacity: 1 }), ..Config::default() };
        let priority = if background { Priority::Background } else { Priority::Interactive };
        let options = CallOptions { priority, ..CallOptions::default() };
        let mut all = vec![Job { options, ..Job::new(NOON, list(limit)) }; jobs];
        for (job, cancel_after) in all.iter_mut().zip(dropped) {
            job.cancel_after = Some(Millis(cancel_after));
        }
        let server = ByObjects { charged: 0, rng: SplitMix64::new(seed) };
        let mut world = World::new(config, server, Network::up_to(latency), all, seed);
        world.run_until(NOON.next_hour());
        let is_waiting = world.tracks.iter().any(|track| track.outcome.is_none() && !track.was_cancelled);
        // What a call that was dropped on its way cost, nobody heard.
        let unheard = world.tracks.iter().filter(|track| track.was_cancelled && !track.sends.is_empty()).count();
        let (left, unheard) = (quota - world.server.charged, u32::try_from(unheard).unwrap());
        prop_assert!(!is_waiting || left < (limit + 1) * (1 + unheard), "{left} are left and somebody waits");
        world.run();
        prop_assert!(world.tracks.iter().all(|track| track.sends.len() <= 1), "and nobody is sent twice");
    }

    /// A server that charges one point for any list is believed after some lists, and then its last point is used.
    #[test]
    fn a_flat_price_is_learned_and_the_pool_is_used_to_the_last_point(
        limit in 1_u32..25,
        spare in 12_u32..50,
        latency in 0_u64..400,
        seed: u64,
    ) {
        let quota = limit + spare;
        let (config, mut rng) = (Config { quota_points: quota, ..Config::default() }, SplitMix64::new(seed));
        let (mut limiter, mut now, mut left) = (Limiter::new(config, seed).unwrap(), NOON, quota);
        while let Some(call) = send(&mut limiter, &list(limit), now) {
            left = left.checked_sub(1).expect("the server has no more");
            now += Millis(latency);
            let count = 1 + u32::try_from(rng.up_to(u64::from(limit) - 1)).unwrap();
            answer(&mut limiter, call, &objects(count, figures(quota, left, now)), now);
            now += Millis(20);
        }
        prop_assert_eq!(left, 0);
        let verdict = limiter.quota_check(&list(limit), &CallOptions::default(), now);
        prop_assert_eq!((verdict.cost_source, verdict.cost.likely), (CostSource::Counter, 1));
    }

    /// A server that charges more than the table says, each time: once four calls have told, no crowd of calls is sent
    /// beyond what it has, and no more is left than one call costs.
    #[test]
    fn a_dearer_price_is_learned_and_never_overspent(
        price in 3_u32..12,
        quota in 80_u32..300,
        seed: u64,
    ) {
        let config = Config { quota_points: quota, burst: None, ..Config::default() };
        let (mut limiter, mut rng) = (Limiter::new(config, seed).unwrap(), SplitMix64::new(seed));
        let (mut now, mut left) = (NOON, quota);
        let mut serve = |now: Instant| {
            left = left.checked_sub(price).expect("more was sent than the server has");
            objects(0, figures(quota, left, now))
        };
        for _ in 0..4 {
            let call = send(&mut limiter, &page("t"), now).unwrap();
            now += Millis(50);
            answer(&mut limiter, call, &serve(now), now);
        }
        let verdict = limiter.quota_check(&page("t"), &CallOptions::default(), now);
        prop_assert_eq!((verdict.cost_source, verdict.cost.likely), (CostSource::Counter, price));
        let mut in_flight = vec![];
        loop {
            let more: Vec<_> = std::iter::from_fn(|| send(&mut limiter, &page("t"), now)).collect();
            // They arrive in the order in which they were sent, and their answers come back in any.
            in_flight.extend(more.into_iter().map(|call| (call, serve(now))));
            if in_flight.is_empty() {
                break;
            }
            now += Millis(1);
            let (call, said) = in_flight.swap_remove(usize::try_from(rng.up_to(in_flight.len() as u64 - 1)).unwrap());
            answer(&mut limiter, call, &said, now);
        }
        prop_assert!(left < price, "{left} are left of {quota}");
    }
}
