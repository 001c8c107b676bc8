//! What names and status lines look like in pastes.

use crate::operation::Header;

/// Whether a text can name a header field. RFC 9110 section 5.1 would let it begin with a digit, but what does is a
/// timestamp of a log.
pub(super) fn is_token(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Beginnings of the names of response headers, in lower case.
const BEGINNINGS: &[&str] = &[
    "x-",
    "atl-",
    "content-",
    "access-control-",
    "cross-origin-",
    "cf-",
    "ngrok-",
    "forge-",
    "beta-",
    "sec-",
    "accept-",
    "proxy-",
    "set-cookie",
    "timing-allow-",
];

/// Names of response headers that do not begin so: a working list of common ones, not a registry. One that is missing
/// here only makes a block of headers a little less certain.
const NAMES: &[&str] = &[
    "age",
    "allow",
    "alt-svc",
    "cache-control",
    "connection",
    "date",
    "etag",
    "expires",
    "keep-alive",
    "last-modified",
    "link",
    "location",
    "nel",
    "permissions-policy",
    "pragma",
    "referrer-policy",
    "report-to",
    "reporting-endpoints",
    "retry-after",
    "server",
    "server-timing",
    "strict-transport-security",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "vary",
    "via",
    "warning",
    "www-authenticate",
];

/// Whether a name is one of a response header. It tells headers from other text with a colon, and where a value ends if
/// the next header follows on the same line.
pub(super) fn is_known(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    is_token(&name)
        && (BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
            || name.contains("ratelimit")
            || name.contains("rate-limit")
            || NAMES.contains(&name.as_str()))
}

/// Whether a name is known and hardly anything else: `date` and `link` are words, too.
pub(super) fn is_telling(name: &str) -> bool {
    is_known(name) && (name.contains('-') || name.to_ascii_lowercase().contains("ratelimit"))
}

/// Whether fields without a status are headers: a telling name is among them, and known names are no minority.
pub(super) fn are_headers(headers: &[Header]) -> bool {
    let known = headers.iter().filter(|header| is_known(&header.name)).count();
    known * 2 >= headers.len() && headers.iter().any(|header| is_telling(&header.name))
}

/// Words before a status in logs and error messages.
const BEFORE_STATUS: &[&str] = &[
    "http",
    "1",
    "0",
    "2",
    "3",
    "status",
    "code",
    "statuscode",
    "error",
    "response",
    "reply",
    "received",
    "got",
    "with",
    "request",
    "failed",
    "returned",
    "httperror",
    "axioserror",
];

/// The status in a line such as `HTTP/2 429`, `Status Code: 429 Too Many Requests`, `<Response [429]>`,
/// `Request failed with status code 429` or `429 Client Error`: the first number of three digits, if only words that
/// announce a status stand before it. Alone on the line it needs no words; other figures beside it make it none.
pub(super) fn status(line: &str) -> Option<u16> {
    let is_border = |char: char| !char.is_ascii_alphanumeric();
    let is_announcing = |word: &&str| BEFORE_STATUS.iter().any(|known| known.eq_ignore_ascii_case(word));
    let mut words = line.split(is_border).filter(|word| !word.is_empty()).skip_while(is_announcing);
    let status = words.next().filter(|word| word.len() == 3)?.parse().ok().filter(|status| *status >= 100)?;
    let is_announced = !line.trim_start_matches(is_border).starts_with(|first: char| first.is_ascii_digit());
    let is_figure = words.next().is_some_and(|next| next.bytes().all(|byte| byte.is_ascii_digit()));
    (is_announced || !is_figure).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_told_from_other_figures() {
        for (line, want) in [
            ("HTTP/1.1 429 Too Many Requests", Some(429)),
            ("HTTP/2 429", Some(429)),
            (":status: 429", Some(429)),
            ("Status Code: 429 Too Many Requests", Some(429)),
            ("<Response [429]>", Some(429)),
            ("AxiosError: Request failed with status code 429", Some(429)),
            ("429 Client Error: Too Many Requests for url: https://acme.atlassian.net/", Some(429)),
            ("429", Some(429)),
            ("HTTP Error 503: Service Unavailable", Some(503)),
            ("reply: 'HTTP/1.1 429 Too Many Requests\\r\\n'", Some(429)),
            ("100    46  100    46    0     0", None),
            ("Retry-After: 120", None),
            ("status: 65000", None),
            ("status: 042", None),
            ("waited 429 ms", None),
            ("", None),
        ] {
            assert_eq!(status(line), want, "{line}");
        }
    }

    #[test]
    fn names_of_headers_are_told_from_other_words() {
        for name in ["Retry-After", "x-ratelimit-limit", "rateLimitReset", "Date", "content-type", "RateLimit"] {
            assert!(is_known(name), "{name}");
        }
        for name in ["", "q", "max-age", "Error", "2025-10-08T14", "Retry After", "node", "größe"] {
            assert!(!is_known(name), "{name}");
        }
    }
}
