//! What headers carry.

use super::{EXAMPLE, NOT_YET};

facts! {
    "headers",
    "Both dialects are read, enforced and beta, by the client and by `headroom explain`; the simulator writes that of 2025-12. \
     A number is taken for points only where a reason, a policy's name or the dialect says so. The client acts on enforced \
     fields alone.";

    NEAR_LIMIT_PERCENT: u32 = 20, "% of the quota", Documented by CONFLUENCE_PAGE,
        "`X-RateLimit-NearLimit` is true while less than this is left.",
        "written by the simulator";
    REMAINING_SHOWN_PAST_PERCENT: u32 = 80, "% of the quota", Documented by CONFLUENCE_PAGE_2026,
        "`RateLimit` carries `r`, the points left, only past about this much use: before, the quota is invisible.",
        "read by `headroom explain`: `r` without a limit is near it";
    POLICY_WINDOW_SECS: u32 = 3_600, "s", Documented by JIRA_PAGE,
        "`w` of `RateLimit-Policy` for `global-app-quota` and `tenant-app-quota`.",
        NOT_YET;
    BURST_POLICY_QUOTA: u32 = 100, "requests", Documented by JIRA_PAGE,
        "`q` of the policy `jira-burst-based` in the page's examples.",
        EXAMPLE;
    BURST_POLICY_WINDOW_SECS: u32 = 1, "s", Documented by JIRA_PAGE,
        "`w` of the policy `jira-burst-based` in the page's examples.",
        EXAMPLE;
    QUOTA_EXAMPLE_LIMIT: u32 = 40_000, "points/h", Documented by CONFLUENCE_PAGE,
        "`X-RateLimit-Limit` in the page's example of a 429; no tier has this quota.",
        EXAMPLE;
    QUOTA_EXAMPLE_RETRY_AFTER_SECS: u32 = 1_847, "s", Documented by CONFLUENCE_PAGE,
        "`Retry-After` in the page's example of a 429.",
        EXAMPLE;
    NEAR_EXAMPLE_REMAINING: u32 = 11_000, "points", Documented by JIRA_PAGE,
        "`r` of `global-app-quota` in the example of an app near its limit.",
        EXAMPLE;
    NEAR_EXAMPLE_RESET_SECS: u32 = 600, "s", Documented by JIRA_PAGE,
        "`t` in the same example: seconds until the quota starts anew.",
        EXAMPLE;
    BURST_EXAMPLE_LIMIT: u32 = 350, "requests", Documented by JIRA_PAGE,
        "`X-RateLimit-Limit` in Jira's example of a burst refusal; no rate in its table is 350.",
        EXAMPLE;
    BURST_EXAMPLE_RETRY_AFTER_SECS: u32 = 1, "s", Documented by JIRA_PAGE,
        "`Retry-After` in Jira's example of a burst refusal.",
        EXAMPLE;
}
