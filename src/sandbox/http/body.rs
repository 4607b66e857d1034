//! A response body, which may end, stall or break after its first half.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::time::Sleep;

use super::socket::Control;
use crate::sandbox::limits::Slot;

/// Time for data in the socket to be sent before the connection breaks.
const FLUSH: Duration = Duration::from_millis(10);
/// How long a body stalls.
const STALL: Duration = Duration::from_mins(10);

/// A body that announces its full length, even if it is cut off.
#[derive(Debug)]
pub(in crate::sandbox) struct Body {
    data: Option<Bytes>,
    announced: u64,
    cut: Option<Cut>,
    /// Held until the body has been handed over.
    _slot: Slot,
}

/// What happens after the first half.
#[derive(Debug)]
struct Cut {
    due: Pin<Box<Sleep>>,
    then: Then,
}

#[derive(Debug)]
enum Then {
    End,
    Reset(Control),
}

impl Body {
    pub(in crate::sandbox) fn complete(data: Bytes, slot: Slot) -> Self {
        Self { announced: data.len() as u64, data: Some(data).filter(|data| !data.is_empty()), cut: None, _slot: slot }
    }

    /// Half of `data`, then the end.
    pub(in crate::sandbox) fn short(data: &Bytes, slot: Slot) -> Self {
        Self::half(data, slot, FLUSH, Then::End)
    }

    /// Half of `data`, then nothing for a long time.
    pub(in crate::sandbox) fn stalled(data: &Bytes, slot: Slot) -> Self {
        Self::half(data, slot, STALL, Then::End)
    }

    /// Half of `data`, then a reset.
    pub(in crate::sandbox) fn reset(data: &Bytes, slot: Slot, control: Control) -> Self {
        Self::half(data, slot, FLUSH, Then::Reset(control))
    }

    fn half(data: &Bytes, slot: Slot, wait: Duration, then: Then) -> Self {
        let half = data.slice(..data.len() / 2);
        let cut = Cut { due: Box::pin(tokio::time::sleep(wait)), then };
        Self { data: Some(half), announced: data.len() as u64, cut: Some(cut), _slot: slot }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(data) = self.data.take() {
            self.announced -= data.len() as u64;
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        let Some(cut) = &mut self.cut else {
            return Poll::Ready(None);
        };
        ready!(cut.due.as_mut().poll(context));
        match &cut.then {
            Then::End => Poll::Ready(None),
            Then::Reset(control) => {
                // The connection ends and drops this body, which is not polled again.
                control.reset();
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none() && self.cut.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.announced)
    }
}
