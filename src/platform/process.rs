//! The process itself: core dumps, and standard streams that were closed at its start.

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

    /// Disables core dumps, which would contain the token. Does nothing if the system refuses.
    ///
    /// The process stays "dumpable" in the Linux sense: otherwise root would own `/proc/self`, and the process could not
    /// open `/dev/stdout`.
    #[cfg(feature = "cli")]
    pub fn forbid_core_dumps() {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        // Linux ignores a limit of 0 when it pipes core dumps to a handler; 1 byte prevents both kinds, see core(5) and
        // fs/coredump.c.
        let least = u64::from(cfg!(any(target_os = "linux", target_os = "android")));
        let most = getrlimit(Resource::Core).maximum.map_or(least, |most| most.min(least));
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(most), maximum: Some(most) });
    }

    /// Whether the process was started with one of its standard streams closed.
    ///
    /// Rust's runtime replaces a closed stream with `/dev/null`, opened for reading and writing, whereas a shell opens it for
    /// writing only. A parent that passes `/dev/null` opened for both, such as Python's `DEVNULL`, looks like a closed stream.
    pub(crate) fn was_closed(stream: impl AsFd) -> bool {
        let stream = stream.as_fd();
        let is_null = || {
            let ours = rustix::fs::fstat(stream).ok()?;
            let null = rustix::fs::stat("/dev/null").ok()?;
            Some((ours.st_dev, ours.st_ino) == (null.st_dev, null.st_ino))
        };
        match rustix::fs::fcntl_getfl(stream) {
            Ok(flags) => flags.contains(OFlags::RDWR) && is_null().unwrap_or(false),
            // Closed and not replaced.
            Err(_) => true,
        }
    }
}

#[cfg(any(not(unix), test))]
#[cfg_attr(unix, allow(dead_code, reason = "built on Unix only to see that it builds"))]
mod plain {
    #[cfg(feature = "cli")]
    pub fn forbid_core_dumps() {}

    /// Writing to a closed stream fails here.
    pub(crate) fn was_closed<S>(_: S) -> bool {
        false
    }
}
