//! Whether a path is a mount point.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Whether a file system is mounted at this file or directory, which then cannot be renamed.
pub(crate) fn is_mount(path: &Path) -> bool {
    let device = |path: &Path| std::fs::metadata(path).map(|metadata| metadata.dev());
    let is_of_another = match (device(path), device(&path.join(".."))) {
        (Ok(device), Ok(above)) => device != above,
        _ => false,
    };
    is_of_another || is_bind_mount(path)
}

/// Whether a file or directory of the same file system is mounted there, as containers do.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_bind_mount(path: &Path) -> bool {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
    match statx(CWD, path, AtFlags::empty(), StatxFlags::empty()) {
        Ok(found) if found.stx_attributes_mask.contains(StatxAttributes::MOUNT_ROOT) => {
            found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT)
        }
        _ => super::mountinfo::lists(path),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn is_bind_mount(_: &Path) -> bool {
    false
}
