//! Small files that are there whole or not at all: what a run leaves for machines besides its output.

use std::path::Path;

use super::SinkError;
use crate::draft::{Draft, Mode, write_whole};

/// Who may read a file that was not there before; one that was keeps its mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Its owner.
    Owner,
    /// Everybody on the machine.
    Everybody,
}

/// Writes a file whole, or leaves what was there.
///
/// # Errors
/// If it cannot be created or written.
pub fn write_file(path: &Path, text: &str, readers: Readers) -> Result<(), SinkError> {
    let new = match readers {
        Readers::Owner => 0o600,
        Readers::Everybody => 0o644,
    };
    write_whole(path, text.as_bytes(), Mode::Kept { like: None, new })
        .map_err(|error| SinkError::Write { target: path.display().to_string(), error })
}

/// Refuses a path at which [`write_file`] could not make a file.
///
/// # Errors
/// If it is a folder, or its folder is missing or cannot be written to.
pub fn check_file(path: &Path) -> Result<(), SinkError> {
    let begun = if path.is_dir() { Err(std::io::ErrorKind::IsADirectory.into()) } else { Draft::begin(path).map(drop) };
    begun.map_err(|error| SinkError::create(path, error))
}
