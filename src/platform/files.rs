//! Files on Unix: what they are, whose they are, and whether their names can be given to new ones.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;

use super::{Identity, is_mount, not_regular};

/// How long a pipe may wait for a reader that was started together with this process, and how often it is tried.
const READER: Duration = Duration::from_secs(1);
const AGAIN: Duration = Duration::from_millis(20);

/// In a directory with this bit, only the owner of a file, or of the directory, may rename or remove it.
const STICKY: u32 = 0o1000;

/// ENOTSUPP, which the kernel keeps for itself and some file systems let out all the same.
const NOT_SUPPORTED: i32 = 524;

/// What tells a file from all others, whatever it is called.
#[expect(clippy::unnecessary_wraps, reason = "other systems have none")]
pub(crate) fn identity(metadata: &Metadata) -> Option<Identity> {
    Some((metadata.dev(), metadata.ino()))
}

/// Whether writing there adds to nothing and replaces nothing: a terminal, `/dev/null`.
pub(crate) fn is_character_device(metadata: &Metadata) -> bool {
    metadata.file_type().is_char_device()
}

/// Whether two files are of one user.
pub(crate) fn have_one_owner(one: &Metadata, other: &Metadata) -> bool {
    one.uid() == other.uid()
}

/// Opens a regular file for writing, and makes it, for its owner alone, where it is not there. Never waits, as opening a
/// pipe would.
pub(crate) fn open_private(path: &Path) -> io::Result<File> {
    only_regular(path, OpenOptions::new().write(true).create(true).truncate(false).mode(0o600))
}

/// Opens a regular file for reading. Never waits, as opening a pipe would.
pub(crate) fn open_regular(path: &Path) -> io::Result<File> {
    only_regular(path, OpenOptions::new().read(true))
}

fn only_regular(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let refused = || io::Error::new(io::ErrorKind::InvalidInput, not_regular(path));
    match options.custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path) {
        Ok(file) if file.metadata()?.is_file() => Ok(file),
        Ok(file) if file.metadata()?.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(_) => Err(refused()),
        // A pipe that nobody reads, or a socket.
        Err(_) if std::fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) => Err(refused()),
        Err(error) => Err(error),
    }
}

/// Refuses what must not be written straight into: a disk, or a socket, which cannot be opened.
pub(crate) fn check_straight(metadata: &Metadata) -> io::Result<()> {
    let refused = |what: &'static str| Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    match metadata.file_type() {
        kind if kind.is_block_device() => refused("it is a block device"),
        kind if kind.is_socket() => refused("it is a socket"),
        _ => Ok(()),
    }
}

/// Opens what is written straight into. A pipe without a reader is an error after a second, and does not block for ever.
pub(crate) fn open_straight(path: &Path) -> io::Result<File> {
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

/// Refuses a file or directory in whose place no other can be put by a rename. One that is not there can be.
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

/// The superuser may do more, mostly; where not, a file is probed, too.
fn check_sticky(path: &Path, metadata: &Metadata) -> io::Result<()> {
    let within = path.parent().filter(|within| !within.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let within = std::fs::metadata(within)?;
    let user = rustix::process::geteuid();
    let is_others = within.mode() & STICKY != 0 && [&within, metadata].iter().all(|of| of.uid() != user.as_raw());
    if is_others && !user.is_root() { Err(Errno::PERM.into()) } else { Ok(()) }
}

/// Asks whether a file, which is not a directory, may be removed. Linux checks sticky directories and immutable files
/// before it sees that `rmdir` is the wrong call for a file. A sandbox may forbid that call, and allow a rename.
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

/// Refuses a directory that lets no file be made (`chattr +i`), or none be renamed (`chattr +a`): what is made there stays
/// for ever.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) fn check_renames(folder: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
    let forbidden = StatxAttributes::APPEND | StatxAttributes::IMMUTABLE;
    match statx(CWD, folder, AtFlags::empty(), StatxFlags::empty()) {
        Ok(found) if found.stx_attributes.intersects(forbidden) => Err(Errno::PERM.into()),
        _ => Ok(()),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) fn check_renames(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Whether a lock failed because the file system has none: NFS without its lock daemon says `ENOLCK`.
pub(crate) fn has_no_locks(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Unsupported
        || [Some(Errno::NOLCK.raw_os_error()), Some(NOT_SUPPORTED)].contains(&error.raw_os_error())
}

/// Sets the mode that a new file has anyway. False where the file system takes it, and does something else.
pub(crate) fn keeps_modes(file: &File) -> io::Result<bool> {
    super::set_mode(file, 0o600)?;
    Ok(file.metadata()?.mode() & 0o777 == 0o600)
}
