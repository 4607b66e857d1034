//! Why a file cannot be read back, and what to do about it. Values of contacts are never shown.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::text::sanitize::inert;

/// Why a file or folder cannot be read back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadbackError {
    /// There is no such file or folder.
    #[error("there is no file {}", shown(path))]
    NoFile {
        /// The file or folder.
        path: PathBuf,
    },
    /// Its lines are the API's own JSON, as its manifest says.
    #[error("{} is raw JSON, which has no table", shown(path))]
    Raw {
        /// The file or folder.
        path: PathBuf,
    },
    /// A run replaced it while it was read: what was read may be of two exports.
    #[error("{} was replaced while it was read", shown(path))]
    Replaced {
        /// The file or folder.
        path: PathBuf,
    },
    /// A run was stopped between the two renames that replace a folder where the system has no exchange.
    #[error("replacing {} was interrupted: it stands hidden beside its place", shown(path))]
    TakenAway {
        /// The folder.
        path: PathBuf,
    },
    /// A folder holds none of the files that an export to a folder writes.
    #[error("{} has no files part-…", shown(path))]
    NoParts {
        /// The folder.
        path: PathBuf,
    },
    /// Columns are others than this program writes, or others than before in the same table.
    #[error("{} has other columns than it should: {reason}", shown(path))]
    Columns {
        /// The file.
        path: PathBuf,
        /// The first difference, and where it is.
        reason: String,
    },
    /// The bytes are no table.
    #[error("{} cannot be read: {reason}", shown(path))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
    /// The system does not let it be read.
    #[error("cannot read {}", shown(path))]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        #[source]
        error: io::Error,
    },
}

/// A path, which may be a stranger's choice.
fn shown(path: &Path) -> String {
    inert(&path.to_string_lossy())
}

impl ReadbackError {
    pub(crate) fn columns(path: &Path, reason: impl fmt::Display) -> Self {
        Self::Columns { path: path.to_owned(), reason: inert(&reason.to_string()) }
    }

    pub(crate) fn malformed(path: &Path, reason: impl fmt::Display) -> Self {
        Self::Malformed { path: path.to_owned(), reason: inert(&reason.to_string()) }
    }

    /// An error of the system, or of what decompresses: that the bytes are at fault, no system says.
    pub(crate) fn io(path: &Path, place: &str, error: io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::NotFound => Self::NoFile { path },
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
                Self::Malformed { path, reason: format!("{place}{error}") }
            }
            // What the decompressor of zstd says has no kind, and no number of the system's.
            io::ErrorKind::Other if error.raw_os_error().is_none() => {
                Self::Malformed { path, reason: format!("{place}{error}") }
            }
            _ => Self::Read { path, error },
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoFile { .. } => "is the path right? Else run the export",
            Self::Raw { .. } => "a digest is of a table: export without --raw for one",
            Self::Replaced { .. } => "read it again when no run writes it",
            Self::TakenAway { .. } => "run the export again: it puts the folder back before it begins",
            Self::NoParts { .. } => "name the folder that holds the parts: of a partitioned export, one partition",
            Self::Columns { .. } => {
                "only tables with the columns that this program writes are read, and --raw writes none: export it again, \
                 or select the exported columns where it was made"
            }
            Self::Malformed { .. } => {
                "is it Parquet, NDJSON or CSV as this program writes them, plain, gzip or zstd? If so it was cut or \
                 changed: do not load it, and export again"
            }
            Self::Read { .. } => "may this user read it, and is it a file or a folder of parts?",
        }
    }
}
