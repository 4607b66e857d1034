//! Small files that are there whole or not at all: what a run leaves for machines besides its output.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Names, SinkError};
use crate::config::{OutFile, Output};
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

/// Refuses records of a run that would stand in each other's place, in that of its output, of the output's lock or
/// owners, or of the manifest, which stands beside the output or at `manifest`; or in a folder that is replaced as a
/// whole. Links are followed.
///
/// # Errors
/// The first record whose place is taken.
pub fn check_apart(records: &[&Path], output: &Output, manifest: Option<&Path>) -> Result<(), SinkError> {
    let mut taken = taken_by(output);
    taken.extend(manifest.into_iter().flat_map(places).map(|place| (place, "the manifest")));
    let folder = match output {
        Output::Folder { .. } => output.target(),
        _ => None,
    };
    let folder: Vec<_> = folder.iter().flat_map(|folder| places(folder)).collect();
    for record in records {
        let places = places(record);
        let inside = places.iter().any(|place| folder.iter().any(|folder| place.starts_with(folder)));
        let taken_by = taken.iter().find(|(place, _)| places.contains(place)).map(|(_, taken_by)| *taken_by);
        if let Some(taken_by) = taken_by.or(inside.then_some("the output")) {
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
    let mut take = |paths: &[PathBuf], what| {
        taken.extend(paths.iter().flat_map(|path| places(path)).map(|place| (place, what)));
    };
    if let Ok(Names { target, manifest, staged, lock, owners_staged, .. }) = Names::of(path) {
        take(&[lock], "the output's lock");
        if !matches!(output, Output::Folder { .. }) {
            take(&[manifest, staged], "the manifest");
            for owners in OutFile::owners_of(&target) {
                take(&Names::of(&owners).map_or_else(|_| Vec::new(), |names| vec![names.lock]), "the owners' lock");
                take(&[owners], "the owners");
            }
            take(&[owners_staged], "the owners");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_stay_clear_of_all_that_an_output_takes() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        fs::create_dir(at("out")).unwrap();
        let refused = |record: &str, output: &Output| check_apart(&[&at(record)], output, None).is_err();
        let file = Output::File(at("c.parquet"));
        for record in ["c.parquet", "c.parquet.manifest.json", ".c.parquet.lock", "c.owners.parquet", "c.owners.csv.gz"]
        {
            assert!(refused(record, &file), "{record}");
        }
        let folder = Output::Folder { path: at("out/"), partition: None };
        for record in ["out", "out/report.json", "out/_owners/report.json", ".out.lock"] {
            assert!(refused(record, &folder), "{record}");
        }
        let partition = Output::Folder { path: at("out/"), partition: Some("day=1".parse().unwrap()) };
        for record in ["out/day=1/report.json", "out/.day=1.lock"] {
            assert!(refused(record, &partition), "{record}");
        }
        for (record, output) in [("report.json", &file), ("out.json", &folder), ("out/report.json", &partition)] {
            assert!(!refused(record, output), "{record}");
        }
    }
}
