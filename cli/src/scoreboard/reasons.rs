//! Why targets are not reached: written by hand, in this one place.

/// Why the component misses a target in a scenario.
pub struct Reason {
    scenario: &'static str,
    target: &'static str,
    /// Who could do better.
    pub whose: Whose,
    /// Why, and what the bound is.
    pub why: &'static str,
}

/// Who could do better.
#[derive(Clone, Copy)]
pub enum Whose {
    /// The scenario rules it out.
    NoClient,
    /// A better client is possible.
    Ours,
}

const REASONS: &[Reason] = &[
    no_client(
        "rush/strangers",
        "ratio",
        "7,000 browsers that do not know of each other: who is refused cannot know how many wait beside him, \
            so he spreads wider than one calendar would. The bound is that of one who sees all calls, and `rush` \
            reaches it; how near strangers could come nobody has proved.",
    ),
    no_client(
        "rush/strangers",
        "waste",
        "All 7,000 arrive within a second and 300 are admitted in it: 6,700 are refused before anyone can \
            know, 0.9571 for each that is done. The rest are later tries that meet.",
    ),
    no_client(
        "pipelines",
        "ratio",
        "1,000 requests are granted in any hour, and 43,800 are asked for in a day: 24,100 are done, the last hundred as \
            the day ends. The other 19,700 are handed back as deferred, none is lost.",
    ),
    no_client(
        "hot-dashboard/rfc130-strangers",
        "ratio",
        "As in `rush/strangers`: 10,000 browsers do not know how many wait beside them. Within 3 times the \
            bound is asked of them instead.",
    ),
    no_client(
        "hot-dashboard/rfc130-strangers",
        "waste",
        "10,000 first calls within ten seconds meet 300 a second: 7,000 are refused before anyone can know, \
            0.7 for each that is done. Sending at most 6 times as much as is done is asked of them instead.",
    ),
    ours(
        "hot-dashboard/current-strangers",
        "ratio",
        "5,000 are refused and told the same minute, and spread over two seconds after it because they do not \
            know how many they are. These limits have no rate per second, so spreading over 0.6 s would do; \
            others would then be refused.",
    ),
    no_client(
        "hot-dashboard/current-strangers",
        "waste",
        "10,000 first calls meet 5,000 a minute: 5,000 are refused before anyone can know, 0.5 for each that \
            is done, and none is refused twice.",
    ),
    no_client("hot-dashboard/2026-09-strangers", "ratio", "As under the limits of RFC 130."),
    no_client(
        "hot-dashboard/2026-09-strangers",
        "waste",
        "As under the limits of RFC 130: 6,977 are refused before anyone can know, 0.6977 for each that is \
            done.",
    ),
    no_client(
        "noisy-tenant",
        "ratio",
        "The bound knows nothing of fairness. Of each hour quiet tenants have what they ask for, 39,800 points, \
            so 22,200 calls of the flood are left for the fourth hour, at the 100 a second of one tenant: \
            11,022,000 ms. Sooner is who lets the quiet ones wait: the backlogs of 199 tenants end in parallel.",
    ),
    ours(
        "compromised-user",
        "ratio",
        "No limit is set for a user, so 7,600 calls a minute come for 7,000 that are granted, and people \
            whose calls do not fit into 25 s are handed back: 2,555, deferred, not lost. Attacker and people \
            wait in one line; a client that shares by user would do everything by the bound of 631,425 ms.",
    ),
    no_client(
        "compromised-user/capped",
        "ratio",
        "The app itself holds each user to 1,200 a minute, so the account's 70,000 calls take 58 minutes: that is what \
            the limit is for. Nobody else waits.",
    ),
    ours(
        "bad-day",
        "lost",
        "About 600 are labels whose connection broke: nobody knows whether they were set, who tries again may \
            set them twice, and ours gives up. The others meet the five minutes in which the product answers 503 \
            without a Retry-After: the component hands such an answer to the app at once, and with a copy its label \
            is lost. A client that outlives an outage by itself would lose the labels alone.",
    ),
    ours(
        "bad-day",
        "ratio",
        "Not everything is done, see `lost`. 467 people who wait no longer than 25 s are deferred.",
    ),
    no_client(
        "bad-day",
        "waste",
        "The gateway refuses every 500th call whatever it is, 0.002 for each that is done, with neither a \
            reason nor a delay.",
    ),
    no_client(
        "tier-change",
        "ratio",
        "The pool is empty at 12:10, and the server names 13:00. That the quota grows at 12:45 nobody is \
            told; who came then would be early. 35,000 points go unused, which is 175 s of work: 1.0243 is what \
            a client can reach that keeps to what it is told.",
    ),
    no_client(
        "what-if-rules",
        "ratio",
        "200,000 calls are made in ten minutes, 7,000 a minute are granted, and nobody waits for longer than \
            25 s: eleven windows hold 77,000, and so many are done. The rest are handed back as deferred.",
    ),
    no_client(
        "what-if-rules/current",
        "ratio",
        "200,000 calls are made in ten minutes, 5,000 a minute are granted, and nobody waits for longer than \
            25 s: eleven windows hold 55,000, and so many are done. The rest are handed back as deferred.",
    ),
    no_client(
        "what-if-rules/2026-09",
        "ratio",
        "200,000 calls are made in ten minutes, 7,000 a minute are granted, and nobody waits for longer than \
            25 s: eleven windows hold 77,000, and so many are done. The rest are handed back as deferred.",
    ),
    ours(
        "what-if-rules/formula",
        "ratio",
        "The server grants 20,000 a minute, and the component was told 7,000, which it keeps to: it has no \
            setting for such a formula, and does not find out that more is granted. Who knows of no limit does \
            all 200,000 in 1.0165 times the bound (`clip-60s`): the last come that late.",
    ),
    ours("what-if-rules/formula-user-cap", "ratio", "As under `formula`."),
    ours("what-if-rules/formula-refill", "ratio", "As under `formula`."),
];

/// The reason for this target in this scenario.
pub fn of(scenario: &str, target: &str) -> Option<&'static Reason> {
    REASONS.iter().find(|reason| reason.scenario == scenario && reason.target == target)
}

/// The scenario and the target of each reason.
#[cfg(test)]
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    REASONS.iter().map(|reason| (reason.scenario, reason.target))
}

impl Whose {
    /// As the table has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoClient => "no client",
            Self::Ours => "ours",
        }
    }
}

const fn no_client(scenario: &'static str, target: &'static str, why: &'static str) -> Reason {
    Reason { scenario, target, whose: Whose::NoClient, why }
}

const fn ours(scenario: &'static str, target: &'static str, why: &'static str) -> Reason {
    Reason { scenario, target, whose: Whose::Ours, why }
}
