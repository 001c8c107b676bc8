//! Types of the WIT to those of model and simulator, and back.

use crate::types as wit;
use headroom_model::operation as model;
use headroom_model::profile::InvocationProfile;
use headroom_model::time::Instant;
use headroom_sim::Ending;
use headroom_sim::scenario::ClientSpec;

/// What the developer told the client.
pub fn configure(config: &mut wit::Config, client: &ClientSpec) {
    config.quota = client.quota_points.unwrap_or(config.quota);
    if let Some(burst) = client.burst {
        config.burst = Some(wit::BurstRate { per_second: burst.per_second, capacity: burst.capacity });
    }
    if let Some(profile) = client.invocations {
        config.invocations = match profile {
            InvocationProfile::ForgeCurrent => wit::InvocationProfile::ForgeCurrent,
            InvocationProfile::ForgeRfc130 => wit::InvocationProfile::ForgeRfc130,
            InvocationProfile::ForgeSep2026 => wit::InvocationProfile::ForgeSep2026,
        };
    }
}

/// What the developer asks for each call.
#[must_use]
pub fn options(client: &ClientSpec) -> wit::CallOptions {
    let deadline = client.deadline.map(|deadline| deadline.0);
    wit::CallOptions { deadline, ..wit::CallOptions::default() }
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
