//! Encodes the batches of an export into files, on a blocking thread.

use arrow::datatypes::SchemaRef;
use futures::StreamExt;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::contacts::Contacts;
use super::parts::{Current, Parts};
use crate::config::{Encoding, ExportConfig, OutFile};
use crate::destination::Piece;
use crate::digest::ContentDigest;
use crate::error::Error;
use crate::events::ReadSummary;
use crate::manifest::{Written, WrittenOwners};
use crate::transform::{Arrange, check_partition};

/// Encodes the rows of an export, one file after the other.
#[derive(Debug)]
pub(super) struct Encode {
    arrange: Arrange,
    digest: Option<ContentDigest>,
    parts: Parts,
}

impl Encode {
    /// Encodes for `out`. Refuses columns that cannot be written before any request is sent.
    pub fn new(config: &ExportConfig, out: mpsc::Sender<Piece>) -> Result<Self, Error> {
        check_partition(&config.output)?;
        let arrange = Arrange::new(&config.content)?;
        let digest = config.wants_digest().then(ContentDigest::default);
        let rows_per_file = config.output.is_directory().then_some(config.rows_per_file);
        let parts = Parts::new(config.encoding, arrange.schema(), rows_per_file, out);
        Ok(Self { arrange, digest, parts })
    }

    /// The columns of the contacts.
    pub fn schema(&self) -> SchemaRef {
        self.arrange.schema()
    }

    /// Encodes all contacts, until they end or the run is canceled.
    pub fn run(
        mut self,
        mut contacts: Contacts,
        runtime: &Handle,
        cancellation: &CancellationToken,
    ) -> Result<(ReadSummary, Written), Error> {
        self.parts.begin()?;
        while let Some(batch) = runtime.block_on(async {
            tokio::select! {
                batch = contacts.next() => batch,
                () = cancellation.cancelled() => Some(Err(Error::Cancelled)),
            }
        }) {
            let batch = self.arrange.take(&batch?).map_err(Error::bug)?;
            if let Some(digest) = &mut self.digest {
                digest.add(&batch).map_err(Error::bug)?;
            }
            self.parts.take(&batch)?;
        }
        let read = contacts.summary().cloned();
        let read = read.ok_or_else(|| Error::bug("the reading ended without a summary"))?;
        let Self { arrange, digest, parts } = self;
        let (schema, encoding, out) = (arrange.schema(), parts.encoding, parts.out.clone());
        let parts = parts.finish()?;
        let owners = write_owners(arrange, digest.is_some(), encoding, &out)?;
        Ok((read, Written { schema, parts, digest, owners }))
    }
}

/// Writes the owners' file, if owners are a table of their own.
fn write_owners(
    arrange: Arrange,
    wants_digest: bool,
    encoding: Encoding,
    out: &mpsc::Sender<Piece>,
) -> Result<Option<WrittenOwners>, Error> {
    let Some(owners) = arrange.finish() else { return Ok(None) };
    let (schema, contradictions) = (owners.schema(), owners.contradictions());
    let mut digest = wants_digest.then(ContentDigest::default);
    let mut current = Current::begin(OutFile::Owners, encoding, &schema, out)?;
    for batch in owners {
        let batch = batch.map_err(Error::bug)?;
        if let Some(digest) = &mut digest {
            digest.add(&batch).map_err(Error::bug)?;
        }
        current.encode(&batch)?;
    }
    Ok(Some(WrittenOwners { schema, file: current.finish()?, contradictions, digest }))
}
