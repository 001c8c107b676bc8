//! The world `client`: one limiter for the whole instance, driven by WASI clocks and the embedder's transport.

use crate::convert::{self, lend};
use crate::exports::headroom::forge::retry::{
    CallOptions, Config, ConfigError, Guest, Operation, Outcome, Saved, Snapshot, StateError, Verdict,
};
use crate::headroom::forge::transport;
use crate::headroom::forge::types::{Invocation, Request};
use crate::outcome::{Last, never_begun};
use headroom_core::verdict::{Never, Outcome as Ended, Step};
use headroom_core::{CallId, Limiter};
use headroom_model::time::Instant;
use std::cell::RefCell;
use wasip3::clocks::{monotonic_clock, system_clock};
use wasip3::random::random::get_random_u64;

/// The component.
pub struct Client;

struct Instance {
    limiter: Limiter,
    clock: Clock,
}

thread_local! {
    static INSTANCE: RefCell<Option<Instance>> = const { RefCell::new(None) };
}

impl Guest for Client {
    fn default_config() -> Config {
        headroom_core::Config::default().into()
    }

    fn configure(config: Config) -> Result<(), ConfigError> {
        INSTANCE.with_borrow_mut(|instance| {
            let open_calls = instance.as_ref().map_or(0, |instance| instance.limiter.open_calls());
            if open_calls > 0 {
                let message = format!("`{open_calls}` calls are open: configure before the first or after the last");
                return Err(ConfigError { field: "calls".to_owned(), message });
            }
            let limiter = Limiter::new(config.into(), get_random_u64())?;
            *instance = Some(Instance { limiter, clock: Clock::start() });
            Ok(())
        })
    }

    fn quota_check(operation: Operation, options: CallOptions) -> Verdict {
        with(|Instance { limiter, clock }| convert::quota_check(limiter, operation, options, clock.now()))
    }

    fn set_users(tenant: String, users: u32) {
        with(|instance| instance.limiter.set_users(&tenant, users));
    }

    fn status() -> Snapshot {
        with(|Instance { limiter, clock }| limiter.status(clock.now())).into()
    }

    fn save() -> Saved {
        with(|Instance { limiter, clock }| limiter.save(clock.now())).into()
    }

    fn restore(saved: Vec<u8>) -> Result<(), StateError> {
        Ok(with(|Instance { limiter, clock }| limiter.restore(&saved, clock.now()))?)
    }

    async fn invoke_with_retry(operation: Operation, options: CallOptions) -> Outcome {
        let call = match Call::begin(&operation, options) {
            Ok(call) => call,
            Err(never) => return never_begun(never),
        };
        let mut last = Last::Nothing;
        loop {
            match call.next() {
                Step::Send(attempt) => match transport::send(operation.clone(), attempt).await {
                    Ok(mut answer) => {
                        call.report(|limiter, id, now| {
                            lend(&mut answer, |answer| limiter.on_response(id, answer, now))
                        });
                        last = Last::Answer(answer);
                    }
                    Err(error) => {
                        call.report(|limiter, id, now| limiter.on_failure(id, now));
                        last = Last::Error(error);
                    }
                },
                Step::WaitUntil(wait) => {
                    let nanos = with(|instance| instance.clock.nanos_until(wait.until));
                    monotonic_clock::wait_for(nanos).await;
                }
                Step::Done(outcome) => return call.outcome(outcome, last),
                // Only this future drives the call, and it reports each answer before it asks again.
                Step::AwaitingAnswer => return call.outcome(Ended::failed(), last),
            }
        }
    }
}

/// What the limiter reads of an operation, for the rest is still to be sent.
fn read_of(operation: &Operation) -> Operation {
    match operation {
        Operation::Invoke(Invocation { function_key, context, .. }) => Operation::Invoke(Invocation {
            function_key: function_key.clone(),
            payload: String::new(),
            context: context.clone(),
        }),
        Operation::Rest(Request { tenant, method, path, .. }) => Operation::Rest(Request {
            tenant: tenant.clone(),
            method: method.clone(),
            path: path.clone(),
            headers: Vec::new(),
            body: None,
        }),
    }
}

/// A call that is ended when it goes out of scope: a cancelled call gives back what it had reserved.
struct Call(CallId);

impl Call {
    fn begin(operation: &Operation, options: CallOptions) -> Result<Self, Never> {
        let (operation, options) = (read_of(operation).into(), options.try_into()?);
        with(|Instance { limiter, clock }| limiter.begin(&operation, &options, clock.now())).map(Self)
    }

    fn next(&self) -> Step {
        with(|Instance { limiter, clock }| limiter.next(self.0, clock.now()))
    }

    fn outcome(&self, outcome: Ended, last: Last) -> Outcome {
        with(|Instance { limiter, clock }| last.into_outcome(outcome, limiter.log(self.0), clock.now()))
    }

    fn report(&self, result: impl FnOnce(&mut Limiter, CallId, Instant)) {
        with(|Instance { limiter, clock }| result(limiter, self.0, clock.now()));
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        with(|instance| instance.limiter.end(self.0));
    }
}

/// Runs `work` on this instance's state, made with the default configuration if need be. Never across an await.
fn with<T>(work: impl FnOnce(&mut Instance) -> T) -> T {
    INSTANCE.with_borrow_mut(|instance| work(instance.get_or_insert_with(Instance::new)))
}

impl Instance {
    fn new() -> Self {
        Self { limiter: Limiter::with_defaults(get_random_u64()), clock: Clock::start() }
    }
}

/// The wall clock at the start and the monotonic clock since: steps of the wall clock change nothing.
struct Clock {
    wall_nanos: u64,
    monotonic_nanos: u64,
}

const NANOS_PER_MILLI: u64 = 1_000_000;

impl Clock {
    fn start() -> Self {
        let wall = system_clock::now();
        let seconds = u64::try_from(wall.seconds).unwrap_or(0);
        let wall_nanos = seconds.saturating_mul(1_000_000_000).saturating_add(wall.nanoseconds.into());
        Self { wall_nanos, monotonic_nanos: monotonic_clock::now() }
    }

    fn now_nanos(&self) -> u64 {
        self.wall_nanos.saturating_add(monotonic_clock::now().saturating_sub(self.monotonic_nanos))
    }

    fn now(&self) -> Instant {
        Instant(self.now_nanos() / NANOS_PER_MILLI)
    }

    /// Nanoseconds that remain until `instant`; waiting so long is never too short.
    fn nanos_until(&self, instant: Instant) -> u64 {
        instant.0.saturating_mul(NANOS_PER_MILLI).saturating_sub(self.now_nanos())
    }
}
