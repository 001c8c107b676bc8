//! Forge: invocations, run times, queues, storage, network.

use super::NOT_YET;

facts! {
    "Forge",
    "All three sets of invocation limits are there, as profiles, with windows that are fixed or sliding as published. Only \
     triggers led by users are limited. Of run times and the queue's longest delay the client knows nothing: it takes the \
     caller's deadline and answers \"deferred until\". Refusals of storage, \
     network and the bridge's own limiter are recognised, and not simulated.";

    FORGE_CURRENT_PER_USER: u32 = 1_200, "invocations/min", Documented by RFC_130,
        "`forge-current`: one user in one installation, in a fixed minute.",
        "enforced by the simulator; paced by the client";
    FORGE_CURRENT_PER_INSTALLATION: u32 = 5_000, "invocations/min", Documented by RFC_130,
        "`forge-current`: one installation, in a fixed minute.",
        "enforced by the simulator; paced by the client";
    FORGE_CURRENT_PER_ENVIRONMENT: u32 = 30_000, "invocations/min", Documented by RFC_130,
        "`forge-current`: one environment of the app, in a fixed minute.",
        "enforced by the simulator; paced by the client";
    FORGE_RFC_130_PER_SECOND: u32 = 300, "invocations/s", Documented by RFC_130,
        "`forge-rfc130`: one installation, in a sliding second; no limit for users or environments.",
        "enforced by the simulator; paced by the client; in scenario `rush`";
    FORGE_RFC_130_PER_MINUTE: u32 = 7_000, "invocations/min", Documented by RFC_130,
        "`forge-rfc130`: one installation, in a sliding minute; whichever is hit first.",
        "enforced by the simulator; paced by the client; in scenario `rush`";
    FORGE_2026_09_PER_USER: u32 = 1_200, "invocations/min", Documented by FORGE_INVOCATIONS,
        "`forge-2026-09`: one user in one installation, in a fixed minute.",
        "enforced by the simulator; paced by the client";
    FORGE_2026_09_PER_SECOND: u32 = 300, "invocations/s", Documented by FORGE_INVOCATIONS,
        "`forge-2026-09`: one installation, in a fixed second; no limit for environments.",
        "enforced by the simulator; paced by the client";
    FORGE_2026_09_PER_MINUTE: u32 = 7_000, "invocations/min", Documented by FORGE_INVOCATIONS,
        "`forge-2026-09`: one installation, in a fixed minute.",
        "enforced by the simulator; paced by the client";
    RESOLVER_RUN_SECS: u32 = 25, "s", Documented by FORGE_INVOCATIONS,
        "A resolver of the UI is stopped after this: no wait for a quota fits into it.",
        "the deadline of runtime `ui`";
    REMOTE_EVENT_RUN_SECS: u32 = 5, "s", Documented by FORGE_INVOCATIONS,
        "A remote back end that receives an event is given up after this.",
        NOT_YET;
    WEB_TRIGGER_RUN_SECS: u32 = 55, "s", Documented by FORGE_INVOCATIONS,
        "A web trigger is stopped after this; also the default of consumers and scheduled triggers.",
        "the deadline of runtime `web-trigger`";
    LONG_RUN_SECS: u32 = 900, "s", Documented by FORGE_INVOCATIONS,
        "The longest that an async consumer or a scheduled trigger may ask to run.",
        "the deadline of runtime `async-event`";
    OUTBOUND_REQUEST_SECS: u32 = 180, "s", Documented by FORGE_INVOCATIONS,
        "A single outbound request of a long run is given up after this.",
        NOT_YET;
    ASYNC_RETRY_AFTER_SECS: u32 = 900, "s", Documented by FORGE_ASYNC_API,
        "The longest `retryAfter` of an async event; what is longer is lowered to it.",
        "the longest hop of a deferral";
    ASYNC_RETENTION_SECS: u32 = 86_400, "s", Documented by FORGE_ASYNC_API,
        "An async event that is still not delivered after this is dropped.",
        "enforced by the simulator where a scenario asks for it";
    ASYNC_EVENTS_PER_PUSH: u32 = 50, "events/request", Documented by FORGE_ASYNC,
        "Events that one push to a queue takes.",
        NOT_YET;
    ASYNC_EVENTS_PER_MINUTE: u32 = 500, "events/min", Documented by FORGE_ASYNC,
        "Events that one installation may push.",
        "enforced by the simulator where a scenario asks for it";
    ASYNC_PAYLOAD_KB: u32 = 200, "KB/request", Documented by FORGE_ASYNC,
        "All events of one push together.",
        NOT_YET;
    ASYNC_CHAIN: u32 = 1_000, "pushes", Documented by FORGE_ASYNC,
        "Pushes that may follow from one invocation through all consumers in a chain.",
        NOT_YET;
    BRIDGE_CALLS: u32 = 500, "calls", Documented by FORGE_BRIDGE,
        "Calls of `invoke` in a window of the browser's own limiter; its error has no status.",
        "enforced by the simulator where a scenario asks for it";
    BRIDGE_WINDOW_SECS: u32 = 25, "s", Documented by FORGE_BRIDGE,
        "That window.",
        "the wait that is named for a refusal of the bridge";
    EGRESS_PER_RUN_MINUTE: u32 = 100, "requests", Documented by FORGE_INVOCATIONS,
        "Requests to other hosts by one invocation, for each minute of its run time, rounded up.",
        NOT_YET;
    EGRESS_PER_MINUTE: u32 = 50_000, "requests/min", Documented by FORGE_INVOCATIONS,
        "Requests to other hosts by one app.",
        "enforced by the simulator where a scenario asks for it";
    NETWORK_PER_TENANT_PER_MINUTE: u32 = 100_000, "requests/min", Documented by FORGE_INVOCATIONS,
        "Requests by one app on one tenant, those to Jira and Confluence included.",
        NOT_YET;
    NETWORK_PER_MINUTE: u32 = 3_000_000, "requests/min", Documented by FORGE_INVOCATIONS,
        "Requests by one app over all tenants, those to Jira and Confluence included.",
        NOT_YET;
    KVS_REQUESTS_PER_SECOND: u32 = 1_000, "requests/s", Documented by FORGE_KVS,
        "Requests of one installation to the key-value and entity stores.",
        "enforced by the simulator where a scenario asks for it";
    KVS_READS_PER_MINUTE: u32 = 4_000, "× 10 KB/min", Documented by FORGE_KVS,
        "Reads of one installation, counted in pieces of 10 KB, each rounded up.",
        NOT_YET;
    KVS_WRITES_PER_MINUTE: u32 = 4_000, "× 10 KB/min", Documented by FORGE_KVS,
        "Writes of one installation, counted likewise.",
        NOT_YET;
    SQL_DML_PER_SECOND: u32 = 150, "requests/s", Documented by FORGE_SQL,
        "SQL statements on data, of one installation.",
        NOT_YET;
    SQL_DDL_PER_MINUTE: u32 = 25, "requests/min", Documented by FORGE_SQL,
        "SQL statements on the schema, of one installation.",
        NOT_YET;
    OBJECT_STORE_PER_SECOND: u32 = 5_000, "requests/s", Documented by FORGE_OBJECTS,
        "Requests of one installation to the object store; early access.",
        NOT_YET;
    REALTIME_PER_SECOND: u32 = 50, "operations/s", Documented by FORGE_REALTIME,
        "Events that one installation may publish, subscribe or sign for.",
        NOT_YET;
    LLM_PROMPTS_PER_MINUTE: u32 = 100, "prompts/min", Documented by FORGE_LLM,
        "Prompts of one installation.",
        NOT_YET;
}
