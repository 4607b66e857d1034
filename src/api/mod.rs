//! One request to the API: the client, what its answers say, and what can go wrong.
//!
//! The only code that knows reqwest.

pub(crate) mod client;
pub(crate) mod error;
pub(crate) mod error_body;
pub(crate) mod freshness;
pub(crate) mod memory_budget;
pub(crate) mod rate_limit_headers;
pub(crate) mod tls;
pub(crate) mod transport;

pub(crate) use error::PROXY_AUTHENTICATION;
pub use error::{Failure, RequestId, ServerMessage, SetupError, Transport};
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use error_body::{LONGEST_WAIT, retry_after, said};
pub(crate) use memory_budget::Share;
