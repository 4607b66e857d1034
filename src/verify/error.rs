//! How a file or directory can differ from its manifest.

use std::io;
use std::path::PathBuf;

use crate::dataset::ReadbackError;
use crate::manifest::ManifestError;
use crate::proof::{Level, Require};
use crate::text::humanize::count;
use crate::text::sanitize::{self, inert};

/// Why a file or directory is not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The file does not exist.
    #[error("{} does not exist", sanitize::path(.0))]
    NoFile(PathBuf),
    /// The directory does not exist.
    #[error("the directory {} does not exist", sanitize::path(.0))]
    NoFolder(PathBuf),
    /// A file that the manifest lists is missing.
    #[error("{} is missing", sanitize::path(.0))]
    Missing(PathBuf),
    /// The marker file of a complete directory is missing.
    #[error("{} is missing, which marks the directory as complete", sanitize::path(.0))]
    NoSuccess(PathBuf),
    /// A directory contains something that its manifest does not list.
    #[error("{} is not listed in the manifest of its directory", sanitize::path(.0))]
    Stray(PathBuf),
    /// A run was stopped between the two renames that replace a directory on systems that cannot swap two.
    #[error("replacing {} was interrupted: it still exists next to its path, under a hidden name", sanitize::path(.0))]
    TakenAway(PathBuf),
    /// The manifest does not exist.
    #[error("the manifest {} does not exist", sanitize::path(.0))]
    NoManifest(PathBuf),
    /// The file contains the owners of other contacts, and has no manifest of its own.
    #[error("{} contains the owners of {}", sanitize::path(path), sanitize::path(contacts))]
    OwnersOf {
        /// The file.
        path: PathBuf,
        /// The file or directory of the contacts.
        contacts: PathBuf,
    },
    /// A directory is not an export, but contains partitions.
    #[error("{} is not an export, but contains partitions, such as {}", sanitize::path(path), inert(first))]
    Partitioned {
        /// The directory.
        path: PathBuf,
        /// One of them.
        first: String,
    },
    /// A run was stopped between two renames: the file is complete, and its manifest has a temporary name.
    #[error("publishing {} was interrupted: the file is complete, but its manifest has a temporary name", sanitize::path(.0))]
    Interrupted(PathBuf),
    /// Another run is writing the file.
    #[error("another run is writing {}", sanitize::path(.0))]
    Publishing(PathBuf),
    /// The manifest cannot be trusted.
    #[error("{}: {error}", sanitize::path(path))]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        error: ManifestError,
    },
    /// The size of the file differs.
    #[error("{} does not match its manifest: {} bytes instead of {}", sanitize::path(path), count(*found), count(*due))]
    Size {
        /// The file.
        path: PathBuf,
        /// Its size.
        found: u64,
        /// The size in the manifest.
        due: u64,
    },
    /// The bytes of the file differ.
    #[error("{} does not match its manifest: SHA-256 differs", sanitize::path(.0))]
    Content(PathBuf),
    /// The columns differ.
    #[error("{} does not match its manifest: {reason}", sanitize::path(path))]
    Schema {
        /// The file.
        path: PathBuf,
        /// The first difference.
        reason: String,
    },
    /// The number of rows differs.
    #[error("{} does not match its manifest: {} rows instead of {}", sanitize::path(path), count(*found), count(*due))]
    Rows {
        /// The file.
        path: PathBuf,
        /// Its rows.
        found: u64,
        /// The rows in the manifest.
        due: u64,
    },
    /// A contact appears twice.
    #[error("{} contains the contact with id {id} twice", sanitize::path(path))]
    Twice {
        /// The file.
        path: PathBuf,
        /// Its id.
        id: i64,
    },
    /// The digest of the contents differs.
    #[error("{} does not match its manifest: digest {found} instead of {due}", sanitize::path(path))]
    Digest {
        /// The file.
        path: PathBuf,
        /// Rows and sum of the digest of its contents.
        found: String,
        /// Those in the manifest.
        due: String,
    },
    /// The file or manifest is of another kind than expected.
    #[error("cannot use {}: {reason}", sanitize::path(path))]
    Unreadable {
        /// The file or manifest.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The file has the right bytes, but they are not a table.
    #[error(transparent)]
    Dataset(#[from] ReadbackError),
    /// It matches its manifest, but its level is below the required one.
    #[error("{}: completeness is {level}, but {required} is required{}", sanitize::path(path), listed(reasons))]
    Below {
        /// The file or directory.
        path: PathBuf,
        /// The level in its manifest.
        level: Level,
        /// The required level.
        required: Require,
        /// Why the level is not higher, sanitized.
        reasons: Vec<String>,
    },
    /// The system denies reading.
    #[error("cannot read {}", sanitize::path(path))]
    Read {
        /// The file or manifest.
        path: PathBuf,
        /// The reason.
        #[source]
        error: io::Error,
    },
}

/// Reasons, after a colon.
fn listed(reasons: &[String]) -> String {
    if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join("; ")) }
}

impl VerifyError {
    /// Whether a run that publishes at the same time could have caused it: bytes and rows may be from two runs then.
    pub(super) fn may_pass(&self) -> bool {
        let (Self::Read { error, .. } | Self::Dataset(ReadbackError::Read { error, .. })) = self else { return true };
        matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::StaleNetworkFileHandle)
    }
}
