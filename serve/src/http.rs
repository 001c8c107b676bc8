//! The port: connections, their bounds, and how they end.

use crate::content::reply::Problem;
use crate::control;
use crate::desk::{Desk, Held, plain};
use crate::door::Call;
use crate::identity::Identity;
use bytes::Bytes;
use headroom_model::operation::Response as Answered;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::header::{HOST, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_io_timeout::TimeoutStream;

/// Connections at the same time; further ones wait.
const MOST_CONNECTIONS: usize = 1_024;
/// Bytes of a request's line and header fields, give or take what is read at once.
const MOST_HEAD: usize = 64 << 10;
/// Header fields of a request.
const MOST_FIELDS: usize = 100;
/// Bytes of a request's body.
const MOST_BODY: usize = 8 << 20;
/// How long a request's head may take, and a connection may be idle.
const HEAD_TIME: Duration = Duration::from_secs(30);
/// How long a request's body may take.
const BODY_TIME: Duration = Duration::from_secs(30);
/// How long a reader may take nothing of what it is sent.
const WRITE_TIME: Duration = Duration::from_secs(30);
/// How long open requests may take when the server stops.
const STOP_TIME: Duration = Duration::from_secs(5);

pub(crate) type Body = BoxBody<Bytes, Infallible>;

/// The connection is to break without an answer.
#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a fault breaks the connection")
    }
}

impl std::error::Error for Broken {}

/// Serves until `stop` is true; then open requests are finished.
pub(crate) async fn serve(listener: TcpListener, desk: Arc<Desk>, mut stop: watch::Receiver<bool>) {
    let connections = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    loop {
        let place = connections.clone().acquire_owned();
        let accept = async { (place.await, listener.accept().await) };
        let (place, accepted) = tokio::select! {
            accepted = accept => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let Ok((stream, _)) = accepted else {
            // Out of file descriptors, as a rule: others have to end first.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let (desk, stop) = (desk.clone(), stop.clone());
        let connection = graceful.watch(connection(stream, desk, stop));
        tokio::spawn(async move {
            // What a client does wrong on its connection ends that connection and no other.
            let _ = connection.await;
            drop(place);
        });
    }
    let _ = tokio::time::timeout(STOP_TIME, graceful.shutdown()).await;
}

type Io = TokioIo<std::pin::Pin<Box<TimeoutStream<TcpStream>>>>;

fn connection(
    stream: TcpStream,
    desk: Arc<Desk>,
    stop: watch::Receiver<bool>,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> + Send {
    // Without it, a small answer waits for the acknowledgement of the one before; if it cannot be set, it only is slower.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_TIME));
    let io: Io = TokioIo::new(Box::pin(stream));
    let is_new = AtomicBool::new(true);
    let service = service_fn(move |request| {
        let is_new = is_new.swap(false, Ordering::Relaxed);
        answer(desk.clone(), stop.clone(), request, is_new)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(MOST_HEAD)
        .max_headers(MOST_FIELDS)
        .auto_date_header(false)
        // Who has sent all may close that direction and wait for the answer.
        .half_close(true)
        .serve_connection(io, service)
}

async fn answer(
    desk: Arc<Desk>,
    stop: watch::Receiver<bool>,
    request: Request<Incoming>,
    is_new_connection: bool,
) -> Result<Response<Body>, Broken> {
    let (head, body) = request.into_parts();
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let path = head.uri.path();
    let refuse = |status, message: String| Ok(written(plain(&Problem { status, message }, desk.clock.now())));
    let too_long = || format!("the body is longer than {MOST_BODY} bytes");
    if body.size_hint().lower() > MOST_BODY as u64 {
        return refuse(413, too_long());
    }
    let body = match tokio::time::timeout(BODY_TIME, Limited::new(body, MOST_BODY).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            return refuse(413, too_long());
        }
        Ok(Err(_)) => return refuse(400, "the body is cut off or no valid chunks".to_owned()),
        Err(_) => return refuse(408, "the body took too long".to_owned()),
    };
    if path == "/metrics" || path.starts_with("/_headroom") {
        return Ok(control::answer(&desk, &stop, &head, &body));
    }
    let identity = match Identity::read(&desk.config.identity, &head.headers, path) {
        Ok(identity) => identity,
        Err(message) => return refuse(400, message),
    };
    let host = head.headers.get(HOST).and_then(|host| host.to_str().ok());
    let base = host.map_or_else(String::new, |host| format!("http://{host}"));
    let method = head.method.as_str();
    let call = Call { identity: &identity, method, target, base: &base, body: &body, is_new_connection };
    let mut handled = desk.handle(&call);
    let held = Held::new(&desk, &mut handled);
    desk.clock.wait(handled.at).await;
    drop(held);
    handled.response.take().map(written).ok_or(Broken)
}

/// An answer of ours as hyper's. A field or status that HTTP does not allow, which only a fault rule can ask for, is
/// left out or 500.
pub(crate) fn written(answer: Answered) -> Response<Body> {
    let mut response = Response::new(Full::new(Bytes::from(answer.body)).boxed());
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for header in answer.headers {
        let name = HeaderName::from_bytes(header.name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(&header.value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}
