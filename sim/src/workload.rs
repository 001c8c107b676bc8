//! The operations of a scenario, and back from an operation to the job it belongs to.

use crate::scenario::{Scenario, Work};
use headroom_model::operation::{Context, Invocation, Operation, Request, Trigger};
use headroom_model::rng::SplitMix64;
use headroom_model::time::Instant;

/// One piece of the work, numbered from 0 in the order of its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u32);

/// The tenant whose pages are read.
const TENANT: &str = "docs";
/// Ids of pages begin here, so that they all have six digits or more, as in the documentation's example.
const FIRST_PAGE: u64 = 100_000;
/// Path of a page without its id: 2 points. Source: Confluence rate limiting page of 2025-12-12, "Simple page fetch".
const PAGE: &str = "/wiki/rest/api/content/";
/// The function of RFC 130's sample.
const FUNCTION: &str = "getText";

impl Scenario {
    /// How many jobs there are; they are numbered from 0.
    #[must_use]
    pub const fn jobs(&self) -> u32 {
        match self.work {
            Work::Pages { count, .. } => count,
            Work::Invocations { users, .. } => users,
        }
    }

    /// What this job asks of the server.
    #[must_use]
    pub fn operation(&self, job: JobId) -> Operation {
        match self.work {
            Work::Pages { .. } => {
                Operation::Rest(Request::get(TENANT, format!("{PAGE}{}", FIRST_PAGE + u64::from(job.0))))
            }
            Work::Invocations { .. } => Operation::Invoke(Invocation {
                function_key: FUNCTION.into(),
                payload: format!(r#"{{"example":"my-invoke-variable","job":{}}}"#, job.0),
                context: Context {
                    installation: "installation-1".into(),
                    account: Some(format!("user-{}", job.0)),
                    environment: "production".into(),
                    trigger: Trigger::Ui,
                },
            }),
        }
    }

    /// The job that this operation belongs to: by the page's id, or by the field `job` of the payload. None if it asks
    /// for something else or for someone else than that job; header fields may have been added on the way.
    #[must_use]
    pub fn job_of(&self, operation: &Operation) -> Option<JobId> {
        let number = match operation {
            Operation::Rest(request) => {
                request.path.strip_prefix(PAGE)?.parse::<u64>().ok()?.checked_sub(FIRST_PAGE)?
            }
            Operation::Invoke(invocation) => {
                serde_json::from_str::<serde_json::Value>(&invocation.payload).ok()?.get("job")?.as_u64()?
            }
        };
        let job = u32::try_from(number).ok().filter(|job| *job < self.jobs()).map(JobId)?;
        let is_same = match (self.operation(job), operation) {
            (Operation::Rest(mine), Operation::Rest(other)) => {
                mine.tenant == other.tenant && mine.method == other.method && mine.path == other.path
            }
            (Operation::Invoke(mine), Operation::Invoke(other)) => {
                mine.context == other.context && mine.function_key == other.function_key
            }
            _ => false,
        };
        is_same.then_some(job)
    }

    /// When each job is there to be started, in the order of the jobs; none where a worker must be free first.
    pub(crate) fn arrivals(&self, seed: u64) -> Option<Vec<Instant>> {
        let Work::Invocations { users, arrive_over } = self.work else { return None };
        let mut rng = SplitMix64::new(seed);
        // The last millisecond of the span belongs to the next one.
        let mut arrivals: Vec<_> = (0..users).map(|_| Instant(self.start.0 + rng.up_to(arrive_over.0 - 1))).collect();
        arrivals.sort_unstable();
        Some(arrivals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use headroom_model::points::{Cost, price};
    use proptest::prelude::*;

    fn both() -> [Scenario; 2] {
        ["page-sync", "rush"].map(|name| Scenario::builtin(name).unwrap())
    }

    #[test]
    fn a_page_costs_two_points() {
        let Operation::Rest(request) = both()[0].operation(JobId(23_456)) else { panic!("a page is read by REST") };
        assert_eq!(request.path, "/wiki/rest/api/content/123456");
        assert_eq!(price(&request.method, &request.path), Cost::exactly(2));
    }

    #[test]
    fn what_is_no_operation_of_the_scenario_has_no_job() {
        let [pages, rush] = both();
        assert_eq!(pages.job_of(&rush.operation(JobId(1))), None);
        for path in ["/wiki/rest/api/content/99999", "/wiki/rest/api/content/140000", "/wiki/rest/api/content/x", "/"] {
            assert_eq!(pages.job_of(&Operation::Rest(Request::get("docs", path))), None, "{path}");
        }
        assert_eq!(pages.job_of(&Operation::Rest(Request::get("other", "/wiki/rest/api/content/100001"))), None);
        let Operation::Invoke(mut stolen) = rush.operation(JobId(1)) else { panic!("a rush invokes") };
        stolen.context.account = Some("user-2".into());
        assert_eq!(rush.job_of(&Operation::Invoke(stolen)), None);
    }

    #[test]
    fn all_users_come_within_the_span_and_in_order() {
        let [pages, rush] = both();
        assert_eq!(pages.arrivals(1), None);
        let arrivals = rush.arrivals(1).unwrap();
        assert!(arrivals.is_sorted() && arrivals.len() == 7_000);
        assert!(arrivals.iter().all(|at| at.since(rush.start).0 < 1_000 && *at >= rush.start));
    }

    proptest! {
        #[test]
        fn the_job_of_an_operation_is_the_job_it_was_made_for(job in 0_u32..7_000) {
            for scenario in both() {
                prop_assert_eq!(scenario.job_of(&scenario.operation(JobId(job))), Some(JobId(job)));
            }
        }
    }
}
