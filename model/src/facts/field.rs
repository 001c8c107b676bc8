//! What people measured.

use super::{EXAMPLE, NOT_YET};

facts! {
    "seen in the field",
    "Nothing here is promised by anybody. The client has to survive it; the simulator does none of it.";

    BURST_LIMIT_SEEN_LOW: u32 = 350, "requests", Measured by POINTS_THREAD,
        "`X-RateLimit-Limit` beside structured fields: a burst bucket, probably its capacity.",
        "read as no points: less than any hour holds";
    BURST_LIMIT_SEEN_HIGH: u32 = 400, "requests", Measured by POINTS_THREAD,
        "The same for another endpoint, in the same minute.",
        "read as no points: less than any hour holds";
    TENANT_QUOTA_SEEN: u32 = 100_100, "points/h", Measured by POINTS_THREAD,
        "`q` of `tenant-app-quota` on a tenant of edition Standard: 100,000 + 10 × 10 users.",
        EXAMPLE;
    COST_LIMIT_SEEN_LOW: u32 = 150_000, "per h", Measured by MIGRATION_NOTES,
        "Least `X-RateLimit-Limit` seen with reason `jira-cost-based`: an hourly wall for API tokens.",
        "read as no points, by its reason";
    COST_LIMIT_SEEN_HIGH: u32 = 600_000, "per h", Measured by SEARCH_THREAD,
        "Largest `X-RateLimit-Limit` seen on that wall.",
        "read as no points, by its reason";
    GATEWAY_LIMIT_SEEN: u32 = 360_000, "requests", Measured by GATEWAY_INCIDENT,
        "`X-RateLimit-Limit` of Atlassian's gateway, whose 429 has neither a reason nor Retry-After.",
        "read as no points, by `X-Failure-Category`";
    SEARCH_JQL_POINTS_PER_RESULT: u32 = 1, "point/object", Measured by POINTS_THREAD,
        "`POST search/jql` is charged like a read, for each result, and not flat like a write.",
        NOT_YET;
    PROJECT_VERSIONS_POINTS: u32 = 1, "point/request", Measured by POINTS_THREAD,
        "`project/{id}/version` costs this altogether, though it returned some 500 rows.",
        NOT_YET;
    SPACE_PERMISSION_POINTS: u32 = 2, "points/object", Measured by POINTS_THREAD,
        "Each permission of a Confluence space, as the rule says; a space of two users has hundreds.",
        NOT_YET;
    ABSURD_RETRY_AFTER_SECS: u64 = 9_223_372_036_854_775_807, "s", Measured by PYTHON_ISSUE,
        "`Retry-After` as a server sent it, 2^63 − 1: it overflowed a widely used client.",
        "survived by the client";
}
