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
    /// The version of an object, if there was one.
    Object(Option<String>),
    /// Where the system cannot open directories.
    Nothing,
}

impl Held {
    /// Holds a file, a directory or an object.
    pub fn new(path: &Path) -> io::Result<Self> {
        if let Some(address) = Address::of(path)? {
            return Ok(Self::Object(address.version()?));
        }
        match File::open(path) {
            Ok(file) => Ok(Self::File(Arc::new(file))),
            Err(_) if path.is_dir() => Ok(Self::Nothing),
            Err(error) => Err(error),
        }
    }

    /// Whether the path still leads to it.
    pub fn is_still(&self, path: &Path) -> io::Result<bool> {
        match self {
            Self::File(file) => platform::is_still(file, path),
            Self::Object(held) => match Address::of(path)? {
                Some(address) => Ok(address.version()? == *held),
                None => Ok(false),
            },
            Self::Nothing => Ok(true),
        }
    }
}
