//! What a run is told, as plain validated values.
//!
//! Text and numbers come in through constructors that refuse what cannot work; the other stages
//! take these values as they are. No I/O, no environment, no clap.

mod base_url;
mod compression;
mod contacts;
mod deletes;
mod encoding;
mod export;
mod file_mode;
mod format;
mod layout;
mod output;
mod parquet;
mod rate;
mod token;
mod traces;

pub use base_url::{BaseUrl, PlainHttp};
pub use compression::{Codec, Compression};
pub use contacts::{
    Backoff, ContactsConfig, DEFAULT_CONCURRENCY, OnUnreadable, Pacing, Patience, PerPage, SecondLook, Timeouts,
};
pub use deletes::MaxDeletes;
pub use encoding::Encoding;
pub use export::{Below, ExportConfig, Source};
pub use file_mode::FileMode;
pub use format::Format;
pub use layout::{Content, Hashed, HmacKey, Layout, Owners};
pub(crate) use output::OutFile;
pub use output::{Output, Partition};
pub use parquet::{Profile, RowGroupSize};
pub use rate::Rate;
pub use token::Token;

/// The values a run was told cannot work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The base URL is none, or one that would endanger the token.
    #[error("the base URL {0}")]
    BaseUrl(String),
    /// The token is empty, or has bytes that no HTTP header can carry. It is never shown.
    #[error("the token {0}")]
    Token(&'static str),
    /// The token stands in something that is shown, or written to files. It is not repeated here.
    #[error("the token is in {0}, which messages show and files record: name it without the token")]
    Secret(&'static str),
    /// A number is out of its range.
    #[error("{0}")]
    Range(String),
    /// Options that do not go together, or the lack of one.
    #[error("{0}")]
    Usage(String),
    /// A format that is not known.
    #[error("{0}")]
    Format(String),
}
