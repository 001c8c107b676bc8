//! The scoreboard that is checked in is that of today, and says of each target that is not reached why.

use headroom_cli::unsaid;
use headroom_tests::{component_path, program, root};
use std::process::Command;

/// Every scenario with every client; `BLESS=1` writes what is so now. What no reason is given for fails even then.
#[test]
fn the_scoreboard_is_of_today_and_explains_what_is_not_reached() {
    let mut run = Command::new(program());
    run.arg("scoreboard").arg("--component").arg(component_path("client"));
    let output = run.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let now = String::from_utf8(output.stdout).expect("it prints text");
    let file = root().join("docs/scoreboard.md");
    if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&file, &now).expect("the scoreboard can be written");
    }
    let before = std::fs::read_to_string(&file).unwrap_or_default();
    let differing: Vec<_> = before.lines().zip(now.lines()).filter(|(before, now)| before != now).collect();
    assert!(
        before == now,
        "docs/scoreboard.md is not of today in {} lines, first at {:#?}: look, then run with BLESS=1",
        differing.len(),
        differing.first()
    );
    let unsaid: Vec<_> = now
        .lines()
        .filter(|line| [unsaid::MISSING, unsaid::NEEDLESS].iter().any(|words| line.contains(words)))
        .collect();
    assert!(unsaid.is_empty(), "set right in cli/src/scoreboard/reasons.rs:\n{}", unsaid.join("\n"));
}
