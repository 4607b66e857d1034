//! Atomic directories: written in a staging directory next to the target, which then replaces it as a whole.
//!
//! ```text
//! PARENT/.NAME.abcd1234.tmp/new/part-00000.parquet.tmp    being written
//! PARENT/.NAME.abcd1234.tmp/old/                          the old directory, if two renames replace one exchange
//! PARENT/NAME/                                            the target
//! ```
//!
//! Only next to the target is the staging directory certain to be on the same file system, and to be writable for whoever
//! may replace the target. For `DIR/key=value/` that is DIR, which may be a mount, or lie in a directory of another user.
//! Readers of DIR must not see unfinished files. Spark skips names that begin with a dot; DuckDB and ClickHouse do not, but
//! `DIR/*/*.parquet` does not reach as deep, and until the end the files have a suffix that `DIR/**/*.parquet` does not
//! match.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::file::{ENDING, Mode, RANDOM, is_temporary, parent, prefix, settle, target_of, unless_refused};
use crate::platform;

/// The new directory within a staging directory.
const NEW: &str = "new";
/// The directory that it replaces, while neither has the target's name.
const OLD: &str = "old";

/// Staging directories that only wait for their removal have this name in place of their target's.
const SET_ASIDE: &str = "abandoned";

/// Swaps two directories atomically, or returns that it cannot.
type Exchange = fn(&Path, &Path) -> io::Result<()>;

/// A directory that is being written. Dropping it deletes it, and also the directory it has replaced.
#[derive(Debug)]
pub(crate) struct Staging {
    home: TempDir,
    target: PathBuf,
    /// The files begun, by their names in the directory.
    files: Vec<String>,
}

impl Staging {
    /// Creates a directory that will replace `target`. Only its owner can read it.
    pub fn begin(target: &Path) -> io::Result<Self> {
        let name = target.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
        platform::check_renames(parent(target))?;
        let home = tempfile::Builder::new()
            .prefix(&prefix(name))
            .suffix(ENDING)
            .rand_bytes(RANDOM)
            .tempdir_in(parent(target))?;
        fs::create_dir(home.path().join(NEW))?;
        Ok(Self { home, target: target.to_owned(), files: Vec::new() })
    }

    /// Its path until it replaces the target.
    pub fn path(&self) -> PathBuf {
        self.at(NEW)
    }

    /// Creates a file, which may be in a subdirectory.
    pub fn begin_file(&mut self, name: &str) -> io::Result<File> {
        let path = self.at(NEW).join(name);
        fs::create_dir_all(parent(&path))?;
        let file = platform::open_private(&unfinished(&path))?;
        self.files.push(name.to_owned());
        Ok(file)
    }

    /// Writes a small file and puts it on disk.
    pub fn write_file(&mut self, name: &str, bytes: &[u8], mode: Mode<'_>) -> io::Result<()> {
        let mut file = self.begin_file(name)?;
        file.write_all(bytes)?;
        settle(&file, &self.target.join(name), mode)
    }

    /// Gives all files, which are on disk, their names in the order they were begun, and puts the names on disk.
    pub fn finish(&mut self, mode: Mode<'_>) -> io::Result<()> {
        let new = self.at(NEW);
        let mut directories = vec![new.clone()];
        for name in self.files.drain(..) {
            let path = new.join(name);
            fs::rename(unfinished(&path), &path)?;
            let within = parent(&path);
            if !directories.iter().any(|directory| directory == within) {
                directories.push(within.to_owned());
            }
        }
        for directory in directories.iter().rev() {
            let earlier = fs::metadata(self.target.join(directory.strip_prefix(&new).unwrap_or(directory))).ok();
            let ours = fs::metadata(directory)?;
            let is_own = |earlier: &fs::Metadata| earlier.is_dir() && platform::have_one_owner(earlier, &ours);
            let set = match (mode, earlier.filter(is_own)) {
                (Mode::Kept { .. }, Some(earlier)) => platform::directory_takes_after(directory, &earlier),
                (Mode::Exactly(bits) | Mode::Kept { new: bits, .. }, _) => {
                    platform::set_directory_mode(directory, bits)
                }
            };
            unless_refused(mode, set)?;
            platform::sync_directory(directory)?;
        }
        platform::sync_directory(self.home.path())?;
        platform::sync_directory(parent(&self.target))
    }

    /// Moves the finished directory to the target, and returns the new path of the directory it replaced, if any.
    pub fn replace(&mut self) -> io::Result<Option<PathBuf>> {
        self.replace_by(platform::exchange)
    }

    fn replace_by(&mut self, exchange: Exchange) -> io::Result<Option<PathBuf>> {
        if is_missing(&self.target) {
            return fs::rename(self.at(NEW), &self.target).map(|()| None);
        }
        self.swap(NEW, OLD, exchange).map(Some)
    }

    /// Undoes a replacement: moves the directory at `replaced` back to the target.
    pub fn put_back(&mut self, replaced: &Path) -> io::Result<()> {
        let (from, spare) = if replaced == self.at(NEW) { (NEW, OLD) } else { (OLD, NEW) };
        self.swap(from, spare, platform::exchange).map(drop)
    }

    /// Moves `from` to the target, and returns where the previous target is: at `from` after an exchange, at `spare` after
    /// two renames.
    fn swap(&mut self, from: &str, spare: &str, exchange: Exchange) -> io::Result<PathBuf> {
        // Some systems report unknown system calls as forbidden, and overlay file systems report some renames as busy or
        // across devices.
        let cannot = [
            io::ErrorKind::Unsupported,
            io::ErrorKind::InvalidInput,
            io::ErrorKind::PermissionDenied,
            io::ErrorKind::CrossesDevices,
            io::ErrorKind::ResourceBusy,
        ];
        let (from, spare) = (self.at(from), self.at(spare));
        match exchange(&from, &self.target) {
            Ok(()) => return Ok(from),
            Err(error) if cannot.contains(&error.kind()) => {}
            Err(error) => return Err(error),
        }
        fs::rename(&self.target, &spare)?;
        if let Err(error) = fs::rename(from, &self.target) {
            // If this rename fails too, the next run does it: keep the staging directory.
            self.home.disable_cleanup(true);
            fs::rename(spare, &self.target)?;
            self.home.disable_cleanup(false);
            return Err(error);
        }
        Ok(spare)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }
}

/// Cleans up after crashed runs: restores the old directory if it was moved away and not replaced, and removes everything
/// else they left. The caller holds the lock of `target`.
pub(crate) fn recover(target: &Path) -> io::Result<()> {
    let stagings = restore(target)?;
    remove(stagings);
    Ok(())
}

/// Like `recover`, but only renames the staging directories, which is quick, and returns their new paths.
pub(crate) fn set_aside(target: &Path) -> io::Result<Vec<PathBuf>> {
    let aside = parent(target).join(SET_ASIDE);
    let aside = |staging: PathBuf| {
        let name = staging.file_name()?.as_encoded_bytes();
        let random = std::str::from_utf8(&name[name.len().checked_sub(RANDOM + ENDING.len())?..]).ok()?;
        let aside = aside.with_file_name(format!(".{SET_ASIDE}.{random}"));
        fs::rename(staging, &aside).ok().map(|()| aside)
    };
    Ok(restore(target)?.into_iter().filter_map(aside).collect())
}

/// What crashed runs had set aside in a directory and not yet removed.
pub(crate) fn set_aside_in(directory: &Path) -> io::Result<Vec<PathBuf>> {
    stagings(&directory.join(SET_ASIDE))
}

/// Removes staging directories. Failures are ignored, for example if a network file system still has a file open: the names
/// are hidden, and the next run tries again.
pub(crate) fn remove(stagings: Vec<PathBuf>) {
    for staging in stagings {
        let _ = fs::remove_dir_all(staging);
    }
}

/// Restores a target that was moved away, and returns its staging directories, which can be removed.
fn restore(target: &Path) -> io::Result<Vec<PathBuf>> {
    let stagings = stagings(target)?;
    for staging in stagings.iter().filter(|staging| is_between(staging, target)) {
        fs::rename(staging.join(OLD), target)?;
        platform::sync_directory(parent(target))?;
    }
    Ok(stagings)
}

/// Whether a run was stopped between the two renames that replace one exchange, and so left no target.
pub(crate) fn is_taken_away(target: &Path) -> bool {
    stagings(target).is_ok_and(|stagings| stagings.iter().any(|staging| is_between(staging, target)))
}

/// Whether the run of this staging directory has moved the target away and not replaced it.
fn is_between(staging: &Path, target: &Path) -> bool {
    is_missing(target) && staging.join(NEW).is_dir() && staging.join(OLD).is_dir()
}

/// The staging directories of a target.
fn stagings(target: &Path) -> io::Result<Vec<PathBuf>> {
    let Some(name) = target.file_name() else { return Ok(Vec::new()) };
    let mut stagings = Vec::new();
    for entry in fs::read_dir(parent(target))? {
        let entry = entry?;
        if is_temporary(&entry.file_name(), name) && entry.file_type()?.is_dir() {
            stagings.push(entry.path());
        }
    }
    Ok(stagings)
}

/// The targets in a directory that have staging directories.
pub(crate) fn begun_in(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut targets = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            targets.extend(entry.file_name().to_str().and_then(target_of).map(|name| directory.join(name)));
        }
    }
    targets.sort();
    targets.dedup();
    Ok(targets)
}

fn is_missing(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// The name of a file until it is finished.
fn unfinished(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ENDING);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: Mode<'static> = Mode::Kept { like: None, new: 0o600 };

    /// As on a system without exchange.
    fn cannot(_: &Path, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn crosses_devices(_: &Path, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::CrossesDevices.into())
    }

    fn is_busy(_: &Path, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::ResourceBusy.into())
    }

    const WAYS: [Exchange; 4] = [platform::exchange, cannot, crosses_devices, is_busy];

    fn finished(target: &Path, text: &str) -> Staging {
        let mut staging = Staging::begin(target).unwrap();
        staging.write_file("part", text.as_bytes(), KEPT).unwrap();
        staging.write_file("_owners/owners", b"", KEPT).unwrap();
        staging.finish(KEPT).unwrap();
        staging
    }

    fn names(directory: &Path) -> Vec<OsString> {
        let mut names: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    }

    #[test]
    fn replaces_a_directory_in_one_step_or_two() {
        for exchange in WAYS {
            let home = tempfile::tempdir().unwrap();
            let target = home.path().join("out");
            let text = || fs::read_to_string(target.join("part")).unwrap();
            assert_eq!(finished(&target, "1").replace_by(exchange).unwrap(), None);
            assert_eq!(text(), "1");
            let mut second = finished(&target, "2");
            assert_eq!(text(), "1");
            let replaced = second.replace_by(exchange).unwrap().unwrap();
            assert_eq!((text().as_str(), fs::read_to_string(replaced.join("part")).unwrap().as_str()), ("2", "1"));
            second.put_back(&replaced).unwrap();
            assert_eq!(text(), "1");
            drop(second);
            assert_eq!(names(home.path()), ["out"]);
            assert_eq!(names(&target), ["_owners", "part"]);
        }
    }

    #[test]
    fn unfinished_files_do_not_have_their_final_names() {
        let home = tempfile::tempdir().unwrap();
        let mut staging = Staging::begin(&home.path().join("out")).unwrap();
        staging.begin_file("part-00000.parquet").unwrap();
        assert_eq!(names(&staging.at(NEW)), ["part-00000.parquet.tmp"]);
        drop(staging);
        assert!(names(home.path()).is_empty());
    }

    #[test]
    fn recovers_the_old_or_the_new_directory_after_a_crash() {
        // What the crashed run had done, and what the target holds after recovery.
        type Crash = fn(&mut Staging);
        let crashes: [(Crash, &str); 4] = [
            (|_| (), "old"),
            (|staging| fs::rename(&staging.target, staging.at(OLD)).unwrap(), "old"),
            (|staging| drop(staging.replace_by(cannot).unwrap()), "new"),
            (|staging| drop(staging.replace().unwrap()), "new"),
        ];
        for (number, (crash, due)) in crashes.into_iter().enumerate() {
            let home = tempfile::tempdir().unwrap();
            let target = home.path().join("out");
            finished(&target, "old").replace().unwrap();
            let mut staging = finished(&target, "new");
            staging.home.disable_cleanup(true);
            crash(&mut staging);
            assert_eq!(is_taken_away(&target), number == 1);
            drop(staging);
            recover(&target).unwrap();
            assert!(!is_taken_away(&target));
            assert_eq!(fs::read_to_string(target.join("part")).unwrap(), due, "{number}");
            assert_eq!(names(home.path()), ["out"]);
        }
    }

    #[test]
    fn finds_what_was_set_aside_for_removal() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("day=1");
        fs::create_dir(home.path().join(".day=1.abcd1234.tmp")).unwrap();
        let aside = home.path().join(".abandoned.abcd1234.tmp");
        assert_eq!(set_aside(&target).unwrap(), std::slice::from_ref(&aside));
        assert!(stagings(&target).unwrap().is_empty());
        assert_eq!(set_aside_in(home.path()).unwrap(), [aside]);
        remove(set_aside_in(home.path()).unwrap());
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_directory_filled_meanwhile_is_not_overwritten() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("out");
        let mut staging = finished(&target, "1");
        fs::create_dir(&target).unwrap();
        fs::write(target.join("theirs"), "").unwrap();
        let replaced = staging.replace().unwrap().unwrap();
        assert!(replaced.join("theirs").exists());
        staging.put_back(&replaced).unwrap();
        assert!(target.join("theirs").exists());
    }
}
