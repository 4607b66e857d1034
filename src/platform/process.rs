//! The process itself: what it leaves when it crashes, and the standard output it was started with.

#[cfg(not(unix))]
use plain as system;
#[cfg(unix)]
use unix as system;

#[cfg(feature = "cli")]
pub use system::forbid_core_dumps;
pub(crate) use system::was_closed;

#[cfg(unix)]
mod unix {
    use std::os::fd::AsFd;

    use rustix::fs::OFlags;

    /// Keeps the memory of the process, and so the token, out of core dumps. Where the system refuses, nothing changes.
    ///
    /// The process stays "dumpable" in the sense of Linux: otherwise root would own `/proc/self`, and nobody else could
    /// write to `/dev/stdout`.
    #[cfg(feature = "cli")]
    pub fn forbid_core_dumps() {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        // Linux does not apply a limit of 0 to a handler that it pipes core dumps to; 1 byte stops both kinds, see core(5)
        // and fs/coredump.c.
        let least = u64::from(cfg!(any(target_os = "linux", target_os = "android")));
        let most = getrlimit(Resource::Core).maximum.map_or(least, |most| most.min(least));
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(most), maximum: Some(most) });
    }

    /// Whether the process was started with one of its standard streams closed.
    ///
    /// Rust's runtime opens `/dev/null` in its place, for reading and writing. A shell opens `/dev/null` only for writing.
    /// Programs that pass on one opened for both, as Python's `DEVNULL` is, cannot be told from a closed one.
    pub(crate) fn was_closed(stream: impl AsFd) -> bool {
        let stream = stream.as_fd();
        let is_null = || {
            let ours = rustix::fs::fstat(stream).ok()?;
            let null = rustix::fs::stat("/dev/null").ok()?;
            Some((ours.st_dev, ours.st_ino) == (null.st_dev, null.st_ino))
        };
        match rustix::fs::fcntl_getfl(stream) {
            Ok(flags) => flags.contains(OFlags::RDWR) && is_null().unwrap_or(false),
            // Closed, and nothing took its place.
            Err(_) => true,
        }
    }
}

#[cfg(any(not(unix), test))]
#[cfg_attr(unix, allow(dead_code, reason = "built on Unix only to see that it builds"))]
mod plain {
    #[cfg(feature = "cli")]
    pub fn forbid_core_dumps() {}

    /// Writing to it fails there.
    pub(crate) fn was_closed<S>(_: S) -> bool {
        false
    }
}
