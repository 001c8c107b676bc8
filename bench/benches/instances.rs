//! What instances of the planner cost, to choose by. `cargo bench -p headroom-bench --bench instances`.
//!
//! Needs `cargo xtask build-guest`. The bounds are 15 µs for an instance out of the pool, and 128 KiB of memory for one
//! more that has made a call. Each figure is a median.

use headroom_bench::{NOON, component, median, tenant};
use headroom_host::types::{CallOptions, Config, Operation, Request};
use headroom_host::{Allocation, EngineBuilder, Engines, Planner, PlannerComponent, Ticks};
use std::time::{Duration, Instant};
use wasmtime::component::Linker;
use wasmtime::{Config as EngineConfig, Engine, Store};

/// Samples of what takes microseconds; each is short, so that most of them are not interrupted.
const SAMPLES: usize = 2_000;
/// Instances that are there at once.
const INSTANCES: usize = 1_000;
/// Tenants that are asked for in turn, all of them in a sample.
const CALLS: usize = 100;

fn main() {
    let bytes = component("planner-fast");
    compiling(&bytes);
    println!();
    for (name, allocation) in
        [("on demand", Allocation::OnDemand), ("pooled", Allocation::Pooled { instances: INSTANCES as u32 })]
    {
        let engines = || Engines::builder().allocation(allocation);
        let compile =
            |engines: EngineBuilder| engines.build().and_then(|engines| engines.planner(&bytes)).expect("it compiles");
        // First, for slots of a pool keep some of what they had.
        memory(name, &compile(engines()));
        let planner = compile(engines());
        instantiating(name, &planner);
        calls(&format!("{name}, ticking"), &planner);
        calls(&format!("{name}, ticking, inlined"), &compile(engines().inlining(true)));
        calls(&format!("{name}, no ticks"), &compile(engines().ticks(Ticks::Off)));
        calls(&format!("{name}, no ticks, inlined"), &compile(engines().ticks(Ticks::Off).inlining(true)));
        println!();
    }
    let small = Engines::shared().planner(&component("planner")).expect("it compiles");
    calls("on demand, ticking, the small planner", &small);
    let concurrent = Engine::new(EngineConfig::new().memory_init_cow(false)).expect("an engine");
    let concurrent = Engines::builder().engine(concurrent).build().and_then(|engines| engines.planner(&bytes));
    calls("on demand, no ticks, an engine for many calls at once", &concurrent.expect("it compiles"));
}

fn compiling(bytes: &[u8]) {
    let cache = tempfile::tempdir().expect("a directory");
    let cold = median(|| {
        let engines = Engines::builder().build().expect("engines");
        timed(|| engines.planner(bytes).expect("it compiles"))
    });
    let load = || {
        let engines = Engines::builder().cache(cache.path()).build().expect("engines");
        timed(|| engines.planner(bytes).expect("it compiles"))
    };
    load();
    let cached = median(load);
    println!("compile {:>8.2} ms, load from the cache {:>6.2} ms", ms(cold), ms(cached));
}

/// Cold slots are those that no instance was in before; warm ones were left just now.
fn instantiating(name: &str, planner: &PlannerComponent) {
    let first = (0..INSTANCES).map(|_| timed_with(|| planner.instantiate(enough, 7).expect("it instantiates")));
    let (planners, mut took): (Vec<_>, Vec<_>) = first.unzip();
    took.sort_unstable();
    let cold = took[took.len() / 2];
    drop(planners);
    let warm = sampled(|| drop(planner.instantiate(enough, 7).expect("it instantiates")));
    let pre = Linker::<()>::new(planner.engine());
    let pre = pre.instantiate_pre(planner.component()).expect("it imports nothing");
    let bare = sampled(|| {
        let mut store = Store::new(planner.engine(), ());
        store.set_epoch_deadline(1_000);
        pre.instantiate(&mut store).expect("it instantiates");
    });
    println!(
        "instantiate {name}: cold {:.1} µs, warm {:.1} µs; of which without a limiter {:.1} µs",
        us(cold),
        us(warm),
        us(bare)
    );
}

/// Memory that the machine has given this process (`statm`, second column, pages of 4 KiB).
fn resident_bytes() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("Linux says how much a process has");
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<f64>().ok()).expect("pages") * 4096.0
}

fn memory(name: &str, planner: &PlannerComponent) {
    let make = || {
        let mut planner = planner.instantiate(enough, 7).expect("it instantiates");
        check(&mut planner, &operation(0));
        planner
    };
    let mut planners: Vec<_> = (0..INSTANCES / 10).map(|_| make()).collect();
    let before = resident_bytes();
    planners.extend((INSTANCES / 10..INSTANCES).map(|_| make()));
    let each = (resident_bytes() - before) / (INSTANCES - INSTANCES / 10) as f64;
    println!("memory of one more instance, {name}: {:.1} KiB", each / 1024.0);
}

fn calls(name: &str, planner: &PlannerComponent) {
    let mut planner = planner.instantiate(enough, 7).expect("it instantiates");
    let operations: Vec<_> = (0..CALLS).map(operation).collect();
    let took = sampled(|| operations.iter().for_each(|operation| check(&mut planner, operation)));
    println!("quota-check, {name}: {:.0} ns", us(took) * 1e3 / CALLS as f64);
}

fn check(planner: &mut Planner, operation: &Operation) {
    planner.quota_check(operation, &CallOptions::default(), NOON.0).expect("no trap");
}

fn operation(n: usize) -> Operation {
    Operation::Rest(Request {
        tenant: tenant(n),
        method: "GET".into(),
        path: "/rest/api/3/issue/KEY-1234?fields=summary".into(),
        headers: Vec::new(),
        body: None,
    })
}

fn enough(config: &mut Config) {
    config.quota = 10_000_000;
}

fn timed_with<R>(work: impl FnOnce() -> R) -> (R, Duration) {
    let start = Instant::now();
    let made = work();
    (made, start.elapsed())
}

fn timed<R>(work: impl FnOnce() -> R) -> Duration {
    timed_with(work).1
}

/// The median of many.
fn sampled(mut work: impl FnMut()) -> Duration {
    let mut took: Vec<_> = (0..SAMPLES).map(|_| timed(&mut work)).collect();
    took.sort_unstable();
    took[SAMPLES / 2]
}

fn us(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
