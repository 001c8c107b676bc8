//! What it costs that the limiter is a component. `cargo bench -p headroom-bench --bench component`.
//!
//! Needs `cargo xtask build-guest`. The bound is 30 µs for each `invoke-with-retry` with 10,000 of them under way in one
//! instance, over a transport that answers at once: what remains is the limiter, wasmtime and the copies between them.
//! The same calls on the core itself stand beside it, from the same run. Each figure is a median.

use futures::future::{BoxFuture, FutureExt, join_all};
use headroom_bench::{NOON, component, limiter, median, operations, success, to_wit};
use headroom_core::verdict::{CallOptions as CoreOptions, Ending, Step};
use headroom_core::{CallId, Limiter};
use headroom_host::types::{Answer, AttemptCount, AttemptError, CallOptions, Decision, Ending as Ended, Response};
use headroom_host::types::{Config, Operation};
use headroom_host::{Client, ClientComponent, Planner, PlannerComponent, Transport};
use headroom_model::operation as model;
use headroom_model::time::{Instant as Moment, Millis};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Calls in each run, one of each tenant: none waits for its pace.
const CALLS: usize = 10_000;
const AT_ONCE: [usize; 3] = [1, 100, CALLS];

/// Answers before anybody waits.
struct AtOnce;

impl Transport for AtOnce {
    fn send(&self, _: Operation, _: AttemptCount) -> BoxFuture<'static, Result<Answer, AttemptError>> {
        let answer = Answer::Response(Response { status: 200, headers: Vec::new(), body: Vec::new() });
        async { Ok(answer) }.boxed()
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("tokio runs here");
    println!("median of 9 runs                    core     component   ratio");
    let operations = operations(CALLS);
    let compiled = ClientComponent::new(&component("client")).expect("it compiles");
    for at_once in AT_ONCE {
        let (mut limiter, mut now) = (limiter(), NOON);
        let core = median(|| {
            now += Millis(1_000);
            calls_of_core(&mut limiter, &operations, at_once, now)
        });
        let instance = compiled.instantiate(Arc::new(AtOnce), points_enough);
        let mut client = runtime.block_on(instance).expect("it instantiates");
        let component = median(|| runtime.block_on(calls_of_client(&mut client, &operations, at_once)));
        print(&format!("invoke-with-retry, {at_once} at once"), core, component);
    }
    let mut limiter = limiter();
    let core = median(|| checks_of_core(&mut limiter, &operations));
    for name in ["planner", "planner-fast"] {
        let compiled = PlannerComponent::new(&component(name)).expect("it compiles");
        let mut planner = compiled.instantiate(points_enough, 1).expect("it instantiates");
        let component = median(|| checks_of_planner(&mut planner, &operations));
        print(&format!("quota-check, {name}"), core, component);
    }
}

/// As the core's limiter has it.
fn points_enough(config: &mut Config) {
    config.quota = 10_000_000;
}

fn print(what: &str, core: Duration, component: Duration) {
    let each = |took: Duration| took.as_secs_f64() * 1e6 / CALLS as f64;
    let ratio = component.as_secs_f64() / core.as_secs_f64();
    println!("{what:32} {:>7.2} µs  {:>8.2} µs  {ratio:>6.1}", each(core), each(component));
}

fn calls_of_core(limiter: &mut Limiter, operations: &[model::Operation], at_once: usize, now: Moment) -> Duration {
    let success = success();
    let start = Instant::now();
    for batch in operations.chunks(at_once) {
        let begin = |operation| limiter.begin(operation, &CoreOptions::default(), now).expect("few calls are open");
        let calls: Vec<CallId> = batch.iter().map(begin).collect();
        for call in &calls {
            assert_eq!(limiter.next(*call, now), Step::Send(1));
        }
        for call in &calls {
            limiter.on_response(*call, &success, now);
        }
        for call in calls {
            assert!(matches!(limiter.next(call, now), Step::Done(outcome) if outcome.ending == Ending::Success));
            limiter.end(call);
        }
    }
    start.elapsed()
}

async fn calls_of_client(client: &mut Client, operations: &[model::Operation], at_once: usize) -> Duration {
    let mut operations: Vec<_> = operations.iter().map(to_wit).collect();
    let start = Instant::now();
    let ran = client.run(async |caller| {
        let mut answered = 0;
        while !operations.is_empty() {
            let batch = operations.drain(..at_once);
            let calls = batch.map(|operation| caller.invoke_with_retry(operation, CallOptions::default()));
            for outcome in join_all(calls).await {
                let outcome = outcome.expect("no trap");
                assert!(matches!(outcome.ending, Ended::Success(_)), "not answered");
                assert_eq!(outcome.attempts, 1);
                answered += 1;
            }
        }
        answered
    });
    assert_eq!(ran.await.expect("no trap"), CALLS);
    start.elapsed()
}

fn checks_of_core(limiter: &mut Limiter, operations: &[model::Operation]) -> Duration {
    let start = Instant::now();
    for operation in operations {
        let verdict = limiter.quota_check(operation, &headroom_core::verdict::CallOptions::default(), NOON);
        assert_eq!(verdict.decision, headroom_core::verdict::Decision::Proceed);
    }
    start.elapsed()
}

fn checks_of_planner(planner: &mut Planner, operations: &[model::Operation]) -> Duration {
    let operations: Vec<_> = operations.iter().map(to_wit).collect();
    let start = Instant::now();
    for operation in &operations {
        let verdict = planner.quota_check(operation, &CallOptions::default(), NOON.0).expect("no trap");
        assert_eq!(verdict.decision, Decision::Proceed);
    }
    start.elapsed()
}
