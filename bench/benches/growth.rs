//! How cost grows: with tenants known, with calls in flight, with what is saved. `cargo bench -p headroom-bench --bench growth`.
//!
//! Needs `cargo xtask build-guest`. Each line gives the figure at each size, and the exponent of the power law that fits
//! them best: 0 is a cost that does not grow, 1 one that grows with what there is. The bounds are 0.1 for a decision,
//! and for memory 1: bytes per tenant do not grow. Each time is a median.

use allocation_counter::measure;
use headroom_bench::{NOON, call, component, knowing, limiter, median, operations, success, to_wit};
use headroom_core::verdict::CallOptions;
use headroom_core::{CallId, Limiter};
use headroom_host::types::{CallOptions as WitOptions, Config};
use headroom_host::{Planner, PlannerComponent};
use headroom_model::operation::Operation;
use headroom_model::time::{Instant, Millis};
use std::hint::black_box;
use std::time::Instant as Clock;

const SIZES: [usize; 6] = [1, 10, 100, 1_000, 10_000, 100_000];
/// Calls sent and not answered.
const IN_FLIGHT: [usize; 5] = [1, 10, 100, 1_000, 10_000];
/// Decisions in each run.
const DECISIONS: usize = 10_000;

fn main() {
    let compiled = PlannerComponent::new(&component("planner-fast")).expect("it compiles");
    print("quota-check by tenants, core", "ns", &SIZES, |tenants| {
        let (operations, limiter) = known(tenants);
        each(|n| {
            black_box(limiter.quota_check(at(&operations, n), &CallOptions::default(), NOON));
        })
    });
    print("quota-check by tenants, fast planner", "ns", &SIZES, |tenants| {
        let mut planner = instance(&compiled);
        let operations: Vec<_> = operations(tenants).iter().map(to_wit).collect();
        for operation in &operations {
            let call = planner.begin(operation, &WitOptions::default(), NOON.0).expect("no trap");
            planner.next(call, NOON.0).expect("no trap");
            planner.end(call).expect("no trap");
        }
        each(|n| {
            black_box(planner.quota_check(at(&operations, n), &WitOptions::default(), NOON.0).expect("no trap"));
        })
    });
    print("begin to end by tenants, core", "ns", &SIZES, |tenants| {
        let (operations, mut limiter) = known(tenants);
        let (success, mut now) = (success(), NOON);
        each(|n| {
            now += Millis(100);
            call(&mut limiter, at(&operations, n), &success, now);
        })
    });
    print("begin to end by calls in flight, core", "ns", &IN_FLIGHT, |in_flight| {
        let (operations, mut limiter) = known(in_flight);
        let (success, mut now) = (success(), NOON);
        open(&mut limiter, &operations, now);
        each(|n| {
            now += Millis(100);
            call(&mut limiter, at(&operations, n), &success, now);
        })
    });
    print("save by tenants, core", "ns", &SIZES, |tenants| {
        let (_, limiter) = known(tenants);
        once(|| {
            drop(black_box(limiter.save(NOON)));
        })
    });
    print("restore by tenants, core", "ns", &SIZES, |tenants| {
        let saved = known(tenants).1.save(NOON);
        once(|| {
            let mut fresh = limiter();
            fresh.restore(&saved.bytes, NOON).expect("it was saved just now");
        })
    });
    print("bytes held by tenants, core", "B", &SIZES[2..], |tenants| {
        let operations = operations(tenants);
        let mut limiter = None;
        let heap = measure(|| limiter = Some(knowing(&operations, &success())));
        heap.bytes_current as f64
    });
}

/// A limiter that has heard of each tenant, and an operation of each.
fn known(tenants: usize) -> (Vec<Operation>, Limiter) {
    let operations = operations(tenants);
    let limiter = knowing(&operations, &success());
    (operations, limiter)
}

/// Opens a call for each operation and sends it; no answer comes.
fn open(limiter: &mut Limiter, operations: &[Operation], now: Instant) -> Vec<CallId> {
    let begin = |operation| {
        let call = limiter.begin(operation, &CallOptions::default(), now).expect("few calls are open");
        black_box(limiter.next(call, now));
        call
    };
    operations.iter().map(begin).collect()
}

fn instance(compiled: &PlannerComponent) -> Planner {
    compiled.instantiate(|config: &mut Config| config.quota = 10_000_000, 1).expect("it instantiates")
}

/// Places far from each other: neighbours would still lie in the processor's cache.
fn at<T>(all: &[T], n: usize) -> &T {
    &all[n.wrapping_mul(7_368_787) % all.len()]
}

/// Nanoseconds of one decision among many.
fn each(mut decide: impl FnMut(usize)) -> f64 {
    let mut n = 0;
    let run = || {
        for _ in 0..DECISIONS {
            n += 1;
            decide(n);
        }
    };
    once(run) / DECISIONS as f64
}

/// Nanoseconds of a run: the median after one that warms up.
fn once(mut run: impl FnMut()) -> f64 {
    let took = median(|| {
        let start = Clock::now();
        run();
        start.elapsed()
    });
    took.as_nanos() as f64
}

fn print(what: &str, unit: &str, sizes: &[usize], cost: impl FnMut(usize) -> f64) {
    let costs: Vec<_> = sizes.iter().copied().map(cost).collect();
    let figures = costs.iter().map(|cost| format!("{cost:>12.0}")).collect::<String>();
    println!("{what:38} {figures} {unit:>3}   exponent {:>6.3}", exponent(sizes, &costs));
}

/// The slope of the straight line through the logarithms that is nearest to them by least squares.
fn exponent(sizes: &[usize], costs: &[f64]) -> f64 {
    let points: Vec<_> = sizes.iter().zip(costs).map(|(size, cost)| ((*size as f64).ln(), cost.ln())).collect();
    let count = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / count, y + point.1 / count));
    let (above, below) = points.iter().fold((0.0, 0.0), |(above, below), point| {
        (above + (point.0 - x) * (point.1 - y), below + (point.0 - x).powi(2))
    });
    above / below
}
