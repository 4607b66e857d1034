//! Everything that differs between operating systems: file modes and groups, syncing and swapping directories, locks,
//! signals, and the process itself.
//!
//! The functions have the same names on every system. Unix has its own implementation; all other systems get the plain
//! fallback, which tests also build on Unix so that it does not rot.

#[cfg(unix)]
mod files;
#[cfg(unix)]
mod mount;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod mountinfo;
mod not_regular;
#[cfg(any(not(unix), test))]
#[cfg_attr(unix, allow(dead_code, reason = "built on Unix only to see that it builds"))]
mod plain;
mod process;
#[cfg(feature = "cli")]
mod signals;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
use plain as system;
#[cfg(unix)]
use unix as system;

pub(crate) use not_regular::not_regular;
#[cfg(feature = "cli")]
pub use process::forbid_core_dumps;
pub(crate) use process::was_closed;
#[cfg(feature = "cli")]
pub use signals::{StopSignal, StopSignals, outlive_file_size_limits};
pub(crate) use system::{
    check_renames, check_replaceable, check_stream, directory_takes_after, exchange, free_space, has_no_locks,
    have_one_owner, identity, is_character_device, is_mount, is_same_file_system, is_still, is_writable, keeps_modes,
    open_private, open_regular, open_stream, set_directory_mode, set_mode, sync_directory, take_after,
};
#[cfg(feature = "cli")]
pub use system::{distrust, mode_open_to_others};

#[cfg(all(test, target_os = "linux"))]
mod tests;
