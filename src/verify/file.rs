//! Compares a file, and the owners next to it if they have a table of their own, with the manifest.

use std::io;
use std::path::Path;

use super::contents::Contents;
use super::depth::Depth;
use super::described::{AnyManifest, Described};
use super::error::VerifyError;
use super::verified::Verified;
use crate::checksum::Checksum;
use crate::destination::{is_held, is_interrupted};
use crate::manifest::{FileRecord, OwnersRecord, contacts_of};
use crate::naming::FileNames;
use crate::storage::{self, Kind};

/// Compares a file with the manifest next to it, or with `manifest`.
pub(super) fn verify(file: &Path, manifest: Option<&Path>, depth: Depth) -> Result<(Verified, Described), VerifyError> {
    let names = FileNames::of(file).map_err(|error| VerifyError::Read { path: file.to_owned(), error })?;
    let compared = compare(&names, manifest, depth);
    if !matches!(&compared, Err(error) if error.may_pass()) {
        return compared;
    }
    if let (Err(VerifyError::NoManifest { .. }), None) = (&compared, manifest)
        && let Some((contacts, _)) = contacts_of(file)
    {
        return Err(VerifyError::OwnersOf { path: file.to_owned(), contacts });
    }
    if depth != Depth::OwnBytes && is_held(&names.lock) {
        return Err(VerifyError::Publishing(names.target));
    }
    if is_interrupted(&names) {
        return Err(VerifyError::Interrupted(names.target));
    }
    // A run may have published them while they were read; by now they match.
    compare(&names, manifest, depth)
}

fn compare(names: &FileNames, given: Option<&Path>, depth: Depth) -> Result<(Verified, Described), VerifyError> {
    let file = &names.target;
    let size = size(file).map_err(|error| match error {
        VerifyError::Missing(path) => VerifyError::NoFile(path),
        error => error,
    })?;
    let described = Described::read(given, &names.manifest)?;
    let manifest = &described.manifest;
    let unusable = |reason: &str| {
        let path = given.unwrap_or(&names.manifest).to_owned();
        VerifyError::Unreadable { path, reason: reason.to_owned() }
    };
    let due = manifest.file().ok_or_else(|| unusable("the manifest describes a directory, not a file"))?;
    let sha256 = check_bytes(file, size, due)?;
    if depth == Depth::Contents {
        let mut contents = manifest.contents(file)?;
        contents.read(file, due.rows)?;
        contents.finish(file)?;
    }
    let mut verified = Verified::new(file, &described, sha256);
    verified.add(due);
    if let Some(owners) = manifest.owners() {
        let path = owners.file.name.as_deref().and_then(|name| names.owners_path(name));
        let path = path.ok_or_else(|| unusable("owners.file.name is not the name of an owners file"))?;
        check_owners(&path, manifest, owners, depth)?;
        verified.bytes += owners.file.bytes;
    }
    Ok((verified, described))
}

/// Compares the owners' file with the manifest.
pub(super) fn check_owners(
    path: &Path,
    manifest: &AnyManifest,
    owners: &OwnersRecord,
    depth: Depth,
) -> Result<(), VerifyError> {
    check_bytes(path, size(path)?, &owners.file)?;
    if depth != Depth::Contents {
        return Ok(());
    }
    let mut contents = Contents::of_owners(manifest.format(), owners);
    contents.read(path, owners.file.rows)?;
    contents.finish(path)
}

/// The size of a file that should exist.
pub(super) fn size(file: &Path) -> Result<u64, VerifyError> {
    let path = file.to_owned();
    match storage::kind(file) {
        Ok(Kind::File(size)) => Ok(size),
        Ok(_) => Err(VerifyError::Read { path, error: io::Error::other("not a regular file") }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(VerifyError::Missing(path)),
        Err(error) => Err(VerifyError::Read { path, error }),
    }
}

/// Compares the bytes of a file with the manifest; returns their SHA-256.
pub(super) fn check_bytes(file: &Path, size: u64, due: &FileRecord) -> Result<String, VerifyError> {
    if size != due.bytes {
        return Err(VerifyError::Size { path: file.to_owned(), found: size, due: due.bytes });
    }
    let checksum = Checksum::of_file(file);
    let digits = checksum.map_err(|error| VerifyError::Read { path: file.to_owned(), error })?.digits();
    if digits == due.sha256 { Ok(digits) } else { Err(VerifyError::Content(file.to_owned())) }
}
