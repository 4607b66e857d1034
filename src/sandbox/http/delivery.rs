//! How a response is delivered: complete, or cut off on the way.

use super::response::Response;
use crate::sandbox::limits::Slot;

/// The response to a request, how to deliver it, and the slot it holds until then.
#[derive(Debug)]
pub(in crate::sandbox) struct Reply {
    pub(in crate::sandbox) response: Response,
    pub(in crate::sandbox) delivery: Delivery,
    pub(in crate::sandbox) slot: Slot,
}

/// What the connection does with a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Delivery {
    /// Sends all of it.
    Complete,
    /// Sends nothing and resets the connection.
    Reset,
    /// Sends half the body, then resets the connection.
    ResetBody,
    /// Sends half the body, then ends it.
    ShortBody,
    /// Sends half the body, then nothing while the client waits.
    StalledBody,
    /// Refuses the stream.
    RefusedStream,
    /// Refuses the stream and retires the connection.
    GoAway,
}

impl From<Response> for Reply {
    fn from(response: Response) -> Self {
        Self { response, delivery: Delivery::Complete, slot: Slot::default() }
    }
}
