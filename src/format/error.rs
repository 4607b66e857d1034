//! Why a file cannot be written or read in its format. Errors never show a contact's values.

use std::fmt;
use std::io;

use crate::config::Format;
use crate::decode::Broken;
use crate::text::sanitize::inert;

/// Why a writer or reader of a format failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The rows could not be encoded, which is a bug, or the encoded bytes not passed on.
    #[error("cannot encode as {format}: {reason}")]
    Encode {
        /// The format.
        format: Format,
        /// The reason.
        reason: String,
    },
    /// The columns differ from those that this program writes, or from the file's own header or first line.
    #[error("unexpected columns: {0}")]
    Columns(String),
    /// The bytes are not a valid file of the format.
    #[error("{0}")]
    Malformed(String),
    /// The operating system cannot read the file.
    #[error("cannot read the file")]
    Io(#[source] io::Error),
}

impl FormatError {
    pub(super) fn encode(format: Format, reason: impl fmt::Display) -> Self {
        Self::Encode { format, reason: reason.to_string() }
    }

    pub(super) fn columns(reason: impl fmt::Display) -> Self {
        Self::Columns(inert(&reason.to_string()))
    }

    pub(crate) fn malformed(reason: impl fmt::Display) -> Self {
        Self::Malformed(inert(&reason.to_string()))
    }

    /// The error with its line number.
    pub(super) fn in_line(self, number: u64) -> Self {
        match self {
            Self::Columns(reason) => Self::Columns(format!("line {number}: {reason}")),
            Self::Malformed(reason) => Self::Malformed(format!("line {number}: {reason}")),
            other => other,
        }
    }

    /// An I/O error at a place in the file, such as `line 3: `. Decompressors also use I/O errors for damaged data.
    pub(super) fn io(place: &str, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
                Self::malformed(format_args!("{place}{error}"))
            }
            // Errors of the zstd decompressor have neither a kind nor an error number of the system.
            io::ErrorKind::Other if error.raw_os_error().is_none() => Self::malformed(format_args!("{place}{error}")),
            _ => Self::Io(error),
        }
    }
}

/// A line that is not valid JSON.
impl From<Broken> for FormatError {
    fn from(Broken { reason, at }: Broken) -> Self {
        Self::malformed(format_args!("column {}: {reason}", at + 1))
    }
}
