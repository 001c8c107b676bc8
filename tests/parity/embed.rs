//! One call in a client component, with wasmtime's own clocks over tokio's paused time: it passes only while everybody
//! waits, and then at once.

use crate::drive::{Case, Event};
use futures::future::{BoxFuture, FutureExt};
use headroom_host::harness::convert::{to_wit, to_wit_operation};
use headroom_host::transport::{self, TransportView};
use headroom_host::types::{Answer, AttemptCount, AttemptError, Operation};
use headroom_host::{ClientComponent, Transport};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::clocks::{HostMonotonicClock, HostWallClock};
use wasmtime_wasi::random::Deterministic;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// The client, to be run as often as one likes.
pub struct Compiled(ClientComponent<Embedder>);

impl Compiled {
    pub fn new(bytes: &[u8]) -> Self {
        let compiled = ClientComponent::with_linker(bytes, |linker| {
            transport::add_to_linker(linker)?;
            wasmtime_wasi::p3::clocks::add_to_linker(linker)?;
            wasmtime_wasi::p3::random::add_to_linker(linker)
        });
        Self(compiled.expect("the client compiles"))
    }

    /// Carries a call through. What it waits for is not seen, but when it goes on.
    pub fn run(&self, case: &Case) -> Vec<Event> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.expect("tokio runs here").block_on(self.call(case))
    }

    async fn call(&self, case: &Case) -> Vec<Event> {
        let script = Arc::new(Script::new(case));
        let mut client = self.0.instantiate_with(Embedder::new(&script), |_| {}).await.expect("it instantiates");
        let operation = to_wit_operation(case.operation.clone());
        let ran = client.run(async |caller| caller.invoke_with_retry(operation, case.wit_options()).await);
        let outcome = ran.await.expect("no trap").expect("no trap");
        script.push(Event::Ends { outcome, at: script.now_ms() });
        script.events.lock().expect("nobody panicked").drain(..).collect()
    }
}

/// Answers as the case says, and writes down what was sent.
struct Script {
    case: Case,
    start: Instant,
    events: Mutex<Vec<Event>>,
}

impl Script {
    fn new(case: &Case) -> Self {
        Self { case: case.clone(), start: Instant::now(), events: Mutex::default() }
    }

    fn now(&self) -> Duration {
        Duration::from_millis(self.case.begin.0) + self.start.elapsed()
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.now().as_millis()).expect("no call lasts so long")
    }

    fn push(&self, event: Event) {
        self.events.lock().expect("nobody panicked").push(event);
    }
}

impl Transport for Script {
    fn send(&self, _: Operation, attempt: AttemptCount) -> BoxFuture<'static, Result<Answer, AttemptError>> {
        self.push(Event::Sends { attempt, at: self.now_ms() });
        let result = self.case.result(attempt).map(to_wit);
        async { result }.boxed()
    }
}

struct Clock(Arc<Script>);

impl HostWallClock for Clock {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        self.0.now()
    }
}

impl HostMonotonicClock for Clock {
    fn resolution(&self) -> u64 {
        1_000_000
    }

    fn now(&self) -> u64 {
        u64::try_from(self.0.start.elapsed().as_nanos()).expect("no call lasts so long")
    }
}

/// What an instance has.
struct Embedder {
    wasi: WasiCtx,
    table: ResourceTable,
    script: Arc<Script>,
}

impl Embedder {
    fn new(script: &Arc<Script>) -> Self {
        let seed = Deterministic::new(script.case.seed.to_be_bytes().to_vec());
        let mut wasi = WasiCtx::builder();
        wasi.wall_clock(Clock(script.clone())).monotonic_clock(Clock(script.clone())).secure_random(seed);
        Self { wasi: wasi.build(), table: ResourceTable::new(), script: script.clone() }
    }
}

impl WasiView for Embedder {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl TransportView for Embedder {
    fn transport(&self) -> Arc<dyn Transport> {
        self.script.clone()
    }
}
