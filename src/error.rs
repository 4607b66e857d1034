//! The error of a run, which wraps the errors of its stages.

use crate::changes::ChangesError;
use crate::config::{ConfigError, MaxDeletes};
use crate::destination::DestinationError;
use crate::fetch::ApiError;
use crate::format::FormatError;
use crate::proof::{Certificate, Require};
use crate::text::humanize::{count, counted};

/// Any error of a run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration is invalid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The contacts could not be read.
    #[error(transparent)]
    Api(Box<ApiError>),
    /// Two exports cannot be compared.
    #[error(transparent)]
    Changes(Box<ChangesError>),
    /// The rows could not be encoded, which is a bug.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The output could not be written.
    #[error(transparent)]
    Destination(#[from] DestinationError),
    /// The required completeness was not reached.
    #[error("completeness is {}, but {required} is required: {}", certificate.level, certificate.why())]
    Incomplete {
        /// The required level.
        required: Require,
        /// The level reached, and why.
        certificate: Box<Certificate>,
    },
    /// More contacts are missing than `--max-deletes` allows, compared to the replaced export.
    #[error(
        "found only {}, but the export to be replaced has {}: more are missing than --max-deletes {allowed} allows",
        counted(*after, "contact"), count(*before)
    )]
    Deleted {
        /// Contacts of the export to be replaced.
        before: u64,
        /// Contacts of this export.
        after: u64,
        /// How many may be missing.
        allowed: MaxDeletes,
    },
    /// More contacts of the previous export are gone than `--max-deletes` allows.
    #[error(
        "{} of the {} of the previous export are gone: more than --max-deletes {allowed} allows",
        count(*gone), counted(*before, "contact")
    )]
    Gone {
        /// Contacts that are gone.
        gone: u64,
        /// Contacts of the previous export.
        before: u64,
        /// How many may be gone.
        allowed: MaxDeletes,
    },
    /// The caller canceled the run.
    #[error("canceled")]
    Cancelled,
    /// A bug in this program.
    #[error("internal error: {0}")]
    Bug(String),
}

impl Error {
    /// An error that only a bug of this program can cause.
    pub(crate) fn bug(error: impl std::fmt::Display) -> Self {
        Self::Bug(error.to_string())
    }
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        Self::Api(Box::new(error))
    }
}

impl From<ChangesError> for Error {
    fn from(error: ChangesError) -> Self {
        Self::Changes(Box::new(error))
    }
}
