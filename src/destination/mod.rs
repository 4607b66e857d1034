//! Where an export is written: a file or a directory, which appear atomically, objects in a store, or a stream.
//!
//! `take` writes bytes, `settle` puts them on disk under temporary names, and `publish` only renames and adds the manifest. A
//! destination that is dropped earlier leaves no trace but its lock file, and an earlier output stays as it was.

mod blocking;
mod commit;
mod conflicts;
mod error;
mod file;
mod folder;
mod lock;
mod message;
#[cfg(feature = "cloud")]
mod object;
mod plan;
mod record_file;
mod replaceable;
mod stream;
mod write_method;

use std::io;
use std::path::PathBuf;

use crate::config::Output;
use blocking::blocking;
use file::FileDestination;
use folder::DirectoryDestination;
#[cfg(feature = "cloud")]
use object::ObjectDestination;
use stream::StreamDestination;
use write_method::WriteMethod;

pub(crate) use commit::is_interrupted;
pub use conflicts::{RunPaths, check_apart};
pub use error::DestinationError;
pub(crate) use folder::StagedDirectory;
pub(crate) use lock::is_held;
pub(crate) use message::Piece;
pub(crate) use plan::Plan;
pub use record_file::{KnownReaders, RecordFile};
pub(crate) use replaceable::{first_unlisted, listed_files, partitions};

/// Whether an output is a stream, which cannot be opened without being noticed.
pub(crate) fn has_stream(output: &Output) -> bool {
    match output {
        Output::Stdout => true,
        Output::File(path) => matches!(WriteMethod::of(path), Ok(WriteMethod::Stream)),
        _ => false,
    }
}

/// An output that is being written. A new kind of destination is a variant here and a file next to this one.
#[derive(Debug)]
pub(crate) enum Destination {
    File(Box<FileDestination>),
    Folder(Box<DirectoryDestination>),
    #[cfg(feature = "cloud")]
    Object(Box<ObjectDestination>),
    Stream(Box<StreamDestination>),
}

impl Destination {
    /// Opens the output, so that a failure is known before any request is sent. Calls `waiting` once if it
    /// has to wait for another run.
    pub async fn open(plan: impl Into<Plan<'_>>, waiting: impl FnOnce()) -> Result<Self, DestinationError> {
        let (plan, waiting) = (plan.into(), &mut Some(waiting));
        match plan.output {
            Output::Url(target) => {
                let reason = plan.output.objection().unwrap_or_default();
                Err(DestinationError::Unsupported { target: target.clone(), reason })
            }
            #[cfg(feature = "cloud")]
            Output::Object { url, .. } => {
                ObjectDestination::open(url, plan, waiting).await.map(|open| Self::Object(Box::new(open)))
            }
            #[cfg(not(feature = "cloud"))]
            Output::Object { url, .. } => Err(DestinationError::Unsupported {
                target: url.to_string(),
                reason: "built without object stores: enable the feature cloud".to_owned(),
            }),
            Output::Folder { .. } => {
                DirectoryDestination::open(plan, waiting).await.map(|open| Self::Folder(Box::new(open)))
            }
            Output::Stdout => StreamDestination::open(None, plan).await.map(|open| Self::Stream(Box::new(open))),
            Output::File(path) => match WriteMethod::of(path) {
                Err(error) if error.kind() == io::ErrorKind::IsADirectory => {
                    Err(DestinationError::IsDirectory { path: path.clone() })
                }
                Err(error) => Err(DestinationError::create(path, error)),
                Ok(WriteMethod::Stream) => {
                    StreamDestination::open(Some(path), plan).await.map(|open| Self::Stream(Box::new(open)))
                }
                // A file written in place would be incomplete for a while, so a mount point is refused like everything
                // else that cannot be replaced.
                Ok(WriteMethod::Rename(_) | WriteMethod::InPlace(_)) => {
                    FileDestination::open(path, plan, waiting).await.map(|open| Self::File(Box::new(open)))
                }
            },
        }
    }

    /// Whether `open` completed the publication of a run that had been killed.
    pub fn has_recovered(&self) -> bool {
        match self {
            Self::File(file) => file.has_recovered,
            #[cfg(feature = "cloud")]
            Self::Object(object) => object.has_recovered,
            _ => false,
        }
    }

    /// Whether the unfinished uploads of killed runs were removed from the store, if the output is in one.
    pub fn is_swept(&self) -> bool {
        match self {
            #[cfg(feature = "cloud")]
            Self::Object(object) => object.is_swept,
            _ => true,
        }
    }

    /// Whether new files keep the mode they are given, which some file systems ignore.
    pub fn keeps_modes(&self) -> bool {
        match self {
            Self::File(file) => file.keeps_modes,
            Self::Folder(directory) => directory.keeps_modes,
            #[cfg(feature = "cloud")]
            Self::Object(_) => true,
            Self::Stream(_) => true,
        }
    }

    /// Writes the next bytes, or begins the next file.
    pub async fn take(&mut self, piece: Piece) -> Result<(), DestinationError> {
        let taken = match self {
            Self::File(file) => file.take(piece).await,
            Self::Folder(directory) => directory.take(piece).await,
            #[cfg(feature = "cloud")]
            Self::Object(object) => return object.take(piece).await,
            Self::Stream(stream) => stream.take(piece).await,
        };
        taken.map_err(|error| self.failed(error))
    }

    /// Puts everything on disk, under temporary names. A stream, which has none, is written to its end.
    pub async fn settle(mut self) -> Result<Settled, DestinationError> {
        let settled = match &mut self {
            Self::File(file) => file.settle().await,
            Self::Folder(directory) => directory.settle().await,
            #[cfg(feature = "cloud")]
            Self::Object(object) => {
                object.settle().await?;
                Ok(())
            }
            Self::Stream(stream) => stream.settle().await,
        };
        settled.map_err(|error| self.failed(error))?;
        Ok(Settled(self))
    }

    fn failed(&self, error: io::Error) -> DestinationError {
        match self {
            Self::Stream(_) if error.kind() == io::ErrorKind::BrokenPipe => DestinationError::ReaderGone,
            Self::Stream(stream) => DestinationError::Write { target: stream.name.clone(), error },
            Self::File(file) => DestinationError::write(file.target(), error),
            Self::Folder(directory) => DestinationError::write(directory.target(), error),
            #[cfg(feature = "cloud")]
            Self::Object(object) => object.failed(error),
        }
    }
}

/// An output that is complete and on disk, but not visible yet.
#[derive(Debug)]
pub(crate) struct Settled(Destination);

impl Settled {
    /// Where the contacts are until they are published; `None` for a stream, and for objects, which cannot be read before.
    pub fn path(&self) -> Option<PathBuf> {
        match &self.0 {
            Destination::File(file) => Some(file.path().to_owned()),
            Destination::Folder(directory) => Some(directory.path()),
            #[cfg(feature = "cloud")]
            Destination::Object(_) => None,
            Destination::Stream(_) => None,
        }
    }

    /// Publishes the output with its manifest: afterwards it is complete under its name even if the machine crashes. Must
    /// not be canceled.
    pub async fn publish(self, manifest: Vec<u8>) -> Result<(), DestinationError> {
        match self.0 {
            #[cfg(feature = "cloud")]
            Destination::Object(object) => object.publish(manifest).await,
            Destination::File(file) => blocking(move || file.publish(&manifest)).await,
            Destination::Folder(directory) => blocking(move || directory.publish(&manifest)).await,
            Destination::Stream(stream) => blocking(move || stream.publish(&manifest)).await,
        }
    }
}

#[cfg(test)]
mod tests;
