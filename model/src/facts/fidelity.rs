//! What is modelled, how faithfully and on whose word, as a document for people.

use super::doubts::{DOUBTS, Doubt};
use super::row::{Row, groups};
use super::{Confidence, EXAMPLE, NOT_YET, prices, sources};

const INTRO: &str = "\
# Fidelity

What Headroom models of Atlassian's limits, how faithfully, on whose word, and what nobody knows. This file is written
from the data in `model/src/facts`, from which client and simulator take their numbers; a test compares. After a change
there: `BLESS=1 cargo test -p headroom-tests --test docs`.

How to read it:

- **documented**: the source states it in so many words: as a rule, a limit or, in a discussion, a proposal.
- **measured**: somebody saw it happen and said so in public. Nobody promises it.
- **assumed**: nobody says it, or those who do contradict each other; we chose, and the doubt is listed below.
- The last column says what this project does with a figure. *Not modelled yet* means that no code rests on it, *an
  example* that a source has it for illustration only.
- The date of a source is the one that it bears; `read` and a month where it bears none. Where Atlassian's later pages
  differ from those of 2025-12 and from RFC 130, the earlier ones are the default and the later ones stand beside them.

No figure was found by testing against Atlassian's cloud, which its pages ask everybody not to do. So the simulator is as
faithful as its sources are: it shows that a client keeps the published rules, not how production behaves where they are
silent.";

/// The text of `docs/fidelity.md`.
///
/// ```
/// let text = headroom_model::facts::fidelity::document();
/// assert!(text.contains("| `tier-1-points` | 65,000 points/h |"));
/// assert!(text.contains("### Is the hourly quota a hard wall?"));
/// ```
#[must_use]
pub fn document() -> String {
    let parts = [INTRO.to_owned(), overview(), sections(), price_list(), doubts(), source_list()];
    format!("{}\n", parts.join("\n\n"))
}

fn overview() -> String {
    let line = |name: &str, rows: &[Row]| {
        let sure = |confidence| rows.iter().filter(|row| row.confidence == confidence).count().to_string();
        let used = rows.iter().filter(|row| row.usage != NOT_YET && row.usage != EXAMPLE).count();
        let mut cells = vec![name.to_owned(), rows.len().to_string()];
        cells.extend(Confidence::ALL.map(sure));
        cells.push(used.to_string());
        format!("| {} |", cells.join(" | "))
    };
    let mut lines = vec![
        "## Overview".to_owned(),
        String::new(),
        "| about | figures | documented | measured | assumed | in use |".to_owned(),
        "| --- | ---: | ---: | ---: | ---: | ---: |".to_owned(),
    ];
    lines.extend(groups().iter().map(|(group, rows)| line(group.name, rows)));
    lines.push(line("all", &super::all()));
    lines.join("\n")
}

fn sections() -> String {
    let sections = groups().map(|(group, rows)| {
        let head = "| id | figure | what it is | how sure | says who | used |\n| --- | --- | --- | --- | --- | --- |";
        let rows: Vec<_> = rows.iter().map(row).collect();
        format!("## {}\n\n{}\n\n{head}\n{}", capitalized(group.name), folded("", group.about), rows.join("\n"))
    });
    sections.join("\n\n")
}

/// Of the prices, those that are more than our reading.
fn price_list() -> String {
    const ABOUT: &str = "What each path template and each GraphQL name returns is data: `model/data/points/*.toml` and \
                         `model/data/graphql.toml`, with a source and a confidence for each row. `headroom sources prices` \
                         lists them all; a costs file of your own goes before them. Most are our reading of the \
                         products' references under the page's rule, and so assumed. These are not:";
    let rows = prices::prices();
    let mut lines = vec![
        "## Prices of requests".to_owned(),
        String::new(),
        folded("", ABOUT),
        String::new(),
        "| request | figure | how sure | says who |".to_owned(),
        "| --- | --- | --- | --- |".to_owned(),
    ];
    let sure = rows.iter().filter(|row| row.group == prices::GROUPS[0] && row.confidence != Confidence::Assumed);
    lines.extend(sure.map(|row| format!("| `{}` | {} | {} | {} |", row.id, row.figure(), row.confidence, row.source)));
    for group in prices::GROUPS {
        let [documented, measured, assumed] = prices::count(&rows, group);
        let total = documented + measured + assumed;
        let text = format!("{total} {group}: {documented} documented, {measured} measured, {assumed} assumed.");
        lines.extend([String::new(), capitalized(&text)]);
    }
    lines.join("\n")
}

fn row(row: &Row) -> String {
    let Row { id, what, source, confidence, usage, .. } = row;
    format!("| `{id}` | {} | {what} | {confidence} | [{}] | {usage} |", row.figure(), source.id)
}

fn doubts() -> String {
    let one = |Doubt { question, said, here, settles }: &Doubt| {
        let points = [("- Said: ", said), ("- Here: ", here), ("- To settle it: ", settles)];
        format!("### {question}\n\n{}", points.map(|(start, text)| folded(start, text)).join("\n"))
    };
    let doubts: Vec<_> = DOUBTS.iter().map(one).collect();
    format!("## Doubts\n\nWhere sources are silent or contradict each other.\n\n{}", doubts.join("\n\n"))
}

fn source_list() -> String {
    let mut lines = vec![
        "## Sources".to_owned(),
        String::new(),
        "| id | title | date |".to_owned(),
        "| --- | --- | --- |".to_owned(),
    ];
    lines.extend(sources::ALL.iter().map(|source| format!("| [{}] | {} | {} |", source.id, source.title, source.date)));
    lines.push(String::new());
    // What the square brackets above lead to.
    lines.extend(sources::ALL.iter().filter_map(|source| Some(format!("[{}]: {}", source.id, source.url.as_ref()?))));
    lines.join("\n")
}

/// A paragraph, or an item of a list, in lines of at most 120 letters.
fn folded(start: &str, text: &str) -> String {
    let indent = if start.is_empty() { "" } else { "  " };
    let mut lines = vec![start.to_owned()];
    for word in text.split(' ') {
        let last = lines.last_mut().filter(|line| line.chars().count() + word.chars().count() < 120);
        match last {
            Some(line) if line.is_empty() || line.ends_with(' ') => line.push_str(word),
            Some(line) => *line = format!("{line} {word}"),
            None => lines.push(format!("{indent}{word}")),
        }
    }
    lines.join("\n")
}

fn capitalized(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bracket_in_a_doubt_names_a_source() {
        for doubt in DOUBTS {
            for text in [doubt.said, doubt.here, doubt.settles] {
                for named in text.split('[').skip(1) {
                    let id = named.split(']').next().unwrap_or_default();
                    assert!(sources::ALL.iter().any(|source| source.id == id), "`{id}` in: {text}");
                }
            }
        }
    }

    #[test]
    fn no_cell_breaks_its_table() {
        for row in super::super::all() {
            assert!(!format!("{row:?}").contains('|'), "{row:?}");
        }
    }

    #[test]
    fn assumed_figures_are_answered_for_by_a_doubt_or_by_the_design() {
        for row in super::super::all().iter().filter(|row| row.confidence == Confidence::Assumed) {
            let id = row.source.id.as_ref();
            let named = DOUBTS.iter().any(|doubt| doubt.said.contains(&format!("[{id}]")));
            assert!(named || id == "design", "{}", row.id);
        }
    }
}
