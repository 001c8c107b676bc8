//! How a verb fails: one line on standard error and an exit code, never a backtrace.

use anyhow::{Error, anyhow};
use clap::error::ErrorKind;
use headroom_sim::RunError;
use std::io;
use std::process::ExitCode;

/// Why a verb did not do what it was asked.
#[derive(Debug)]
pub enum Failure {
    /// What was asked makes no sense: exit code 2.
    BadInput(Error),
    /// It made sense and did not work: exit code 1.
    Run(Error),
    /// A run that would not end was stopped by a bound: exit code 1, and other runs go on.
    Stopped(Error),
    /// Nobody reads the output any more, as after `| head`: not a failure.
    Closed,
}

impl Failure {
    /// What ended the run of a client before there was a report.
    pub fn of_run(error: RunError, client: &str) -> Self {
        let is_bound = error.is_bound();
        let error = anyhow!(error).context(format!("strategy `{client}`"));
        if is_bound { Self::Stopped(error) } else { Self::Run(error) }
    }

    /// Says it, and gives the exit code.
    pub fn exit(self) -> ExitCode {
        let (code, error) = match self {
            Self::Closed => return ExitCode::SUCCESS,
            Self::Run(error) | Self::Stopped(error) => (1, error),
            Self::BadInput(error) => (2, error),
        };
        let text = format!("{error:#}");
        let line = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ");
        eprintln!("error: {line}");
        ExitCode::from(code)
    }
}

/// An error in writing the output.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Run(anyhow!(error).context("cannot write the output")),
        }
    }
}

/// What the system says about a file, in our words.
pub fn of_file(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "it may not be opened by you".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        io::ErrorKind::InvalidData => "it is no text in UTF-8".to_owned(),
        _ => error.to_string().to_lowercase(),
    }
}

/// A value in one line and short enough to be read.
pub fn short(value: &str) -> String {
    const MOST: usize = 60;
    let shown: String = value.chars().take(MOST).flat_map(char::escape_debug).collect();
    let more = if value.chars().nth(MOST).is_some() { "…" } else { "" };
    format!("`{shown}{more}`")
}

/// Help and version go out as clap writes them, an error as one line in our words.
pub fn usage(error: &clap::Error) -> Result<(), Failure> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Ok(error.print()?),
        ErrorKind::MissingSubcommand => Err(Failure::BadInput(anyhow!("no verb: run `headroom --help`"))),
        _ => Err(Failure::BadInput(anyhow!(one_line(&error.to_string())))),
    }
}

/// clap's text is a message, tips and the usage, with values in single quotes.
fn one_line(text: &str) -> String {
    let parts = text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:"));
    let parts: Vec<_> = parts.filter(|line| !line.is_empty() && !line.starts_with("For more")).collect();
    let message = parts.join(" ").replacen("error: ", "", 1).replace('\'', "`").replace(" tip:", ";");
    // The usage begins with the verb, where one was given.
    let usage = text.lines().find_map(|line| line.trim().strip_prefix("Usage: headroom "));
    let verb = usage.and_then(|usage| usage.split(' ').next()).filter(|word| word.starts_with(char::is_alphabetic));
    let help = verb.map_or_else(|| "headroom --help".to_owned(), |verb| format!("headroom {verb} --help"));
    format!("{message}: run `{help}`")
}
