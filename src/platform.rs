//! What differs from one operating system to the next, and nothing else does: modes, groups, folders
//! that are synced or swapped, signals, the process itself.
//!
//! Everything above asks here, in the same words everywhere. Unix has its own; any other system gets
//! the plain fallback, which tests build on Unix too, so that it stays whole.

#[cfg(unix)]
mod files;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod mount;
mod process;
#[cfg(feature = "cli")]
mod signals;

#[cfg(not(unix))]
use plain as system;
#[cfg(unix)]
use unix as system;

#[cfg(feature = "cli")]
pub use process::forbid_core_dumps;
pub(crate) use process::was_closed;
#[cfg(feature = "cli")]
pub use signals::{StopSignal, StopSignals, outlive_file_size_limits};
#[cfg(feature = "cli")]
pub use system::mode_open_to_others;
pub(crate) use system::{
    check_renames, check_replaceable, check_straight, exchange, folder_takes_after, has_no_locks, have_one_owner,
    identity, is_character_device, is_mount, is_same_file_system, is_still, is_writable, keeps_modes, open_private,
    open_regular, open_straight, set_folder_mode, set_mode, sync_folder, take_after,
};

/// What tells a file from all others: its device and its number there.
pub(crate) type Identity = (u64, u64);

/// What is said of anything but a regular file, where one must be.
pub(crate) fn not_regular(path: &std::path::Path) -> String {
    format!("{} is not a regular file", path.display())
}

#[cfg(unix)]
mod unix {
    use std::fs::{File, Metadata, Permissions};
    use std::io;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::path::Path;

    pub(crate) use super::files::{
        check_renames, check_replaceable, check_straight, has_no_locks, have_one_owner, identity, is_character_device,
        keeps_modes, open_private, open_regular, open_straight,
    };

    /// Permission bits, without those that say what a file is.
    const BITS: u32 = 0o7777;
    /// Those that say who may read, write and search; the others give rights to whoever runs a file.
    const ACCESS: u32 = 0o777;
    /// The rights of the group.
    const GROUP: u32 = 0o070;
    /// In a folder with this bit, files get the group of the folder.
    const SET_GROUP: u32 = 0o2000;

    /// Gives a file these permission bits.
    pub(crate) fn set_mode(file: &File, mode: u32) -> io::Result<()> {
        file.set_permissions(Permissions::from_mode(mode & BITS))
    }

    /// Gives a file the group and the mode of another, as whoever reads that one relies on them.
    /// A group the process is not in cannot be given; the rights of that group are then given to no other.
    pub(crate) fn take_after(file: &File, earlier: &Metadata) -> io::Result<()> {
        set_mode(file, mode_after(file, earlier)?)
    }

    fn mode_after(file: &File, earlier: &Metadata) -> io::Result<u32> {
        let _ = std::os::unix::fs::fchown(file, None, Some(earlier.gid()));
        let is_of_group = file.metadata()?.gid() == earlier.gid();
        Ok(earlier.mode() & ACCESS & if is_of_group { ACCESS } else { !GROUP })
    }

    /// Gives a folder the mode that belongs to files of this one: whoever can read them can find them. Its owner can do
    /// everything, for the next run has to replace it.
    pub(crate) fn set_folder_mode(folder: &Path, files: u32) -> io::Result<()> {
        let folder = File::open(folder)?;
        let inherited = folder.metadata()?.mode() & SET_GROUP;
        set_mode(&folder, files | (files & 0o444) >> 2 | 0o700 | inherited)
    }

    /// Gives a folder the group and the mode of another.
    pub(crate) fn folder_takes_after(folder: &Path, earlier: &Metadata) -> io::Result<()> {
        let folder = File::open(folder)?;
        let mode = mode_after(&folder, earlier)?;
        // Its owner can always write in it, and remove it.
        set_mode(&folder, mode | 0o700)
    }

    /// Swaps two folders in one step. The error is `Unsupported` or `InvalidInput` where system or file system cannot.
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    pub(crate) fn exchange(one: &Path, other: &Path) -> io::Result<()> {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
    }

    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    pub(crate) fn exchange(_: &Path, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Whether something is mounted at this file or folder, which then cannot be renamed.
    pub(crate) fn is_mount(path: &Path) -> bool {
        let device = |path: &Path| std::fs::metadata(path).map(|metadata| metadata.dev());
        let is_of_another = match (device(path), device(&path.join(".."))) {
            (Ok(device), Ok(above)) => device != above,
            _ => false,
        };
        is_of_another || is_mount_of_the_same(path)
    }

    /// A file or a folder can be mounted elsewhere on its own file system, as containers do.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn is_mount_of_the_same(path: &Path) -> bool {
        use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
        match statx(CWD, path, AtFlags::empty(), StatxFlags::empty()) {
            Ok(found) if found.stx_attributes_mask.contains(StatxAttributes::MOUNT_ROOT) => {
                found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT)
            }
            _ => super::mount::lists(path),
        }
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn is_mount_of_the_same(_: &Path) -> bool {
        false
    }

    /// Whether this process may change what is in a folder, and may move it elsewhere.
    pub(crate) fn is_writable(folder: &Path) -> bool {
        use rustix::fs::{Access, AtFlags, CWD, accessat};
        use rustix::io::Errno;
        let asked = accessat(CWD, folder, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS);
        // Some systems cannot be asked.
        !matches!(asked, Err(Errno::ACCESS | Errno::PERM | Errno::ROFS))
    }

    /// Whether two folders are on one file system, so that files can be renamed from one into the other.
    pub(crate) fn is_same_file_system(one: &Path, other: &Path) -> io::Result<bool> {
        Ok(std::fs::metadata(one)?.dev() == std::fs::metadata(other)?.dev())
    }

    /// Whether an open file still stands at this path.
    pub(crate) fn is_still(file: &File, path: &Path) -> io::Result<bool> {
        let ours = file.metadata()?;
        match std::fs::metadata(path) {
            Ok(there) => Ok((there.dev(), there.ino()) == (ours.dev(), ours.ino())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
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
            // Some file systems, network mount above all, sync files and no folders.
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
            synced => synced,
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

    pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
        let file = File::open(path)?;
        if file.metadata()?.is_file() {
            Ok(file)
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidInput, super::not_regular(path)))
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
    pub(crate) fn set_mode(_: &File, _: u32) -> io::Result<()> {
        Ok(())
    }

    #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
    pub(crate) fn keeps_modes(_: &File) -> io::Result<bool> {
        Ok(true)
    }

    pub(crate) fn identity(_: &Metadata) -> Option<super::Identity> {
        None
    }

    pub(crate) fn is_character_device(_: &Metadata) -> bool {
        false
    }

    pub(crate) fn have_one_owner(_: &Metadata, _: &Metadata) -> bool {
        true
    }

    #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
    pub(crate) fn check_straight(_: &Metadata) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn open_straight(path: &Path) -> io::Result<File> {
        OpenOptions::new().append(true).open(path)
    }

    /// What may not be replaced is then found only when it is to be.
    #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
    pub(crate) fn check_replaceable(_: &Path) -> io::Result<()> {
        Ok(())
    }

    /// What may not be renamed is then found only when it is to be.
    #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
    pub(crate) fn check_renames(_: &Path) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn has_no_locks(error: &io::Error) -> bool {
        error.kind() == io::ErrorKind::Unsupported
    }

    pub(crate) fn take_after(file: &File, earlier: &Metadata) -> io::Result<()> {
        file.set_permissions(earlier.permissions())
    }

    #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
    pub(crate) fn set_folder_mode(_: &Path, _: u32) -> io::Result<()> {
        Ok(())
    }

    #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
    pub(crate) fn folder_takes_after(_: &Path, _: &Metadata) -> io::Result<()> {
        Ok(())
    }

    /// Two renames take its place.
    pub(crate) fn exchange(_: &Path, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// What cannot be renamed is then found only when it is to be.
    pub(crate) fn is_mount(_: &Path) -> bool {
        false
    }

    /// What may not be moved is then found only when it is to be.
    pub(crate) fn is_writable(_: &Path) -> bool {
        true
    }

    /// What cannot be renamed is then found only when it is to be.
    #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
    pub(crate) fn is_same_file_system(_: &Path, _: &Path) -> io::Result<bool> {
        Ok(true)
    }

    /// An open file cannot be removed.
    #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
    pub(crate) fn is_still(_: &File, _: &Path) -> io::Result<bool> {
        Ok(true)
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
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
