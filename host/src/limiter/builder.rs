//! What a limiter is made of.

use super::{Limiter, Shared};
use crate::clock::{Clock, SystemClock};
use crate::error::Error;
use crate::planner::PlannerComponent;
use crate::transport::{ATTEMPT_TIMEOUT, Transport};
use crate::types::Config;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Makes a [`Limiter`].
///
/// | part | default |
/// | --- | --- |
/// | [`configure`](Self::configure) | the component's own configuration: Tier 1, 65,000 points an hour, 100 requests per second and tenant |
/// | [`seed`](Self::seed) | drawn from the operating system |
/// | [`clock`](Self::clock) | [`SystemClock`], which sleeps by tokio's timers |
/// | [`transport`](Self::transport) | none: [`Limiter::invoke_with`] is given the sending with each call |
/// | [`attempt_timeout`](Self::attempt_timeout) | 60 s |
/// | [`restore`](Self::restore) | nothing: it begins without a memory |
#[must_use]
pub struct LimiterBuilder<'a> {
    component: &'a PlannerComponent,
    wishes: Vec<Wish<'a>>,
    seed: Option<u64>,
    clock: Option<Arc<dyn Clock>>,
    transport: Option<Arc<dyn Transport>>,
    attempt_timeout: Duration,
    saved: Option<Vec<u8>>,
}

type Wish<'a> = Box<dyn FnOnce(&mut Config) + 'a>;

impl<'a> LimiterBuilder<'a> {
    pub(super) fn new(component: &'a PlannerComponent) -> Self {
        Self {
            component,
            wishes: Vec::new(),
            seed: None,
            clock: None,
            transport: None,
            attempt_timeout: ATTEMPT_TIMEOUT,
            saved: None,
        }
    }

    /// Changes the component's default configuration; may be said more than once.
    pub fn configure(mut self, wish: impl FnOnce(&mut Config) + 'a) -> Self {
        self.wishes.push(Box::new(wish));
        self
    }

    /// What all jitter is drawn from. Processes with the same seed come back at the same instants: say it in tests.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// What time it is, and how it is waited for.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// How [`Limiter::invoke_with_retry`] sends. An `Arc` of a transport is one, too.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// How long an attempt may take. After it the attempt is dropped and counts as `timed-out`: it may have been acted on.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// The bytes that [`Limiter::save`] gave, of an earlier process.
    pub fn restore(mut self, saved: impl Into<Vec<u8>>) -> Self {
        self.saved = Some(saved.into());
        self
    }

    /// Makes the limiter.
    ///
    /// # Errors
    /// [`Error::Config`] if the configuration is out of range, [`Error::State`] if what is to be restored is not what
    /// was saved, [`Error::Seed`] if the system has no randomness, [`Error::Trap`] if the component stops.
    pub fn build(self) -> Result<Limiter, Error> {
        let seed = self.seed.map_or_else(drawn, Ok)?;
        let configure = |config: &mut Config| self.wishes.into_iter().for_each(|wish| wish(config));
        let planner = self.component.instantiate(configure, seed)?;
        let limiter = Limiter(Arc::new(Shared {
            planner: Mutex::new(planner),
            clock: self.clock.unwrap_or_else(|| Arc::new(SystemClock::new())),
            transport: self.transport,
            attempt_timeout_ms: u64::try_from(self.attempt_timeout.as_millis()).unwrap_or(u64::MAX),
        }));
        self.saved.map_or(Ok(()), |saved| limiter.restore(&saved))?;
        Ok(limiter)
    }
}

fn drawn() -> Result<u64, Error> {
    getrandom::u64().map_err(|error| Error::Seed { because: error.to_string() })
}
