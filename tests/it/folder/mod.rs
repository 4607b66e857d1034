//! Output directories: parts, what they replace, and what interrupted runs leave.

mod crashes;
mod owners;
mod partitions;
mod parts;
mod replaced;
mod verify;

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use linq_export::verify::{VerifyError, verify};

use crate::support::names;

/// Splits the contacts into several parts.
const MANY: [&str; 2] = ["--rows-per-file", "100"];

/// The files below a directory, with their bytes. The manifest is left out, because it contains times.
pub fn files(folder: &Path) -> HashMap<String, Vec<u8>> {
    let mut files = HashMap::new();
    for name in names(folder) {
        let path = folder.join(&name);
        if path.is_dir() {
            files.extend(self::files(&path).into_iter().map(|(within, bytes)| (format!("{name}/{within}"), bytes)));
        } else if name != "_manifest.json" {
            files.insert(name, fs::read(path).unwrap());
        }
    }
    files
}

pub fn refusal(folder: &str) -> VerifyError {
    verify(Path::new(folder), None).unwrap_err()
}
