//! Points and the hours they are counted in.

use super::EXAMPLE;

facts! {
    "points and quotas",
    "Prices, tiers, editions, the cap, the UTC hour without carry-over and the wall at its end are the documented ones. A \
     run of the simulator has one pool; the wall is hard. What a request costs is reckoned from method and path; where a \
     list's length is not known, as a range; afterwards exactly, by the objects in the answer. GraphQL is priced before it is \
     sent; the simulator does not serve it yet.";

    BASE_POINTS: u32 = 1, "point/request", Documented by CONFLUENCE_PAGE,
        "What every request costs, whatever it returns.",
        "priced by `points::price`";
    CORE_OBJECT_POINTS: u32 = 1, "point/object", Documented by CONFLUENCE_PAGE,
        "What a read adds for each content, space, issue, project, dashboard or attachment it returns.",
        "priced by `points::price`";
    IDENTITY_OBJECT_POINTS: u32 = 2, "points/object", Documented by CONFLUENCE_PAGE,
        "What a read adds for each user, group, role or permission it returns.",
        "priced by `points::price`";
    OTHER_OBJECT_POINTS: u32 = 1, "point/object", Documented by CONFLUENCE_PAGE,
        "What a read adds for each object that no row of the table names.",
        "priced by `points::price`";
    WRITE_POINTS: u32 = 1, "point/request", Documented by CONFLUENCE_PAGE,
        "What a write costs altogether: POST, PUT, PATCH, DELETE, a GraphQL mutation.",
        "priced by `points::price`";
    TIER_1_POINTS: u32 = 65_000, "points/h", Documented by CONFLUENCE_PAGE,
        "Tier 1, Global Pool: one quota for an app over all its tenants and all its copies.",
        "the client's default; printed by `headroom plan`; in scenario `page-sync`";
    TIER_2_FREE_POINTS: u32 = 65_000, "points/h", Documented by CONFLUENCE_PAGE,
        "Tier 2, Per-Tenant Pool, edition Free: a quota for each tenant, whatever its users.",
        "printed by `headroom plan`";
    TIER_2_STANDARD_BASE: u32 = 100_000, "points/h", Documented by CONFLUENCE_PAGE,
        "Tier 2, edition Standard, before users are counted.",
        "printed by `headroom plan`";
    TIER_2_STANDARD_PER_USER: u32 = 10, "points/h and user", Documented by CONFLUENCE_PAGE,
        "Tier 2, edition Standard, for each user of the tenant.",
        "printed by `headroom plan`";
    TIER_2_PREMIUM_BASE: u32 = 130_000, "points/h", Documented by CONFLUENCE_PAGE,
        "Tier 2, edition Premium, before users are counted.",
        "printed by `headroom plan`";
    TIER_2_PREMIUM_PER_USER: u32 = 20, "points/h and user", Documented by CONFLUENCE_PAGE,
        "Tier 2, edition Premium, for each user of the tenant.",
        "printed by `headroom plan`";
    TIER_2_ENTERPRISE_BASE: u32 = 150_000, "points/h", Documented by CONFLUENCE_PAGE,
        "Tier 2, edition Enterprise, before users are counted.",
        "printed by `headroom plan`";
    TIER_2_ENTERPRISE_PER_USER: u32 = 30, "points/h and user", Documented by CONFLUENCE_PAGE,
        "Tier 2, edition Enterprise, for each user of the tenant.",
        "printed by `headroom plan`";
    TIER_2_CAP_POINTS: u32 = 500_000, "points/h", Documented by CONFLUENCE_PAGE,
        "No tenant of edition Standard, Premium or Enterprise has more.",
        "printed by `headroom plan`";
    QUOTA_WINDOW_SECS: u64 = 3_600, "s", Documented by CONFLUENCE_PAGE,
        "A quota holds for one UTC hour and starts anew at the top of the next; nothing is carried over.",
        "enforced by the simulator; the client's meter";
    POINTS_UNDER_API_TOKENS: u32 = 0, "points/request", Documented by ANNOUNCEMENT,
        "Requests with an API token spend no points: burst limits alone hold them, for now.",
        "`quota::Counting`";
    BRIDGE_CALL_COUNTS: u32 = 1, "(1: yes, 0: no)", Assumed by POINTS_THREAD,
        "Whether a call from the browser bridge spends points: staff and measurements contradict each other.",
        "`quota::Counting`, on by default";
    GROUP_OF_8_POINTS: u32 = 17, "points", Documented by JIRA_PAGE,
        "A worked example: the members of a group of 8, 1 + 8 × 2.",
        EXAMPLE;
}
