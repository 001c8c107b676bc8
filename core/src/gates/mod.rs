//! All gates that calls pass: pauses, ledgers of points and paces. It plans without taking, and takes what was planned.
//!
//! | module | holds |
//! | --- | --- |
//! | `gate` | what is known of one scope |
//! | `fair` | who may take of a pool that does not last for all |
//! | `known` | what is known, to be shown |
//! | `ledgers` | whose points a call spends, and when they suffice |
//! | `recall` | what of it outlives the process |
//! | `turn` | from a plan to the wire: booking, joining the line, giving back |

mod fair;
mod gate;
mod known;
mod ledgers;
mod recall;
mod turn;

use crate::config::Config;
use crate::crowd::Crowd;
use crate::lane::{Lane, MOST_SCOPES, OWNER};
use crate::learned::Learned;
use crate::pace::Pace;
use crate::pool::Sent as InPool;
use crate::rate::Stagger;
use crate::scope::{Part, Scope};
use crate::scopes::{ScopeId, Scopes};
use crate::verdict::{CallOptions, Decision, Limit, LimiterKind, Never, Wait};
use fair::Fair;
use gate::Gate;
use headroom_model::headers::Points;
use headroom_model::operation::Operation;
use headroom_model::time::{Instant, Millis};
pub(crate) use turn::Admission;

/// What a call holds while it waits and until it is answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hold {
    /// Its turn.
    slot: Option<Instant>,
    /// What is booked in the pace of each scope of its lane. A refusal may have given one a pace since.
    booked: [Option<Instant>; MOST_SCOPES],
    /// Points set aside.
    points: Option<u32>,
    /// Points that count as asked for by its tenant.
    asked: u32,
    /// Whether it waits for what others have set aside.
    looks: bool,
}

impl Hold {
    /// Whether its turn has come.
    pub(crate) fn had_its_turn(&self, now: Instant) -> bool {
        self.slot.is_some_and(|slot| slot <= now)
    }
}

/// An attempt on its way, as the ledgers know it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    pool: Option<InPool>,
    shadow: Option<InPool>,
}

/// What would happen to a call now.
#[derive(Debug)]
pub(crate) enum Plan {
    Go,
    /// Its turn comes then: nothing but paces stand in the way, and the slot can be booked.
    InLine(Wait),
    /// Until then everyone waits, and nothing is booked.
    Wait(Wait),
    Never(Never),
}

impl From<Plan> for Decision {
    fn from(plan: Plan) -> Self {
        match plan {
            Plan::Go => Self::Proceed,
            Plan::InLine(wait) | Plan::Wait(wait) => Self::WaitUntil(wait),
            Plan::Never(never) => Self::Never(never),
        }
    }
}

/// What an answer said, as far as gates care.
#[derive(Clone, Copy)]
pub(crate) struct Heard<'a> {
    pub(crate) said: &'a Points,
    /// Of the coming rule.
    pub(crate) beta: &'a Points,
    /// Whether less than a fifth of the points is left.
    pub(crate) near_limit: Option<bool>,
    pub(crate) was_refused: bool,
    /// Whether its figure counts it for sure: a success.
    pub(crate) was_charged: bool,
    /// What the objects in the answer come to, if they can be counted.
    pub(crate) counted: Option<u32>,
    /// What the answer says that it cost.
    pub(crate) told: Option<u32>,
}

/// The shared state of all calls.
#[derive(Clone, Debug)]
pub(crate) struct Gates {
    config: Config,
    spread_seed: u64,
    scopes: Scopes<Gate>,
    fair: Fair,
    learned: Learned,
    /// The number of scopes at which idle ones are next forgotten.
    sweep_at: usize,
}

/// The scopes of a lane of which something is known, each in its place.
type Known<'g> = [Option<(ScopeId, &'g Gate)>; MOST_SCOPES];

/// Fewer scopes than this are not worth sweeping.
const SWEEP_FLOOR: usize = 1_024;

impl Gates {
    pub(crate) fn new(config: Config, spread_seed: u64) -> Self {
        Self {
            config,
            spread_seed,
            scopes: Scopes::new(spread_seed),
            fair: Fair::default(),
            learned: Learned::default(),
            sweep_at: SWEEP_FLOOR,
        }
    }

    /// As it was when it was new.
    fn forget(&mut self) {
        (self.scopes, self.fair) = (Scopes::new(self.spread_seed), Fair::default());
        (self.learned, self.sweep_at) = (Learned::default(), SWEEP_FLOOR);
    }

    pub(crate) const fn config(&self) -> &Config {
        &self.config
    }

    /// The lane of an operation, and nothing is remembered for it.
    pub(crate) fn lane(&self, operation: &Operation, options: &CallOptions) -> Lane {
        Lane::of(operation, options, &self.config, |key| self.scopes.find(key)).learned(&self.learned)
    }

    /// The lane of a call that is opened: what it is under stays known until it is [closed](Self::close).
    pub(crate) fn open(&mut self, operation: &Operation, options: &CallOptions, now: Instant) -> Lane {
        let Self { config, scopes, learned, .. } = self;
        let lane = Lane::of(operation, options, config, |key| Some(scopes.intern(key))).learned(learned);
        lane.ids().for_each(|id| scopes.hold(id));
        self.ask_for_people(&lane, now);
        lane
    }

    pub(crate) fn close(&mut self, lane: &Lane) {
        lane.ids().for_each(|id| self.scopes.let_go(id));
    }

    fn known(&self, lane: &Lane) -> Known<'_> {
        lane.known(&self.scopes).map(|id| Some((id?, self.scopes.get(id?)?)))
    }

    /// What would happen to a call on this lane that holds nothing, and by itself waits for `own`.
    ///
    /// A wait ends at the first instant that all gates admit together: behind a pause may stand the wall of the hour,
    /// and behind that a pace. It names the limit that holds it up longest; `tenant` is the name of one that nothing is
    /// known of.
    pub(crate) fn plan(
        &self,
        lane: &Lane,
        hold: &Hold,
        own: Option<&Wait>,
        tenant: Option<&str>,
        now: Instant,
    ) -> Plan {
        let known = self.known(lane);
        let mut search = Search { at: now, longest: Millis::ZERO, limit: None };
        let mut is_in_line = true;
        loop {
            let from = search.at;
            if let Some(own) = own {
                search.go_to(own.until, || own.limit.clone());
            }
            for (id, gate) in known.iter().flatten() {
                search.go_to(gate.pause.until, || self.limit(gate.paused_by(), *id));
            }
            if let Err(never) = self.search_ledgers(lane, &known, hold, &mut search, now) {
                return Plan::Never(never);
            }
            if let Some(id) = crowded(&known, now) {
                search.go_to(now + Crowd::ASK_AGAIN_AFTER, || self.limit(LimiterKind::Concurrency, id));
            }
            is_in_line &= search.at == from;
            for (place, known_there) in known.iter().enumerate() {
                if place == OWNER {
                    self.search_staggered(lane, &known, tenant, &mut search, now);
                }
                let Some((id, gate)) = *known_there else { continue };
                if let Some(pace) = gate.pace.as_ref().filter(|_| lane.is_paced) {
                    search
                        .go_to(pace.earliest(search.at, lane.priority, now), || self.limit(pace_kind(lane, place), id));
                }
            }
            if search.at == from {
                break;
            }
        }
        match search.limit.map(|limit| Wait { until: search.at, limit }) {
            None => Plan::Go,
            Some(wait) if is_in_line => Plan::InLine(wait),
            Some(wait) => Plan::Wait(wait),
        }
    }

    /// Among many siblings, even who sent nothing for long may have to let others go first.
    fn search_staggered(
        &self,
        lane: &Lane,
        known: &Known<'_>,
        tenant: Option<&str>,
        search: &mut Search,
        now: Instant,
    ) {
        let Config { burst: Some(burst), nodes, .. } = self.config else { return };
        let is_untouched = known[OWNER].is_none_or(|(_, gate)| gate.pace.is_none());
        if !Stagger::is_needed(burst, nodes) || lane.line() != Some(OWNER) || !is_untouched {
            return;
        }
        let scope = || match (known[OWNER], tenant) {
            (Some((id, _)), _) => self.scopes.name(id),
            (None, tenant) => Scope::Tenant(tenant.unwrap_or_default().to_owned()),
        };
        if let Some(untouched) = Pace::before_refusal(Part::Tenant(()), &self.config, self.spread_seed) {
            let at = untouched.earliest(search.at, lane.priority, now);
            search.go_to(at, || Limit { kind: LimiterKind::Burst, scope: scope() });
        }
    }

    fn limit(&self, kind: LimiterKind, id: ScopeId) -> Limit {
        Limit { kind, scope: self.scopes.name(id) }
    }

    /// Lets nothing pass in a scope before `until`, and names the scope. A pause is only ever extended. A burst teaches
    /// the scope its pace, of `rate` per second if the server named it; too many at the same time, how many may be.
    pub(crate) fn pause(
        &mut self,
        lane: &Lane,
        place: usize,
        until: Instant,
        kind: LimiterKind,
        rate: Option<u32>,
        now: Instant,
    ) -> Scope {
        let id = lane.intern(place, &mut self.scopes);
        if let Some(gate) = self.scopes.get_mut(id) {
            if kind == LimiterKind::Burst {
                if gate.learned_pace(now).is_none() {
                    gate.pace =
                        lane.kind(place).and_then(|kind| Pace::after_burst(kind, &self.config, self.spread_seed, rate));
                }
                if let Some(pace) = &mut gate.pace {
                    pace.refused(until, now);
                }
            }
            if kind == LimiterKind::Concurrency {
                gate.rare().crowd = Some(Crowd::after_refusal(gate.crowd(), gate.in_flight, until, now));
            }
            gate.pause(until, &kind);
        }
        self.scopes.name(id)
    }

    /// Forgets scopes that grant no more when new than when remembered, each time their number has doubled.
    pub(crate) fn sweep(&mut self, now: Instant) {
        if self.scopes.len() >= self.sweep_at {
            self.scopes.retain(|gate| gate.is_kept(now));
            self.sweep_at = (self.scopes.len() * 2).max(SWEEP_FLOOR);
        }
    }
}

/// Whose requests are too many already. When one of them is answered, nobody can know.
fn crowded(known: &Known<'_>, now: Instant) -> Option<ScopeId> {
    let (id, gate) = known[OWNER]?;
    gate.crowd().filter(|crowd| !crowd.admits(gate.in_flight, now)).map(|_| id)
}

fn pace_kind(lane: &Lane, place: usize) -> LimiterKind {
    match lane.kind(place) {
        Some(Part::Issue(())) => LimiterKind::PerIssueWrite,
        Some(Part::Tenant(()) | Part::Endpoint(..)) => LimiterKind::Burst,
        Some(Part::App | Part::Account(())) => LimiterKind::Cap,
        _ => LimiterKind::InvocationRate,
    }
}

/// The way to the first instant that all gates admit.
#[derive(Clone)]
struct Search {
    at: Instant,
    /// The longest step so far, and the limit that asked for it.
    longest: Millis,
    limit: Option<Limit>,
}

impl Search {
    fn go_to(&mut self, until: Instant, limit: impl FnOnce() -> Limit) {
        let step = until.since(self.at);
        if step > self.longest {
            (self.longest, self.limit) = (step, Some(limit()));
        }
        self.at = self.at.max(until);
    }
}
