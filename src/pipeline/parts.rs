//! Encodes batches into one file, or into the part files of a directory, one after the other.

use std::num::NonZeroU64;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use tokio::sync::mpsc;

use super::byte_channel::Pieces;
use crate::config::{Encoding, OutFile};
use crate::destination::Piece;
use crate::error::Error;
use crate::format::Writer;
use crate::manifest::WrittenFile;

/// The files of a table.
#[derive(Debug)]
pub(super) struct Parts {
    pub encoding: Encoding,
    pub out: mpsc::Sender<Piece>,
    schema: SchemaRef,
    /// Maximum rows per file; `None` if there is only one file.
    rows_per_file: Option<NonZeroU64>,
    current: Option<Current>,
    files: Vec<WrittenFile>,
}

/// The file that is being encoded.
#[derive(Debug)]
pub(super) struct Current {
    writer: Writer<Pieces>,
    file: OutFile,
    rows: u64,
}

impl Parts {
    pub fn new(
        encoding: Encoding,
        schema: SchemaRef,
        rows_per_file: Option<NonZeroU64>,
        out: mpsc::Sender<Piece>,
    ) -> Self {
        Self { encoding, out, schema, rows_per_file, current: None, files: Vec::new() }
    }

    /// Begins the first file, so that a table without rows has one, too.
    pub fn begin(&mut self) -> Result<(), Error> {
        let number = u32::try_from(self.files.len()).map_err(Error::bug)?;
        self.current = Some(Current::begin(OutFile::Part(number), self.encoding, &self.schema, &self.out)?);
        Ok(())
    }

    /// Encodes a batch into the current file, and into the next ones if that is full.
    pub fn take(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        let mut taken = 0;
        while taken < batch.num_rows() {
            match self.current.as_mut().map(|current| (current.room(self.rows_per_file), current)) {
                Some((room, current)) if room > 0 => {
                    let rows = room.min(batch.num_rows() - taken);
                    current.encode(&batch.slice(taken, rows))?;
                    taken += rows;
                }
                _ => {
                    self.end()?;
                    self.begin()?;
                }
            }
        }
        Ok(())
    }

    /// Ends the last file; returns all of them.
    pub fn finish(mut self) -> Result<Vec<WrittenFile>, Error> {
        self.end()?;
        Ok(self.files)
    }

    fn end(&mut self) -> Result<(), Error> {
        if let Some(current) = self.current.take() {
            self.files.push(current.finish()?);
        }
        Ok(())
    }
}

impl Current {
    pub fn begin(
        file: OutFile,
        encoding: Encoding,
        schema: &SchemaRef,
        out: &mpsc::Sender<Piece>,
    ) -> Result<Self, Error> {
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

    pub fn encode(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        self.rows += batch.num_rows() as u64;
        Ok(self.writer.write(batch)?)
    }

    pub fn finish(self) -> Result<WrittenFile, Error> {
        let Self { writer, file, rows } = self;
        Ok(WrittenFile { file, rows, checksum: writer.finish()?.finish()? })
    }
}
