//! The pages that the program writes, opened in a browser, light and dark.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::layout::Layout;
use crate::process;

/// Chromium by the names that it goes by.
const PROGRAMS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// Pages, and what writes them: with clients that need no component.
const PAGES: [(&str, &str); 2] = [
    ("simulate", "simulate page-sync --strategy headroom-native --strategy none"),
    ("scoreboard", "scoreboard --scenario svg-macro --scenario rush --strategy headroom-native --strategy none"),
];
/// Themes, and what makes Chromium prefer them.
const THEMES: [(&str, &[&str]); 2] =
    [("light", &["--window-size=1280,900"]), ("dark", &["--window-size=1280,900", "--force-dark-mode"])];
/// Added to a page, which itself has no script: what only the browser knows, in the order that [`seen`] reads.
const PROBE: &str = "<script>{const root = document.documentElement, charts = [...document.querySelectorAll('svg')],
shown = charts.filter(chart => chart.getBoundingClientRect().width > 0);
root.dataset.seen = [root.scrollWidth, root.clientWidth, shown.length, charts.length,
[...new Set(shown.map(chart => chart.parentElement.className))]].join(' ')}</script>";

/// Why no page can be looked at, if so. Chromium's packages are too large to be fetched unasked.
pub fn obstacle() -> Option<String> {
    let is_missing = PROGRAMS.iter().all(|program| process::find(program).is_none());
    is_missing.then(|| "there is no Chromium on PATH; `apt-get install chromium`, then retry".to_owned())
}

/// Writes each page and looks at it. Pictures of them stay in `browser/` of the target folder.
pub fn check(layout: &Layout) -> Result<()> {
    let browser = program()?;
    let program = layout.target.join("debug").join(format!("headroom{}", std::env::consts::EXE_SUFFIX));
    let dir = layout.target.join("browser");
    fs::create_dir_all(&dir).with_context(|| format!("cannot create `{}`", dir.display()))?;
    for (name, arguments) in PAGES {
        let page = dir.join(format!("{name}.html"));
        let json =
            process::output(Command::new(&program).args(arguments.split(' ')).arg("--json").arg("--html").arg(&page))?;
        let want = figures(&json).with_context(|| format!("`headroom {arguments} --json` printed something else"))?;
        fs::write(&page, fs::read_to_string(&page)? + PROBE)?;
        for theme in THEMES {
            look(&browser, &page, theme, &want).with_context(|| format!("`{name}.html`, {}", theme.0))?;
        }
    }
    Ok(())
}

/// Opens a page and takes a picture of it.
fn look(browser: &Path, page: &Path, (theme, options): (&str, &[&str]), want: &[String]) -> Result<()> {
    let picture = page.with_extension(format!("{theme}.png"));
    let seen_page = open(browser, page.as_os_str(), &picture, options)?;
    if let Some(line) = seen_page.complaint {
        bail!("the console says `{line}`");
    }
    seen(&seen_page.dom, theme)?;
    let text = text(&seen_page.dom);
    if let Some(missing) = want.iter().find(|figures| !text.contains(figures.as_str())) {
        bail!("the page does not say `{missing}`, as the JSON does");
    }
    Ok(())
}

/// What a browser made of a page.
pub struct Seen {
    /// The document after its programs have run.
    pub dom: String,
    /// The first line of the console, if there is one.
    pub complaint: Option<String>,
}

/// The browser, if there is one on PATH.
pub fn program() -> Result<PathBuf> {
    PROGRAMS.into_iter().find_map(process::find).context("there is no Chromium on PATH")
}

/// Opens a file or an address and takes a picture of it.
pub fn open(browser: &Path, page: &OsStr, picture: &Path, options: &[&str]) -> Result<Seen> {
    // That of an earlier run would hide that there is none of this one.
    let _ = fs::remove_file(picture);
    let mut chromium = Command::new(browser);
    // The sandbox does not work as root; the page is ours. A person's own profile is left alone.
    chromium.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--timeout=60000"]);
    chromium.args(["--enable-logging=stderr", "--log-level=0", "--dump-dom"]).args(options);
    chromium.arg(format!("--user-data-dir={}", picture.with_file_name("profile").display()));
    chromium.arg(format!("--screenshot={}", picture.display())).arg(page);
    let output = chromium.stdin(Stdio::null()).output().context("Chromium cannot be run")?;
    ensure!(output.status.success(), "Chromium failed ({})", output.status);
    ensure!(picture.is_file(), "Chromium took no picture");
    let complaint =
        String::from_utf8_lossy(&output.stderr).lines().find(|line| line.contains(":CONSOLE")).map(str::to_owned);
    Ok(Seen { dom: String::from_utf8_lossy(&output.stdout).into_owned(), complaint })
}

/// Whether what the probe left in the page is as it should be.
fn seen(dom: &str, theme: &str) -> Result<()> {
    let told = dom.split_once("data-seen=\"").and_then(|(_, rest)| rest.split_once('"')).map_or("", |(told, _)| told);
    let [width, window, shown, charts, themes] = told.split(' ').collect::<Vec<_>>()[..] else {
        bail!("the page was not loaded");
    };
    let number = |text: &str| text.parse::<u32>().with_context(|| format!("the browser told `{told}`"));
    let (width, window, shown, charts) = (number(width)?, number(window)?, number(shown)?, number(charts)?);
    ensure!(width <= window, "the page is `{width}` px wide and its window `{window}`: it scrolls sideways");
    // Each is there twice, once for each theme.
    ensure!(charts > 0 && charts == shown * 2, "`{shown}` of `{charts}` drawings are shown, instead of half of them");
    ensure!(themes == theme, "the drawings that are shown are `{themes}`");
    Ok(())
}

/// What a page says of each run in this JSON.
fn figures(json: &str) -> Result<Vec<String>> {
    let document: Value = serde_json::from_str(json)?;
    let mut all = Vec::new();
    for run in document["results"].as_array().context("there are no `results`")? {
        let count = |name: &str| run[name].as_u64().map(number).with_context(|| format!("there is no `{name}`"));
        let strategy = run["strategy"].as_str().context("there is no `strategy`")?;
        let counts =
            ["done", "lost", "deferred", "unstarted", "early"].map(count).into_iter().collect::<Result<Vec<_>>>()?;
        all.push(format!("{strategy} {}", counts.join(" ")));
        let refused = run["refused_by"].as_object().context("there is no `refused_by`")?;
        all.extend(refused.iter().filter_map(|(limit, count)| Some(format!("{} by {limit}", number(count.as_u64()?)))));
    }
    ensure!(!all.is_empty(), "there are no runs");
    Ok(all)
}

/// With a comma between thousands.
fn number(number: u64) -> String {
    match number {
        0..1_000 => number.to_string(),
        _ => format!("{},{:03}", self::number(number / 1_000), number % 1_000),
    }
}

/// A page without its markup, one space between words.
pub fn text(dom: &str) -> String {
    let pieces = dom.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
    pieces.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(told: &str, theme: &str) -> String {
        let dom = format!("<html lang=\"en\" data-seen=\"{told}\"><head>");
        seen(&dom, theme).map_or_else(|error| error.to_string(), |()| "ok".to_owned())
    }

    #[test]
    fn what_the_probe_left_is_judged() {
        assert_eq!(told("1280 1280 4 8 light", "light"), "ok");
        assert_eq!(told("1200 1265 4 8 dark", "dark"), "ok");
        assert!(told("1281 1280 4 8 light", "light").contains("sideways"));
        assert!(told("1280 1280 8 8 light,dark", "light").contains("`8` of `8` drawings"));
        assert!(told("1280 1280 0 0 ", "light").contains("`0` of `0` drawings"));
        assert!(told("1280 1280 4 8 light", "dark").contains("shown are `light`"));
        assert!(told("", "dark").contains("not loaded") && told("a b 1 2 dark", "dark").contains("`a b 1 2 dark`"));
    }

    #[test]
    fn figures_of_the_json_are_looked_for_as_a_page_writes_them() {
        let json = r#"{"results":[{"strategy":"none","done":1234567,"lost":1000,"deferred":0,"unstarted":999,
            "early":3,"refused_by":{"burst":31910}}]}"#;
        let want = figures(json).expect("read");
        assert_eq!(want, ["none 1,234,567 1,000 0 999 3", "31,910 by burst"]);
        let page = text("<tr><th scope=\"row\">none</th>\n<td class=\"\">1,234,567</td><td>1,000</td> <td>0</td></tr>");
        assert_eq!(page, "none 1,234,567 1,000 0");
        assert!(figures("{\"results\":[]}").is_err() && figures("{}").is_err() && figures("x").is_err());
    }
}
