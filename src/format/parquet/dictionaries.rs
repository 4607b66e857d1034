//! Text columns whose values are all in the file's dictionaries. Read as dictionary arrays, they are not copied for each row.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::basic::Encoding;
use parquet::file::metadata::ColumnChunkMetaData;

/// The type of such a column.
pub(super) fn data_type() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// The same file with dictionary arrays for such columns.
pub(super) fn with_dictionaries(plain: ArrowReaderMetadata) -> ArrowReaderMetadata {
    let fields = plain.schema().fields().iter();
    let fields: Vec<_> =
        fields.map(|field| if is_in_dictionaries(field, &plain) { of(field) } else { field.clone() }).collect();
    let options = ArrowReaderOptions::new().with_schema(Arc::new(Schema::new(fields)));
    // Plain values are as good, if the reader cannot do this.
    ArrowReaderMetadata::try_new(Arc::clone(plain.metadata()), options).unwrap_or(plain)
}

fn of(field: &Field) -> Arc<Field> {
    Arc::new(field.clone().with_data_type(data_type()))
}

fn is_in_dictionaries(field: &Field, file: &ArrowReaderMetadata) -> bool {
    let is_text = matches!(field.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    let metadata = file.metadata();
    let columns = metadata.file_metadata().schema_descr().columns();
    let position = columns.iter().position(|column| column.path().parts() == [field.name().as_str()]);
    is_text
        && position.is_some_and(|position| {
            metadata.row_groups().iter().all(|group| group.columns().get(position).is_some_and(has_only_keys))
        })
}

/// Whether all data pages hold keys of the dictionary. A writer may stop using it when it becomes too large.
fn has_only_keys(column: &ColumnChunkMetaData) -> bool {
    let is_key = |encoding| matches!(encoding, Encoding::PLAIN_DICTIONARY | Encoding::RLE_DICTIONARY);
    match column.page_encoding_stats_mask() {
        Some(of_data_pages) => of_data_pages.encodings().all(is_key),
        // These include the encodings of the dictionary itself and of levels.
        None => column.encodings().all(|encoding| is_key(encoding) || encoding == Encoding::RLE),
    }
}
