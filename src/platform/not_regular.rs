//! The error for anything but a regular file where one is required.

use std::io;
use std::path::Path;

pub(crate) fn not_regular(path: &Path) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("{} is not a regular file", path.display()))
}
