//! The names that belong to one target: the file, its manifest, and what stands beside them for a while.
//!
//! A path comes in as the operator gave it; the names go out, with symbolic links followed.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::draft::folder;

/// Links that are followed from one name to the next, as systems do.
const LINKS: usize = 40;

/// Where everything of a target stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Names {
    /// The file itself.
    pub target: PathBuf,
    /// Its manifest.
    pub manifest: PathBuf,
    /// The manifest of a file that is about to get its name.
    pub staged: PathBuf,
    /// The lock.
    pub lock: PathBuf,
}

impl Names {
    /// The names of a target. A symbolic link stays, and what it points to is the target.
    pub fn of(path: &Path) -> io::Result<Self> {
        let target = followed(path)?;
        let name = target.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
        let named = |before: &str, after: &str| {
            let mut whole = OsString::from(before);
            whole.push(name);
            whole.push(after);
            folder(&target).join(whole)
        };
        Ok(Self {
            manifest: named("", ".manifest.json"),
            staged: named(".", ".manifest.staged"),
            lock: named(".", ".lock"),
            target,
        })
    }
}

/// The path behind symbolic links, also where the last one points to nothing yet.
fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        match fs::read_link(&path) {
            Ok(points_to) => path = folder(&path).join(points_to),
            Err(_) => return Ok(path),
        }
    }
    Err(io::ErrorKind::InvalidFilename.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_names_stand_in_the_folder_of_the_target() {
        let names = Names::of(Path::new("out/contacts.parquet")).unwrap();
        assert_eq!(names.manifest, Path::new("out/contacts.parquet.manifest.json"));
        assert_eq!(names.staged, Path::new("out/.contacts.parquet.manifest.staged"));
        assert_eq!(names.lock, Path::new("out/.contacts.parquet.lock"));
        assert!(Names::of(Path::new("..")).is_err());
    }
}
