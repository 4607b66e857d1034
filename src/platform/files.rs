//! Files on Unix: opening them, and checks of kind, owner, mode, and whether they can be replaced.

use std::fs::{File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;

use super::mount::is_mount;
use super::not_regular::not_regular;

/// How long to wait for the reader of a pipe, which may start at the same time as this process, and how often to retry.
const READER: Duration = Duration::from_secs(1);
const AGAIN: Duration = Duration::from_millis(20);

/// In a directory with this bit, only the owner of a file, or of the directory, may rename or remove it.
const STICKY: u32 = 0o1000;

/// ENOTSUPP is internal to the Linux kernel, but some file systems return it to user space.
const NOT_SUPPORTED: i32 = 524;

/// The device and inode, which identify a file under any name.
#[expect(clippy::unnecessary_wraps, reason = "other systems have no such identity")]
pub(crate) fn identity(metadata: &Metadata) -> Option<(u64, u64)> {
    Some((metadata.dev(), metadata.ino()))
}

/// Whether writes store nothing, as on a terminal or `/dev/null`.
pub(crate) fn is_character_device(metadata: &Metadata) -> bool {
    metadata.file_type().is_char_device()
}

/// Whether two files belong to the same user.
pub(crate) fn have_one_owner(one: &Metadata, other: &Metadata) -> bool {
    one.uid() == other.uid()
}

/// Opens a regular file for writing; creates it with mode 600 if it does not exist. Never blocks, as opening a pipe would.
pub(crate) fn open_private(path: &Path) -> io::Result<File> {
    only_regular(path, OpenOptions::new().write(true).create(true).truncate(false).mode(0o600))
}

/// Opens a regular file for reading. Never blocks, as opening a pipe would.
pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    only_regular(path, OpenOptions::new().read(true))
}

fn only_regular(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    match options.custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path) {
        Ok(file) if file.metadata()?.is_file() => Ok(file),
        Ok(file) if file.metadata()?.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(_) => Err(not_regular(path)),
        // A pipe without a reader, or a socket.
        Err(_) if std::fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) => {
            Err(not_regular(path))
        }
        Err(error) => Err(error),
    }
}

/// Refuses to stream into a disk, or into a socket, which cannot be opened.
pub(crate) fn check_stream(metadata: &Metadata) -> io::Result<()> {
    let refused = |what: &'static str| Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    match metadata.file_type() {
        kind if kind.is_block_device() => refused("it is a block device"),
        kind if kind.is_socket() => refused("it is a socket"),
        _ => Ok(()),
    }
}

/// Opens a pipe or a device for writing. If a pipe has no reader after a second, that is an error; it does not block.
pub(crate) fn open_stream(path: &Path) -> io::Result<File> {
    let start = Instant::now();
    let file = loop {
        let opened = OpenOptions::new().append(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path);
        match opened {
            Err(error) if Errno::from_io_error(&error) == Some(Errno::NXIO) => {
                if start.elapsed() >= READER {
                    return Err(io::Error::new(io::ErrorKind::NotConnected, "nothing reads from it"));
                }
                std::thread::sleep(AGAIN);
            }
            opened => break opened?,
        }
    };
    fcntl_setfl(&file, fcntl_getfl(&file)? - OFlags::NONBLOCK)?;
    Ok(file)
}

/// Refuses a file or directory that a rename could not replace. A missing one can be created.
pub(crate) fn check_replaceable(path: &Path) -> io::Result<()> {
    let metadata = match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        metadata => metadata?,
    };
    if is_mount(path) {
        return Err(io::Error::new(io::ErrorKind::ResourceBusy, "it is a mount point"));
    }
    check_sticky(path, &metadata)?;
    if metadata.is_dir() { Ok(()) } else { check_removable(path) }
}

/// Root is usually exempt; where it is not, `check_removable` finds out.
fn check_sticky(path: &Path, metadata: &Metadata) -> io::Result<()> {
    let within = path.parent().filter(|within| !within.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let within = std::fs::metadata(within)?;
    let user = rustix::process::geteuid();
    let is_others = within.mode() & STICKY != 0 && [&within, metadata].iter().all(|of| of.uid() != user.as_raw());
    if is_others && !user.is_root() { Err(Errno::PERM.into()) } else { Ok(()) }
}

/// Tests whether a file may be removed, by calling `rmdir` on it. Linux checks sticky directories and immutable files before
/// it notices that the call is wrong for a file. A seccomp sandbox may forbid this call but allow renames.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn check_removable(path: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, unlinkat};
    match unlinkat(CWD, path, AtFlags::REMOVEDIR) {
        Err(error @ (Errno::PERM | Errno::ROFS)) => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn check_removable(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Refuses a directory in which files cannot be created (`chattr +i`), or cannot be renamed or removed (`chattr +a`).
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn check_renames(directory: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
    let forbidden = StatxAttributes::APPEND | StatxAttributes::IMMUTABLE;
    match statx(CWD, directory, AtFlags::empty(), StatxFlags::empty()) {
        Ok(found) if found.stx_attributes.intersects(forbidden) => Err(Errno::PERM.into()),
        _ => Ok(()),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn check_renames(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Whether locking failed because the file system has no locks: NFS without its lock daemon returns `ENOLCK`.
pub(crate) fn has_no_locks(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Unsupported
        || [Some(Errno::NOLCK.raw_os_error()), Some(NOT_SUPPORTED)].contains(&error.raw_os_error())
}

/// Sets the mode of a new file again, and returns whether the file then has it: some file systems accept a mode and
/// ignore it.
pub(crate) fn keeps_modes(file: &File) -> io::Result<bool> {
    set_mode(file, 0o600)?;
    Ok(file.metadata()?.mode() & 0o777 == 0o600)
}

/// Sets the permission bits of a file.
pub(crate) fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(mode & 0o7777))
}
