//! Exports all contacts of a Linq organization as Arrow record batches, or to Parquet, NDJSON and CSV files.
//!
//! This is the library behind the program `linq-export`. It has two entry points: [`contacts`] is a stream of record
//! batches; [`export`] writes files with it, atomically, with a manifest. Both read the pages of the Linq Partner API
//! concurrently under a rate limit, and end with a [`Certificate`] of how complete the export is proven to be.
//!
//! ```no_run
//! use futures::StreamExt;
//! use linq_export::config::{BaseUrl, ContactsConfig, Token};
//!
//! # async fn example() -> Result<(), linq_export::Error> {
//! let token = Token::new(&std::env::var("LINQ_INTEGRATION_TOKEN").unwrap_or_default())?;
//! let config = ContactsConfig::new(BaseUrl::production(), token);
//! let mut contacts = linq_export::contacts(&config)?;
//! while let Some(batch) = contacts.next().await {
//!     println!("{} more contacts", batch?.num_rows());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Without default features, the crate builds without clap, indicatif and the sandbox: depend on it with
//! `default-features = false` to use only the library. The feature `sandbox` adds a mock API server for tests.

// # The map
//
// A page flows one way, through three bounded channels:
//
// ```text
// ContactsConfig
//      │
//      ▼            decoded pages                 batches                      bytes
//   fetch ══════════════════════════► Batches ═══════════════► encoder thread ══════════► destination
//    scheduler: which pages            filters and   (Contacts,  transform                  file, directory
//    pacer: when                       copies rows,  a stream)   format                     or stdout; renamed
//    api: one request                  counts owners             digest                     into place with
//    decode: JSON to contacts                                                               its manifest
//      │
//      ├─ observations ─► proof    do the pages agree with each other? are the contacts of the export before accounted for?
//      └─ events ───────► report   a progress bar, log lines, or your own reporter
// ```
//
// Async at the edges, plain functions in the middle. A bounded channel gives backpressure; dropping its receiver
// cancels. Pages are decoded in the tasks that fetch them, so decoding is parallel, and a malformed page is retried like
// any other failure.
//
// The rooms (top-level modules) from top to bottom. A room uses only rooms below it, and no files use each other in a
// circle: `tests/it/architecture.rs` checks both against this table. A second resource, such as chats, also touches `api`,
// `decode` and `pipeline`, which know only contacts.
//
// | band | room | what it does |
// |---|---|---|
// | commands | `cli` | the command line: a file per subcommand; options (`destination`, `columns`, `server`, `token`), `profile`: options from a file, `messages`, `logging` |
// | commands | `report` | progress bar, log lines, JSON lines, summary (its values are in `events/summary`), run report, Prometheus metrics |
// | commands | `exit` | exit codes: one table, and the code of every error |
// | commands | `pipeline` | the entry points: `contacts`, `export`, `export_changes` and `check`; `accounting` for the export before, and the `changes_since` |
// | commands | `error` | the error type of the crate |
// | commands | `changes` | compares two exports: what was inserted, updated and deleted |
// | commands | `verify` | checks exported files against their manifest |
// | commands | `inspect` | summarizes an exported file: columns, sizes, owners, creation dates |
// | stages | `fetch` | schedules, paces and retries the requests for all pages; survives outages; looks up single contacts |
// | stages | `destination` | where output goes: file, directory, object store or stream; `open` in `mod` decides, and is where a new kind starts; `object`: objects in a store |
// | stages | `dataset` | reads an export back: a file or a directory of part files as one table |
// | stages | `api` | one HTTP request: client, TLS, error bodies, `refusal`: rate limits in headers and bodies; `retryable`: which failures are retried |
// | stages | `manifest` | the record of an export: written, sealed, read back, checked for consistency |
// | stages | `format` | Parquet, NDJSON and CSV: a writer and a reader each (facts in `config/format`); compression |
// | stages | `warehouse` | schemas and load commands, one file per SQL dialect; `load_script`: loads and checks an export in one step |
// | stages | `transform` | the table as requested: columns selected, hashed or nested; owners in a separate table |
// | stages | `rate` | the rate controller: learns the server's limit; `forecast`: how long a run takes; pure |
// | stages | `events` | what happens in a run, counted and handed to a reporter; its result, `Summary`; `checked`: the result of a check |
// | facts | `config` | the validated options of a run, and every default; `output`: what `-o` may name, URLs included |
// | facts | `digest` | a digest of a table's contents that any warehouse can compute |
// | facts | `naming` | every file name that belongs to an output |
// | facts | `proof` | which pages to read, and what they prove about completeness; `outlook`: what a run can expect; pure |
// | facts | `decode` | a page's JSON to contacts, contacts to record batches |
// | facts | `atomic` | files and directories that appear complete or not at all |
// | ground | `resource` | the resource that is exported, contacts: path, key of the list, columns, schema version |
// | ground | `page` | the values that stages exchange about one page |
// | ground | `checksum` | SHA-256 |
// | ground | `storage` | files and objects by one kind of name, a path or a URL; `cloud`: object stores |
// | ground | `platform` | what differs between operating systems |
// | ground | `text` | human-readable figures, sanitized text, causes of errors |
// | sandbox | `sandbox` | a mock API server for tests; shares no type with the rest; `faults`: what goes wrong (`kinds`, such as `empty-page`), and on which pages (`page_ranges`) |

#![cfg_attr(
    not(feature = "cli"),
    allow(dead_code, unused_imports, reason = "some functions of the stages serve only the command line")
)]

mod api;
mod atomic;
pub mod changes;
mod checksum;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
pub mod config;
pub mod dataset;
mod decode;
mod destination;
pub mod digest;
mod error;
pub mod events;
mod exit;
mod fetch;
mod format;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod inspect;
mod manifest;
mod naming;
mod page;
mod pipeline;
mod platform;
mod proof;
mod rate;
pub mod report;
mod resource;
#[cfg(feature = "sandbox")]
pub mod sandbox;
mod storage;
mod text;
mod transform;
pub mod verify;
pub mod warehouse;

/// Compiles the README's Rust code.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;

pub use crate::api::{Failure, FailureKind, RequestId, ServerMessage, SetupError, Transport};
pub use crate::destination::DestinationError;
#[cfg(feature = "cli")]
pub(crate) use crate::destination::{KnownReaders, RecordFile, RunPaths, check_apart};
pub use crate::fetch::{ApiError, FailedAttempt};
pub use crate::format::FormatError;
pub use crate::resource::schema;
pub use crate::storage::{Cloud, ObjectUrl};
pub use crate::transform::{Schemas, schemas};
pub use arrow;
pub use error::Error;
pub use exit::ExitCode;
pub use manifest::ManifestError;
pub use pipeline::{Contacts, check, contacts, export, export_changes};
pub use proof::{
    Assumption, Basis, CarriedOver, Certificate, Direction, Field, Level, Order, Reason, Require, Unconfirmed,
    UnknownLevel,
};
pub use text::causes::error_chain;
pub use tokio_util::sync::CancellationToken;

/// Single stages of the data path, only for the benches.
#[cfg(feature = "bench")]
#[doc(hidden)]
pub mod bench {
    use arrow::array::RecordBatch;
    use bytes::Bytes;
    use futures::TryStreamExt;

    use crate::config::{BaseUrl, ContactsConfig, Pacing, PlainHttp, Rate, Token};
    use crate::decode::{BatchBuilder, RawColumn};
    use crate::sandbox::{Sandbox, SandboxConfig};

    /// All batches of a sandbox with this many contacts.
    #[must_use]
    pub fn batches(contacts: u64) -> Vec<RecordBatch> {
        let runtime = tokio::runtime::Runtime::new().expect("threads");
        runtime.block_on(async {
            let sandbox =
                Sandbox::start(SandboxConfig { contacts, ..SandboxConfig::default() }).await.expect("a free port");
            let base_url = BaseUrl::parse(&sandbox.base_url(), PlainHttp::Loopback).expect("a valid URL");
            let mut config = ContactsConfig::new(base_url, Token::new(sandbox.token()).expect("a valid token"));
            config.pacing = Pacing::Fixed(Rate::new(10_000.0).expect("a valid rate"));
            crate::contacts(&config).expect("a client").try_collect().await.expect("every contact")
        })
    }

    /// The contacts of pages of JSON as one batch.
    #[must_use]
    pub fn decode(pages: &[Bytes]) -> RecordBatch {
        let mut batch = BatchBuilder::new(RawColumn::Without);
        for body in pages {
            let page = super::decode::decode(body).expect("a page of contacts");
            page.contacts.into_iter().for_each(|contact| batch.push(contact, |_, _, _| {}));
        }
        batch.finish().expect("a batch")
    }

    /// The bytes of a file.
    #[must_use]
    pub fn encode(encoding: crate::config::Encoding, batches: &[RecordBatch]) -> Vec<u8> {
        let mut writer = super::format::Writer::new(encoding, &crate::schema(), Vec::new()).expect("a writer");
        for batch in batches {
            writer.write(batch).expect("rows");
        }
        writer.finish().expect("an end")
    }
}
