//! What the sources leave open or contradict each other on, and what is done here meanwhile.

/// An open question. In its texts, the id of a source stands in square brackets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// The question.
    pub question: &'static str,
    /// What the sources say, and which.
    pub said: &'static str,
    /// What this project does.
    pub here: &'static str,
    /// What would settle it.
    pub settles: &'static str,
}

/// Every open question, those that cost most first.
pub const DOUBTS: &[Doubt] = &[
    Doubt {
        question: "Is the hourly quota a hard wall?",
        said: "\"No partial throttling\", everything is denied until the reset [confluence-2025-12]. Short spikes \"may not \
               immediately result in rate limiting\" [jira-2026-08] [confluence-2026-08]; staff speak of forgiveness, one \
               developer measured none in five or six attempts [points-thread].",
        here: "A hard wall, for client and simulator. Forgiveness is not modelled.",
        settles: "Measurements of apps under enforcement, over several hours.",
    },
    Doubt {
        question: "Do calls from the browser bridge spend points?",
        said: "In [points-thread] staff say that they count (2025-12-22), that they do not (2026-01-31), and again that they \
               do not (2026-04-01); in between a developer saw 50 of them cost 571 points (2026-02-27). The pages say \
               nothing.",
        here: "They count, unless `quota::Counting` says otherwise.",
        settles: "A sentence on the pages, or the fall of `r` between two answers of an app that does nothing else.",
    },
    Doubt {
        question: "Does a refused call cost anything?",
        said: "No source says.",
        here: "Nothing, neither points nor a place in a window: if it did, a client that keeps asking would never get in, and \
               nobody reports that.",
        settles: "`r` before and after a refusal by a burst limit.",
    },
    Doubt {
        question: "Do requests cost what the rule says?",
        said: "The rule is by method and by objects returned [confluence-2025-12]. Measured: `POST search/jql` is charged \
               for each result, `project/{id}/version` costs 1 for some 500 rows [points-thread]. A catalogue of objects is \
               announced since 2025-12 and not there.",
        here: "The rule; what the server reports as left corrects the client's meter.",
        settles: "The catalogue.",
    },
    Doubt {
        question: "What do `X-RateLimit-Limit` and `-Remaining` count?",
        said: "Points of the hour [confluence-2025-12]; on the same page eight months later, and on Jira's, requests of the \
               burst bucket [confluence-2026-08] [jira-2026-08].",
        here: "Points, unless structured fields stand beside them or the reason names another limit.",
        settles: "Nothing: both are out there. A number is points only where the answer says so.",
    },
    Doubt {
        question: "Which is right where `t` and the reset disagree?",
        said: "On 2026-03-26 an app saw `t=2107`, right to the second, and 36 s later `r=0;t=2788` beside a reset that had \
               passed at 16:00 [points-thread].",
        here: "A quota ends on a UTC hour boundary [confluence-2025-12], so whichever lies on one is believed.",
        settles: "A correction by Atlassian.",
    },
    Doubt {
        question: "How much does a burst bucket hold?",
        said: "Rates are published, capacities are not [jira-2026-08]; 350 in its example and 350 and 400 in the field \
               [points-thread] may be capacities. Confluence publishes neither [confluence-2025-12]. Some paths in Jira's \
               table look like Confluence's.",
        here: "One second's worth, 100, by our own choice; a scenario may set any.",
        settles: "`X-RateLimit-Remaining` over a burst, for each endpoint.",
    },
    Doubt {
        question: "What is the most that one request may cost?",
        said: "\"Each request must stay within the maximum allowed cost per request\", without a number \
               [confluence-2025-12]; the sentence is gone from the later edition [confluence-2026-08].",
        here: "No such limit.",
        settles: "A refusal that names it.",
    },
    Doubt {
        question: "What is in GraphQL's cost block?",
        said: "Usage stands in `extensions.cost` [confluence-2025-12]; its fields are published nowhere, and GraphQL is not \
               enforced yet.",
        here: "Read in the spellings of other servers, whichever comes; not written yet.",
        settles: "One real answer.",
    },
    Doubt {
        question: "What is the limit behind `jira-cost-based`?",
        said: "An hourly wall that API tokens meet, with limits of 150,000 and 300,000, one for each account and site \
               [migration-notes], and of 600,000 [search-thread] [points-thread]. API tokens are under burst limits only \
               [announcement].",
        here: "A limiter of its own, `cost`, of the account; its figures are no points. The client has no gate so narrow and \
               pauses the app.",
        settles: "Documentation.",
    },
    Doubt {
        question: "Fixed or sliding minutes for invocations?",
        said: "Sliding is proposed [rfc-130]; fixed is documented since, with the same numbers and a limit for users that \
               was to go [forge-invocations].",
        here: "A profile for each: `forge-rfc130`, the default, and `forge-2026-09`.",
        settles: "The moment at which refusals end: at a full minute or not.",
    },
    Doubt {
        question: "How long is the wait after a refused invocation?",
        said: "\"Always less than 1 second\" in the sample's comments, though 7,000 a minute are a limit too [rfc-130].",
        here: "Up to a minute: what the window gives.",
        settles: "`rateLimitReset` of a refusal by the minute's limit.",
    },
    Doubt {
        question: "Is `rateLimitReset` in seconds or milliseconds, and what is the web trigger's header called?",
        said: "The sample subtracts `Date.now()`, so milliseconds, and reads the header `rateLimitReset` [rfc-130]; later \
               pages have epoch seconds and `X-Ratelimit-Reset` [forge-invocations].",
        here: "Both units, told apart by magnitude, and both names.",
        settles: "Nothing: both may come.",
    },
    Doubt {
        question: "Which requests may be sent again after a 429?",
        said: "\"Only retry if the API is idempotent and the response includes a Retry-After header\" [jira-2026-08] \
               [confluence-2026-08]; the pseudocode on the same pages asks for neither.",
        here: "Any method: a refused request was not done. Errors of the server only if idempotent.",
        settles: "Nothing short of a write that was refused and done.",
    },
    Doubt {
        question: "Does the documented jitter multiply the delay or add to it?",
        said: "The prose multiplies by 0.7 to 1.3, with Retry-After as the least [jira-2026-08], which cannot both be; the \
               pseudocode adds delay × 0.7 to 1.3 [confluence-2025-12].",
        here: "`atlassian-docs` does what the pseudocode does. Our own jitter is only ever added, and small.",
        settles: "Nothing is needed: to come later than told is always right.",
    },
    Doubt {
        question: "Which names can a reason have?",
        said: "Two for Confluence [confluence-2025-12], four for Jira [jira-2026-08]; `conf-global-based`, `jira-quota-based`, \
               `jira-cost-based` and one about concurrent threads were seen too [points-thread].",
        here: "An open set. What is not known gets the careful reading.",
        settles: "Nothing: the set is open by design.",
    },
    Doubt {
        question: "Which quota is the 40,000 in the example of a 429?",
        said: "`X-RateLimit-Limit: 40000` with the reason of the global pool [confluence-2025-12], whose quota is 65,000 on \
               the same page.",
        here: "Taken as an example of form, not of value.",
        settles: "A correction of the page.",
    },
    Doubt {
        question: "Since when is the quota enforced?",
        said: "From 2026-02-02 [confluence-2025-12] [announcement]; from 2026-03-02, in phases [jira-2026-08]. Answers with \
               `Beta-` fields were still seen months later [points-thread].",
        here: "An app reads it from its answers: fields without `Beta-` are enforced.",
        settles: "Nothing: it differs by app.",
    },
];
