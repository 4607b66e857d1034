//! Exit codes, and the exit code of each error. The codes follow `sysexits.h`.

use std::io;

use crate::api::SetupError;
use crate::changes::ChangesError;
use crate::dataset::ReadbackError;
use crate::destination::DestinationError;
use crate::error::Error;
use crate::events::Summary;
use crate::fetch::ApiError;
use crate::page::FailureClass;
use crate::storage;
use crate::verify::VerifyError;

/// How the program exits. Meanings are stable; later versions may add causes.
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
    /// 66
    NoInput,
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
    /// All exit codes, in ascending order.
    pub const ALL: [Self; 17] = [
        Self::Success,
        Self::Internal,
        Self::Usage,
        Self::Incomplete,
        Self::BadResponse,
        Self::NoInput,
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
            Self::Success => (0, "success"),
            Self::Internal => (1, "internal error (a bug)"),
            Self::Usage => (2, "invalid usage, including a missing token"),
            Self::Incomplete => (3, "required completeness not reached, or more deletions than --max-deletes allows"),
            Self::BadResponse => (65, "the server's responses or the input data are invalid"),
            Self::NoInput => (66, "input file not found, or its object store does not give it out"),
            Self::Unavailable => (69, "API unavailable, even after retries (including DNS, TLS and proxy errors)"),
            Self::CannotCreate => (73, "cannot create the output"),
            Self::CannotWrite => (74, "cannot write the output"),
            Self::TemporaryFailure => {
                (75, "temporary failure, retry later: rate limited, deadline passed, or locked by another run")
            }
            Self::Unauthorized => (77, "token rejected"),
            Self::HangUp => (129, "canceled: the terminal was closed (SIGHUP)"),
            Self::Interrupted => (130, "canceled by Ctrl-C (SIGINT)"),
            Self::Quit => (131, "canceled by Ctrl-\\ (SIGQUIT)"),
            Self::BrokenPipe => (141, "reader closed the pipe"),
            Self::Terminated => (143, "canceled by SIGTERM"),
            Self::CpuLimit => (152, "canceled by the CPU time limit (SIGXCPU)"),
        }
    }

    /// The meaning of the code.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        self.row().1
    }

    /// All exit codes as a Markdown table, as in the README.
    #[must_use]
    pub fn table() -> String {
        let rows = Self::ALL.map(|exit| format!("| {} | {} |\n", exit.code(), exit.meaning()));
        format!("| code | meaning |\n|---|---|\n{}", rows.concat())
    }

    /// Whether the same run may succeed later, without any change.
    #[must_use]
    pub fn is_temporary(self) -> bool {
        matches!(
            self,
            Self::Unavailable
                | Self::TemporaryFailure
                | Self::HangUp
                | Self::Interrupted
                | Self::Quit
                | Self::Terminated
        )
    }

    /// The number.
    #[must_use]
    pub fn code(self) -> u8 {
        self.row().0
    }
}

impl Error {
    /// The exit code of this error.
    #[must_use]
    pub fn exit(&self) -> ExitCode {
        match self {
            Self::Config(_) => ExitCode::Usage,
            Self::Api(error) => error.exit(),
            Self::Changes(error) => error.exit(),
            Self::Destination(error) => error.exit(),
            Self::Incomplete { .. } | Self::Deleted { .. } | Self::Gone { .. } => ExitCode::Incomplete,
            Self::Cancelled => ExitCode::Interrupted,
            Self::Format(_) | Self::Bug(_) => ExitCode::Internal,
        }
    }
}

impl ApiError {
    /// The exit code of this error.
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
    /// The exit code of this error.
    #[must_use]
    pub fn exit(&self) -> ExitCode {
        match self {
            Self::Create { .. }
            | Self::Mode { .. }
            | Self::IsDirectory { .. }
            | Self::Lock { .. }
            | Self::NotOurs { .. }
            | Self::Unconditional { .. }
            | Self::NotReplaceable { .. }
            | Self::ReplacesContacts { .. }
            | Self::NotForPartition { .. }
            | Self::OwnersNotOurs { .. } => ExitCode::CannotCreate,
            Self::Write { .. } | Self::Unfinished { .. } | Self::Kit { .. } | Self::StreamClosed { .. } => {
                ExitCode::CannotWrite
            }
            Self::Locked { .. } | Self::Lost { .. } | Self::Unavailable { .. } => ExitCode::TemporaryFailure,
            Self::KitNotApart { .. } | Self::Unsupported { .. } | Self::OverInput { .. } | Self::SamePlace { .. } => {
                ExitCode::Usage
            }
            Self::ReaderGone => ExitCode::BrokenPipe,
        }
    }
}

impl Summary {
    /// The exit code of an export that was published, even if below the required level.
    #[must_use]
    pub fn exit(&self) -> ExitCode {
        if self.required.is_met_by(self.read.certificate.level) { ExitCode::Success } else { ExitCode::Incomplete }
    }
}

impl VerifyError {
    /// The exit code of this error.
    #[must_use]
    pub fn exit(&self) -> ExitCode {
        match self {
            Self::NoFile { .. } | Self::NoFolder { .. } => ExitCode::NoInput,
            Self::Publishing { .. } => ExitCode::TemporaryFailure,
            Self::Below { .. } => ExitCode::Incomplete,
            Self::Dataset(error) => error.exit(),
            Self::Read { error, .. } => exit_of_reading(error),
            _ => ExitCode::BadResponse,
        }
    }
}

impl ChangesError {
    /// The exit code of this error.
    #[must_use]
    pub fn exit(&self) -> ExitCode {
        match self {
            Self::Verify(error) => error.exit(),
            Self::Read(error) => error.exit(),
            Self::Reversed { .. } | Self::Newer(_) | Self::Nested { .. } => ExitCode::Usage,
            Self::Below { .. } => ExitCode::Incomplete,
            Self::NotContacts(_)
            | Self::Raw(_)
            | Self::Twice { .. }
            | Self::Source { .. }
            | Self::OtherSource { .. }
            | Self::OtherToken(_)
            | Self::OtherColumns { .. }
            | Self::Token { .. }
            | Self::Columns { .. } => ExitCode::BadResponse,
        }
    }
}

impl ReadbackError {
    /// The exit code of this error.
    #[must_use]
    pub fn exit(&self) -> ExitCode {
        match self {
            Self::NoFile { .. } => ExitCode::NoInput,
            Self::Raw { .. } => ExitCode::Usage,
            Self::Replaced { .. } => ExitCode::TemporaryFailure,
            Self::Read { error, .. } => exit_of_reading(error),
            _ => ExitCode::BadResponse,
        }
    }
}

/// The exit code after an input could not be read.
fn exit_of_reading(error: &io::Error) -> ExitCode {
    match storage::store_error(error) {
        Some(error) if error.may_pass() => ExitCode::TemporaryFailure,
        Some(_) => ExitCode::NoInput,
        None => ExitCode::BadResponse,
    }
}
