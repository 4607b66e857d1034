//! The configuration of a run, as plain validated values.
//!
//! Constructors refuse text and numbers that cannot work, so that the stages need not check them again. No I/O, no
//! environment variables, no clap.

mod base_url;
mod changes;
mod columns;
mod compression;
mod contacts;
pub(crate) mod defaults;
mod deletes;
mod encoding;
mod export;
mod file_mode;
mod format;
mod output;
mod parquet;
mod rate;
mod table_name;
mod token;
mod traces;

pub use base_url::{BaseUrl, PlainHttp};
pub use changes::ChangesConfig;
pub use columns::{Content, Hashed, HmacKey, Layout, Owners};
pub use compression::{Codec, Compression};
pub use contacts::{
    Backoff, ContactsConfig, KnownRate, OnUnreadable, Pacing, PerPage, RetryLimits, SecondLook, Timeouts,
};
pub use deletes::MaxDeletes;
pub use encoding::Encoding;
pub(crate) use encoding::Named;
pub use export::{ExportConfig, Lookups, OnIncomplete, PreviousToken, Source, StoreLock};
pub use file_mode::FileMode;
pub use format::Format;
pub(crate) use output::OutFile;
pub use output::{Output, Partition, RunId};
pub use parquet::{Profile, RowGroupSize};
pub use rate::Rate;
pub use table_name::TableName;
pub use token::Token;

/// A value that cannot work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The base URL is invalid, or would expose the token. The text does not name it.
    #[error("the base URL {0}")]
    BaseUrl(String),
    /// The token is empty, or contains bytes that an HTTP header cannot carry. It is never shown.
    #[error("the token {0}")]
    Token(&'static str),
    /// The token occurs in a value that messages show or files record. The token is not repeated here.
    #[error("{0} contains the token, which would appear in messages and files; remove it from there")]
    Secret(&'static str),
    /// A number is out of range.
    #[error("{0}")]
    Range(String),
    /// Options are missing, or exclude each other.
    #[error("{0}")]
    Usage(String),
    /// A format or compression is unknown, or cannot be told from the file name.
    #[error("{0}")]
    Format(String),
}
