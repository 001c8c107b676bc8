//! What holds for every paste: no panic, bounded work, and the same answer from every notation.
#![cfg(feature = "full")]

use headroom_model::capture::{Capture, CaptureError, MAX_BODY_BYTES, MAX_HEAD_BYTES, MAX_HEADERS, MAX_VALUES, read};
use headroom_model::operation::{Answer, Header, Response};
use proptest::prelude::*;
use std::fmt::Write;

fn response(bytes: &[u8]) -> Response {
    match read(bytes) {
        Ok(Capture { answer: Answer::Response(response), .. }) => response,
        other => panic!("no response but {other:?}:\n{}", String::from_utf8_lossy(bytes)),
    }
}

#[test]
fn what_cannot_be_read_is_an_error_of_one_line_that_says_what_next() {
    for (paste, wanted) in [
        (&b""[..], "the input is empty: paste"),
        (b" \r\n\t", "the input is empty: paste"),
        (b"\xEF\xBB\xBF", "the input is empty: paste"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not text: a control character at byte `6`"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "not text: a control character at byte `0`"),
        (b"H\0T\0T\0P\0", "not text: a control character at byte `1`"),
        (b"Error: something failed\n    at foo (file.js:1:2)\n", "`Error: something failed` begins nothing"),
        (
            b"The quick brown fox jumps over the lazy dog and on and on",
            "`The quick brown fox jumps over the lazy …` begins",
        ),
        (b"<!doctype html>\n<title>Hello</title>", "`<!doctype html>` begins nothing"),
        (b"GET /rest/api/3/myself HTTP/1.1\nHost: acme.atlassian.net\n\n", "`GET /rest/api/3/myself HTTP/1.1` begins"),
        (b"{}", "`{}` begins nothing"),
        (b"[]", "`[]` begins nothing"),
        (b"{\"title\": \"x\"}", "`{\"title\": \"x\"}` begins nothing"),
        (b"{\"log\":{\"entries\":[]}}", "begins nothing"),
        (
            b"{\"status\": 429,\n \"headers\": {\"Retry-After\" \"5\"}}",
            "broken JSON at line `2`, column `28`: expected `:`",
        ),
        (b"{\"status\": 429, ", "broken JSON at line `1`, column `16`: EOF while parsing"),
    ] {
        let error = read(paste).expect_err(&String::from_utf8_lossy(paste)).to_string();
        assert!(error.contains(wanted), "{error}\n{wanted}");
        assert!(!error.contains('\n'), "{error}");
    }
}

#[test]
fn bounds_hold_for_heads_bodies_and_values() {
    let ten_mib = 10 * 1_024 * 1_024;
    let too_long = |bytes: &[u8], wanted: usize| match read(bytes) {
        Err(CaptureError::TooLong { limit, .. }) => assert_eq!(limit, wanted),
        other => panic!("{other:?}"),
    };
    let line = "X-Filler: abcdefghijklmnopqrstuvwxyz\r\n";
    too_long(format!("HTTP/1.1 429\r\n{}", line.repeat(ten_mib / line.len())).as_bytes(), MAX_HEADERS);
    too_long(format!("HTTP/1.1 429\r\nX-Long: {}", "a".repeat(ten_mib)).as_bytes(), MAX_HEAD_BYTES);
    too_long(format!("HTTP/1.1 429\r\nX-Folded: a{}", "\r\n b".repeat(ten_mib / 4)).as_bytes(), MAX_HEAD_BYTES);
    too_long(
        format!("{{{}\"a-b\":1}}", "\"X-A\":\"1\",".repeat(MAX_HEADERS)).replace("a-b", "X-B").as_bytes(),
        MAX_HEADERS,
    );
    too_long(format!("[{}0]", "[],".repeat(MAX_VALUES)).as_bytes(), MAX_VALUES);
    for deep in ["[[", "{\"a\":[", "{'a':", "((", "map[a-b:["] {
        assert!(read(deep.repeat(100_000).as_bytes()).is_err(), "{deep}");
    }
    let fits = format!("HTTP/1.1 200 OK\r\n{}\r\n", line.repeat(MAX_HEADERS));
    assert_eq!(response(fits.as_bytes()).headers.len(), MAX_HEADERS);
    let long_body = format!("HTTP/1.1 200 OK\r\n\r\n{}", "b".repeat(MAX_BODY_BYTES + 7));
    let capture = read(long_body.as_bytes()).unwrap();
    assert_eq!((capture.dropped_body_bytes, response(long_body.as_bytes()).body.len()), (7, MAX_BODY_BYTES));
}

/// What could make a reader look through the rest of the text at every step. Slow is more than seconds here.
#[test]
fn megabytes_of_openings_are_read_in_one_pass() {
    for part in [
        "{",
        "'",
        "\"",
        "“",
        "x,'a\\",
        "a: 'b",
        ",\"",
        "[a,",
        "x\",",
        "a-b: \"",
        "\r",
        "\n",
        " ",
        ",",
        "{'",
        "('a':",
        "\\'",
        "Retry-After=5;",
        "{a=b, ",
        "a: 1, ",
        ";q",
        "a: [b](",
    ] {
        for before in ["", "{", "Headers { ", "Retry-After: 5, ", "HTTP/1.1 200 OK\n"] {
            let paste = before.to_owned() + &part.repeat(200_000);
            let _ = read(paste.as_bytes());
        }
    }
}

/// Values as servers send them: no control characters, no white space at their ends.
fn any_headers() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = "X-[A-Za-z][A-Za-z0-9]{0,8}(-[A-Za-z0-9]{1,8})?";
    let value = prop_oneof![
        "[!-~]([ -~]{0,30}[!-~])?",
        "\"[a-z-]{1,12}\";q=[0-9]{1,6};w=[0-9]{1,4}",
        Just("Wed, 08 Oct 2025 14:29:13 GMT".to_owned()),
        "[a-z€üß“”’]([a-z €üß“”’]{0,10}[a-zü€])?",
    ];
    proptest::collection::btree_map(name, value, 1..8).prop_map(|map| map.into_iter().collect::<Vec<_>>()).prop_filter(
        "names differ in more than case",
        |headers| {
            let lower: std::collections::BTreeSet<_> =
                headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
            lower.len() == headers.len()
        },
    )
}

fn fields(headers: &[(String, String)]) -> Vec<Header> {
    headers.iter().map(|(name, value)| Header::new(name, value)).collect()
}

fn python(text: &str) -> String {
    // Python's repr takes double quotes only where that saves escaping.
    if text.contains('\'') && !text.contains('"') {
        return format!("\"{}\"", text.replace('\\', "\\\\"));
    }
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

fn join(headers: &[(String, String)], between: &str, print: impl Fn(&str, &str) -> String) -> String {
    headers.iter().map(|(name, value)| print(name, value)).collect::<Vec<_>>().join(between)
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
    }

    #[test]
    fn no_text_of_our_signs_panics(words in proptest::collection::vec(prop_oneof![
        Just("{"), Just("}"), Just("["), Just("]"), Just("("), Just(")"), Just("'"), Just("\""), Just("“"), Just("”"),
        Just(": "), Just("="), Just("=>"), Just(","), Just(";"), Just("\n"), Just("\r\n"), Just("\\u00"), Just("\\"),
        Just("Retry-After"), Just("5"), Just("HTTP/1.1 429"), Just("< "), Just("> "), Just("* "), Just("map"), Just("é"),
        Just("Headers "), Just("[Symbol(x)]"), Just("log"), Just("status"), Just("//"), Just("\u{1b}["), Just("Wed"),
    ], 0..40)) {
        let _ = read(words.concat().as_bytes());
    }

    #[test]
    fn reading_is_the_inverse_of_printing(
        status in 100_u16..1_000,
        headers in any_headers(),
        body in proptest::collection::vec(any::<u8>(), 0..200),
        version in prop_oneof![Just("HTTP/1.0"), Just("HTTP/1.1"), Just("HTTP/2"), Just("HTTP/3")],
        reason in "( [A-Za-z0-9 ]{0,20})?",
        ending in prop_oneof![Just("\r\n"), Just("\n")],
        is_after_continue in any::<bool>(),
    ) {
        prop_assume!(!body.trim_ascii_start().starts_with(b"HTTP/"));
        let lines = join(&headers, "", |name, value| format!("{name}: {value}{ending}"));
        let before = if is_after_continue { "HTTP/1.1 100 Continue\r\n\r\n" } else { "" };
        let printed = [format!("{before}{version} {status}{reason}{ending}{lines}{ending}").as_bytes(), &body].concat();
        let want = Response { status, headers: fields(&headers), body };
        prop_assert_eq!(response(&printed), want);
    }

    /// `httparse` is the slow, obvious reader of heads that keep to the letter of HTTP/1.
    #[test]
    fn a_head_that_a_strict_parser_takes_reads_the_same(lines in proptest::collection::vec("[A-Za-z][A-Za-z-]{0,9}:[ \t]{0,2}[ -~]{0,20}", 0..8)) {
        let text = lines.iter().fold("HTTP/1.1 429 Too Many Requests\r\n".to_owned(), |mut text, line| {
            let _ = write!(text, "{line}\r\n");
            text
        }) + "\r\n";
        let mut fields = [httparse::EMPTY_HEADER; 16];
        let mut strict = httparse::Response::new(&mut fields);
        if strict.parse(text.as_bytes()).is_ok_and(|parsed| parsed.is_complete()) {
            let want: Vec<_> = strict.headers.iter().map(|h| Header::new(h.name, String::from_utf8_lossy(h.value).trim())).collect();
            let got = response(text.as_bytes());
            prop_assert_eq!((Some(got.status), got.headers), (strict.code, want));
        }
    }

    #[test]
    fn every_notation_of_the_same_headers_reads_the_same(headers in any_headers()) {
        let pair = |name: &str, value: &str| format!("{}: {}", python(name), python(value));
        let dict = join(&headers, ", ", pair);
        let json = join(&headers, ",\n", |name, value| format!("{}: {}", serde_json::json!(name), serde_json::json!(value)));
        let curl = join(&headers, "", |name, value| format!("< {name}: {value}\r\n"));
        let records = join(&headers, ",", |name, value| serde_json::json!({ "name": name, "value": value }).to_string());
        for printed in [
            format!("{{{dict}}}"),
            format!("CaseInsensitiveDict({{{dict}}})"),
            join(&headers, ",\n ", pair),
            format!("{{{json}}}"),
            format!("Headers {{\n{json},\n}}"),
            format!("> GET / HTTP/1.1\r\n> Host: h\r\n>\r\n< HTTP/1.1 200 OK\r\n{curl}< \r\n"),
            format!("[{records}]"),
        ] {
            prop_assert_eq!(response(printed.as_bytes()).headers, fields(&headers), "{}", printed);
        }
    }
}
