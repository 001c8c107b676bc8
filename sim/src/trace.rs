//! The trace: what happened in a run, one line per event, columns separated by tabs.
//!
//! | column | says |
//! | --- | --- |
//! | `time_ms` | milliseconds since the scenario's start |
//! | `strategy` | the client |
//! | `node` | where it runs, or which user it is, from 0 |
//! | `event` | see below |
//! | `job`, `attempt` | whose, and which try of it, the first being 1 |
//! | `status` | HTTP status; `resolved` for an invocation that was not refused |
//! | `points` | points charged |
//! | `left` | what the server has left after it: points of the hour, or invocations of the fullest window |
//! | `detail` | words of the form `name=value`, times in milliseconds since the start |
//!
//! A column that does not apply holds `-`. Events:
//!
//! | event | when | detail |
//! | --- | --- | --- |
//! | `start` | a job is handed to the client | |
//! | `send` | the client sends | `early scope=… promised_ms=…` if it was told to wait longer |
//! | `admit` | the server does it | |
//! | `refuse` | the server refuses it | `limit=… scope=… until_ms=… promised_ms=…` |
//! | `unknown` | the server has no such operation | |
//! | `fault` | a rule of the scenario meets the call | its name |
//! | `answer` | the answer reaches the client | |
//! | `fail` | the client learns that there will be no answer | |
//! | `sleep` | the client begins to wait; its clock does not know for which job | `until_ms=…` |
//! | `finish` | the client is through with a job | `done`, `lost` or `deferred until_ms=…` |
//! | `crash`, `restart` | a node goes, and comes back | |
//!
//! The same scenario, strategy and seed give the same bytes.

use crate::workload::JobId;
use headroom_model::time::{Instant, Millis};
use std::fmt;
use std::io::{self, BufWriter, Write};

/// The first line of every trace, without its line break.
pub const HEADER: &str = "time_ms\tstrategy\tnode\tevent\tjob\tattempt\tstatus\tpoints\tleft\tdetail";

/// Where a trace goes: anything that takes bytes.
pub type Sink = Box<dyn Write + Send>;

/// One line; what is none is written as `-`.
#[derive(Clone, Copy, Default)]
pub(crate) struct Row<'a> {
    pub node: Option<u32>,
    pub event: &'static str,
    pub job: Option<JobId>,
    pub attempt: Option<u32>,
    pub status: Option<Status>,
    pub points: Option<u32>,
    pub left: Option<u32>,
    pub detail: Option<fmt::Arguments<'a>>,
}

/// How an answer is summed up in its column.
#[derive(Clone, Copy)]
pub(crate) enum Status {
    Http(u16),
    Resolved,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(status) => write!(f, "{status}"),
            Self::Resolved => write!(f, "resolved"),
        }
    }
}

/// Writes lines until the first error, which it keeps for the end.
pub(crate) struct Trace {
    out: Option<BufWriter<Sink>>,
    strategy: String,
    start: Instant,
    error: Option<io::Error>,
}

impl Trace {
    pub(crate) fn new(out: Option<Sink>, strategy: &str, start: Instant) -> Self {
        let mut trace = Self { out: out.map(BufWriter::new), strategy: strategy.to_owned(), start, error: None };
        trace.write(|out, _| writeln!(out, "{HEADER}"));
        trace
    }

    pub(crate) fn row(&mut self, now: Instant, row: &Row<'_>) {
        let at = now.since(self.start);
        self.write(|out, strategy| writeln!(out, "{}", Line { at, strategy, row }));
    }

    /// The line of this event, whether anybody reads the trace or not; without its line break.
    pub(crate) fn line(&self, now: Instant, row: &Row<'_>) -> String {
        Line { at: now.since(self.start), strategy: &self.strategy, row }.to_string()
    }

    /// Whether anybody reads it.
    pub(crate) const fn is_on(&self) -> bool {
        self.out.is_some()
    }

    /// Milliseconds since the start, for a detail; what lies before the start is 0.
    pub(crate) const fn since_start(&self, at: Instant) -> Millis {
        at.since(self.start)
    }

    /// Writes out what is buffered.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.write(|out, _| out.flush());
        self.error.map_or(Ok(()), Err)
    }

    fn write(&mut self, write: impl FnOnce(&mut BufWriter<Sink>, &str) -> io::Result<()>) {
        let Some(out) = &mut self.out else { return };
        if let Err(error) = write(out, &self.strategy) {
            self.error = Some(error);
            self.out = None;
        }
    }
}

struct Line<'a> {
    at: Millis,
    strategy: &'a str,
    row: &'a Row<'a>,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, strategy, row } = self;
        write!(f, "{}\t{}\t{}\t{}", at.0, strategy, Cell(row.node), row.event)?;
        write!(f, "\t{}", Cell(row.job.map(|job| job.0)))?;
        write!(f, "\t{}\t{}\t{}", Cell(row.attempt), Cell(row.status), Cell(row.points))?;
        write!(f, "\t{}\t{}", Cell(row.left), Cell(row.detail))
    }
}

struct Cell<T>(Option<T>);

impl<T: fmt::Display> fmt::Display for Cell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => write!(f, "-"),
        }
    }
}

/// Swallows the first line written to it, to put several traces into one file under one header.
pub struct WithoutHeader<W> {
    out: W,
    in_body: bool,
}

impl<W: Write> WithoutHeader<W> {
    /// Everything after the first line goes to `out`.
    pub const fn new(out: W) -> Self {
        Self { out, in_body: false }
    }
}

impl<W: Write> Write for WithoutHeader<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.in_body {
            return self.out.write(bytes);
        }
        match bytes.iter().position(|byte| *byte == b'\n') {
            Some(end) => {
                self.in_body = true;
                Ok(end + 1)
            }
            None => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_line_is_swallowed_however_it_is_cut() {
        for cut in 1..8 {
            let mut out = Vec::new();
            let mut body = WithoutHeader::new(&mut out);
            b"head\none\ntwo\n".chunks(cut).for_each(|piece| body.write_all(piece).unwrap());
            assert_eq!(out, b"one\ntwo\n", "cut every {cut} bytes");
        }
    }
}
