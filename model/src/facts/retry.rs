//! The retry code on Atlassian's own pages.

use super::NOT_YET;

facts! {
    "retry code on Atlassian's pages",
    "Both are strategies of the simulator, to the letter, mistakes included, so that they can be compared with.";

    DOCS_MAX_RETRIES: u32 = 4, "retries", Documented by CONFLUENCE_PAGE,
        "`maxRetries` of the pseudocode.",
        "strategy `atlassian-docs`";
    DOCS_LAST_RETRY_DELAY_MS: u64 = 5_000, "ms", Documented by CONFLUENCE_PAGE,
        "`lastRetryDelayMillis` of the pseudocode, which doubles it once and never updates it.",
        "strategy `atlassian-docs`";
    DOCS_MAX_RETRY_DELAY_MS: u64 = 30_000, "ms", Documented by CONFLUENCE_PAGE,
        "`maxRetryDelayMillis` of the pseudocode.",
        "strategy `atlassian-docs`";
    DOCS_JITTER_LOW_PERMILLE: u64 = 700, "‰ of the delay", Documented by CONFLUENCE_PAGE,
        "Least of `jitterMultiplierRange` of the pseudocode, which adds it to the whole delay.",
        "strategy `atlassian-docs`";
    DOCS_JITTER_HIGH_PERMILLE: u64 = 1_300, "‰ of the delay", Documented by CONFLUENCE_PAGE,
        "Most of `jitterMultiplierRange`, so that a wait is 1.7 to 2.3 times what the server said.",
        "strategy `atlassian-docs`";
    RFC_130_SAMPLE_TRIES: u32 = 3, "tries", Documented by RFC_130,
        "`maxRetries` of the sample, which counts the first try too.",
        "strategy `rfc130-sample`";
    RFC_130_SAMPLE_WAIT_MS: u64 = 1_000, "ms", Documented by RFC_130,
        "The sample says that a wait is always less than this; a full minute's window makes it longer.",
        NOT_YET;
}
