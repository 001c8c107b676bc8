//! No client beats the bound, whatever limits hold: many small scenarios, run by the real server.

use super::*;
use crate::report::Report;
use crate::run::run;
use crate::strategy::{self, Move, Strategy};
use crate::workload::CallOptions;
use headroom_model::headers::Signals;
use headroom_model::operation::Operation;
use headroom_model::rng::SplitMix64;
use headroom_model::when::When;

/// Asks again when it was told to, or in a second: it loses nothing, and stays close to the bound.
struct Prompt;

impl Strategy for Prompt {
    fn name(&self) -> &'static str {
        "prompt"
    }

    fn start(&mut self, _: JobId, _: &Operation, _: &CallOptions, _: Instant) -> Move {
        Move::Send
    }

    fn answered(&mut self, _: JobId, attempt: u32, answer: &Answer, now: Instant) -> Move {
        let signals = match answer {
            Answer::Response(response) if response.status == 429 => Signals::read(&response.headers),
            Answer::Rejected(_) => Signals::default(),
            Answer::Response(response) if is_error(&response.body) => Signals::read(&response.headers),
            _ => return Move::Finish(Ending::Done),
        };
        // Some calls cost more than there ever is.
        if attempt > 300 {
            return Move::Finish(Ending::Lost);
        }
        let delay = match signals.enforced.retry_after {
            Some(When::After(delay)) => delay.max(Millis(100)),
            // Bitbucket names no instant, and what it counts is an hour long.
            _ => {
                if attempt < 20 {
                    Millis(900)
                } else {
                    Millis(60_000)
                }
            }
        };
        Move::WaitUntil(now + delay)
    }

    fn woke(&mut self, _: JobId, _: Instant) -> Move {
        Move::Send
    }
}

/// GraphQL refuses with status 200.
fn is_error(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).contains("POINTS_RATE_LIMITED")
}

struct Dice(SplitMix64);

impl Dice {
    fn draw(&mut self, low: u64, high: u64) -> u64 {
        low + self.0.up_to(high - low)
    }

    /// About half of these lines, their numbers drawn.
    fn some(&mut self, lines: &[(&str, u64, u64)]) -> String {
        let mut text = String::new();
        for (line, low, high) in lines {
            if self.draw(0, 1) == 0 {
                for (at, part) in line.split('#').enumerate() {
                    let number = if at == 0 { String::new() } else { self.draw(*low, *high).to_string() };
                    text += &(number + part);
                }
                text.push('\n');
            }
        }
        text
    }

    fn scenario(&mut self) -> Scenario {
        let product = ["confluence", "jira", "bitbucket", "github", "data-center"][self.draw(0, 4) as usize];
        let quota = match self.draw(0, 3) {
            0 => String::new(),
            1 => format!("quota = {{ points = {}, refill = \"15 s\" }}\n", self.draw(20, 90)),
            2 => format!(
                "quota = {{ points = {}, used_points = {}, per_user_cap = {}, scope = \"tenant\" }}\n",
                self.draw(30, 90),
                self.draw(0, 90),
                self.draw(20, 60)
            ),
            _ => format!(
                "quota = {{ points = {}, changes = [{{ after = \"{} s\", points = {} }}, {{ after = \"{} s\", points = {} }}] }}\n",
                self.draw(30, 90),
                self.draw(0, 9),
                self.draw(30, 90),
                self.draw(5, 20),
                self.draw(30, 90)
            ),
        };
        let limits = self.some(&[
            ("burst = { per_second = #, capacity = # }", 1, 8),
            ("burst.guarded = { per_second = #, capacity = # }", 1, 4),
            ("per_issue_writes = true", 0, 0),
            ("concurrency = { most = # }", 1, 5),
            ("tunnel = { per_minute = # }", 2, 9),
            ("api_token = { hourly_cost = #, per_second = 3 }", 30, 90),
            ("storage = { per_second = # }", 1, 4),
            ("requests = { per_hour = #, anonymous_per_hour = 9, capacity = 4, fill = 2, interval_secs = 3 }", 9, 40),
            ("switches = { forgiveness = # }", 0, 90),
        ]);
        // A table of its own cannot add to one that is not there.
        let limits = match limits.contains("burst = ") {
            true => limits.replace("burst.guarded", "# burst.guarded"),
            false => limits,
        };
        let invocations = [
            "profile = \"forge-current\"",
            "formula = { base = 9, per_user = 0, users = 1 }, per_user_cap = 4",
            "formula = { base = 9, per_user = 0, users = 1 }, refill = \"15 s\"",
        ][self.draw(0, 2) as usize];
        let (nodes, workers) = (self.draw(1, 3), self.draw(1, 9));
        let works = self.works(workers);
        let text = format!(
            "name = \"t\"\nabout = \"t\"\nstart = \"2026-02-02T12:59:5{}Z\"\nround_trip = \"{} ms\"\n\
             [server]\nproduct = \"{product}\"\n{quota}{limits}invocations = {{ {invocations} }}\ngateway = {{ every = 1_000 }}\n\
             [fleet]\nnodes = {nodes}\n{works}",
            self.draw(0, 9),
            self.draw(1, 120)
        );
        Scenario::parse("test", &text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    fn works(&mut self, workers: u64) -> String {
        let kinds = [
            "request = \"GET /wiki/rest/api/content/{n}\"",
            "request = \"PUT /rest/api/3/issue/KEY-1\"\nusers = 3",
            "request = \"GET /wiki/rest/api/search\"\nauth = \"api-token\"\naccount = \"bot\"\nobjects = { least = 0, most = 9 }",
            "graphql = \"{ pages { nodes { id } } }\"\ntenants = 2\nobjects = 3",
            "request = \"POST /forge/storage/kvs/v1/get\"",
            "request = \"GET /wiki/api/v2/pages/{n}\"\nauth = \"anonymous\"\nkeep_alive = false",
            "invoke = \"f\"\ntrigger = \"ui\"\nusers = 2",
        ];
        let mut text = String::new();
        for at in 0..self.draw(1, 2) {
            let arrive = match self.draw(0, 2) {
                0 => "\"at_once\"".to_owned(),
                1 => format!("{{ within = \"{} s\" }}", self.draw(1, 20)),
                _ => format!("{{ backlog = {{ workers = {workers} }} }}"),
            };
            let (kind, count) = (kinds[self.draw(0, 6) as usize], self.draw(1, 60));
            text += &format!("[[work]]\nname = \"w{at}\"\n{kind}\ncount = {count}\narrive = {arrive}\n");
            if self.draw(0, 3) == 0 {
                let (kind, times) = (kinds[self.draw(0, 6) as usize], self.draw(1, 3));
                text += &format!("[[work]]\nname = \"f{at}\"\n{kind}\nafter = \"w{at}\"\ntimes = {times}\n");
            }
        }
        text
    }
}

fn report(scenario: &Scenario, name: Option<&str>, seed: u64) -> Result<Report, RunError> {
    let mut make = |node| match name {
        Some(name) => strategy::builtin(name, seed ^ u64::from(node)).unwrap(),
        None => Box::new(Prompt),
    };
    run(scenario, &mut make, seed, None)
}

#[test]
fn no_client_beats_the_bound_or_the_optimum_at_a_reset_and_a_prompt_one_comes_close() {
    const SCENARIOS: u64 = 300;
    let (mut dice, mut done, mut close) = (Dice(SplitMix64::new(20_261_122)), 0, 0);
    for seed in 0..SCENARIOS {
        let scenario = dice.scenario();
        for name in [None, Some(strategy::NAMES[dice.draw(0, 7) as usize])] {
            // Some clients ask for what is never admitted until the run is stopped.
            let Ok(report) = report(&scenario, name, seed) else { continue };
            assert!(report.utilisation.is_none_or(|used| used <= 1.0), "{scenario:?}: {report:?}");
            if report.ratio.is_none() {
                continue;
            }
            assert!(report.finish_ms >= report.bound_ms, "{scenario:?}: {report:?}");
            // It is told whole seconds, once for the burst and once for an hour.
            let is_close = report.finish_ms <= report.bound_ms + report.bound_ms / 10 + 2_000;
            done += u64::from(name.is_none());
            close += u64::from(name.is_none() && is_close);
        }
    }
    println!("of {SCENARIOS} scenarios a prompt client does all in {done}, close to the bound in {close}");
    assert!(done * 10 >= SCENARIOS * 9 && close * 2 >= SCENARIOS, "{done} done, {close} close");
}
