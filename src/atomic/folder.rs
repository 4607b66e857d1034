//! A folder that is there whole or not at all: its files are written in a staging folder beside it, and all of it takes
//! the target's place at its end.
//!
//! ```text
//! PARENT/.NAME.abcd1234.tmp/new/part-00000.parquet.tmp    under way
//! PARENT/.NAME.abcd1234.tmp/old/                          what was there, where two renames stand for one exchange
//! PARENT/NAME/                                            the target
//! ```
//!
//! Beside the target, and nowhere else: only there it is sure to be on the same file system, and to be writable for
//! whoever may replace the target. For `DIR/key=value/` that is in DIR, which may be a mount of its own, or stand in a
//! folder that is another's. Readers must not take up what is under way. Spark passes by what begins with a dot, DuckDB
//! and ClickHouse do not: for their `DIR/*/*.parquet` the files are a folder too deep, and until the end they have an
//! ending that `DIR/**/*.parquet` does not match either.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::file::{ENDING, Mode, RANDOM, drafted, folder, is_draft, prefix, settle, unless_refused};
use crate::platform;

/// Where the new files stand in a staging folder.
const NEW: &str = "new";
/// Where the folder that they replace is put, if it has to be put somewhere.
const OLD: &str = "old";

/// What is put aside to be removed has this for the name of its target.
const ABANDONED: &str = "abandoned";

/// Swaps two folders in one step, or says that it cannot.
type Exchange = fn(&Path, &Path) -> io::Result<()>;

/// A folder under way. Dropped, it goes, and so does what it has replaced.
#[derive(Debug)]
pub(crate) struct Staging {
    home: TempDir,
    target: PathBuf,
    /// Files begun, by their names in the folder.
    files: Vec<String>,
}

impl Staging {
    /// Begins a folder that will stand at `target`. Until then only its owner can read it.
    pub fn begin(target: &Path) -> io::Result<Self> {
        let name = target.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
        platform::check_renames(folder(target))?;
        let home = tempfile::Builder::new()
            .prefix(&prefix(name))
            .suffix(ENDING)
            .rand_bytes(RANDOM)
            .tempdir_in(folder(target))?;
        fs::create_dir(home.path().join(NEW))?;
        Ok(Self { home, target: target.to_owned(), files: Vec::new() })
    }

    /// Begins a file of the folder, which may stand in a folder of its own there.
    pub fn begin_file(&mut self, name: &str) -> io::Result<File> {
        let path = self.at(NEW).join(name);
        fs::create_dir_all(folder(&path))?;
        let file = platform::open_private(&unfinished(&path))?;
        self.files.push(name.to_owned());
        Ok(file)
    }

    /// Writes a small file of the folder, and puts it on disk.
    pub fn write_file(&mut self, name: &str, bytes: &[u8], mode: Mode<'_>) -> io::Result<()> {
        let mut file = self.begin_file(name)?;
        file.write_all(bytes)?;
        settle(&file, &self.target.join(name), mode)
    }

    /// Gives all files their names in the order they were begun, and puts the names on disk. The files are there already.
    pub fn finish(&mut self, mode: Mode<'_>) -> io::Result<()> {
        let new = self.at(NEW);
        let mut folders = vec![new.clone()];
        for name in self.files.drain(..) {
            let path = new.join(name);
            fs::rename(unfinished(&path), &path)?;
            let within = folder(&path);
            if !folders.iter().any(|folder| folder == within) {
                folders.push(within.to_owned());
            }
        }
        for folder in folders.iter().rev() {
            let earlier = fs::metadata(self.target.join(folder.strip_prefix(&new).unwrap_or(folder))).ok();
            let ours = fs::metadata(folder)?;
            let is_own = |earlier: &fs::Metadata| earlier.is_dir() && platform::have_one_owner(earlier, &ours);
            let set = match (mode, earlier.filter(is_own)) {
                (Mode::Kept { .. }, Some(earlier)) => platform::directory_takes_after(folder, &earlier),
                (Mode::Exactly(bits) | Mode::Kept { new: bits, .. }, _) => platform::set_directory_mode(folder, bits),
            };
            unless_refused(mode, set)?;
            platform::sync_directory(folder)?;
        }
        platform::sync_directory(self.home.path())?;
        platform::sync_directory(folder(&self.target))
    }

    /// Puts the finished folder where the target is to be. Where something was there already, says where that is now.
    pub fn replace(&mut self) -> io::Result<Option<PathBuf>> {
        self.replace_by(platform::exchange)
    }

    fn replace_by(&mut self, exchange: Exchange) -> io::Result<Option<PathBuf>> {
        if is_missing(&self.target) {
            return fs::rename(self.at(NEW), &self.target).map(|()| None);
        }
        self.swap(NEW, OLD, exchange).map(Some)
    }

    /// Takes a replacement back: what stands at `replaced` gets its place again.
    pub fn put_back(&mut self, replaced: &Path) -> io::Result<()> {
        let (from, spare) = if replaced == self.at(NEW) { (NEW, OLD) } else { (OLD, NEW) };
        self.swap(from, spare, platform::exchange).map(drop)
    }

    /// Puts `from` in the target's place; says where the target is now: there after an exchange, at `spare` after two
    /// renames.
    fn swap(&mut self, from: &str, spare: &str, exchange: Exchange) -> io::Result<PathBuf> {
        // Some systems refuse calls that they do not know as forbidden, and layered file systems some renames as busy
        // or across devices.
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
            // Where it cannot be undone either, the next run does it.
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

/// Ends what dead runs left of `target`: a folder that was taken away for a new one which never came gets its place
/// again, and all else of theirs goes. Nobody may be writing the target: see the lock.
pub(crate) fn recover(target: &Path) -> io::Result<()> {
    let stagings = put_back(target)?;
    remove(stagings);
    Ok(())
}

/// The same, but that what is to go is only put aside, and returned: that does not take long.
pub(crate) fn abandon(target: &Path) -> io::Result<Vec<PathBuf>> {
    let aside = folder(target).join(ABANDONED);
    let aside = |staging: PathBuf| {
        let name = staging.file_name()?.as_encoded_bytes();
        let random = std::str::from_utf8(&name[name.len().checked_sub(RANDOM + ENDING.len())?..]).ok()?;
        let aside = aside.with_file_name(format!(".{ABANDONED}.{random}"));
        fs::rename(staging, &aside).ok().map(|()| aside)
    };
    Ok(put_back(target)?.into_iter().filter_map(aside).collect())
}

/// What runs have put aside in a folder, and did not live to remove.
pub(crate) fn abandoned_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    stagings(&folder.join(ABANDONED))
}

/// Removes staging folders. What cannot be removed today, for somebody reads it over a network maybe, is hidden, and tried
/// again.
pub(crate) fn remove(stagings: Vec<PathBuf>) {
    for staging in stagings {
        let _ = fs::remove_dir_all(staging);
    }
}

/// Gives a folder that was taken away its place again; returns the staging folders of the target, which are to go.
fn put_back(target: &Path) -> io::Result<Vec<PathBuf>> {
    let stagings = stagings(target)?;
    for staging in stagings.iter().filter(|staging| is_between(staging, target)) {
        fs::rename(staging.join(OLD), target)?;
        platform::sync_directory(folder(target))?;
    }
    Ok(stagings)
}

/// Whether a run was stopped between the two renames that stand for an exchange: nothing is at the target.
pub(crate) fn is_taken_away(target: &Path) -> bool {
    stagings(target).is_ok_and(|stagings| stagings.iter().any(|staging| is_between(staging, target)))
}

/// Whether the run that left this staging folder has taken the target away, and put nothing in its place.
fn is_between(staging: &Path, target: &Path) -> bool {
    is_missing(target) && staging.join(NEW).is_dir() && staging.join(OLD).is_dir()
}

/// The staging folders of a target.
fn stagings(target: &Path) -> io::Result<Vec<PathBuf>> {
    let Some(name) = target.file_name() else { return Ok(Vec::new()) };
    let mut stagings = Vec::new();
    for entry in fs::read_dir(folder(target))? {
        let entry = entry?;
        if is_draft(&entry.file_name(), name) && entry.file_type()?.is_dir() {
            stagings.push(entry.path());
        }
    }
    Ok(stagings)
}

/// The targets in a folder of which there are staging folders.
pub(crate) fn begun_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut targets = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            targets.extend(entry.file_name().to_str().and_then(drafted).map(|name| folder.join(name)));
        }
    }
    targets.sort();
    targets.dedup();
    Ok(targets)
}

fn is_missing(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// What a file is called while it is under way.
fn unfinished(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ENDING);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As where the system has no exchange.
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
        staging.write_file("part", text.as_bytes(), Mode::KEPT).unwrap();
        staging.write_file("_owners/owners", b"", Mode::KEPT).unwrap();
        staging.finish(Mode::KEPT).unwrap();
        staging
    }

    fn names(folder: &Path) -> Vec<OsString> {
        let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_folder_is_replaced_as_a_whole_in_one_step_or_two() {
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
    fn nothing_that_is_under_way_is_called_like_a_whole_file() {
        let home = tempfile::tempdir().unwrap();
        let mut staging = Staging::begin(&home.path().join("out")).unwrap();
        staging.begin_file("part-00000.parquet").unwrap();
        assert_eq!(names(&staging.at(NEW)), ["part-00000.parquet.tmp"]);
        drop(staging);
        assert!(names(home.path()).is_empty());
    }

    #[test]
    fn a_crash_leaves_the_old_folder_or_the_new_one_and_nothing_else_after_the_next_run() {
        // What is done, and what the target holds once the next run has begun.
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
    fn what_is_put_aside_is_nobodys_any_more_and_is_found_again() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("day=1");
        fs::create_dir(home.path().join(".day=1.abcd1234.tmp")).unwrap();
        let aside = home.path().join(".abandoned.abcd1234.tmp");
        assert_eq!(abandon(&target).unwrap(), std::slice::from_ref(&aside));
        assert!(stagings(&target).unwrap().is_empty());
        assert_eq!(abandoned_in(home.path()).unwrap(), [aside]);
        remove(abandoned_in(home.path()).unwrap());
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_was_filled_meanwhile_is_not_taken_for_a_missing_one() {
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
