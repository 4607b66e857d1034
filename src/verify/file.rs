//! Compares a file, and the owners next to it if they have a table of their own, with the manifest.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::contents::Contents;
use super::error::VerifyError;
use super::verified::Verified;
use crate::checksum::Checksum;
use crate::destination::{is_held, is_interrupted};
use crate::manifest::{Claim, FileRecord, Manifest, OwnersRecord, contacts_of, read_file, read_limited};
use crate::naming::FileNames;

/// Compares a file with the manifest next to it, or with `manifest`.
pub(super) fn verify(file: &Path, manifest: Option<&Path>) -> Result<Verified, VerifyError> {
    let names = FileNames::of(file).map_err(|error| VerifyError::Read { path: file.to_owned(), error })?;
    let compared = compare(&names, manifest);
    if !matches!(&compared, Err(error) if error.may_pass()) {
        return compared;
    }
    if let (Err(VerifyError::NoManifest { .. }), None) = (&compared, manifest)
        && let Some((contacts, _)) = contacts_of(file)
    {
        return Err(VerifyError::OwnersOf { path: file.to_owned(), contacts });
    }
    if is_held(&names.lock) {
        return Err(VerifyError::Publishing(names.target));
    }
    if is_interrupted(&names) {
        return Err(VerifyError::Interrupted(names.target));
    }
    // A run may have published them while they were read; by now they match.
    compare(&names, manifest)
}

fn compare(names: &FileNames, given: Option<&Path>) -> Result<Verified, VerifyError> {
    let file = &names.target;
    let size = size(file).map_err(|error| match error {
        VerifyError::Missing(path) => VerifyError::NoFile(path),
        error => error,
    })?;
    let (manifest, claim) = read_manifest(given, &names.manifest)?;
    let unusable = |reason: &str| {
        let path = given.unwrap_or(&names.manifest).to_owned();
        VerifyError::Unreadable { path, reason: reason.to_owned() }
    };
    let due = manifest.file.as_ref().ok_or_else(|| unusable("the manifest describes a directory, not a file"))?;
    let sha256 = check_bytes(file, size, due)?;
    let mut contents = Contents::of_contacts(&manifest, file)?;
    contents.read(file, due.rows)?;
    contents.finish(file)?;
    let mut verified = Verified::new(file, claim, sha256);
    verified.add(due);
    if let Some(owners) = &manifest.owners {
        let path = owners.file.name.as_deref().and_then(|name| names.owners_path(name));
        let path = path.ok_or_else(|| unusable("owners.file.name is not the name of an owners file"))?;
        check_owners(&path, &manifest, owners)?;
        verified.bytes += owners.file.bytes;
    }
    Ok(verified)
}

/// Compares the owners' file with the manifest.
pub(super) fn check_owners(path: &Path, manifest: &Manifest, owners: &OwnersRecord) -> Result<(), VerifyError> {
    check_bytes(path, size(path)?, &owners.file)?;
    let mut contents = Contents::of_owners(manifest, owners);
    contents.read(path, owners.file.rows)?;
    contents.finish(path)
}

/// Reads the manifest, `given`, which may be a pipe, or the one `beside` the file; returns also what it claims.
pub(super) fn read_manifest(given: Option<&Path>, beside: &Path) -> Result<(Manifest, Claim), VerifyError> {
    let path = given.unwrap_or(beside);
    let text = given.map_or_else(|| read_file(beside), |given| File::open(given).and_then(read_limited));
    let text = text.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound if given.is_some() => VerifyError::NoFile(path.to_owned()),
        io::ErrorKind::NotFound => VerifyError::NoManifest(path.to_owned()),
        _ => VerifyError::Read { path: path.to_owned(), error },
    })?;
    let read = Manifest::read(&text).and_then(|manifest| Claim::of(&manifest).map(|claim| (manifest, claim)));
    read.map_err(|error| VerifyError::Manifest { path: path.to_owned(), error })
}

/// The size of a file that should exist.
pub(super) fn size(file: &Path) -> Result<u64, VerifyError> {
    let path = file.to_owned();
    match fs::metadata(file) {
        Ok(metadata) if metadata.is_file() => Ok(metadata.len()),
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
