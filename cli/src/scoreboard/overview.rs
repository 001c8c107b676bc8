//! One row for each client, over all scenarios.

use crate::page::{Figures, Grade, Section};
use crate::runs::Group;
use crate::table;
use headroom_sim::Report;

const COLUMNS: [&str; 11] = [
    "strategy",
    "lost nothing in",
    "lost",
    "never early in",
    "early",
    "all done in",
    "median ratio",
    "worst waste",
    "sent per job done",
    "people denied",
    "worst unfairness",
];

const ABOUT: &str = "\
Over all scenarios. `all done in` counts those in which every job was done; only they have a ratio, so a client that gives up \
where it is hard has the median of the easy ones. Some scenarios ask for more than is granted: there no client can do all, and \
`what-if-rules` has nearly all of the `people denied`, for it asks for three times what is granted.";

/// The clients in the order of their runs.
pub fn clients<'a>(groups: &[Group<'a>]) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for report in groups.iter().flat_map(|(_, reports)| reports) {
        if !names.contains(&report.strategy.as_str()) {
            names.push(&report.strategy);
        }
    }
    names
}

/// The section with a row for each client.
pub fn section(groups: &[Group<'_>]) -> Section {
    let of = |client: &str| -> Vec<&Report> {
        groups
            .iter()
            .flat_map(|(_, reports)| reports.iter().copied())
            .filter(|report| report.strategy == client)
            .collect()
    };
    let rows = clients(groups).into_iter().map(|client| row(client, &of(client)));
    Section {
        heading: "Overview".to_owned(),
        about: ABOUT.to_owned(),
        figures: Figures { columns: COLUMNS.map(str::to_owned).to_vec(), rows: rows.collect() },
        charts: Vec::new(),
    }
}

fn row(client: &str, reports: &[&Report]) -> Vec<(String, Grade)> {
    let sum = |count: fn(&Report) -> u64| reports.iter().map(|report| count(report)).sum::<u64>();
    let number = |count: u64| (table::number(count), if count > 0 { Grade::Bad } else { Grade::Good });
    let in_so_many = |is_so: fn(&Report) -> bool| {
        let count = reports.iter().filter(|report| is_so(report)).count();
        (format!("{count} of {}", reports.len()), if count == reports.len() { Grade::Good } else { Grade::Plain })
    };
    let plain =
        |value: Option<f64>| (value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}")), Grade::Plain);
    let done = sum(|report| report.done.into());
    vec![
        (client.to_owned(), Grade::Plain),
        in_so_many(|report| report.lost == 0),
        number(sum(|report| report.lost.into())),
        in_so_many(|report| report.early == 0),
        number(sum(|report| report.early)),
        in_so_many(|report| report.ratio.is_some()),
        plain(median(reports.iter().filter_map(|report| report.ratio).collect())),
        plain(reports.iter().filter_map(|report| report.waste).reduce(f64::max)),
        plain((done > 0).then(|| sum(|report| report.sent) as f64 / done as f64)),
        (table::number(sum(|report| report.interactive_denied.into())), Grade::Plain),
        plain(reports.iter().map(|report| report.unfairness).reduce(f64::max)),
    ]
}

/// The middle of these, or the mean of the two in the middle.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = values.get(middle)?;
    Some(if values.len() % 2 == 1 { *upper } else { f64::midpoint(values[middle - 1], *upper) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_in_whatever_order() {
        assert_eq!(
            [vec![], vec![3.0], vec![9.0, 1.0, 2.0], vec![4.0, 1.0]].map(median),
            [None, Some(3.0), Some(2.0), Some(2.5)]
        );
    }
}
