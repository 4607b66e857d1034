//! A manifest of contacts or of changes, checked against itself, and the files it lists.

use std::io;
use std::path::Path;

use super::contents::Contents;
use super::error::VerifyError;
use crate::checksum::sha256;
use crate::manifest::{
    ChangesManifest, Claim, Content, FileRecord, Manifest, ManifestError, OwnersRecord, describes, read_file,
    read_limited,
};
use crate::storage::Source;

/// A manifest that does not contradict itself.
#[derive(Debug)]
pub(crate) struct Described {
    /// The SHA-256 of its bytes.
    pub sha256: String,
    pub claim: Claim,
    pub manifest: AnyManifest,
}

/// The manifest of an export or of changes.
#[derive(Debug)]
pub(crate) enum AnyManifest {
    Contacts(Box<Manifest>),
    Changes(Box<ChangesManifest>),
}

impl Described {
    /// Reads the manifest, `given`, which may be a pipe, or the one `beside` the file.
    pub fn read(given: Option<&Path>, beside: &Path) -> Result<Self, VerifyError> {
        let path = given.unwrap_or(beside);
        let text = given.map_or_else(|| read_file(beside), |given| Source::open(given).and_then(read_limited));
        let text = text.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound if given.is_some() => VerifyError::NoFile(path.to_owned()),
            io::ErrorKind::NotFound => VerifyError::NoManifest(path.to_owned()),
            _ => VerifyError::Read { path: path.to_owned(), error },
        })?;
        Self::parsed(&text).map_err(|error| VerifyError::Manifest { path: path.to_owned(), error })
    }

    fn parsed(text: &[u8]) -> Result<Self, ManifestError> {
        let (claim, manifest) = if describes(text, Content::Changes) {
            let manifest = ChangesManifest::read(text)?;
            (Claim::of_changes(&manifest)?, AnyManifest::Changes(Box::new(manifest)))
        } else {
            let manifest = Manifest::read(text)?;
            (Claim::of(&manifest)?, AnyManifest::Contacts(Box::new(manifest)))
        };
        Ok(Self { sha256: sha256(text), claim, manifest })
    }
}

impl AnyManifest {
    /// The file; `None` for a directory.
    pub fn file(&self) -> Option<&FileRecord> {
        match self {
            Self::Contacts(manifest) => manifest.file.as_ref(),
            Self::Changes(manifest) => manifest.file.as_ref(),
        }
    }

    /// The part files of a directory.
    pub fn parts(&self) -> &[FileRecord] {
        match self {
            Self::Contacts(manifest) => &manifest.parts,
            Self::Changes(manifest) => &manifest.parts,
        }
    }

    /// The owners, if they have a table of their own.
    pub fn owners(&self) -> Option<&OwnersRecord> {
        match self {
            Self::Contacts(manifest) => manifest.owners.as_ref(),
            Self::Changes(_) => None,
        }
    }

    /// The format of all files.
    pub fn format(&self) -> &str {
        match self {
            Self::Contacts(manifest) => &manifest.options.format,
            Self::Changes(manifest) => &manifest.options.format,
        }
    }

    /// What is known of the rows; `path` is the file or directory of the manifest.
    pub fn contents(&self, path: &Path) -> Result<Contents<'_>, VerifyError> {
        match self {
            Self::Contacts(manifest) => Contents::of_contacts(manifest, path),
            Self::Changes(manifest) => Contents::of_changes(manifest, path),
        }
    }

    /// What its rows are.
    pub fn content(&self) -> Content {
        match self {
            Self::Contacts(_) => Content::Contacts,
            Self::Changes(_) => Content::Changes,
        }
    }
}
