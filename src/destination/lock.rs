//! The lock of a target: `.{file name}.lock` next to it, held by the run that writes the target.
//!
//! The operating system releases it when its holder exits, for whatever reason. The lock file stays, except for partitions,
//! because there is a new one every night. A run that locked a file which was deleted in the meantime, and so excludes
//! nobody, starts over.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::blocking::blocking;
use super::error::DestinationError;
use crate::platform;
use crate::storage;

/// The interval between attempts.
const RETRY: Duration = Duration::from_millis(100);

/// Always wait this long: runs that clean up or test a lock hold it for less.
const GRACE: Duration = Duration::from_millis(300);

/// A held lock. Dropping it releases it.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    /// The lock file, if it is removed on release.
    removed: Option<PathBuf>,
}

impl Lock {
    /// Takes the lock at `path` of a target, or waits for it. Calls `waiting`, unless that was called before, if it has to
    /// wait.
    pub async fn acquire(
        path: &Path,
        target: &Path,
        wait: Option<Duration>,
        waiting: &mut Option<impl FnOnce()>,
    ) -> Result<Self, DestinationError> {
        match Self::take(path, wait.unwrap_or_default(), waiting).await {
            Ok(lock) => lock.ok_or_else(|| DestinationError::Locked { target: target.to_owned(), holder: None }),
            Err(error) if fs::symlink_metadata(path).is_ok() => {
                Err(DestinationError::Lock { path: path.to_owned(), error })
            }
            // The cause is the directory, in which the output could not be created either.
            Err(error) => Err(DestinationError::create(target, error)),
        }
    }

    /// Takes a lock, or returns nothing if another process still holds it after `wait`.
    async fn take(path: &Path, wait: Duration, waiting: &mut Option<impl FnOnce()>) -> io::Result<Option<Self>> {
        let start = Instant::now();
        loop {
            let path = path.to_owned();
            match blocking(move || attempt(&path)).await? {
                Attempt::Taken(lock) => return Ok(Some(lock)),
                Attempt::Deleted => continue,
                Attempt::Held => {}
            }
            if start.elapsed() >= wait.max(GRACE) {
                return Ok(None);
            }
            if let Some(waiting) = waiting.take_if(|_| !wait.is_zero()) {
                waiting();
            }
            sleep(RETRY).await;
        }
    }

    /// Takes a lock without waiting, if it is certain to be free. On file systems without locks, none is.
    pub fn take_free(path: &Path) -> io::Result<Option<Self>> {
        let file = platform::open_private(path)?;
        let is_ours = file.try_lock().is_ok() && platform::is_still(&file, path)?;
        Ok(is_ours.then_some(Self { file, removed: None }))
    }

    /// Makes the release remove the lock file.
    pub fn removing(self, path: &Path) -> Self {
        let mut lock = self;
        lock.removed = Some(path.to_owned());
        lock
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // While the lock is held, so that waiting runs notice. By now the path may lead to the lock file of another run.
        if let Some(path) = &self.removed
            && platform::is_still(&self.file, path).unwrap_or(false)
        {
            let _ = fs::remove_file(path);
        }
    }
}

/// The result of one attempt to take a lock.
enum Attempt {
    Taken(Lock),
    /// The lock file was deleted in the meantime.
    Deleted,
    /// Another process holds the lock.
    Held,
}

fn attempt(path: &Path) -> io::Result<Attempt> {
    let file = platform::open_private(path)?;
    Ok(match (try_lock(&file)?, platform::is_still(&file, path)?) {
        (false, _) => Attempt::Held,
        (true, false) => Attempt::Deleted,
        (true, true) => Attempt::Taken(Lock { file, removed: None }),
    })
}

fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        // On a file system without locks, the operator has to prevent concurrent runs.
        Err(TryLockError::Error(error)) if platform::has_no_locks(&error) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether a run currently holds the lock. Neither creates the lock file nor keeps the lock.
pub(crate) fn is_held(lock: &Path) -> bool {
    if storage::is_url(lock) {
        #[cfg(feature = "cloud")]
        return super::object::is_held(lock);
    }
    platform::open_regular(lock).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn takes_a_deleted_lock_again() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(".c.lock");
        let take = async |wait| Lock::take(&path, wait, &mut Some(|| ())).await;
        let first = take(Duration::ZERO).await.unwrap().unwrap();
        assert!(take(Duration::ZERO).await.unwrap().is_none());
        let (second, ()) = tokio::join!(take(Duration::from_mins(1)), async {
            sleep(RETRY / 2).await;
            fs::remove_file(&path).unwrap();
            drop(first);
        });
        let second = second.unwrap();
        assert!(second.is_some() && is_held(&path));
    }

    #[tokio::test]
    async fn removes_its_own_lock_file_only() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(".c.lock");
        let take = || Lock::take_free(&path).unwrap();
        let first = take().unwrap().removing(&path);
        assert!(take().is_none());
        drop(first);
        assert!(!path.exists());
        let first = take().unwrap().removing(&path);
        fs::remove_file(&path).unwrap();
        let second = take();
        drop(first);
        assert!(second.is_some() && is_held(&path));
    }
}
