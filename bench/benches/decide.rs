//! One decision, with few tenants known and with many. `cargo bench -p headroom-bench --bench decide`.
//!
//! The bounds are 300 ns for a question over three limits with 100,000 tenants known, and 500 ns for a call from its
//! reservation to its settlement. Two limiters for one process stand beside it: they keep no ledger of points, know no
//! refusals and take no time as an argument, so what they need is the price of counting alone.

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use governor::{Quota, RateLimiter};
use headroom_bench::{NOON, call, knowing, operations, refusal, success, tenant};
use headroom_core::verdict::CallOptions;
use headroom_model::operation::Operation;
use headroom_model::time::Millis;
use std::num::NonZeroU32;
use throttle_net::{Eviction, Hybrid, Layered, PerKey, Throttle};

/// What is asked for was just made and lies in the processor's cache; what is known of it need not.
const FEW: BatchSize = BatchSize::NumIterations(64);

const TENANTS: [usize; 3] = [1, 1_000, 100_000];

/// Places far from each other, each of them once in `len` steps: neighbours would still lie in the processor's cache.
fn far(step: &mut usize, len: usize) -> usize {
    *step = step.wrapping_add(7_368_787);
    *step % len
}

fn headroom(criterion: &mut Criterion) {
    for tenants in TENANTS {
        let operations = operations(tenants);
        // Pool, pace and endpoint of each are known.
        let mut limiter = knowing(&operations, &refusal());
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
        let success = success();
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
