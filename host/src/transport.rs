//! The embedder's part of the world `client`: sending one attempt.

use crate::bindings::client::headroom::forge::transport;
use crate::types::{Answer, AttemptCount, AttemptError, Operation};
use futures::future::BoxFuture;
use std::sync::Arc;
use wasmtime::component::{Accessor, HasData, Linker};

/// How attempts are sent. A refusal such as 429 is an answer; retries and waits are the component's.
pub trait Transport: Send + Sync + 'static {
    /// Sends an operation once. The first attempt is number 1.
    ///
    /// Many may be on their way at once. The future is dropped before it is done only when its store is.
    fn send(&self, operation: Operation, attempt: AttemptCount) -> BoxFuture<'static, Result<Answer, AttemptError>>;
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
        transport.send(operation, attempt).await
    }
}
