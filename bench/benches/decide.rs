//! One decision, with few tenants known and with many. `cargo bench -p headroom-bench --bench decide`.
//!
//! The bounds are 300 ns for a question over three limits with 100,000 tenants known, and 500 ns for a call from its
//! reservation to its settlement. Two limiters for one process stand beside it: they keep no ledger of points, know no
//! refusals and take no time as an argument, so what they need is the price of counting alone.

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use governor::{Quota, RateLimiter};
use headroom_core::verdict::CallOptions;
use headroom_core::{Config, Limiter};
use headroom_model::operation::{Answer, Header, Operation, Request, Response};
use headroom_model::time::{Instant, Millis};
use std::hint::black_box;
use std::num::NonZeroU32;
use throttle_net::{Eviction, Hybrid, Layered, PerKey, Throttle};

/// What is asked for was just made and lies in the processor's cache; what is known of it need not.
const FEW: BatchSize = BatchSize::NumIterations(64);

const TENANTS: [usize; 3] = [1, 1_000, 100_000];

/// 2026-02-02T12:00:00Z.
const NOON: Instant = Instant(1_770_033_600_000);

/// As long as a cloud id, and alike in its beginning.
fn tenant(n: usize) -> String {
    format!("6fb21d8e-0a5c-4c37-9d11-{n:012x}")
}

fn operations(tenants: usize) -> Vec<Operation> {
    (0..tenants)
        .map(|n| Operation::Rest(Request::get(tenant(n), "/rest/api/3/issue/KEY-1234?fields=summary")))
        .collect()
}

fn answer(status: u16, headers: Vec<Header>) -> Answer {
    Answer::Response(Response { status, headers, body: Vec::new() })
}

/// A limiter that has heard of every tenant, and of a burst in one endpoint of each: pool, pace and endpoint are known.
fn knowing(operations: &[Operation]) -> Limiter {
    let mut limiter = Limiter::new(Config { quota_points: 10_000_000, ..Config::default() }, 1).expect("in range");
    let headers = vec![Header::new("Retry-After", "1"), Header::new("RateLimit-Reason", "jira-burst-based")];
    let refused = answer(429, headers);
    for operation in operations {
        call(&mut limiter, operation, &refused, NOON);
    }
    limiter
}

fn call(limiter: &mut Limiter, operation: &Operation, answer: &Answer, now: Instant) {
    let call = limiter.begin(operation, &CallOptions::default(), now).expect("few calls are open");
    black_box(limiter.next(call, now));
    limiter.on_response(call, answer, now);
    limiter.end(call);
}

/// Places far from each other, each of them once in `len` steps: neighbours would still lie in the processor's cache.
fn far(step: &mut usize, len: usize) -> usize {
    *step = step.wrapping_add(7_368_787);
    *step % len
}

fn headroom(criterion: &mut Criterion) {
    for tenants in TENANTS {
        let operations = operations(tenants);
        let mut limiter = knowing(&operations);
        let (mut step, mut now) = (0, NOON + Millis(5_000));
        let mut group = criterion.benchmark_group("headroom");
        group.bench_function(BenchmarkId::new("quota_check", tenants), |bencher| {
            let fresh = || operations[far(&mut step, tenants)].clone();
            bencher.iter_batched_ref(
                fresh,
                |operation| limiter.quota_check(operation, &CallOptions::default(), now),
                FEW,
            );
        });
        let success = answer(200, Vec::new());
        group.bench_function(BenchmarkId::new("begin, next, on_response, end", tenants), |bencher| {
            let fresh = || operations[far(&mut step, tenants)].clone();
            let run = |operation: &mut Operation| {
                now += Millis(100);
                call(&mut limiter, operation, &success, now);
            };
            bencher.iter_batched_ref(fresh, run, FEW);
        });
        group.finish();
    }
}

/// Never reached, so that every acquire goes all the way.
const UNREACHED: u32 = 1_000_000_000;

fn others(criterion: &mut Criterion) {
    let quota = Quota::per_second(NonZeroU32::new(UNREACHED).expect("not zero"));
    let direct = RateLimiter::direct(quota);
    criterion.bench_function("others/governor, no keys, 1 limit", |bencher| bencher.iter(|| direct.check().is_ok()));
    let throttle = || Throttle::per_second(UNREACHED);
    let hybrid = Hybrid::builder().limiter(throttle()).limiter(throttle()).limiter(throttle()).build();
    criterion.bench_function("others/throttle-net, no keys, 3 limits", |bencher| bencher.iter(|| hybrid.try_acquire()));
    for tenants in TENANTS {
        let keys: Vec<_> = (0..tenants).map(|n| (tenant(n), tenant(n) + "/issue")).collect();
        let keyed = RateLimiter::dashmap(quota);
        let every = || PerKey::<String>::per_second(UNREACHED).with_eviction(Eviction::unbounded());
        let layered: Layered<String, String> =
            Layered::builder().global(throttle()).per_key(every()).per_endpoint(every()).build();
        for (tenant, endpoint) in &keys {
            assert!(keyed.check_key(tenant).is_ok() && layered.try_acquire(tenant, endpoint));
        }
        let mut step = 0;
        let mut group = criterion.benchmark_group("others");
        group.bench_function(BenchmarkId::new("governor, keyed, 1 limit", tenants), |bencher| {
            let fresh = || keys[far(&mut step, tenants)].0.clone();
            bencher.iter_batched_ref(fresh, |tenant| keyed.check_key(tenant).is_ok(), FEW);
        });
        group.bench_function(BenchmarkId::new("throttle-net, layered, 3 limits", tenants), |bencher| {
            let fresh = || keys[far(&mut step, tenants)].clone();
            bencher.iter_batched_ref(fresh, |(tenant, endpoint)| layered.try_acquire(tenant, endpoint), FEW);
        });
        group.finish();
    }
}

criterion_group!(benches, headroom, others);
criterion_main!(benches);
