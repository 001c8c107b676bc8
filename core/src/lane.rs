//! Which limits an operation is under: the gates it has to pass, by name.

use crate::config::{Config, PoolKind};
use crate::verdict::{LimiterKind, Scope};
use headroom_model::operation::{Context, Operation, Request};
use headroom_model::points::{Cost, price};
use headroom_model::profile::{CountedPer, WindowRule};
use headroom_model::refusal::{self, Limiter, Refusal};

/// The gates of one operation. The operation itself is not kept.
#[derive(Clone, Debug)]
pub(crate) struct Lane {
    /// Every scope that a refusal may pause, the widest first.
    pub(crate) scopes: Vec<Scope>,
    /// The scopes among them whose pace is known before a refusal.
    pub(crate) paced: Vec<Scope>,
    /// The pool of points it spends from.
    pub(crate) pool: Option<Scope>,
    /// What it costs.
    pub(crate) cost: Cost,
    /// Whether sending it twice does no harm.
    pub(crate) idempotent: bool,
}

impl Lane {
    pub(crate) fn of(operation: &Operation, config: &Config) -> Self {
        match operation {
            Operation::Rest(request) => Self::of_request(request, config),
            Operation::Invoke(invocation) => Self::of_invocation(&invocation.context, config),
        }
    }

    fn of_request(request: &Request, config: &Config) -> Self {
        let tenant = Scope::Tenant(request.tenant.clone());
        Self {
            pool: Some(match config.pool {
                PoolKind::Global => Scope::App,
                PoolKind::PerTenant => tenant.clone(),
            }),
            paced: config.burst.map(|_| tenant.clone()).into_iter().collect(),
            scopes: vec![Scope::App, tenant],
            cost: price(&request.method, &request.path),
            idempotent: request.is_idempotent(),
        }
    }

    fn of_invocation(context: &Context, config: &Config) -> Self {
        let installation = Scope::Installation(context.installation.clone());
        let user = context.account.as_ref().map(|account| Scope::User(format!("{}/{account}", context.installation)));
        let environment = Scope::Environment(context.environment.clone());
        let rules = config.invocations.rules();
        let has_rule = |scope: &Scope| rules.iter().any(|rule| Some(rule.per) == counted_per(scope));
        let is_limited = context.trigger.is_rate_limited();
        let scopes: Vec<_> = [Some(environment), Some(installation), user].into_iter().flatten().collect();
        Self {
            paced: scopes.iter().filter(|scope| is_limited && has_rule(scope)).cloned().collect(),
            scopes,
            pool: None,
            cost: Cost::FREE,
            idempotent: false,
        }
    }

    /// What a refusal covers: exactly that scope; where the server did not say, the widest that it can mean.
    ///
    /// A refused invocation names the limit of the window that refused it, and with that the rule. Without it, the
    /// installation is meant, which every profile limits.
    pub(crate) fn refused_scope(&self, refusal: &Refusal, config: &Config) -> Scope {
        let Some(pool) = &self.pool else {
            let refused_by = |rule: &&WindowRule| Some(rule.limit) == refusal.window_limit;
            let rule = config.invocations.rules().iter().find(refused_by);
            return self.counted(rule.map_or(CountedPer::Installation, |rule| rule.per));
        };
        let tenant = || self.named(|scope| matches!(scope, Scope::Tenant(_)));
        match refusal.scope {
            // What is narrower than a tenant has no gate of its own.
            refusal::Scope::Tenant | refusal::Scope::Endpoint | refusal::Scope::Issue | refusal::Scope::User => {
                tenant()
            }
            refusal::Scope::Unknown if refusal.limiter == Limiter::Burst => tenant(),
            refusal::Scope::Unknown if refusal.limiter == Limiter::PointsQuota => pool.clone(),
            _ => self.named(|scope| matches!(scope, Scope::App)),
        }
    }

    /// Which kind of limit a refusal is about. An invocation is under no other than its rates.
    pub(crate) fn refused_kind(&self, refusal: &Refusal) -> LimiterKind {
        match refusal.limiter {
            _ if self.pool.is_none() => LimiterKind::InvocationRate,
            Limiter::PointsQuota => LimiterKind::PointsQuota,
            Limiter::Burst => LimiterKind::Burst,
            Limiter::InvocationRate => LimiterKind::InvocationRate,
            Limiter::Unknown => LimiterKind::Other(refusal.reason.clone().unwrap_or_default()),
            other => LimiterKind::Other(other.name().to_owned()),
        }
    }

    fn counted(&self, per: CountedPer) -> Scope {
        self.named(|scope| counted_per(scope) == Some(per))
    }

    fn named(&self, is_wanted: impl Fn(&Scope) -> bool) -> Scope {
        let wanted = self.scopes.iter().find(|scope| is_wanted(scope)).or_else(|| self.scopes.first());
        wanted.cloned().unwrap_or(Scope::Call)
    }
}

/// What the windows of a scope count, if it has any.
pub(crate) const fn counted_per(scope: &Scope) -> Option<CountedPer> {
    match scope {
        Scope::User(_) => Some(CountedPer::User),
        Scope::Installation(_) => Some(CountedPer::Installation),
        Scope::Environment(_) => Some(CountedPer::Environment),
        Scope::App | Scope::Tenant(_) | Scope::Call => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use headroom_model::operation::{Invocation, Trigger};
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
        let lane = Lane::of(&Operation::Rest(Request::get("t", "/wiki/rest/api/content/1")), &Config::default());
        assert_eq!((lane.pool.clone(), lane.cost.likely), (Some(Scope::App), 2));
        assert_eq!(lane.paced, [Scope::Tenant("t".into())]);
        let scope = |limiter| lane.refused_scope(&refused(limiter, None), &Config::default());
        assert_eq!(scope(Limiter::Burst), Scope::Tenant("t".into()));
        assert_eq!(scope(Limiter::PointsQuota), Scope::App, "the pool that holds");
        assert_eq!(scope(Limiter::Unknown), Scope::App, "the careful reading");
    }

    #[test]
    fn only_invocations_led_by_users_are_paced() {
        let config = Config { invocations: InvocationProfile::ForgeCurrent, ..Config::default() };
        assert_eq!(Lane::of(&invocation(Trigger::Ui), &config).paced.len(), 3);
        assert_eq!(Lane::of(&invocation(Trigger::AsyncEvent), &config).paced, []);
        let rfc130 = Lane::of(&invocation(Trigger::WebTrigger), &Config::default());
        assert_eq!(rfc130.paced, [Scope::Installation("i".into())]);
    }

    #[test]
    fn the_limit_that_a_refusal_names_tells_whose_window_it_was() {
        let config = Config { invocations: InvocationProfile::ForgeCurrent, ..Config::default() };
        let lane = Lane::of(&invocation(Trigger::WebTrigger), &config);
        for (limit, scope) in [
            (Some(1_200), Scope::User("i/a".into())),
            (Some(5_000), Scope::Installation("i".into())),
            (Some(30_000), Scope::Environment("e".into())),
            (Some(77), Scope::Installation("i".into())),
            (None, Scope::Installation("i".into())),
        ] {
            // A web trigger's refusal is an HTTP response and reads like one of a REST request.
            for limiter in [Limiter::InvocationRate, Limiter::PointsQuota, Limiter::Unknown] {
                assert_eq!(lane.refused_scope(&refused(limiter, limit), &config), scope, "{limit:?}");
            }
        }
    }
}
