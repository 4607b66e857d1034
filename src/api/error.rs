//! What can go wrong with one attempt at a page.

use std::fmt;
use std::time::Duration;

/// Why the client could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The certificates that a run was told to trust cannot be read.
    #[error("the authorities to trust (--ca-cert) cannot be used: {0}")]
    Authorities(String),
    /// The HTTP client could not be built.
    #[error("cannot set up HTTP: {0}")]
    Http(String),
}

/// Why one attempt at a page failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The server answered with another status than 200.
    Status {
        /// The status.
        status: u16,
        /// What the server said.
        said: ServerMessage,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
        /// Scheme and host of the place a redirect points to.
        location: Option<String>,
    },
    /// No whole answer arrived.
    Transport {
        /// Where it failed.
        kind: Transport,
        /// The reasons, outermost first.
        text: String,
    },
    /// The body is larger than a page can be.
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// A 200 whose body is no page, or not the page that was asked for.
    NoPage {
        /// What is wrong with it.
        reason: String,
        /// What the server said, where the body is one of its errors.
        said: ServerMessage,
    },
    /// A 200 with something else in the place of a page: a maintenance page, an error.
    StandIn {
        /// What is wrong with it.
        reason: String,
        /// What the server said, where it said something.
        said: ServerMessage,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// A contact without an identity.
    Identity(String),
}

/// What only a proxy answers.
pub(crate) const PROXY_AUTHENTICATION: u16 = 407;

/// Where an exchange broke off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Transport {
    /// The host's name has no address.
    Dns,
    /// No connection: refused, unreachable.
    Connect,
    /// The proxy of the environment is of a kind that cannot be used.
    Proxy,
    /// The certificate was refused.
    Certificate,
    /// It took too long.
    Timeout,
    /// The connection broke while the answer was awaited.
    Broken,
    /// The connection broke, or the data did, in the body.
    Body,
}

impl Failure {
    /// How long the server asks to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } | Self::StandIn { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status { status: status @ PROXY_AUTHENTICATION, said, .. } => {
                write!(f, "the proxy answered {status}, it requires a user name and a password{said}")
            }
            Self::Status { status, said, location, .. } => {
                write!(f, "the server answered {status}")?;
                if let Some(location) = location {
                    write!(f, ", a redirect to {location}, which is not followed since it would get the token")?;
                }
                write!(f, "{said}")
            }
            Self::Transport { kind, text } => {
                f.write_str(match kind {
                    Transport::Dns => "the host's name cannot be resolved",
                    Transport::Connect => "no connection",
                    Transport::Proxy => "the proxy of the environment (HTTPS_PROXY, ALL_PROXY) cannot be used",
                    Transport::Certificate => "the server's certificate was refused",
                    Transport::Timeout => "timed out",
                    Transport::Broken => "the connection broke",
                    Transport::Body => "the answer broke off",
                })?;
                write!(f, ": {text}")
            }
            Self::TooLarge { limit } => {
                write!(f, "the answer is larger than {} MiB, which no page of 100 contacts is", limit >> 20)
            }
            Self::NoPage { reason, said } | Self::StandIn { reason, said, .. } => write!(f, "{reason}{said}"),
            Self::Identity(text) => f.write_str(text),
        }
    }
}

/// What the server said of a failure, fit to be shown: escaped and cut.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerMessage {
    /// Its message, with its code where it gave one. Empty if it said nothing.
    pub message: String,
    /// The id of the request, for the server's support.
    pub request_id: Option<Box<RequestId>>,
}

/// What a server calls a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestId {
    /// Where it said so: `x-request-id`, `x-trace-id`, `trace_id` or `cf-ray`.
    pub name: &'static str,
    /// The id alone.
    pub id: String,
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.id)
    }
}

impl fmt::Display for ServerMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.message.is_empty() {
            write!(f, ": {}", self.message)?;
        }
        match &self.request_id {
            Some(id) => write!(f, " ({id})"),
            None => Ok(()),
        }
    }
}
