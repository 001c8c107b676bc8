//! Whose request it is: app, copy, tenant, user and kind of token.
//!
//! Each part is taken from the first of these that tells it:
//!
//! 1. the fields `X-Headroom-App`, `-Copy`, `-Tenant`, `-Account` and `-Frontend`, for tests;
//! 2. the rule of the config file for the token, then the one for the host;
//! 3. the request: `/ex/{product}/{cloudId}/…` names the tenant, `Basic` the account;
//! 4. the first label of the host, if it is a name and not this machine's, as `acme` of `acme.atlassian.net`;
//! 5. what the config file says of all others.
//!
//! `Bearer` and `JWT` come from an app, `Basic` is a user's API token, and nothing at all is nobody, unless a rule for
//! the token says otherwise.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use headroom_sim::scenario::AuthKind;
use headroom_sim::server::{Auth, Sender};
use headroom_sim::value::Whole;
use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, HOST};
use serde::Deserialize;
use std::net::IpAddr;

/// `[identity]`: who is who. Every line may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IdentitySpec {
    /// The app of requests that name none. Default: `"app"`.
    pub app: Option<String>,
    /// The tenant of requests that name none. Default: `"tenant"`.
    pub tenant: Option<String>,
    /// `[[identity.token]]`: what tokens stand for.
    pub token: Vec<TokenSpec>,
    /// `[[identity.host]]`: what hosts stand for.
    pub host: Vec<HostSpec>,
}

/// What a token stands for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenSpec {
    /// The text after `Bearer`, `JWT` or `Basic`.
    pub token: String,
    /// The app.
    pub app: Option<String>,
    /// Which of its copies.
    pub copy: Option<Whole<0, 1_000_000>>,
    /// The tenant.
    pub tenant: Option<String>,
    /// The account.
    pub account: Option<String>,
    /// The kind: `"app"`, `"api-token"`, `"anonymous"`.
    pub kind: Option<AuthKind>,
}

/// What a host stands for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostSpec {
    /// The name in `Host`, in any case and without a port.
    pub host: String,
    /// The tenant.
    pub tenant: String,
}

/// Longer than any id of Atlassian's: a cloud id has 36 characters, an account id up to 128.
const LONGEST: usize = 200;

/// Whose request it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) app: String,
    pub(crate) copy: u32,
    pub(crate) tenant: String,
    pub(crate) account: Option<String>,
    pub(crate) kind: AuthKind,
    pub(crate) is_frontend: bool,
}

impl Identity {
    /// Reads it; `path` is the target's path.
    ///
    /// # Errors
    /// On a part that is too long or no text: a line for the one who sent it.
    pub(crate) fn read(spec: &IdentitySpec, headers: &HeaderMap, path: &str) -> Result<Self, String> {
        let (scheme, token) = credentials(headers)?;
        let rule = spec.token.iter().find(|rule| Some(rule.token.as_str()) == token);
        let named = |name: &str| field(headers, name);
        let host = field(headers, HOST.as_str())?.map(|host| name_of(host).to_ascii_lowercase());
        let host_rule = spec.host.iter().find(|rule| host.as_deref() == Some(&rule.host.to_ascii_lowercase()));
        let tenant = named("x-headroom-tenant")?
            .or_else(|| rule?.tenant.as_deref())
            .or_else(|| host_rule.map(|rule| rule.tenant.as_str()))
            .or_else(|| cloud_id(path))
            .or_else(|| site(host.as_deref()?))
            .or(spec.tenant.as_deref())
            .unwrap_or("tenant");
        let app = named("x-headroom-app")?.or_else(|| rule?.app.as_deref()).or(spec.app.as_deref()).unwrap_or("app");
        let copy = match named("x-headroom-copy")? {
            Some(copy) => copy.parse().map_err(|_| wrong("x-headroom-copy", copy))?,
            None => rule.and_then(|rule| rule.copy).map_or(0, Whole::get),
        };
        let account = named("x-headroom-account")?.or_else(|| rule?.account.as_deref()).map(str::to_owned);
        let by_scheme = match scheme {
            Some("basic") => AuthKind::ApiToken,
            Some(_) => AuthKind::App,
            None => AuthKind::Anonymous,
        };
        let kind = rule.and_then(|rule| rule.kind).unwrap_or(by_scheme);
        let account = account.or_else(|| user_of(token.filter(|_| scheme == Some("basic"))?));
        let is_frontend = named("x-headroom-frontend")? == Some("true");
        let all = [Some(app), Some(tenant), account.as_deref()];
        if let Some(long) = all.into_iter().flatten().find(|text| text.len() > LONGEST) {
            let begin: String = long.chars().take(20).collect();
            return Err(format!("the name `{begin}…` is too long: use at most {LONGEST} bytes"));
        }
        Ok(Self { app: app.to_owned(), copy, tenant: tenant.to_owned(), account, kind, is_frontend })
    }

    /// The same for the server's limits. `node` is the client's number.
    pub(crate) fn sender(&self, node: u32, is_new_connection: bool) -> Sender<'_> {
        let auth = match self.kind {
            AuthKind::App => Auth::App { copy: self.copy },
            AuthKind::ApiToken => Auth::ApiToken,
            AuthKind::Anonymous => Auth::Anonymous,
        };
        Sender { node, account: self.account.as_deref(), auth, is_frontend: self.is_frontend, is_new_connection }
    }
}

/// The scheme in lower case, and the text after it.
fn credentials(headers: &HeaderMap) -> Result<(Option<&'static str>, Option<&str>), String> {
    let Some(value) = field(headers, AUTHORIZATION.as_str())? else { return Ok((None, None)) };
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    let known = ["basic", "bearer", "jwt"].into_iter().find(|known| scheme.eq_ignore_ascii_case(known));
    // What stands there is a secret, so the error does not repeat it.
    let known = known.ok_or("`Authorization` has an unknown scheme: use `Bearer`, `Basic` or `JWT`")?;
    Ok((Some(known), Some(token.trim())))
}

fn field<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, String> {
    let text = |value: &'a hyper::header::HeaderValue| value.to_str().map_err(|_| format!("`{name}` is no plain text"));
    headers.get(name).map(text).transpose()
}

fn wrong(name: &str, value: &str) -> String {
    let begin: String = value.chars().take(20).collect();
    format!("`{name}` is `{begin}`: use a whole number")
}

/// The account before the colon of `Basic`.
fn user_of(token: &str) -> Option<String> {
    let text = String::from_utf8(BASE64_STANDARD.decode(token).ok()?).ok()?;
    text.split_once(':').map(|(user, _)| user.to_owned()).filter(|user| !user.is_empty())
}

/// The tenant of the form that OAuth 2.0 uses.
fn cloud_id(path: &str) -> Option<&str> {
    let (product, rest) = path.strip_prefix("/ex/")?.split_once('/')?;
    let id = rest.split('/').next()?;
    (matches!(product, "confluence" | "jira") && !id.is_empty()).then_some(id)
}

/// `Host` without its port.
fn name_of(host: &str) -> &str {
    host.rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(host, |(name, _)| name)
}

/// The site of a host that has a name and is not this machine.
fn site(host: &str) -> Option<&str> {
    let is_address = host.starts_with('[') || host.parse::<IpAddr>().is_ok();
    let (site, _) = host.split_once('.').filter(|_| !is_address)?;
    (!site.is_empty() && site != "api").then_some(site)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::{HeaderName, HeaderValue};

    const SPEC: &str = "tenant = 'ours'\n[[token]]\ntoken = 'k'\ntenant = 'by-token'\naccount = 'bot'\nkind = 'api-token'\n\
                        [[host]]\nhost = 'Wiki.Example'\ntenant = 'by-host'";

    fn read(path: &str, fields: &[(&'static str, &str)]) -> Result<Identity, String> {
        let value = |text: &str| HeaderValue::from_bytes(text.as_bytes()).unwrap();
        let headers = fields.iter().map(|(name, text)| (HeaderName::from_static(name), value(text))).collect();
        Identity::read(&toml::from_str(SPEC).unwrap(), &headers, path)
    }

    #[test]
    fn the_first_that_names_the_tenant_names_it() {
        let all = [("x-headroom-tenant", "by-field"), ("authorization", "Bearer k"), ("host", "wiki.example:80")];
        let path = "/ex/jira/by-path/rest/api/3/myself";
        let tenant = |fields: &[(&'static str, &str)], path| read(path, fields).unwrap().tenant;
        assert_eq!(tenant(&all, path), "by-field");
        assert_eq!(tenant(&all[1..], path), "by-token");
        assert_eq!(tenant(&all[2..], path), "by-host");
        assert_eq!(tenant(&[("host", "acme.atlassian.net")], path), "by-path");
        assert_eq!(tenant(&[("host", "acme.atlassian.net")], "/wiki"), "acme");
        for host in ["localhost:8080", "127.0.0.1:80", "[::1]:80", "api.atlassian.com"] {
            assert_eq!(tenant(&[("host", host)], "/ex/jira"), "ours", "{host}");
        }
    }

    #[test]
    fn the_scheme_tells_the_kind_unless_a_rule_does() {
        let of = |value| read("/", &[("authorization", value)]).map(|who| (who.kind, who.account));
        assert_eq!(of("Bearer x"), Ok((AuthKind::App, None)));
        assert_eq!(of("jwt x"), Ok((AuthKind::App, None)));
        assert_eq!(of("Basic YW5uOnNlY3JldA=="), Ok((AuthKind::ApiToken, Some("ann".to_owned()))));
        assert_eq!(of("Bearer k"), Ok((AuthKind::ApiToken, Some("bot".to_owned()))));
        assert_eq!(read("/", &[]).unwrap().kind, AuthKind::Anonymous);
    }

    #[test]
    fn what_is_wrong_is_said_without_the_secret() {
        let error = |fields: &[(&'static str, &str)]| read("/", fields).unwrap_err();
        assert!(!error(&[("authorization", "Digest hush")]).contains("hush"));
        assert!(error(&[("x-headroom-tenant", &"x".repeat(201))]).contains("too long"));
        assert!(error(&[("x-headroom-copy", "many")]).contains("`many`"));
    }
}
