use super::*;
use headroom_model::time::HOUR;
use proptest::prelude::*;

const NOON: Instant = Instant(HOUR.0 * 12);

fn pool(quota: u32, spread_seed: u64, spread_max: Millis) -> Pool {
    Pool::new(Terms { quota, nodes: 1, per_second: 100, spread_seed, spread_max }, NOON)
}

const fn spent(cost: u32) -> Charge {
    Charge { reserved: cost, cost, is_sure: true }
}

/// What is sent now is answered at once.
fn answer(pool: &mut Pool, cost: u32, said: &Points, now: Instant) {
    let sent = pool.sent(cost, now);
    pool.settle(spent(cost), said, sent, now);
}

fn said(remaining: u32) -> Points {
    Points { remaining: Some(remaining), ..Points::default() }
}

#[test]
fn the_servers_lowest_figure_counts_and_stale_ones_are_dropped() {
    let mut pool = pool(100, 1, Millis::ZERO);
    for cost in [10, 10] {
        pool.reserve(cost, NOON);
    }
    let sent = pool.sent(10, NOON);
    pool.settle(spent(10), &said(30), sent, NOON);
    pool.settle(spent(10), &said(40), sent, NOON);
    assert_eq!(pool.points_left(NOON), (30, Confidence::Reported), "40 was answered earlier than 30");
}

#[test]
fn at_the_wall_the_next_hour_opens_at_one_instant_for_all_who_met_it() {
    let mut pool = pool(10, 7, Millis(1_000));
    pool.reserve(9, NOON);
    answer(&mut pool, 9, &Points::default(), NOON);
    let Fits::From(opening) = pool.earliest(2, NOON, NOON) else { panic!("2 of 10 fit sometime") };
    assert!(opening >= NOON + HOUR && opening <= NOON + HOUR + Millis(1_000));
    assert_eq!(
        pool.earliest(2, Instant(opening.0 - 1), Instant(opening.0 - 1)),
        Fits::From(opening),
        "refused 1 ms before"
    );
    assert_eq!(pool.earliest(2, opening, opening), Fits::From(opening), "accepted at it");
    assert_eq!(pool.earliest(1, NOON, NOON), Fits::From(NOON), "what fits does not wait");
    assert_eq!(pool.earliest(11, NOON, NOON), Fits::Never);
}

#[test]
fn a_call_in_flight_over_the_edge_is_counted_in_the_new_hour_too() {
    let mut pool = pool(10, 1, Millis::ZERO);
    pool.reserve(4, NOON);
    let sent = pool.sent(4, NOON);
    let later = NOON + HOUR;
    assert_eq!(pool.points_left(later), (6, Confidence::Metered));
    pool.settle(spent(4), &said(1), sent, later);
    assert_eq!(pool.points_left(later), (6, Confidence::Metered), "its figure is of the old hour");
}

#[test]
fn time_going_backwards_grants_nothing() {
    let mut pool = pool(10, 1, Millis::ZERO);
    pool.reserve(10, NOON);
    answer(&mut pool, 10, &Points::default(), NOON);
    let before = Instant(NOON.0 - 1);
    assert_eq!(pool.earliest(1, before, before), Fits::From(NOON + HOUR), "the wall of the known hour holds");
}

#[test]
fn what_is_in_doubt_lies_below_every_figure_for_a_while() {
    let mut pool = pool(100, 1, Millis::ZERO);
    pool.reserve(10, NOON);
    let sent = pool.sent(10, NOON);
    pool.lose(10, sent, NOON);
    let (mut now, mut left) = (NOON, 100);
    for _ in 0..2 {
        now += Doubt::SPAN;
        left -= 1;
        pool.reserve(1, now);
        answer(&mut pool, 1, &said(left), now);
        assert_eq!(pool.points_left(now).0, left - 10, "the server has not counted it yet");
    }
    now += Doubt::SPAN;
    pool.reserve(1, now);
    answer(&mut pool, 1, &said(left - 11), now);
    assert_eq!(pool.points_left(now).0, left - 11, "now it has");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// A server with sharp edges, siblings that spend, answers that come back in any order.
    #[test]
    fn we_never_send_what_the_server_has_not_left(
        quota in 1_u32..60,
        steps in proptest::collection::vec((0_u8..4, 1_u32..8, any::<prop::sample::Index>()), 1..200),
    ) {
        let mut pool = pool(quota, 1, Millis::ZERO);
        let mut server_left = quota;
        let mut heard_of_siblings = true;
        let mut in_flight: Vec<(u32, Sent, Option<u32>)> = Vec::new();
        for (kind, cost, which) in steps {
            match kind {
                0 if pool.earliest(cost, NOON, NOON) == Fits::From(NOON) => {
                    pool.reserve(cost, NOON);
                    in_flight.push((cost, pool.sent(cost, NOON), None));
                }
                1 if !in_flight.is_empty() => {
                    let (cost, _, counted) = which.get_mut(&mut in_flight);
                    if counted.is_none() {
                        prop_assert!(!heard_of_siblings || server_left >= *cost, "overspent because of us");
                        server_left = server_left.saturating_sub(*cost);
                        *counted = Some(server_left);
                    }
                }
                2 if !in_flight.is_empty() => {
                    let at = which.index(in_flight.len());
                    if let (cost, sent, Some(left)) = in_flight[at] {
                        in_flight.remove(at);
                        pool.settle(spent(cost), &said(left), sent, NOON);
                    }
                }
                3 if cost == 7 => {
                    server_left = server_left.saturating_sub(1);
                    heard_of_siblings = false;
                }
                _ => {}
            }
            if in_flight.is_empty() && heard_of_siblings {
                prop_assert_eq!(pool.points_left(NOON).0, server_left, "exact once nothing is in flight");
            }
        }
    }
}
