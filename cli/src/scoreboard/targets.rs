//! What the component is to reach, whether it does, and where not, why.

use super::reasons::{self, Reason};
use crate::component;
use crate::page::{Figures, Grade, Section};
use crate::runs::Group;
use crate::table;
use headroom_cli::unsaid;
use headroom_sim::server::Limit;
use headroom_sim::{Report, Scenario};

/// A figure of a run, and the most or the least that it may be.
pub struct Target {
    /// Its name here and among the reasons.
    pub name: &'static str,
    of: fn(&Report) -> Option<f64>,
    wants: Wants,
}

#[derive(Clone, Copy)]
enum Wants {
    AtMost(f64),
    AtLeast(f64),
}
use Wants::{AtLeast, AtMost};

/// Asked of every scenario.
const EVERYWHERE: [Target; 4] = [
    Target { name: "lost", of: |report| Some(report.lost.into()), wants: AtMost(0.0) },
    Target { name: "early", of: |report| Some(report.early as f64), wants: AtMost(0.0) },
    Target { name: "ratio", of: |report| report.ratio, wants: AtMost(1.01) },
    Target { name: "waste", of: |report| report.waste, wants: AtMost(0.001) },
];

const STRANGERS: &[Target] = &[
    Target { name: "sent per job done", of: |report| quotient(report.sent, report.done.into()), wants: AtMost(6.0) },
    Target { name: "finish by bound", of: |report| quotient(report.finish_ms, report.bound_ms), wants: AtMost(3.0) },
];

/// Asked of single scenarios.
const SINGLE: [(&str, &[Target]); 6] = [
    (
        "big-migration",
        &[
            Target { name: "people denied", of: |report| Some(report.interactive_denied.into()), wants: AtMost(0.0) },
            Target { name: "utilisation", of: |report| report.utilisation, wants: AtLeast(0.99) },
        ],
    ),
    (
        "top-of-hour",
        &[
            Target {
                name: "quota refusals",
                of: |report| Some(report.refused_by.of(Limit::PointsQuota) as f64),
                wants: AtMost(0.0),
            },
            Target { name: "utilisation", of: |report| report.utilisation, wants: AtLeast(0.99) },
            Target { name: "sent/admitted", of: |report| report.sent_per_admitted, wants: AtMost(1.05) },
            Target { name: "herd", of: |report| report.herd, wants: AtMost(1.0) },
        ],
    ),
    ("noisy-tenant", &[Target { name: "unfairness", of: |report| Some(report.unfairness), wants: AtMost(0.02) }]),
    ("hot-dashboard/rfc130-strangers", STRANGERS),
    ("hot-dashboard/current-strangers", STRANGERS),
    ("hot-dashboard/2026-09-strangers", STRANGERS),
];

const ABOUT: &str = "\
What `headroom` is to reach: in every scenario nothing lost, nothing early, done within 1 % of the bound, and at most one refusal \
per thousand calls that are done; in some a figure of their own. `-` is a ratio where not everything was done. What is in bold is \
not reached; the next table says why.";

const WHY: &str = "\
For each target that is not reached: whether any client could reach it, why, and how far one can get. `no client` means that the \
scenario itself rules it out, `ours` that a better client is possible.";

/// The sections about the component's targets; none where it was not run in any scenario of ours.
pub fn sections(groups: &[Group<'_>]) -> Vec<Section> {
    let ours: Vec<(&Scenario, &Report)> = groups
        .iter()
        .filter(|(scenario, _)| is_builtin(scenario))
        .filter_map(|(scenario, reports)| {
            Some((*scenario, *reports.iter().find(|report| report.strategy == component::NAME)?))
        })
        .collect();
    if ours.is_empty() {
        return Vec::new();
    }
    let missed: Vec<_> = ours.iter().flat_map(|(scenario, report)| explained(&scenario.name, report)).collect();
    let targets = section("Targets", ABOUT, &["scenario", "lost", "early", "ratio", "waste", "and"], {
        ours.iter().map(|(scenario, report)| row(&scenario.name, report)).collect()
    });
    let why =
        section("Not reached", WHY, &["scenario", "target", "reached", "who could", "why, and the bound"], missed);
    if why.figures.rows.is_empty() { vec![targets] } else { vec![targets, why] }
}

fn section(heading: &str, about: &str, columns: &[&str], rows: Vec<Vec<(String, Grade)>>) -> Section {
    let columns = columns.iter().map(|column| (*column).to_owned()).collect();
    let figures = Figures { columns, rows };
    Section { heading: heading.to_owned(), about: about.to_owned(), figures, charts: Vec::new() }
}

fn is_builtin(scenario: &Scenario) -> bool {
    let base = scenario.name.split('/').next().unwrap_or_default();
    Scenario::builtin_names().contains(&base)
}

/// The targets of this scenario, those that all have first.
fn of(scenario: &str) -> impl Iterator<Item = &'static Target> {
    EVERYWHERE.iter().chain(single(scenario))
}

fn single(scenario: &str) -> &'static [Target] {
    SINGLE.iter().find(|(name, _)| *name == scenario).map_or(&[], |(_, targets)| targets)
}

fn row(scenario: &str, report: &Report) -> Vec<(String, Grade)> {
    let grade = |is_reached| if is_reached { Grade::Good } else { Grade::Bad };
    let mut cells = vec![(scenario.to_owned(), Grade::Plain)];
    cells.extend(EVERYWHERE.iter().map(|target| (target.shown(report), grade(target.is_reached(report)))));
    let more = single(scenario);
    let words: Vec<_> = more.iter().map(|target| format!("{}: {}", target.asked(), target.shown(report))).collect();
    cells.push((words.join("; "), grade(more.iter().all(|target| target.is_reached(report)))));
    cells
}

/// A row for each target that was missed, with its reason, and for each reason that is not needed.
fn explained(scenario: &str, report: &Report) -> Vec<Vec<(String, Grade)>> {
    let explain = |target: &Target| {
        let reason = reasons::of(scenario, target.name);
        let (whose, why) = match (target.is_reached(report), reason) {
            (true, None) => return None,
            (false, Some(Reason { whose, why, .. })) => (whose.name(), *why),
            (false, None) => ("?", unsaid::MISSING),
            (true, Some(_)) => ("?", unsaid::NEEDLESS),
        };
        let cells = [scenario.to_owned(), target.asked(), target.shown(report), whose.to_owned(), why.to_owned()];
        Some(cells.map(|cell| (cell, Grade::Plain)).to_vec())
    };
    of(scenario).filter_map(explain).collect()
}

impl Target {
    fn is_reached(&self, report: &Report) -> bool {
        (self.of)(report).is_some_and(|value| match self.wants {
            AtMost(most) => value <= most,
            AtLeast(least) => value >= least,
        })
    }

    fn shown(&self, report: &Report) -> String {
        (self.of)(report).map_or_else(|| "-".to_owned(), number)
    }

    fn asked(&self) -> String {
        match self.wants {
            AtMost(most) => format!("{} ≤ {most}", self.name),
            AtLeast(least) => format!("{} ≥ {least}", self.name),
        }
    }
}

fn quotient(dividend: u64, divisor: u64) -> Option<f64> {
    (divisor > 0).then(|| dividend as f64 / divisor as f64)
}

/// Counts whole, quotients with four places.
fn number(value: f64) -> String {
    if value.fract() == 0.0 { table::number(value as u64) } else { format!("{value:.4}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::Runner;
    use crate::scenarios;
    use headroom_cli::native;

    fn report(scenario: &str) -> Report {
        let scenario = scenarios::asked_for(scenario).unwrap().remove(0);
        Runner::new(&[], None, 1).unwrap().run(&scenario, native::NAME, None).unwrap()
    }

    fn with(mut report: Report, change: impl FnOnce(&mut Report)) -> Report {
        change(&mut report);
        report
    }

    #[test]
    fn every_reason_is_for_a_target_that_is_asked_and_no_two_for_one() {
        let mut seen = Vec::new();
        for (scenario, target) in reasons::all() {
            assert_eq!(scenarios::asked_for(scenario).unwrap()[0].name, scenario);
            assert!(of(scenario).any(|asked| asked.name == target), "{scenario}: {target}");
            assert!(!seen.contains(&(scenario, target)), "{scenario}: {target} twice");
            seen.push((scenario, target));
        }
    }

    #[test]
    fn a_target_that_is_missed_without_a_reason_is_named_and_one_that_is_reached_is_not() {
        let report = with(report("svg-macro/without-tunnel"), |report| report.early = 1);
        let rows = explained("svg-macro/without-tunnel", &report);
        let cells: Vec<_> = rows.iter().map(|row| [&row[1], &row[2], &row[4]].map(|(cell, _)| cell.as_str())).collect();
        assert_eq!(cells, [["early ≤ 0", "1", unsaid::MISSING]]);
    }

    #[test]
    fn a_reason_for_what_is_reached_is_named() {
        let better = with(report("rush/strangers"), |report| (report.ratio, report.waste) = (None, Some(0.0)));
        let rows = explained("rush/strangers", &better);
        let cells: Vec<_> = rows.iter().map(|row| (row[1].0.as_str(), row[3].0.as_str())).collect();
        assert_eq!(cells, [("ratio ≤ 1.01", "no client"), ("waste ≤ 0.001", "?")]);
        assert_eq!(rows[1][4].0, unsaid::NEEDLESS);
    }

    #[test]
    fn a_figure_that_is_none_or_beyond_its_bound_is_missed() {
        let reached = |report: &Report| EVERYWHERE.each_ref().map(|target| target.is_reached(report));
        let good = report("svg-macro/without-tunnel");
        assert_eq!(reached(&good), [true; 4]);
        let bad = with(good.clone(), |report| {
            (report.lost, report.early, report.ratio, report.waste) = (1, 1, None, Some(0.0011));
        });
        assert_eq!(reached(&bad), [false; 4]);
        let just = with(good.clone(), |report| (report.ratio, report.waste) = (Some(1.01), Some(0.001)));
        assert_eq!(reached(&just), [true; 4]);
        let least = &single("big-migration")[1];
        let used = |value| least.is_reached(&with(good.clone(), |report| report.utilisation = Some(value)));
        assert_eq!([0.98, 0.99, 1.0].map(used), [false, true, true]);
    }
}
