//! Types of the WIT to those of model and simulator, and back.

use crate::types as wit;
use headroom_model::operation as model;
use headroom_model::profile::InvocationProfile;
use headroom_model::time::Instant;
use headroom_sim::scenario::{
    AllowanceSpec, BurstSpec, ClientSpec, Counted, Each, FleetSpec, Pool, Priority, WindowSpec,
};
use headroom_sim::value::Whole;
use headroom_sim::{CallOptions, Ending, Scenario};

/// What the developer told the client. What he left out keeps the component's default, but for the number of nodes: all
/// of a fleet share the limits, while every stranger believes to be alone.
pub fn configure(config: &mut wit::Config, scenario: &Scenario) {
    let ClientSpec {
        quota_points,
        pool,
        burst,
        invocations,
        // Each call has its own.
        deadline: _,
        nodes,
        max_attempts,
        retry_budget,
        tenant_cap,
        user_cap,
        windows,
    } = &scenario.client;
    config.quota = quota_points.map_or(config.quota, Whole::get);
    config.pool = pool.map_or(config.pool, |pool| match pool {
        Pool::Global => wit::Pool::Global,
        Pool::PerTenant => wit::Pool::PerTenant,
    });
    if let Some(BurstSpec { per_second, capacity }) = burst {
        config.burst = Some(wit::BurstRate { per_second: per_second.get(), capacity: capacity.get() });
    }
    config.invocations = invocations.map_or(config.invocations, |profile| match profile {
        InvocationProfile::ForgeCurrent => wit::InvocationProfile::ForgeCurrent,
        InvocationProfile::ForgeRfc130 => wit::InvocationProfile::ForgeRfc130,
        InvocationProfile::ForgeSep2026 => wit::InvocationProfile::ForgeSep2026,
    });
    config.nodes = nodes.map_or_else(|| sharing(&scenario.fleet), Whole::get);
    config.max_attempts = max_attempts.map_or(config.max_attempts, Whole::get);
    config.retry_budget = retry_budget.map_or(config.retry_budget, Whole::get);
    if let Some(AllowanceSpec { base, per_user, most }) = tenant_cap {
        let most = most.map(Whole::get);
        config.tenant_cap = Some(wit::Allowance { base: base.get(), per_user: per_user.get(), most });
    }
    config.user_cap = user_cap.map(Whole::get).or(config.user_cap);
    if let Some(windows) = windows {
        config.windows = windows.iter().map(window).collect();
    }
}

fn window(WindowSpec { per, limit, span }: &WindowSpec) -> wit::RateWindow {
    let per = match per {
        Counted::App => wit::CountedPer::App,
        Counted::Account => wit::CountedPer::Account,
        Counted::Environment => wit::CountedPer::Environment,
        Counted::Installation => wit::CountedPer::Installation,
        Counted::User => wit::CountedPer::User,
    };
    wit::RateWindow { per, limit: limit.get(), span: span.get().0 }
}

const fn sharing(fleet: &FleetSpec) -> u32 {
    match fleet.each {
        Each::Node => fleet.nodes.get(),
        Each::User => 1,
    }
}

/// What a caller wishes for.
#[must_use]
pub fn options(options: CallOptions) -> wit::CallOptions {
    let CallOptions { deadline, priority, user, is_idempotent, may_retry_unsafe } = options;
    wit::CallOptions {
        deadline: deadline.map(|deadline| deadline.0),
        idempotent: is_idempotent,
        priority: priority.map(|priority| match priority {
            Priority::Background => wit::Priority::Background,
            Priority::Interactive => wit::Priority::Interactive,
        }),
        user,
        retry_unsafe: Some(may_retry_unsafe),
        ..wit::CallOptions::default()
    }
}

/// What an outcome is to a scenario: given up and failed are the same to whoever had the job.
#[must_use]
pub fn ending(outcome: &wit::Outcome) -> Ending {
    match &outcome.ending {
        wit::Ending::Success(_) => Ending::Done,
        wit::Ending::Deferred(deferral) => Ending::Deferred(Instant(deferral.not_before)),
        wit::Ending::Refused(_) | wit::Ending::Failed(_) => Ending::Lost,
    }
}

/// An answer as the component takes it.
#[must_use]
pub fn to_wit(answer: model::Answer) -> wit::Answer {
    match answer {
        model::Answer::Response(response) => wit::Answer::Response(wit::Response {
            status: response.status,
            headers: response.headers.into_iter().map(to_wit_header).collect(),
            body: response.body,
        }),
        model::Answer::Resolved(json) => wit::Answer::Resolved(json),
        model::Answer::Rejected(json) => wit::Answer::Rejected(json),
    }
}

/// Why there is no answer, as the component takes it.
#[must_use]
pub fn to_wit_error(error: model::AttemptError) -> wit::AttemptError {
    match error {
        model::AttemptError::TimedOut => wit::AttemptError::TimedOut,
        model::AttemptError::Connection(how) => wit::AttemptError::Connection(how),
        model::AttemptError::Other(why) => wit::AttemptError::Other(why),
    }
}

fn to_wit_header(header: model::Header) -> wit::Header {
    wit::Header { name: header.name, value: header.value }
}

/// An operation as the component takes it.
#[must_use]
pub fn to_wit_operation(operation: model::Operation) -> wit::Operation {
    match operation {
        model::Operation::Rest(request) => wit::Operation::Rest(wit::Request {
            tenant: request.tenant,
            method: request.method,
            path: request.path,
            headers: request.headers.into_iter().map(to_wit_header).collect(),
            body: request.body,
        }),
        model::Operation::Invoke(invocation) => wit::Operation::Invoke(wit::Invocation {
            function_key: invocation.function_key,
            payload: invocation.payload,
            context: wit::Context {
                installation: invocation.context.installation,
                account: invocation.context.account,
                environment: invocation.context.environment,
                trigger: TRIGGERS
                    .iter()
                    .find(|(ours, _)| *ours == invocation.context.trigger)
                    .map_or(wit::Trigger::Ui, |(_, theirs)| *theirs),
            },
        }),
    }
}

/// An operation as the simulator takes it.
#[must_use]
pub fn to_model(operation: wit::Operation) -> model::Operation {
    match operation {
        wit::Operation::Rest(request) => model::Operation::Rest(model::Request {
            tenant: request.tenant,
            method: request.method,
            path: request.path,
            headers: request.headers.into_iter().map(|header| model::Header::new(header.name, header.value)).collect(),
            body: request.body,
        }),
        wit::Operation::Invoke(invocation) => model::Operation::Invoke(model::Invocation {
            function_key: invocation.function_key,
            payload: invocation.payload,
            context: model::Context {
                installation: invocation.context.installation,
                account: invocation.context.account,
                environment: invocation.context.environment,
                trigger: TRIGGERS
                    .iter()
                    .find(|(_, theirs)| *theirs == invocation.context.trigger)
                    .map_or(model::Trigger::Ui, |(ours, _)| *ours),
            },
        }),
    }
}

/// Each trigger under both names. A test holds it complete.
const TRIGGERS: [(model::Trigger, wit::Trigger); 8] = [
    (model::Trigger::Ui, wit::Trigger::Ui),
    (model::Trigger::WebTrigger, wit::Trigger::WebTrigger),
    (model::Trigger::Workflow, wit::Trigger::Workflow),
    (model::Trigger::AdfExport, wit::Trigger::AdfExport),
    (model::Trigger::JqlFunction, wit::Trigger::JqlFunction),
    (model::Trigger::Scheduled, wit::Trigger::Scheduled),
    (model::Trigger::ProductEvent, wit::Trigger::ProductEvent),
    (model::Trigger::AsyncEvent, wit::Trigger::AsyncEvent),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trigger_comes_back_as_itself() {
        for (trigger, _) in TRIGGERS {
            let context =
                model::Context { installation: "i".to_owned(), account: None, environment: "e".to_owned(), trigger };
            let invocation = model::Invocation { function_key: "f".to_owned(), payload: "1".to_owned(), context };
            let operation = model::Operation::Invoke(invocation);
            assert_eq!(to_model(to_wit_operation(operation.clone())), operation);
        }
    }
}
