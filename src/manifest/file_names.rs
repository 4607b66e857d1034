//! Checks the names of the files in a manifest.

use std::path::{Component, Path, PathBuf};

use super::record::FileRecord;
use crate::text::sanitize::escape;

/// Files have names that do not lead out of the manifest's directory; only owners in a directory of part files have a
/// subdirectory.
pub(super) fn names<'f>(
    files: impl Iterator<Item = &'f FileRecord>,
    owners: Option<&'f FileRecord>,
    is_directory: bool,
) -> Result<(), String> {
    let plain = |name: &str, levels: usize| {
        let mut components = Path::new(name).components();
        let is_plain = |component: Component<'_>| matches!(component, Component::Normal(_));
        let normal: PathBuf = components.clone().collect();
        normal.as_os_str() == name
            && components.clone().count() <= levels
            && components.all(is_plain)
            && !name.is_empty()
    };
    let most = if is_directory { 2 } else { 1 };
    let files = files.map(|file| (file, 1)).chain(owners.map(|file| (file, most)));
    for (file, levels) in files {
        if let Some(name) = file.name.as_deref().filter(|name| !plain(name, levels)) {
            return Err(format!("\"{}\" is not a file name", escape(name)));
        }
    }
    Ok(())
}
