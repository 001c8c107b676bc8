//! Files that a verb reads, standard input among them: bounded, and with an error that names them.

use crate::failure::{self, Failure};
use anyhow::anyhow;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// More than this is read of no file.
const MOST_BYTES: u64 = 64 << 20;

/// All of a text file, as [`read`] reads it.
pub fn read_text(path: &Path, what: &str) -> Result<String, Failure> {
    let bytes = read(path, what)?;
    String::from_utf8(bytes).map_err(|error| {
        let (path, at) = (path.display(), error.utf8_error().valid_up_to());
        Failure::BadInput(anyhow!("the {what} `{path}` is no text in UTF-8 from byte {at} on: save it as UTF-8"))
    })
}

/// All bytes of a file; `-` is standard input. `what` it holds is said in the error.
pub fn read(path: &Path, what: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let limit = MOST_BYTES + 1;
    let read = if path.as_os_str() == "-" {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    };
    let why = match read {
        Ok(_) if bytes.len() as u64 <= MOST_BYTES => return Ok(bytes),
        Ok(_) => format!("it is longer than {} MiB", MOST_BYTES >> 20),
        Err(error) => failure::of_file(&error),
    };
    let path = path.display();
    Err(Failure::BadInput(anyhow!(
        "cannot read the {what} `{path}`: {why}; name another file, or `-` for standard input"
    )))
}
