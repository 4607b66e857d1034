//! Hints for file system errors, by their cause.

use std::io::{self, ErrorKind};

/// `EPERM` on Unix: the file's permissions allow the operation, but something else forbids it.
const NOT_PERMITTED: i32 = 1;

/// The hint for a cause, if there is a specific one.
pub fn hint(error: &io::Error) -> Option<&'static str> {
    Some(match error.kind() {
        ErrorKind::StorageFull => "free some disk space or inodes (df -h, df -i), or write to another disk",
        ErrorKind::QuotaExceeded => "free some space, or have the disk quota raised",
        ErrorKind::FileTooLarge => {
            "raise the file size limit (ulimit -f, or LimitFSIZE in a systemd unit), or write smaller part files: \
             -o DIR/ --rows-per-file N"
        }
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only: write to another one, or mount it read-write",
        ErrorKind::ResourceBusy => {
            "a mounted file cannot be replaced: mount its directory instead, and name a file in it"
        }
        ErrorKind::NotFound => "create the parent directory first, or choose another path",
        ErrorKind::IsADirectory => "name a file in that directory",
        ErrorKind::InvalidInput => "name a file, a pipe or a character device",
        ErrorKind::AlreadyExists => "move it away, or choose another name",
        ErrorKind::NotConnected => "start the pipe's reader before the run",
        ErrorKind::InvalidFilename => "choose a shorter name: temporary files have names up to 29 bytes longer",
        ErrorKind::PermissionDenied if error.raw_os_error() == Some(NOT_PERMITTED) && cfg!(unix) => {
            "a file of another user in a sticky directory, or with the attribute i or a (see lsattr), cannot be replaced: \
             remove it, or choose another name"
        }
        ErrorKind::PermissionDenied => "make the directory writable for this user, or choose another one",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #[cfg(target_os = "linux")]
    #[test]
    fn each_cause_has_its_own_hint() {
        use super::*;

        let of = |number| hint(&io::Error::from_raw_os_error(number));
        for (number, says) in [
            (1, "sticky"),
            (2, "create the parent directory"),
            (13, "writable"),
            (16, "mount its directory"),
            (21, "name a file in"),
            (27, "ulimit -f"),
            (28, "free some disk space"),
            (30, "read-only"),
            (36, "shorter name"),
            (122, "quota"),
        ] {
            let hint = of(number).unwrap();
            assert!(hint.contains(says), "{number}: {hint}");
            assert_eq!(hint.contains("disk space"), number == 28, "{hint}");
        }
        assert_eq!(of(5), None);
    }
}
