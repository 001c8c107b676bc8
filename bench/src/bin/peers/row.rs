//! What the table says of a run.

use crate::run::Outcome;
use serde::{Deserialize, Serialize};

/// One run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    pub scenario: String,
    pub client: String,
    pub setting: String,
    pub jobs: u32,
    pub done: u32,
    pub sent: u64,
    pub admitted: u64,
    pub refused: u64,
    pub early: u64,
    pub finish_ms: u64,
    pub bound_ms: u64,
    pub ratio: Option<f64>,
    pub cut: Option<String>,
    pub crashes: Vec<String>,
}

impl Row {
    /// The row of a run.
    pub fn new(scenario: &str, client: &str, setting: &str, Outcome { report, cut, crashes }: Outcome) -> Self {
        Self {
            scenario: scenario.to_owned(),
            client: client.to_owned(),
            setting: setting.to_owned(),
            jobs: report.done + report.lost + report.deferred + report.unstarted,
            done: report.done,
            sent: report.sent,
            admitted: report.admitted,
            refused: report.refused,
            early: report.early,
            finish_ms: report.finish_ms,
            bound_ms: report.bound_ms,
            ratio: report.ratio,
            cut: cut.map(str::to_owned),
            crashes,
        }
    }

    /// Jobs that were not done, for whatever reason.
    pub const fn lost(&self) -> u32 {
        self.jobs - self.done
    }

    /// Refused for each that was admitted.
    pub fn waste(&self) -> f64 {
        self.refused as f64 / self.admitted.max(1) as f64
    }

    /// Sent for each that was admitted.
    pub fn sent_per_admitted(&self) -> f64 {
        self.sent as f64 / self.admitted.max(1) as f64
    }
}
