//! Converts the columns of other Parquet writers to the types of this program: exactly, or not at all.
//!
//! Not with Arrow's `cast`, which supports so many types that it adds 5 MB to the program.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, Int64Array, PrimitiveArray, StringArray, StructArray,
    TimestampMicrosecondArray, new_null_array,
};
use arrow::compute::take;
use arrow::datatypes::{
    DataType, Decimal128Type, Fields, Int8Type, Int16Type, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow::error::ArrowError;

use crate::decode::INSTANTS;

/// Checks that columns of these types can hold values of the expected types.
///
/// pyarrow, Polars, Spark and DuckDB write the same columns with other Arrow types: long or view strings, dictionaries,
/// narrower integers, times in other units or without a time zone, which means UTC.
pub(super) fn fits(found: &Fields, due: &Fields) -> Result<(), String> {
    found.iter().zip(due).try_for_each(|(found, due)| match (found.data_type(), due.data_type()) {
        (DataType::Struct(found), DataType::Struct(due)) => fits(found, due),
        (found, of) if is_like(found, of) => Ok(()),
        (found, of) => Err(format!("{} is {found} instead of {of}", due.name())),
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

/// Converts an array to the expected type, which it [`fits`]; an error if any value would change.
pub(super) fn convert(array: &ArrayRef, name: &str, due: &DataType) -> Result<ArrayRef, String> {
    match (array.data_type(), due) {
        (DataType::Null, _) => Ok(new_null_array(due, array.len())),
        (DataType::Dictionary(..), _) => {
            let dictionary = array.as_any_dictionary();
            let values = convert(dictionary.values(), name, due)?;
            take(&values, dictionary.keys(), None).map_err(|error| error.to_string())
        }
        (_, DataType::Struct(fields)) => {
            let structs = array.as_struct();
            let columns = structs.columns().iter().zip(fields);
            let columns: Result<Vec<_>, String> =
                columns.map(|(column, field)| convert(column, field.name(), field.data_type())).collect();
            let structs = StructArray::try_new(fields.clone(), columns?, structs.nulls().cloned());
            Ok(Arc::new(structs.map_err(|error| error.to_string())?))
        }
        (_, DataType::Timestamp(..)) => {
            let instants =
                instants(array).ok_or_else(|| does_not_fit(name, &DataType::Timestamp(TimeUnit::Microsecond, None)))?;
            if !instants.iter().flatten().all(|instant| INSTANTS.contains(&instant)) {
                return Err(format!("{name} has a time outside the years 1 to 9999"));
            }
            // A time zone affects only how an instant is displayed.
            Ok(Arc::new(instants.with_timezone("UTC")))
        }
        (_, DataType::Int64) => Ok(Arc::new(integers(array).ok_or_else(|| does_not_fit(name, due))?)),
        _ => Ok(Arc::new(texts(array).ok_or_else(|| does_not_fit(name, due))?)),
    }
}

/// The message does not show the value.
fn does_not_fit(name: &str, due: &DataType) -> String {
    format!("{name} has a value that does not fit {due}")
}

/// `None` if a value cannot be converted.
fn exactly<From: ArrowPrimitiveType, To: ArrowPrimitiveType>(
    array: &dyn Array,
    convert: impl Fn(From::Native) -> Option<To::Native>,
) -> Option<PrimitiveArray<To>> {
    let convert = |value| convert(value).ok_or_else(|| ArrowError::CastError(String::new()));
    array.as_primitive_opt::<From>()?.try_unary(convert).ok()
}

fn instants(array: &dyn Array) -> Option<TimestampMicrosecondArray> {
    let DataType::Timestamp(unit, _) = array.data_type() else { return None };
    match unit {
        TimeUnit::Second => exactly::<TimestampSecondType, _>(array, |value| value.checked_mul(1_000_000)),
        TimeUnit::Millisecond => exactly::<TimestampMillisecondType, _>(array, |value| value.checked_mul(1_000)),
        TimeUnit::Microsecond => array.as_primitive_opt::<TimestampMicrosecondType>().cloned(),
        TimeUnit::Nanosecond => {
            exactly::<TimestampNanosecondType, _>(array, |value| (value % 1_000 == 0).then_some(value / 1_000))
        }
    }
}

fn integers(array: &dyn Array) -> Option<Int64Array> {
    match array.data_type() {
        DataType::Int8 => exactly::<Int8Type, _>(array, |value| Some(value.into())),
        DataType::Int16 => exactly::<Int16Type, _>(array, |value| Some(value.into())),
        DataType::Int32 => exactly::<Int32Type, _>(array, |value| Some(value.into())),
        DataType::UInt8 => exactly::<UInt8Type, _>(array, |value| Some(value.into())),
        DataType::UInt16 => exactly::<UInt16Type, _>(array, |value| Some(value.into())),
        DataType::UInt32 => exactly::<UInt32Type, _>(array, |value| Some(value.into())),
        DataType::UInt64 => exactly::<UInt64Type, _>(array, |value| value.try_into().ok()),
        DataType::Decimal128(..) => exactly::<Decimal128Type, _>(array, |value| value.try_into().ok()),
        _ => array.as_primitive_opt::<Int64Type>().cloned(),
    }
}

fn texts(array: &dyn Array) -> Option<StringArray> {
    match array.data_type() {
        DataType::LargeUtf8 => Some(array.as_string::<i64>().iter().collect()),
        DataType::Utf8View => Some(array.as_string_view().iter().collect()),
        _ => array.as_string_opt::<i32>().cloned(),
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{
        Decimal128Array, DictionaryArray, Int8Array, LargeStringArray, StringViewArray, TimestampMillisecondArray,
        TimestampNanosecondArray, TimestampSecondArray, UInt8Array, UInt16Array, UInt32Array, UInt64Array,
    };

    use super::*;

    fn converted(array: impl Array + 'static, due: &DataType) -> Result<ArrayRef, String> {
        convert(&(Arc::new(array) as ArrayRef), "x", due)
    }

    #[test]
    fn integers_of_every_width() {
        let seven: ArrayRef = Arc::new(Int64Array::from(vec![Some(7), None]));
        for array in [
            Arc::new(Int8Array::from(vec![Some(7), None])) as ArrayRef,
            Arc::new(UInt8Array::from(vec![Some(7), None])),
            Arc::new(UInt16Array::from(vec![Some(7), None])),
            Arc::new(UInt32Array::from(vec![Some(7), None])),
            Arc::new(UInt64Array::from(vec![Some(7), None])),
            Arc::new(Decimal128Array::from(vec![Some(7), None])),
            Arc::clone(&seven),
        ] {
            assert_eq!(convert(&array, "x", &DataType::Int64), Ok(Arc::clone(&seven)), "{}", array.data_type());
        }
        let large = Decimal128Array::from(vec![i128::from(i64::MAX) + 1]);
        assert_eq!(converted(large, &DataType::Int64).unwrap_err(), "x has a value that does not fit Int64");
    }

    #[test]
    fn texts_of_every_layout() {
        let text: ArrayRef = Arc::new(StringArray::from(vec![Some("é"), None]));
        let view = StringViewArray::from(vec![Some("é"), None]);
        assert_eq!(converted(view, &DataType::Utf8), Ok(Arc::clone(&text)));
        assert_eq!(converted(LargeStringArray::from(vec![Some("é"), None]), &DataType::Utf8), Ok(text));
    }

    #[test]
    fn times_of_every_unit() {
        let due = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let micros =
            |value| Ok(Arc::new(TimestampMicrosecondArray::from(vec![value]).with_timezone("UTC")) as ArrayRef);
        assert_eq!(converted(TimestampSecondArray::from(vec![-1]), &due), micros(-1_000_000));
        assert_eq!(converted(TimestampMillisecondArray::from(vec![-1]), &due), micros(-1_000));
        assert_eq!(converted(TimestampMicrosecondArray::from(vec![-1]).with_timezone("+01:00"), &due), micros(-1));
        assert_eq!(converted(TimestampNanosecondArray::from(vec![-1_000]), &due), micros(-1));
        for lost in [
            converted(TimestampNanosecondArray::from(vec![-1]), &due),
            converted(TimestampSecondArray::from(vec![i64::MAX]), &due),
            converted(TimestampMillisecondArray::from(vec![i64::MIN]), &due),
        ] {
            assert_eq!(lost.unwrap_err(), "x has a value that does not fit Timestamp(µs)");
        }
        let late = converted(TimestampSecondArray::from(vec![253_402_300_800]), &due);
        assert_eq!(late.unwrap_err(), "x has a time outside the years 1 to 9999");
    }

    #[test]
    fn dictionaries_with_null_keys_and_values() {
        let values: ArrayRef = Arc::new(StringViewArray::from(vec![Some("a"), None, Some("b")]));
        let keys = UInt8Array::from(vec![Some(2), None, Some(1), Some(0)]);
        let due: ArrayRef = Arc::new(StringArray::from(vec![Some("b"), None, None, Some("a")]));
        assert_eq!(converted(DictionaryArray::new(keys, values), &DataType::Utf8), Ok(due));
        let values: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![1]));
        let finer = DictionaryArray::new(UInt8Array::from(vec![0]), values);
        assert!(converted(finer, &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))).is_err());
    }
}
