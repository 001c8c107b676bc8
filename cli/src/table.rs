//! Figures for people: a table, numbers with separators, times as on a clock.

use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width,
};
use headroom_sim::Report;
use std::cmp::Reverse;

const HEADERS: [&str; 11] =
    ["strategy", "done", "lost", "deferred", "sent", "refused", "early", "points", "finish", "bound", "ratio"];

/// One line under the header and nothing else, so that it can be pasted anywhere.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Columns of a table that is not on a terminal and has to wrap.
const PAPER_WIDTH: u16 = 150;

/// A table of these results. It is coloured only on a terminal, and never where `NO_COLOR` is set.
pub fn of(results: &[&Report]) -> Table {
    let mut table = under(&HEADERS);
    results.iter().for_each(|report| {
        table.add_row(row(report));
    });
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// A table of texts, which wrap so that each column has its share, in percent, of the terminal's width. The first column
/// has names, which break at dashes.
pub fn wrapped<const N: usize>(columns: [(&str, u16); N], rows: impl IntoIterator<Item = [Cell; N]>) -> Table {
    let mut table = under(&columns.map(|(header, _)| header));
    // Asked of a table of its own, for `NO_COLOR` makes this one forget its terminal.
    let width = Table::new().width().unwrap_or(PAPER_WIDTH);
    table.set_width(width).set_content_arrangement(ContentArrangement::Dynamic).add_rows(rows);
    table.set_constraints(columns.map(|(_, share)| ColumnConstraint::Absolute(Width::Percentage(share))));
    if let Some(name) = table.column_mut(0) {
        name.set_delimiter('-');
    }
    table
}

fn under(headers: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE);
    table.set_header(headers.iter().map(|header| Cell::new(header).add_attribute(Attribute::Bold)));
    if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        table.force_no_tty();
    }
    table
}

fn row(report: &Report) -> [Cell; 11] {
    let bad = |count: u64| {
        let cell = Cell::new(number(count));
        if count > 0 { cell.fg(Color::Red) } else { cell }
    };
    let ratio = report.ratio.map_or_else(|| Cell::new("-"), |ratio| Cell::new(format!("{ratio:.4}")).fg(Color::Green));
    [
        Cell::new(&report.strategy),
        Cell::new(number(report.done.into())),
        bad(report.lost.into()),
        Cell::new(number(report.deferred.into())),
        Cell::new(number(report.sent)),
        Cell::new(number(report.refused)),
        bad(report.early),
        Cell::new(number(report.points_spent)),
        Cell::new(clock(report.finish_ms)),
        Cell::new(clock(report.bound_ms)),
        ratio,
    ]
}

/// The limits that refused and how often, the one that did most first; nothing where none did.
pub fn refused_by(report: &Report) -> String {
    let mut limits: Vec<_> = report.refused_by.iter().collect();
    // A stable sort: equals stay in the order of their names.
    limits.sort_by_key(|(_, count)| Reverse(*count));
    limits.iter().map(|(name, count)| format!("{} by {name}", number(*count))).collect::<Vec<_>>().join(", ")
}

/// With a comma between thousands.
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let separated = digits.bytes().enumerate().flat_map(|(at, digit)| {
        let comma = at > 0 && (digits.len() - at).is_multiple_of(3);
        comma.then_some(',').into_iter().chain([char::from(digit)])
    });
    separated.collect()
}

/// As `h:mm:ss.mmm`.
pub fn clock(ms: u64) -> String {
    let (secs, ms) = (ms / 1_000, ms % 1_000);
    format!("{}:{:02}:{:02}.{ms:03}", number(secs / 3_600), secs / 60 % 60, secs % 60)
}

/// As seconds with a fraction.
pub fn seconds(ms: u64) -> String {
    format!("{}.{:03} s", number(ms / 1_000), ms % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_separators_and_times_look_like_a_clock() {
        assert_eq!([0, 999, 1_000, 65_000, 1_234_567].map(number), ["0", "999", "1,000", "65,000", "1,234,567"]);
        assert_eq!(clock(2_574_050), "0:42:54.050");
        assert_eq!(clock(48 * 3_600_000 + 1), "48:00:00.001");
        assert_eq!(seconds(61_005), "61.005 s");
    }
}
