//! A body on its way out, which may end, stall or break after its first half.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::time::Sleep;

use super::socket::Line;
use crate::sandbox::limits::Slot;

/// What was given to the socket has this long to leave before a connection breaks.
const FLUSH: Duration = Duration::from_millis(10);
/// The longest that a body stalls.
const STALL: Duration = Duration::from_mins(10);

/// A body that announces its full length, whatever becomes of it.
#[derive(Debug)]
pub(in crate::sandbox) struct Body {
    data: Option<Bytes>,
    announced: u64,
    breach: Option<Breach>,
    /// Held until the body has been handed over.
    _slot: Slot,
}

/// What happens after the data that is there.
#[derive(Debug)]
struct Breach {
    due: Pin<Box<Sleep>>,
    then: Then,
}

#[derive(Debug)]
enum Then {
    End,
    Reset(Line),
}

impl Body {
    pub(in crate::sandbox) fn whole(data: Bytes, slot: Slot) -> Self {
        Self {
            announced: data.len() as u64,
            data: Some(data).filter(|data| !data.is_empty()),
            breach: None,
            _slot: slot,
        }
    }

    /// Half of `data`, then the end.
    pub(in crate::sandbox) fn short(data: &Bytes, slot: Slot) -> Self {
        Self::half(data, slot, FLUSH, Then::End)
    }

    /// Half of `data`, then nothing for a long time.
    pub(in crate::sandbox) fn stalled(data: &Bytes, slot: Slot) -> Self {
        Self::half(data, slot, STALL, Then::End)
    }

    /// Half of `data`, then `line` is reset.
    pub(in crate::sandbox) fn reset(data: &Bytes, slot: Slot, line: Line) -> Self {
        Self::half(data, slot, FLUSH, Then::Reset(line))
    }

    fn half(data: &Bytes, slot: Slot, wait: Duration, then: Then) -> Self {
        let half = data.slice(..data.len() / 2);
        let breach = Breach { due: Box::pin(tokio::time::sleep(wait)), then };
        Self { data: Some(half), announced: data.len() as u64, breach: Some(breach), _slot: slot }
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
        let Some(breach) = &mut self.breach else {
            return Poll::Ready(None);
        };
        ready!(breach.due.as_mut().poll(context));
        match &breach.then {
            Then::End => Poll::Ready(None),
            Then::Reset(line) => {
                // The connection ends, and this body with it: nobody will ask again.
                line.reset();
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none() && self.breach.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.announced)
    }
}
