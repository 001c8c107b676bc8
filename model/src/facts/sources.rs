//! Every source that a fact names. What was read as a stored copy has the date of that copy.

use super::Source;

/// Defines the sources and the list of them.
macro_rules! sources {
    (@url $url:literal) => { Some($url) };
    (@url) => { None };
    ($($(#[$doc:meta])+ $name:ident: $id:literal, $title:literal, $date:literal $(, $url:literal)?;)+) => {
        $($(#[$doc])+ pub static $name: Source = Source::new($id, $title, $date, sources!(@url $($url)?));)+

        /// Every source.
        #[cfg(feature = "full")]
        pub static ALL: &[&Source] = &[$(&$name),+];
    };
}

sources! {
    /// Points, tiers, quotas, headers of `seed-2025-12`, the retry pseudocode.
    CONFLUENCE_PAGE: "confluence-2025-12", "Confluence rate limiting page", "2025-12-12",
        "https://developer.atlassian.com/cloud/confluence/rate-limiting/";
    /// The same page eight months later: structured headers, `r` past about 80 %.
    CONFLUENCE_PAGE_2026: "confluence-2026-08", "Confluence rate limiting page, later edition", "2026-08-12",
        "https://developer.atlassian.com/cloud/confluence/rate-limiting/";
    /// Burst rates, per-issue limits, reasons, structured headers.
    JIRA_PAGE: "jira-2026-08", "Jira Cloud rate limiting page", "2026-08-12",
        "https://developer.atlassian.com/cloud/jira/platform/rate-limiting/";
    /// Tiers, copies of one app, API tokens.
    ANNOUNCEMENT: "announcement", "Scaling responsibly: evolving our API rate limits", "2025-12-12",
        "https://www.atlassian.com/blog/platform/evolving-api-rate-limits";
    /// Invocation limits, then and proposed; its sample; what people answered.
    RFC_130: "rfc-130", "RFC 130: Upcoming changes to invocation rate limits", "2026-04-14",
        "https://community.developer.atlassian.com/t/rfc-130-upcoming-changes-to-invocation-rate-limits/100191";
    /// Invocation rates and run times in force since then.
    FORGE_INVOCATIONS: "forge-invocations", "Forge invocation limits", "2026-09-01",
        "https://developer.atlassian.com/platform/forge/limits-invocation/";
    /// Limits on queues.
    FORGE_ASYNC: "forge-async-events", "Forge async events limits", "2026-02-26",
        "https://developer.atlassian.com/platform/forge/limits-async-events/";
    /// How a consumer asks for a retry, and how long an event lives.
    FORGE_ASYNC_API: "forge-async-api", "Forge async events API", "2026-09-01",
        "https://developer.atlassian.com/platform/forge/runtime-reference/async-events-api/";
    /// Limits on stored keys and entities.
    FORGE_KVS: "forge-kvs", "Forge KVS and Custom Entity Store limits", "2025-12-01",
        "https://developer.atlassian.com/platform/forge/limits-kvs-ce/";
    /// Limits on Forge SQL.
    FORGE_SQL: "forge-sql", "Forge SQL limits", "2025-12-01",
        "https://developer.atlassian.com/platform/forge/limits-sql/";
    /// Limits on stored objects.
    FORGE_OBJECTS: "forge-object-store", "Forge Object Store limits", "2025-12-01",
        "https://developer.atlassian.com/platform/forge/limits-object-store/";
    /// Limits on published events.
    FORGE_REALTIME: "forge-realtime", "Forge Realtime limits", "2026-05-21",
        "https://developer.atlassian.com/platform/forge/limits-realtime/";
    /// Limits on prompts.
    FORGE_LLM: "forge-llm", "Forge LLM limits", "2026-01-23",
        "https://developer.atlassian.com/platform/forge/limits-llm/";
    /// The limiter that runs in the browser.
    FORGE_BRIDGE: "forge-bridge", "npm package @forge/bridge, out/invoke/invoke.js", "read 2026-11",
        "https://www.npmjs.com/package/@forge/bridge";
    /// What developers and Atlassian's staff report of the points quota. The date is that of the newest post used.
    POINTS_THREAD: "points-thread", "2026 point-based rate limits (developer community)", "2026-04-09",
        "https://community.developer.atlassian.com/t/2026-point-based-rate-limits/97828";
    /// A limit of 600,000 that nobody could explain.
    SEARCH_THREAD: "search-thread", "Getting Rate Limit For search API (Atlassian community)", "2023-03-23",
        "https://community.atlassian.com/t5/Jira-questions/Getting-Rate-Limit-For-search-API/qaq-p/2308431";
    /// Limits of 150,000 and 300,000 with reason `jira-cost-based`, one for each account and site.
    MIGRATION_NOTES: "migration-notes", "Public notes of a migration between two Jira sites", "read 2026-11";
    /// A gateway that refused apps, and the headers of its refusals.
    GATEWAY_INCIDENT: "gateway-incident", "Atlassian Developer Status, incident of April 2026", "2026-04-22",
        "https://developer.status.atlassian.com/incidents/bb38p4wdd7mz";
    /// A Retry-After that overflowed a widely used client.
    PYTHON_ISSUE: "python-1600", "atlassian-python-api, issue 1600", "2025-11-25",
        "https://github.com/atlassian-api/atlassian-python-api/issues/1600";
    /// The tunnel's refusal and its 20 connections.
    NGROK_THREAD: "ngrok-thread", "How to deal with rate limits for REST API calls in Confluence Cloud?", "read 2026-11",
        "https://community.developer.atlassian.com/t/how-to-deal-with-rate-limits-for-rest-api-calls-in-confluence-cloud/41890";
    /// What the tunnel's refusal means.
    NGROK_PAGE: "ngrok-702", "ngrok error ERR_NGROK_702", "read 2026-11",
        "https://ngrok.com/docs/errors/err_ngrok_702";
    /// Bitbucket's and GitHub's hourly requests, as their users meet them. The first answer bears the date.
    BITBUCKET_THREAD: "bitbucket-thread", "Turn off Rate limit on REST API calls (Atlassian community)", "2018-05-15",
        "https://community.atlassian.com/t5/Bitbucket-questions/Turn-off-Rate-limit-on-REST-API-calls/qaq-p/792439";
    /// Bitbucket's limits by kind of request.
    BITBUCKET_PAGE: "bitbucket-limits", "Bitbucket Cloud API request limits", "read 2026-11",
        "https://support.atlassian.com/bitbucket-cloud/docs/api-request-limits/";
    /// The text of Bitbucket's refusal.
    BITBUCKET_REFUSAL: "bitbucket-refusal", "Bitbucket Cloud rate limit troubleshooting", "read 2026-11",
        "https://support.atlassian.com/bitbucket-cloud/kb/bitbucket-cloud-rate-limit-troubleshooting/";
    /// GitHub's limits, for comparison.
    GITHUB_PAGE: "github-limits", "GitHub: rate limits for the REST API", "read 2026-11",
        "https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api";
    /// Headers of Data Center's token bucket.
    DATA_CENTER_PAGE: "data-center-headers", "Confluence Data Center: HTTP headers of rate limiting", "2020-02-05",
        "https://confluence.atlassian.com/doc/_ratelimiting_httpheaders-992678779.html";
    /// A worked example of Data Center's bucket.
    DATA_CENTER_EXAMPLE: "data-center-example", "Bitbucket Data Center: improving instance stability with rate limiting",
        "read 2026-11",
        "https://confluence.atlassian.com/bitbucketserver086/improving-instance-stability-with-rate-limiting-1188783544.html";
    /// Choices of this project, where nobody says anything.
    DESIGN: "design", "Headroom's DESIGN.md", "2026-11-22";
}
