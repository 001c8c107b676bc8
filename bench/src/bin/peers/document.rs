//! `docs/peers.md`: the results, and what they were come by with.

use crate::all::{Results, SCENARIOS, clients};
use crate::row::Row;
use crate::run::{self, OURS};
use crate::torture::{Tortured, Verdict};
use crate::{chart, child, source};
use anyhow::{Context, Result, bail, ensure};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Typed by hand: how to read it, and why ours is not the best where it is not.
const HEAD: &str = include_str!("head.md");
const LEGEND: &str =
    "The ratio of each: blue up to 1.01, pale blue 1.1, yellow 2, ochre more; red where not all was done.\n";
const OWN: &str = include_str!("reasons.md");

/// Writes the document and its chart.
pub fn write(results: &Results) -> Result<()> {
    let expected = SCENARIOS.len() * clients().len();
    ensure!(results.rows.len() == expected, "{} of {expected} runs are there", results.rows.len());
    let mut text = format!("{HEAD}\n{}", verdict(results));
    let _ = write!(text, "\n![every client in every scenario](peers.svg)\n\n{LEGEND}");
    for scenario in SCENARIOS {
        let about = run::scenario(scenario)?.about;
        let _ = write!(text, "\n## {scenario}\n\n{about}\n\n{}", table(results, scenario));
    }
    let _ = write!(text, "\n{}\n{}", headers(&results.tortured), sources()?);
    std::fs::write(path("peers.md"), text).context("cannot write `docs/peers.md`")?;
    std::fs::write(path("peers.svg"), chart::svg(results)?).context("cannot write `docs/peers.svg`")
}

/// Fails where configurations, versions or scenarios are no longer those that the document shows.
pub fn check() -> Result<()> {
    let text = std::fs::read_to_string(path("peers.md")).context("cannot read `docs/peers.md`")?;
    let sources = sources()?;
    let missing = sources.lines().find(|line| !text.contains(line));
    if text.ends_with(&sources) {
        return Ok(());
    }
    let line = missing.unwrap_or("the order of the lines");
    bail!("`docs/peers.md` is older than what it shows (`{line}`); run `cargo xtask peers` and look at the difference")
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)
}

/// Scenarios, configurations and versions: all that the figures depend on, as it is now.
fn sources() -> Result<String> {
    let mut text = "## The scenarios\n\nTheir comments are in `bench/clients/scenarios/`.\n".to_owned();
    for scenario in SCENARIOS {
        let file = child::folder().join("scenarios").join(format!("{scenario}.toml"));
        let lines = std::fs::read_to_string(file).with_context(|| format!("cannot read `{scenario}`"))?;
        let lines: Vec<&str> = lines.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        let _ = write!(
            text,
            "\n<details><summary>{scenario}</summary>\n\n```toml\n{}\n```\n\n</details>\n",
            lines.join("\n")
        );
    }
    let _ = write!(text, "\n## The configurations\n\nThose in JavaScript run on {}.\n\n", source::node_version()?);
    Ok(text + &source::configurations()?)
}

/// Where a peer has a better figure than ours, said before anything else.
fn verdict(results: &Results) -> String {
    let mut better = Vec::new();
    for scenario in SCENARIOS {
        let Some(ours) = results.rows.iter().find(|row| row.scenario == scenario && row.client == OURS) else {
            continue;
        };
        for peer in results.rows.iter().filter(|row| row.scenario == scenario && row.client != OURS) {
            better.extend(beats(peer, ours).into_iter().map(|how| format!("`{scenario}`: {how}")));
        }
    }
    if better.is_empty() {
        return "## Where ours is not the best\n\nNowhere: no client has a better figure in any row.\n".to_owned();
    }
    let mut text =
        format!("## Where ours is not the best\n\n{OWN}\n<details><summary>all {} figures</summary>\n\n", better.len());
    better.iter().for_each(|line| text += &format!("- {line}\n"));
    text + "\n</details>\n"
}

/// In which figures, as they are printed, a peer is better than ours.
fn beats(peer: &Row, ours: &Row) -> Vec<String> {
    let of = format!("{}, {}", peer.client, peer.setting);
    let mut better = Vec::new();
    let printed = |row: &Row| row.ratio.map(|ratio| format!("{ratio:.4}"));
    if let (Some(theirs), Some(own)) = (peer.ratio, ours.ratio)
        && theirs < own
        && printed(peer) != printed(ours)
    {
        better.push(format!("{of}, has the ratio {theirs:.4}, ours {own:.4}"));
    }
    // A client that gives up wastes nothing and is never early: that is compared among those that did all.
    if peer.lost() <= ours.lost() {
        if peer.lost() < ours.lost() {
            better.push(format!("{of}, lost {}, ours {}", peer.lost(), ours.lost()));
        }
        if peer.refused < ours.refused {
            better.push(format!("{of}, was refused {} times, ours {}", peer.refused, ours.refused));
        }
        if peer.early < ours.early {
            better.push(format!("{of}, was early {} times, ours {}", peer.early, ours.early));
        }
    }
    better
}

fn table(results: &Results, scenario: &str) -> String {
    let mut text = String::from(
        "| client | setting | done | lost | sent/admitted | waste | early | finish | ratio | |\n\
         | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n",
    );
    let mut bound = 0;
    for row in results.rows.iter().filter(|row| row.scenario == scenario) {
        bound = row.bound_ms;
        let bold = |text: String| if row.client == OURS { format!("**{text}**") } else { text };
        let note = row.cut.iter().map(|why| format!("cut: {why}"));
        let note = note.chain(row.crashes.iter().map(|why| format!("crashed: {why}"))).collect::<Vec<_>>().join("; ");
        let ratio = row.ratio.map_or_else(|| "-".to_owned(), |ratio| bold(format!("{ratio:.4}")));
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {:.4} | {:.4} | {} | {} | {ratio} | {note} |",
            bold(row.client.clone()),
            row.setting,
            number(row.done.into()),
            number(row.lost().into()),
            row.sent_per_admitted(),
            row.waste(),
            number(row.early),
            time(row.finish_ms),
        );
    }
    let _ = write!(text, "\nBound: {}.\n", time(bound));
    text
}

fn headers(tortured: &[Tortured]) -> String {
    let heads = tortured.first().map_or(0, |one| one.heads.len());
    let mut text = format!(
        "## Header torture\n\nEach of {heads} refusals, given once. Right: the client comes back at the instant that the \
         head tells or up to a tenth of the wait and a minute later; where the head tells none, within an hour.\n\n\
         | client | setting | right | too early | too late | never again | crash |\n\
         | --- | --- | ---: | ---: | ---: | ---: | ---: |\n"
    );
    let verdicts = [Verdict::Right, Verdict::Early, Verdict::Late, Verdict::Lost, Verdict::Crash];
    for one in tortured {
        let counts: Vec<String> = verdicts.iter().map(|verdict| one.count(*verdict).to_string()).collect();
        let name = if one.client == OURS { format!("**{OURS}**") } else { one.client.clone() };
        let _ = writeln!(text, "| {name} | {} | {} |", one.setting, counts.join(" | "));
    }
    for one in tortured {
        let wrong: Vec<_> = one.heads.iter().filter(|(_, verdict, _)| *verdict != Verdict::Right).collect();
        if wrong.is_empty() {
            continue;
        }
        let _ =
            write!(text, "\n<details><summary>{}, {}: {} wrong</summary>\n\n", one.client, one.setting, wrong.len());
        for (name, verdict, waited) in wrong {
            let how = match verdict {
                Verdict::Early => "too early",
                Verdict::Late => "too late",
                Verdict::Lost => "never again",
                Verdict::Crash | Verdict::Right => "crash",
            };
            let waited = waited.map_or_else(String::new, |ms| format!(", after {}", time(ms)));
            let _ = writeln!(text, "- {name}: {how}{waited}");
        }
        text += "\n</details>\n";
    }
    text
}

/// `100,000`.
fn number(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// `2:58:24.698`, as the tables of `headroom simulate` have it.
fn time(ms: u64) -> String {
    format!("{}:{:02}:{:02}.{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60, ms % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_written_as_elsewhere() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(time(10_704_698), "2:58:24.698");
    }
}
