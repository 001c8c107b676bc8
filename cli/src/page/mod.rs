//! One page of figures and charts, whole in itself: no script, no font, no image from anywhere else.

pub mod chart;
mod runs;
pub mod theme;

pub use runs::{of_runs, sections};

use anyhow::Result;
use chart::{Chart, Shown};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use theme::{DARK, LIGHT, LINES, Theme, css};

/// A table of figures.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// The names of its columns; the first is that of the rows.
    pub columns: Vec<String>,
    /// Its cells, each with whether it is as it should be.
    pub rows: Vec<Vec<(String, Grade)>>,
}

/// How good a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// As good as it gets.
    Good,
    /// Neither.
    Plain,
    /// What should not happen.
    Bad,
}

/// A part of the page under a heading of its own.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its heading.
    pub heading: String,
    /// A sentence or more about it.
    pub about: String,
    /// Its figures.
    pub figures: Figures,
    /// Its charts.
    pub charts: Vec<Chart>,
}

/// The page.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its title.
    pub title: String,
    /// What one looks at, in a paragraph.
    pub about: String,
    /// Its sections.
    pub sections: Vec<Section>,
}

const STYLE: &str = include_str!("style.css");

impl Page {
    /// The page as HTML, light and dark.
    ///
    /// # Errors
    /// When a chart cannot be drawn.
    pub fn html(&self) -> Result<String> {
        let sections = self.sections.iter().map(section).collect::<Result<Vec<_>>>()?;
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) }
                    style { (PreEscaped(format!("{}{}", STYLE, variables()))) }
                }
                body {
                    header {
                        h1 { (self.title) }
                        (prose(&self.about))
                        @if self.sections.len() > 1 {
                            nav { @for section in &self.sections { a href={ "#" (anchor(section)) } { (section.heading) } " " } }
                        }
                    }
                    main {
                        @for section in &sections { (section) }
                    }
                }
            }
        };
        Ok(page.into_string())
    }
}

fn section(section: &Section) -> Result<Markup> {
    let charts = section.charts.iter().map(figure).collect::<Result<Vec<_>>>()?;
    Ok(html! {
        section id=(anchor(section)) {
            h2 { (section.heading) }
            (prose(&section.about))
            (table(&section.figures))
            @if !charts.is_empty() { div class="charts" { @for chart in &charts { (chart) } } }
        }
    })
}

/// A name for links: a heading may have several words.
fn anchor(section: &Section) -> String {
    section.heading.replace(' ', "-")
}

/// Paragraphs, an empty line between them.
fn prose(text: &str) -> Markup {
    html! { @for paragraph in text.split("\n\n") { p { (words(paragraph)) } } }
}

/// What stands in backticks is code.
fn words(text: &str) -> Markup {
    html! { @for (place, part) in text.split('`').enumerate() {
        @if place % 2 == 1 { code { (part) } } @else { (part) }
    } }
}

fn table(figures: &Figures) -> Markup {
    html! {
        div class="wide" { table {
            thead { tr { @for column in &figures.columns { th scope="col" { (column) } } } }
            tbody { @for row in &figures.rows { tr {
                @for (place, (cell, grade)) in row.iter().enumerate() {
                    @if place == 0 { th scope="row" { (words(cell)) } } @else { td class=(class(*grade)) { (words(cell)) } }
                }
            } } }
        } }
    }
}

const fn class(grade: Grade) -> &'static str {
    match grade {
        Grade::Good => "good",
        Grade::Plain => "",
        Grade::Bad => "bad",
    }
}

/// A chart twice, of which the style sheet shows one.
fn figure(chart: &Chart) -> Result<Markup> {
    let [light, dark] = [&LIGHT, &DARK].map(|theme| Ok::<_, anyhow::Error>((theme.name, chart.svg(theme)?)));
    let drawn = [light?, dark?];
    Ok(html! {
        figure {
            figcaption { b { (chart.title) } " " span class="unit" { (chart.unit) } }
            @if let Shown::Lines(lines) = &chart.shown {
                p class="legend" { @for (place, line) in lines.iter().enumerate() {
                    span { i style={ "background:var(--line-" (place % LINES) ")" } {} (line.name) } " "
                } }
            }
            @for (theme, svg) in &drawn { div class=(theme) role="img" aria-label=(chart.title) { (PreEscaped(svg)) } }
        }
    })
}

/// The colours of the legend, by theme.
fn variables() -> String {
    let of = |theme: &Theme| {
        let lines = theme.lines.iter().enumerate();
        lines.map(|(place, color)| format!("--line-{place}:{};", css(*color))).collect::<String>()
    };
    format!(":root{{{}}}@media(prefers-color-scheme:dark){{:root{{{}}}}}", of(&LIGHT), of(&DARK))
}

#[cfg(test)]
mod tests {
    use super::chart::Line;
    use super::*;

    fn page() -> Page {
        let lines = vec![Line { name: "<headroom>".into(), points: vec![(0.0, 1.0), (1.0, 2.0)] }];
        let chart = Chart { title: "points left".into(), unit: "points".into(), shown: Shown::Lines(lines) };
        let row = vec![("a & b".into(), Grade::Plain), ("3".into(), Grade::Bad)];
        let figures = Figures { columns: vec!["strategy".into(), "lost".into()], rows: vec![row] };
        let section = Section { heading: "rush".into(), about: "1 < 2".into(), figures, charts: vec![chart] };
        Page { title: "Scoreboard".into(), about: "…".into(), sections: vec![section] }
    }

    #[test]
    fn a_page_asks_for_nothing_from_elsewhere_and_takes_no_markup_from_names() {
        let html = page().html().unwrap();
        for elsewhere in ["http://", "https://", "src=", "@import", "<script", "url("] {
            let found = html.replace("http://www.w3.org/2000/svg", "");
            assert!(!found.contains(elsewhere), "{elsewhere} in {html}");
        }
        assert!(html.contains("&lt;headroom&gt;") && html.contains("a &amp; b") && html.contains("1 &lt; 2"));
    }

    #[test]
    fn each_chart_is_there_for_light_and_for_dark() {
        let html = page().html().unwrap();
        assert_eq!(html.matches("<svg").count(), 2);
        assert!(html.contains(r#"<div class="light" role="img""#) && html.contains(r#"<div class="dark" role="img""#));
        assert!(html.contains(&css(DARK.lines[0])) && html.contains(&css(LIGHT.lines[0])));
    }
}
