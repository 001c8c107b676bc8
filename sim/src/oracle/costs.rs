//! What the jobs of a scenario cost, asked of the server itself.

use crate::scenario::{AuthKind, Scenario};
use crate::server::spec::{QuotaSpec, Switches};
use crate::server::{Arrival, Auth, Sender, Server, ServerSpec, Verdict};
use crate::value::Whole;
use crate::workload::{JobId, Line, Workload};
use headroom_model::operation::Operation;
use std::collections::BTreeMap;

/// How many requests there are of each cost in points. Those of one work differ by the objects in their answers only.
pub(super) fn costs(scenario: &Scenario, work: &Workload) -> BTreeMap<u32, u64> {
    let mut costs = BTreeMap::new();
    for line in work.lines().iter().filter(|line| line.count > 0 && line.spec.invoke.is_none()) {
        for (objects, count) in by_objects(work, line) {
            *costs.entry(cost(scenario, work, line, objects)).or_default() += count;
        }
    }
    costs
}

/// How many jobs of a work have answers with so many objects.
fn by_objects(work: &Workload, line: &Line) -> BTreeMap<u32, u64> {
    let objects = line.spec.objects;
    if objects.least == objects.most {
        return BTreeMap::from([(objects.least, u64::from(line.count))]);
    }
    let mut counts = BTreeMap::new();
    for job in (line.first..line.first + line.count).map(JobId) {
        *counts.entry(work.draw(job).objects).or_default() += 1;
    }
    counts
}

/// What a server without any other limit charges.
fn cost(scenario: &Scenario, work: &Workload, line: &Line, objects: u32) -> u32 {
    let operation: Operation = work.operation(JobId(line.first));
    let auth = match line.spec.auth {
        AuthKind::App => Auth::App { copy: 0 },
        AuthKind::ApiToken => Auth::ApiToken,
        AuthKind::Anonymous => Auth::Anonymous,
    };
    let sender = Sender { node: 0, account: None, auth, is_frontend: line.spec.frontend, is_new_connection: false };
    let spec = ServerSpec {
        product: scenario.server.product,
        quota: scenario
            .server
            .quota
            .is_some()
            .then(|| QuotaSpec { points: Some(Whole::of(10_000_000)), ..QuotaSpec::default() }),
        switches: Switches { frontend_exempt: scenario.server.switches.frontend_exempt, ..Switches::default() },
        ..ServerSpec::default()
    };
    let decision = Server::new(&spec, scenario.start, 0)
        .answer(&Arrival { operation: &operation, sender, objects }, scenario.start);
    if let Verdict::Admitted { points } = decision.verdict { points } else { 0 }
}
