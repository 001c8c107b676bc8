//! Files as they come: `multipart/form-data`.

use super::reply::Problem;
use futures_util::{FutureExt, stream};
use std::convert::Infallible;

/// Files of one upload.
const MOST_FILES: usize = 100;

/// A file that came.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Upload {
    pub(super) name: String,
    pub(super) content: Vec<u8>,
}

/// The parts called `file` of a body, which begins with its boundary.
///
/// # Errors
/// If there is none, or the body is something else.
pub(super) fn uploads(body: &[u8]) -> Result<Vec<Upload>, Problem> {
    let wrong = || Problem::bad("the body is no `multipart/form-data` with a part `file`".to_owned());
    let line = body.strip_prefix(b"--").and_then(|rest| rest.split(|byte| *byte == b'\r').next());
    let boundary =
        line.and_then(|line| std::str::from_utf8(line).ok()).filter(|text| !text.is_empty() && text.len() <= 70);
    let whole = stream::iter([Ok::<_, Infallible>(body.to_vec())]);
    let parts = read(multer::Multipart::new(whole, boundary.ok_or_else(wrong)?));
    // All of the body is there, so nothing is ever waited for.
    let files = parts.now_or_never().and_then(Result::ok).ok_or_else(wrong)?;
    if files.is_empty() { Err(wrong()) } else { Ok(files) }
}

async fn read(mut parts: multer::Multipart<'_>) -> multer::Result<Vec<Upload>> {
    let mut files = Vec::new();
    while let Some(part) = parts.next_field().await? {
        let name = part.file_name().filter(|name| !name.is_empty()).map(str::to_owned);
        if let (Some("file"), Some(name)) = (part.name(), name) {
            let content = part.bytes().await?.to_vec();
            if files.len() < MOST_FILES {
                files.push(Upload { name, content });
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_file_comes_as_it_was_sent(
            files in prop::collection::vec(("[a-z]{1,8}\\.bin", prop::collection::vec(any::<u8>(), 0..200)), 1..5)
        ) {
            let mut body = b"--frontier\r\nContent-Disposition: form-data; name=\"comment\"\r\n\r\nx\r\n".to_vec();
            for (name, content) in &files {
                body.extend(format!("--frontier\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n").bytes());
                body.extend(content);
                body.extend(b"\r\n");
            }
            body.extend(b"--frontier--\r\n");
            let wanted: Vec<_> = files.into_iter().map(|(name, content)| Upload { name, content }).collect();
            prop_assert_eq!(uploads(&body), Ok(wanted));
        }

        #[test]
        fn no_body_panics(body in prop::collection::vec(any::<u8>(), 0..80), text in "(--|a|\r\n|:|;|name=|\"file\"){0,20}") {
            let _ = (uploads(&body), uploads(text.as_bytes()));
        }
    }

    #[test]
    fn a_body_without_a_file_is_refused() {
        for body in [
            "",
            "{}",
            "--",
            "--x\r\n\r\n--x--",
            "--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx\r\n--x--\r\n",
        ] {
            assert_eq!(uploads(body.as_bytes()).map_err(|problem| problem.status), Err(400), "{body}");
        }
    }
}
