//! The scoreboard as a page: who does well, what was to be reached, then every scenario.

use super::{overview, targets};
use crate::page::{self, Figures, Grade, Page, Section};
use crate::runs::Group;
use crate::table;

const ABOUT: &str = "\
Every scenario with every client, in virtual time. `lost` are jobs that were given up, `deferred` those that were handed back with \
an instant at which to come again, `unstarted` those for which nobody was free before the time was over. `early` counts calls \
before an instant that the server had promised to that client, and says when the first was. `ratio` is the time to be done \
divided by a bound that no client can beat (none where not everything was done); `waste` is refusals per call that was done. \
`herd` is what reached the server in the first second of an hour, divided by what its burst limit lets through in a second; \
`utilisation` is what was charged by the last reset that held work back, divided by the most that any client can have been charged \
by then. `people denied` are interactive calls that the quota refused, or that were not done in time; `unfairness` is how much of \
its max-min fair share the worst-off tenant lacked; `refused by` names the limits that refused, first the one that did most. What \
should not be is in bold.

`headroom` is the WebAssembly component, `headroom-native` the same core without it. Both were told what a scenario says under \
`client`, such as the quota and the pace; most of the others have no place to say such a thing. All others are what Atlassian's \
own pages show or what people write: `headroom simulate --help` says what each does, and the code is in `sim/src/strategy`.";

/// The page of these runs.
pub fn page(groups: &[Group<'_>], seed: u64) -> Page {
    let version = env!("CARGO_PKG_VERSION");
    let about = format!("{ABOUT}\n\nHeadroom {version}, {} scenarios and variants, seed {seed}.", groups.len());
    let mut sections = vec![overview::section(groups)];
    sections.extend(targets::sections(groups));
    sections.extend(early(groups));
    sections.extend(page::sections(groups));
    Page { title: "Headroom: the scoreboard".to_owned(), about, sections }
}

/// For each client that came too early the first such call; none if all kept to what they were told.
fn early(groups: &[Group<'_>]) -> Option<Section> {
    let rows: Vec<_> = overview::clients(groups)
        .into_iter()
        .filter_map(|client| {
            let of = groups.iter().flat_map(|(scenario, reports)| reports.iter().map(move |report| (scenario, report)));
            let of: Vec<_> = of.filter(|(_, report)| report.strategy == client && report.early > 0).collect();
            let (scenario, report) = of.first()?;
            let first = report.first_early.first()?;
            let total: u64 = of.iter().map(|(_, report)| report.early).sum();
            let cells = [
                client.to_owned(),
                table::number(total),
                of.len().to_string(),
                scenario.name.clone(),
                table::clock(first.time_ms),
                format!("`{}`", first.line.replace('\t', " ")),
            ];
            Some(cells.map(|cell| (cell, Grade::Plain)).to_vec())
        })
        .collect();
    let columns = ["strategy", "early calls", "in scenarios", "first in", "at", "line of the trace"];
    (!rows.is_empty()).then(|| Section {
        heading: "Early calls".to_owned(),
        about: "The first call of each client that came before an instant that it had been told, with its line of the trace: \
            time, strategy, node, event, job, attempt, then what it was told and until when. `headroom simulate SCENARIO \
            --strategy NAME --trace FILE` writes all of them."
            .to_owned(),
        figures: Figures { columns: columns.map(str::to_owned).to_vec(), rows },
        charts: Vec::new(),
    })
}
