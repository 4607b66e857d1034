//! Versions of objects.

use object_store::{PutResult, UpdateVersion};

/// The version of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag(pub(super) UpdateVersion);

impl Tag {
    pub fn e_tag(&self) -> Option<&str> {
        self.0.e_tag.as_deref()
    }

    pub fn version(&self) -> Option<&str> {
        self.0.version.as_deref()
    }

    /// As text, to compare with another version of the same object.
    pub fn text(&self) -> Option<&str> {
        self.e_tag().or(self.version())
    }
}

impl From<PutResult> for Tag {
    fn from(put: PutResult) -> Self {
        Self(UpdateVersion { e_tag: put.e_tag, version: put.version })
    }
}
