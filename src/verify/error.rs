//! In what a file or folder and its manifest can differ, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use crate::dataset::ReadbackError;
use crate::manifest::ManifestError;
use crate::proof::{Level, Require};
use crate::text::sanitize::inert;

/// Why a file is not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// There is no such file.
    #[error("there is no file {}", shown(path))]
    NoFile {
        /// The file.
        path: PathBuf,
    },
    /// There is no such folder.
    #[error("there is no folder {}", shown(path))]
    NoFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The file that says that a folder is whole is not there.
    #[error("there is no {}, which would say that the folder is whole", shown(path))]
    NoSuccess {
        /// The file.
        path: PathBuf,
    },
    /// In a folder is something that its manifest does not list.
    #[error("\"{}\" is not in the manifest of its folder", shown(path))]
    Stray {
        /// The file or folder that is one too many.
        path: PathBuf,
    },
    /// A run was stopped between the two renames that replace a folder where the system has no exchange.
    #[error("replacing {} was interrupted: it stands hidden beside its place", shown(path))]
    TakenAway {
        /// The folder.
        path: PathBuf,
    },
    /// There is no manifest.
    #[error("there is no manifest {}", shown(path))]
    NoManifest {
        /// The manifest.
        path: PathBuf,
    },
    /// It is the owners of other contacts, and has no manifest of its own.
    #[error("{} holds the owners of {}", shown(path), shown(contacts))]
    OwnersOf {
        /// The file.
        path: PathBuf,
        /// The file or folder of the contacts.
        contacts: PathBuf,
    },
    /// A folder is no export itself, but holds some.
    #[error("{} holds partitions, such as {}", shown(path), inert(first))]
    Partitioned {
        /// The folder.
        path: PathBuf,
        /// One of them.
        first: String,
    },
    /// A run was stopped between the two renames: the file is whole, and its manifest staged.
    #[error("publishing {} was interrupted: the file is whole, its manifest has not got its name yet", shown(path))]
    Interrupted {
        /// The file.
        path: PathBuf,
    },
    /// A run has the file at this moment.
    #[error("a run is writing {} at this moment", shown(path))]
    Publishing {
        /// The file.
        path: PathBuf,
    },
    /// The manifest cannot be relied on.
    #[error("{}: {error}", shown(path))]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        error: ManifestError,
    },
    /// The file is longer or shorter than its manifest says.
    #[error("{} has {found} bytes, and its manifest says {due}", shown(path))]
    Size {
        /// The file.
        path: PathBuf,
        /// Its size.
        found: u64,
        /// The size in the manifest.
        due: u64,
    },
    /// The file's bytes are others than its manifest says.
    #[error("{} has another content than its manifest says: the SHA-256 differs", shown(path))]
    Content {
        /// The file.
        path: PathBuf,
    },
    /// The columns are others than the manifest says.
    #[error("{} has other columns than its manifest says: {reason}", shown(path))]
    Schema {
        /// The file.
        path: PathBuf,
        /// The first difference.
        reason: String,
    },
    /// The rows are more or fewer than the manifest says.
    #[error("{} has {found} rows, and its manifest says {due}", shown(path))]
    Rows {
        /// The file.
        path: PathBuf,
        /// Its rows.
        found: u64,
        /// The rows in the manifest.
        due: u64,
    },
    /// A contact is there twice.
    #[error("{} has the contact with id {id} twice", shown(path))]
    Twice {
        /// The file.
        path: PathBuf,
        /// Its id.
        id: i64,
    },
    /// The contents are others than the manifest says.
    #[error("{} has other contents than its manifest says: their digest is {found}, and should be {due}", shown(path))]
    Digest {
        /// The file.
        path: PathBuf,
        /// Rows and sum of the digest of its contents.
        found: String,
        /// Those in the manifest.
        due: String,
    },
    /// The bytes are as they should be, and yet no table.
    #[error("{} cannot be read: {reason}", shown(path))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// It is what its manifest says, and that is less than was required.
    #[error("{} is {level}, and {required} was required{}", shown(path), error_chain(reasons))]
    Below {
        /// The file or folder.
        path: PathBuf,
        /// What its manifest claims.
        level: Level,
        /// What was required.
        required: Require,
        /// Why the level is no higher, fit to be shown.
        reasons: Vec<String>,
    },
    /// The system does not let it be read.
    #[error("cannot read {}", shown(path))]
    Read {
        /// The file or manifest.
        path: PathBuf,
        /// The reason.
        #[source]
        error: io::Error,
    },
}

/// A path, of which a manifest may have named a part.
fn shown(path: &Path) -> String {
    inert(&path.to_string_lossy())
}

/// Reasons, after a colon.
fn error_chain(reasons: &[String]) -> String {
    if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join("; ")) }
}

impl VerifyError {
    /// Why a file that has the bytes it should have cannot be read back.
    pub(super) fn of(error: ReadbackError) -> Self {
        match error {
            ReadbackError::NoFile { path } => Self::NoFile { path },
            ReadbackError::Raw { path } => Self::Unreadable { path, reason: "it is raw JSON".to_owned() },
            ReadbackError::Replaced { path } => Self::Publishing { path },
            ReadbackError::TakenAway { path } => Self::TakenAway { path },
            ReadbackError::Columns { path, reason } => Self::Schema { path, reason },
            ReadbackError::Malformed { path, reason } => Self::Unreadable { path, reason },
            ReadbackError::Read { path, error } => Self::Read { path, error },
            ReadbackError::NoParts { path } => Self::Unreadable { path, reason: "it has no parts".to_owned() },
        }
    }

    /// Whether a run that publishes while this one reads can look like this: bytes and rows may be of two runs then.
    pub(super) fn may_pass(&self) -> bool {
        !matches!(self, Self::Read { error, .. } if error.kind() != io::ErrorKind::NotFound)
    }
}
