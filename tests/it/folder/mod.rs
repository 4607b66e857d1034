//! A folder of files: its parts, what it replaces and what it never does, and what is left of a run that ends early.

mod ended;
mod owners;
mod partitions;
mod parts;
mod replaced;
mod verified;

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use linq_export::verify::{VerifyError, verify};

use crate::support::names;

/// Contacts on several files.
const MANY: [&str; 2] = ["--rows-per-file", "100"];

/// Files of a folder and of the folders in it, with their bytes. The manifest has the run's times in it.
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
