//! The way out: an [`Encoder`] makes bytes of batches, a [`Place`] takes bytes and publishes them.
//!
//! Every format goes to every place. An encoder is synchronous and knows no path; a place knows no format.

mod encoder;
mod ndjson;
mod parquet;
mod place;

use std::io;
use std::path::PathBuf;

pub(crate) use encoder::Encoder;
pub(crate) use place::Place;

use crate::error::Exit;

/// Why the output could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SinkError {
    /// The output cannot be created.
    #[error("cannot create {}: {error}", path.display())]
    Create {
        /// The output, or the folder it should be in.
        path: PathBuf,
        /// The reason.
        error: io::Error,
    },
    /// The output cannot be written to its end.
    #[error("cannot write {target}: {error}")]
    Write {
        /// The output.
        target: String,
        /// The reason.
        error: io::Error,
    },
    /// The reader of standard output went away.
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

impl SinkError {
    /// How a program that ends with this error exits.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Create { .. } => Exit::CannotCreate,
            Self::Write { .. } => Exit::CannotWrite,
            Self::ReaderGone => Exit::ReaderGone,
            Self::Encode { .. } => Exit::Bug,
        }
    }
}
