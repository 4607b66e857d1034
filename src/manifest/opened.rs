//! A manifest whose checksum matches: what it describes, and its keys.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::record::{FORMAT_VERSION, FileRecord, Manifest, ManifestError};
use super::seal;
use crate::text::sanitize::escape;

/// What a manifest describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// An export, whose manifest does not name its content.
    Contacts,
    /// The changes between two exports.
    Changes,
}

impl Content {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Contacts => "contacts",
            Self::Changes => "changes",
        }
    }
}

/// The text of a manifest that is intact and of a supported version.
#[derive(Debug)]
pub(super) struct Opened<'t> {
    text: &'t str,
    content: String,
}

#[derive(Deserialize)]
struct Head {
    format_version: u32,
    content: Option<String>,
}

/// Checks the checksum and the version.
pub(super) fn opened(bytes: &[u8]) -> Result<Opened<'_>, ManifestError> {
    let text = std::str::from_utf8(bytes).map_err(|_| ManifestError::Damaged)?;
    if !seal::holds(text) {
        return Err(ManifestError::Damaged);
    }
    let Head { format_version, content } = parsed(text)?;
    if format_version > FORMAT_VERSION {
        return Err(ManifestError::Later { found: format_version });
    }
    Ok(Opened { text, content: content.unwrap_or_else(|| Content::Contacts.name().to_owned()) })
}

impl Opened<'_> {
    /// Parses its keys, if it describes this.
    pub fn parse_as<T: DeserializeOwned>(&self, due: Content) -> Result<T, ManifestError> {
        if self.content != due.name() {
            return Err(ManifestError::Content { found: escape(&self.content), due: due.name() });
        }
        parsed(self.text)
    }
}

/// Whether an intact manifest describes this.
pub(crate) fn describes(bytes: &[u8], content: Content) -> bool {
    opened(bytes).is_ok_and(|opened| opened.content == content.name())
}

fn parsed<T: DeserializeOwned>(text: &str) -> Result<T, ManifestError> {
    serde_json::from_str(text).map_err(|error| ManifestError::Unreadable(escape(&error.to_string())))
}

impl Manifest {
    /// Parses the manifest of an export, if its checksum matches and its version is supported.
    pub fn read(bytes: &[u8]) -> Result<Self, ManifestError> {
        opened(bytes)?.parse_as(Content::Contacts)
    }
}

/// The files that a manifest lists, whatever they contain.
#[derive(Debug, Deserialize)]
pub(crate) struct Listing {
    /// The file; `None` for a directory.
    pub file: Option<FileRecord>,
    /// The part files of a directory.
    #[serde(default)]
    pub parts: Vec<FileRecord>,
    owners: Option<ListedOwners>,
}

#[derive(Debug, Deserialize)]
struct ListedOwners {
    file: FileRecord,
}

impl Listing {
    /// Parses the list of files of an intact manifest.
    pub fn read(bytes: &[u8]) -> Result<Self, ManifestError> {
        parsed(opened(bytes)?.text)
    }

    /// The owners' file, if they have a table of their own.
    pub fn owners_file(&self) -> Option<&FileRecord> {
        self.owners.as_ref().map(|owners| &owners.file)
    }
}
