//! How far a run has come, for whoever watches it. Watching changes nothing of it.

use super::World;
use headroom_model::time::Millis;

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Virtual time since the start.
    pub passed: Millis,
    /// The scenario's span. A run may last [`super::LONGEST`] longer, and mostly ends before.
    pub span: Millis,
    /// Jobs that have ended or will never begin.
    pub ended: u32,
    /// All jobs.
    pub jobs: u32,
}

/// Is told how far a run has come, every so many events.
pub type Observer = Box<dyn FnMut(&Progress) + Send>;

/// Events from one word to the next: some milliseconds of a run, and nothing against what they take.
const EVENTS_PER_WORD: u64 = 4_096;

impl Progress {
    /// How much of the run is over, in thousandths: of the time or of the jobs, whichever is further.
    #[must_use]
    pub fn per_mille(&self) -> u64 {
        let part = |some: u64, all: u64| some.min(all).saturating_mul(1_000).checked_div(all).unwrap_or(1_000);
        part(self.passed.0, self.span.0).max(part(self.ended.into(), self.jobs.into()))
    }
}

impl World {
    /// Tells `observer` from now on how far the run has come.
    pub fn watch(&mut self, observer: Observer) {
        self.observer = Some(observer);
    }

    pub(super) fn show_progress(&mut self) {
        if let Some(observer) = self.observer.as_mut().filter(|_| self.events.is_multiple_of(EVENTS_PER_WORD)) {
            observer(&Progress {
                passed: self.now.since(self.scenario.start),
                span: self.scenario.span.get(),
                ended: self.ended,
                jobs: self.workload.jobs(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_further_counts_and_all_is_never_more_than_all() {
        let of = |passed, ended| Progress { passed: Millis(passed), span: Millis(200), ended, jobs: 1_000 }.per_mille();
        assert_eq!([of(0, 0), of(100, 7), of(10, 70), of(300, 0), of(0, 1_000)], [0, 500, 70, 1_000, 1_000]);
        assert_eq!(Progress { passed: Millis(0), span: Millis(0), ended: 0, jobs: 0 }.per_mille(), 1_000);
    }
}
