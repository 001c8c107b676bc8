//! What people asked for in answer to RFC 130.

use super::NOT_YET;

facts! {
    "proposals for invocation limits",
    "Wishes of those who commented, not limits. The formula is `allowance::Allowance`, whose base and share for each user \
     are yours to choose, since the thread names none.";

    PROPOSED_PER_USER_PER_MINUTE: u32 = 1_200, "invocations/min", Documented by RFC_130,
        "Keep the cap for each user, so that one compromised account cannot use up its installation.",
        "in `forge-current` and `forge-2026-09`; not yet a policy of its own";
    PROPOSED_REFILL_SECS: u32 = 15, "s", Documented by RFC_130,
        "Refill a token bucket this often, instead of a window of a minute.",
        NOT_YET;
    PROPOSED_USER_COUNT_AGE_SECS: u32 = 43_200, "s", Documented by RFC_130,
        "How old the number of users in the formula may be: half a day.",
        NOT_YET;
    LARGEST_JIRA_USERS: u32 = 100_000, "users", Documented by RFC_130,
        "Users that one Jira tenant can have.",
        NOT_YET;
    LARGEST_CONFLUENCE_USERS: u32 = 150_000, "users", Documented by RFC_130,
        "Users that one Confluence tenant can have.",
        NOT_YET;
}
