//! A file, directory or object that is held, to notice when another one takes its place.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::cloud::Address;
use crate::platform;

/// What a path led to.
#[derive(Debug, Clone)]
pub(crate) enum Held {
    /// A file or directory.
    File(Arc<File>),
    /// The version of an object. A directory of objects has that of the object that lists its files.
    Object(Option<String>),
    /// Where the system cannot open directories.
    Nothing,
}

impl Held {
    /// Holds a file, or a directory whose files `lists` names.
    pub fn new(path: &Path, lists: &str) -> io::Result<Self> {
        if Address::of(path)?.is_some() {
            return Ok(Self::Object(version(path, lists)?));
        }
        let is_directory = path.is_dir();
        match File::open(path) {
            Ok(file) => Ok(Self::File(Arc::new(file))),
            Err(_) if is_directory => Ok(Self::Nothing),
            Err(error) => Err(error),
        }
    }

    /// Whether the path still leads to it.
    pub fn is_still(&self, path: &Path, lists: &str) -> io::Result<bool> {
        match self {
            Self::File(file) => platform::is_still(file, path),
            Self::Object(held) => Ok(version(path, lists)? == *held),
            Self::Nothing => Ok(true),
        }
    }
}

fn version(path: &Path, lists: &str) -> io::Result<Option<String>> {
    for path in [path, &path.join(lists)] {
        if let Some(address) = Address::of(path)?
            && let Some(version) = address.version()?
        {
            return Ok(Some(version));
        }
    }
    Ok(None)
}
