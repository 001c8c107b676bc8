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
//! | `door`, `doors` | one limit; all of them, one file each |
//! | `pool`, `price` | the hourly points; what an answer costs and holds |
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
mod chance;
mod concurrency;
pub mod counter;
mod delivery;
mod door;
mod doors;
mod escalation;
mod graphql;
mod pool;
mod price;
pub mod spec;
mod verdict;
mod wording;

pub use arrival::{Arrival, Auth, Sender};
pub use spec::ServerSpec;
pub use verdict::{Decision, Limit, Refused, Scope, Slot, Verdict};

use crate::scenario::{self, Scenario};
use arrival::{Facts, Target};
use chance::Chance;
use concurrency::Concurrency;
use counter::{Counter, NEVER};
use delivery::Delivery;
use door::{Door, Names};
use escalation::Escalation;
use headroom_model::operation::{Context, Operation, Trigger};
use headroom_model::points::BASE_POINTS;
use headroom_model::quota::Counting;
use headroom_model::time::{Instant, Millis};
use pool::Pool;
use price::Prices;
use wording::{Bucketed, Refusal, Told, Voice};

/// A simulated Atlassian.
#[derive(Clone, Debug)]
pub struct Server {
    serves_rest: bool,
    serves_functions: bool,
    counting: Counting,
    refused_costs: bool,
    max_cost: Option<u32>,
    names: Names,
    prices: Prices,
    doors: Vec<Door>,
    pool: Option<Pool>,
    preview: Option<Pool>,
    chance: Option<Chance>,
    concurrency: Option<Concurrency>,
    escalation: Option<Escalation>,
    delivery: Delivery,
    voice: Voice,
    /// Where the arrival in hand is counted.
    open: Open,
    latest: Instant,
}

/// The counters that concern an arrival.
#[derive(Clone, Debug, Default)]
struct Open {
    /// Places of doors and of counters in them.
    doors: Vec<(usize, usize)>,
    pool: Option<usize>,
    preview: Option<usize>,
    is_over_preview: bool,
}

impl Server {
    /// The server of a specification as it is at `start`; `seed` draws what it refuses by chance.
    #[must_use]
    pub fn new(spec: &ServerSpec, start: Instant, seed: u64) -> Self {
        let ServerSpec { quota, switches, invocations, .. } = spec;
        let pool = quota.as_ref().map(|quota| Pool::new(quota, switches, start));
        let preview = quota.as_ref().and_then(|quota| quota.preview.as_ref()).map(Pool::preview);
        let delivery = invocations.as_ref().map(|invocations| Delivery::new(&invocations.delivery));
        Self {
            serves_rest: spec.has_rest() || invocations.is_none(),
            serves_functions: invocations.is_some(),
            counting: Counting { bridge_calls: Counting::default().bridge_calls && !switches.frontend_exempt },
            refused_costs: switches.refused_costs,
            max_cost: switches.max_cost.map(|cost| cost.get()),
            names: Names::default(),
            prices: Prices::default(),
            doors: doors::of(spec),
            pool,
            preview,
            chance: spec.gateway.as_ref().map(|gateway| Chance::new(gateway, seed)),
            concurrency: spec.concurrency.as_ref().map(Concurrency::new),
            escalation: switches.escalation.map(|step| Escalation::new(step.get())),
            delivery: delivery.unwrap_or_else(|| Delivery::new(&spec::DeliverySpec::default())),
            voice: Voice::new(spec),
            open: Open::default(),
            latest: start,
        }
    }

    /// Answers what reaches the server at `now`. An instant before the latest one counts as the latest.
    pub fn answer(&mut self, arrival: &Arrival<'_>, now: Instant) -> Decision {
        let now = self.tick(now);
        let facts = Facts::read(arrival, &mut self.names, &mut self.prices, self.counting);
        let is_served = if facts.target == Target::Function { self.serves_functions } else { self.serves_rest };
        if !is_served {
            let answer = self.voice.not_found(arrival.operation, now);
            return Decision { answer, verdict: Verdict::NotFound, left: None, holds: None };
        }
        self.open(&facts);
        match self.check(&facts, now) {
            None => self.admit(&facts, now),
            Some(refusal) => self.refuse(&facts, refusal, now),
        }
    }

    /// Gives back what a request held, when its answer was sent.
    pub fn release(&mut self, slot: Slot) {
        if let Some(concurrency) = &mut self.concurrency {
            concurrency.release(slot);
        }
    }

    /// Points left of the pool that this tenant draws on, at `now` and without the changes since the latest answer; none
    /// where no points are counted.
    #[must_use]
    pub fn left(&self, tenant: &str, now: Instant) -> Option<u32> {
        let pool = self.pool.as_ref()?;
        Some(pool.state_for(self.names.find(tenant), self.latest.max(now)).left)
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

    fn tick(&mut self, now: Instant) -> Instant {
        self.latest = self.latest.max(now);
        for pool in [&mut self.pool, &mut self.preview].into_iter().flatten() {
            pool.advance(self.latest);
        }
        self.latest
    }

    /// Finds the counters that concern an arrival.
    fn open(&mut self, facts: &Facts<'_>) {
        self.open.doors.clear();
        for (at, door) in self.doors.iter_mut().enumerate() {
            self.open.doors.extend(door.place(facts).map(|place| (at, place)));
        }
        self.open.pool = self.pool.as_mut().and_then(|pool| pool.place(facts));
        self.open.preview = self.preview.as_mut().and_then(|pool| pool.place(facts));
        self.open.is_over_preview = false;
    }

    /// Asks every limit. The end is the latest of all; the name is the first one's, of two alike the later one's.
    fn check(&mut self, facts: &Facts<'_>, now: Instant) -> Option<Refusal> {
        let mut refusals = self.check_others(facts, now);
        for &(at, place) in &self.open.doors {
            let door = &mut self.doors[at];
            if let Err(until) = door.check(place, door.amount(facts), now) {
                let counter = door.counter(place).map(|counter| bucketed(counter, now));
                refusals.push(Refusal { limit: door.limit, scope: door.scope(facts), until, counter });
            }
        }
        let points = facts.price.points;
        if let Some((pool, place)) = self.pool.as_mut().zip(self.open.pool)
            && let Err(until) = pool.check(place, points, now)
        {
            refusals.push(Refusal { limit: Limit::PointsQuota, scope: pool.scope(facts), until, counter: None });
        }
        if let Some((preview, place)) = self.preview.as_mut().zip(self.open.preview) {
            self.open.is_over_preview = preview.check(place, points, now).is_err();
        }
        let until = refusals.iter().map(|refusal| refusal.until).max()?;
        // A change can close the pool before the others open.
        let until =
            self.pool.as_ref().zip(self.open.pool).map_or(until, |(pool, place)| pool.first(place, points, until));
        let named = refusals.into_iter().min_by_key(|refusal| (refusal.limit, std::cmp::Reverse(refusal.until)))?;
        Some(Refusal { until, ..named })
    }

    /// Asks the limits that are more than counters.
    fn check_others(&mut self, facts: &Facts<'_>, now: Instant) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        let mut refuse = |limit, scope, until| refusals.push(Refusal { limit, scope, until, counter: None });
        if let Some(limit) = self.chance.as_mut().and_then(|chance| chance.refuses(facts)) {
            refuse(limit, Scope::App, now);
        }
        if let Some(request) = facts.request()
            && self.max_cost.is_some_and(|most| facts.spends_points && facts.price.points > most)
        {
            refuse(Limit::MaxCost, Scope::endpoint(request), NEVER);
        }
        if self.concurrency.as_ref().is_some_and(|concurrency| !concurrency.has_room(facts)) {
            refuse(Limit::Concurrency, Scope::account(facts.arrival), now);
        }
        if let Some(told) = self.escalation.as_mut().and_then(|escalation| escalation.early(facts.tenant, now)) {
            refuse(told.limit, told.scope.clone(), told.until);
        }
        refusals
    }

    fn admit(&mut self, facts: &Facts<'_>, now: Instant) -> Decision {
        let points = facts.price.points;
        for &(at, place) in &self.open.doors {
            let door = &mut self.doors[at];
            door.take(place, door.amount(facts), now);
        }
        for (pool, place) in [(&mut self.pool, self.open.pool), (&mut self.preview, self.open.preview)] {
            if let Some((pool, place)) = pool.as_mut().zip(place) {
                pool.take(place, points, now);
            }
        }
        let holds = self.concurrency.as_mut().and_then(|concurrency| concurrency.take(facts));
        let told = self.told(now);
        let answer = self.voice.admitted(facts, &told, points);
        let charged = if facts.spends_points { points } else { 0 };
        Decision { answer, verdict: Verdict::Admitted { points: charged }, left: self.left_after(&told, now), holds }
    }

    fn refuse(&mut self, facts: &Facts<'_>, refusal: Refusal, now: Instant) -> Decision {
        if let Some((pool, place)) = self.pool.as_mut().zip(self.open.pool).filter(|_| self.refused_costs) {
            pool.take(place, BASE_POINTS, now);
        }
        let told = self.told(now);
        let (answer, promised) = self.voice.refused(facts, &told, &refusal);
        let Refusal { limit, scope, until, .. } = refusal;
        if let Some(escalation) = self.escalation.as_mut().filter(|_| promised > now) {
            escalation.tell(facts.tenant, limit, &scope, promised);
        }
        let verdict = Verdict::Refused(Refused { limit, scope, until, promised });
        Decision { answer, verdict, left: self.left_after(&told, now), holds: None }
    }

    /// What there is to tell of the counters that concern the arrival.
    fn told(&self, now: Instant) -> Told {
        let state = |pool: &Option<Pool>, place: Option<usize>| pool.as_ref()?.state(place?, now);
        let preview = state(&self.preview, self.open.preview);
        Told {
            now,
            pool: state(&self.pool, self.open.pool),
            preview: preview.map(|preview| (preview, self.open.is_over_preview)),
            burst: self.state_of(&[Limit::Burst], now),
            requests: self.state_of(&[Limit::HourlyRequests, Limit::TokenBucket], now),
        }
    }

    /// The counter of these limits that has least left.
    fn state_of(&self, limits: &[Limit], now: Instant) -> Option<Bucketed> {
        let open = self.open.doors.iter().filter(|(at, _)| limits.contains(&self.doors[*at].limit));
        let states = open.filter_map(|(at, place)| self.doors[*at].counter(*place));
        states.map(|counter| bucketed(counter, now)).min_by_key(|state| state.left)
    }

    fn left_after(&self, told: &Told, now: Instant) -> Option<u32> {
        let invocations = || self.state_of(&[Limit::InvocationRate], now);
        let counted = || told.requests.or_else(invocations).map(|state| state.left);
        told.pool.map(|pool| pool.left).or_else(counted)
    }
}

fn bucketed(counter: &Counter, now: Instant) -> Bucketed {
    Bucketed { limit: counter.limit(), left: counter.left(now), per_second: counter.per_second() }
}

// What is below goes when the world speaks of arrivals: the servers that a scenario could name before.
impl Server {
    /// The server of a scenario, as it is at the scenario's start.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        let table = match scenario.server {
            scenario::ServerSpec::Points(spec) => {
                let scenario::PointsSpec { quota_points, used_points, burst_per_second, burst_capacity } = spec;
                format!(
                    "quota = {{ points = {quota_points}, used_points = {used_points} }}\n\
                     burst = {{ per_second = {burst_per_second}, capacity = {burst_capacity} }}"
                )
            }
            scenario::ServerSpec::Invocations(profile) => {
                format!("invocations = {{ profile = \"{}\" }}", profile.name())
            }
        };
        // The ranges of a scenario are within those of the table.
        Self::new(&toml::from_str(&table).unwrap_or_default(), scenario.start, 0)
    }

    /// Answers an operation of the app.
    pub fn answer_operation(&mut self, operation: &Operation, now: Instant) -> Decision {
        self.answer(&Arrival::of_app(operation), now)
    }
}

#[cfg(test)]
mod tests;
