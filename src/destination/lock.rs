//! The lock of a target: `.{file name}.lock` beside it, held for as long as a run may write there.
//!
//! The system frees it when its holder ends, however that comes about. The file stays, but for those of partitions, of
//! which there is one a night: a run that finds that it holds a deleted one, which would keep nobody out, takes the lock
//! anew.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::blocking;
use crate::platform;

/// How often a lock that is waited for is tried.
const AGAIN: Duration = Duration::from_millis(100);

/// Whoever cleans up or only asks has a lock for less than this, and nobody is refused for that.
const GRACE: Duration = Duration::from_millis(300);

/// A held lock; dropping it frees it.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    /// Where its file is, if it goes with the lock.
    passing: Option<PathBuf>,
}

impl Lock {
    /// Takes the lock, or waits for up to `wait`; none when somebody else still has it. `waiting` is
    /// called once, when it turns out that waiting is needed.
    pub async fn take(path: &Path, wait: Duration, waiting: impl FnOnce()) -> io::Result<Option<Self>> {
        let start = Instant::now();
        let mut waiting = Some(waiting);
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
            sleep(AGAIN).await;
        }
    }

    /// Takes a lock at once, where nobody has it for sure: not where the system keeps no locks.
    pub fn take_free(path: &Path) -> io::Result<Option<Self>> {
        let file = platform::open_private(path)?;
        let is_ours = file.try_lock().is_ok() && platform::is_still(&file, path)?;
        Ok(is_ours.then_some(Self { file, passing: None }))
    }

    /// Lets the lock's file go with it.
    pub fn passing(self, path: &Path) -> Self {
        let mut lock = self;
        lock.passing = Some(path.to_owned());
        lock
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // While it is held, so that whoever waits for it sees that it is gone. Another's may stand there already.
        if let Some(path) = &self.passing
            && platform::is_still(&self.file, path).unwrap_or(false)
        {
            let _ = fs::remove_file(path);
        }
    }
}

/// What came of trying to take a lock once.
enum Attempt {
    Taken(Lock),
    /// Its file was deleted meanwhile.
    Deleted,
    /// Somebody else has it.
    Held,
}

fn attempt(path: &Path) -> io::Result<Attempt> {
    let file = platform::open_private(path)?;
    Ok(match (try_lock(&file)?, platform::is_still(&file, path)?) {
        (false, _) => Attempt::Held,
        (true, false) => Attempt::Deleted,
        (true, true) => Attempt::Taken(Lock { file, passing: None }),
    })
}

fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        // A file system without locks: one run at a time is then the operator's to keep.
        Err(TryLockError::Error(error)) if platform::has_no_locks(&error) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether a run holds the lock at this moment. Makes nothing and takes nothing for longer than the question.
pub(crate) fn is_held(lock: &Path) -> bool {
    platform::open_regular(lock).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_lock_that_was_deleted_is_taken_anew() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(".c.lock");
        let take = |wait| Lock::take(&path, wait, || ());
        let first = take(Duration::ZERO).await.unwrap().unwrap();
        assert!(take(Duration::ZERO).await.unwrap().is_none());
        let (second, ()) = tokio::join!(take(Duration::from_mins(1)), async {
            sleep(AGAIN / 2).await;
            fs::remove_file(&path).unwrap();
            drop(first);
        });
        let second = second.unwrap();
        assert!(second.is_some() && is_held(&path));
    }

    #[tokio::test]
    async fn a_lock_that_passes_takes_its_own_file_with_it_and_no_other() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(".c.lock");
        let take = || Lock::take_free(&path).unwrap();
        let first = take().unwrap().passing(&path);
        assert!(take().is_none());
        drop(first);
        assert!(!path.exists());
        let first = take().unwrap().passing(&path);
        fs::remove_file(&path).unwrap();
        let second = take();
        drop(first);
        assert!(second.is_some() && is_held(&path));
    }
}
