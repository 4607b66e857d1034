//! Which files a table is made of: a path comes in, the file itself or the parts of a folder go out.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::ReadbackError;

/// How the names of parts begin. What describes them begins with `_`, and what is hidden with a dot.
const PART: &str = "part-";

/// The file, or the parts of a folder in the order of their names.
pub(super) fn of(path: &Path) -> Result<Vec<PathBuf>, ReadbackError> {
    let failed = |error| ReadbackError::io(path, "", error);
    let metadata = fs::metadata(path).map_err(failed)?;
    if metadata.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    if !metadata.is_dir() {
        let error = io::Error::other("it is neither a regular file nor a folder");
        return Err(ReadbackError::Read { path: path.to_owned(), error });
    }
    let mut parts = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_name().to_string_lossy().starts_with(PART) {
            parts.push(entry.path());
        }
    }
    parts.sort();
    if parts.is_empty() { Err(ReadbackError::NoParts { path: path.to_owned() }) } else { Ok(parts) }
}
