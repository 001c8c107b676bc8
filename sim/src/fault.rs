//! What goes wrong between client and server: rules of the scenario, met in their order.

use crate::scenario::{FaultSpec, Scenario, Then};
use crate::value::{Span, Whole};
use crate::workload::child;
use headroom_model::operation::{Answer, Header, Operation, Response};
use headroom_model::rng::SplitMix64;
use headroom_model::time::{Instant, Millis};

/// Rules in their order, with what each has seen.
#[derive(Debug)]
pub struct Faults {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    spec: FaultSpec,
    /// The work it is about, by its number.
    work: Option<usize>,
    /// Calls that its other conditions let through.
    seen: u64,
    rng: SplitMix64,
}

/// A call on its way, as far as rules ask.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The work it belongs to, by its number; one that no scenario has, where there is none.
    pub work: usize,
    /// The tenant that it is on.
    pub tenant: &'a str,
    /// The node that sends it.
    pub node: u32,
    /// What it asks for.
    pub operation: &'a Operation,
    /// Since the scenario's start.
    pub at: Millis,
}

/// What happens to one call.
#[derive(Debug, Default)]
pub struct Met {
    /// Whether the server sees it.
    pub fate: Fate,
    /// Whether the server gets it twice.
    pub is_duplicate: bool,
    /// How much later the answer comes.
    pub late: Millis,
    edits: Vec<Edit>,
    /// The rules that met it.
    pub names: Vec<String>,
}

/// Whether the server sees it. The first rule that decides this decides it.
#[derive(Debug, Default)]
pub enum Fate {
    /// It does, and its answer comes back.
    #[default]
    Served,
    /// Something before it answers.
    Answered {
        /// The status.
        status: u16,
        /// Header fields, `Date` not among them.
        headers: Vec<Header>,
        /// The body.
        body: String,
    },
    /// It does not, and nobody answers.
    Dropped,
    /// It does, but the answer is lost.
    Reset,
}

#[derive(Debug)]
enum Edit {
    Header { name: String, set: Option<String> },
    DateOff { by: Millis, is_back: bool },
}

impl Faults {
    pub(crate) fn new(scenario: &Scenario, seed: u64) -> Self {
        let work_of = |name: &str| scenario.works().position(|work| work.name.get_ref() == name);
        Self::with(&scenario.faults, work_of, seed)
    }

    fn with(specs: &[FaultSpec], work_of: impl Fn(&str) -> Option<usize>, seed: u64) -> Self {
        let rules = specs.iter().zip(1..).map(|(spec, number)| Rule {
            work: spec.on.work.as_ref().and_then(|name| work_of(name.get_ref())),
            spec: spec.clone(),
            seen: 0,
            // Apart from the seeds of works and jobs.
            rng: SplitMix64::new(child(seed, (2 << 32) + number)),
        });
        Self { rules: rules.collect() }
    }

    /// Rules that no scenario holds, and so no work is theirs; `seed` draws what they leave to chance.
    #[must_use]
    pub fn of_rules(specs: &[FaultSpec], seed: u64) -> Self {
        Self::with(specs, |_| None, seed)
    }

    /// What happens to this call; none: nothing.
    pub fn meet(&mut self, call: &Call<'_>) -> Option<Met> {
        let mut met: Option<Met> = None;
        for rule in &mut self.rules {
            if rule.meets(call) {
                rule.act(met.get_or_insert_default());
            }
        }
        met
    }
}

impl Rule {
    fn meets(&mut self, call: &Call<'_>) -> bool {
        let on = &self.spec.on;
        let method = match call.operation {
            Operation::Rest(request) => Some(request.method.as_str()),
            Operation::Invoke(_) => None,
        };
        let is_meant = self.work.is_none_or(|work| work == call.work)
            && on.tenant.as_ref().is_none_or(|tenant| tenant == call.tenant)
            && on.node.is_none_or(|node| node.get() == call.node)
            && on.method.is_none_or(|wanted| method == Some(wanted.name()))
            && on.after.is_none_or(|after| call.at >= after.get())
            && on.before.is_none_or(|before| call.at < before.get());
        if !is_meant {
            return false;
        }
        self.seen += 1;
        match (on.every, on.per_mille) {
            (Some(every), _) => self.seen.is_multiple_of(u64::from(every.get())),
            (None, Some(per_mille)) => self.rng.up_to(999) < u64::from(per_mille.get()),
            (None, None) => true,
        }
    }

    fn act(&mut self, met: &mut Met) {
        met.names.push(self.spec.name.get_ref().clone());
        let fate = match &self.spec.then {
            Then::Refuse { status, headers, body } => {
                let headers = headers.iter().map(|header| Header::new(&header.name, &header.value)).collect();
                Fate::Answered { status: whole(*status), headers, body: body.clone() }
            }
            Then::Status { code, retry_after } => {
                let secs = retry_after.map(|span| Span::get(span).secs_ceil().to_string());
                let headers = secs.into_iter().map(|secs| Header::new("Retry-After", secs)).collect();
                Fate::Answered { status: whole(*code), headers, body: String::new() }
            }
            Then::Drop => Fate::Dropped,
            Then::ResetAfterCounted => Fate::Reset,
            Then::Duplicate => {
                met.is_duplicate = true;
                return;
            }
            Then::Delay(span) => {
                met.late = met.late + span.get();
                return;
            }
            Then::Reorder(span) => {
                met.late = met.late + self.rng.span_up_to(span.get());
                return;
            }
            Then::Header { name, set } => {
                met.edits.push(Edit::Header { name: name.clone(), set: set.clone() });
                return;
            }
            Then::DateOff { by, back } => {
                met.edits.push(Edit::DateOff { by: by.get(), is_back: *back });
                return;
            }
        };
        if matches!(met.fate, Fate::Served) {
            met.fate = fate;
        }
    }
}

/// A status fits 16 bits, for it is below 600.
fn whole(status: Whole<400, 599>) -> u16 {
    u16::try_from(status.get()).unwrap_or(599)
}

impl Met {
    /// Whether the answer still says what the server wrote into it.
    #[must_use]
    pub fn is_worded_otherwise(&self) -> bool {
        self.edits.iter().any(|edit| matches!(edit, Edit::Header { .. }))
    }

    /// Changes an answer as the rules say, in their order. An invocation has no header fields to change.
    pub fn edit(&self, answer: &mut Answer) {
        let Answer::Response(response) = answer else { return };
        for edit in &self.edits {
            edit.apply(response);
        }
    }
}

impl Edit {
    fn apply(&self, response: &mut Response) {
        match self {
            Self::Header { name, set } => {
                response.headers.retain(|header| !header.name.eq_ignore_ascii_case(name));
                response.headers.extend(set.as_ref().map(|value| Header::new(name, value)));
            }
            Self::DateOff { by, is_back } => {
                for header in response.headers.iter_mut().filter(|header| header.name.eq_ignore_ascii_case("Date")) {
                    let Some(date) = Instant::parse_http_date(&header.value) else { continue };
                    let wrong = if *is_back { Instant(date.0.saturating_sub(by.0)) } else { date + *by };
                    header.value = wrong.to_http_date();
                }
            }
        }
    }
}

/// What something before the server answers at `now`, which is its `Date` unless it names another.
#[must_use]
pub fn answered(operation: &Operation, status: u16, headers: &[Header], body: &str, now: Instant) -> Answer {
    match operation {
        Operation::Rest(_) => {
            let is_dated = headers.iter().any(|header| header.name.eq_ignore_ascii_case("date"));
            let date = (!is_dated).then(|| Header::new("Date", now.to_http_date()));
            let headers = date.into_iter().chain(headers.iter().cloned()).collect();
            Answer::Response(Response { status, headers, body: body.as_bytes().to_vec() })
        }
        Operation::Invoke(_) => Answer::Rejected(serde_json::json!({ "status": status, "message": body }).to_string()),
    }
}

#[cfg(test)]
mod tests;
