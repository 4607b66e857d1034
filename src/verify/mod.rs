//! `verify`: whether a file is the one its manifest describes. Offline, and nothing is written.
//!
//! A path comes in; what agrees goes out, or the first thing that does not. The digest is compared
//! first: what has another content is not worth reading.

mod error;
mod ndjson;
mod parquet;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use error::VerifyError;

use crate::manifest::{Checksum, Known, describes, fingerprint};
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
    check_content(file, &known)?;
    Ok(Verified {
        file: file.to_owned(),
        rows: known.file.rows,
        bytes: size,
        sha256: digits,
        level: known.completeness.level,
        finished_at: known.times.finished_at,
    })
}

/// What of a file is compared beyond its bytes: the manifest may be wrong where the bytes are right.
struct Content {
    /// How its columns differ from those of the manifest, if they do.
    columns: Result<(), String>,
    ids: Vec<i64>,
}

fn check_content(file: &Path, known: &Known) -> Result<(), VerifyError> {
    let path = || file.to_owned();
    if fingerprint(&known.schema.columns) != known.schema.fingerprint {
        return Err(VerifyError::Schema { path: path(), reason: "the fingerprint is of other columns".to_owned() });
    }
    let content = match known.options.format.as_str() {
        "parquet" => parquet::read(file, &known.schema.columns),
        "ndjson" => ndjson::read(file, &known.schema.columns),
        format => Err(format!("its format is {format}, which this program does not know")),
    };
    let Content { columns, mut ids } = content.map_err(|reason| VerifyError::Unreadable { path: path(), reason })?;
    columns.map_err(|reason| VerifyError::Schema { path: path(), reason })?;
    if ids.len() as u64 != known.file.rows {
        return Err(VerifyError::Rows { path: path(), found: ids.len() as u64, due: known.file.rows });
    }
    ids.sort_unstable();
    match ids.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(VerifyError::Twice { path: path(), id: pair[0] }),
        None => Ok(()),
    }
}
