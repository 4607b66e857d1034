//! Apache Arrow: the schema as Python code for pyarrow, for readers that would otherwise guess types, such as of
//! NDJSON.

use super::columns::{Column, Kind};

/// The type of a column. `field_end` gives the last arguments of a struct's fields.
pub(super) fn python_type(column: &Column, field_end: fn(&Column) -> String) -> String {
    match &column.kind {
        Kind::Integer => "pa.int64()".to_owned(),
        Kind::Text => "pa.string()".to_owned(),
        Kind::Timestamp => "pa.timestamp(\"us\", tz=\"UTC\")".to_owned(),
        Kind::Struct(inner) => {
            let fields: Vec<_> = inner.iter().map(|inner| field(inner, field_end)).collect();
            format!("pa.struct([\n        {},\n    ])", fields.join(",\n        "))
        }
    }
}

fn field(column: &Column, end: fn(&Column) -> String) -> String {
    format!("pa.field(\"{}\", {}{})", column.name, python_type(column, end), end(column))
}

fn description(column: &Column) -> String {
    let nullable = if column.nullable { "" } else { ", nullable=False" };
    // A JSON string is also a Python string.
    let about = serde_json::Value::from(column.about.as_str());
    format!("{nullable}, metadata={{\"description\": {about}}}")
}

/// Python's keywords, and the name under which pyarrow is imported.
const RESERVED: [&str; 36] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pa", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// The schema, in a variable named after the table.
pub(super) fn schema(table: &str, columns: &[Column]) -> String {
    let plain = |character: char| if character.is_ascii_alphanumeric() { character } else { '_' };
    let variable: String = table.chars().map(plain).collect();
    // A Python name cannot begin with a digit or be a keyword.
    let before = if variable.starts_with(|first: char| first.is_ascii_digit()) { "_" } else { "" };
    let after = if RESERVED.contains(&variable.as_str()) { "_" } else { "" };
    let fields: Vec<_> = columns.iter().map(|column| format!("    {},\n", field(column, description))).collect();
    format!("import pyarrow as pa\n\n{before}{variable}{after} = pa.schema([\n{}])\n", fields.concat())
}
