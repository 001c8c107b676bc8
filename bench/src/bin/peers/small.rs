//! Scaled-down runs: what must hold whatever the figures of the document are.

use crate::all::clients;
use crate::crates;
use crate::row::Row;
use crate::run::{self, OURS};
use crate::source;
use crate::torture::{self, Verdict};
use anyhow::{Result, bail, ensure};
use headroom_sim::Scenario;

/// 600 reads of 2 points from 12:59 on, and 500 points are left of that hour; 10 workers, 20 requests a second.
const SMALL: &str = r#"
name = "small"
about = "600 reads of 2 points of which 250 fit into this hour."
start = "2026-02-02T12:59:00Z"
span = "48 h"
[server]
quota = { points = 65_000, used_points = 64_500 }
burst = { per_second = 20, capacity = 20 }
[[work]]
name = "copy"
request = "GET /wiki/rest/api/content/{n}"
tenant = "docs"
count = 600
arrive = { backlog = { workers = 10 } }
[client]
burst = { per_second = 20, capacity = 20 }
"#;

/// In JavaScript: one that limits and one that retries.
const OF_NODE: [&str; 2] = ["bottleneck", "axios-retry"];

/// Checks the claims for `crates`, which with ours need no Node, or for `node`; for all where nothing is named.
pub fn check(which: &[&str]) -> Result<()> {
    let scenario = Scenario::parse("small", SMALL)?;
    let in_rust = |client: &str| client == OURS || crates::ALL.iter().any(|(name, ..)| *name == client);
    let (is_rust, is_node) = match which {
        [] => (true, true),
        ["crates"] => (true, false),
        ["node"] => (false, true),
        _ => bail!("nothing like that is checked: name `crates` or `node`"),
    };
    let chosen = clients().into_iter().filter(|(client, _)| match in_rust(client) {
        true => is_rust,
        false => is_node && OF_NODE.contains(client),
    });
    let chosen: Vec<_> = chosen.collect();
    ensure!(!chosen.is_empty(), "there is no client");
    for (client, setting) in &chosen {
        let row = Row::new("small", client, setting, run::run(&scenario, client, setting, None)?);
        holds(&row)?;
        println!("{client}, {setting}: {} of {} done, {} early", row.done, row.jobs, row.early);
    }
    tortured(&chosen)?;
    // What cannot be shown of the sources cannot be compared with the document either.
    source::configurations().map(drop)
}

/// What is true of every client, and what is known of some.
fn holds(row: &Row) -> Result<()> {
    let of = format!("`{}`, {}", row.client, row.setting);
    ensure!(row.jobs == 600, "{of} ended {} of 600 jobs", row.jobs);
    ensure!(
        row.sent == row.admitted + row.refused,
        "{of} sent {} and {} were answered",
        row.sent,
        row.admitted + row.refused
    );
    ensure!(row.done as u64 == row.admitted, "{of} was served {} times for {} jobs", row.admitted, row.done);
    ensure!(row.finish_ms >= row.bound_ms || row.lost() > 0, "{of} was faster than anything can be");
    ensure!(row.crashes.is_empty() && row.cut.is_none(), "{of} did not end by itself: {:?} {:?}", row.crashes, row.cut);
    let (lost, early) = match (row.client.as_str(), row.setting.as_str()) {
        (OURS, _) => (Some(false), Some(false)),
        // Whoever waits 0 ms or a second of his own comes before the hour, and is through with his attempts long before.
        ("axios-retry" | "backon" | "reqwest-retry", "raw") => (Some(true), Some(true)),
        // Whoever keeps to `Retry-After` loses nothing; those beside him are early unless they hear of it.
        ("axios-retry" | "backon" | "governor", "best") => (Some(false), Some(true)),
        ("throttle-net", "best") => (Some(false), Some(false)),
        // A limiter alone sends until all is refused.
        ("governor" | "throttle-net", "raw") => (Some(true), Some(true)),
        ("bottleneck", "best") => (Some(false), Some(true)),
        _ => (None, None),
    };
    ensure!(lost.is_none_or(|lost| lost == (row.lost() > 0)), "{of} lost {}", row.lost());
    ensure!(early.is_none_or(|early| early == (row.early > 0)), "{of} was early {} times", row.early);
    Ok(())
}

/// The documented refusal names an instant: ours keeps to it, and so does whoever reads it.
fn tortured(chosen: &[(&str, &str)]) -> Result<()> {
    let mut heads = torture::heads()?;
    ensure!(heads.len() >= 40, "only {} heads were found among the vectors", heads.len());
    heads.retain(|head| head.name == "the documented 429");
    ensure!(heads.len() == 1, "the documented refusal is no vector any more");
    for (client, setting) in chosen {
        let wanted = match (*client, *setting) {
            (OURS, _) | ("backon" | "governor" | "throttle-net" | "axios-retry" | "bottleneck", "best") => {
                Verdict::Right
            }
            ("backon" | "reqwest-retry", "raw") => Verdict::Early,
            ("axios-retry", "raw") => Verdict::Right,
            ("governor" | "throttle-net" | "bottleneck", "raw") => Verdict::Lost,
            _ => continue,
        };
        let found = torture::torture(&heads, client, setting)?;
        ensure!(found.count(wanted) == 1, "`{client}`, {setting}: {:?} where {wanted:?} was expected", found.heads);
    }
    Ok(())
}
