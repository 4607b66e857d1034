//! What can go wrong with one attempt at a page, and with the reading as a whole.

use std::fmt;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};

use super::retry::{Class, classify};
use crate::error::Exit;
use crate::page::beside;
use crate::text::humanize::seconds;

/// Why the contacts could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// A page could not be had.
    #[error("page {page}, attempt {attempt}: {failure}")]
    Page {
        /// The page's number.
        page: u64,
        /// The attempt that was the last, from 1.
        attempt: u32,
        /// What went wrong with it.
        failure: Failure,
    },
    /// The server has been failing for longer than the run waits for it.
    #[error("the API has given no answer for {}; last, page {page}, attempt {attempt}: {failure}", seconds(*lasted))]
    Outage {
        /// The page that was asked for last.
        page: u64,
        /// The attempt at it, from 1.
        attempt: u32,
        /// What went wrong with it.
        failure: Failure,
        /// How long it has been failing.
        lasted: Duration,
    },
    /// The server asks to be left in peace for longer than the run waits.
    #[error("throttled out: page {page}, attempt {attempt}: {failure}{}", come_back_at(*come_back))]
    Throttled {
        /// The page that was refused last.
        page: u64,
        /// The attempt at it, from 1.
        attempt: u32,
        /// How it was refused.
        failure: Failure,
        /// When the server will answer again, if it said.
        come_back: Option<SystemTime>,
    },
    /// A contact cannot be read, in a page of any size.
    #[error("page {page}: the contact at place {place} of the list{} cannot be read: {failure}", beside(*before, *after))]
    Unreadable {
        /// The page that could not be read.
        page: u64,
        /// The contact's place in the list, from 1.
        place: u64,
        /// The id of the contact before it, where it is known.
        before: Option<i64>,
        /// The id of the contact after it, where it is known.
        after: Option<i64>,
        /// What went wrong with it alone.
        failure: Box<Failure>,
    },
    /// The time given to the run is over.
    #[error("the deadline has passed: the run was given {}", seconds(*after))]
    Deadline {
        /// The time it was given.
        after: Duration,
    },
    /// The certificates that a run was told to trust cannot be read.
    #[error("the authorities to trust (--ca-cert) cannot be used: {0}")]
    Authorities(String),
    /// The HTTP client could not be set up.
    #[error("cannot set up HTTP: {0}")]
    Setup(String),
}

impl ApiError {
    /// How a program that ends with this error exits.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Authorities(_) => Exit::Usage,
            Self::Setup(_) | Self::Outage { .. } => Exit::Unavailable,
            Self::Throttled { .. } | Self::Deadline { .. } => Exit::TryLater,
            Self::Page { failure, .. } => exit_of(failure),
            Self::Unreadable { failure, .. } => exit_of(failure),
        }
    }
}

/// How a program exits whose page could not be had.
fn exit_of(failure: &Failure) -> Exit {
    match classify(failure) {
        Class::Throttled => Exit::TryLater,
        Class::Transient => Exit::Unavailable,
        Class::Protocol | Class::StandIn => Exit::Contract,
        Class::Fatal => match failure {
            Failure::Status { status: 401 | 403, .. } => Exit::Denied,
            Failure::Status { status: PROXY_AUTHENTICATION | 500.., .. } | Failure::Transport { .. } => {
                Exit::Unavailable
            }
            _ => Exit::Contract,
        },
    }
}

fn come_back_at(instant: Option<SystemTime>) -> String {
    let text = |instant| DateTime::<Utc>::from(instant).to_rfc3339_opts(SecondsFormat::Secs, true);
    instant.map(|instant| format!("; come back at {}", text(instant))).unwrap_or_default()
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
        said: Said,
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
        said: Said,
    },
    /// A 200 with something else in the place of a page: a maintenance page, an error.
    StandIn {
        /// What is wrong with it.
        reason: String,
        /// What the server said, where it said something.
        said: Said,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// A contact without an identity.
    Identity(String),
}

/// What only a proxy answers.
pub(super) const PROXY_AUTHENTICATION: u16 = 407;

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
pub struct Said {
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

impl fmt::Display for Said {
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
