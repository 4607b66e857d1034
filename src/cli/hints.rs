//! What to do about an error of the file system, by its cause.

use std::io::{self, ErrorKind};

/// `EPERM` on Unix: not the rights of the file forbid it, but something else about it.
const NOT_PERMITTED: i32 = 1;

/// The hint for a cause, if it has one of its own.
pub fn of(error: &io::Error) -> Option<&'static str> {
    Some(match error.kind() {
        ErrorKind::StorageFull => {
            "is the disk full? Free some space or inodes (df -h, df -i), or write to another disk"
        }
        ErrorKind::QuotaExceeded => "the disk quota is used up: free some space, or have the quota raised",
        ErrorKind::FileTooLarge => {
            "raise the limit on file sizes (ulimit -f, or LimitFSIZE in a systemd unit), or write a folder of smaller \
             files: -o DIR/ --rows-per-file N"
        }
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only: write to another, or mount it read-write",
        ErrorKind::ResourceBusy => {
            "a file that is a mount point cannot be replaced: mount the directory around it, and name a file in that"
        }
        ErrorKind::NotFound => "create the directory first, or name another",
        ErrorKind::IsADirectory => "name a file in that directory",
        ErrorKind::InvalidInput => "name a file, a pipe, or a device that takes text",
        ErrorKind::AlreadyExists => "move it away, or choose another name for the output",
        ErrorKind::NotConnected => "start the reader of the pipe before the run",
        ErrorKind::InvalidFilename => "choose a shorter name: temporary names beside it are up to 29 bytes longer",
        ErrorKind::PermissionDenied if error.raw_os_error() == Some(NOT_PERMITTED) && cfg!(unix) => {
            "a file of another user in a sticky directory, or one with the attribute i or a (see lsattr), cannot be \
             replaced: remove it, or name another"
        }
        ErrorKind::PermissionDenied => "give this user the right to write in that directory, or name another",
        _ => return None,
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn each_cause_has_its_own_hint_and_only_a_full_disk_is_called_full() {
        let of = |number| of(&io::Error::from_raw_os_error(number));
        for (number, says) in [
            (1, "sticky"),
            (2, "create the directory"),
            (13, "right to write"),
            (16, "mount the directory"),
            (21, "name a file in"),
            (27, "ulimit -f"),
            (28, "is the disk full?"),
            (30, "read-only"),
            (36, "shorter name"),
            (122, "quota"),
        ] {
            let hint = of(number).unwrap();
            assert!(hint.contains(says), "{number}: {hint}");
            assert_eq!(hint.contains("disk full"), number == 28, "{hint}");
        }
        assert_eq!(of(5), None);
    }
}
