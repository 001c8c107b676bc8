//! Header fields that end at each hop, and the `Beta-` fields that are added.

use headroom_model::operation::Header;
use hyper::HeaderMap;
use hyper::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderName, HeaderValue, TE, TRANSFER_ENCODING};

/// Fields that are added.
pub(super) type Beta = Vec<(HeaderName, HeaderValue)>;

/// Fields of one connection. Source: RFC 9110 section 7.6.1, with the ones of RFC 2616 section 13.5.1 that are still sent;
/// `Trailer` names what follows the body and goes on with it.
const OF_ONE_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// The fields that go on to the next hop, in their order.
pub(super) fn onward(came: &HeaderMap) -> HeaderMap {
    let named: Vec<String> = came
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        // The message would be another one without these, whatever a client says of them.
        .filter(|name| *name != HOST.as_str() && *name != CONTENT_LENGTH.as_str())
        .collect();
    let goes_on =
        |name: &HeaderName| !OF_ONE_HOP.contains(&name.as_str()) && !named.iter().any(|other| other == name.as_str());
    let mut fields = HeaderMap::with_capacity(came.len());
    for (name, value) in came.iter().filter(|(name, _)| goes_on(name)) {
        fields.append(name.clone(), value.clone());
    }
    fields
}

/// The fields of a request that go on, to this host.
pub(super) fn request(came: &HeaderMap, host: &HeaderValue) -> HeaderMap {
    let mut fields = onward(came);
    fields.insert(HOST, host.clone());
    if came.contains_key(TRANSFER_ENCODING) {
        // Without a word of it, a GET would lose its body.
        fields.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
    let wants_trailers =
        came.get_all(TE).iter().any(|value| value.to_str().is_ok_and(|value| value.contains("trailers")));
    if wants_trailers {
        fields.insert(TE, HeaderValue::from_static("trailers"));
        fields.insert(CONNECTION, HeaderValue::from_static("TE"));
    }
    fields
}

/// What a rule says in plain fields, as `Beta-` fields. `is_points`: whether its `X-RateLimit-*` tells points.
pub(super) fn beta(said: &[Header], is_points: bool) -> Beta {
    let all = said.iter().filter_map(|header| {
        let name = beta_name(&header.name.to_ascii_lowercase(), is_points)?;
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(&header.value).ok()?))
    });
    all.collect()
}

/// Spelled as the simulator spells what it says of a coming rule.
fn beta_name(name: &str, is_points: bool) -> Option<String> {
    Some(match name {
        "retry-after" | "ratelimit" | "ratelimit-policy" => format!("beta-{name}"),
        "ratelimit-reason" => "x-beta-ratelimit-reason".to_owned(),
        _ => format!("x-beta-{}", name.strip_prefix("x-").filter(|rest| is_points && rest.starts_with("ratelimit-"))?),
    })
}

/// Adds them, unless the upstream says something of a coming rule itself.
pub(super) fn add(fields: &mut HeaderMap, beta: Beta) {
    let is_beta =
        |name: &HeaderName| name.as_str().starts_with("beta-r") || name.as_str().starts_with("x-beta-ratelimit");
    if !fields.keys().any(is_beta) {
        fields.extend(beta);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in fields {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        map
    }

    #[test]
    fn what_is_of_one_hop_or_named_by_connection_ends_here_and_all_else_goes_on() {
        let came = map(&[
            ("host", "evil.example"),
            ("connection", "close, X-Mine"),
            ("connection", "Content-Length, host"),
            ("x-mine", "1"),
            ("x-yours", "1"),
            ("x-yours", "2"),
            ("content-length", "3"),
            ("te", "gzip, trailers"),
            ("upgrade", "h2c"),
            ("proxy-authorization", "hush"),
            ("keep-alive", "5"),
            ("trailer", "x-sum"),
        ]);
        let goes_on = map(&[
            ("content-length", "3"),
            ("host", "up:1"),
            ("x-yours", "1"),
            ("x-yours", "2"),
            ("trailer", "x-sum"),
            ("te", "trailers"),
            ("connection", "TE"),
        ]);
        assert_eq!(request(&came, &HeaderValue::from_static("up:1")), goes_on);
    }

    #[test]
    fn what_a_rule_says_is_beta_and_never_stands_beside_the_upstreams_own() {
        let said = [("X-RateLimit-Remaining", "1"), ("RateLimit", "\"q\";t=9"), ("Retry-After", "9"), ("Date", "now")];
        let said = said.map(|(name, value)| Header::new(name, value));
        let mut fields = map(&[("x-ratelimit-remaining", "77"), ("retry-after", "5")]);
        add(&mut fields, beta(&said, true));
        let all = map(&[
            ("x-ratelimit-remaining", "77"),
            ("retry-after", "5"),
            ("x-beta-ratelimit-remaining", "1"),
            ("beta-ratelimit", "\"q\";t=9"),
            ("beta-retry-after", "9"),
        ]);
        assert_eq!(fields, all);
        add(&mut fields, beta(&said, true));
        assert_eq!(fields, all, "the upstream spoke of a coming rule already");
        assert_eq!(beta(&said, false).len(), 2, "of the burst, nothing is known that is coming");
    }
}
