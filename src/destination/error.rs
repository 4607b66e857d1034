//! Why an output could not be written.

use std::io;
use std::path::{Path, PathBuf};

use super::plan::Plan;
use crate::storage::{self, StoreError};

/// Why an output could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DestinationError {
    /// The output cannot be created.
    #[error("cannot create {}", path.display())]
    Create {
        /// The output.
        path: PathBuf,
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// The output cannot be written. An earlier output is unchanged.
    #[error("cannot write {target}")]
    Write {
        /// The output.
        target: String,
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// The output was published, but its manifest may not be, or the new names may not be on disk.
    #[error("published {}, but could not finish publishing it; the next run does that", target.display())]
    Unfinished {
        /// The output.
        target: PathBuf,
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// The output was published, but its kit could not be written.
    #[error("the output is published, but its kit cannot be written to {}", directory.display())]
    Kit {
        /// The directory of the kit.
        directory: PathBuf,
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// The kit would be in a place that is used for something else.
    #[error("the kit cannot be in {}, because it overlaps with {taken_by}: --kit needs a directory of its own", directory.display())]
    KitNotApart {
        /// The directory of the kit.
        directory: PathBuf,
        /// The other use of the path.
        taken_by: &'static str,
    },
    /// Another run holds the lock.
    #[error("another run{} is writing {}", on(holder.as_deref()), target.display())]
    Locked {
        /// The output.
        target: PathBuf,
        /// Where the other run is, if its lock says so.
        holder: Option<String>,
    },
    /// There is something else where the lock of an object, or the record of its publication, would be.
    #[error("{} was not written by this program", path.display())]
    NotOurs {
        /// The lock or record.
        path: PathBuf,
    },
    /// The store overwrites an object although it must not exist, so that a lock there would lock nothing.
    #[error("the store of {} does not honor conditional writes, so it cannot lock the output", target.display())]
    Unconditional {
        /// The output.
        target: PathBuf,
    },
    /// The store does not answer, or fails, even after retries.
    #[error("the store of {} is unavailable", target.display())]
    Unavailable {
        /// The output.
        target: PathBuf,
        /// The last failure.
        #[source]
        error: io::Error,
    },
    /// Another run has taken over the lock, or has replaced the manifest.
    #[error("another run has published {} in the meantime", target.display())]
    Lost {
        /// The output.
        target: PathBuf,
    },
    /// The lock file cannot be opened or locked.
    #[error("cannot open the lock {}", path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// The output is named like a file, but is a directory.
    #[error("{} is a directory", path.display())]
    IsDirectory {
        /// The directory.
        path: PathBuf,
    },
    /// The directory contains something that no earlier export or kit has, or is a mount point.
    #[error("refusing to replace {}: {reason}", path.display())]
    NotReplaceable {
        /// The directory.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// Changes would replace an export of contacts.
    #[error("refusing to replace {}: it contains contacts, not changes", path.display())]
    ReplacesContacts {
        /// The export.
        path: PathBuf,
    },
    /// The directory contains something that would be read together with the partition.
    #[error("cannot write partition {partition} to {}: {reason}", directory.display())]
    NotForPartition {
        /// The parent directory of the partition.
        directory: PathBuf,
        /// The partition.
        partition: String,
        /// The reason.
        reason: String,
    },
    /// The output cannot be written in this way.
    #[error("{target}: {reason}")]
    Unsupported {
        /// The output.
        target: String,
        /// The reason, and what to do instead.
        reason: String,
    },
    /// The owners would replace a file that no earlier export of this target wrote.
    #[error(
        "refusing to replace {} by the owners: the manifest of {} does not list it", path.display(), target.display()
    )]
    OwnersNotOurs {
        /// Where the owners go.
        path: PathBuf,
        /// The file of the contacts.
        target: PathBuf,
    },
    /// The file system refuses to set the requested mode.
    #[error("cannot set the mode of {}", path.display())]
    Mode {
        /// The output.
        path: PathBuf,
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// Something that the run writes would overwrite something that it reads.
    #[error("{} is {input}: {overwritten_by} would overwrite it", path.display())]
    OverInput {
        /// The input.
        path: PathBuf,
        /// A description of the input.
        input: &'static str,
        /// The output or record that would overwrite it.
        overwritten_by: &'static str,
    },
    /// A record of the run would overwrite something else that the run writes or reads.
    #[error(
        "{} overlaps with {taken_by}: use a different path for each of the report, the metrics, the manifest and the changes",
        path.display()
    )]
    SamePlace {
        /// The record.
        path: PathBuf,
        /// The other use of the path.
        taken_by: &'static str,
    },
    /// The stream was closed when the process started, so output would be lost.
    #[error("cannot write to {target}: it is closed")]
    StreamClosed {
        /// The stream.
        target: String,
    },
    /// The reader of stdout or of a pipe closed it.
    #[error("the reader closed standard output")]
    ReaderGone,
}

/// Whether a store may answer differently soon.
fn is_unavailable(error: &io::Error) -> bool {
    storage::store_error(error).is_some_and(StoreError::may_pass)
}

/// Where a run is.
fn on(holder: Option<&str>) -> String {
    holder.map_or_else(String::new, |holder| format!(" ({holder})"))
}

impl DestinationError {
    pub(crate) fn create(path: &Path, error: io::Error) -> Self {
        match error.kind() {
            _ if is_unavailable(&error) => Self::Unavailable { target: path.to_owned(), error },
            // The cause is missing space, not a missing permission to create.
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::write(path, error)
            }
            _ => Self::Create { path: path.to_owned(), error },
        }
    }

    pub(super) fn write(path: &Path, error: io::Error) -> Self {
        if is_unavailable(&error) {
            return Self::Unavailable { target: path.to_owned(), error };
        }
        Self::Write { target: path.display().to_string(), error }
    }

    pub(super) fn nameless_directory(path: &Path) -> Self {
        let reason = "cannot replace this directory: use a subdirectory, such as -o contacts/".to_owned();
        Self::Unsupported { target: path.display().to_string(), reason }
    }

    /// Refuses a path for the manifest of an output that is not a stream.
    pub(super) fn refuse_manifest_path(plan: Plan<'_>) -> Result<(), Self> {
        if plan.manifest.is_none() {
            return Ok(());
        }
        let reason = "the manifest is written next to it; --manifest is only for stdout and devices".to_owned();
        Err(Self::Unsupported { target: plan.output.to_string(), reason })
    }
}
