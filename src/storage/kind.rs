//! What paths lead to.

use std::ffi::OsString;

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A regular file, or an object, of this size.
    File(u64),
    Directory,
    /// A pipe, a device or the like.
    Other,
}

/// An entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub name: OsString,
    /// Whether it is a directory itself. A symbolic link is not.
    pub is_directory: bool,
    pub is_file: bool,
}
