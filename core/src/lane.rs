//! Which limits an operation is under: the gates it has to pass.

use crate::config::{Config, PoolKind};
use crate::learned::{self, Learned};
use crate::scope::Part;
use crate::scopes::{Key, ScopeId, Scopes};
use crate::verdict::{CallOptions, CostSource, LimiterKind, Priority};
use headroom_model::operation::{Context, Method, Operation, Request};
use headroom_model::points::{Cost, Route};
use headroom_model::profile::{CountedPer, WindowRule};
use headroom_model::refusal::{self, Limiter, Refusal};

/// An operation is under so many scopes at most.
pub(crate) const MOST_SCOPES: usize = 5;

// Their places in a lane, the widest first. What only requests or only invocations are under stays empty for the others.
const WIDEST: usize = 0;
pub(crate) const OWNER: usize = 1;
const ENDPOINT: usize = 2;
const ISSUE: usize = 3;
pub(crate) const USER: usize = 4;

/// The gates of one operation, by what is known of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lane {
    places: [Option<Place>; MOST_SCOPES],
    /// Whether their paces hold it up.
    pub(crate) is_paced: bool,
    /// The place of the scope whose pool of points it spends from.
    pool: Option<usize>,
    /// What it costs.
    pub(crate) cost: Cost,
    pub(crate) cost_source: CostSource,
    /// What the table takes for likely.
    priced: u32,
    /// Whether sending it twice does no harm.
    pub(crate) idempotent: bool,
    /// Who waits for it.
    pub(crate) priority: Priority,
}

/// One scope of a lane.
#[derive(Clone, Copy, Debug)]
struct Place {
    kind: Part<()>,
    /// None if nothing was known of it when the lane was made. An endpoint may become known by a refusal since: it is
    /// looked up each time, for nearly none of them ever has anything to remember.
    id: Option<ScopeId>,
}

impl Lane {
    /// The lane of an operation; `find` gives the scope of a key, if it is known or wants to make it so.
    pub(crate) fn of(
        operation: &Operation,
        options: &CallOptions,
        config: &Config,
        mut find: impl FnMut(Key<'_>) -> Option<ScopeId>,
    ) -> Self {
        let lane = match operation {
            Operation::Rest(request) => {
                let account = options.user.as_deref().filter(|_| config.knows_accounts());
                Self::of_request(request, account, config, &mut find)
            }
            Operation::Invoke(invocation) => Self::of_invocation(&invocation.context, &mut find),
        };
        let idempotent = options.idempotent.unwrap_or(lane.idempotent);
        Self { idempotent, priority: options.priority, ..lane }
    }

    fn of_request(
        request: &Request,
        account: Option<&str>,
        config: &Config,
        find: &mut impl FnMut(Key<'_>) -> Option<ScopeId>,
    ) -> Self {
        let method = Method::of(&request.method);
        // First: of many tenants this one is far away in memory, and the processor goes on meanwhile.
        let tenant = place(Part::Tenant(request.tenant.as_str()), Some(ScopeId::APP), find);
        let Route { cost, template, issue } = Route::of(&request.method, &request.path);
        let issue = issue.filter(|_| method.is_write()).map(|issue| place(Part::Issue(issue), tenant.id, find));
        let mut places = [None; MOST_SCOPES];
        places[WIDEST] = Some(Place { kind: Part::App, id: Some(ScopeId::APP) });
        places[OWNER] = Some(tenant);
        places[ENDPOINT] = Some(Place { kind: Part::Endpoint(template, method), id: None });
        places[ISSUE] = issue;
        places[USER] = account.map(|account| place(Part::Account(account), tenant.id, find));
        let pool = match config.pool {
            PoolKind::Global => WIDEST,
            PoolKind::PerTenant => OWNER,
        };
        let (idempotent, priority) = (request.is_idempotent(), Priority::default());
        Self {
            places,
            is_paced: true,
            pool: Some(pool),
            cost,
            cost_source: CostSource::Table,
            priced: cost.likely,
            idempotent,
            priority,
        }
    }

    fn of_invocation(context: &Context, find: &mut impl FnMut(Key<'_>) -> Option<ScopeId>) -> Self {
        let mut places = [None; MOST_SCOPES];
        places[WIDEST] = Some(place(Part::Environment(context.environment.as_str()), Some(ScopeId::APP), find));
        let installation = place(Part::Installation(context.installation.as_str()), Some(ScopeId::APP), find);
        places[OWNER] = Some(installation);
        let account = context.account.as_deref();
        places[USER] = account.map(|account| place(Part::User(account), installation.id, find));
        let is_paced = context.trigger.is_rate_limited();
        let priority = Priority::default();
        Self {
            places,
            is_paced,
            pool: None,
            cost: Cost::FREE,
            cost_source: CostSource::Table,
            priced: 0,
            idempotent: false,
            priority,
        }
    }

    /// The scopes of which something is known, each with its place.
    pub(crate) fn known<V: Default>(&self, scopes: &Scopes<V>) -> [Option<ScopeId>; MOST_SCOPES] {
        let mut known = self.places.map(|place| place?.id);
        known[ENDPOINT] = self.endpoint().and_then(|key| scopes.find(key));
        known
    }

    /// The ids that the lane was made with.
    pub(crate) fn ids(&self) -> impl Iterator<Item = ScopeId> {
        self.places.into_iter().filter_map(|place| place?.id)
    }

    fn endpoint(&self) -> Option<Key<'static>> {
        let Part::Endpoint(template, method) = self.kind(ENDPOINT)? else { return None };
        Some(Key { within: self.id(OWNER)?, part: Part::Endpoint(template, method) })
    }

    /// What stands at a place of it.
    pub(crate) fn kind(&self, place: usize) -> Option<Part<()>> {
        Some((*self.places.get(place)?)?.kind)
    }

    pub(crate) fn id(&self, place: usize) -> Option<ScopeId> {
        (*self.places.get(place)?)?.id
    }

    /// The place of the scope whose pool of points it spends from.
    pub(crate) const fn pool(&self) -> Option<usize> {
        self.pool
    }

    /// What its cost is learned by; none if it is not learned.
    pub(crate) fn learns(&self) -> Option<learned::Key> {
        let Part::Endpoint(template, method) = self.kind(ENDPOINT)? else { return None };
        Some(learned::Key { template, method, likely: self.priced })
    }

    /// With what was learned of its cost.
    pub(crate) fn learned(self, learned: &Learned) -> Self {
        let Some(key) = self.learns() else { return self };
        let (cost, cost_source) = learned.cost(key, self.cost);
        Self { cost, cost_source, ..self }
    }

    /// Whether its cost depends on what is in the answer.
    pub(crate) const fn is_list(&self) -> bool {
        self.cost.low < self.cost.high
    }

    /// The place whose pace is a line that calls come into after any narrower one.
    pub(crate) fn line(&self) -> Option<usize> {
        self.pool.map(|_| OWNER)
    }

    /// What a refusal covers: exactly that scope; where the server did not say, the widest that it can mean.
    ///
    /// A refused invocation names the limit of the window that refused it, and with that the rule. Without it, the
    /// installation is meant, which every profile limits.
    pub(crate) fn refused_place(&self, refusal: &Refusal, config: &Config) -> usize {
        let Some(pool) = self.pool else {
            let refused_by = |rule: &&WindowRule| Some(rule.limit) == refusal.window_limit;
            let rule = config.invocations.rules().iter().find(refused_by);
            let per = rule.map_or(CountedPer::Installation, |rule| rule.per);
            let is_meant = |at: &usize| self.kind(*at).and_then(counted_per) == Some(per);
            return (0..MOST_SCOPES).find(is_meant).unwrap_or(WIDEST);
        };
        match refusal.scope {
            refusal::Scope::Endpoint => ENDPOINT,
            // An issue that the path does not name may be written to by any other path of its tenant.
            refusal::Scope::Issue if self.kind(ISSUE).is_some() => ISSUE,
            // Whose request it is, nobody says: all of the tenant's.
            refusal::Scope::Issue | refusal::Scope::Tenant | refusal::Scope::User => OWNER,
            refusal::Scope::Unknown if refusal.limiter == Limiter::Burst => OWNER,
            refusal::Scope::Unknown if refusal.limiter == Limiter::PointsQuota => pool,
            _ => WIDEST,
        }
    }

    /// The scope at a place, to be remembered from now on.
    pub(crate) fn intern<V: Default>(&self, place: usize, scopes: &mut Scopes<V>) -> ScopeId {
        let endpoint = || self.endpoint().filter(|_| place == ENDPOINT);
        self.id(place).or_else(|| Some(scopes.intern(endpoint()?))).unwrap_or(ScopeId::APP)
    }

    /// Which kind of limit a refusal is about. An invocation is under no other than its rates.
    pub(crate) fn refused_kind(&self, refusal: &Refusal) -> LimiterKind {
        match refusal.limiter {
            _ if self.pool.is_none() => LimiterKind::InvocationRate,
            Limiter::PointsQuota => LimiterKind::PointsQuota,
            Limiter::Burst => LimiterKind::Burst,
            Limiter::PerIssueWrite => LimiterKind::PerIssueWrite,
            Limiter::Cost => LimiterKind::Cost,
            Limiter::Concurrency => LimiterKind::Concurrency,
            Limiter::InvocationRate => LimiterKind::InvocationRate,
            Limiter::Egress => LimiterKind::Egress,
            Limiter::StorageRate => LimiterKind::StorageRate,
            Limiter::TokenBucket => LimiterKind::TokenBucket,
            Limiter::TunnelConnections => LimiterKind::TunnelConnections,
            Limiter::HourlyRequests => LimiterKind::HourlyRequests,
            Limiter::Gateway => LimiterKind::Gateway,
            _ => LimiterKind::Other(refusal.reason.clone().unwrap_or_default()),
        }
    }
}

fn place(part: Part<&str>, within: Option<ScopeId>, find: &mut impl FnMut(Key<'_>) -> Option<ScopeId>) -> Place {
    let id = within.and_then(|within| find(Key { within, part }));
    Place { kind: part.map(|_| ()), id }
}

/// What the windows of a scope count, if it has any.
pub(crate) const fn counted_per(kind: Part<()>) -> Option<CountedPer> {
    match kind {
        Part::User(()) => Some(CountedPer::User),
        Part::Installation(()) => Some(CountedPer::Installation),
        Part::Environment(()) => Some(CountedPer::Environment),
        Part::Issue(()) => Some(CountedPer::Issue),
        Part::App => Some(CountedPer::App),
        Part::Account(()) => Some(CountedPer::Account),
        Part::Tenant(()) | Part::Endpoint(..) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::Scope;
    use headroom_model::operation::{Invocation, Trigger};
    use headroom_model::points::Template;
    use headroom_model::profile::InvocationProfile;

    fn invocation(trigger: Trigger) -> Operation {
        let context = Context { installation: "i".into(), account: Some("a".into()), environment: "e".into(), trigger };
        Operation::Invoke(Invocation { function_key: "f".into(), payload: "{}".into(), context })
    }

    fn refused(limiter: Limiter, window_limit: Option<u32>) -> Refusal {
        Refusal { limiter, window_limit, ..Refusal::default() }
    }

    /// The scope that a refusal of this operation pauses.
    fn covered(operation: &Operation, refusal: &Refusal, config: &Config) -> Scope {
        let mut scopes = Scopes::<()>::new(1);
        let lane = Lane::of(operation, &CallOptions::default(), config, |key| Some(scopes.intern(key)));
        let id = lane.intern(lane.refused_place(refusal, config), &mut scopes);
        scopes.name(id)
    }

    #[test]
    fn a_request_is_under_its_pool_and_its_tenants_pace() {
        let operation = Operation::Rest(Request::get("t", "/wiki/rest/api/content/1"));
        let lane = Lane::of(&operation, &CallOptions::default(), &Config::default(), |_| None);
        assert_eq!((lane.pool().and_then(|pool| lane.id(pool)), lane.cost.likely), (Some(ScopeId::APP), 2));
        let scope = |limiter| covered(&operation, &refused(limiter, None), &Config::default());
        assert_eq!(scope(Limiter::Burst), Scope::Tenant("t".into()));
        assert_eq!(scope(Limiter::PointsQuota), Scope::App, "the pool that holds");
        assert_eq!(scope(Limiter::Unknown), Scope::App, "the careful reading");
    }

    /// A refusal is as narrow as the server says, and where the path does not tell what it means, as wide as its tenant.
    #[test]
    fn a_refusal_covers_the_endpoint_or_the_issue_that_it_is_about() {
        let covers = |method: &str, path: &str, limiter, scope| {
            let request = Request { method: method.into(), ..Request::get("t", path) };
            let refusal = Refusal { limiter, scope, ..Refusal::default() };
            covered(&Operation::Rest(request), &refusal, &Config::default())
        };
        let template = Template::of("PUT", "/rest/api/3/issue/A-1");
        let (tenant, method) = ("t".to_owned(), Method::Put);
        let of_issue = |method, path, scope| covers(method, path, Limiter::PerIssueWrite, scope);
        let endpoint = Scope::Endpoint { tenant: tenant.clone(), template, method };
        assert_eq!(covers("put", "/rest/api/3/issue/A-2", Limiter::Burst, refusal::Scope::Endpoint), endpoint);
        let rest = Scope::Endpoint { tenant: tenant.clone(), template: None, method };
        assert_eq!(covers("PUT", "/nowhere", Limiter::Burst, refusal::Scope::Endpoint), rest);
        let issue = Scope::Issue { tenant: tenant.clone(), issue: "A-1".into() };
        assert_eq!(of_issue("DELETE", "/rest/api/2/issue/A-1/votes", refusal::Scope::Issue), issue);
        let tenant = Scope::Tenant(tenant);
        assert_eq!(of_issue("PUT", "/rest/api/3/issue/bulk", refusal::Scope::Issue), tenant);
        assert_eq!(covers("GET", "/x", Limiter::Concurrency, refusal::Scope::User), tenant);
        assert_eq!(covers("GET", "/x", Limiter::Cost, refusal::Scope::Account), Scope::App);
    }

    #[test]
    fn only_invocations_led_by_users_are_paced() {
        let is_paced =
            |trigger| Lane::of(&invocation(trigger), &CallOptions::default(), &Config::default(), |_| None).is_paced;
        assert!(is_paced(Trigger::Ui) && is_paced(Trigger::WebTrigger));
        assert!(!is_paced(Trigger::AsyncEvent));
    }

    #[test]
    fn the_limit_that_a_refusal_names_tells_whose_window_it_was() {
        let config = Config { invocations: InvocationProfile::ForgeCurrent, ..Config::default() };
        let operation = invocation(Trigger::WebTrigger);
        for (limit, scope) in [
            (Some(1_200), Scope::User { installation: "i".into(), account: "a".into() }),
            (Some(5_000), Scope::Installation("i".into())),
            (Some(30_000), Scope::Environment("e".into())),
            (Some(77), Scope::Installation("i".into())),
            (None, Scope::Installation("i".into())),
        ] {
            // A web trigger's refusal is an HTTP response and reads like one of a REST request.
            for limiter in [Limiter::InvocationRate, Limiter::PointsQuota, Limiter::Unknown] {
                assert_eq!(covered(&operation, &refused(limiter, limit), &config), scope, "{limit:?}");
            }
        }
    }
}
