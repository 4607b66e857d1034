//! Any error of a run: the errors of its stages under one name.

use crate::config::{ConfigError, MaxDeletes};
use crate::destination::DestinationError;
use crate::fetch::ApiError;
use crate::proof::{Certificate, Require};
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
    Destination(#[from] DestinationError),
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

fn were(contacts: u64) -> String {
    format!("{} {}", counted(contacts, "contact"), if contacts == 1 { "was" } else { "were" })
}
