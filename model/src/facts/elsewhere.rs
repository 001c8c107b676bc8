//! Limiters of others that a developer meets beside Atlassian's.

use super::{EXAMPLE, NOT_YET};

facts! {
    "tunnels and other products",
    "None of them is simulated yet. Their refusals look like Confluence's and mean something else: `headroom explain` tells \
     them apart.";

    NGROK_CONNECTIONS_PER_MINUTE: u32 = 20, "connections/min", Documented by NGROK_THREAD,
        "Connections, not requests, of one tunnel session on the free plan: with keep-alive few come near.",
        "enforced by the simulator where a scenario asks for it";
    NGROK_EXAMPLE_CONNECTIONS: u32 = 30, "connections/min", Documented by NGROK_THREAD,
        "Connections that the refused session had made in the last 60 s.",
        EXAMPLE;
    NGROK_ERROR: u32 = 702, "(error number)", Documented by NGROK_PAGE,
        "The number in `ERR_NGROK_702`, which gives the tunnel's refusal away.",
        "enforced by the simulator where a scenario asks for it";
    BITBUCKET_PER_HOUR: u32 = 1_000, "requests/h", Documented by BITBUCKET_THREAD,
        "Requests of one user of Bitbucket Cloud in a rolling hour; each account has its own.",
        "enforced by the simulator where a scenario asks for it";
    BITBUCKET_ANONYMOUS_PER_HOUR: u32 = 60, "requests/h", Documented by BITBUCKET_PAGE,
        "Requests of one address that is not logged in.",
        "enforced by the simulator where a scenario asks for it";
    BITBUCKET_SCALED_PER_HOUR: u32 = 10_000, "requests/h", Documented by BITBUCKET_PAGE,
        "The most that large paid workspaces get for repository data, by access token or Forge app.",
        NOT_YET;
    BITBUCKET_RAW_PER_HOUR: u32 = 5_000, "requests/h", Documented by BITBUCKET_PAGE,
        "Raw files.",
        NOT_YET;
    BITBUCKET_GIT_PER_HOUR: u32 = 60_000, "requests/h", Documented by BITBUCKET_PAGE,
        "Git operations over HTTPS and SSH.",
        NOT_YET;
    BITBUCKET_REFUSAL_BYTES: u32 = 46, "bytes", Measured by BITBUCKET_REFUSAL,
        "The plain text of its 429, which mostly has neither Retry-After nor X-RateLimit fields.",
        "recognised by its text";
    GITHUB_PER_HOUR: u32 = 5_000, "requests/h", Documented by BITBUCKET_THREAD,
        "Requests of one GitHub user, for comparison.",
        "enforced by the simulator where a scenario asks for it";
    GITHUB_ANONYMOUS_PER_HOUR: u32 = 60, "requests/h", Documented by GITHUB_PAGE,
        "Requests of one address that is not logged in to GitHub.",
        "enforced by the simulator where a scenario asks for it";
    DATA_CENTER_RETRY_AFTER_SECS: u32 = 0, "s", Documented by DATA_CENTER_PAGE,
        "`retry-after` of Data Center while tokens are left: on a success it is no order to wait.",
        "read as no order to wait";
    DATA_CENTER_EXAMPLE_CAPACITY: u32 = 60, "requests", Documented by DATA_CENTER_EXAMPLE,
        "A bucket's size in the example; each administrator sets it.",
        EXAMPLE;
    DATA_CENTER_EXAMPLE_FILL: u32 = 5, "requests/s", Documented by DATA_CENTER_EXAMPLE,
        "What comes back to it (`X-RateLimit-FillRate` each `X-RateLimit-Interval-Seconds`).",
        EXAMPLE;
}
