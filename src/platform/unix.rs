//! Modes, groups and directories on Unix.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

pub(crate) use super::files::{
    check_renames, check_replaceable, check_stream, has_no_locks, have_one_owner, identity, is_character_device,
    keeps_modes, open_private, open_regular, open_stream, set_mode,
};
pub(crate) use super::mount::is_mount;

/// The bits for reading, writing and searching. The others (set-user-ID and the like) grant rights to whoever runs a file.
const ACCESS: u32 = 0o777;
/// The rights of the group.
const GROUP: u32 = 0o070;
/// Files in a directory with this bit inherit its group.
const SET_GROUP: u32 = 0o2000;

/// Gives a file the group and the mode of another, because the readers of that file rely on them. If the process is not
/// in the group, the group's rights are dropped instead of being given to another group.
pub(crate) fn take_after(file: &File, earlier: &Metadata) -> io::Result<()> {
    set_mode(file, mode_after(file, earlier)?)
}

fn mode_after(file: &File, earlier: &Metadata) -> io::Result<u32> {
    let _ = std::os::unix::fs::fchown(file, None, Some(earlier.gid()));
    let is_of_group = file.metadata()?.gid() == earlier.gid();
    Ok(earlier.mode() & ACCESS & if is_of_group { ACCESS } else { !GROUP })
}

/// Gives a directory the mode that matches files of mode `files`: whoever can read them can also list and open them. The
/// owner can do everything, because the next run has to replace the directory.
pub(crate) fn set_directory_mode(directory: &Path, files: u32) -> io::Result<()> {
    let directory = File::open(directory)?;
    let inherited = directory.metadata()?.mode() & SET_GROUP;
    set_mode(&directory, files | (files & 0o444) >> 2 | 0o700 | inherited)
}

/// Gives a directory the group and the mode of another. The owner can always write in it and remove it.
pub(crate) fn directory_takes_after(directory: &Path, earlier: &Metadata) -> io::Result<()> {
    let directory = File::open(directory)?;
    let mode = mode_after(&directory, earlier)?;
    set_mode(&directory, mode | 0o700)
}

/// Swaps two directories atomically. The error is `Unsupported` or `InvalidInput` if the system or file system cannot.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
pub(crate) fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub(crate) fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Whether this process may create and remove entries of a directory, and may move it.
pub(crate) fn is_writable(directory: &Path) -> bool {
    use rustix::fs::{Access, AtFlags, CWD, accessat};
    use rustix::io::Errno;
    let access = accessat(CWD, directory, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS);
    // Other errors mean that the system cannot answer.
    !matches!(access, Err(Errno::ACCESS | Errno::PERM | Errno::ROFS))
}

/// The free space for this process on the file system of a directory, in bytes.
pub(crate) fn free_space(directory: &Path) -> io::Result<u64> {
    let found = rustix::fs::statvfs(directory)?;
    Ok(found.f_frsize.saturating_mul(found.f_bavail))
}

/// Whether two directories are on one file system, so that files can be renamed from one into the other.
pub(crate) fn is_same_file_system(one: &Path, other: &Path) -> io::Result<bool> {
    Ok(std::fs::metadata(one)?.dev() == std::fs::metadata(other)?.dev())
}

/// Whether a path still leads to this open file.
pub(crate) fn is_still(file: &File, path: &Path) -> io::Result<bool> {
    let ours = file.metadata()?;
    match std::fs::metadata(path) {
        Ok(there) => Ok(identity(&there) == identity(&ours)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The mode of a file if others than its owner can read it.
#[cfg(feature = "cli")]
#[must_use]
pub fn mode_open_to_others(metadata: &Metadata) -> Option<u32> {
    let mode = metadata.mode() & 0o7777;
    (metadata.is_file() && mode & 0o044 != 0).then_some(mode)
}

/// Why the settings in a file must not be trusted, if others than its owner can write it, or if that is a third user.
#[cfg(feature = "cli")]
#[must_use]
pub fn distrust(metadata: &Metadata) -> Option<&'static str> {
    let owner = metadata.uid();
    if metadata.mode() & 0o002 != 0 {
        Some("everybody can write to it; use chmod o-w")
    } else if owner != 0 && owner != rustix::process::geteuid().as_raw() {
        Some("it belongs to another user, who could send the token to another server")
    } else {
        None
    }
}

/// Puts the entries of a directory on disk, so that a renamed file keeps its new name after a crash.
pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
    match File::open(directory)?.sync_all() {
        // Some file systems, network mounts above all, can sync files but not directories.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        synced => synced,
    }
}
