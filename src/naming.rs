//! The names that belong to one target: the file, its manifest, and what stands beside them for a while.
//!
//! A path comes in as the operator gave it; the names go out, with symbolic links followed.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::atomic::folder;

/// Links that are followed from one name to the next, as systems do.
pub(crate) const LINKS: usize = 40;

/// Where everything of a target stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Names {
    /// The file itself.
    pub target: PathBuf,
    /// How it was called: otherwise, where that is a link.
    pub called: OsString,
    /// Its manifest.
    pub manifest: PathBuf,
    /// The manifest of a file that is about to get its name.
    pub staged: PathBuf,
    /// The lock.
    pub lock: PathBuf,
    /// The owners that belong to a file that is about to get its name.
    pub owners_staged: PathBuf,
    /// What drafts of the owners are called after, whatever the owners' own name.
    pub owners_drafts: PathBuf,
}

impl Names {
    /// The names of a target. A symbolic link stays, and what it points to is the target.
    pub fn of(path: &Path) -> io::Result<Self> {
        let target = followed(path)?;
        let nameless = || io::Error::new(io::ErrorKind::InvalidInput, "it has no file name");
        let name = target.file_name().ok_or_else(nameless)?;
        let named = |before: &str, after: &str| {
            let mut whole = OsString::from(before);
            whole.push(name);
            whole.push(after);
            folder(&target).join(whole)
        };
        Ok(Self {
            called: path.file_name().unwrap_or(name).to_owned(),
            manifest: named("", ".manifest.json"),
            staged: named(".", ".manifest.staged"),
            lock: named(".", ".lock"),
            owners_staged: named(".", ".owners.staged"),
            owners_drafts: named("", ".owners"),
            target,
        })
    }

    /// Where a manifest's owners stand beside the file, with symbolic links followed. A name that leads elsewhere is none.
    pub fn owners_called(&self, name: &str) -> Option<PathBuf> {
        let is_plain = Path::new(name).file_name().is_some_and(|plain| plain == name);
        (is_plain && name.contains(".owners")).then(|| followed(&self.target.with_file_name(name)).ok()).flatten()
    }
}

/// Where everything of a folder stands that is replaced as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FolderNames {
    /// The folder itself.
    pub target: PathBuf,
    /// Its manifest.
    pub manifest: PathBuf,
    /// The lock.
    pub lock: PathBuf,
}

impl FolderNames {
    /// A folder's manifest, in it.
    pub const MANIFEST: &str = "_manifest.json";
    /// How the names of its parts begin.
    pub const PART: &str = "part-";
    /// An empty file, which says that all others are there.
    pub const SUCCESS: &str = "_SUCCESS";

    /// The names of a folder, with or without a slash at its end. A symbolic link stays, and what it points to is the
    /// folder.
    pub fn of(path: &Path) -> io::Result<Self> {
        let Names { target, lock, .. } = Names::of(path)?;
        Ok(Self { manifest: target.join(Self::MANIFEST), lock, target })
    }
}

/// The path behind symbolic links, also where the last one points to nothing yet.
fn followed(path: &Path) -> io::Result<PathBuf> {
    // With a slash at its end a link is not seen as one.
    let trimmed = |path: &Path| path.components().collect::<PathBuf>();
    let mut path = trimmed(path);
    for _ in 0..LINKS {
        match fs::read_link(&path) {
            Ok(points_to) => path = trimmed(&folder(&path).join(points_to)),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "too many levels of symbolic links"))
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
        assert_eq!(names.owners_staged, Path::new("out/.contacts.parquet.owners.staged"));
        assert_eq!(names.owners_called("c.owners.parquet").unwrap(), Path::new("out/c.owners.parquet"));
        for name in ["../c.owners.parquet", "/c.owners.parquet", "c.owners.parquet/", "other", ""] {
            assert_eq!(names.owners_called(name), None, "{name}");
        }
    }

    #[test]
    fn a_folder_has_its_manifest_within_and_its_lock_beside_it() {
        for path in ["out/contacts", "out/contacts/", "out/contacts/."] {
            let names = FolderNames::of(Path::new(path)).unwrap();
            assert_eq!(names.target, Path::new("out/contacts"));
            assert_eq!(names.manifest, Path::new("out/contacts/_manifest.json"));
            assert_eq!(names.lock, Path::new("out/.contacts.lock"));
        }
        for path in ["", ".", "./", "..", "../", "/", "out/.."] {
            assert!(Names::of(Path::new(path)).is_err() && FolderNames::of(Path::new(path)).is_err(), "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_folder_is_followed_also_with_a_slash() {
        let home = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("data/1/", home.path().join("latest")).unwrap();
        for path in ["latest", "latest/"] {
            let names = FolderNames::of(&home.path().join(path)).unwrap();
            assert_eq!(names.lock, home.path().join("data/.1.lock"));
        }
    }
}
