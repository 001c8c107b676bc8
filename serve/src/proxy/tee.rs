//! Bodies that pass, watched for silence, and copied as long as they are short.

use super::meter::Pending;
use bytes::{Buf, Bytes};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};

pub(super) type BoxError = Box<dyn Error + Send + Sync>;
/// A body on its way, in either direction.
pub(super) type Passing = UnsyncBoxBody<Bytes, BoxError>;

/// Bytes that are copied of one body: a page of 250 issues with all their fields has some 2 MiB.
pub(super) const MOST_COPIED: usize = 8 << 20;
/// Bytes of all copies at the same time.
const MOST_OF_ALL: usize = 128 << 20;

/// Nothing came for too long.
#[derive(Debug)]
pub(super) struct Silent;

impl fmt::Display for Silent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body took too long")
    }
}

impl Error for Silent {}

/// A body that ends with an error when nothing comes for so long.
pub(super) struct Watched {
    body: Incoming,
    time: Duration,
    /// Since it was first waited for.
    silence: Option<Pin<Box<Sleep>>>,
}

impl Watched {
    pub(super) const fn new(body: Incoming, time: Duration) -> Self {
        Self { body, time, silence: None }
    }
}

impl Body for Watched {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let time = self.time;
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(frame) => {
                self.silence = None;
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
            Poll::Pending => {
                let silence = self.silence.get_or_insert_with(|| Box::pin(sleep(time)));
                ready!(silence.as_mut().poll(cx));
                silence.as_mut().reset(Instant::now() + time);
                Poll::Ready(Some(Err(Box::new(Silent))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// All copies together.
#[derive(Clone, Debug, Default)]
pub(super) struct Copies(Arc<AtomicUsize>);

/// A copy of what has passed of one body.
#[derive(Debug)]
pub(super) struct Copied {
    bytes: Vec<u8>,
    all: Copies,
    /// Why there is none.
    lacking: Option<&'static str>,
}

impl Copied {
    pub(super) const fn new(all: Copies) -> Self {
        Self { bytes: Vec::new(), all, lacking: None }
    }

    /// Of a body that nobody wants to count.
    pub(super) const fn none(all: Copies, why: &'static str) -> Self {
        Self { bytes: Vec::new(), all, lacking: Some(why) }
    }

    fn add(&mut self, data: &[u8]) {
        if self.lacking.is_some() {
            return;
        }
        if self.bytes.len() + data.len() > MOST_COPIED {
            return self.give_up("it is longer than 8 MiB");
        }
        if self.all.0.fetch_add(data.len(), Ordering::Relaxed) + data.len() > MOST_OF_ALL {
            self.all.0.fetch_sub(data.len(), Ordering::Relaxed);
            return self.give_up("too many others are copied");
        }
        self.bytes.extend_from_slice(data);
    }

    fn give_up(&mut self, why: &'static str) {
        self.all.0.fetch_sub(self.bytes.len(), Ordering::Relaxed);
        self.bytes = Vec::new();
        self.lacking = Some(why);
    }

    /// The whole body.
    ///
    /// # Errors
    /// Says why there is no copy of it.
    pub(super) fn whole(&self) -> Result<&[u8], &'static str> {
        self.lacking.map_or(Ok(&self.bytes), Err)
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        self.give_up("it is gone");
    }
}

/// An answer's body that is counted when it has passed.
pub(super) struct Tee {
    body: Watched,
    counted: Option<(Copied, Pending)>,
}

/// What takes longer to count than this is counted beside: some tenths of a millisecond.
const COUNTED_AT_ONCE: usize = 64 << 10;

impl Tee {
    pub(super) fn over(body: Watched, copied: Copied, pending: Pending) -> Passing {
        let mut tee = Self { body, counted: Some((copied, pending)) };
        if tee.body.is_end_stream() {
            tee.finish();
        }
        tee.boxed_unsync()
    }

    /// Before the end is told to the client, so that who has the whole answer finds it counted; a long one after it.
    fn finish(&mut self) {
        let Some((copied, pending)) = self.counted.take() else { return };
        if copied.bytes.len() > COUNTED_AT_ONCE {
            tokio::task::spawn_blocking(move || pending.settle(copied.whole()));
        } else {
            pending.settle(copied.whole());
        }
    }
}

impl Body for Tee {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => {
                if let (Some(data), Some((copied, _))) = (frame.data_ref(), &mut self.counted) {
                    copied.add(data.chunk());
                }
                if self.body.is_end_stream() {
                    self.finish();
                }
            }
            // The copy is not whole: what is pending is settled as such when it is dropped.
            Some(Err(_)) => self.counted = None,
            None => self.finish(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
