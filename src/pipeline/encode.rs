//! The encoding of an export, on a thread that may block: batches come in, pieces of files go out.

use std::num::NonZeroU64;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures::StreamExt;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::contacts::{Contacts, bug};
use crate::config::{Encoding, ExportConfig, OutFile, Output};
use crate::digest::ContentDigest;
use crate::error::Error;
use crate::layout::{Arrange, OwnersTable};
use crate::manifest::{Checksum, Written, WrittenFile, WrittenOwners};
use crate::report::ReadSummary;
use crate::sink::{Encoder, Piece};

/// What encodes the rows of an export, file after file.
#[derive(Debug)]
pub(super) struct Encode {
    arrange: Arrange,
    digest: Option<ContentDigest>,
    encoding: Encoding,
    schema: SchemaRef,
    /// Rows of a file, at most; none where all go into one.
    rows_per_file: Option<NonZeroU64>,
    out: mpsc::Sender<Piece>,
    current: Option<Current>,
    files: Vec<WrittenFile>,
}

/// The file under way.
#[derive(Debug)]
struct Current {
    encoder: Encoder,
    file: WrittenFile,
}

impl Encode {
    /// Encodes for `out`. What cannot be encoded at all is known before anything is asked of the server.
    pub fn new(config: &ExportConfig, out: mpsc::Sender<Piece>) -> Result<Self, Error> {
        let arrange = Arrange::new(&config.content)?;
        let schema = arrange.schema();
        let digest = config.wants_digest().then(ContentDigest::default);
        let rows_per_file = match config.output {
            Output::Folder { .. } => Some(config.rows_per_file),
            _ => None,
        };
        let encoding = config.encoding;
        // The first file begins at once: an organisation without contacts has one, too.
        let current = Some(Current::begin(OutFile::Part(0), encoding, &schema)?);
        Ok(Self { arrange, digest, encoding, schema, rows_per_file, out, current, files: Vec::new() })
    }

    /// Encodes all contacts, until they end or the run is stopped.
    pub fn run(
        mut self,
        mut contacts: Contacts,
        runtime: &Handle,
        cancellation: &CancellationToken,
    ) -> Result<(ReadSummary, Written), Error> {
        send(&self.out, Piece::Begin(OutFile::Part(0)))?;
        while let Some(batch) = runtime.block_on(async {
            tokio::select! {
                batch = contacts.next() => batch,
                () = cancellation.cancelled() => Some(Err(Error::Cancelled)),
            }
        }) {
            let batch = self.arrange.take(&batch?).map_err(bug)?;
            if let Some(digest) = &mut self.digest {
                digest.add(&batch).map_err(bug)?;
            }
            self.take(&batch)?;
        }
        self.end_file()?;
        let read = contacts.summary().cloned();
        let read = read.ok_or_else(|| bug("the reading ended without a summary"))?;
        let parts = std::mem::take(&mut self.files);
        let (schema, digest) = (Arc::clone(&self.schema), self.digest);
        Ok((read, Written { schema, parts, digest, owners: self.write_owners()? }))
    }

    /// Writes the owners' file, where there is one.
    fn write_owners(self) -> Result<Option<WrittenOwners>, Error> {
        let Some(OwnersTable { batch, contradictions }) = self.arrange.finish().map_err(bug)? else { return Ok(None) };
        let mut digest = self.digest.map(|_| ContentDigest::default());
        if let Some(digest) = &mut digest {
            digest.add(&batch).map_err(bug)?;
        }
        let mut current = Current::begin(OutFile::Owners, self.encoding, &batch.schema())?;
        send(&self.out, Piece::Begin(OutFile::Owners))?;
        send_bytes(&self.out, current.encode(&batch)?)?;
        let (bytes, file) = current.finish()?;
        send_bytes(&self.out, bytes)?;
        Ok(Some(WrittenOwners { schema: batch.schema(), file, contradictions, digest }))
    }

    /// Takes a batch into the file under way, and into the next ones where that one is full.
    fn take(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let mut taken = 0;
        while taken < batch.num_rows() {
            let room = self.room()?;
            let rows = usize::try_from(room).unwrap_or(usize::MAX).min(batch.num_rows() - taken);
            let Some(current) = &mut self.current else { return Err(bug("no file is under way")) };
            let bytes = current.encode(&batch.slice(taken, rows))?;
            send_bytes(&self.out, bytes)?;
            taken += rows;
        }
        Ok(())
    }

    /// Rows that the file under way has room for; another begins where it has none.
    fn room(&mut self) -> Result<u64, Error> {
        let Some(most) = self.rows_per_file else { return Ok(u64::MAX) };
        let rows = self.current.as_ref().map_or(0, |current| current.file.rows);
        if rows < most.get() {
            return Ok(most.get() - rows);
        }
        self.end_file()?;
        let number = u32::try_from(self.files.len()).map_err(bug)?;
        self.current = Some(Current::begin(OutFile::Part(number), self.encoding, &self.schema)?);
        send(&self.out, Piece::Begin(OutFile::Part(number)))?;
        Ok(most.get())
    }

    fn end_file(&mut self) -> Result<(), Error> {
        if let Some(current) = self.current.take() {
            let (bytes, file) = current.finish()?;
            send_bytes(&self.out, bytes)?;
            self.files.push(file);
        }
        Ok(())
    }
}

fn send_bytes(out: &mpsc::Sender<Piece>, bytes: Vec<u8>) -> Result<(), Error> {
    if bytes.is_empty() { Ok(()) } else { send(out, Piece::Bytes(bytes.into())) }
}

/// Where nobody takes the pieces any more, the writing has failed, and says why.
fn send(out: &mpsc::Sender<Piece>, piece: Piece) -> Result<(), Error> {
    out.blocking_send(piece).map_err(|_| Error::Cancelled)
}

impl Current {
    fn begin(file: OutFile, encoding: Encoding, schema: &SchemaRef) -> Result<Self, Error> {
        let file = WrittenFile { file, rows: 0, checksum: Checksum::default() };
        Ok(Self { encoder: Encoder::new(encoding, schema)?, file })
    }

    fn encode(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, Error> {
        let bytes = self.encoder.encode(batch)?;
        self.file.rows += batch.num_rows() as u64;
        self.file.checksum.update(&bytes);
        Ok(bytes)
    }

    fn finish(self) -> Result<(Vec<u8>, WrittenFile), Error> {
        let Self { encoder, mut file } = self;
        let bytes = encoder.finish()?;
        file.checksum.update(&bytes);
        Ok((bytes, file))
    }
}
