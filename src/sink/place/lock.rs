//! The lock of a target: `.{file name}.lock` beside it, held for as long as a run may write there.
//!
//! The system frees it when its holder ends, however that comes about. The file stays, but where the folder goes that
//! was made for it: a run that finds that it holds a deleted one, which would keep nobody out, takes the lock anew.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::platform;

/// How often a lock that is waited for is tried.
const AGAIN: Duration = Duration::from_millis(100);

/// A held lock; dropping it frees it.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock, or waits for up to `wait`; none when somebody else still has it. `waiting` is
    /// called once, when it turns out that waiting is needed.
    pub async fn take(path: &Path, wait: Duration, waiting: impl FnOnce()) -> io::Result<Option<Self>> {
        let start = Instant::now();
        let mut waiting = Some(waiting);
        loop {
            let file = platform::open_private(path)?;
            if try_lock(&file)? {
                if platform::is_still(&file, path)? {
                    return Ok(Some(Self { _file: file }));
                }
                continue;
            }
            if start.elapsed() >= wait {
                return Ok(None);
            }
            if let Some(waiting) = waiting.take() {
                waiting();
            }
            sleep(AGAIN).await;
        }
    }
}

fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        // A file system without locks: one run at a time is then the operator's to keep.
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Whether a run holds the lock at this moment. Makes nothing and takes nothing for longer than the question.
pub(crate) fn is_held(lock: &Path) -> bool {
    File::open(lock).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

#[cfg(test)]
mod tests {
    use std::fs;

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
}
