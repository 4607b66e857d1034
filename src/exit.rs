//! Exit codes: one for each way a run can end, and the one that each error has.

use crate::api::SetupError;
use crate::dataset::ReadbackError;
use crate::destination::DestinationError;
use crate::error::Error;
use crate::events::Summary;
use crate::fetch::ApiError;
use crate::page::FailureClass;
use crate::verify::VerifyError;

/// How the program exits. Meanings are final; causes may be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExitCode {
    /// 0
    Success,
    /// 1
    Internal,
    /// 2
    Usage,
    /// 3
    Incomplete,
    /// 65
    BadResponse,
    /// 69
    Unavailable,
    /// 73
    CannotCreate,
    /// 74
    CannotWrite,
    /// 75
    TemporaryFailure,
    /// 77
    Unauthorized,
    /// 129
    HangUp,
    /// 130
    Interrupted,
    /// 131
    Quit,
    /// 141
    BrokenPipe,
    /// 143
    Terminated,
    /// 152
    CpuLimit,
}

impl ExitCode {
    /// All of them, by code.
    pub const ALL: [Self; 16] = [
        Self::Success,
        Self::Internal,
        Self::Usage,
        Self::Incomplete,
        Self::BadResponse,
        Self::Unavailable,
        Self::CannotCreate,
        Self::CannotWrite,
        Self::TemporaryFailure,
        Self::Unauthorized,
        Self::HangUp,
        Self::Interrupted,
        Self::Quit,
        Self::BrokenPipe,
        Self::Terminated,
        Self::CpuLimit,
    ];

    /// The table: exit code and meaning.
    fn row(self) -> (u8, &'static str) {
        match self {
            Self::Success => (0, "whole: the output is there, as complete as was required"),
            Self::Internal => (1, "a bug in this program"),
            Self::Usage => (2, "wrong usage, a missing token included"),
            Self::Incomplete => {
                (3, "completeness below what was required, or more contacts gone than --max-deletes allows")
            }
            Self::BadResponse => (
                65,
                "the server broke its contract: answers that are not the page asked for, a redirect, 400, 404 or another 4xx, a body over 8 MiB; or verify, digest or inspect found a file that is not as it should be",
            ),
            Self::Unavailable => {
                (69, "the API cannot be reached (DNS, TLS and proxies included) or keeps failing after retries")
            }
            Self::CannotCreate => (73, "the output cannot be created"),
            Self::CannotWrite => (74, "the output cannot be written"),
            Self::TemporaryFailure => (75, "try again later: rate limited, or another run has the output"),
            Self::Unauthorized => (77, "the token was rejected (401, 403)"),
            Self::HangUp => (129, "stopped because the terminal was closed (SIGHUP)"),
            Self::Interrupted => (130, "stopped by Ctrl-C (SIGINT)"),
            Self::Quit => (131, "stopped by Ctrl-\\ (SIGQUIT)"),
            Self::BrokenPipe => (141, "the reader of standard output went away"),
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

impl Error {
    /// How a program that ends with this error exits.
    #[must_use]
    pub fn exit(&self) -> ExitCode {
        match self {
            Self::Config(_) => ExitCode::Usage,
            Self::Api(error) => error.exit(),
            Self::Destination(error) => error.exit(),
            Self::Incomplete { .. } | Self::Deleted { .. } => ExitCode::Incomplete,
            Self::Cancelled => ExitCode::Interrupted,
            Self::Bug(_) => ExitCode::Internal,
        }
    }
}

impl ApiError {
    /// How a program that ends with this error exits.
    #[must_use]
    pub fn exit(&self) -> ExitCode {
        match self {
            Self::Setup(SetupError::Authorities(_)) => ExitCode::Usage,
            Self::Setup(SetupError::Http(_)) | Self::Outage { .. } => ExitCode::Unavailable,
            Self::RateLimited { .. } | Self::Deadline { .. } => ExitCode::TemporaryFailure,
            Self::Page(failed) => exit_of(failed.failure.class),
            Self::Unreadable { failure, .. } => exit_of(failure.class),
        }
    }
}

/// The exit code after a page that could not be read.
fn exit_of(class: FailureClass) -> ExitCode {
    match class {
        FailureClass::RateLimited => ExitCode::TemporaryFailure,
        FailureClass::Transient | FailureClass::Unreachable => ExitCode::Unavailable,
        FailureClass::InvalidPage | FailureClass::NotAPage | FailureClass::Rejected => ExitCode::BadResponse,
        FailureClass::Unauthorized => ExitCode::Unauthorized,
    }
}

impl DestinationError {
    /// How a program that ends with this error exits.
    #[must_use]
    pub fn exit(&self) -> ExitCode {
        match self {
            Self::Create { .. }
            | Self::Mode { .. }
            | Self::IsDirectory { .. }
            | Self::Lock { .. }
            | Self::NotReplaceable { .. }
            | Self::NotForPartition { .. }
            | Self::OwnersNotOurs { .. } => ExitCode::CannotCreate,
            Self::Write { .. } | Self::Unfinished { .. } | Self::Kit { .. } | Self::StreamClosed { .. } => {
                ExitCode::CannotWrite
            }
            Self::Locked { .. } => ExitCode::TemporaryFailure,
            Self::KitNotApart { .. } | Self::Unsupported { .. } | Self::OverInput { .. } | Self::SamePlace { .. } => {
                ExitCode::Usage
            }
            Self::ReaderGone => ExitCode::BrokenPipe,
            Self::Encode { .. } => ExitCode::Internal,
        }
    }
}

impl Summary {
    /// How a program that ends with this exits: an output below what was required may have been published all the same.
    #[must_use]
    pub fn exit(&self) -> ExitCode {
        if self.required.is_met_by(self.read.certificate.level) { ExitCode::Success } else { ExitCode::Incomplete }
    }
}

impl VerifyError {
    /// How a program that ends with this error exits.
    #[must_use]
    pub fn exit(&self) -> ExitCode {
        match self {
            Self::Publishing { .. } => ExitCode::TemporaryFailure,
            Self::Below { .. } => ExitCode::Incomplete,
            _ => ExitCode::BadResponse,
        }
    }
}

impl ReadbackError {
    /// How a program that ends with this error exits.
    #[must_use]
    pub fn exit(&self) -> ExitCode {
        match self {
            Self::Raw { .. } => ExitCode::Usage,
            Self::Replaced { .. } => ExitCode::TemporaryFailure,
            _ => ExitCode::BadResponse,
        }
    }
}
