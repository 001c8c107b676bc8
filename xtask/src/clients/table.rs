//! `docs/clients.md`, written from what the drivers saw.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::{Map, Value};

/// The kinds of tasks.
pub const TASKS: [&str; 3] = ["reads", "pages", "writes"];
/// The refusals, and how a column calls them.
const REFUSALS: [(&str, &str); 6] = [
    ("soon", "429, told 30 s"),
    ("late", "429, told 1,847 s"),
    ("dated", "429, told a date in 30 s"),
    ("untold", "429, told nothing"),
    ("broken", "503, told 30 s"),
    ("write", "POST, 429, told 30 s"),
];
const HEAD: &str = "\
# Real clients

Clients as they are published, unmodified, against `headroom serve`. `cargo xtask test` runs them and fails when this page
is not what it saw; `BLESS=1 cargo xtask clients` writes it. The drivers and the exact versions are in `tests/clients/`.

Nobody sleeps: the clients' clock is the server's, so a wait of half an hour is an instant. curl alone cannot be kept from
sleeping and is told 1 s instead of 30 s. Where a client draws its waits by chance, the least and the greatest draw are
played, and the table has both. The server's report of early calls (`/_headroom/early`) is compared, run by run, with the
count that follows from the waits alone.

All send a bearer token, for an API token spends no points. The third confluence.js and the sixth jira.js, which check each
answer against a schema, need Node 22 or newer: they run under the one that `js/` has from npm.

## Reads, pages, writes

How many of the tasks go well. A task checks what it gets: every object of a list once, what was written read again.

| client | version | reads | pages | writes |
| --- | --- | ---: | ---: | ---: |
";
const REFUSED: &str = "
## Refusals

All points of the hour are used up, so that everything is refused until the hour is over; or everything is answered with 503
for 30 s. *Early* are calls before the instant that `Retry-After` told in seconds; a wait of 0
is a call sent again at once.

";
const WRONG: &str = "
## What fails, and why

Each of these is the client's own doing: the real API has no such path, or the client loses its way to it.

";

/// The whole page.
pub fn text(all: &[Value]) -> Result<String> {
    let mut page = HEAD.to_owned();
    for seen in all {
        let [reads, pages, writes] = TASKS.map(|kind| well(&seen[kind]));
        page += &format!("| {} | {} | {} | {} | {} |\n", name(seen)?, version(seen)?, reads?, pages?, writes?);
    }
    page += REFUSED;
    let columns: Vec<_> = REFUSALS.iter().map(|(_, column)| *column).collect();
    page += &format!("| client | settings | {} | early | its error tells |\n", columns.join(" | "));
    page += &format!("| {}--- |\n", "--- | ".repeat(columns.len() + 3));
    for seen in all {
        for (settings, met) in entries(&seen["refusals"])? {
            let cells = REFUSALS.iter().map(|(refusal, _)| cell(&met[*refusal])).collect::<Result<Vec<_>>>()?;
            let (early, tells) = (early(met)?, tells(met)?);
            let settings = if settings.starts_with("as it comes") { settings.clone() } else { format!("`{settings}`") };
            page += &format!("| {} | {settings} | {} | {early} | {tells} |\n", named(seen)?, cells.join(" | "));
        }
    }
    page += WRONG;
    for seen in all {
        for (task, why) in entries(&seen["known"])? {
            page += &format!("- {}, {task}: {}\n", named(seen)?, why.as_str().context("a reason is a text")?);
        }
    }
    Ok(page)
}

/// The first line that differs, its number, and both. curl is the machine's own: its version does not count.
pub fn difference(old: &str, new: &str) -> Option<(usize, String, String)> {
    let plain = |line: &str| match line.strip_prefix("| curl | ").and_then(|rest| rest.split_once(" | ")) {
        Some((version, rest)) if version.starts_with(|c: char| c.is_ascii_digit()) => rest.to_owned(),
        _ => line.to_owned(),
    };
    let count = old.lines().count().max(new.lines().count());
    let mut pairs = (0..count).map(|at| (at + 1, old.lines().nth(at), new.lines().nth(at)));
    let (line, old, new) = pairs.find(|(_, old, new)| old.map(plain) != new.map(plain))?;
    Some((line, old.unwrap_or_default().to_owned(), new.unwrap_or_default().to_owned()))
}

/// The members of an object, in their order.
pub fn entries(value: &Value) -> Result<&Map<String, Value>> {
    value.as_object().context("this is no object")
}

fn name(seen: &Value) -> Result<&str> {
    seen["client"].as_str().context("there is no `client`")
}

/// With the version, but for curl, which is the machine's own.
fn named(seen: &Value) -> Result<String> {
    let (name, version) = (name(seen)?, version(seen)?);
    Ok(if name == "curl" { name.to_owned() } else { format!("{name} {version}") })
}

fn version(seen: &Value) -> Result<&str> {
    seen["version"].as_str().context("there is no `version`")
}

fn well(tasks: &Value) -> Result<String> {
    let tasks = entries(tasks)?;
    Ok(format!("{} of {}", tasks.values().filter(|wrong| wrong.is_null()).count(), tasks.len()))
}

/// What all runs of a refusal came to, such as `waits 30 s to 60 s, answered`.
fn cell(runs: &Value) -> Result<String> {
    if runs.is_null() {
        return Ok("–".to_owned());
    }
    let runs = runs.as_array().filter(|runs| !runs.is_empty()).context("a refusal was met by no run")?;
    let mut told = runs.iter().map(outcome).collect::<Result<Vec<_>>>()?;
    told.dedup();
    Ok(match &told[..] {
        [(least, end), (most, other)] if end == other => {
            format!("{least} to {}, {end}", most.trim_start_matches("waits "))
        }
        told => {
            let all: Vec<_> = told
                .iter()
                .map(|(waits, end)| if waits.is_empty() { end.clone() } else { format!("{waits}, {end}") })
                .collect();
            all.join(" or ")
        }
    })
}

/// How a client waited, and what came of it.
fn outcome(run: &Value) -> Result<(String, String)> {
    let waits = run["waits"].as_array().context("there are no `waits`")?;
    let seconds = waits.iter().map(|wait| wait.as_f64().map(short)).collect::<Option<Vec<_>>>();
    let seconds = seconds.context("a wait is a number")?;
    let requests = run["requests"].as_u64().context("there are no `requests`")?;
    // A request before which it did not wait is one that it sends again at once.
    let at_once = usize::try_from(requests)?.saturating_sub(1 + waits.len());
    let all: Vec<String> = vec!["0".to_owned(); at_once].into_iter().chain(seconds).collect();
    let waits = match &all[..] {
        [] => String::new(),
        [first, .., last] if all.iter().all(|wait| wait == first) && first == last => {
            format!("waits {} × {first} s", all.len())
        }
        all => format!("waits {} s", all.join(", ")),
    };
    let end = run["error"]["class"].as_str().map_or("answered".to_owned(), |class| format!("`{class}`"));
    Ok((waits, end))
}

/// Without a fraction of zero.
fn short(seconds: f64) -> String {
    format!("{seconds:.1}").trim_end_matches(".0").to_owned()
}

/// How many calls were early, at the least and at the most.
fn early(met: &Value) -> Result<String> {
    let all = runs(met)?;
    let of = |at: usize| all.iter().filter_map(|runs| runs.get(at.min(runs.len() - 1))?["early"].as_u64()).sum::<u64>();
    let (one, other) = (of(0), of(1));
    Ok(if one == other { one.to_string() } else { format!("{} to {}", one.min(other), one.max(other)) })
}

/// What each error lets its user know of the answer that it stands for, if the answer has it.
fn tells(met: &Value) -> Result<String> {
    let mut told: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for error in runs(met)?.into_iter().flatten().map(|run| &run["error"]).filter(|error| !error.is_null()) {
        let parts = told.entry(error["class"].as_str().context("an error has a class")?).or_default();
        for part in error["tells"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
    }
    let said = |(class, parts): (&str, Vec<&str>)| {
        let parts = if parts.is_empty() { "nothing of the answer's head".to_owned() } else { parts.join(", ") };
        format!("`{class}`: {parts}")
    };
    let told: Vec<_> = told.into_iter().map(said).collect();
    Ok(if told.is_empty() { "–".to_owned() } else { told.join("; ") })
}

/// The runs of all refusals that were met.
fn runs(met: &Value) -> Result<Vec<&Vec<Value>>> {
    let all = entries(met)?.values().map(|runs| runs.as_array().filter(|runs| !runs.is_empty()));
    all.collect::<Option<_>>().context("a refusal was met by no run")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run(waits: &[f64], requests: u64, class: Option<&str>, early: u64) -> Value {
        let error = class.map(|class| json!({ "class": class, "tells": ["status"] }));
        json!({ "waits": waits, "requests": requests, "error": error, "early": early })
    }

    #[test]
    fn what_a_client_did_is_said_in_a_few_words() {
        let told = |runs: &[Value]| cell(&runs.into()).unwrap();
        assert_eq!(told(&[run(&[30.0], 2, None, 0)]), "waits 30 s, answered");
        assert_eq!(told(&[run(&[], 1, Some("HTTPError"), 0)]), "`HTTPError`");
        assert_eq!(told(&[run(&[2.5, 4.0], 4, None, 0)]), "waits 0, 2.5, 4 s, answered");
        assert_eq!(told(&[run(&[30.0; 3], 4, Some("E"), 0)]), "waits 3 × 30 s, `E`");
        let both = [run(&[30.0], 2, None, 0), run(&[60.0], 2, None, 0)];
        assert_eq!(told(&both), "waits 30 s to 60 s, answered");
        assert_eq!(told(&[both[0].clone(), run(&[], 1, Some("E"), 0)]), "waits 30 s, answered or `E`");
        assert_eq!(cell(&Value::Null).unwrap(), "–");
        assert!(cell(&json!([])).is_err() && outcome(&json!({})).is_err());
    }

    #[test]
    fn early_calls_and_what_errors_tell_are_those_of_all_refusals() {
        let two = json!([run(&[], 1, Some("E"), 1), run(&[], 1, Some("E"), 3)]);
        let one = json!([run(&[], 1, None, 1)]);
        let met = json!({ "soon": two, "late": one, "untold": one, "broken": one, "write": one });
        assert_eq!((early(&met).unwrap(), tells(&met).unwrap()), ("5 to 7".to_owned(), "`E`: status".to_owned()));
        assert!(early(&json!({ "soon": [] })).is_err());
    }

    #[test]
    fn any_difference_but_the_version_of_curl_is_found() {
        let old = "| curl | 7.88.1 | 4 |\n| jira | 3.1 | 2 |";
        assert_eq!(difference(old, &old.replace("7.88.1", "8.1")), None);
        assert_eq!(difference(old, &old.replace("4", "5")).unwrap().0, 1);
        assert_eq!(difference(old, &old.replace("3.1", "3.2")).unwrap().0, 2);
        assert_eq!(difference(old, "| curl | 7.88.1 | 4 |").unwrap().0, 2);
        let settings = "| curl | as it comes | `22` |";
        assert!(difference(settings, &settings.replace("22", "0")).is_some());
    }
}
