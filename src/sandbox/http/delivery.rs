//! How an answer is delivered: whole, or cut off on the way.

use super::response::Answer;
use crate::sandbox::limits::Slot;

/// What a request gets: an answer, how it is delivered, and its slot until then.
#[derive(Debug)]
pub(in crate::sandbox) struct Reply {
    pub(in crate::sandbox) answer: Answer,
    pub(in crate::sandbox) delivery: Delivery,
    pub(in crate::sandbox) slot: Slot,
}

/// What the connection does with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Delivery {
    /// All of it is sent.
    Whole,
    /// Nothing is sent, and the connection is reset.
    Reset,
    /// Half the body is sent, then the connection is reset.
    ResetBody,
    /// Half the body is sent, and that was all.
    ShortBody,
    /// Half the body is sent, and then nothing for as long as the client waits.
    StalledBody,
    /// Nothing is sent: the stream is refused.
    RefusedStream,
    /// Nothing is sent: the stream is refused and the connection retired.
    GoAway,
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self { answer, delivery: Delivery::Whole, slot: Slot::default() }
    }
}
