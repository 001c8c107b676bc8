//! Which limits an operation is under: the gates it has to pass, by name.

use crate::config::{Config, PoolKind};
use crate::scope::{Scope, ScopeRef};
use crate::verdict::LimiterKind;
use headroom_model::operation::{Context, Method, Operation, Request};
use headroom_model::points::{Cost, Route};
use headroom_model::profile::{CountedPer, WindowRule};
use headroom_model::refusal::{self, Limiter, Refusal};

/// An operation is under so many scopes at most.
pub(crate) const MOST_SCOPES: usize = 4;

/// The gates of one operation. With [`Scope`] it is kept while a call is open; with [`ScopeRef`] it borrows from there or
/// from the operation.
#[derive(Clone, Debug)]
pub(crate) struct Lane<S> {
    /// Every scope that a refusal may pause, the widest first.
    pub(crate) scopes: [Option<S>; MOST_SCOPES],
    /// Whether their paces hold it up.
    pub(crate) is_paced: bool,
    /// The place among the scopes of the one whose pool of points it spends from.
    pub(crate) pool: Option<usize>,
    /// What it costs.
    pub(crate) cost: Cost,
    /// Whether sending it twice does no harm.
    pub(crate) idempotent: bool,
}

impl<S> Lane<S> {
    fn with<T>(&self, scopes: [Option<T>; MOST_SCOPES]) -> Lane<T> {
        let Self { is_paced, pool, cost, idempotent, .. } = *self;
        Lane { scopes, is_paced, pool, cost, idempotent }
    }
}

impl Lane<Scope> {
    pub(crate) fn borrowed(&self) -> Lane<ScopeRef<'_>> {
        self.with(self.scopes.each_ref().map(|scope| scope.as_ref().map(Scope::borrowed)))
    }
}

impl<'a> Lane<ScopeRef<'a>> {
    pub(crate) fn of(operation: &'a Operation, config: &Config) -> Self {
        match operation {
            Operation::Rest(request) => Self::of_request(request, config),
            Operation::Invoke(invocation) => Self::of_invocation(&invocation.context),
        }
    }

    fn of_request(request: &'a Request, config: &Config) -> Self {
        let (tenant, method) = (request.tenant.as_str(), Method::of(&request.method));
        let Route { cost, template, issue } = Route::of(&request.method, &request.path);
        Self {
            scopes: [
                Some(ScopeRef::App),
                Some(ScopeRef::Tenant(tenant)),
                Some(ScopeRef::Endpoint { tenant, template, method }),
                issue.filter(|_| method.is_write()).map(|issue| ScopeRef::Issue { tenant, issue }),
            ],
            is_paced: true,
            pool: Some(match config.pool {
                PoolKind::Global => 0,
                PoolKind::PerTenant => 1,
            }),
            cost,
            idempotent: request.is_idempotent(),
        }
    }

    fn of_invocation(context: &'a Context) -> Self {
        let installation = context.installation.as_str();
        let user = context.account.as_deref().map(|account| ScopeRef::User { installation, account });
        let environment = ScopeRef::Environment(&context.environment);
        Self {
            scopes: [Some(environment), Some(ScopeRef::Installation(installation)), user, None],
            is_paced: context.trigger.is_rate_limited(),
            pool: None,
            cost: Cost::FREE,
            idempotent: false,
        }
    }

    pub(crate) fn owned(&self) -> Lane<Scope> {
        self.with(self.scopes.map(|scope| scope.map(ScopeRef::owned)))
    }

    /// The scope whose pool of points it spends from.
    pub(crate) fn pool_scope(&self) -> Option<ScopeRef<'a>> {
        self.scopes.get(self.pool?).copied().flatten()
    }

    /// What a refusal covers: exactly that scope; where the server did not say, the widest that it can mean.
    ///
    /// A refused invocation names the limit of the window that refused it, and with that the rule. Without it, the
    /// installation is meant, which every profile limits.
    pub(crate) fn refused_scope(&self, refusal: &Refusal, config: &Config) -> ScopeRef<'a> {
        let Some(pool) = self.pool_scope() else {
            let refused_by = |rule: &&WindowRule| Some(rule.limit) == refusal.window_limit;
            let rule = config.invocations.rules().iter().find(refused_by);
            let per = rule.map_or(CountedPer::Installation, |rule| rule.per);
            return self.named(|scope| counted_per(scope) == Some(per));
        };
        let tenant = || self.named(|scope| matches!(scope, ScopeRef::Tenant(_)));
        match refusal.scope {
            refusal::Scope::Endpoint => self.named(|scope| matches!(scope, ScopeRef::Endpoint { .. })),
            // An issue that the path does not name may be written to by any other path of its tenant.
            refusal::Scope::Issue => {
                let issue = self.scopes.iter().flatten().find(|scope| matches!(scope, ScopeRef::Issue { .. }));
                issue.copied().unwrap_or_else(tenant)
            }
            // Whose request it is, nobody says: all of the tenant's.
            refusal::Scope::Tenant | refusal::Scope::User => tenant(),
            refusal::Scope::Unknown if refusal.limiter == Limiter::Burst => tenant(),
            refusal::Scope::Unknown if refusal.limiter == Limiter::PointsQuota => pool,
            _ => ScopeRef::App,
        }
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

    fn named(&self, is_wanted: impl Fn(ScopeRef<'a>) -> bool) -> ScopeRef<'a> {
        let mut all = self.scopes.iter().flatten().copied();
        let widest = self.scopes.first().copied().flatten().unwrap_or(ScopeRef::Call);
        all.find(|scope| is_wanted(*scope)).unwrap_or(widest)
    }
}

/// What the windows of a scope count, if it has any.
pub(crate) const fn counted_per(scope: ScopeRef<'_>) -> Option<CountedPer> {
    match scope {
        ScopeRef::User { .. } => Some(CountedPer::User),
        ScopeRef::Installation(_) => Some(CountedPer::Installation),
        ScopeRef::Environment(_) => Some(CountedPer::Environment),
        ScopeRef::Issue { .. } => Some(CountedPer::Issue),
        ScopeRef::App | ScopeRef::Tenant(_) | ScopeRef::Endpoint { .. } | ScopeRef::Call => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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

    #[test]
    fn a_request_is_under_its_pool_and_its_tenants_pace() {
        let operation = Operation::Rest(Request::get("t", "/wiki/rest/api/content/1"));
        let lane = Lane::of(&operation, &Config::default());
        assert_eq!((lane.pool_scope(), lane.cost.likely), (Some(ScopeRef::App), 2));
        let scope = |limiter| lane.refused_scope(&refused(limiter, None), &Config::default());
        assert_eq!(scope(Limiter::Burst), ScopeRef::Tenant("t"));
        assert_eq!(scope(Limiter::PointsQuota), ScopeRef::App, "the pool that holds");
        assert_eq!(scope(Limiter::Unknown), ScopeRef::App, "the careful reading");
    }

    /// A refusal is as narrow as the server says, and where the path does not tell what it means, as wide as its tenant.
    #[test]
    fn a_refusal_covers_the_endpoint_or_the_issue_that_it_is_about() {
        let covers = |method: &str, path: &str, limiter, scope| {
            let request = Request { method: method.into(), ..Request::get("t", path) };
            let operation = Operation::Rest(request);
            let refusal = Refusal { limiter, scope, ..Refusal::default() };
            Lane::of(&operation, &Config::default()).refused_scope(&refusal, &Config::default()).owned()
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
        let is_paced = |trigger| Lane::of(&invocation(trigger), &Config::default()).is_paced;
        assert!(is_paced(Trigger::Ui) && is_paced(Trigger::WebTrigger));
        assert!(!is_paced(Trigger::AsyncEvent));
    }

    #[test]
    fn the_limit_that_a_refusal_names_tells_whose_window_it_was() {
        let config = Config { invocations: InvocationProfile::ForgeCurrent, ..Config::default() };
        let operation = invocation(Trigger::WebTrigger);
        let lane = Lane::of(&operation, &config);
        for (limit, scope) in [
            (Some(1_200), ScopeRef::User { installation: "i", account: "a" }),
            (Some(5_000), ScopeRef::Installation("i")),
            (Some(30_000), ScopeRef::Environment("e")),
            (Some(77), ScopeRef::Installation("i")),
            (None, ScopeRef::Installation("i")),
        ] {
            // A web trigger's refusal is an HTTP response and reads like one of a REST request.
            for limiter in [Limiter::InvocationRate, Limiter::PointsQuota, Limiter::Unknown] {
                assert_eq!(lane.refused_scope(&refused(limiter, limit), &config), scope, "{limit:?}");
            }
        }
    }
}
