//! Every answer that the vectors hold, as the answer to the first attempt of a call.

use crate::SEEDS;
use crate::drive::{Case, Event, in_planner, on_core};
use crate::embed::Compiled;
use headroom_host::PlannerComponent;
use headroom_host::types::Ending;
use headroom_model::capture;
use headroom_model::operation::{Answer, Context, Invocation, Operation, Request, Trigger};
use headroom_model::refusal;
use headroom_model::time::Instant;
use headroom_tests::{component, root};
use toml::Value;

/// 2026-02-02T12:20:00Z, for answers that do not tell the time.
const LUNCH: Instant = Instant(1_770_034_800_000);

/// Name, answer and arrival of each vector that holds an answer.
fn answers() -> Vec<(String, Answer, Instant)> {
    let folder = std::fs::read_dir(root().join("tests/vectors")).expect("the vectors are in the repository");
    let mut files: Vec<_> = folder.map(|file| file.expect("the folder can be read").path()).collect();
    files.sort();
    let tables = files.into_iter().flat_map(|file| {
        let text = std::fs::read_to_string(file).expect("vectors can be read");
        let file: Value = toml::from_str(&text).expect("vectors are TOML");
        file["vector"].as_array().expect("each file has vectors").clone()
    });
    tables.filter_map(|vector| answer(&vector)).collect()
}

fn answer(vector: &Value) -> Option<(String, Answer, Instant)> {
    let answer = capture::read(vector.get("stdin")?.as_str()?.as_bytes()).ok()?.answer;
    let mut args = vector["args"].as_array()?.iter().filter_map(Value::as_str);
    let told = args.find(|arg| *arg == "--now").and_then(|_| Instant::parse_iso(args.next()?));
    let now = told.or(refusal::read(&answer).date).unwrap_or(LUNCH);
    Some((vector["name"].as_str()?.to_owned(), answer, now))
}

/// One of each kind that limits tell apart. Any of them may get any answer: nothing keeps a proxy from giving it.
fn operations() -> Vec<Operation> {
    let rest =
        |method: &str, path: &str| Operation::Rest(Request { method: method.to_owned(), ..Request::get("docs", path) });
    let invocation = Invocation {
        function_key: "getText".to_owned(),
        payload: "{}".to_owned(),
        context: Context {
            installation: "site".to_owned(),
            account: Some("someone".to_owned()),
            environment: "production".to_owned(),
            trigger: Trigger::Ui,
        },
    };
    vec![
        rest("GET", "/wiki/rest/api/content/123456"),
        rest("POST", "/rest/api/3/issue/KEY-1/comment"),
        rest("PUT", "/rest/api/3/issue/KEY-1"),
        rest("POST", "/graphql"),
        Operation::Invoke(invocation),
    ]
}

/// Every call, with every answer, in a UI and elsewhere, by every seed.
fn cases() -> Vec<(String, Case)> {
    let (operations, mut cases) = (operations(), Vec::new());
    for (name, answer, begin) in answers() {
        for operation in &operations {
            for (is_in_ui, seed) in [false, true].into_iter().flat_map(|ui| SEEDS.map(|seed| (ui, seed))) {
                let (operation, answer) = (operation.clone(), answer.clone());
                cases.push((name.clone(), Case { operation, is_in_ui, answer, begin, seed }));
            }
        }
    }
    cases
}

#[test]
fn each_answer_of_the_vectors_leads_all_three_through_the_same_steps() {
    let cases = cases();
    assert!(cases.len() >= 60 * 5 * 6, "the vectors have shrunk to {} cases", cases.len());
    let planner = PlannerComponent::new(&component("planner")).expect("the planner compiles");
    let client = Compiled::new(&component("client"));
    let mut seen = Seen::default();
    for (name, case) in &cases {
        let want = on_core(case);
        seen.count(&want);
        assert_eq!(in_planner(case, &planner), want, "planner, {name}: {case:?}");
        let want: Vec<_> = want.into_iter().filter(|event| !matches!(event, Event::Waits(_))).collect();
        assert_eq!(client.run(case), want, "client, {name}: {case:?}");
    }
    assert!(seen.waits.min(seen.successes).min(seen.deferrals).min(seen.refusals).min(seen.failures) > 0, "{seen:?}");
}

/// What happened at all: alike is little where nothing happens.
#[derive(Debug, Default)]
struct Seen {
    waits: u32,
    successes: u32,
    deferrals: u32,
    refusals: u32,
    failures: u32,
}

impl Seen {
    fn count(&mut self, events: &[Event]) {
        for event in events {
            *match event {
                Event::Sends { .. } => continue,
                Event::Waits(_) => &mut self.waits,
                Event::Ends { outcome, .. } => match outcome.ending {
                    Ending::Success(_) => &mut self.successes,
                    Ending::Deferred(_) => &mut self.deferrals,
                    Ending::Refused(_) => &mut self.refusals,
                    Ending::Failed(_) => &mut self.failures,
                },
            } += 1;
        }
    }
}
