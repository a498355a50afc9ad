//! Response bodies that break off.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Bytes;
use hyper::body::Frame;

/// A body that does not say how long it is, so that a rule's `Content-Length` may lie about it: the
/// answer then breaks off in the middle.
pub(super) enum Unmeasured {
    Text(Bytes),
    /// One pause before the end: what was written so far is sent off only when the body has to wait.
    Pause,
    End,
}

impl hyper::body::Body for Unmeasured {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match std::mem::replace(&mut *self, Self::End) {
            Self::Text(text) => {
                *self = Self::Pause;
                Poll::Ready(Some(Ok(Frame::data(text))))
            }
            Self::Pause => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Self::End => Poll::Ready(None),
        }
    }
}
