//! A page as Markdown: its words and figures, without its charts.

use crate::page::{Figures, Grade, Page};
use std::fmt::Write as _;

/// Tells who opens the file where it is from.
const MARK: &str = "<!-- Written by `headroom scoreboard`: do not edit by hand. -->";

/// The page as text. What should not be is bold.
pub fn of(page: &Page) -> String {
    let mut text = format!("{MARK}\n# {}\n\n{}\n", page.title, page.about);
    for section in &page.sections {
        // A string takes whatever is written to it.
        let _ = write!(text, "\n## {}\n\n{}\n\n", section.heading, section.about);
        table(&mut text, &section.figures);
    }
    text
}

fn table(text: &mut String, figures: &Figures) {
    let columns = figures.columns.join(" | ");
    let _ = write!(text, "| {columns} |\n|{}\n", " --- |".repeat(figures.columns.len()));
    for row in &figures.rows {
        let cells = row.iter().map(cell).collect::<Vec<_>>().join(" | ");
        let _ = writeln!(text, "| {cells} |");
    }
}

/// A bar would end the cell, within code as well.
fn cell((cell, grade): &(String, Grade)) -> String {
    let cell = cell.replace('|', "\\|");
    if *grade == Grade::Bad { format!("**{cell}**") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::Section;

    #[test]
    fn each_row_has_as_many_cells_as_there_are_columns_and_what_is_bad_is_bold() {
        let row = vec![("a | b".to_owned(), Grade::Plain), ("3".to_owned(), Grade::Bad)];
        let figures = Figures { columns: vec!["strategy".into(), "lost".into()], rows: vec![row] };
        let section = Section { heading: "rush".into(), about: "Words.".into(), figures, charts: Vec::new() };
        let text = of(&Page { title: "Scoreboard".into(), about: "…".into(), sections: vec![section] });
        let want = "\n## rush\n\nWords.\n\n| strategy | lost |\n| --- | --- |\n| a \\| b | **3** |\n";
        assert!(text.starts_with(MARK) && text.ends_with(want), "{text}");
    }
}
