//! One chart as SVG: lines over time, or a bar for each name.

use super::theme::{LINES, Theme};
use anyhow::{Result, anyhow};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::ops::Range;

/// A line of a chart.
#[derive(Clone, Debug)]
pub struct Line {
    /// What it is called in the legend.
    pub name: String,
    /// Hours since the start, and the value then.
    pub points: Vec<(f64, f64)>,
}

/// What a chart shows.
#[derive(Clone, Debug)]
pub enum Shown {
    /// A value over time, for each of some clients.
    Lines(Vec<Line>),
    /// One value for each name, the share of it in the second number.
    Bars(Vec<(String, f64, f64)>),
}

/// A chart with its heading.
#[derive(Clone, Debug)]
pub struct Chart {
    /// What it is about.
    pub title: String,
    /// What the upright axis counts.
    pub unit: String,
    /// The data.
    pub shown: Shown,
}

const SIZE: (u32, u32) = (560, 210);
const TEXT: (&str, i32) = ("sans-serif", 12);

impl Chart {
    /// Draws it in the colours of a theme.
    ///
    /// # Errors
    /// When the drawing library cannot; its message.
    pub fn svg(&self, theme: &Theme) -> Result<String> {
        let mut svg = String::new();
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        match &self.shown {
            Shown::Lines(lines) => draw_lines(&area, lines, theme),
            Shown::Bars(bars) => draw_bars(&area, bars, theme),
        }
        .and_then(|()| area.present().map_err(|error| error.to_string()))
        .map_err(|error| anyhow!("cannot draw the chart `{}`: {error}", self.title))?;
        drop(area);
        Ok(svg)
    }
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

fn draw_lines(area: &Area<'_>, lines: &[Line], theme: &Theme) -> Result<(), String> {
    let points = || lines.iter().flat_map(|line| &line.points);
    let hours = points().map(|(at, _)| *at).fold(1e-3, f64::max);
    let top = points().map(|(_, value)| *value).fold(1.0, f64::max) * 1.05;
    let mut chart = ChartBuilder::on(area)
        .margin(6)
        .x_label_area_size(26)
        .y_label_area_size(54)
        .build_cartesian_2d(0.0..hours, 0.0..top)
        .map_err(|error| error.to_string())?;
    let label = |hours: &f64| time(*hours);
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(theme.grid.stroke_width(1))
        .axis_style(theme.grid.stroke_width(1))
        .label_style(TEXT.into_font().color(&theme.ink))
        .x_labels(8)
        .y_labels(5)
        .x_label_formatter(&label)
        .y_label_formatter(&|value| short(*value))
        .draw()
        .map_err(|error| error.to_string())?;
    // The first line is the one that the page is about: it lies on top.
    for (place, line) in lines.iter().enumerate().rev() {
        let style = theme.lines[place % LINES].stroke_width(if place == 0 { 3 } else { 2 });
        chart.draw_series(LineSeries::new(line.points.iter().copied(), style)).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn draw_bars(area: &Area<'_>, bars: &[(String, f64, f64)], theme: &Theme) -> Result<(), String> {
    let most = bars.iter().map(|(_, got, share)| got.max(*share)).fold(1e-9, f64::max);
    let (left, right) = (120.0, f64::from(SIZE.0) - 70.0);
    let row = f64::from(SIZE.1 - 12) / bars.len().max(1) as f64;
    let x = |value: f64| (left + (right - left) * value / most) as i32;
    let style = TEXT.into_font().color(&theme.ink).pos(Pos::new(HPos::Right, VPos::Center));
    let number = style.clone().pos(Pos::new(HPos::Left, VPos::Center));
    let draw = |element: &dyn Fn() -> Result<(), DrawingAreaErrorKind<_>>| element().map_err(|error| error.to_string());
    for (place, (name, got, share)) in bars.iter().enumerate() {
        let Range { start, end } = 6.0 + row * place as f64..6.0 + row * (place + 1) as f64 - 3.0;
        let middle = ((start + end) / 2.0) as i32;
        let bar = Rectangle::new([(x(0.0), start as i32), (x(*got), end as i32)], theme.lines[0].filled());
        let mark =
            PathElement::new(vec![(x(*share), start as i32), (x(*share), end as i32)], theme.ink.stroke_width(2));
        draw(&|| area.draw(&bar))?;
        draw(&|| area.draw(&mark))?;
        draw(&|| area.draw(&Text::new(name.clone(), (left as i32 - 6, middle), style.clone())))?;
        let at = x(got.max(*share)) + 6;
        draw(&|| area.draw(&Text::new(short(*got), (at, middle), number.clone())))?;
    }
    Ok(())
}

/// A time since the start as people say it.
fn time(hours: f64) -> String {
    let seconds = (hours * 3_600.0).round() as u64;
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (hours, minutes, 0) => format!("{hours}:{minutes:02}"),
        (hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// A number with as many digits as fit an axis.
fn short(value: f64) -> String {
    match value {
        value if value >= 10_000_000.0 => format!("{:.0}M", value / 1e6),
        value if value >= 1_000_000.0 => format!("{:.1}M", value / 1e6),
        value if value >= 10_000.0 => format!("{:.0}k", value / 1e3),
        value if value >= 1_000.0 => format!("{:.1}k", value / 1e3),
        value if value >= 10.0 || value == value.trunc() => format!("{value:.0}"),
        value => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::theme::LIGHT;

    fn chart(shown: Shown) -> String {
        Chart { title: "points left".into(), unit: "points".into(), shown }.svg(&LIGHT).unwrap()
    }

    #[test]
    fn each_line_is_drawn_in_its_colour_and_the_first_on_top() {
        let line = |name: &str, value| Line { name: name.into(), points: vec![(0.0, 0.0), (1.0, value)] };
        let svg = chart(Shown::Lines(vec![line("a", 5.0), line("b", 9.0)]));
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{svg}");
        let at = |place: usize| {
            let RGBColor(r, g, b) = LIGHT.lines[place];
            svg.find(&format!("stroke=\"#{r:02X}{g:02X}{b:02X}\"")).unwrap_or_else(|| panic!("no line {place}: {svg}"))
        };
        assert!(at(0) > at(1));
    }

    #[test]
    fn nothing_and_names_with_markup_make_a_chart_too() {
        assert!(chart(Shown::Lines(Vec::new())).contains("</svg>"));
        let svg = chart(Shown::Bars(vec![("<b>&".into(), 0.0, 0.0), ("t".into(), 3.0, 5.0)]));
        assert!(svg.contains("&lt;b&gt;&amp;") && !svg.contains("<b>"), "{svg}");
    }

    #[test]
    fn times_and_numbers_are_short() {
        assert_eq!([0.0, 0.5, 1.5, 26.0, 1.0 / 3_600.0].map(time), ["0 s", "30 min", "1:30", "26:00", "1 s"]);
        assert_eq!([0.0, 0.25, 12.4, 1_500.0, 65_000.0, 3e6].map(short), ["0", "0.25", "12", "1.5k", "65k", "3.0M"]);
    }
}
