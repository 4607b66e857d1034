//! The files of a table: the file itself, or the part files of a directory.
//!
//! A run that publishes replaces the whole table in one step, and the new part files have the same names. Therefore the
//! table is held open, and a part file that was opened by its path counts only if the path still leads to the same table.

use std::io;
use std::path::{Path, PathBuf};

use super::error::ReadbackError;
use crate::atomic::is_taken_away;
use crate::manifest::{self, Listing};
use crate::naming::{self, DirectoryNames};
use crate::storage::{self, Held, Kind};

/// Maximum number of attempts to read a table that is replaced in the meantime.
const READINGS: usize = 4;

/// The files of a table.
#[derive(Debug, Clone)]
pub(super) struct Parts {
    path: PathBuf,
    /// The file or directory when the files were listed; `None` for no files.
    held: Option<Box<(Held, PathBuf)>>,
    /// The file, or the part files in the order of their names.
    pub files: Vec<PathBuf>,
}

impl Parts {
    pub fn of(path: &Path) -> Result<Self, ReadbackError> {
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound if is_taken_away(path) => ReadbackError::TakenAway { path: path.to_owned() },
            _ => ReadbackError::io(path, error),
        };
        let kind = storage::kind(path).map_err(failed)?;
        let holds = match kind {
            // It has no version of its own.
            Kind::Directory if storage::is_url(path) => path.join(DirectoryNames::MANIFEST),
            _ => path.to_owned(),
        };
        // Before it is listed.
        let held = Held::new(&holds).map_err(failed)?;
        let files = match kind {
            Kind::File(_) => Ok(vec![path.to_owned()]),
            Kind::Directory => in_directory(path),
            Kind::Other => {
                let error = io::Error::other("neither a regular file nor a directory");
                return Err(ReadbackError::Read { path: path.to_owned(), error });
            }
        };
        let mut parts = Self { path: path.to_owned(), held: Some(Box::new((held, holds))), files: Vec::new() };
        // A directory that is being removed may have been listed without its files.
        parts.check()?;
        parts.files = files.map_err(failed)?;
        if parts.files.is_empty() { Err(ReadbackError::NoParts { path: path.to_owned() }) } else { Ok(parts) }
    }

    /// No files.
    pub fn none() -> Self {
        Self { path: PathBuf::new(), held: None, files: Vec::new() }
    }

    /// Fails if the table was replaced, so that a file opened by its path may belong to another.
    pub fn check(&self) -> Result<(), ReadbackError> {
        let still = self.held.as_ref().map_or(Ok(true), |held| held.0.is_still(&held.1));
        match still {
            Ok(true) => Ok(()),
            Ok(false) => Err(ReadbackError::Replaced { path: self.path.clone() }),
            Err(error) => Err(ReadbackError::io(&self.path, error)),
        }
    }
}

/// The part files. Those of a directory in a store are in its manifest: for a moment, the directory may have those of two runs.
fn in_directory(path: &Path) -> io::Result<Vec<PathBuf>> {
    if storage::is_url(path)
        && let Some(listed) = listed(path)?
    {
        return Ok(listed);
    }
    let entries = storage::entries(path)?.into_iter();
    let parts = entries.filter(|entry| naming::is_part(&entry.name.to_string_lossy()));
    Ok(parts.map(|entry| path.join(entry.name)).collect())
}

/// The part files in the manifest of a directory, if it has a usable one.
fn listed(path: &Path) -> io::Result<Option<Vec<PathBuf>>> {
    let manifest = match manifest::read_file(&path.join(DirectoryNames::MANIFEST)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        manifest => manifest?,
    };
    let Ok(Listing { parts, .. }) = Listing::read(&manifest) else { return Ok(None) };
    Ok(Some(parts.into_iter().filter_map(|part| Some(path.join(part.name?))).collect()))
}

/// Reads a table, and starts over if a run replaces it in the meantime.
pub(crate) fn steadily<T>(mut read: impl FnMut() -> Result<T, ReadbackError>) -> Result<T, ReadbackError> {
    for _ in 1..READINGS {
        match read() {
            Err(ReadbackError::Replaced { .. }) => {}
            read => return read,
        }
    }
    read()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::{digest, open};
    use super::*;

    /// A directory of three part files with `rows` contacts each.
    fn table(path: &Path, rows: i64) {
        fs::create_dir(path).unwrap();
        for part in 0..3 {
            let lines: Vec<_> = (0..rows).map(|row| format!("{{\"id\":{}}}\n", part * rows + row)).collect();
            fs::write(path.join(format!("part-{part}.ndjson")), lines.concat()).unwrap();
        }
    }

    #[test]
    fn stops_when_the_directory_is_replaced_between_two_parts() {
        let home = tempfile::tempdir().unwrap();
        let [one, other, old] = ["one", "other", "old"].map(|name| home.path().join(name));
        table(&one, 1);
        table(&other, 2);
        let mut readback = open(&one).unwrap();
        assert_eq!(readback.next().unwrap().unwrap().num_rows(), 1);
        fs::rename(&one, &old).unwrap();
        fs::rename(&other, &one).unwrap();
        assert!(matches!(readback.next(), Some(Err(ReadbackError::Replaced { path })) if path == one));
        assert!(readback.next().is_none());
        // Part files can also be missing because the directory was removed.
        let mut readback = open(&one).unwrap();
        fs::remove_dir_all(&one).unwrap();
        table(&one, 1);
        fs::remove_file(one.join("part-1.ndjson")).unwrap();
        let rest: Result<Vec<_>, _> = readback.by_ref().collect();
        assert!(matches!(rest, Err(ReadbackError::Replaced { .. })), "{rest:?}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn digest_is_consistent_while_tables_are_exchanged() {
        let home = tempfile::tempdir().unwrap();
        let [out, new] = ["out", "new"].map(|name| home.path().join(name));
        let due = [50, 51].map(|rows| {
            table(&new, rows);
            let digest = digest(&new).unwrap();
            fs::remove_dir_all(&new).unwrap();
            digest
        });
        table(&out, 50);
        std::thread::scope(|scope| {
            let publishing = scope.spawn(|| {
                for run in 0..300 {
                    table(&new, 50 + run % 2);
                    crate::platform::exchange(&new, &out).unwrap();
                    fs::remove_dir_all(&new).unwrap();
                }
            });
            while !publishing.is_finished() {
                match digest(&out) {
                    Ok(digest) => assert!(due.contains(&digest), "{digest}"),
                    Err(error) => assert!(matches!(error, ReadbackError::Replaced { .. }), "{error}"),
                }
            }
        });
    }

    #[test]
    fn retries_until_the_table_stays() {
        let replaced = || ReadbackError::Replaced { path: PathBuf::new() };
        for (times, is_read) in [(0, true), (READINGS - 1, true), (READINGS, false)] {
            let mut left = times;
            let read = steadily(|| {
                left.checked_sub(1).map_or(Ok(()), |fewer| {
                    left = fewer;
                    Err(replaced())
                })
            });
            assert_eq!(read.is_ok(), is_read, "{times}");
        }
    }
}
