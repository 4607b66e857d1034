//! The folder of a kit, replaced as a whole: written beside its target while the export is under way, put in its place
//! when that is published.
//!
//! Whoever makes kits says what is one, for nothing else is ever replaced; where the files stand meanwhile, see
//! [`Staging`].

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{DestinationError, Lock, blocking};
use crate::atomic::{self, Mode, Staging, folder};
use crate::naming::FolderNames;
use crate::platform;

/// Says what speaks against a folder's being a kit, if anything does. One that is not there can become one.
pub(crate) type Foreign = fn(&Path) -> io::Result<Option<String>>;

/// Everybody on the machine may read a kit, which has no contact in it. One that was there keeps its modes.
const MODE: Mode<'static> = Mode::Kept { like: None, new: 0o644 };

/// A kit under way. Dropped, it leaves what was there.
#[derive(Debug)]
pub(crate) struct KitPlace {
    /// As the operator named it.
    named: PathBuf,
    target: PathBuf,
    foreign: Foreign,
    staging: Staging,
    /// Freed when all else is done.
    _lock: Lock,
}

impl KitPlace {
    /// Begins a kit, so that one that cannot be made is known before anything is asked of the server. `waiting` is called
    /// when another run has the folder, and is waited for.
    pub async fn open(
        named: &Path,
        foreign: Foreign,
        wait: Duration,
        waiting: impl FnOnce(),
    ) -> Result<Self, DestinationError> {
        let create = |error| DestinationError::create(named, error);
        let of_its_own = |_| DestinationError::NoFolderOfItsOwn { path: named.to_owned() };
        let FolderNames { target, lock, .. } = FolderNames::of(named).map_err(of_its_own)?;
        // Where it is another's, not even a lock is put beside it.
        check(named, &target, foreign)?;
        let lock = Lock::take(&lock, wait, waiting).await.map_err(create)?;
        let lock = lock.ok_or_else(|| DestinationError::Locked { target: target.clone() })?;
        let named = named.to_owned();
        let begun = {
            let named = named.clone();
            blocking(move || Ok(Self::begin(named, target, foreign, lock)))
        };
        begun.await.map_err(|error| DestinationError::create(&named, error))?
    }

    /// Cleans up after a killed run, and begins the folder under another name.
    fn begin(named: PathBuf, target: PathBuf, foreign: Foreign, lock: Lock) -> Result<Self, DestinationError> {
        let create = |error| DestinationError::create(&named, error);
        atomic::recover(&target).map_err(create)?;
        check(&named, &target, foreign)?;
        if target.exists() && !platform::is_writable(&target) {
            return Err(create(io::ErrorKind::PermissionDenied.into()));
        }
        platform::check_replaceable(&target).map_err(create)?;
        let staging = Staging::begin(&target).map_err(create)?;
        Ok(Self { named, target, foreign, staging, _lock: lock })
    }

    /// The folder, as the operator named it.
    pub fn named(&self) -> &Path {
        &self.named
    }

    /// Writes all its files, and puts them on disk. They have yet to get their place.
    pub fn write<'f>(&mut self, files: impl Iterator<Item = (&'f str, &'f str)>) -> io::Result<()> {
        for (name, text) in files {
            self.staging.write_file(name, text.as_bytes(), MODE)?;
        }
        self.staging.finish(MODE)
    }

    /// Puts the files that are written in the place of what was there.
    pub fn publish(mut self) -> io::Result<()> {
        // A long time may have passed since it was looked at.
        let refused = |reason: String| Err(io::Error::other(reason));
        if let Some(reason) = (self.foreign)(&self.target)? {
            return refused(reason);
        }
        if let Some(replaced) = self.staging.replace()? {
            match (self.foreign)(&replaced) {
                Ok(None) => {}
                found => {
                    self.staging.put_back(&replaced)?;
                    return found.and_then(|reason| refused(reason.unwrap_or_default()));
                }
            }
        }
        platform::sync_directory(folder(&self.target))
    }
}

/// Refuses to take a folder that is not a kit's, or cannot be replaced.
fn check(named: &Path, target: &Path, foreign: Foreign) -> Result<(), DestinationError> {
    let mounted = || "it is where a file system is mounted, so name a folder in it".to_owned();
    let reason = foreign(target).map_err(|error| DestinationError::create(named, error))?;
    match reason.or_else(|| platform::is_mount(target).then(mounted)) {
        Some(reason) => Err(DestinationError::NotAKit { folder: named.to_owned(), reason }),
        None => Ok(()),
    }
}
