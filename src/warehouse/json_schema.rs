//! JSON Schema of one NDJSON line.

use serde::{Serialize, Serializer};

use super::columns::{Column, Kind};
use super::create_table::about_table;

/// The types that a value can have.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Types {
    One(&'static str),
    OrNull([&'static str; 2]),
}

pub(super) fn types(column: &Column) -> Types {
    let name = match column.kind {
        Kind::Integer => "integer",
        Kind::Text | Kind::Timestamp => "string",
        Kind::Struct(_) => "object",
    };
    if column.nullable { Types::OrNull([name, "null"]) } else { Types::One(name) }
}

/// An object's keys, in order. Every key is required, even if its value is null, and no others are allowed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Object<'a> {
    #[serde(serialize_with = "in_order")]
    properties: &'a [Column],
    required: Vec<&'a str>,
    additional_properties: bool,
}

impl<'a> From<&'a [Column]> for Object<'a> {
    fn from(columns: &'a [Column]) -> Self {
        let required = super::columns::names(columns);
        Self { properties: columns, required, additional_properties: false }
    }
}

fn in_order<S: Serializer>(columns: &[Column], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(columns.iter().map(|column| (&column.name, Property::from(column))))
}

#[derive(Serialize)]
struct Property<'a> {
    #[serde(rename = "type")]
    types: Types,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum: Option<i64>,
    description: &'a str,
    #[serde(flatten)]
    object: Option<Object<'a>>,
}

impl<'a> From<&'a Column> for Property<'a> {
    fn from(column: &'a Column) -> Self {
        let integer = column.kind == Kind::Integer;
        Self {
            types: types(column),
            format: (column.kind == Kind::Timestamp).then_some("date-time"),
            minimum: integer.then_some(i64::MIN),
            maximum: integer.then_some(i64::MAX),
            description: &column.about,
            object: match &column.kind {
                Kind::Struct(fields) => Some(fields.as_slice().into()),
                _ => None,
            },
        }
    }
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "$schema")]
    dialect: &'static str,
    title: &'a str,
    description: &'static str,
    #[serde(rename = "type")]
    types: &'static str,
    #[serde(flatten)]
    object: Object<'a>,
}

/// The schema, with the table's name as its title.
pub(super) fn schema(table: &str, columns: &[Column]) -> String {
    let document = Document {
        dialect: "https://json-schema.org/draft/2020-12/schema",
        title: table,
        description: about_table(columns),
        types: "object",
        object: columns.into(),
    };
    // Strings and numbers always serialize.
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}
