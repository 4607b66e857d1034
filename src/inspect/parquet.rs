//! How Parquet stores a table: sizes and encodings per column, from the metadata of its files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use parquet::basic::{Compression, Encoding};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde::Serialize;

use crate::dataset::ReadbackError;
use crate::format::FormatError;
use crate::format::parquet::{Bounded, guarded};

/// Facts about Parquet files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ParquetFacts {
    /// The programs that wrote the files, usually one.
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
    /// Its uncompressed size.
    pub uncompressed_bytes: u64,
}

/// How Parquet stores a column, in all row groups.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Stored {
    /// The compression: `zstd`, `snappy`, `gzip`, `lz4`, `none`, or one that this program does not write: `brotli`, `lzo`,
    /// `lz4_hadoop`. Several if row groups differ.
    pub codecs: Vec<String>,
    /// The encodings of its values, by their names in Parquet: `PLAIN`, `RLE_DICTIONARY`.
    pub encodings: Vec<String>,
    /// Its size in the file.
    pub compressed_bytes: u64,
    /// Its uncompressed size.
    pub uncompressed_bytes: u64,
}

/// The facts about all files, and about each column by its name.
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
        // Sizes in a damaged file must not overflow.
        self.compressed_bytes = self.compressed_bytes.saturating_add(unsigned(chunk.compressed_size()));
        self.uncompressed_bytes = self.uncompressed_bytes.saturating_add(unsigned(chunk.uncompressed_size()));
        add_once(&mut self.codecs, codec(chunk.compression()));
        // If possible only those of data pages: dictionaries themselves are plain, and levels are run-length encoded.
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
        // Hadoop's framing is deprecated, and not every reader supports it.
        Compression::LZ4 => "lz4_hadoop",
        Compression::LZ4_RAW => "lz4",
    }
}

fn unsigned(size: i64) -> u64 {
    u64::try_from(size).unwrap_or(0)
}
