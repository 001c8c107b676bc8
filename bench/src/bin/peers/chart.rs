//! The table as a picture: a square for each client and scenario, coloured by how long it took.
//!
//! The colours are Okabe and Ito's (Color Universal Design, 2008) or paler; letters in them are black. What stands on the
//! ground follows the reader's theme by a style sheet.

use crate::all::{Results, SCENARIOS, clients};
use crate::row::Row;
use anyhow::{Result, anyhow};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

const LEFT: i32 = 150;
const TOP: i32 = 34;
const CELL: (i32, i32) = (84, 22);
/// Stands for the reader's ink until it is replaced: plotters writes colours out.
const INK: RGBColor = RGBColor(1, 2, 3);
const STYLE: &str = "<style>svg{color:#3c424d}@media (prefers-color-scheme:dark){svg{color:#bec4ce}}</style>";

/// The picture as SVG.
pub fn svg(results: &Results) -> Result<String> {
    let clients = clients();
    let size = (LEFT + CELL.0 * SCENARIOS.len() as i32 + 6, TOP + CELL.1 * clients.len() as i32 + 6);
    let mut svg = String::new();
    draw(&mut svg, (size.0 as u32, size.1 as u32), results, &clients).map_err(|error| anyhow!("{error}"))?;
    let ink = format!("#{:02X}{:02X}{:02X}", INK.0, INK.1, INK.2);
    let svg = svg.replace(&ink, "currentColor");
    // The style belongs behind the opening tag.
    let (head, rest) = svg.split_once(">\n").ok_or_else(|| anyhow!("there is no opening tag"))?;
    Ok(format!("{head}>\n{STYLE}\n{rest}"))
}

fn draw(svg: &mut String, size: (u32, u32), results: &Results, clients: &[(&str, &str)]) -> Result<(), String> {
    let area = SVGBackend::with_string(svg, size).into_drawing_area();
    let error = |error: DrawingAreaErrorKind<_>| error.to_string();
    let ground = ("sans-serif", 12).into_font().color(&INK);
    let [right, middle] = [HPos::Right, HPos::Center].map(|side| ground.pos(Pos::new(side, VPos::Center)));
    let inner = ("sans-serif", 11).into_font().color(&BLACK).pos(Pos::new(HPos::Center, VPos::Center));
    for (column, scenario) in SCENARIOS.iter().enumerate() {
        let at = (LEFT + CELL.0 * column as i32 + CELL.0 / 2, TOP / 2);
        area.draw(&Text::new(*scenario, at, middle.clone())).map_err(error)?;
    }
    for (line, (client, setting)) in clients.iter().enumerate() {
        let top = TOP + CELL.1 * line as i32;
        let name = format!("{client}, {setting}");
        area.draw(&Text::new(name, (LEFT - 8, top + CELL.1 / 2), right.clone())).map_err(error)?;
        for (column, scenario) in SCENARIOS.iter().enumerate() {
            let is_it = |row: &&Row| row.scenario == *scenario && row.client == *client && row.setting == *setting;
            let Some(row) = results.rows.iter().find(is_it) else { continue };
            let (colour, text) = cell(row);
            let left = LEFT + CELL.0 * column as i32;
            let corners = [(left + 1, top + 1), (left + CELL.0 - 1, top + CELL.1 - 1)];
            area.draw(&Rectangle::new(corners, colour.filled())).map_err(error)?;
            let at = (left + CELL.0 / 2, top + CELL.1 / 2);
            area.draw(&Text::new(text, at, inner.clone())).map_err(error)?;
        }
    }
    area.present().map_err(error)
}

/// What a square says, and how good that is.
fn cell(row: &Row) -> (RGBColor, String) {
    let Some(ratio) = row.ratio else {
        let share = 100.0 * f64::from(row.lost()) / f64::from(row.jobs.max(1));
        let share = if share < 1.0 { "lost < 1 %".to_owned() } else { format!("lost {share:.0} %") };
        return (RGBColor(232, 142, 98), share);
    };
    let colour = match ratio {
        ratio if ratio < 1.01 => RGBColor(86, 180, 233),
        ratio if ratio < 1.1 => RGBColor(184, 219, 242),
        ratio if ratio < 2.0 => RGBColor(245, 232, 160),
        _ => RGBColor(230, 159, 0),
    };
    (colour, format!("{ratio:.3}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(ratio: Option<f64>, done: u32) -> Row {
        Row {
            scenario: SCENARIOS[0].to_owned(),
            client: "headroom".to_owned(),
            setting: "default".to_owned(),
            jobs: 200,
            done,
            sent: 0,
            admitted: 0,
            refused: 0,
            early: 0,
            finish_ms: 0,
            bound_ms: 0,
            ratio,
            cut: None,
            crashes: Vec::new(),
        }
    }

    #[test]
    fn letters_on_the_ground_follow_the_theme_and_each_client_has_its_line() {
        let results = Results { rows: vec![row(Some(1.25), 200)], tortured: Vec::new() };
        let svg = svg(&results).unwrap();
        assert!(svg.starts_with("<svg") && svg.contains(STYLE) && !svg.contains("#010203"), "{svg}");
        assert!(svg.contains("1.250") && clients().iter().all(|(client, _)| svg.contains(client)), "{svg}");
        assert_eq!(svg.matches("currentColor").count(), SCENARIOS.len() + clients().len());
    }

    #[test]
    fn whoever_loses_a_job_is_shown_by_that_and_not_by_his_time() {
        assert_eq!(cell(&row(None, 199)).1, "lost < 1 %");
        assert_eq!(cell(&row(None, 100)).1, "lost 50 %");
        assert!(cell(&row(Some(1.0), 200)).0 != cell(&row(Some(3.0), 200)).0);
    }
}
