//! `headroom explain` as a person or a script meets it. What it says of each answer stands in `tests/vectors`.

use std::io::Write;
use std::process::{Command, Output, Stdio};

fn explain(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_headroom"))
        .arg("explain")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that has read enough closes its input; what it says then is judged.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

const REFUSED: &[u8] = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1847\r\nX-RateLimit-Limit: 40000\r\n\
    X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: never\r\nRateLimit-Reason: confluence-quota-global-based\r\n\r\n";

#[test]
fn people_read_what_happened_what_to_do_and_what_was_passed_over() {
    let output = explain(&["--now", "2025-10-08T14:29:13Z"], REFUSED);
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "limited now: points-quota of the app, by confluence");
    assert!(lines[1].contains("Try again at 2025-10-08T15:00:00Z, never earlier"), "{text}");
    assert_eq!(
        lines[2..],
        [
            "retry at:  2025-10-08T15:00:00Z, that is in 30 min 47 s (retry-after)",
            "points:    0 left of 40,000",
            "ignored:   X-RateLimit-Reset: `never`: not a known form of time",
        ]
    );
    assert_eq!(output.status.code(), Some(0), "a limit is an answer, not a failure");
}

#[test]
fn a_file_is_read_as_standard_input_is() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("refused.txt");
    std::fs::write(&path, REFUSED).unwrap();
    let arguments = ["--now", "2025-10-08T14:29:13Z", "--json"];
    let of_file = explain(&[&arguments[..], &[path.to_str().unwrap()]].concat(), b"");
    assert_eq!(of_file.stdout, explain(&arguments, REFUSED).stdout);
    assert_eq!(of_file.status.code(), Some(0));
}

#[test]
fn bad_input_is_one_line_that_says_what_and_what_next_with_exit_code_2() {
    let endless = b"X-Header: 0123456789012345678901234567890123456789\r\n".repeat(200_000);
    for (arguments, input, said) in [
        (&[][..], &b""[..], "empty"),
        (&[], b"  \r\n\t", "empty"),
        (&[], b"\x00\x01\x02\xff\xfe binary", "not text"),
        (&[], b"The quick brown fox jumps over the lazy dog.", "The quick brown fox"),
        (&[], b"{\"status\": 429, ", "at line `1`, column `16`"),
        (&[], &endless, "`256` header fields"),
        (&["/no/such/file"], b"", "`/no/such/file`: it does not exist"),
        (&["."], b"", "`.`: it is a directory"),
        (&["--now", "noon"], b"", "`noon`"),
        (&["--dialect", "klingon"], b"", "`klingon`"),
    ] {
        let output = explain(arguments, input);
        let error = String::from_utf8(output.stderr).unwrap();
        let shown = String::from_utf8_lossy(&input[..input.len().min(40)]);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?} {shown}: {error}");
        assert!(error.starts_with("error: ") && error.lines().count() == 1, "{arguments:?} {shown}: {error}");
        assert!(error.contains(said), "{arguments:?} {shown}: {error}\nwanted: {said}");
    }
}
