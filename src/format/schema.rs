//! Names of columns come in, the schema of a table that this program writes goes out.
//!
//! Types follow from names alone, never from values: the same name has the same type in every format.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};

use crate::resource::{self, CONTACTS, OWNER, OWNER_COLUMNS};
use crate::text::sanitize::escape;

/// A column as it is found: its name, and the names within it if it is a struct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub name: String,
    pub within: Option<Vec<String>>,
}

/// The schema of a table with these columns, in their order.
///
/// # Errors
/// The first column that no table of this program has, or that stands there twice.
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

/// The names of all that an owner has within `contact_owner`.
pub(crate) fn keys_of_owner() -> Vec<String> {
    let columns = resource::schema();
    let keys = columns.fields().iter().filter_map(|field| field.name().strip_prefix(OWNER_COLUMNS));
    keys.map(str::to_owned).collect()
}

/// Whether any table of this program has such a column.
pub(crate) fn is_known(name: &str) -> bool {
    name == OWNER || column(name, false).is_some()
}

/// A type, as errors name it.
pub(crate) fn kind(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Int64 => "whole number of 64 bits",
        DataType::Utf8 => "text",
        DataType::Timestamp(..) => "instant in RFC 3339 with at most six digits of a second",
        _ => "object",
    }
}

fn column(name: &str, of_owners: bool) -> Option<Field> {
    if name == CONTACTS {
        return Some(Field::new(CONTACTS, DataType::Int64, false));
    }
    let field = resource::schema().field_with_name(name).ok()?.clone();
    // In a table of owners the owner's id is the identity.
    let required = of_owners && name.strip_prefix(OWNER_COLUMNS) == Some("id");
    Some(if required { field.with_nullable(false) } else { field })
}

fn key_of_owner(key: &str) -> Result<Field, String> {
    let field = column(&format!("{OWNER_COLUMNS}{key}"), false).ok_or_else(|| unknown(&format!("{OWNER}.{key}")))?;
    Ok(field.with_name(key))
}

fn unknown(name: &str) -> String {
    format!("no table of this program has a column {}", escape(name))
}

fn once_each(fields: Vec<Field>) -> Result<Fields, String> {
    for (place, field) in fields.iter().enumerate() {
        if fields[..place].iter().any(|other| other.name() == field.name()) {
            return Err(format!("{} is there twice", field.name()));
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
    fn each_form_of_owners_has_its_schema() {
        let table = resource::schema();
        let names: Vec<_> = table.fields().iter().map(|field| field.name().as_str()).collect();
        assert_eq!(of(&names), Ok(resource::schema()));
        let owners = of(&["owner_id", "owner_name", "contacts"]).unwrap();
        assert_eq!(
            owners.fields().iter().map(|field| field.is_nullable()).collect::<Vec<_>>(),
            [false, true, false],
            "an owner is not without an id"
        );
        let found = [Found { name: OWNER.to_owned(), within: Some(keys_of_owner()) }];
        let nested = schema_of(&found).unwrap();
        let DataType::Struct(fields) = nested.field(0).data_type() else { panic!("{nested}") };
        let keys: Vec<_> = fields.iter().map(|field| format!("{} {}", field.name(), field.data_type())).collect();
        assert_eq!(keys, ["id Int64", "email Utf8", "first_name Utf8", "last_name Utf8", "name Utf8"]);
    }

    #[test]
    fn columns_of_others_are_named_and_shown_safely() {
        assert_eq!(of(&["id", "loaded_at"]).unwrap_err(), "no table of this program has a column loaded_at");
        assert!(of(&["a\u{1b}[31m"]).unwrap_err().ends_with("a\\u{1b}[31m"));
        assert_eq!(of(&["id", "email", "id"]).unwrap_err(), "id is there twice");
        // Without keys it is no struct.
        assert!(of(&[OWNER]).is_err());
        let found = [Found { name: OWNER.to_owned(), within: Some(vec!["boss".to_owned()]) }];
        assert_eq!(schema_of(&found).unwrap_err(), "no table of this program has a column contact_owner.boss");
    }
}
