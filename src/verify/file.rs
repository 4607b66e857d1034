//! A file, and the owners beside it where they have a table of their own, against their manifest.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::content::Contents;
use super::{Verified, VerifyError};
use crate::checksum::Checksum;
use crate::destination::{is_held, is_interrupted};
use crate::manifest::{Claim, Known, KnownFile, KnownOwners, contacts_of, read_file, read_limited};
use crate::naming::FileNames;

/// Compares a file with the manifest beside it, or with `manifest`.
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
        return Err(VerifyError::Publishing { path: names.target });
    }
    if is_interrupted(&names) {
        return Err(VerifyError::Interrupted { path: names.target });
    }
    // A run may have published all of them while they were read; then they agree by now.
    compare(&names, manifest)
}

fn compare(names: &FileNames, given: Option<&Path>) -> Result<Verified, VerifyError> {
    let (file, manifest) = (&names.target, given.unwrap_or(&names.manifest));
    let size = size(file)?;
    let Described { known, claim } = read_manifest(given, &names.manifest)?;
    let due = known.file.as_ref().ok_or_else(|| VerifyError::Unreadable {
        path: manifest.to_owned(),
        reason: "it is of a folder, and of no file".to_owned(),
    })?;
    let sha256 = check_bytes(file, size, due)?;
    let mut contents = Contents::of_contacts(&known, file)?;
    contents.read(file, due.rows)?;
    contents.finish(file)?;
    let mut verified = Verified::new(file, claim, sha256);
    verified.add(due);
    if let Some((owners, due)) = owners_of(&known) {
        let path = due.name.as_deref().and_then(|name| names.owners_path(name));
        check_owners(&path.ok_or_else(|| nameless(manifest))?, &known, owners, due)?;
        verified.bytes += due.bytes;
    }
    Ok(verified)
}

/// The owners, and their file, where they have a table of their own.
pub(super) fn owners_of(known: &Known) -> Option<(&KnownOwners, &KnownFile)> {
    let owners = known.owners.as_ref()?;
    Some((owners, owners.file.as_ref()?))
}

/// Compares the owners' file with what the manifest says of it.
pub(super) fn check_owners(
    path: &Path,
    known: &Known,
    owners: &KnownOwners,
    due: &KnownFile,
) -> Result<(), VerifyError> {
    check_bytes(path, size(path)?, due)?;
    let mut contents = Contents::of_owners(known, owners);
    contents.read(path, due.rows)?;
    contents.finish(path)
}

/// What a manifest says of its files, and what it claims of the export.
pub(super) struct Described {
    pub known: Known,
    pub claim: Claim,
}

/// Reads a manifest: the one that was given, which may come through a pipe, or the one beside its file.
pub(super) fn read_manifest(given: Option<&Path>, beside: &Path) -> Result<Described, VerifyError> {
    let path = given.unwrap_or(beside);
    let text = given.map_or_else(|| read_file(beside), |given| File::open(given).and_then(read_limited));
    let text = text.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => VerifyError::NoManifest { path: path.to_owned() },
        _ => VerifyError::Read { path: path.to_owned(), error },
    })?;
    let described = Known::read(&text).and_then(|known| Ok(Described { known, claim: Claim::read(&text)? }));
    described.map_err(|error| VerifyError::Manifest { path: path.to_owned(), error })
}

/// The size of a file.
pub(super) fn size(file: &Path) -> Result<u64, VerifyError> {
    let path = || PathBuf::from(file);
    match fs::metadata(file) {
        Ok(metadata) if metadata.is_file() => Ok(metadata.len()),
        Ok(_) => Err(VerifyError::Read { path: path(), error: io::Error::other("it is no regular file") }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(VerifyError::NoFile { path: path() }),
        Err(error) => Err(VerifyError::Read { path: path(), error }),
    }
}

/// Compares a file's bytes with what the manifest says of them; returns their SHA-256.
pub(super) fn check_bytes(file: &Path, size: u64, due: &KnownFile) -> Result<String, VerifyError> {
    if size != due.bytes {
        return Err(VerifyError::Size { path: file.to_owned(), found: size, due: due.bytes });
    }
    let checksum = Checksum::of_file(file);
    let digits = checksum.map_err(|error| VerifyError::Read { path: file.to_owned(), error })?.digits();
    if digits == due.sha256 { Ok(digits) } else { Err(VerifyError::Content { path: file.to_owned() }) }
}

/// That a manifest lists a file by no name that it could have.
pub(super) fn nameless(manifest: &Path) -> VerifyError {
    let reason = "it lists a file without a name that it could have".to_owned();
    VerifyError::Unreadable { path: manifest.to_owned(), reason }
}
