//! The live page: one document, one style sheet, one program, all part of this binary.

use super::{Ask, text};
use crate::content::reply::Problem;
use headroom_model::operation::{Header, Response as Answered};

/// Nothing from elsewhere, nothing inline, in nobody's frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// To where relative names lead to the page's parts.
pub(super) fn moved(ask: &Ask<'_>) -> Result<Answered, Problem> {
    let mut answer = text(ask.desk, "text/plain; charset=utf-8", "see /_headroom/\n".to_owned());
    answer.status = 308;
    answer.headers.push(Header::new("Location", "/_headroom/"));
    Ok(answer)
}

pub(super) fn html(ask: &Ask<'_>) -> Result<Answered, Problem> {
    Ok(part(ask, "text/html; charset=utf-8", include_str!("page/index.html")))
}

pub(super) fn css(ask: &Ask<'_>) -> Result<Answered, Problem> {
    Ok(part(ask, "text/css; charset=utf-8", include_str!("page/page.css")))
}

pub(super) fn js(ask: &Ask<'_>) -> Result<Answered, Problem> {
    Ok(part(ask, "text/javascript; charset=utf-8", include_str!("page/page.js")))
}

pub(super) fn chart(ask: &Ask<'_>) -> Result<Answered, Problem> {
    Ok(part(ask, "text/javascript; charset=utf-8", include_str!("page/chart.js")))
}

fn part(ask: &Ask<'_>, kind: &str, body: &str) -> Answered {
    let mut answer = text(ask.desk, kind, body.to_owned());
    let strict = [
        ("Content-Security-Policy", POLICY),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
    ];
    answer.headers.extend(strict.map(|(name, value)| Header::new(name, value)));
    answer
}
