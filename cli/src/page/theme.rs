//! Colours for light and dark surroundings. The lines are Okabe and Ito's palette, which people who see few colours can
//! tell apart (Color Universal Design, 2008); on dark ground blue and black are lighter.

use plotters::style::RGBColor;

/// How many lines have a colour of their own; more begin anew.
pub const LINES: usize = 7;

/// The colours of a chart.
pub struct Theme {
    /// Its name in the page's style sheet.
    pub name: &'static str,
    /// Letters.
    pub ink: RGBColor,
    /// The grid.
    pub grid: RGBColor,
    /// Lines in the order of the legend.
    pub lines: [RGBColor; LINES],
}

/// On white.
pub const LIGHT: Theme = Theme {
    name: "light",
    ink: RGBColor(60, 66, 77),
    grid: RGBColor(221, 225, 230),
    lines: [
        RGBColor(0, 114, 178),
        RGBColor(213, 94, 0),
        RGBColor(0, 158, 115),
        RGBColor(204, 121, 167),
        RGBColor(230, 159, 0),
        RGBColor(86, 180, 233),
        RGBColor(110, 110, 110),
    ],
};

/// On dark grey.
pub const DARK: Theme = Theme {
    name: "dark",
    ink: RGBColor(190, 196, 206),
    grid: RGBColor(58, 64, 74),
    lines: [
        RGBColor(86, 180, 233),
        RGBColor(230, 120, 40),
        RGBColor(40, 190, 145),
        RGBColor(220, 145, 185),
        RGBColor(240, 180, 50),
        RGBColor(120, 140, 240),
        RGBColor(160, 160, 160),
    ],
};

/// As a style sheet writes it.
pub fn css(RGBColor(red, green, blue): RGBColor) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}
