//! What was asked for tells who answered, where the answer itself does not.

use super::{Explanation, Limited};
use crate::refusal::{Limiter, Origin, Scope};

/// Hosts by their ends, and paths by what they hold. The first that fits counts. Sources: the products' REST
/// references, Forge's page on web triggers, ngrok's on its domains, read 2026-11.
const HOSTS: &[(&str, Origin)] = &[
    ("bitbucket.org", Origin::Bitbucket),
    ("api.github.com", Origin::Github),
    ("ngrok.io", Origin::Ngrok),
    ("ngrok.app", Origin::Ngrok),
    ("ngrok-free.app", Origin::Ngrok),
    ("ngrok-free.dev", Origin::Ngrok),
    ("ngrok.dev", Origin::Ngrok),
    ("atlassian-dev.net", Origin::ForgeWebTrigger),
];

const PATHS: &[(&str, Origin)] = &[
    ("/graphql", Origin::AtlassianGraphql),
    ("/ex/confluence/", Origin::Confluence),
    ("/ex/jira/", Origin::Jira),
    ("/wiki/", Origin::Confluence),
    ("/rest/api/", Origin::Jira),
    ("/rest/agile/", Origin::Jira),
    ("/rest/servicedeskapi/", Origin::Jira),
];

/// Who is asked at this address, or at this path alone.
#[must_use]
pub fn origin_of(url: &str) -> Origin {
    let (host, path) = host_and_path(url);
    let is_host = |end: &str| host.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let by_host = HOSTS.iter().find(|(end, _)| is_host(end));
    let is_atlassians = host.is_empty() || host.ends_with(".atlassian.net") || host == "api.atlassian.com";
    let by_path = PATHS.iter().find(|(part, _)| is_atlassians && path.contains(part));
    by_host.or(by_path).map_or(Origin::Unknown, |(_, origin)| *origin)
}

fn host_and_path(url: &str) -> (String, &str) {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let Some((_, rest)) = url.split_once("://") else { return (String::new(), url) };
    let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
    let host = authority.rsplit('@').next().unwrap_or_default().split(':').next().unwrap_or_default();
    (host.to_ascii_lowercase(), path)
}

/// Fills in what the answer left open.
pub(super) fn complete(found: &mut Explanation, url: &str) {
    if found.origin != Origin::Unknown {
        return;
    }
    found.origin = origin_of(url);
    if found.limited == Limited::Now && found.limiter == Limiter::Unknown {
        (found.limiter, found.scope) = match found.origin {
            Origin::Bitbucket | Origin::Github => (Limiter::HourlyRequests, Scope::Account),
            Origin::Ngrok => (Limiter::TunnelConnections, Scope::Tunnel),
            Origin::ForgeWebTrigger => (Limiter::InvocationRate, Scope::Installation),
            _ => return,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_tells_who_is_asked() {
        for (url, want) in [
            ("https://x.atlassian.net/wiki/rest/api/content/1?expand=/graphql", Origin::Confluence),
            ("https://x.atlassian.net/rest/api/3/issue/A-1", Origin::Jira),
            ("https://api.atlassian.com/ex/jira/11-22/rest/api/3/myself", Origin::Jira),
            ("https://x.atlassian.net/gateway/api/graphql", Origin::AtlassianGraphql),
            ("https://API.bitbucket.org:443/2.0/repositories", Origin::Bitbucket),
            ("https://user:password@api.github.com/graphql", Origin::Github),
            ("https://abc.ngrok-free.app/wiki/", Origin::Ngrok),
            ("https://11-22.hello.atlassian-dev.net/x1/abc", Origin::ForgeWebTrigger),
            ("/wiki/api/v2/pages", Origin::Confluence),
            ("https://notbitbucket.org/rest/api/2", Origin::Unknown),
            ("", Origin::Unknown),
        ] {
            assert_eq!(origin_of(url), want, "{url}");
        }
    }
}
