//! Reading what test runners print, and the sum.

use std::fmt;
use std::ops::AddAssign;

/// Whose output is read.
#[derive(Clone, Copy, Debug)]
pub enum Runner {
    /// `cargo test`: one closing line per test program and per crate with doctests.
    Cargo,
    /// `node --test`: one closing line per figure, after `#` or `ℹ` depending on its reporter.
    Node,
}

/// How many tests ended which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Did what they claim.
    pub passed: u64,
    /// Did not.
    pub failed: u64,
    /// Were not run.
    pub skipped: u64,
}

impl Tally {
    /// One that passed.
    pub const PASSED: Self = Self { passed: 1, failed: 0, skipped: 0 };
    /// One that failed.
    pub const FAILED: Self = Self { passed: 0, failed: 1, skipped: 0 };
    /// One that could not run.
    pub const SKIPPED: Self = Self { passed: 0, failed: 0, skipped: 1 };

    /// Adds what a line of output reports, if it reports anything.
    pub fn read(&mut self, runner: Runner, line: &str) {
        let line = without_colour(line);
        match runner {
            Runner::Cargo => self.read_cargo(&line),
            Runner::Node => self.read_node(&line),
        }
    }

    fn read_cargo(&mut self, line: &str) {
        let Some((_verdict, figures)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        for figure in figures.split(';') {
            if let Some((count, what)) = figure.trim().split_once(' ') {
                self.count(what, count);
            }
        }
    }

    fn read_node(&mut self, line: &str) {
        let figure = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ "));
        if let Some((what, count)) = figure.and_then(|figure| figure.trim_end().split_once(' ')) {
            self.count(what, count);
        }
    }

    fn count(&mut self, what: &str, count: &str) {
        let Ok(count) = count.parse::<u64>() else { return };
        match what {
            "passed" | "pass" => self.passed += count,
            "failed" | "fail" | "cancelled" => self.failed += count,
            "ignored" | "skipped" | "todo" => self.skipped += count,
            _ => {}
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

/// A line without terminal escapes of the kind that set colours: ESC, `[`, parameters, a letter.
fn without_colour(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line.trim_end_matches(['\r', '\n']);
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain += before;
        rest = after.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
        rest = rest.get(1..).unwrap_or("");
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(runner: Runner, output: &str) -> Tally {
        let mut tally = Tally::default();
        output.lines().for_each(|line| tally.read(runner, line));
        tally
    }

    #[test]
    fn cargo_test_programs_and_doctests_add_up() {
        let output = "\
running 3 tests
test law ... ok
test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
test result: FAILED. 4 passed; 2 failed; 0 ignored; 7 measured; 9 filtered out; finished in 1.20s
   Doc-tests headroom_model
test result: \u{1b}[32mok\u{1b}(B\u{1b}[m. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s
";
        assert_eq!(read(Runner::Cargo, output), Tally { passed: 11, failed: 2, skipped: 1 });
    }

    #[test]
    fn both_reporters_of_node_are_understood() {
        let tap =
            "# tests 9\n# suites 1\n# pass 4\n# fail 1\n# cancelled 1\n# skipped 2\n# todo 1\n# duration_ms 60.5\n";
        let expected = Tally { passed: 4, failed: 2, skipped: 3 };
        assert_eq!(read(Runner::Node, tap), expected);
        assert_eq!(read(Runner::Node, &tap.replace("# ", "ℹ ")), expected);
        assert_eq!(read(Runner::Node, &tap.replace("# ", "\u{1b}[34mℹ ").replace('\n', "\u{1b}[39m\r\n")), expected);
    }

    #[test]
    fn a_line_that_only_looks_like_a_figure_counts_for_nothing() {
        let output =
            "    # pass 4\n# pass\n# pass four\n# Subtest: pass 4\nthe test result: ok. 1 passed\ntest result: ok\n";
        assert_eq!(read(Runner::Node, output), Tally::default());
        assert_eq!(read(Runner::Cargo, output), Tally::default());
    }

    #[test]
    fn skipped_is_named_only_where_something_was() {
        assert_eq!(Tally { passed: 3, failed: 0, skipped: 0 }.to_string(), "3 passed, 0 failed");
        assert_eq!(Tally { passed: 3, failed: 1, skipped: 2 }.to_string(), "3 passed, 1 failed, 2 skipped");
    }
}
