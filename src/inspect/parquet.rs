//! How Parquet holds a table: the metadata of its files comes in, sizes and encodings by column go out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use parquet::basic::{Compression, Encoding};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde::Serialize;

use crate::dataset::ReadbackError;
use crate::format::FormatError;
use crate::format::parquet::{Bounded, guarded};

/// What Parquet files say of themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ParquetFacts {
    /// The programs that wrote the files: one, as a rule.
    pub created_by: Vec<String>,
    /// The row groups of all files, in order.
    pub row_groups: Vec<RowGroupFacts>,
}

/// One row group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RowGroupFacts {
    /// Its rows.
    pub rows: u64,
    /// Its size in the file.
    pub compressed_bytes: u64,
    /// Its size before it was compressed.
    pub uncompressed_bytes: u64,
}

/// How Parquet holds a column, all row groups together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Stored {
    /// How it is compressed: `zstd`, `snappy`, `gzip`, `lz4`, `none`, or one that this program does not write: `brotli`,
    /// `lzo`, `lz4_hadoop`. More than one where row groups differ.
    pub codecs: Vec<String>,
    /// How its values are encoded, as Parquet names it: `PLAIN`, `RLE_DICTIONARY`.
    pub encodings: Vec<String>,
    /// Its size in the file.
    pub compressed_bytes: u64,
    /// Its size before it was compressed.
    pub uncompressed_bytes: u64,
}

/// The facts of all files, and those of each column by its name.
pub(super) fn read(files: &[PathBuf]) -> Result<(ParquetFacts, BTreeMap<String, Stored>), ReadbackError> {
    let (mut facts, mut columns) = (ParquetFacts::default(), BTreeMap::new());
    for file in files {
        guarded(|| add(file, &mut facts, &mut columns)).map_err(|error| ReadbackError::of(file, error))?;
    }
    Ok((facts, columns))
}

fn add(path: &Path, facts: &mut ParquetFacts, columns: &mut BTreeMap<String, Stored>) -> Result<(), FormatError> {
    let reader = SerializedFileReader::new(Bounded::open(path)?).map_err(FormatError::malformed)?;
    let metadata = reader.metadata();
    if let Some(program) = metadata.file_metadata().created_by() {
        add_once(&mut facts.created_by, program);
    }
    for group in metadata.row_groups() {
        facts.row_groups.push(RowGroupFacts {
            rows: unsigned(group.num_rows()),
            compressed_bytes: unsigned(group.compressed_size()),
            uncompressed_bytes: unsigned(group.total_byte_size()),
        });
        for chunk in group.columns() {
            columns.entry(chunk.column_path().string()).or_default().add(chunk);
        }
    }
    Ok(())
}

impl Stored {
    fn add(&mut self, chunk: &ColumnChunkMetaData) {
        // What a damaged file says of its sizes may be anything.
        self.compressed_bytes = self.compressed_bytes.saturating_add(unsigned(chunk.compressed_size()));
        self.uncompressed_bytes = self.uncompressed_bytes.saturating_add(unsigned(chunk.uncompressed_size()));
        add_once(&mut self.codecs, codec(chunk.compression()));
        // Those of pages of data alone, where the file tells: a dictionary is plain itself, and levels are run lengths.
        let add = |encoding: Encoding| add_once(&mut self.encodings, &encoding.to_string());
        match chunk.page_encoding_stats_mask() {
            Some(mask) => mask.encodings().for_each(add),
            None => chunk.encodings().for_each(add),
        }
    }
}

fn add_once(texts: &mut Vec<String>, text: &str) {
    if !texts.iter().any(|known| known == text) {
        texts.push(text.to_owned());
    }
}

fn codec(compression: Compression) -> &'static str {
    match compression {
        Compression::UNCOMPRESSED => "none",
        Compression::SNAPPY => "snappy",
        Compression::GZIP(_) => "gzip",
        Compression::LZO => "lzo",
        Compression::BROTLI(_) => "brotli",
        Compression::ZSTD(_) => "zstd",
        // The framing of Hadoop, which is deprecated; not every reader has it.
        Compression::LZ4 => "lz4_hadoop",
        Compression::LZ4_RAW => "lz4",
    }
}

fn unsigned(size: i64) -> u64 {
    u64::try_from(size).unwrap_or(0)
}
