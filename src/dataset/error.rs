//! Why a file cannot be read back, and what to do about it. Errors never show a contact's values.

use std::io;
use std::path::{Path, PathBuf};

use crate::format::FormatError;
use crate::text::sanitize;

/// Why a file or directory cannot be read back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadbackError {
    /// There is no such file or directory.
    #[error("{} does not exist", sanitize::path(path))]
    NoFile {
        /// The file or directory.
        path: PathBuf,
    },
    /// It is an export made with `--raw`, according to its manifest.
    #[error("{} is a raw export, not a table", sanitize::path(path))]
    Raw {
        /// The file or directory.
        path: PathBuf,
    },
    /// A run replaced it in the meantime, so that the rows read so far may come from two exports.
    #[error("{} was replaced while it was being read", sanitize::path(path))]
    Replaced {
        /// The file or directory.
        path: PathBuf,
    },
    /// A run was interrupted between the two renames that replace a directory where the system cannot exchange two.
    #[error("replacing {} was interrupted: its files are in a hidden directory next to it", sanitize::path(path))]
    TakenAway {
        /// The directory.
        path: PathBuf,
    },
    /// A directory has no part files.
    #[error("{} has no files named part-…", sanitize::path(path))]
    NoParts {
        /// The directory.
        path: PathBuf,
    },
    /// The columns differ from those that this program writes, or within the table.
    #[error("{} has unexpected columns: {reason}", sanitize::path(path))]
    Columns {
        /// The file.
        path: PathBuf,
        /// The first difference, and its position.
        reason: String,
    },
    /// The file is not a valid table.
    #[error("cannot read {}: {reason}", sanitize::path(path))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The reason, and its position.
        reason: String,
    },
    /// The operating system cannot read it.
    #[error("cannot read {}", sanitize::path(path))]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// The reason.
        #[source]
        error: io::Error,
    },
}

impl ReadbackError {
    /// The error of a reader, with the path of its file.
    pub(crate) fn of(path: &Path, error: FormatError) -> Self {
        match error {
            FormatError::Columns(reason) => Self::columns(path, reason),
            FormatError::Io(error) => Self::io(path, error),
            FormatError::Malformed(reason) => Self::Malformed { path: path.to_owned(), reason },
            error @ FormatError::Encode { .. } => Self::Malformed { path: path.to_owned(), reason: error.to_string() },
        }
    }

    pub(super) fn columns(path: &Path, reason: String) -> Self {
        Self::Columns { path: path.to_owned(), reason }
    }

    /// An error of the operating system.
    pub(super) fn io(path: &Path, error: io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::NotFound => Self::NoFile { path },
            io::ErrorKind::StaleNetworkFileHandle => Self::Replaced { path },
            _ => Self::Read { path, error },
        }
    }
}
