//! One request to the API: the HTTP client, what responses say, and what can go wrong.
//!
//! The only room that uses reqwest.

pub(crate) mod client;
pub(crate) mod error_body;
pub(crate) mod failure;
pub(crate) mod freshness;
pub(crate) mod memory_budget;
pub(crate) mod rate_limit_headers;
pub(crate) mod refusal;
mod retryable;
mod tls;
mod transport;
pub(crate) mod wait;

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use error_body::server_message;
pub use failure::{FailureKind, RequestId, ServerMessage, SetupError, Transport};
pub(crate) use memory_budget::Share;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use refusal::retry_after;
pub use retryable::Failure;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use wait::LONGEST_WAIT;
