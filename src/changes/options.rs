//! What two exports must have in common to be compared, and what the new one must prove.

use crate::proof::Require;

/// What two exports must have in common, and what the new one must prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChangesOptions {
    /// The completeness that the new export must have. Default: complete, because a contact that a less complete export
    /// lacks may still exist. If it is only counted, the contact is `missing` instead of deleted.
    pub require: Require,
    /// Whether both must have been exported with the same token. Default: yes.
    pub token: Token,
    /// Whether to compute the digest that a table has after the changes were applied to it. Default: no.
    pub digest: bool,
}

/// The tokens of two exports, which stand for their organizations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// They must be the same.
    Same,
    /// They may differ: a new token of the same organization.
    MayDiffer,
}

impl Default for ChangesOptions {
    fn default() -> Self {
        Self { require: Require::Complete, token: Token::Same, digest: false }
    }
}
