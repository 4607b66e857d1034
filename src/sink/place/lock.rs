//! The lock of a target: `.{file name}.lock` beside it, held for as long as a run may write there.
//!
//! The system frees it when its holder ends, however that comes about. The file is never deleted: a
//! run that held a deleted one would keep nobody out.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::names::Names;
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
    pub async fn take(names: &Names, wait: Duration, waiting: impl FnOnce()) -> io::Result<Option<Self>> {
        let file = platform::open_private(&names.lock)?;
        let start = Instant::now();
        let mut waiting = Some(waiting);
        while !try_lock(&file)? {
            if start.elapsed() >= wait {
                return Ok(None);
            }
            if let Some(waiting) = waiting.take() {
                waiting();
            }
            sleep(AGAIN).await;
        }
        Ok(Some(Self { _file: file }))
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
