//! Running other programs, and talking to the person who runs us.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// One line on standard error. A closed pipe is not our problem.
pub fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// One line on standard output.
pub fn print(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
    let _ = io::stdout().flush();
}

/// Runs a program to its end with our own standard streams.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot run `{}`", describe(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", describe(command));
    }
    Ok(())
}

/// Like [`run`], for a helper whose chatter must stay off our standard output.
pub fn run_aside(command: &mut Command) -> Result<()> {
    run(command.stdin(Stdio::null()).stdout(Stdio::from(io::stderr())))
}

/// Runs a program and returns what it printed; what it complained about is part of the error.
pub fn output(command: &mut Command) -> Result<String> {
    let output =
        command.stdin(Stdio::null()).output().with_context(|| format!("cannot run `{}`", describe(command)))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        let complaint = complaint.lines().next().unwrap_or("it said nothing");
        bail!("`{}` failed ({}): {complaint}", describe(command), output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Where on PATH a program lies, if anywhere.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let file = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path).map(|dir| dir.join(&file)).find(|candidate| candidate.is_file())
}

/// A command as a person would type it, without the folder of its program.
pub fn describe(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let program = program.file_name().unwrap_or(command.get_program());
    let words: Vec<_> = std::iter::once(program).chain(command.get_args()).map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

/// A size for a person, to a tenth of a KiB.
pub fn kibibytes(bytes: u64) -> String {
    format!("{} KiB", tenths(bytes, 1 << 10))
}

/// A size for a person, to a tenth of a MiB.
pub fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", tenths(bytes, 1 << 20))
}

fn tenths(bytes: u64, unit: u64) -> String {
    let tenths = (bytes * 10 + unit / 2) / unit;
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_to_the_nearest_tenth() {
        assert_eq!(kibibytes(0), "0.0 KiB");
        assert_eq!(kibibytes(1_996), "1.9 KiB");
        assert_eq!(kibibytes(1_997), "2.0 KiB");
        assert_eq!(mebibytes(136_709_768), "130.4 MiB");
    }

    #[test]
    fn a_command_is_shown_as_it_would_be_typed() {
        let mut command = Command::new("/somewhere/bin/cargo");
        assert_eq!(describe(command.args(["doc", "--no-deps"])), "cargo doc --no-deps");
    }
}
