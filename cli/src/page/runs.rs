//! Runs as a page: figures of each scenario, and charts of how they went.

use super::chart::{Chart, Line, Shown};
use super::{Figures, Grade, Page, Section};
use crate::runs::Group;
use crate::table;
use headroom_sim::Report;
use headroom_sim::report::{Point, Series};

const ABOUT: &str = "Each scenario is a day, or a minute, of calls against a simulated Atlassian in virtual time, with several \
    clients in turn. The bound is a proof: no client can be done sooner. Everything here can be had again from the same \
    scenario and seed.";

/// A page of these runs.
pub fn of_runs(title: &str, runs: &[Group<'_>]) -> Page {
    Page { title: title.to_owned(), about: ABOUT.to_owned(), sections: sections(runs) }
}

/// A section for each scenario.
pub fn sections(runs: &[Group<'_>]) -> Vec<Section> {
    let section = |(scenario, reports): &Group<'_>| Section {
        heading: scenario.name.clone(),
        about: scenario.about.clone(),
        figures: figures(reports),
        charts: charts(reports),
    };
    runs.iter().map(section).collect()
}

/// The names of the columns.
const COLUMNS: [&str; 16] = [
    "strategy",
    "done",
    "lost",
    "deferred",
    "unstarted",
    "early",
    "refused",
    "refused by",
    "ratio",
    "waste",
    "sent/admitted",
    "herd",
    "utilisation",
    "people denied",
    "people's p99",
    "unfairness",
];

/// The cells of one run under [`COLUMNS`].
fn cells(report: &Report) -> [(String, Grade); 16] {
    let number = |count: u64| (table::number(count), Grade::Plain);
    let bad = |count: u64| (table::number(count), if count > 0 { Grade::Bad } else { Grade::Good });
    let quotient =
        |value: Option<f64>| (value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}")), Grade::Plain);
    let most = |value: Option<f64>, most: f64| match value {
        Some(value) if value <= most => (format!("{value:.4}"), Grade::Good),
        other => quotient(other),
    };
    let wait = report.interactive_wait_p99_ms.map_or_else(|| "-".to_owned(), |ms| format!("{} ms", table::number(ms)));
    [
        (report.strategy.clone(), Grade::Plain),
        number(report.done.into()),
        bad(report.lost.into()),
        number(report.deferred.into()),
        number(report.unstarted.into()),
        early(report),
        number(report.refused),
        (table::refused_by(report), Grade::Plain),
        most(report.ratio, 1.01),
        most(report.waste, 0.001),
        most(report.sent_per_admitted, 1.05),
        quotient(report.herd),
        quotient(report.utilisation),
        number(report.interactive_denied.into()),
        (wait, Grade::Plain),
        most(Some(report.unfairness), 0.02),
    ]
}

/// How many calls came too early, and when the first.
fn early(report: &Report) -> (String, Grade) {
    let count = table::number(report.early);
    match report.first_early.first() {
        Some(first) => (format!("{count}, first at {}", table::clock(first.time_ms)), Grade::Bad),
        None => (count, Grade::Good),
    }
}

fn figures(reports: &[&Report]) -> Figures {
    Figures {
        columns: COLUMNS.map(str::to_owned).to_vec(),
        rows: reports.iter().map(|report| cells(report).to_vec()).collect(),
    }
}

fn charts(reports: &[&Report]) -> Vec<Chart> {
    let per_second = |step_ms: u64, count: u64| count as f64 * 1_000.0 / step_ms as f64;
    let mut charts = vec![
        lines("Points left", "points, or calls of the fullest window", reports, |point, _| point.left.map(f64::from)),
        lines("Calls done", "per second", reports, |point, step| Some(per_second(step, point.admitted))),
        lines("Calls refused", "per second", reports, |point, step| Some(per_second(step, point.refused))),
        lines("People waiting", "interactive calls that are open", reports, |point, _| Some(point.waiting.into())),
    ];
    if let Some(first) = reports.first().filter(|report| report.series.shares.len() > 1) {
        let shares = &first.series.shares;
        let all: u64 = shares.iter().map(|share| share.got).sum();
        let even = all as f64 / shares.len() as f64;
        let bars = shares.iter().map(|share| (share.tenant.clone(), share.got as f64, even)).collect();
        let title = format!("Tenants that got most, with {}", first.strategy);
        charts.push(Chart { title, unit: "points; the mark is their mean".into(), shown: Shown::Bars(bars) });
    }
    // What is nothing all the time needs no chart.
    charts.retain(|chart| match &chart.shown {
        Shown::Lines(lines) => lines.iter().flat_map(|line| &line.points).any(|(_, value)| *value > 0.0),
        Shown::Bars(bars) => !bars.is_empty(),
    });
    charts
}

/// Steps of a line, at most: more than a chart has pixels say nothing.
const MOST_STEPS: usize = 250;

fn lines(title: &str, unit: &str, reports: &[&Report], value: impl Fn(&Point, u64) -> Option<f64>) -> Chart {
    let line = |report: &&Report| {
        let Series { step_ms, points, .. } = &report.series;
        let every = points.len().div_ceil(MOST_STEPS).max(1);
        let hours = |index: usize| index as f64 * *step_ms as f64 / 3_600_000.0;
        let mean = |(index, chunk): (usize, &[Point])| {
            let known: Vec<f64> = chunk.iter().filter_map(|point| value(point, *step_ms)).collect();
            (!known.is_empty()).then(|| (hours(index * every), known.iter().sum::<f64>() / known.len() as f64))
        };
        let points: Vec<_> = points.chunks(every).enumerate().filter_map(mean).collect();
        Line { name: report.strategy.clone(), points: without_level(&points) }
    };
    let shown = Shown::Lines(reports.iter().map(line).collect());
    Chart { title: title.to_owned(), unit: unit.to_owned(), shown }
}

/// Without the points in the midst of a level stretch: the line is the same, the page a fraction as long.
fn without_level(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let is_level = |at: usize| {
        let around = at.checked_sub(1).and_then(|before| points.get(before).zip(points.get(at + 1)));
        around.is_some_and(|((_, before), (_, after))| *before == points[at].1 && points[at].1 == *after)
    };
    points.iter().enumerate().filter(|(at, _)| !is_level(*at)).map(|(_, point)| *point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_stretch_is_its_two_ends() {
        let points =
            |values: &[f64]| values.iter().enumerate().map(|(at, value)| (at as f64, *value)).collect::<Vec<_>>();
        let kept = without_level(&points(&[5.0, 5.0, 5.0, 7.0, 0.0, 0.0, 0.0, 0.0]));
        assert_eq!(kept, [(0.0, 5.0), (2.0, 5.0), (3.0, 7.0), (4.0, 0.0), (7.0, 0.0)]);
        assert_eq!(without_level(&points(&[1.0, 1.0])), points(&[1.0, 1.0]));
        assert!(without_level(&[]).is_empty());
    }
}
