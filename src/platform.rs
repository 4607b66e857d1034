//! What differs from one operating system to the next, and nothing else does: modes, groups, folders
//! that are synced, signals.
//!
//! Everything above asks here, in the same words everywhere. Unix has its own; any other system gets
//! the plain fallback, which tests build on Unix too, so that it stays whole.

#[cfg(not(unix))]
use plain as system;
#[cfg(unix)]
use unix as system;

#[cfg(feature = "cli")]
pub use system::{StopSignals, mode_open_to_others};
pub(crate) use system::{open_private, set_mode, sync_folder, take_after};

/// Which signal asked the program to stop.
#[cfg(feature = "cli")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopSignal {
    /// Ctrl-C, or SIGINT.
    Interrupt,
    /// SIGTERM, where there is one.
    Terminate,
}

#[cfg(unix)]
mod unix {
    use std::fs::{File, Metadata, OpenOptions, Permissions};
    use std::io;
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
    use std::path::Path;

    /// Permission bits, without those that say what a file is.
    const BITS: u32 = 0o7777;

    /// Opens a file for writing, and makes it, for its owner alone, where it is not there.
    pub(crate) fn open_private(path: &Path) -> io::Result<File> {
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)
    }

    /// Gives a file these permission bits.
    pub(crate) fn set_mode(file: &File, mode: u32) -> io::Result<()> {
        file.set_permissions(Permissions::from_mode(mode & BITS))
    }

    /// Gives a file the group and the mode of another, as whoever reads that one relies on them.
    /// A group the process is not in cannot be given; the mode is all the same.
    pub(crate) fn take_after(file: &File, earlier: &Metadata) -> io::Result<()> {
        let _ = std::os::unix::fs::fchown(file, None, Some(earlier.gid()));
        set_mode(file, earlier.mode())
    }

    /// The mode of a file that others than its owner can read; none where only the owner can.
    #[cfg(feature = "cli")]
    #[must_use]
    pub fn mode_open_to_others(metadata: &Metadata) -> Option<u32> {
        Some(metadata.mode() & BITS).filter(|mode| metadata.is_file() && mode & 0o044 != 0)
    }

    /// Puts the names in a folder on disk: a renamed file has its new name only then.
    pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
        match File::open(folder)?.sync_all() {
            // Some file systems, network mounts above all, sync files and no folders.
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
            synced => synced,
        }
    }

    /// The signals that ask a program to stop.
    #[cfg(feature = "cli")]
    #[derive(Debug)]
    pub struct StopSignals {
        interrupt: tokio::signal::unix::Signal,
        terminate: tokio::signal::unix::Signal,
    }

    #[cfg(feature = "cli")]
    impl StopSignals {
        /// Listens from now on.
        ///
        /// # Errors
        /// If the system refuses to hand them over.
        pub fn listen() -> io::Result<Self> {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
        }

        /// Waits for the next one.
        pub async fn next(&mut self) -> super::StopSignal {
            tokio::select! {
                _ = self.interrupt.recv() => super::StopSignal::Interrupt,
                _ = self.terminate.recv() => super::StopSignal::Terminate,
            }
        }
    }
}

#[cfg(any(not(unix), test))]
#[cfg_attr(unix, allow(dead_code, reason = "built on Unix only to see that it builds"))]
mod plain {
    use std::fs::{File, Metadata, OpenOptions};
    use std::io;
    use std::path::Path;

    pub(crate) fn open_private(path: &Path) -> io::Result<File> {
        OpenOptions::new().write(true).create(true).truncate(false).open(path)
    }

    #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
    pub(crate) fn set_mode(_: &File, _: u32) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn take_after(file: &File, earlier: &Metadata) -> io::Result<()> {
        file.set_permissions(earlier.permissions())
    }

    #[cfg(feature = "cli")]
    pub fn mode_open_to_others(_: &Metadata) -> Option<u32> {
        None
    }

    /// A folder cannot be opened everywhere; where it cannot, the system keeps its names by itself.
    #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
    pub(crate) fn sync_folder(_: &Path) -> io::Result<()> {
        Ok(())
    }

    #[cfg(feature = "cli")]
    #[derive(Debug)]
    pub struct StopSignals;

    #[cfg(feature = "cli")]
    impl StopSignals {
        #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
        pub fn listen() -> io::Result<Self> {
            Ok(Self)
        }

        pub async fn next(&mut self) -> super::StopSignal {
            // An error here means that no signal will ever come.
            match tokio::signal::ctrl_c().await {
                Ok(()) => super::StopSignal::Interrupt,
                Err(_) => std::future::pending().await,
            }
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs::File;
    use std::path::Path;

    #[test]
    fn a_folder_that_cannot_be_synced_is_no_failure() {
        let folder = Path::new("/proc/self");
        assert!(File::open(folder).unwrap().sync_all().is_err());
        super::sync_folder(folder).unwrap();
    }
}
