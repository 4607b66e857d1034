//! What can go wrong with one request for a page, and what the server said about it.

use std::fmt;
use std::time::Duration;

/// Why the client could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The additional CA certificates cannot be read.
    #[error("cannot use the CA certificates (--ca-cert): {0}")]
    Authorities(String),
    /// The HTTP client could not be built.
    #[error("cannot set up HTTP: {0}")]
    Http(String),
}

/// How one request for a page failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailureKind {
    /// A status other than 200.
    Status {
        /// The status code.
        status: u16,
        /// What the server said.
        message: ServerMessage,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
        /// Whether the response says that it is a refusal: by a used-up quota, or by an error code in its body.
        is_rate_limit: bool,
        /// Whether the API itself, and no cache, says that there is no such contact.
        denies_contact: bool,
        /// Scheme and host of a redirect's target.
        location: Option<String>,
    },
    /// No complete response arrived.
    Transport {
        /// Where the exchange failed.
        at: Transport,
        /// The causes, outermost first.
        text: String,
    },
    /// The body is larger than a page can be.
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// A 200 whose body is malformed, or not the requested page.
    InvalidPage {
        /// What is wrong with it.
        reason: String,
        /// What the server said, if the body is one of its errors.
        message: ServerMessage,
    },
    /// A 200 with something other than a page: a maintenance page, an error object.
    NotAPage {
        /// What is wrong with it.
        reason: String,
        /// What the server said.
        message: ServerMessage,
        /// How long the server asks to wait.
        retry_after: Option<Duration>,
        /// Whether the response says that it is a refusal: by a used-up quota, or by an error code in its body.
        is_rate_limit: bool,
    },
    /// A contact without an id.
    Identity(String),
}

/// The status that only proxies send.
pub(crate) const PROXY_AUTHENTICATION: u16 = 407;

/// Where an exchange with the server failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Transport {
    /// The host name cannot be resolved.
    Dns,
    /// Connection refused, or host unreachable.
    Connect,
    /// The proxy from the environment is of an unsupported kind.
    Proxy,
    /// The TLS certificate was rejected.
    Certificate,
    /// Timed out.
    Timeout,
    /// The connection broke before the response began.
    Broken,
    /// The connection broke, or the data did, within the body.
    Body,
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status { status: status @ PROXY_AUTHENTICATION, message, .. } => {
                write!(f, "the proxy answered {status}: it requires a user name and a password{message}")
            }
            Self::Status { status, message, location, .. } => {
                write!(f, "the server answered {status}")?;
                if let Some(location) = location {
                    write!(f, ", a redirect to {location}; redirects are not followed, to protect the token")?;
                }
                write!(f, "{message}")
            }
            Self::Transport { at, text } => {
                f.write_str(match at {
                    Transport::Dns => "cannot resolve the host name",
                    Transport::Connect => "cannot connect",
                    Transport::Proxy => "cannot use the proxy from the environment (HTTPS_PROXY, ALL_PROXY)",
                    Transport::Certificate => "the server's TLS certificate was rejected",
                    Transport::Timeout => "timed out",
                    Transport::Broken => "the connection broke",
                    Transport::Body => "the response was cut off",
                })?;
                write!(f, ": {text}")
            }
            Self::TooLarge { limit } => {
                write!(f, "the response is larger than {} MiB, too large for a page of 100 contacts", limit >> 20)
            }
            Self::InvalidPage { reason, message } | Self::NotAPage { reason, message, .. } => {
                write!(f, "{reason}{message}")
            }
            Self::Identity(text) => f.write_str(text),
        }
    }
}

/// What the server said about a failure, escaped and shortened for display.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerMessage {
    /// Its message, preceded by its error code if it has one. Empty if it said nothing.
    pub message: String,
    /// The id of the request, for the server's support.
    pub request_id: Option<Box<RequestId>>,
}

/// The server's id of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestId {
    /// The header or key that held it: `x-request-id`, `x-trace-id`, `trace_id` or `cf-ray`.
    pub name: &'static str,
    /// The id.
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
