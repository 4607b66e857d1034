//! `verify`: whether a file is the one its manifest describes. Offline, and nothing is written.
//!
//! A path comes in; what agrees goes out, or the first thing that does not. The checksum is compared
//! first: what has other bytes is not worth reading.

mod content;
mod error;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use error::VerifyError;

use crate::manifest::{Checksum, Known, describes};
use crate::sink::{Names, is_held};

/// A file that agrees with its manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// The file, symbolic links followed.
    pub file: PathBuf,
    /// Its rows.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
    /// How sure it is that no contact is missing: `counted` or `incomplete`; later programs know more levels.
    pub level: String,
    /// When its run ended: RFC 3339.
    pub finished_at: String,
}

/// Checks a file against the manifest beside it, or against `manifest` where one is named.
///
/// # Errors
/// The first thing in which they differ; where publishing was only interrupted, it says so instead.
pub fn verify(file: &Path, manifest: Option<&Path>) -> Result<Verified, VerifyError> {
    let names = Names::of(file).map_err(|error| VerifyError::Read { path: file.to_owned(), error })?;
    let beside = manifest.unwrap_or(&names.manifest);
    let compared = compare(&names.target, beside);
    if !matches!(&compared, Err(error) if error.may_pass()) {
        return compared;
    }
    if is_held(&names.lock) {
        return Err(VerifyError::Publishing { path: names.target });
    }
    if fs::read(&names.staged).is_ok_and(|staged| describes(&staged, &names.target)) {
        return Err(VerifyError::Interrupted { path: names.target });
    }
    // A run may have published both while they were read; then they agree by now.
    compare(&names.target, beside)
}

fn compare(file: &Path, manifest: &Path) -> Result<Verified, VerifyError> {
    let read = |path: &Path, error| VerifyError::Read { path: path.to_owned(), error };
    let size = match fs::metadata(file) {
        Ok(metadata) if metadata.is_file() => metadata.len(),
        Ok(_) => return Err(read(file, io::Error::other("it is no regular file"))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(VerifyError::NoFile { path: file.to_owned() });
        }
        Err(error) => return Err(read(file, error)),
    };
    let text = fs::read(manifest).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => VerifyError::NoManifest { path: manifest.to_owned() },
        _ => read(manifest, error),
    })?;
    let known = Known::read(&text).map_err(|error| VerifyError::Manifest { path: manifest.to_owned(), error })?;
    if size != known.file.bytes {
        return Err(VerifyError::Size { path: file.to_owned(), found: size, due: known.file.bytes });
    }
    let digits = Checksum::of_file(file).map_err(|error| read(file, error))?.digits();
    if digits != known.file.sha256 {
        return Err(VerifyError::Content { path: file.to_owned() });
    }
    content::check(file, &known)?;
    Ok(Verified {
        file: file.to_owned(),
        rows: known.file.rows,
        bytes: size,
        sha256: digits,
        level: known.completeness.level,
        finished_at: known.times.finished_at,
    })
}
