//! Mount points listed in `/proc/self/mountinfo`, for kernels before 5.8, where `statx` does not report them.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

/// Whether the path is listed as a mount point.
pub(super) fn lists(path: &Path) -> bool {
    let Ok(path) = std::fs::canonicalize(path) else { return false };
    std::fs::read("/proc/self/mountinfo").is_ok_and(|mounts| is_listed(&mounts, &path))
}

/// The fifth field of each line is the mount point.
fn is_listed(mounts: &[u8], path: &Path) -> bool {
    let point = |line: &[u8]| line.split(|byte| *byte == b' ').nth(4).map(|field| OsString::from_vec(unescaped(field)));
    mounts.split(|byte| *byte == b'\n').any(|line| point(line).is_some_and(|point| point == path))
}

/// Spaces and other special characters are escaped as `\040`.
fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, after)) = rest.split_first() {
        let octal = (*first == b'\\').then(|| after.get(..3)).flatten();
        let octal = octal.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        bytes.push(octal.unwrap_or(*first));
        rest = if octal.is_some() { &after[3..] } else { after };
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mount_points_are_read_with_their_escapes() {
        let mounts = b"36 35 98:0 /mnt1 /mnt/a\\040b\\134 rw,noatime master:1 - ext3 /dev/root rw\n\
                       37 35 98:0 / /out/c.parquet rw - ext4 /dev/sda rw\n";
        for (path, is_mounted) in [("/mnt/a b\\", true), ("/out/c.parquet", true), ("/out", false), ("/mnt1", false)] {
            assert_eq!(is_listed(mounts, Path::new(path)), is_mounted, "{path}");
        }
        assert!(lists(Path::new("/proc")) && !lists(Path::new("/proc/self")));
    }
}
