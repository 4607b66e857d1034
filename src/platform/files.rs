//! Files on Unix: what they are, and whose they are.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::io::Errno;

/// ENOTSUPP, which the kernel keeps for itself and some file systems let out all the same.
const NOT_SUPPORTED: i32 = 524;

/// Whether two files are of one user.
pub(crate) fn have_one_owner(one: &Metadata, other: &Metadata) -> bool {
    one.uid() == other.uid()
}

/// Reads a regular file. Anything else is refused: a pipe could block for ever, and a device may have no end.
pub(crate) fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    let regular = |metadata: &Metadata| match metadata.file_type() {
        kind if kind.is_file() => Ok(()),
        kind if kind.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")),
    };
    regular(&std::fs::metadata(path)?)?;
    let mut file = OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path)?;
    regular(&file.metadata()?)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
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
