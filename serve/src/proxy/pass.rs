//! One request on its way.

use super::fields::{self, Beta};
use super::meter::{self, Asked, Judged, Pending};
use super::tee::{BoxError, Copied, Passing, Tee, Watched};
use super::{Mode, Proxy};
use crate::content::reply::Problem;
use crate::control;
use crate::desk::plain;
use crate::http::{Came, whole, written};
use crate::identity::Identity;
use headroom_model::operation::Request as Operation;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HOST, TRANSFER_ENCODING, UPGRADE};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Request, Response, Version};

/// Passes a request on, or answers it.
pub(super) async fn pass(proxy: &Proxy, came: Came) -> Response<Passing> {
    let answered = try_pass(proxy, came).await;
    answered.unwrap_or_else(|problem| ours(written(plain(&problem, proxy.desk.clock.now()))))
}

async fn try_pass(proxy: &Proxy, came: Came) -> Result<Response<Passing>, Problem> {
    let Came { request, is_new_connection, stop } = came;
    let bounds = &proxy.desk.config.bounds;
    let (mut head, body) = request.into_parts();
    let path = head.uri.path();
    if path == "/_headroom" || path.starts_with("/_headroom/") {
        let body = whole(body, bounds).await?;
        return Ok(ours(control::answer(&proxy.desk, &stop, &head, &body)));
    }
    if head.method == Method::CONNECT || head.headers.contains_key(UPGRADE) {
        let message = "this proxy passes requests and no other protocols: send it without `Upgrade`".to_owned();
        return Err(Problem { status: 501, message });
    }
    let target = head.uri.path_and_query().filter(|target| target.as_str().starts_with('/'));
    let Some(target) = target.cloned() else {
        return Err(Problem {
            status: 501,
            message: "this proxy passes paths only: begin the target with `/`".to_owned(),
        });
    };
    // A document says what it asks for; so it is read before it goes on, and then has a length.
    let (document, body) = if Operation::get("", target.as_str()).is_graphql() && head.method == Method::POST {
        let document = whole(body, bounds).await?;
        head.headers.remove(TRANSFER_ENCODING);
        (Some(document.clone()), Full::new(document).map_err(|never| match never {}).boxed_unsync())
    } else {
        (None, Watched::new(body, bounds.body_time).boxed_unsync())
    };
    let asked = Asked {
        method: head.method.as_str(),
        target: target.as_str(),
        document: document.as_deref(),
        is_new_connection,
    };
    let judged = judge(proxy, &head, &asked)?;
    let (mut pending, beta) = match judged {
        Some(Judged { refusal: Some(refusal), pending, .. }) => {
            pending.settle(Err("it was refused"));
            return Ok(ours(written(refusal)));
        }
        Some(Judged { pending, beta, .. }) => (Some(pending), beta),
        None => (None, Vec::new()),
    };
    let answer = match ask(proxy, head, &target, body).await {
        Ok(answer) => answer,
        Err(problem) => {
            if let Some(pending) = &mut pending {
                pending.answered(problem.status, false, None);
            }
            return Err(problem);
        }
    };
    Ok(passing(proxy, answer, pending, beta))
}

/// The upstream's answer as the client gets it.
fn passing(proxy: &Proxy, answer: Response<Incoming>, pending: Option<Pending>, beta: Beta) -> Response<Passing> {
    let (mut head, body) = answer.into_parts();
    head.headers = fields::onward(&head.headers);
    let body = Watched::new(body, proxy.desk.config.bounds.answer_time);
    let body = match pending {
        Some(pending) => counted(proxy, pending, head.status.as_u16(), &head.headers, body),
        None => body.boxed_unsync(),
    };
    fields::add(&mut head.headers, beta);
    // The client's version is the port's business.
    head.version = Version::HTTP_11;
    Response::from_parts(head, body)
}

/// What the rule says. None of what it cannot tell whose it is, which a proxy that only watches lets pass.
fn judge(proxy: &Proxy, head: &Parts, asked: &Asked<'_>) -> Result<Option<Judged>, Problem> {
    let mut headers = head.headers.clone();
    // Who is asked is the upstream, whatever the client calls it.
    headers.insert(HOST, proxy.upstream.host().clone());
    let identity = Identity::read(&proxy.desk.config.identity, &headers, head.uri.path());
    let judged = identity.map_err(Problem::bad).and_then(|who| meter::judge(&proxy.desk, proxy.mode, who, asked));
    match judged {
        Err(_) if proxy.mode == Mode::Shadow => Ok(None),
        judged => judged.map(Some),
    }
}

async fn ask(
    proxy: &Proxy,
    head: Parts,
    target: &hyper::http::uri::PathAndQuery,
    body: Passing,
) -> Result<Response<Incoming>, Problem> {
    let uri = proxy.upstream.address(target).ok_or_else(|| Problem::bad("the target is no path".to_owned()))?;
    let mut request = Request::new(body);
    *request.method_mut() = head.method;
    *request.uri_mut() = uri;
    *request.headers_mut() = fields::request(&head.headers, proxy.upstream.host());
    // How the names of the fields are spelled.
    *request.extensions_mut() = head.extensions;
    proxy.upstream.ask(request, proxy.desk.config.bounds.answer_time).await
}

/// The answer's body, which is counted as it passes.
fn counted(proxy: &Proxy, mut pending: Pending, status: u16, headers: &HeaderMap, body: Watched) -> Passing {
    pending.answered(status, true, headers.get(CONTENT_ENCODING));
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let all = proxy.copies.clone();
    let copied = match pending.counts_the_body() {
        true if kind.to_ascii_lowercase().contains("json") => Copied::new(all),
        true => Copied::none(all, "it is no JSON"),
        false => Copied::none(all, "it is not counted"),
    };
    Tee::over(body, copied, pending)
}

fn ours(answer: Response<crate::http::Body>) -> Response<Passing> {
    answer.map(|body| body.map_err(|never| -> BoxError { match never {} }).boxed_unsync())
}
