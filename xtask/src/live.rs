//! The live page of `headroom serve`, opened in a browser: light, dark and narrow, and without the token that it asks for.

use std::ffi::OsStr;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::browser::{self, Seen, text};
use crate::layout::Layout;
use crate::process;
use crate::python;
use crate::served::{Served, TOKEN};

/// Views, and what makes Chromium show them.
const VIEWS: [(&str, &[&str]); 3] = [
    ("light", &["--window-size=1280,2400"]),
    ("dark", &["--window-size=1280,2400", "--force-dark-mode"]),
    ("narrow", &["--window-size=390,3600"]),
];
/// The page's own time, in which it has asked for its figures and read the stream.
const TIME: &str = "--virtual-time-budget=5000";
/// Markup in a name, which has to come out as text.
const TENANT: &str = "<img src=x onerror=alert(1)>";
/// What the page says after [`Served::use_up`] and one refused call of [`TENANT`]: from the sums, from a tenant, from the
/// stream of requests.
const WANT: [&str; 6] = [
    "refused 5",
    "points-quota 5",
    "early retries 4",
    "app / acme 0 65,000",
    "GET /wiki/api/v2/pages/100000 acme 200 2 8 1 object",
    "points-quota stops app until 13:00:00",
];

/// Looks at the page. Pictures of it stay in `browser/` of the target folder.
pub fn check(layout: &Layout) -> Result<()> {
    let dir = layout.target.join("browser");
    fs::create_dir_all(&dir).with_context(|| format!("cannot create `{}`", dir.display()))?;
    let program = browser::program()?;
    let look = |served: &Served, view: &str, options: &[&str]| {
        let page = format!("{}/_headroom/", served.url);
        let picture = dir.join(format!("live.{view}.png"));
        browser::open(&program, OsStr::new(&page), &picture, &[options, &[TIME]].concat())
    };
    let served = Served::start(layout, "")?;
    served.use_up()?;
    served.send("GET /wiki/api/v2/pages/100000", "any", TENANT, "")?;
    for (view, options) in VIEWS {
        let seen = look(&served, view, options)?;
        judge(&seen).with_context(|| format!("the live page, {view}"))?;
    }
    let closed = Served::start(layout, TOKEN)?;
    let seen = look(&closed, "closed", VIEWS[0].1)?;
    ensure!(seen.dom.contains("<form id=\"login\">"), "the page does not ask for the token that the server wants");
    ensure!(text(&seen.dom).contains("This server asks for its control token."), "the page does not say what it lacks");
    Ok(())
}

/// Uses the page by keyboard and mouse, and has axe judge how well others than the eye can read it.
pub fn use_it(layout: &Layout) -> Result<()> {
    let tests = layout.root.join("serve/tests/page");
    let python = python::environment(layout, "page", &tests.join("requirements.txt"))?;
    let served = Served::start(layout, TOKEN)?;
    let mut used = Command::new(python);
    // Playwright drives the browser that is there, and is to fetch none.
    used.arg(tests.join("page.py")).arg(browser::program()?).args([&served.url, TOKEN]);
    process::run(&mut used)
}

fn judge(seen: &Seen) -> Result<()> {
    if let Some(line) = &seen.complaint {
        bail!("the console says `{line}`");
    }
    let said = text(&seen.dom);
    if let Some(missing) = WANT.iter().find(|words| !said.contains(**words)) {
        bail!("the page does not say `{missing}`");
    }
    ensure!(!seen.dom.contains("<img"), "a name became markup");
    ensure!(seen.dom.contains("&lt;img src=x"), "a name is not there as text");
    ensure!(seen.dom.contains("<form id=\"login\" hidden"), "the page asks for a token that nobody wants");
    ensure!(seen.dom.contains("<path class=\"c0\""), "the chart has no line");
    Ok(())
}
