//! One file, whatever its format: what it is, its columns, and its rows.

use std::fmt;
use std::path::Path;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::csv::CsvRows;
use super::ndjson::NdjsonRows;
use super::{ReadbackError, Reading, keys};
use crate::format::parquet::ParquetRows;
use crate::format::read::Lines;
use crate::format::schema::schema_of;

/// The first bytes of a Parquet file.
const PARQUET: &[u8] = b"PAR1";

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// `parquet`, `ndjson` or `csv`.
    pub format: &'static str,
    /// How a text is compressed as a whole: `none`, `gzip` or `zstd`. Parquet compresses each column for itself.
    pub codec: &'static str,
}

impl Default for Form {
    /// What a file without a byte is: NDJSON without a line.
    fn default() -> Self {
        Self { format: "ndjson", codec: "none" }
    }
}

/// A file that is being read.
pub(super) struct Part {
    form: Form,
    rows: Rows,
}

enum Rows {
    Parquet(Box<ParquetRows>),
    Ndjson(NdjsonRows, SchemaRef),
    Csv(CsvRows),
    None,
}

impl Part {
    pub fn open(path: &Path, reading: &Reading) -> Result<Self, ReadbackError> {
        let mut lines = Lines::open(path)?;
        let codec = lines.codec;
        let (format, rows) = if lines.are_over()? {
            (Form::default().format, Rows::None)
        } else if lines.begin_with(PARQUET)? && codec == "none" {
            ("parquet", Rows::Parquet(Box::new(ParquetRows::open(path, reading.wanted)?)))
        } else if lines.begin_with(b"{")? {
            let found = keys::columns(lines, &reading.owner)?;
            let schema = schema_of(&found).map_err(|reason| ReadbackError::columns(path, reason))?;
            ("ndjson", Rows::Ndjson(NdjsonRows::new(Lines::open(path)?, SchemaRef::clone(&schema)), schema))
        } else {
            ("csv", Rows::Csv(CsvRows::new(lines)?))
        };
        Ok(Self { form: Form { format, codec }, rows })
    }

    pub fn form(&self) -> Form {
        self.form
    }

    /// The schema of its batches; nothing where no line says it.
    pub fn schema(&self) -> Option<&SchemaRef> {
        match &self.rows {
            Rows::Parquet(rows) => Some(&rows.schema),
            Rows::Ndjson(_, schema) => Some(schema),
            Rows::Csv(rows) => Some(&rows.schema),
            Rows::None => None,
        }
    }

    /// The schema as it stands in the file.
    pub fn stored(&self) -> Option<&SchemaRef> {
        match &self.rows {
            Rows::Parquet(rows) => Some(&rows.stored),
            _ => self.schema(),
        }
    }

    /// The next rows; nothing at the end.
    pub fn next(&mut self) -> Result<Option<RecordBatch>, ReadbackError> {
        match &mut self.rows {
            Rows::Parquet(rows) => rows.next(),
            Rows::Ndjson(rows, _) => rows.next(),
            Rows::Csv(rows) => rows.next(),
            Rows::None => Ok(None),
        }
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part").field("form", &self.form).finish_non_exhaustive()
    }
}
