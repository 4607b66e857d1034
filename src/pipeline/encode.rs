//! Encodes the batches of an export into files, on a blocking thread.

use std::num::NonZeroU64;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures::StreamExt;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::byte_channel::Pieces;
use super::contacts::Contacts;
use crate::config::{Encoding, ExportConfig, OutFile};
use crate::destination::Piece;
use crate::digest::ContentDigest;
use crate::error::Error;
use crate::events::ReadSummary;
use crate::format::Writer;
use crate::manifest::{Written, WrittenFile, WrittenOwners};
use crate::transform::{Arrange, check_partition};

/// Encodes the rows of an export, one file after the other.
#[derive(Debug)]
pub(super) struct Encode {
    arrange: Arrange,
    digest: Option<ContentDigest>,
    encoding: Encoding,
    schema: SchemaRef,
    /// Maximum rows per file; `None` if there is only one file.
    rows_per_file: Option<NonZeroU64>,
    out: mpsc::Sender<Piece>,
    files: Vec<WrittenFile>,
}

/// The file that is being encoded.
#[derive(Debug)]
struct Current {
    writer: Writer<Pieces>,
    file: OutFile,
    rows: u64,
}

impl Encode {
    /// Encodes for `out`. Refuses columns that cannot be written before any request is sent.
    pub fn new(config: &ExportConfig, out: mpsc::Sender<Piece>) -> Result<Self, Error> {
        check_partition(&config.output)?;
        let arrange = Arrange::new(&config.content)?;
        let schema = arrange.schema();
        let digest = config.wants_digest().then(ContentDigest::default);
        let rows_per_file = config.output.is_directory().then_some(config.rows_per_file);
        Ok(Self { arrange, digest, encoding: config.encoding, schema, rows_per_file, out, files: Vec::new() })
    }

    /// Encodes all contacts, until they end or the run is canceled.
    pub fn run(
        mut self,
        mut contacts: Contacts,
        runtime: &Handle,
        cancellation: &CancellationToken,
    ) -> Result<(ReadSummary, Written), Error> {
        // The first file begins at once, so that an organization without contacts has one, too.
        let mut current = self.begin_part()?;
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
            current = self.take(&batch, current)?;
        }
        self.files.push(current.finish()?);
        let read = contacts.summary().cloned();
        let read = read.ok_or_else(|| Error::bug("the reading ended without a summary"))?;
        let parts = std::mem::take(&mut self.files);
        let (schema, digest) = (Arc::clone(&self.schema), self.digest);
        Ok((read, Written { schema, parts, digest, owners: self.write_owners()? }))
    }

    /// Writes the owners' file, if owners are a table of their own.
    fn write_owners(self) -> Result<Option<WrittenOwners>, Error> {
        let Self { arrange, digest, encoding, out, .. } = self;
        let Some(owners) = arrange.finish() else { return Ok(None) };
        let (schema, contradictions) = (owners.schema(), owners.contradictions());
        let mut digest = digest.map(|_| ContentDigest::default());
        let mut current = Current::begin(OutFile::Owners, encoding, &schema, &out)?;
        for batch in owners {
            let batch = batch.map_err(Error::bug)?;
            if let Some(digest) = &mut digest {
                digest.add(&batch).map_err(Error::bug)?;
            }
            current.encode(&batch)?;
        }
        Ok(Some(WrittenOwners { schema, file: current.finish()?, contradictions, digest }))
    }

    /// Encodes a batch into the current file, and into the next ones if that is full.
    fn take(&mut self, batch: &RecordBatch, mut current: Current) -> Result<Current, Error> {
        let mut taken = 0;
        while taken < batch.num_rows() {
            let mut room = current.room(self.rows_per_file);
            if room == 0 {
                self.files.push(current.finish()?);
                current = self.begin_part()?;
                room = current.room(self.rows_per_file);
            }
            let rows = room.min(batch.num_rows() - taken);
            current.encode(&batch.slice(taken, rows))?;
            taken += rows;
        }
        Ok(current)
    }

    fn begin_part(&self) -> Result<Current, Error> {
        let number = u32::try_from(self.files.len()).map_err(Error::bug)?;
        Current::begin(OutFile::Part(number), self.encoding, &self.schema, &self.out)
    }
}

impl Current {
    fn begin(file: OutFile, encoding: Encoding, schema: &SchemaRef, out: &mpsc::Sender<Piece>) -> Result<Self, Error> {
        // A closed channel means that writing has failed, which reports its own error.
        out.blocking_send(Piece::Begin(file)).map_err(|_| Error::Cancelled)?;
        let writer = Writer::new(encoding, schema, Pieces::new(out.clone()))?;
        Ok(Self { writer, file, rows: 0 })
    }

    /// How many more rows fit.
    fn room(&self, rows_per_file: Option<NonZeroU64>) -> usize {
        let room = rows_per_file.map_or(u64::MAX, |most| most.get().saturating_sub(self.rows));
        usize::try_from(room).unwrap_or(usize::MAX)
    }

    fn encode(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        self.rows += batch.num_rows() as u64;
        Ok(self.writer.write(batch)?)
    }

    fn finish(self) -> Result<WrittenFile, Error> {
        let Self { writer, file, rows } = self;
        Ok(WrittenFile { file, rows, checksum: writer.finish()?.finish()? })
    }
}
