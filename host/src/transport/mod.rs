//! The embedder's part: sending one attempt. For a [`Limiter`](crate::Limiter) and for the world `client`.
//!
//! | module | sends |
//! | --- | --- |
//! | `rest` | REST requests by reqwest (feature `reqwest`; with TLS: `reqwest-rustls`) |
//! | `registry` | invocations to functions of this process (feature `registry`) |

#[cfg(feature = "registry")]
pub mod registry;
#[cfg(feature = "reqwest")]
pub mod rest;

use crate::bindings::client::headroom::forge::transport;
use crate::types::{Answer, AttemptCount, AttemptError, Operation};
use futures::future::{BoxFuture, FutureExt};
use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use wasmtime::component::{Accessor, HasData, Linker};

/// More of a body the component does not count (wit/SPEC.md, section 10). A page of any list is far smaller.
pub(crate) const LONGEST_BODY_BYTES: usize = 16 << 20;

/// Longer than any function may run that a person or a web trigger waits for (docs/fidelity.md: `resolver-run-secs` 25 s,
/// `web-trigger-run-secs` 55 s), and short beside the hour of which a silent connection would otherwise hold points.
pub(crate) const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);

/// How attempts are sent. A refusal such as 429 is an answer; retries and waits are the component's.
pub trait Transport: Send + Sync + 'static {
    /// Sends an operation once. The first attempt is number 1.
    ///
    /// Many may be on their way at once. A limiter drops the future before it is done if its call is dropped or the
    /// attempt takes too long; the world `client` only when its store is dropped. A panic is an attempt without an answer.
    fn send(&self, operation: Operation, attempt: AttemptCount) -> BoxFuture<'static, Result<Answer, AttemptError>>;
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn send(&self, operation: Operation, attempt: AttemptCount) -> BoxFuture<'static, Result<Answer, AttemptError>> {
        (**self).send(operation, attempt)
    }
}

/// What an attempt comes to; a panic of whoever sends it is no answer, and nothing else.
pub(crate) async fn caught(
    sending: impl Future<Output = Result<Answer, AttemptError>>,
) -> Result<Answer, AttemptError> {
    let sent = AssertUnwindSafe(sending).catch_unwind().await;
    sent.unwrap_or_else(|panic| Err(panicked(&*panic)))
}

/// What is told of a panic of whoever sends.
pub(crate) fn panicked(panic: &(dyn Any + Send)) -> AttemptError {
    AttemptError::Other(format!("the transport panicked: {}", text_of(panic)))
}

/// The text that a panic was raised with.
pub(crate) fn text_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a text")
}

/// State of a store that knows its transport.
pub trait TransportView: Send + 'static {
    /// The transport of this store.
    fn transport(&self) -> Arc<dyn Transport>;
}

/// Gives a component the import `headroom:forge/transport`.
///
/// # Errors
/// If the linker defines it already.
pub fn add_to_linker<T: TransportView>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    transport::add_to_linker::<T, ViaTransport>(linker, |state| state.transport())
}

struct ViaTransport;

impl HasData for ViaTransport {
    type Data<'a> = Arc<dyn Transport>;
}

impl transport::Host for Arc<dyn Transport> {}

impl<T: Send> transport::HostWithStore<T> for ViaTransport {
    async fn send(
        accessor: &Accessor<T, Self>,
        operation: Operation,
        attempt: AttemptCount,
    ) -> Result<Answer, AttemptError> {
        let transport = accessor.with(|mut access| access.get());
        caught(async { transport.send(operation, attempt).await }).await
    }
}
