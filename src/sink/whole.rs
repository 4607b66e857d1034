//! Small files that are there whole or not at all: what a run leaves for machines besides its output.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Names, SinkError};
use crate::config::Output;
use crate::draft::{Draft, Mode, folder, write_whole};

/// Behind it may be a file, which is the output then.
const STDOUT: &str = "/dev/stdout";

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

/// Refuses records of a run that would stand in each other's place, or in that of its output, the
/// output's lock, or the manifest, which stands beside the output or at `manifest`. Links are followed.
///
/// # Errors
/// The first record whose place is taken.
pub fn check_apart(records: &[&Path], output: &Output, manifest: Option<&Path>) -> Result<(), SinkError> {
    let mut taken = taken_by(output);
    taken.extend(manifest.into_iter().flat_map(places).map(|place| (place, "the manifest")));
    for record in records {
        let places = places(record);
        if let Some((_, taken_by)) = taken.iter().find(|(place, _)| places.contains(place)) {
            return Err(SinkError::SamePlace { path: record.to_path_buf(), taken_by });
        }
        taken.extend(places.map(|place| (place, "another record")));
    }
    Ok(())
}

/// The places that an output takes, each with what stands there.
fn taken_by(output: &Output) -> Vec<(PathBuf, &'static str)> {
    let path = &output.target().unwrap_or_else(|| STDOUT.into());
    let mut taken: Vec<_> = places(path).map(|place| (place, "the output")).into();
    if let Ok(names) = Names::of(path) {
        for (path, what) in
            [(names.manifest, "the manifest"), (names.staged, "the manifest"), (names.lock, "the output's lock")]
        {
            taken.extend(places(&path).map(|place| (place, what)));
        }
    }
    taken
}

/// Where a name stands, and where the file is that it leads to: the same place, unless it is a link.
fn places(path: &Path) -> [PathBuf; 2] {
    let place = |path: &Path| match (fs::canonicalize(folder(path)), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    };
    let behind = || Names::of(path).map_or_else(|_| path.to_owned(), |names| place(&names.target));
    [place(path), fs::canonicalize(path).unwrap_or_else(|_| behind())]
}
