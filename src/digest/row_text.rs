//! The text of a row: what digests add up, and what comparisons of two tables hash.

use arrow::array::{
    Array, AsArray, Int32Array, Int64Array, RecordBatch, StringArray, StructArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Int32Type, Int64Type, Schema, TimeUnit, TimestampMicrosecondType};

use super::UnknownColumn;
use crate::resource;

/// The leaf columns of a batch, in the table's order, whatever their order in the batch.
pub(crate) struct RowTexts<'a>(Vec<Leaf<'a>>);

/// The values of a column.
enum Values<'a> {
    Integer(&'a Int64Array),
    Text(&'a StringArray),
    Dictionary(&'a Int32Array, &'a StringArray),
    Instant(&'a TimestampMicrosecondArray),
}

/// A leaf column: its position in the table's order, the struct that contains it, and its values.
struct Leaf<'a> {
    rank: usize,
    within: Option<&'a StructArray>,
    values: Values<'a>,
}

impl<'a> RowTexts<'a> {
    /// The leaf columns of this batch.
    pub fn of(batch: &'a RecordBatch) -> Result<Self, UnknownColumn> {
        let mut leaves = Vec::new();
        for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            match column.as_struct_opt() {
                Some(within) if field.name() == resource::OWNER => {
                    for (field, column) in within.fields().iter().zip(within.columns()) {
                        leaves.push(leaf(&within_owner(field.name()), column, Some(within))?);
                    }
                }
                _ => leaves.push(leaf(field.name(), column, None)?),
            }
        }
        leaves.sort_by_key(|leaf| leaf.rank);
        Ok(Self(leaves))
    }

    /// Appends the text of a row.
    pub fn append(&self, row: usize, text: &mut Vec<u8>) {
        self.0.iter().for_each(|leaf| leaf.append(row, text));
    }

    /// Appends the part of each leaf column to an empty text, one after the other, and passes it on.
    pub fn each(&self, row: usize, text: &mut Vec<u8>, mut take: impl FnMut(usize, &[u8])) {
        for (index, leaf) in self.0.iter().enumerate() {
            text.clear();
            leaf.append(row, text);
            take(index, text);
        }
    }
}

/// The names of a table's leaf columns in the order of [`RowTexts`], those within a struct as `contact_owner.id`.
pub(crate) fn leaf_names(schema: &Schema) -> Result<Vec<String>, UnknownColumn> {
    let names = schema.fields().iter().flat_map(|field| match field.data_type() {
        DataType::Struct(fields) => fields.iter().map(|field| within_owner(field.name())).collect(),
        _ => vec![field.name().clone()],
    });
    let ranked = names.map(|name| resource::rank(&name).map(|rank| (rank, name.clone())).ok_or(UnknownColumn(name)));
    let mut ranked = ranked.collect::<Result<Vec<_>, _>>()?;
    ranked.sort();
    Ok(ranked.into_iter().map(|(_, name)| name).collect())
}

fn within_owner(field: &str) -> String {
    format!("{}.{field}", resource::OWNER)
}

fn leaf<'a>(name: &str, column: &'a dyn Array, within: Option<&'a StructArray>) -> Result<Leaf<'a>, UnknownColumn> {
    let unknown = || UnknownColumn(name.to_owned());
    let values = match column.data_type() {
        DataType::Int64 => Values::Integer(column.as_primitive::<Int64Type>()),
        DataType::Utf8 => Values::Text(column.as_string()),
        DataType::Dictionary(..) => {
            let dictionary = column.as_dictionary_opt::<Int32Type>().ok_or_else(unknown)?;
            let values = dictionary.values().as_string_opt().ok_or_else(unknown)?;
            Values::Dictionary(dictionary.keys(), values)
        }
        DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => {
            Values::Instant(column.as_primitive::<TimestampMicrosecondType>())
        }
        _ => return Err(unknown()),
    };
    Ok(Leaf { rank: resource::rank(name).ok_or_else(unknown)?, within, values })
}

impl Leaf<'_> {
    fn append(&self, row: usize, text: &mut Vec<u8>) {
        if self.within.is_some_and(|within| within.is_null(row)) {
            return text.push(b'-');
        }
        match self.values {
            Values::Integer(values) => append_integer(values.is_valid(row).then(|| values.value(row)), text),
            Values::Instant(values) => append_integer(values.is_valid(row).then(|| values.value(row)), text),
            Values::Text(values) => append_text(values.is_valid(row).then(|| values.value(row)), text),
            Values::Dictionary(keys, values) => {
                let key = keys.is_valid(row).then(|| keys.value(row)).and_then(|key| usize::try_from(key).ok());
                append_text(key.filter(|key| values.is_valid(*key)).map(|key| values.value(key)), text);
            }
        }
    }
}

fn append_integer(value: Option<i64>, text: &mut Vec<u8>) {
    let mut digits = itoa::Buffer::new();
    append_text(value.map(|value| digits.format(value)), text);
}

fn append_text(value: Option<&str>, text: &mut Vec<u8>) {
    let Some(value) = value else { return text.push(b'-') };
    match u8::try_from(value.len()) {
        // Most lengths, in half the time.
        Ok(length @ 0..10) => text.extend_from_slice(&[b'0' + length, b':']),
        Ok(length @ 10..100) => text.extend_from_slice(&[b'0' + length / 10, b'0' + length % 10, b':']),
        _ => {
            text.extend_from_slice(itoa::Buffer::new().format(value.len()).as_bytes());
            text.push(b':');
        }
    }
    text.extend_from_slice(value.as_bytes());
}
