//! A file that is there whole or not at all: written beside its target under another name, renamed at
//! its end.
//!
//! Bytes come in; `publish` gives them the target's name, on disk, even if the machine stops. A draft
//! that is dropped leaves nothing. Every file the program writes is one; a folder of them is a [`Staging`].

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use crate::platform;

/// Characters that tell the drafts of one target apart.
pub(super) const RANDOM: usize = 8;
pub(super) const ENDING: &str = ".tmp";

/// A file under way.
#[derive(Debug)]
pub(crate) struct TemporaryFile {
    file: File,
    temporary: TempPath,
    target: PathBuf,
}

/// Who may read a file: permission bits, as in `0o600`, where the system has them.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mode<'p> {
    /// These bits.
    Exactly(u32),
    /// Those of the file it replaces; where there is none, those of the file `like`; else `new`. A file of another user
    /// says nothing.
    Kept {
        /// A file that the same people read.
        like: Option<&'p Path>,
        /// The bits of a file that follows none.
        new: u32,
    },
}

impl Mode<'_> {
    /// As it was; a new file is its owner's alone.
    pub const KEPT: Self = Self::Kept { like: None, new: 0o600 };
}

impl TemporaryFile {
    /// Begins a file that will stand at `target`. Until then only its owner can read it.
    pub fn begin(target: &Path) -> io::Result<Self> {
        let name = target.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
        platform::check_renames(folder(target))?;
        let draft = tempfile::Builder::new()
            .prefix(&prefix(name))
            .suffix(ENDING)
            .rand_bytes(RANDOM)
            .tempfile_in(folder(target))?;
        let (file, temporary) = draft.into_parts();
        Ok(Self { file, temporary, target: target.to_owned() })
    }

    /// Another handle for writing. What it has not flushed is not in the file.
    pub fn writer(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// Writes all of `bytes`.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    /// Puts the bytes on disk, with the mode the file is to have.
    pub fn settle(&self, mode: Mode<'_>) -> io::Result<()> {
        settle(&self.file, &self.target, mode)
    }

    /// The same as work for another thread, through a handle of its own: the draft stays here, and leaves
    /// nothing where it is dropped before that work is done.
    pub fn settling(&self, mode: Mode<'static>) -> io::Result<impl FnOnce() -> io::Result<()> + Send + use<>> {
        let (file, target) = (self.file.try_clone()?, self.target.clone());
        Ok(move || settle(&file, &target, mode))
    }

    /// Gives a settled file its name, and puts the name on disk.
    pub fn publish(self) -> io::Result<()> {
        let target = self.target.clone();
        self.publish_as(&target)
    }

    /// As [`TemporaryFile::publish`], under another name in the same folder.
    pub fn publish_as(self, name: &Path) -> io::Result<()> {
        self.temporary.persist(name)?;
        platform::sync_directory(folder(name))
    }
}

/// Puts a file that will stand at `target` on disk, with the mode it is to have.
pub(crate) fn settle(file: &File, target: &Path, mode: Mode<'_>) -> io::Result<()> {
    // Whoever put another file there does not decide who reads this one.
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

/// Some file systems let nobody set a mode: who may read a file is decided where they are mounted. That is an error only
/// where a mode was asked for.
pub(super) fn unless_refused(mode: Mode<'_>, set: io::Result<()>) -> io::Result<()> {
    match (mode, set) {
        (Mode::Kept { .. }, Err(error)) if is_refusal(&error) => Ok(()),
        (_, set) => set,
    }
}

/// Gives a new folder the mode that belongs to its files.
pub(crate) fn set_folder_mode(folder: &Path, mode: Mode<'_>) -> io::Result<()> {
    let (Mode::Exactly(bits) | Mode::Kept { new: bits, .. }) = mode;
    unless_refused(mode, platform::set_directory_mode(folder, bits))
}

fn is_refusal(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported)
}

/// Whether a new file gets the mode that it is given: not on a file system that ignores modes, nor on one that refuses
/// them. The latter is an error where `mode` was asked for.
pub(crate) fn keeps_modes(file: &File, mode: Option<u32>) -> io::Result<bool> {
    match platform::keeps_modes(file) {
        Err(error) if mode.is_none() && is_refusal(&error) => Ok(false),
        kept => kept,
    }
}

/// Writes a small file whole.
pub(crate) fn write_whole(target: &Path, bytes: &[u8], mode: Mode<'_>) -> io::Result<()> {
    let mut draft = TemporaryFile::begin(target)?;
    draft.write(bytes)?;
    draft.settle(mode)?;
    draft.publish()
}

/// Gives a file that is on disk another name in its folder, and puts the name on disk.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    platform::sync_directory(folder(to))
}

/// Removes the drafts of `target` that dead runs left. Nobody may be writing it: see the lock.
pub(crate) fn sweep(target: &Path) -> io::Result<()> {
    let Some(name) = target.file_name() else { return Ok(()) };
    for entry in fs::read_dir(folder(target))? {
        let entry = entry?;
        if is_draft(&entry.file_name(), name) && entry.file_type()?.is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Whether `file` is the name of a draft of the target called `name`, and of no other target.
pub(super) fn is_draft(file: &OsStr, name: &OsStr) -> bool {
    let random = file
        .as_encoded_bytes()
        .strip_prefix(prefix(name).as_encoded_bytes())
        .and_then(|rest| rest.strip_suffix(ENDING.as_bytes()));
    random.is_some_and(is_random)
}

/// The name of the target that a draft called `file` is of, if it is one.
pub(super) fn drafted(file: &str) -> Option<&str> {
    let (name, random) = file.strip_prefix('.')?.strip_suffix(ENDING)?.rsplit_once('.')?;
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

/// The folder a file stands in.
pub(crate) fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_that_is_dropped_leaves_what_was_there() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("file");
        write_whole(&target, b"old", Mode::KEPT).unwrap();
        TemporaryFile::begin(&target).unwrap().write(b"new").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"old");
        write_whole(&target, b"new", Mode::KEPT).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"new");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[test]
    fn only_drafts_of_the_target_are_swept() {
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
