//! The server's truth: who is admitted, what it costs, and how a refusal is worded.
//!
//! A server is a chain of limits. Each limit that concerns an arrival is checked, and only if all admit it are they all
//! taken: a refused call costs nothing, unless a switch says so. A refusal knows its exact end: refused at `t − 1 ms`,
//! admitted at `t`, if nothing else comes. Where several refuse, the latest end counts, and the limit that stands first
//! in [`Limit`]'s order is named.
//!
//! | module | holds |
//! | --- | --- |
//! | [`spec`] | the table `[server]` of a scenario |
//! | `arrival` | who sends what, and what the limits look at |
//! | [`counter`] | buckets and windows |
//! | `chain`, `door`, `doors` | all limits one after the other; one limit; one file for each |
//! | `pool`, `price`, `layout` | the hourly points; what an answer costs; where its objects stand |
//! | `windows` | the counters as people look at them |
//! | `chance`, `concurrency`, `delivery`, `escalation` | what is more than a counter |
//! | `graphql`, `wording` | what answers look like |
//!
//! ```
//! use headroom_model::operation::{Operation, Request};
//! use headroom_model::time::Instant;
//! use headroom_sim::server::{Arrival, Limit, Server, ServerSpec, Verdict};
//!
//! let spec: ServerSpec = toml::from_str("quota = { points = 5 }").unwrap();
//! let start = Instant::parse_iso("2026-02-02T12:20:00Z").unwrap();
//! let mut server = Server::new(&spec, start, 1);
//! let page = Operation::Rest(Request::get("acme", "/wiki/api/v2/pages/7"));
//! let mut ask = |at| server.answer(&Arrival::of_app(&page), at).verdict;
//! assert_eq!(ask(start), Verdict::Admitted { points: 2 });
//! assert_eq!(ask(start), Verdict::Admitted { points: 2 });
//! let Verdict::Refused(refused) = ask(start) else { panic!("one point is left, and a page costs 2") };
//! assert_eq!((refused.limit, refused.until), (Limit::PointsQuota, start.next_hour()));
//! ```

mod arrival;
mod chain;
mod chance;
mod concurrency;
pub mod counter;
mod delivery;
mod door;
mod doors;
mod escalation;
mod graphql;
mod layout;
mod pool;
mod price;
pub mod spec;
mod verdict;
mod windows;
mod wording;

pub use arrival::{Arrival, Auth, Sender};
pub use pool::PoolState;
pub use spec::ServerSpec;
pub use verdict::{Decision, Limit, Refused, Scope, Slot, Verdict};
pub use windows::WindowState;

pub(crate) use chain::{Counted, CounterId, Limited};

use arrival::{Facts, Target};
use chain::Chain;
use delivery::Delivery;
use door::Names;
use headroom_model::operation::{Context, Trigger};
use headroom_model::quota::Counting;
use headroom_model::time::{Instant, Millis};
use price::Prices;
use wording::{Refusal, Voice};

/// A simulated Atlassian.
#[derive(Clone, Debug)]
pub struct Server {
    serves_rest: bool,
    serves_functions: bool,
    counting: Counting,
    names: Names,
    prices: Prices,
    chain: Chain,
    delivery: Delivery,
    voice: Voice,
    latest: Instant,
}

impl Server {
    /// The server of a specification as it is at `start`; `seed` draws what it refuses by chance.
    #[must_use]
    pub fn new(spec: &ServerSpec, start: Instant, seed: u64) -> Self {
        let ServerSpec { invocations, switches, .. } = spec;
        let delivery = invocations.as_ref().map(|invocations| Delivery::new(&invocations.delivery));
        Self {
            serves_rest: spec.has_rest() || invocations.is_none(),
            serves_functions: invocations.is_some(),
            counting: Counting { bridge_calls: Counting::default().bridge_calls && !switches.frontend_exempt },
            names: Names::default(),
            prices: Prices::default(),
            chain: Chain::new(spec, start, seed),
            delivery: delivery.unwrap_or_else(|| Delivery::new(&spec::DeliverySpec::default())),
            voice: Voice::new(spec),
            latest: start,
        }
    }

    /// Answers what reaches the server at `now`. An instant before the latest one counts as the latest.
    pub fn answer(&mut self, arrival: &Arrival<'_>, now: Instant) -> Decision {
        let now = self.tick(now);
        let facts = Facts::read(arrival, &mut self.names, &mut self.prices, self.counting);
        if !self.serves(&facts) {
            let answer = self.voice.not_found(arrival.operation, now);
            return Decision { answer, verdict: Verdict::NotFound, left: None, holds: None };
        }
        self.chain.open(&facts);
        match self.chain.check(&facts, now) {
            None => self.admit(&facts, now),
            Some(refusal) => self.refuse(&facts, &refusal, now),
        }
    }

    /// An arrival that was admitted at `at` turned out to cost so many points: for who has to decide before the answer is
    /// there whose objects are charged.
    pub fn correct(&mut self, arrival: &Arrival<'_>, points: u32, at: Instant) {
        let facts = Facts::read(arrival, &mut self.names, &mut self.prices, self.counting);
        self.chain.open(&facts);
        self.chain.correct(&facts, points, at);
    }

    /// Points that an arrival costs, and what counts it, before anything has come: for the bound of what any client can
    /// do. None if this server has no such operation.
    pub(crate) fn counted(&mut self, arrival: &Arrival<'_>) -> Option<(u32, Vec<Counted>)> {
        let facts = Facts::read(arrival, &mut self.names, &mut self.prices, self.counting);
        self.serves(&facts).then(|| {
            self.chain.open(&facts);
            (facts.price.points, self.chain.counted(&facts))
        })
    }

    /// Gives back what a request held, when its answer was sent.
    pub fn release(&mut self, slot: Slot) {
        self.chain.release(slot);
    }

    /// Points left of the pool that this tenant draws on, at `now` and without the changes since the latest answer; none
    /// where no points are counted.
    #[must_use]
    pub fn left(&self, tenant: &str, now: Instant) -> Option<u32> {
        self.chain.left(self.names.find(tenant), self.latest.max(now))
    }

    /// The pool that this tenant draws on, as [`Server::left`].
    #[must_use]
    pub fn pool(&self, tenant: &str, now: Instant) -> Option<PoolState> {
        self.chain.state(self.names.find(tenant), self.latest.max(now))
    }

    /// Of all counters that something was taken of, the `most` that have the smallest share left, the smallest first. The
    /// hourly points are not among them: see [`Server::pool`].
    #[must_use]
    pub fn windows(&self, now: Instant, most: usize) -> Vec<WindowState> {
        windows::tightest(self.chain.doors(), &self.names, self.latest.max(now), most)
    }

    /// From now on it speaks as `spec` says; what holds and what was used stays.
    pub fn speak_as(&mut self, spec: &ServerSpec) {
        self.voice = Voice::new(spec);
    }

    /// From `now` on so many points of the pool that this tenant draws on are spent in this hour, whatever was spent
    /// before. None where no points are counted.
    pub fn set_used(&mut self, tenant: &str, used: u32, now: Instant) -> Option<()> {
        let now = self.tick(now);
        self.chain.set_used(self.names.number(tenant), used, now)
    }

    /// When an event that the platform gets at `now` reaches the app: a scheduled trigger and what users lead at once,
    /// product events and async events in their turn. None: it is dropped, for its turn is after the retention.
    pub fn deliver(&mut self, context: &Context, now: Instant) -> Option<Instant> {
        let now = self.tick(now);
        self.delivery.deliver(context, &mut self.names, now)
    }

    /// How long a run of this kind may take before the platform stops it.
    #[must_use]
    pub const fn run_limit(trigger: Trigger) -> Millis {
        doors::run_limit(trigger)
    }

    fn serves(&self, facts: &Facts<'_>) -> bool {
        if facts.target == Target::Function { self.serves_functions } else { self.serves_rest }
    }

    fn tick(&mut self, now: Instant) -> Instant {
        self.latest = self.latest.max(now);
        self.chain.advance(self.latest);
        self.latest
    }

    fn admit(&mut self, facts: &Facts<'_>, now: Instant) -> Decision {
        let holds = self.chain.take(facts, now);
        let told = self.chain.told(now);
        let answer = self.voice.admitted(facts, &told);
        let points = if facts.spends_points { facts.price.points } else { 0 };
        Decision { answer, verdict: Verdict::Admitted { points }, left: told.left(), holds }
    }

    fn refuse(&mut self, facts: &Facts<'_>, refusal: &Refusal, now: Instant) -> Decision {
        self.chain.charge_refused(now);
        let told = self.chain.told(now);
        let (answer, promised) = self.voice.refused(facts, &told, refusal);
        let Refusal { limit, ref scope, until, .. } = *refusal;
        let refused = Refused { limit, scope: scope.clone(), until, promised };
        self.chain.tell(facts, &refused, now);
        Decision { answer, verdict: Verdict::Refused(refused), left: told.left(), holds: None }
    }
}

#[cfg(test)]
mod tests;
