//! How far a long run has come, on standard error.

use crate::table;
use headroom_sim::world::{Observer, Progress};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::{Duration, Instant};

/// A run that is over sooner shows nothing.
const PATIENCE: Duration = Duration::from_millis(500);

/// A bar that appears when a run takes longer than half a second, and only if standard error is a terminal: indicatif
/// sees to it. The observer moves it.
pub fn bar(scenario: &str, client: &str) -> (ProgressBar, Observer) {
    let (bar, began) = (ProgressBar::with_draw_target(Some(1_000), ProgressDrawTarget::hidden()), Instant::now());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {msg}") {
        bar.set_style(style);
    }
    let (moved, what) = (bar.clone(), format!("{scenario}: {client}"));
    let mut is_shown = false;
    let observer = move |progress: &Progress| {
        if began.elapsed() < PATIENCE {
            return;
        }
        if !is_shown {
            moved.set_draw_target(ProgressDrawTarget::stderr());
            is_shown = true;
        }
        moved.set_message(format!("{}, {what}", words(progress)));
        moved.set_position(progress.per_mille());
    };
    (bar, Box::new(observer))
}

fn words(progress: &Progress) -> String {
    let Progress { passed, span, ended, jobs } = *progress;
    let clock = |ms: u64| table::clock(ms - ms % 1_000).trim_end_matches(".000").to_owned();
    let (ended, jobs) = (table::number(ended.into()), table::number(jobs.into()));
    format!("{} of {}, {ended} of {jobs} calls", clock(passed.0), clock(span.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use headroom_model::time::{HOUR, Millis};

    #[test]
    fn the_words_are_virtual_time_and_calls() {
        let progress = Progress { passed: Millis(3_723_456), span: HOUR.times(24), ended: 1_234, jobs: 3_000_000 };
        assert_eq!(words(&progress), "1:02:03 of 24:00:00, 1,234 of 3,000,000 calls");
    }

    #[test]
    fn a_run_that_is_over_soon_shows_nothing() {
        let (bar, mut observer) = bar("rush", "none");
        observer(&Progress { passed: HOUR, span: HOUR, ended: 1, jobs: 1 });
        assert!(bar.is_hidden() && bar.position() == 0);
    }
}
