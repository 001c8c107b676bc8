//! The file in which one run of `headroom call` leaves what it knows to the next.

use crate::failure::{self, Failure};
use crate::input;
use anyhow::anyhow;
use headroom_host::types::StateError;
use headroom_host::{Limiter, PlannerComponent};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What is known from before, and where to write what is known afterwards.
pub struct Memory {
    file: PathBuf,
    saved: Option<Vec<u8>>,
    /// Beside the file, which is replaced as a whole and so cannot be locked itself.
    lock: File,
}

impl Memory {
    /// Reads the file, if there is one, and finds out whether it can be written before anything is sent.
    pub fn open(file: &Path) -> Result<Self, Failure> {
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(beside(file, "lock"));
        let lock = lock.map_err(|error| not_written(file, &error))?;
        Ok(Self { file: file.to_owned(), saved: read(file)?, lock })
    }

    /// What was saved.
    pub fn saved(&self) -> Option<&[u8]> {
        self.saved.as_deref()
    }

    /// Says that the file does not hold what was saved.
    pub fn is_not_taken(&self, error: &StateError) -> Failure {
        let (file, why) = (self.file.display(), &error.message);
        Failure::Run(anyhow!("the state `{file}` is left as it is: {why}; or name another with --state"))
    }

    /// Writes what the limiter knows. What another run wrote meanwhile is merged with it: it grants no more than either.
    pub fn keep(&self, limiter: &Limiter, compiled: &PlannerComponent) -> Result<(), Failure> {
        let failed = |error| Failure::Run(anyhow!("{error}"));
        let mut known = limiter.save().map_err(|error| Failure::Run(anyhow!(error)))?.bytes;
        self.lock.lock().map_err(|error| not_written(&self.file, &error))?;
        let others = read(&self.file)?;
        if let Some(others) = others.filter(|others| self.saved.as_ref() != Some(others)) {
            let mut planner = compiled.instantiate(|_| {}, 0).map_err(failed)?;
            let merged = planner.merge(&others, &known, limiter.clock().now()).map_err(failed)?;
            known = merged.map_err(|error| self.is_not_taken(&error))?.bytes;
        }
        let new = beside(&self.file, "new");
        let written = File::create(&new).and_then(|mut file| {
            file.write_all(&known)?;
            file.sync_all()
        });
        // Another process finds the old file or the new one, never a part.
        written.and_then(|()| std::fs::rename(&new, &self.file)).map_err(|error| not_written(&self.file, &error))
        // The lock ends with its file.
    }
}

fn read(file: &Path) -> Result<Option<Vec<u8>>, Failure> {
    if file.try_exists().is_ok_and(|exists| !exists) {
        return Ok(None);
    }
    input::read(file, "state").map(Some)
}

fn beside(file: &Path, extension: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".");
    path.push(extension);
    path.into()
}

fn not_written(file: &Path, error: &io::Error) -> Failure {
    let (file, why) = (file.display(), failure::of_file(error));
    Failure::BadInput(anyhow!("cannot write the state `{file}`: {why}; name a file in a folder that is there"))
}
