//! The steps that publish a file together with its owners and its manifest, and the recovery from a crash between them.
//!
//! ```text
//! temporary files on disk ─► owners staged ─► manifest staged ─► file renamed ─► owners renamed ─► manifest renamed
//!              a crash here: the old files │    the old files │ the new file, with staged owners and manifest, which
//!                                          │                  │ the next run renames
//! ```
//!
//! If the previous manifest lists owners that the new one does not, they are removed before the new manifest is renamed, so
//! that nobody joins them with the new contacts.
//!
//! A staged manifest that does not describe the file belongs to a run that never published, and is removed. So are staged
//! owners without a manifest.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::atomic::{self, Mode, TemporaryFile};
use crate::manifest::{self, Listing};
use crate::naming::FileNames;
use crate::storage;

/// Renames settled owners to their staged name.
pub(super) fn stage_owners(names: &FileNames, owners: TemporaryFile) -> io::Result<()> {
    owners.publish_as(&names.owners_staged)
}

/// Puts the manifest on disk under its staged name. Its readers are those of the file.
pub(super) fn stage_manifest(names: &FileNames, mode: Option<u32>, manifest: &[u8]) -> io::Result<()> {
    let mode = Mode::or_like(mode, Some(&names.target));
    atomic::write_as(&names.manifest, &names.manifest_staged, manifest, mode)
}

/// Renames staged owners, if any, and then the staged manifest.
pub(super) fn finish(names: &FileNames, owners: Option<&Path>) -> io::Result<()> {
    if let Some(owners) = owners {
        atomic::rename(&names.owners_staged, owners)?;
    }
    atomic::rename(&names.manifest_staged, &names.manifest)
}

/// The owners of the previous export, if they are unchanged since. A manifest that was copied from another target does not
/// count: it names that target's file, and the owners are that target's.
pub(super) fn former_owners(names: &FileNames) -> Option<PathBuf> {
    let known = Listing::read(&manifest::read_file(&names.manifest).ok()?).ok()?;
    let name = known.file.as_ref()?.name.as_deref().map(OsStr::new);
    let is_of_this = name == names.target.file_name() || name == Some(&names.called);
    let file = known.owners_file().filter(|_| is_of_this)?;
    let path = names.owners_path(file.name.as_deref()?)?;
    file.is(&path).then_some(path)
}

/// Removes the owners of the previous export unless the new ones replace them. Failing to do so does not keep the new
/// manifest from being published.
pub(super) fn remove_former_owners(names: &FileNames, owners: Option<&Path>) {
    if let Some(former) = former_owners(names)
        && owners != Some(&former)
    {
        let _ = fs::remove_file(former);
    }
}

/// Cleans up after a run that was stopped while it published. Returns whether that run's file had been published, and now
/// has its manifest.
pub(super) fn recover(names: &FileNames) -> io::Result<bool> {
    let staged = match manifest::read_file(&names.manifest_staged) {
        Ok(staged) => Some(staged),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if let Some(Described { owners, are_staged }) = staged.and_then(|staged| described(&staged, names)) {
        remove_former_owners(names, owners.as_deref());
        finish(names, owners.as_deref().filter(|_| are_staged))?;
        return Ok(true);
    }
    for staged in [&names.owners_staged, &names.manifest_staged] {
        match fs::remove_file(staged) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(false)
}

/// Whether a run was stopped after the file was renamed, so that only renames are missing, which the next run does.
pub(crate) fn is_interrupted(names: &FileNames) -> bool {
    if storage::is_url(&names.target) {
        return storage::is_file(&names.pending);
    }
    manifest::read_file(&names.manifest_staged).is_ok_and(|staged| described(&staged, names).is_some())
}

/// The owners of a staged manifest.
struct Described {
    /// Their final path.
    owners: Option<PathBuf>,
    /// Whether they are still staged.
    are_staged: bool,
}

/// The owners that a staged manifest lists, if it describes the files on disk.
fn described(staged: &[u8], names: &FileNames) -> Option<Described> {
    let known = Listing::read(staged).ok()?;
    if !known.file.as_ref()?.is(&names.target) {
        return None;
    }
    let Some(owners) = known.owners_file() else {
        return Some(Described { owners: None, are_staged: false });
    };
    let path = names.owners_path(owners.name.as_deref()?)?;
    let are_staged = owners.is(&names.owners_staged);
    (are_staged || owners.is(&path)).then_some(Described { owners: Some(path), are_staged })
}
