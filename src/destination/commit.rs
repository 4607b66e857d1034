//! The steps in which a file, its owners and its manifest are published together, and the way back from between them.
//!
//! ```text
//! drafts on disk ─► owners staged ─► manifest staged ─► file renamed ─► owners renamed ─► manifest renamed
//!       a crash here: the old files │     the old files │ the new file, and what belongs to it staged: the next
//!                                   │                   │ run finishes that
//! ```
//!
//! Owners that the manifest before lists, and the new one does not, go before that one gets its name: whoever joins them
//! to the new contacts is mistaken.
//!
//! A staged manifest that does not describe what stands there is of a run that never published, and is removed; so are
//! owners without one.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::atomic::{self, Mode, TemporaryFile};
use crate::manifest::{self, Known};
use crate::naming::Names;

/// What an earlier run that was killed had left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// Nothing that matters.
    Nothing,
    /// A file without its manifest; it has it now.
    ManifestPublished,
}

/// Puts settled owners under the name that says: not yet.
pub(super) fn stage_owners(names: &Names, owners: TemporaryFile) -> io::Result<()> {
    owners.publish_as(&names.owners_staged)
}

/// Puts the manifest on disk under the name that says: not yet.
pub(super) fn stage_manifest(names: &Names, mode: Option<u32>, manifest: &[u8]) -> io::Result<()> {
    let mut draft = TemporaryFile::begin(&names.manifest)?;
    draft.write(manifest)?;
    // Who reads the file reads its manifest.
    let like_the_file = Mode::Kept { like: Some(&names.target), new: 0o600 };
    draft.settle(mode.map_or(like_the_file, Mode::Exactly))?;
    draft.publish_as(&names.staged)
}

/// Gives staged owners their name, if there are any, and then the staged manifest its own.
pub(super) fn finish(names: &Names, owners: Option<&Path>) -> io::Result<()> {
    if let Some(owners) = owners {
        atomic::rename(&names.owners_staged, owners)?;
    }
    atomic::rename(&names.staged, &names.manifest)
}

/// Where the owners stand that the export before wrote, if they are as it left them. A manifest that was copied from
/// another target names that one's file, and its owners are that one's.
pub(super) fn former_owners(names: &Names) -> Option<PathBuf> {
    let known = Known::read(&manifest::read_file(&names.manifest).ok()?).ok()?;
    let name = known.file.as_ref()?.name.as_deref().map(OsStr::new);
    let is_of_this = name == names.target.file_name() || name == Some(&names.called);
    let file = known.owners_file().filter(|_| is_of_this)?;
    let path = names.owners_called(file.name.as_deref()?)?;
    file.is(&path).then_some(path)
}

/// Removes the owners of the export before, where the new one has none there. That it cannot is no reason to keep the
/// new one back.
pub(super) fn remove_former_owners(names: &Names, owners: Option<&Path>) {
    if let Some(former) = former_owners(names)
        && owners != Some(&former)
    {
        let _ = fs::remove_file(former);
    }
}

/// Ends what a run has left that was stopped while it published.
pub(super) fn recover(names: &Names) -> io::Result<Left> {
    let staged = match manifest::read_file(&names.staged) {
        Ok(staged) => Some(staged),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if let Some(Described { owners, are_staged }) = staged.and_then(|staged| described(&staged, names)) {
        remove_former_owners(names, owners.as_deref());
        finish(names, owners.as_deref().filter(|_| are_staged))?;
        return Ok(Left::ManifestPublished);
    }
    for staged in [&names.owners_staged, &names.staged] {
        match fs::remove_file(staged) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(Left::Nothing)
}

/// Whether a run was stopped while it published, and all that is missing is names, which the next run gives.
pub(crate) fn is_interrupted(names: &Names) -> bool {
    manifest::read_file(&names.staged).is_ok_and(|staged| described(&staged, names).is_some())
}

/// What a staged manifest describes, when that stands there.
struct Described {
    /// Where its owners stand, or will.
    owners: Option<PathBuf>,
    /// Whether they are still staged.
    are_staged: bool,
}

fn described(staged: &[u8], names: &Names) -> Option<Described> {
    let known = Known::read(staged).ok()?;
    if !known.file.as_ref()?.is(&names.target) {
        return None;
    }
    let Some(owners) = known.owners_file() else {
        return Some(Described { owners: None, are_staged: false });
    };
    let path = names.owners_called(owners.name.as_deref()?)?;
    let are_staged = owners.is(&names.owners_staged);
    (are_staged || owners.is(&path)).then_some(Described { owners: Some(path), are_staged })
}
