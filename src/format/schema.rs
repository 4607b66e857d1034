//! The schema of a file that is read, from its column names.
//!
//! Types follow from names only, never from values: a name has the same type in every format.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};

use crate::resource::{self, CONTACTS, OWNER, OWNER_COLUMNS};
use crate::text::sanitize::escape;

/// A column in a file: its name, and the names of its fields if it is a struct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub name: String,
    pub within: Option<Vec<String>>,
}

/// The schema of a table with these columns, in their order.
///
/// # Errors
/// The first column that is unknown or appears twice.
pub(crate) fn schema_of(found: &[Found]) -> Result<SchemaRef, String> {
    let of_owners = found.iter().any(|column| column.name == CONTACTS);
    let fields: Result<Vec<Field>, String> = found
        .iter()
        .map(|Found { name, within }| match within {
            Some(keys) if name == OWNER && !keys.is_empty() => {
                let fields: Result<Vec<_>, _> = keys.iter().map(|key| key_of_owner(key)).collect();
                Ok(Field::new(name, DataType::Struct(once_each(fields?)?), true))
            }
            _ => column(name, of_owners).ok_or_else(|| unknown(name)),
        })
        .collect();
    Ok(Arc::new(Schema::new(once_each(fields?)?)))
}

/// The keys of an owner within `contact_owner`.
pub(super) fn keys_of_owner() -> Vec<String> {
    let columns = resource::schema();
    let keys = columns.fields().iter().filter_map(|field| field.name().strip_prefix(OWNER_COLUMNS));
    keys.map(str::to_owned).collect()
}

/// Whether a table of this program has a column of this name.
pub(super) fn is_known(name: &str) -> bool {
    name == OWNER || column(name, false).is_some()
}

/// A type, with its article, for error messages.
pub(super) fn kind(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Int64 => "a 64-bit integer",
        DataType::Utf8 => "a string",
        DataType::Timestamp(..) => "an RFC 3339 time with at most six fractional digits",
        _ => "an object",
    }
}

fn column(name: &str, of_owners: bool) -> Option<Field> {
    if name == CONTACTS {
        return Some(Field::new(CONTACTS, DataType::Int64, false));
    }
    if let Some(field) = resource::change_fields().iter().find(|field| field.name() == name) {
        return Some(field.clone());
    }
    let field = resource::schema().field_with_name(name).ok()?.clone();
    // In a table of owners, the owner's id identifies the row.
    let required = of_owners && name.strip_prefix(OWNER_COLUMNS) == Some("id");
    Some(if required { field.with_nullable(false) } else { field })
}

fn key_of_owner(key: &str) -> Result<Field, String> {
    let field = column(&format!("{OWNER_COLUMNS}{key}"), false).ok_or_else(|| unknown(&format!("{OWNER}.{key}")))?;
    Ok(field.with_name(key))
}

fn unknown(name: &str) -> String {
    format!("unknown column \"{}\"", escape(name))
}

fn once_each(fields: Vec<Field>) -> Result<Fields, String> {
    for (index, field) in fields.iter().enumerate() {
        if fields[..index].iter().any(|other| other.name() == field.name()) {
            return Err(format!("{} appears twice", field.name()));
        }
    }
    Ok(fields.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str]) -> Result<SchemaRef, String> {
        let found: Vec<_> = names.iter().map(|name| Found { name: (*name).to_owned(), within: None }).collect();
        schema_of(&found)
    }

    #[test]
    fn schema_of_each_form_of_owners() {
        let table = resource::schema();
        let names: Vec<_> = table.fields().iter().map(|field| field.name().as_str()).collect();
        assert_eq!(of(&names), Ok(resource::schema()));
        let owners = of(&["owner_id", "owner_name", "contacts"]).unwrap();
        assert_eq!(
            owners.fields().iter().map(|field| field.is_nullable()).collect::<Vec<_>>(),
            [false, true, false],
            "an owner has an id"
        );
        let found = [Found { name: OWNER.to_owned(), within: Some(keys_of_owner()) }];
        let nested = schema_of(&found).unwrap();
        let DataType::Struct(fields) = nested.field(0).data_type() else { panic!("{nested}") };
        let keys: Vec<_> = fields.iter().map(|field| format!("{} {}", field.name(), field.data_type())).collect();
        assert_eq!(keys, ["id Int64", "email Utf8", "first_name Utf8", "last_name Utf8", "name Utf8"]);
    }

    #[test]
    fn names_unknown_columns_safely() {
        assert_eq!(of(&["id", "loaded_at"]).unwrap_err(), "unknown column \"loaded_at\"");
        assert!(of(&["a\u{1b}[31m"]).unwrap_err().ends_with("\"a\\u{1b}[31m\""));
        assert_eq!(of(&["id", "email", "id"]).unwrap_err(), "id appears twice");
        // Without fields it is not a struct.
        assert!(of(&[OWNER]).is_err());
        let found = [Found { name: OWNER.to_owned(), within: Some(vec!["boss".to_owned()]) }];
        assert_eq!(schema_of(&found).unwrap_err(), "unknown column \"contact_owner.boss\"");
    }
}
