//! Exports every contact of a Linq organisation to Parquet, NDJSON or CSV.
//!
//! The library behind the program `linq-export`. It has two verbs: [`contacts`], a stream of Arrow
//! record batches, and [`export`], which writes a file with it and is whole or not there at all.
//!
//! ```no_run
//! use futures::StreamExt;
//! use linq_export::config::{BaseUrl, ContactsConfig, PlainHttp, Token};
//!
//! # async fn example() -> Result<(), linq_export::Error> {
//! let base_url = BaseUrl::parse(BaseUrl::PRODUCTION, PlainHttp::Loopback)?;
//! let token = Token::new(&std::env::var("LINQ_INTEGRATION_TOKEN").unwrap_or_default())?;
//! let mut contacts = linq_export::contacts(&ContactsConfig::new(base_url, token))?;
//! while let Some(batch) = contacts.next().await {
//!     println!("{} contacts more", batch?.num_rows());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # The data path
//!
//! ```text
//! ContactsConfig
//!      │
//!      ▼            decoded pages                  batches                    bytes
//!  api::reader ═══════════════════► Contacts ═══════════════► layout, Encoder ═══════════► Place
//!   planner      in list order,      (stream)   of equal size   on a thread      bounded   files, a folder
//!   limiter      bounded              rows, owners,             of its own:                or stdout,
//!   client       by bytes             findings                  columns, owners,           renamed when
//!   decode::decode                                               digest, format             whole, and their
//!   contract, retry, budget                                                                manifest after it
//!      │
//!      ├─ Observed ─► proof     do the pages agree with each other?
//!      └─ Event ────► report    a bar, lines, silence, or a reporter of yours
//! ```
//!
//! | module | what comes in, what goes out | may use |
//! |---|---|---|
//! | [`config`] | what a run is told, validated | proof, resource, text |
//! | `page` | the values that stages say to each other about one page | nothing else |
//! | `rate` | when the next request may be sent; pure | config |
//! | `fetch` | a plan in, decoded pages out in list order | api, config, events, page, proof, rate, text |
//! | `api` | one request in, its answer or what went wrong out; the only reqwest | config, page, text |
//! | `proof` | observations in, what to read next and a certificate out; pure | page |
//! | `resource` | what can be exported, and its columns | nothing else |
//! | `decode` | JSON of a page in, a record batch out; never heard of HTTP or files | page, resource, text |
//! | [`digest`] | batches in, a digest of their contents out; the same in every engine | resource |
//! | `transform` | batches of the whole table in, batches of the output's columns out, and its owners | config, decode, resource, text |
//! | `manifest` | what a run was told and came to in, its sealed record out; and read back | atomic, checksum, config, digest, error, events, naming, platform, proof, resource, text, transform |
//! | `destination` | bytes in, published files out | atomic, checksum, config, manifest, naming, platform, proof |
//! | `format` | batches in, the bytes of a file out | config, destination |
//! | `naming` | the name of an output in, the names of all that belongs to it out | atomic |
//! | `atomic` | bytes in, a file or a folder that is whole or not there; the only rename | platform |
//! | `checksum` | bytes in, their SHA-256 out | platform |
//! | `text` | text of strangers in, text that is fit to be shown out | nothing else |
//! | [`platform`] | modes, folders that are synced or swapped, signals, the process: all that differs between systems | nothing else |
//! | [`dataset`] | a file or a folder of parts in, its rows out, whatever its format; no writer | atomic, decode, digest, manifest, platform, resource, text |
//! | [`mod@verify`] | a file or a folder and its manifest in, the first difference out; offline | atomic, checksum, dataset, destination, digest, manifest, naming, proof, resource, text |
//! | [`mod@inspect`] | a file in, what stands in it out, counted | dataset, manifest, naming, resource, text |
//! | [`warehouse`] | schemas in a warehouse's dialect, and the scripts that load an export there; pure | config, digest, resource, text |
//! | [`events`] | what happens in a run, for reporters | config, manifest, page, proof |
//! | [`report`] | events in, lines, bars and records out | api, config, error, events, exit, fetch, manifest, text |
//! | `error` | the stages' errors under one name | config, destination, fetch, proof, text |
//! | `exit` | an error in, its exit code out | api, dataset, destination, error, events, fetch, verify |
//! | `pipeline` | the two verbs; the only module that knows all stages | all |
//! | [`sandbox`] | a server with the API's shapes, for tests and rehearsals; shares no type with `api` | nothing else |
//!
//! Async at the edges, plain functions in the middle. Backpressure is a bounded channel, cancelling is
//! the drop of a receiver. Pages are decoded in the tasks that fetch them, so decoding is parallel and a
//! malformed page is read again where reading happens.
//!
//! Without default features the crate builds without clap, indicatif and the sandbox.

mod api;
mod atomic;
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
mod text;
mod transform;
pub mod verify;
pub mod warehouse;

pub use crate::api::{Failure, RequestId, Said, SetupError, Transport};
pub use crate::destination::{Readers, RecordFile, RunPaths, SinkError, check_apart};
pub use crate::fetch::ApiError;
pub use crate::resource::schema;
pub use crate::transform::{Schemas, schemas};
pub use arrow;
pub use error::Error;
pub use exit::ExitCode;
pub use manifest::{Manifest, ManifestError};
pub use pipeline::{Contacts, contacts, export, starting_rate};
pub use proof::{Assumption, Certificate, Direction, Field, Level, Order, Reason, Require, Standing, UnknownLevel};
pub use text::causes::error_chain;
pub use tokio_util::sync::CancellationToken;

/// Single stages of the data path, for the benches alone.
#[cfg(feature = "bench")]
#[doc(hidden)]
pub mod bench {
    use arrow::array::RecordBatch;
    use futures::TryStreamExt;

    use crate::config::{BaseUrl, ContactsConfig, Pacing, PlainHttp, Rate, Token};
    use crate::sandbox::{Sandbox, SandboxConfig};

    /// The batches of a whole sandbox of so many contacts.
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

    /// The rows of a page's JSON.
    #[must_use]
    pub fn decode(body: &[u8]) -> RecordBatch {
        super::decode::decode(body).expect("a page of contacts").table.batch
    }

    /// The bytes of a file.
    #[must_use]
    pub fn encode(encoding: crate::config::Encoding, batches: &[RecordBatch]) -> Vec<u8> {
        let mut encoder = super::format::Encoder::new(encoding, &crate::schema(), Vec::new()).expect("an encoder");
        for batch in batches {
            encoder.encode(batch).expect("rows");
        }
        encoder.finish().expect("an end")
    }
}
