//! Why the output could not be written.

use std::io;
use std::path::{Path, PathBuf};

/// Why the output could not be made.
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
    /// The output cannot be written to its end; what stood under its name is untouched.
    #[error("cannot write {target}")]
    Write {
        /// The output.
        target: String,
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// The file was published, but its manifest may not be, or the names may not be on disk.
    #[error(
        "{} is published, and publishing it could not be finished: the next run does that",
        target.display()
    )]
    Unfinished {
        /// The file.
        target: PathBuf,
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// The export was published, and the kit for warehouses could not be written.
    #[error("the export is published, and its kit cannot be written to {}", folder.display())]
    Kit {
        /// The kit's folder.
        folder: PathBuf,
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// The kit's folder is there, and holds what no kit has.
    #[error("{} is not replaced by a kit: {reason}", folder.display())]
    NotAKit {
        /// The folder.
        folder: PathBuf,
        /// What speaks against it.
        reason: String,
    },
    /// The kit would be, hold or lie in something that is another's.
    #[error("the kit cannot be in {}, for {taken_by} would share the place: --kit takes a folder of its own", folder.display())]
    KitNotApart {
        /// The kit's folder.
        folder: PathBuf,
        /// What has the place.
        taken_by: &'static str,
    },
    /// Another run has the target.
    #[error("another run is writing {}", target.display())]
    Locked {
        /// The target.
        target: PathBuf,
    },
    /// The lock beside the output cannot be taken.
    #[error("cannot open the lock {}", path.display())]
    Lock {
        /// The lock's file.
        path: PathBuf,
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// The output is to be a file, and a folder is there.
    #[error("{} is a folder", path.display())]
    IsFolder {
        /// The folder.
        path: PathBuf,
    },
    /// The folder is one that the program did not make, or something else is in it, too.
    #[error("{} is not replaced: {reason}", target.display())]
    NotOurs {
        /// The folder.
        target: PathBuf,
        /// What speaks against it.
        reason: String,
    },
    /// The folder is no place for that partition.
    #[error("{} takes no partition {partition}: {reason}", folder.display())]
    NotForPartition {
        /// The folder that the partition would stand in.
        folder: PathBuf,
        /// The partition.
        partition: String,
        /// What speaks against it.
        reason: String,
    },
    /// A folder that has no name of its own: this one, the one above, or the root.
    #[error("{} cannot be replaced as a whole: name a folder in it, with a slash at its end", path.display())]
    NoFolderOfItsOwn {
        /// The folder.
        path: PathBuf,
    },
    /// A kit, and an output that has no file of which it could be.
    #[error(
        "a kit names the files of the export, and {target} is not a file: name a file or a folder, or leave out --kit"
    )]
    KitNowhere {
        /// The output.
        target: String,
    },
    /// Owners of their own, and an output that has no second file.
    #[error("the owners are a second file, and {target} is one: name a file or a folder, or choose --owners columns")]
    OwnersNowhere {
        /// The output.
        target: String,
    },
    /// Where the owners are to stand is a file that no earlier export of this target wrote.
    #[error("{} is where the owners go, and the manifest of {} lists no such file", path.display(), target.display())]
    OwnersNotOurs {
        /// Where the owners go.
        path: PathBuf,
        /// The file of the contacts.
        target: PathBuf,
    },
    /// The file system does not let the mode be set that was asked for.
    #[error("cannot set the mode of {}", path.display())]
    Mode {
        /// The output.
        path: PathBuf,
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// Something that the run writes would stand in the place of something that it reads.
    #[error("{} is {input}: {overwritten_by} would overwrite it", path.display())]
    OverInput {
        /// The input.
        path: PathBuf,
        /// What it is.
        input: &'static str,
        /// What would have its place.
        overwritten_by: &'static str,
    },
    /// A record of the run would stand in the place of something else.
    #[error(
        "{} is where {taken_by} stands: the report, the metrics and the manifest need places of their own",
        path.display()
    )]
    SamePlace {
        /// The record.
        path: PathBuf,
        /// What has its place.
        taken_by: &'static str,
    },
    /// A manifest was asked for elsewhere than beside its file.
    #[error("the manifest of {} goes with it: --manifest is for standard output and devices", target.display())]
    ManifestElsewhere {
        /// The file or folder.
        target: PathBuf,
    },
    /// The stream was closed when the process started: what is written to it would be lost.
    #[error("cannot write to {target}: it is closed")]
    StreamClosed {
        /// The stream.
        target: String,
    },
    /// The reader of standard output, or of a pipe, went away.
    #[error("the reader of standard output went away")]
    ReaderGone,
    /// The encoder failed, which it should not.
    #[error("cannot encode as {format}: {reason}")]
    Encode {
        /// The format.
        format: &'static str,
        /// The reason.
        reason: String,
    },
}

impl DestinationError {
    pub(super) fn create(path: &Path, error: io::Error) -> Self {
        match error.kind() {
            // What is missing is space, not the right to create.
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::Write { target: path.display().to_string(), error }
            }
            _ => Self::Create { path: path.to_owned(), error },
        }
    }
}
