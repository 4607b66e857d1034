//! Locks whose holders cannot leave the value half-changed.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The value behind `mutex`: with holders like these, a panic elsewhere is no reason to stop.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
