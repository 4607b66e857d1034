//! Compares a directory of part files with the manifest in it: every listed file must match, and nothing else may exist.
//!
//! Programs that read the directory would load an unlisted part file, and they differ in what they ignore; so not even
//! hidden files are allowed.

use std::fs;
use std::path::Path;

use super::depth::Depth;
use super::described::Described;
use super::error::VerifyError;
use super::file::{check_bytes, check_owners, size};
use super::verified::Verified;
use crate::atomic::is_taken_away;
use crate::destination::{first_unlisted, is_held, listed_files, partitions};
use crate::manifest::FileRecord;
use crate::naming::DirectoryNames;
use crate::storage;

/// Compares a directory with the manifest in it, or with `manifest`.
pub(super) fn verify(
    folder: &Path,
    manifest: Option<&Path>,
    depth: Depth,
) -> Result<(Verified, Described), VerifyError> {
    let failed = |error| VerifyError::Read { path: folder.to_owned(), error };
    // The current directory has a name only in its absolute path.
    let names =
        DirectoryNames::of(folder).or_else(|_| DirectoryNames::of(&fs::canonicalize(folder)?)).map_err(failed)?;
    let compared = compare(&names, manifest, depth);
    if !matches!(&compared, Err(error) if error.may_pass()) {
        return compared;
    }
    if depth != Depth::OwnBytes && is_held(&names.lock) {
        return Err(VerifyError::Publishing(names.target));
    }
    if storage::is_url(&names.target) && storage::is_file(&names.pending) {
        return Err(VerifyError::Interrupted(names.target));
    }
    if is_taken_away(&names.target) {
        return Err(VerifyError::TakenAway(names.target));
    }
    // A run may have replaced it while it was read; by now it matches.
    compare(&names, manifest, depth)
}

fn compare(names: &DirectoryNames, given: Option<&Path>, depth: Depth) -> Result<(Verified, Described), VerifyError> {
    let (folder, path) = (&names.target, given.unwrap_or(&names.manifest));
    if !storage::is_directory(folder) {
        return Err(VerifyError::NoFolder(folder.clone()));
    }
    let described = Described::read(given, &names.manifest).map_err(|error| {
        match partitions(folder).unwrap_or_default().first() {
            Some(first) if matches!(error, VerifyError::NoManifest { .. }) => {
                VerifyError::Partitioned { path: folder.clone(), first: first.to_string() }
            }
            _ => error,
        }
    })?;
    let manifest = &described.manifest;
    let unusable = |reason: &str| VerifyError::Unreadable { path: path.to_owned(), reason: reason.to_owned() };
    if manifest.parts().is_empty() {
        return Err(unusable("the manifest describes a file, not a directory"));
    }
    // Names that lead out of the directory were refused with the manifest.
    let path_of = |file: &FileRecord| {
        let path = file.name.as_ref().map(|name| folder.join(name));
        path.ok_or_else(|| unusable("a file of the directory has no name"))
    };
    let success = folder.join(DirectoryNames::SUCCESS);
    if !storage::is_file(&success) {
        return Err(VerifyError::NoSuccess(success));
    }
    let listed = listed_files(manifest.parts(), manifest.owners().map(|owners| &owners.file));
    let listed: Vec<_> = listed.iter().map(String::as_str).collect();
    let stray = first_unlisted(folder, &listed).map_err(|error| VerifyError::Read { path: folder.clone(), error })?;
    if let Some(stray) = stray {
        return Err(VerifyError::Stray(folder.join(stray)));
    }
    // The manifest lists the checksums of all files.
    let mut verified = Verified::new(folder, &described, described.sha256.clone());
    let mut contents = manifest.contents(folder)?;
    for due in manifest.parts() {
        let part = path_of(due)?;
        check_bytes(&part, size(&part)?, due)?;
        if depth == Depth::Contents {
            contents.read(&part, due.rows)?;
        }
        verified.add(due);
    }
    if depth == Depth::Contents {
        contents.finish(folder)?;
    }
    if let Some(owners) = manifest.owners() {
        check_owners(&path_of(&owners.file)?, manifest, owners, depth)?;
        verified.bytes += owners.file.bytes;
    }
    Ok((verified, described))
}
