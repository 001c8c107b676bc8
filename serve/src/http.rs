//! The port: connections, their bounds, and how they end.

use crate::bounds::Bounds;
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
use std::error::Error;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_io_timeout::TimeoutStream;

pub(crate) type Body = BoxBody<Bytes, Infallible>;

/// The connection is to break without an answer.
#[derive(Debug)]
pub(crate) struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a fault breaks the connection")
    }
}

impl Error for Broken {}

/// A request as it came to the port.
pub(crate) struct Came {
    pub(crate) request: Request<Incoming>,
    /// Whether it is the first of its connection.
    pub(crate) is_new_connection: bool,
    /// True when the port is to close.
    pub(crate) stop: watch::Receiver<bool>,
}

/// What answers behind a port.
pub(crate) trait Service: Send + Sync + 'static {
    type Body: hyper::body::Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static;

    /// Whether names of fields go on as they are spelled.
    const KEEPS_CASE: bool;

    fn bounds(&self) -> &Bounds;

    fn answer(self: Arc<Self>, came: Came) -> impl Future<Output = Result<Response<Self::Body>, Broken>> + Send;
}

/// Serves until `stop` is true; then open requests are finished.
pub(crate) async fn serve<S: Service>(listener: TcpListener, service: Arc<S>, mut stop: watch::Receiver<bool>) {
    let Bounds { connections, stop_time, .. } = *service.bounds();
    let connections = Arc::new(Semaphore::new(connections));
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
        let connection = graceful.watch(connection(stream, service.clone(), stop.clone()));
        tokio::spawn(async move {
            // What a client does wrong on its connection ends that connection and no other.
            let _ = connection.await;
            drop(place);
        });
    }
    let _ = tokio::time::timeout(stop_time, graceful.shutdown()).await;
}

type Io = TokioIo<std::pin::Pin<Box<TimeoutStream<TcpStream>>>>;

fn connection<S: Service>(
    stream: TcpStream,
    service: Arc<S>,
    stop: watch::Receiver<bool>,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> + Send {
    let bounds = *service.bounds();
    // Without it, a small answer waits for the acknowledgement of the one before; if it cannot be set, it only is slower.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(bounds.write_time));
    let io: Io = TokioIo::new(Box::pin(stream));
    let is_new = AtomicBool::new(true);
    let service = service_fn(move |request| {
        let is_new_connection = is_new.swap(false, Ordering::Relaxed);
        service.clone().answer(Came { request, is_new_connection, stop: stop.clone() })
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head_time)
        .max_buf_size(bounds.head_bytes)
        .max_headers(bounds.head_fields)
        .preserve_header_case(S::KEEPS_CASE)
        .auto_date_header(false)
        // Who has sent all may close that direction and wait for the answer.
        .half_close(true)
        .serve_connection(io, service)
}

impl Service for Desk {
    type Body = Body;

    const KEEPS_CASE: bool = false;

    fn bounds(&self) -> &Bounds {
        &self.config.bounds
    }

    async fn answer(self: Arc<Self>, came: Came) -> Result<Response<Body>, Broken> {
        answer(&self, came).await
    }
}

async fn answer(desk: &Arc<Desk>, came: Came) -> Result<Response<Body>, Broken> {
    let Came { request, is_new_connection, stop } = came;
    let (head, body) = request.into_parts();
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let path = head.uri.path();
    let refuse = |status, message: String| Ok(written(plain(&Problem { status, message }, desk.clock.now())));
    let body = match whole(body, &desk.config.bounds).await {
        Ok(body) => body,
        Err(Problem { status, message }) => return refuse(status, message),
    };
    if path == "/metrics" || path.starts_with("/_headroom") {
        return Ok(control::answer(desk, &stop, &head, &body));
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
    let held = Held::new(desk, &mut handled);
    desk.clock.wait(handled.at).await;
    drop(held);
    handled.response.take().map(written).ok_or(Broken)
}

/// All of a body.
///
/// # Errors
/// If it is longer than it may be, takes too long, or is cut off.
pub(crate) async fn whole(body: Incoming, bounds: &Bounds) -> Result<Bytes, Problem> {
    let Bounds { body_bytes: most, body_time, .. } = *bounds;
    let problem = |status, message: String| Err(Problem { status, message });
    let too_long = || problem(413, format!("the body is longer than {most} bytes"));
    if body.size_hint().lower() > most as u64 {
        return too_long();
    }
    match tokio::time::timeout(body_time, Limited::new(body, most).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => too_long(),
        Ok(Err(_)) => problem(400, "the body is cut off or no valid chunks".to_owned()),
        Err(_) => problem(408, "the body took too long".to_owned()),
    }
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
