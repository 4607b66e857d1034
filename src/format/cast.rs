//! Arrays of other writers come in, the same values in this program's types go out; or none, where any would change.
//!
//! pyarrow, Polars, Spark and DuckDB write the same columns with other Arrow types: long or viewed text, dictionaries,
//! narrower integers, instants in other units or without a time zone, which then are UTC.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StructArray, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Fields, TimeUnit, TimestampMicrosecondType};

use crate::decode::INSTANTS;

/// Whether columns of these types can have the values of those that are due, by name and place.
pub(crate) fn fits(found: &Fields, due: &Fields) -> Result<(), String> {
    found.iter().zip(due).try_for_each(|(found, due)| match (found.data_type(), due.data_type()) {
        (DataType::Struct(found), DataType::Struct(due)) => fits(found, due),
        (found, of) if is_like(found, of) => Ok(()),
        (found, of) => Err(format!("{} is {found}, and should be {of}", due.name())),
    })
}

fn is_like(found: &DataType, due: &DataType) -> bool {
    match (found, due) {
        (DataType::Dictionary(_, found), _) => is_like(found, due),
        (DataType::Null, _)
        | (DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View, DataType::Utf8)
        | (DataType::Decimal128(_, 0), DataType::Int64) => true,
        (found, DataType::Int64) => found.is_integer(),
        (found, DataType::Timestamp(..)) => matches!(found, DataType::Timestamp(..)),
        _ => false,
    }
}

/// The same values in the type that is due.
pub(crate) fn convert(array: &ArrayRef, name: &str, due: &DataType) -> Result<ArrayRef, String> {
    match (array.data_type(), due) {
        (found, due) if found == due && !matches!(due, DataType::Timestamp(..)) => Ok(Arc::clone(array)),
        (DataType::Null, due) => Ok(new_null_array(due, array.len())),
        (DataType::Struct(_), DataType::Struct(fields)) => {
            let structs = array.as_struct();
            let columns: Result<Vec<_>, String> = structs
                .columns()
                .iter()
                .zip(fields)
                .map(|(column, field)| convert(column, field.name(), field.data_type()))
                .collect();
            let structs = StructArray::try_new(fields.clone(), columns?, structs.nulls().cloned());
            Ok(Arc::new(structs.map_err(|error| error.to_string())?))
        }
        (found, DataType::Timestamp(..)) => {
            let zone = if let DataType::Timestamp(_, zone) = found { zone.clone() } else { None };
            let unit = DataType::Timestamp(TimeUnit::Microsecond, zone);
            let instants = if *array.data_type() == unit { Arc::clone(array) } else { exactly(array, name, &unit)? };
            let instants = instants.as_primitive::<TimestampMicrosecondType>();
            if !instants.iter().flatten().all(|instant| INSTANTS.contains(&instant)) {
                return Err(format!("{name} has an instant outside the years 1 to 9999"));
            }
            // A zone is how an instant is shown; the instant itself stays.
            Ok(Arc::new(instants.clone().with_timezone("UTC")))
        }
        (_, due) => exactly(array, name, due),
    }
}

/// A cast that can be undone.
fn exactly(array: &ArrayRef, name: &str, due: &DataType) -> Result<ArrayRef, String> {
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    // What arrow says shows the value.
    let lost = |_| format!("{name} has a value that is no {due}");
    let cast = cast_with_options(array, due, &strict).map_err(lost)?;
    let back = cast_with_options(&cast, array.data_type(), &strict).map_err(lost)?;
    match array.data_type() {
        // Two dictionaries of the same values may differ, and what they hold is of a type that is due.
        DataType::Dictionary(..) => Ok(cast),
        _ if back.as_ref() == array.as_ref() => Ok(cast),
        _ => Err(format!("{name} has a value that is no {due}")),
    }
}
