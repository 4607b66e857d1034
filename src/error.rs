//! Why a run did not end well, and the exit code that says so to a machine.
//!
//! The stages' errors come together here; each has one [`Exit`], and the exits are one table.
//! Rendering is the binary's.

use crate::api::ApiError;
use crate::config::{ConfigError, MaxDeletes};
use crate::proof::{Certificate, Require};
use crate::sink::SinkError;
use crate::text::humanize::{count, counted};

/// Any error of a run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The run was told something that cannot work.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The contacts could not be read.
    #[error(transparent)]
    Api(Box<ApiError>),
    /// The output could not be written.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// The export is less complete than was required.
    #[error("the export is {}, and {required} was required: {}", certificate.level, certificate.why())]
    Incomplete {
        /// What was required.
        required: Require,
        /// What was proven.
        certificate: Box<Certificate>,
    },
    /// More contacts are gone since the export that is replaced than is believed.
    #[error(
        "{} read, and the export to be replaced has {}: more are gone than --max-deletes {allowed} allows; the token may \
         be another one, of another organization, or lack permissions",
        were(*after), count(*before)
    )]
    Deleted {
        /// Contacts of the export that would be replaced.
        before: u64,
        /// Contacts of this one.
        after: u64,
        /// How many may be gone.
        allowed: MaxDeletes,
    },
    /// The caller cancelled the run.
    #[error("cancelled")]
    Cancelled,
    /// A fault of this program.
    #[error("internal error: {0}")]
    Bug(String),
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        Self::Api(Box::new(error))
    }
}

impl Error {
    /// How a program that ends with this error exits.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Config(_) => Exit::Usage,
            Self::Api(error) => error.exit(),
            Self::Sink(error) => error.exit(),
            Self::Incomplete { .. } | Self::Deleted { .. } => Exit::Incomplete,
            Self::Cancelled => Exit::Interrupted,
            Self::Bug(_) => Exit::Bug,
        }
    }
}

fn were(contacts: u64) -> String {
    format!("{} {}", counted(contacts, "contact"), if contacts == 1 { "was" } else { "were" })
}

/// What lies behind an error, the nearest first.
pub fn behind(error: &dyn std::error::Error) -> impl Iterator<Item = String> {
    std::iter::successors(error.source(), |error| (*error).source()).map(ToString::to_string)
}

/// How the program exits. Meanings are final; causes may be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Exit {
    /// 0
    Whole,
    /// 1
    Bug,
    /// 2
    Usage,
    /// 3
    Incomplete,
    /// 65
    Contract,
    /// 69
    Unavailable,
    /// 73
    CannotCreate,
    /// 74
    CannotWrite,
    /// 75
    TryLater,
    /// 77
    Denied,
    /// 129
    HangUp,
    /// 130
    Interrupted,
    /// 131
    Quit,
    /// 141
    ReaderGone,
    /// 143
    Terminated,
    /// 152
    CpuLimit,
}

impl Exit {
    /// All of them, by code.
    pub const ALL: [Self; 16] = [
        Self::Whole,
        Self::Bug,
        Self::Usage,
        Self::Incomplete,
        Self::Contract,
        Self::Unavailable,
        Self::CannotCreate,
        Self::CannotWrite,
        Self::TryLater,
        Self::Denied,
        Self::HangUp,
        Self::Interrupted,
        Self::Quit,
        Self::ReaderGone,
        Self::Terminated,
        Self::CpuLimit,
    ];

    /// The table: exit code and meaning.
    fn row(self) -> (u8, &'static str) {
        match self {
            Self::Whole => (0, "whole: the output is there, as complete as was required"),
            Self::Bug => (1, "a bug in this program"),
            Self::Usage => (2, "wrong usage, a missing token included"),
            Self::Incomplete => {
                (3, "completeness below what was required, or more contacts gone than --max-deletes allows")
            }
            Self::Contract => (
                65,
                "the server broke its contract: answers that are not the page asked for, a redirect, 400, 404 or another 4xx, a body over 8 MiB; or verify, digest or inspect found a file that is not as it should be",
            ),
            Self::Unavailable => {
                (69, "the API cannot be reached (DNS, TLS and proxies included) or keeps failing after retries")
            }
            Self::CannotCreate => (73, "the output cannot be created"),
            Self::CannotWrite => (74, "the output cannot be written"),
            Self::TryLater => (75, "try again later: throttled out, or another run has the output"),
            Self::Denied => (77, "the token was rejected (401, 403)"),
            Self::HangUp => (129, "stopped because the terminal was closed (SIGHUP)"),
            Self::Interrupted => (130, "stopped by Ctrl-C (SIGINT)"),
            Self::Quit => (131, "stopped by Ctrl-\\ (SIGQUIT)"),
            Self::ReaderGone => (141, "the reader of standard output went away"),
            Self::Terminated => (143, "stopped by SIGTERM"),
            Self::CpuLimit => (152, "stopped by the limit on CPU time (SIGXCPU)"),
        }
    }

    /// What the code says.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        self.row().1
    }

    /// The table of all exit codes in Markdown, as the README shows it.
    #[must_use]
    pub fn table() -> String {
        let rows = Self::ALL.map(|exit| format!("| {} | {} |\n", exit.code(), exit.meaning()));
        format!("| code | meaning |\n|---|---|\n{}", rows.concat())
    }

    /// The exit code.
    #[must_use]
    pub fn code(self) -> u8 {
        self.row().0
    }
}
