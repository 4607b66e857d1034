//! `verify`: checks files against their manifest, offline. Nothing is written.
//!
//! First the manifest is checked against itself, then the checksums of the files, then their contents. Texts of the
//! manifest are sanitized before they are shown.

mod contents;
mod depth;
mod described;
mod error;
mod file;
mod folder;
mod verified;

use std::path::{Path, is_separator};

use depth::Depth;
pub(crate) use described::{AnyManifest, Described};
pub use error::VerifyError;
pub use verified::Verified;

use crate::atomic::is_taken_away;
use crate::naming::DirectoryNames;
use crate::storage;

/// Checks a file against the manifest next to it, or a directory against the manifest in it; `manifest` names another one.
///
/// # Errors
/// The first difference, or that publishing was interrupted or is in progress.
pub fn verify(path: &Path, manifest: Option<&Path>) -> Result<Verified, VerifyError> {
    verify_to(path, manifest, Depth::Contents).map(|(verified, _)| verified)
}

/// Like [`verify`], but of the files only the bytes are compared.
pub(crate) fn verify_bytes(path: &Path) -> Result<(Verified, Described), VerifyError> {
    verify_to(path, None, Depth::Bytes)
}

/// Like [`verify_bytes`], for a run that holds the lock of the output.
pub(crate) fn verify_own_bytes(path: &Path) -> Result<(Verified, Described), VerifyError> {
    verify_to(path, None, Depth::OwnBytes)
}

fn verify_to(path: &Path, manifest: Option<&Path>, depth: Depth) -> Result<(Verified, Described), VerifyError> {
    let names_folder = path.to_string_lossy().ends_with(is_separator);
    let is_taken_away = || DirectoryNames::of(path).is_ok_and(|names| is_taken_away(&names.target));
    if names_folder || storage::is_directory(path) || is_taken_away() {
        folder::verify(path, manifest, depth)
    } else {
        file::verify(path, manifest, depth)
    }
}
