//! Every file name that the program uses: outputs and their parts, manifests, locks, and temporary names.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::atomic::parent;
use crate::storage;

/// How many symbolic links are followed from one name, as operating systems do.
pub(crate) const LINKS: usize = 40;

/// The suffix of a file's manifest.
const MANIFEST_SUFFIX: &str = ".manifest.json";
/// Digits of a manifest's SHA-256 in the name of a file of changes.
const SINCE: usize = 16;
/// How the names of part files begin.
const PART: &str = "part-";
/// The subdirectory of the owners. Readers of a directory skip names that begin with an underscore.
const OWNERS_DIRECTORY: &str = "_owners";
/// Marks an owners' file next to the file of its contacts.
const OWNERS: &str = ".owners";

/// The names that belong to an output file. Symbolic links in its path are followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileNames {
    /// The file.
    pub target: PathBuf,
    /// Its name as given, which differs if that is a symbolic link.
    pub called: OsString,
    /// Its manifest.
    pub manifest: PathBuf,
    /// The manifest while the file is being published.
    pub manifest_staged: PathBuf,
    /// What is still to do, while objects in a store are being published.
    pub pending: PathBuf,
    /// The lock.
    pub lock: PathBuf,
    /// The owners while the file is being published.
    pub owners_staged: PathBuf,
    /// The base of temporary names for the owners, whatever the name of their file.
    pub owners_temporary: PathBuf,
}

impl FileNames {
    /// The names of a file. If the path is a symbolic link, the target is what it points to.
    pub fn of(path: &Path) -> io::Result<Self> {
        let target = followed(path)?;
        let nameless = || io::Error::new(io::ErrorKind::InvalidInput, "it has no file name");
        let name = target.file_name().ok_or_else(nameless)?;
        let named = |before: &str, after: &str| {
            let mut whole = OsString::from(before);
            whole.push(name);
            whole.push(after);
            parent(&target).join(whole)
        };
        Ok(Self {
            called: path.file_name().unwrap_or(name).to_owned(),
            manifest: named("", MANIFEST_SUFFIX),
            manifest_staged: named(".", ".manifest.staged"),
            pending: named(".", ".pending"),
            lock: named(".", ".lock"),
            owners_staged: named(".", ".owners.staged"),
            owners_temporary: named("", OWNERS),
            target,
        })
    }

    /// Where an owners' file listed in a manifest is, with symbolic links followed. Names that lead out of the directory are
    /// ignored.
    pub fn owners_path(&self, name: &str) -> Option<PathBuf> {
        let is_plain = Path::new(name).file_name().is_some_and(|plain| plain == name);
        (is_plain && is_owners(name)).then(|| followed(&self.target.with_file_name(name)).ok()).flatten()
    }
}

/// The names that belong to an output directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DirectoryNames {
    /// The directory.
    pub target: PathBuf,
    /// Its manifest.
    pub manifest: PathBuf,
    /// The lock.
    pub lock: PathBuf,
    /// What is still to do, while objects in a store are being published.
    pub pending: PathBuf,
}

impl DirectoryNames {
    /// A directory's manifest, in it.
    pub const MANIFEST: &str = "_manifest.json";
    /// An empty file that marks a directory as complete.
    pub const SUCCESS: &str = "_SUCCESS";

    /// The names of a directory, with or without a trailing slash. If the path is a symbolic link, the target is what it
    /// points to.
    pub fn of(path: &Path) -> io::Result<Self> {
        let FileNames { target, lock, pending, .. } = FileNames::of(path)?;
        Ok(Self { manifest: target.join(Self::MANIFEST), lock, pending, target })
    }
}

/// The manifest of an existing file or directory.
pub(crate) fn manifest_of(path: &Path) -> io::Result<PathBuf> {
    if storage::is_directory(path) {
        Ok(path.join(DirectoryNames::MANIFEST))
    } else {
        Ok(FileNames::of(path)?.manifest)
    }
}

/// The name of the file that a manifest next to it describes.
pub(crate) fn described_by(manifest: &str) -> Option<&str> {
    manifest.strip_suffix(MANIFEST_SUFFIX)
}

/// The name of a part file; the first has number 0.
pub(crate) fn part(number: u32, ending: &str) -> String {
    format!("{PART}{number:05}{ending}")
}

/// The name of the changes since an export, in a directory of changes: by the SHA-256 of that export's manifest, so that a run
/// which is repeated writes the same file.
pub(crate) fn changes(since: &str, ending: &str) -> String {
    format!("changes-{}{ending}", since.get(..SINCE).unwrap_or(since))
}

/// The name of the first changes in such a directory; `of` identifies the output, since several may share the directory.
pub(crate) fn first_changes(of: &str, ending: &str) -> String {
    format!("changes-first-{}{ending}", of.get(..SINCE).unwrap_or(of))
}

/// Whether a name is that of a part file.
pub(crate) fn is_part(name: &str) -> bool {
    name.starts_with(PART)
}

/// The name of the owners within an output directory.
pub(crate) fn owners_in_directory(ending: &str) -> String {
    owners_within(&format!("owners{ending}"))
}

/// How the manifest of a directory lists a file of its owners.
pub(crate) fn owners_within(name: &str) -> String {
    format!("{OWNERS_DIRECTORY}/{name}")
}

/// Whether a directory is the owners' subdirectory of an output.
pub(crate) fn is_owners_directory(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == OWNERS_DIRECTORY)
}

/// The name of the owners next to a file of contacts with this stem.
pub(crate) fn owners_beside(stem: &str, ending: &str) -> String {
    format!("{stem}{OWNERS}{ending}")
}

/// Whether a name may be that of owners next to their contacts.
pub(crate) fn is_owners(name: &str) -> bool {
    name.contains(OWNERS)
}

/// Follows symbolic links, even if the last one is dangling. A URL has none.
fn followed(path: &Path) -> io::Result<PathBuf> {
    if storage::is_url(path) {
        let text = path.to_str().unwrap_or_default();
        return Ok(text.strip_suffix('/').unwrap_or(text).into());
    }
    // With a trailing slash, a link is not recognized as one.
    let trimmed = |path: &Path| path.components().collect::<PathBuf>();
    let mut path = trimmed(path);
    for _ in 0..LINKS {
        match fs::read_link(&path) {
            Ok(points_to) => path = trimmed(&parent(&path).join(points_to)),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "too many levels of symbolic links"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_names_are_next_to_the_target() {
        let names = FileNames::of(Path::new("out/contacts.parquet")).unwrap();
        assert_eq!(names.manifest, Path::new("out/contacts.parquet.manifest.json"));
        assert_eq!(names.manifest_staged, Path::new("out/.contacts.parquet.manifest.staged"));
        assert_eq!(names.lock, Path::new("out/.contacts.parquet.lock"));
        assert_eq!(names.owners_staged, Path::new("out/.contacts.parquet.owners.staged"));
        assert_eq!(names.owners_path("c.owners.parquet").unwrap(), Path::new("out/c.owners.parquet"));
        for name in ["../c.owners.parquet", "/c.owners.parquet", "c.owners.parquet/", "other", ""] {
            assert_eq!(names.owners_path(name), None, "{name}");
        }
    }

    #[test]
    fn a_directory_holds_its_manifest_but_not_its_lock() {
        for path in ["out/contacts", "out/contacts/", "out/contacts/."] {
            let names = DirectoryNames::of(Path::new(path)).unwrap();
            assert_eq!(names.target, Path::new("out/contacts"));
            assert_eq!(names.manifest, Path::new("out/contacts/_manifest.json"));
            assert_eq!(names.lock, Path::new("out/.contacts.lock"));
        }
        for path in ["", ".", "./", "..", "../", "/", "out/.."] {
            assert!(FileNames::of(Path::new(path)).is_err() && DirectoryNames::of(Path::new(path)).is_err(), "{path}");
        }
    }

    #[test]
    fn names_next_to_an_object_are_urls() {
        let names = FileNames::of(Path::new("s3://b/out/c.parquet")).unwrap();
        assert_eq!(names.manifest, Path::new("s3://b/out/c.parquet.manifest.json"));
        assert_eq!(names.lock, Path::new("s3://b/out/.c.parquet.lock"));
        assert_eq!(names.owners_path("c.owners.parquet").unwrap(), Path::new("s3://b/out/c.owners.parquet"));
        let names = DirectoryNames::of(Path::new("s3://b/out/")).unwrap();
        assert_eq!(names.target, Path::new("s3://b/out"));
        assert_eq!(names.manifest, Path::new("s3://b/out/_manifest.json"));
        assert_eq!((names.lock, names.pending), ("s3://b/.out.lock".into(), "s3://b/.out.pending".into()));
    }

    #[cfg(unix)]
    #[test]
    fn follows_directory_links_with_a_trailing_slash() {
        let home = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("data/1/", home.path().join("latest")).unwrap();
        for path in ["latest", "latest/"] {
            let names = DirectoryNames::of(&home.path().join(path)).unwrap();
            assert_eq!(names.lock, home.path().join("data/.1.lock"));
        }
    }
}
