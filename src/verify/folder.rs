//! A folder of parts against the manifest in it: every file that it lists is there as it should be, and no other.
//!
//! A stray part would be loaded with the others by whoever reads the folder, and readers differ in what they pass by: so
//! nothing may be there that is not listed, hidden files included.

use std::fs;
use std::path::{Path, PathBuf};

use super::content::Contents;
use super::file::{Described, check_bytes, check_owners, nameless, owners_of, read_manifest, size};
use super::{Verified, VerifyError};
use crate::atomic::is_taken_away;
use crate::checksum::Checksum;
use crate::destination::{first_unlisted, is_held, listed_files, partitions};
use crate::naming::DirectoryNames;

/// Compares a folder with the manifest in it, or with `manifest`.
pub(super) fn verify(folder: &Path, manifest: Option<&Path>) -> Result<Verified, VerifyError> {
    let failed = |error| VerifyError::Read { path: folder.to_owned(), error };
    // The folder one stands in has a name only in full.
    let names =
        DirectoryNames::of(folder).or_else(|_| DirectoryNames::of(&fs::canonicalize(folder)?)).map_err(failed)?;
    let compared = compare(&names, manifest);
    if !matches!(&compared, Err(error) if error.may_pass()) {
        return compared;
    }
    if is_held(&names.lock) {
        return Err(VerifyError::Publishing { path: names.target });
    }
    if is_taken_away(&names.target) {
        return Err(VerifyError::TakenAway { path: names.target });
    }
    // A run may have replaced it while it was read; then all agrees by now.
    compare(&names, manifest)
}

fn compare(names: &DirectoryNames, given: Option<&Path>) -> Result<Verified, VerifyError> {
    let (folder, manifest) = (&names.target, given.unwrap_or(&names.manifest));
    if !folder.is_dir() {
        return Err(VerifyError::NoFolder { path: folder.clone() });
    }
    let Described { known, claim } = read_manifest(given, &names.manifest).map_err(|error| {
        match partitions(folder).unwrap_or_default().first() {
            Some(first) if matches!(error, VerifyError::NoManifest { .. }) => {
                VerifyError::Partitioned { path: folder.clone(), first: first.to_string() }
            }
            _ => error,
        }
    })?;
    if known.parts.is_empty() {
        let reason = "it is of a file, and of no folder".to_owned();
        return Err(VerifyError::Unreadable { path: manifest.to_owned(), reason });
    }
    let (listed, path_of) = (listed_files(&known), |name: &Option<String>| -> Option<PathBuf> {
        // Of the names in it, some could lead out of the folder.
        let name = Path::new(name.as_ref()?);
        name.components().all(|part| matches!(part, std::path::Component::Normal(_))).then(|| folder.join(name))
    });
    let success = folder.join(DirectoryNames::SUCCESS);
    if !success.is_file() {
        return Err(VerifyError::NoSuccess { path: success });
    }
    let listed: Vec<_> = listed.iter().map(String::as_str).collect();
    let stray = first_unlisted(folder, &listed).map_err(|error| VerifyError::Read { path: folder.clone(), error })?;
    if let Some(stray) = stray {
        return Err(VerifyError::Stray { path: folder.join(stray) });
    }
    let sha256 = Checksum::of_file(manifest).map_err(|error| VerifyError::Read { path: manifest.to_owned(), error })?;
    let mut verified = Verified::new(folder, claim, sha256.digits());
    let mut contents = Contents::of_contacts(&known, folder)?;
    for due in &known.parts {
        let part = path_of(&due.name).ok_or_else(|| nameless(manifest))?;
        check_bytes(&part, size(&part)?, due)?;
        contents.read(&part, due.rows)?;
        verified.add(due);
    }
    contents.finish(folder)?;
    if let Some((owners, due)) = owners_of(&known) {
        check_owners(&path_of(&due.name).ok_or_else(|| nameless(manifest))?, &known, owners, due)?;
        verified.bytes += due.bytes;
    }
    Ok(verified)
}
