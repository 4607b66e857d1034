//! Why two exports cannot be compared. Errors never show a contact's values.

use std::path::PathBuf;

use crate::config::Format;
use crate::dataset::ReadbackError;
use crate::proof::{Level, Require};
use crate::text::humanize::count;
use crate::text::sanitize;
use crate::verify::VerifyError;

/// Why two exports cannot be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChangesError {
    /// One of them does not match its manifest, or has none.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// One of them cannot be read.
    #[error(transparent)]
    Read(#[from] ReadbackError),
    /// One of them has no contacts, but changes.
    #[error("{} contains changes, not contacts", sanitize::path(.0))]
    NotContacts(PathBuf),
    /// One of them was made with `--raw`.
    #[error("{} is a raw export, not a table", sanitize::path(.0))]
    Raw(PathBuf),
    /// A contact appears twice.
    #[error("{} contains a contact twice: in rows {} and {}", sanitize::path(path), count(rows.0), count(rows.1))]
    Twice {
        /// The export.
        path: PathBuf,
        /// The first two rows with its id, counted from 1.
        rows: (u64, u64),
    },
    /// The new one was made before the old one.
    #[error("{new} is older than {old}: the other way round?", new = sanitize::path(new), old = sanitize::path(old))]
    Reversed {
        /// The old export.
        old: PathBuf,
        /// The new export.
        new: PathBuf,
    },
    /// They come from different servers.
    #[error("{} comes from {old_url}, but {} from {new_url}", sanitize::path(old), sanitize::path(new))]
    Source {
        /// The old export.
        old: PathBuf,
        /// Its base URL, sanitized.
        old_url: String,
        /// The new export.
        new: PathBuf,
        /// Its base URL, sanitized.
        new_url: String,
    },
    /// The export before comes from another server.
    #[error("{} comes from {url}, not from {other_url}", sanitize::path(path))]
    OtherSource {
        /// The export before.
        path: PathBuf,
        /// Its base URL, sanitized.
        url: String,
        /// The base URL of the run.
        other_url: String,
    },
    /// The export before was begun in the future.
    #[error("{} is newer than this run: one of the clocks was wrong", sanitize::path(.0))]
    Newer(PathBuf),
    /// The export before was made with another token.
    #[error("{} was exported with another token, perhaps of another organization", sanitize::path(.0))]
    OtherToken(PathBuf),
    /// They were made with different tokens.
    #[error("{} and {} were exported with different tokens", sanitize::path(old), sanitize::path(new))]
    Token {
        /// The old export.
        old: PathBuf,
        /// The new export.
        new: PathBuf,
    },
    /// Their columns differ.
    #[error("{} and {} have different columns: {reason}", sanitize::path(old), sanitize::path(new))]
    Columns {
        /// The old export.
        old: PathBuf,
        /// The new export.
        new: PathBuf,
        /// The differences, sanitized.
        reason: String,
    },
    /// The columns of a run are not those of the export before, so that their differences would not be changes.
    #[error("{} has other columns than this export: {reason}", sanitize::path(path))]
    OtherColumns {
        /// The export before.
        path: PathBuf,
        /// The differences, sanitized.
        reason: String,
    },
    /// The format of the changes cannot hold their owners.
    #[error("owners are nested, which {format} cannot hold")]
    Nested {
        /// The format.
        format: Format,
    },
    /// The new one may lack contacts, so that deletions are not proven.
    #[error(
        "{}: completeness is {level}, but {required} is required{}{}",
        sanitize::path(path),
        purpose(*required),
        because(reasons)
    )]
    Below {
        /// The new export.
        path: PathBuf,
        /// Its level.
        level: Level,
        /// The required level.
        required: Require,
        /// Why the level is not higher, sanitized.
        reasons: Vec<String>,
    },
}

/// A server as errors name it, by the base URL in a manifest.
pub(crate) fn shown_source(base_url: &str) -> String {
    if base_url == "sandbox" { "the sandbox".to_owned() } else { sanitize::escape(base_url) }
}

/// What a level is required for, if that is the same for everyone.
fn purpose(required: Require) -> &'static str {
    if required == Require::Complete { " to prove deletions" } else { "" }
}

/// Reasons, after a colon.
fn because(reasons: &[String]) -> String {
    if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join("; ")) }
}
