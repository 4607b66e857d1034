//! Atomic files: written under a temporary name next to the target, then renamed to it.
//!
//! Every file that the program writes is written like this, so that it is complete or missing even after a crash.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use tempfile::{Builder, TempPath};

use crate::platform;

/// Random characters that distinguish the temporary files of one target.
pub(super) const RANDOM: usize = 8;
pub(super) const ENDING: &str = ".tmp";

/// A file that is being written. Dropping it deletes it.
#[derive(Debug)]
pub(crate) struct TemporaryFile {
    file: File,
    path: TempPath,
}

/// The permission bits of a new file, such as `0o600`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mode<'p> {
    /// These bits.
    Exactly(u32),
    /// Those of the file it replaces; if there is none, those of the file `like`; otherwise `new`. Files of other users do
    /// not count: they must not decide who can read this one.
    Kept {
        /// A file with the same readers.
        like: Option<&'p Path>,
        /// The bits if there is no file to follow.
        new: u32,
    },
}

impl<'p> Mode<'p> {
    /// These bits, or else as before, or else as the file `like`. A new file is private.
    pub fn or_like(bits: Option<u32>, like: Option<&'p Path>) -> Self {
        bits.map_or(Self::Kept { like, new: 0o600 }, Self::Exactly)
    }
}

impl TemporaryFile {
    /// Creates a file that will be published as `target`, or under another name next to it. Only its owner can read it.
    pub fn begin(target: &Path) -> io::Result<Self> {
        let name = target.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
        platform::check_renames(parent(target))?;
        let prefix = prefix(name);
        let mut builder = Builder::new();
        builder.prefix(&prefix).suffix(ENDING).rand_bytes(RANDOM);
        let (file, path) = builder.tempfile_in(parent(target))?.into_parts();
        Ok(Self { file, path })
    }

    /// Its temporary path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Another handle for writing.
    pub fn writer(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// Renames a settled file to `name`, and puts the name on disk.
    pub fn publish_as(self, name: &Path) -> io::Result<()> {
        self.path.persist(name)?;
        platform::sync_directory(parent(name))
    }
}

/// Puts a file on disk that will be published as `target`, with its final mode.
pub(crate) fn settle(file: &File, target: &Path, mode: Mode<'_>) -> io::Result<()> {
    let new = file.metadata()?;
    let is_own = |found: &fs::Metadata| found.is_file() && platform::have_one_owner(found, &new);
    let own = |path| fs::metadata(path).ok().filter(is_own);
    let earlier = match mode {
        Mode::Exactly(_) => None,
        Mode::Kept { like, .. } => own(target).or_else(|| own(like?)),
    };
    let set = match (earlier, mode) {
        (Some(earlier), _) => platform::take_after(file, &earlier),
        (None, Mode::Exactly(bits) | Mode::Kept { new: bits, .. }) => platform::set_mode(file, bits),
    };
    unless_refused(mode, set)?;
    file.sync_all()
}

/// Ignores that the file system refuses to set modes, unless the mode was requested explicitly: on some file systems, the
/// mount options decide who can read a file.
pub(super) fn unless_refused(mode: Mode<'_>, set: io::Result<()>) -> io::Result<()> {
    match (mode, set) {
        (Mode::Kept { .. }, Err(error)) if is_refusal(&error) => Ok(()),
        (_, set) => set,
    }
}

/// Gives a new directory the mode that matches its files.
pub(crate) fn set_directory_mode(directory: &Path, mode: Mode<'_>) -> io::Result<()> {
    let (Mode::Exactly(bits) | Mode::Kept { new: bits, .. }) = mode;
    unless_refused(mode, platform::set_directory_mode(directory, bits))
}

fn is_refusal(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported)
}

/// Whether new files keep the mode they are given: some file systems ignore modes, others refuse to set them, which is an
/// error only if `mode` was requested.
pub(crate) fn keeps_modes(file: &File, mode: Option<u32>) -> io::Result<bool> {
    match platform::keeps_modes(file) {
        Err(error) if mode.is_none() && is_refusal(&error) => Ok(false),
        kept => kept,
    }
}

/// Writes a small file atomically. Its mode is that of a new `target`; it is published as that, or as `name` next to it.
pub(crate) fn write_as(target: &Path, name: &Path, bytes: &[u8], mode: Mode<'_>) -> io::Result<()> {
    let mut temporary = TemporaryFile::begin(target)?;
    temporary.file.write_all(bytes)?;
    settle(&temporary.file, target, mode)?;
    temporary.publish_as(name)
}

/// Renames a file that is on disk within its directory, and puts the name on disk.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    platform::sync_directory(parent(to))
}

/// Removes temporary files of `target` that crashed runs left. The caller holds the lock of `target`.
pub(crate) fn sweep(target: &Path) -> io::Result<()> {
    let Some(name) = target.file_name() else { return Ok(()) };
    for entry in fs::read_dir(parent(target))? {
        let entry = entry?;
        if is_temporary(&entry.file_name(), name) && entry.file_type()?.is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Whether `file` is a temporary name of the target called `name`.
pub(super) fn is_temporary(file: &OsStr, name: &OsStr) -> bool {
    let random = file
        .as_encoded_bytes()
        .strip_prefix(prefix(name).as_encoded_bytes())
        .and_then(|rest| rest.strip_suffix(ENDING.as_bytes()));
    random.is_some_and(is_random)
}

/// The name of the target that a temporary name belongs to.
pub(super) fn target_of(temporary: &str) -> Option<&str> {
    let (name, random) = temporary.strip_prefix('.')?.strip_suffix(ENDING)?.rsplit_once('.')?;
    is_random(random.as_bytes()).then_some(name)
}

fn is_random(random: &[u8]) -> bool {
    random.len() == RANDOM && random.iter().all(u8::is_ascii_alphanumeric)
}

pub(super) fn prefix(name: &OsStr) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(name);
    prefix.push(".");
    prefix
}

/// The directory that contains a path.
pub(crate) fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: Mode<'static> = Mode::Kept { like: None, new: 0o600 };

    #[test]
    fn dropping_a_temporary_file_keeps_the_target() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("file");
        write_as(&target, &target, b"old", KEPT).unwrap();
        TemporaryFile::begin(&target).unwrap().writer().unwrap().write_all(b"new").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"old");
        write_as(&target, &target, b"new", KEPT).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"new");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[test]
    fn sweeps_temporary_files_of_the_target_only() {
        let names = [".a.abcd1234.tmp", ".a.b.abcd1234.tmp", ".a.abcd123.tmp", ".a.lock", "a", ".a.manifest.staged"];
        let home = tempfile::tempdir().unwrap();
        for name in names {
            fs::write(home.path().join(name), "").unwrap();
        }
        sweep(&home.path().join("a")).unwrap();
        let left = names.map(|name| home.path().join(name).exists());
        assert_eq!(left, [false, true, true, true, true, true]);
    }
}
